"""A wave does what a forest driven by hand does, from relative columns in fixed arrays."""

from __future__ import annotations

import gc
import itertools
from typing import Any

import numpy as np
import pytest

from myoshu.errors import ArgumentError, CapacityError, EvaluationError
from myoshu.search import CHANCE, Algorithm, Forest, SearchConfig, Wave
from myoshu.search.reference import ReferenceForest

ACTIONS, LATENT = 5, 3


class Bench:
    """A wave with its arrays, and a network that is a function of latent and action."""

    def __init__(
        self,
        config: SearchConfig,
        *,
        slots: int = 1,
        players: int = 2,
        columns: int = 1,
        batch: int = 4,
        nodes: int = 31,
        rewards: bool = True,
        movers: bool = False,
        edges: int | None = None,
    ) -> None:
        self.forest = Forest(config, slots=slots, actions=ACTIONS, players=players, nodes=nodes, edges=edges)
        self.arrays: dict[str, Any] = {
            "pool": np.zeros((slots * nodes, LATENT), np.float32),
            "latent_in": np.zeros((batch, LATENT), np.float32),
            "action_in": np.zeros(batch, np.int64),
            "latent_out": np.zeros((batch, LATENT), np.float32),
            "prior": np.zeros((batch, ACTIONS), np.float32),
            "value": np.zeros((batch, columns), np.float32),
            "reward": np.zeros((batch, columns), np.float32) if rewards else None,
            "mover": np.zeros(batch, np.int64) if movers else None,
        }
        self.players = players
        self.wave = Wave(self.forest, **self.arrays)

    def network(self, latent: np.ndarray, action: int) -> dict[str, Any]:
        """What the network says, relative to the mover."""
        seed = int(np.abs(latent).sum() * 1e4) * 31 + int(action)
        rng = np.random.default_rng(seed)
        columns = self.arrays["value"].shape[1]
        return {
            "latent_out": rng.normal(size=LATENT).astype(np.float32),
            "prior": rng.dirichlet(np.ones(ACTIONS)).astype(np.float32),
            "value": rng.normal(size=columns).astype(np.float32),
            "reward": rng.normal(size=columns).astype(np.float32),
            "mover": int(rng.integers(self.players)),
        }

    def evaluate(self, rows: int) -> None:
        for row in range(rows):
            said = self.network(self.arrays["latent_in"][row], self.arrays["action_in"][row])
            for name, array in self.arrays.items():
                if name in said and array is not None:
                    array[row] = said[name]

    def open(self, slot: int, simulations: int | None = None) -> None:
        latent = np.full(LATENT, 1.5 + slot, np.float32)
        self.arrays["pool"][slot * self.forest.nodes] = latent
        self.forest.open(
            slot, np.ones(ACTIONS), np.zeros(self.players), to_play=slot % self.players, simulations=simulations
        )

    def run(self) -> int:
        total = 0
        while rows := self.wave.step():
            self.evaluate(rows)
            total += rows
        return total


def absolute(columns: np.ndarray, first: int, players: int) -> np.ndarray:
    if len(columns) == players:
        return np.roll(columns, first)
    vector = np.full(players, -columns[0])
    vector[first] = columns[0]
    return vector


@pytest.mark.parametrize("movers", [False, True])
@pytest.mark.parametrize(("players", "columns"), [(1, 1), (2, 1), (2, 2), (3, 3), (5, 5)])
@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_wave_searches_like_the_reference_by_hand(
    algorithm: Algorithm, players: int, columns: int, movers: bool
) -> None:
    config = SearchConfig(algorithm=algorithm, simulations=30)
    bench = Bench(config, players=players, columns=columns, movers=movers)
    bench.open(0)
    bench.wave.begin([0])
    assert bench.run() == 30

    reference = ReferenceForest(config, slots=1, actions=ACTIONS, players=players, nodes=31)
    reference.open(0, np.ones(ACTIONS), np.zeros(players))
    latents, turns = [np.full(LATENT, 1.5, np.float32)], [0]
    while len(requests := reference.select([0])):
        row, action = int(requests.rows[0]), int(requests.actions[0])
        said = bench.network(latents[row], action)
        mover = (turns[row] + (said["mover"] if movers else 1)) % players
        reference.expand(
            absolute(said["reward"], turns[row], players)[None],
            absolute(said["value"], mover, players)[None],
            said["prior"][None],
            to_play=[mover],
        )
        latents.append(said["latent_out"])
        turns.append(mover)
    one, other = bench.forest.result(0), reference.result(0)
    assert one.visits.tolist() == other.visits.tolist()
    assert one.action == other.action
    np.testing.assert_allclose(one.value, other.value, atol=1e-5)
    np.testing.assert_array_equal(bench.arrays["pool"], np.array(latents))


@pytest.mark.parametrize("leaves", [1, 3])
def test_the_size_of_the_batch_and_the_company_change_nothing(leaves: int) -> None:
    config = SearchConfig(simulations=30, leaves=leaves)
    found = []
    for slots, batch in ((1, 3), (4, 3), (4, 5), (4, 64)):
        bench = Bench(config, slots=slots, batch=batch)
        for slot in range(slots):
            bench.open(slot, simulations=30 - 7 * slot)
        bench.wave.begin(list(range(slots)))
        assert bench.run() == sum(30 - 7 * slot for slot in range(slots))
        found.append(bench.forest.result(0))
    for result in found[1:]:
        assert result.visits.tolist() == found[0].visits.tolist()
        assert result.q.tobytes() == found[0].q.tobytes()


def test_trees_that_do_not_fit_into_a_wave_follow_when_others_are_done() -> None:
    """While the same ones are searched, they stay in the caches."""
    bench = Bench(SearchConfig(simulations=10), slots=5, batch=8, nodes=11)
    for slot in range(5):
        bench.open(slot, simulations=10 - slot)
    bench.wave.begin([4, 3, 2, 1, 0], rows=2)
    taking_part = []
    while count := bench.wave.step():
        assert count <= 2
        left = [bench.forest.remaining(slot) for slot in range(5)]
        taking_part.append({slot for slot in range(5) if 0 < left[slot] < 10 - slot})
        bench.evaluate(count)
    assert [bench.forest.remaining(slot) for slot in range(5)] == [0] * 5
    assert all(len(slots) <= 2 for slots in taking_part)
    assert taking_part[0] == {4, 3}
    assert taking_part[-3] <= {1, 0}


@pytest.mark.parametrize("leaves", [1, 3])
def test_a_step_is_short_where_lines_end_without_an_evaluation(leaves: int) -> None:
    """At the greatest depth there is nothing to evaluate: a search of such lines alone looks at the clock too."""
    config = SearchConfig(simulations=200, max_depth=1, leaves=leaves)
    bench = Bench(config, nodes=201)
    bench.open(0)
    bench.wave.begin([0])
    left, empty = [200], 0
    while (count := bench.wave.step()) or not bench.wave.done:
        left.append(bench.forest.remaining(0))
        empty += not count
        bench.evaluate(count)
    assert max(before - after for before, after in itertools.pairwise(left)) <= 8 * leaves
    assert empty >= 20
    assert bench.forest.result(0).simulations == 200


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_rows_must_hold_a_tree_s_leaves_and_fit_into_the_arrays(rows: int) -> None:
    bench = Bench(SearchConfig(simulations=10, leaves=2), batch=4)
    bench.open(0)
    with pytest.raises(ArgumentError, match=rf"rows: expected a number from 2 .* to 4, got {rows}"):
        bench.wave.begin([0], rows=rows)


def test_trees_join_and_leave_between_waves() -> None:
    config = SearchConfig(simulations=30)
    alone = Bench(config, slots=3)
    alone.open(2)
    alone.wave.begin([2])
    alone.run()
    bench = Bench(config, slots=3)
    bench.open(0)
    bench.wave.begin([0])
    for _ in range(4):
        bench.evaluate(bench.wave.step())
    bench.open(2)
    bench.wave.begin([0, 2])
    for _ in range(4):
        bench.evaluate(bench.wave.step())
    bench.forest.close(0)
    bench.run()
    assert bench.forest.result(2).q.tobytes() == alone.forest.result(2).q.tobytes()
    assert not bench.forest.is_open(0)


@pytest.mark.parametrize("field", ["value", "reward", "prior"])
@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_an_unsound_row_is_named_and_harms_nobody_else(field: str, wrong: float) -> None:
    config = SearchConfig(simulations=30, leaves=2)
    sound = Bench(config, slots=3, batch=8)
    sound.open(0)
    sound.wave.begin([0])
    sound.run()
    bench = Bench(config, slots=3, batch=8)
    for slot in range(3):
        bench.open(slot)
    bench.wave.begin([0, 1, 2])
    for _ in range(5):
        rows = bench.wave.step()
        bench.evaluate(rows)
    before = bench.forest.result(1)
    row = next(row for row in range(rows) if bench.arrays["latent_in"][row, 0] == 2.5 or row == 2)
    bench.arrays[field][row, 0] = wrong
    with pytest.raises(EvaluationError, match=rf"slot 1: {field}\[{row}, 0\]: expected a .*, got (nan|inf)"):
        bench.wave.step()
    assert bench.wave.failed == [1]
    assert bench.wave.pending == 0
    assert bench.forest.result(1).visits.tolist() == before.visits.tolist()
    bench.forest.close(1)
    bench.run()
    assert bench.wave.failed == []
    assert bench.forest.result(0).q.tobytes() == sound.forest.result(0).q.tobytes()
    assert bench.forest.remaining(2) == 0


def test_a_negative_probability_and_a_strange_mover_are_named() -> None:
    for field, wrong in (("prior", -0.5), ("mover", 2), ("mover", -1)):
        bench = Bench(SearchConfig(simulations=3), movers=True)
        bench.open(0)
        bench.wave.begin([0])
        bench.evaluate(bench.wave.step())
        bench.arrays[field][0] = wrong
        with pytest.raises(EvaluationError, match=f"slot 0: {field}"):
            bench.wave.step()


def test_a_cancelled_wave_is_asked_for_again() -> None:
    bench, plain = (Bench(SearchConfig(simulations=20)) for _ in range(2))
    for one in (bench, plain):
        one.open(0)
        one.wave.begin([0])
    plain.run()
    while rows := bench.wave.step():
        bench.arrays["value"][:] = np.nan
        bench.wave.cancel()
        assert bench.wave.pending == 0
        assert bench.wave.step() == rows
        bench.evaluate(rows)
    assert bench.forest.result(0).q.tobytes() == plain.forest.result(0).q.tobytes()


def test_rerooting_moves_the_latents_with_the_nodes() -> None:
    bench = Bench(SearchConfig(simulations=20), slots=2, nodes=50)
    bench.open(1)
    bench.wave.begin([1])
    bench.run()
    pool = bench.arrays["pool"].copy()
    kept = bench.wave.reroot(1, bench.forest.result(1).action, simulations=15)
    assert kept is not None
    np.testing.assert_array_equal(bench.arrays["pool"][50 : 50 + len(kept)], pool[50 + kept])
    assert bench.wave.step() == 0  # the tree takes part again once begin says so
    bench.wave.begin([1])
    assert bench.run() == 15
    assert bench.wave.reroot(1, ACTIONS + 3) is None


def test_begin_checks_what_takes_part() -> None:
    bench = Bench(SearchConfig(simulations=20), slots=2, edges=100)
    with pytest.raises(ArgumentError, match="slot: expected an open slot"):
        bench.wave.begin([0])
    bench.forest.open(0, [1.0, 1.0], [0, 0], actions=[0, 3])
    with pytest.raises(CapacityError, match="edges"):
        bench.wave.begin([0])
    bench.forest.open(1, np.ones(ACTIONS), [0, 0], simulations=2, to_play=CHANCE)
    with pytest.raises(ArgumentError, match="to_play"):
        bench.wave.begin([1])
    bench.forest.open(1, np.ones(ACTIONS), [0, 0], simulations=2)
    with pytest.raises(ArgumentError, match="each slot once"):
        bench.wave.begin([1, 1])
    bench.wave.begin([])
    assert bench.wave.step() == 0


@pytest.mark.parametrize(
    ("field", "array", "message"),
    [
        ("pool", np.zeros((30, LATENT), np.float32), r"pool: expected a float32 array of shape \[31, 3\]"),
        ("pool", np.zeros((31, LATENT), np.float64), "pool"),
        ("latent_in", np.zeros((4, 2 * LATENT), np.float32)[:, ::2], "latent_in: expected a contiguous array"),
        ("latent_in", np.zeros(LATENT, np.float32), "latent_in: expected an array of 2 dimensions"),
        ("action_in", np.zeros(4, np.int32), "action_in"),
        ("latent_out", np.zeros((3, LATENT), np.float32), "latent_out"),
        ("prior", np.zeros((4, ACTIONS - 1), np.float32), "prior"),
        ("value", np.zeros((4, 3), np.float32), "value"),
        ("reward", np.zeros((4, 0), np.float32), "reward"),
        ("mover", np.zeros((4, 1), np.int64), "mover"),
        ("prior", [[1.0]], "prior"),
    ],
)
def test_arrays_of_another_shape_are_refused(field: str, array: Any, message: str) -> None:
    bench = Bench(SearchConfig())
    with pytest.raises(ArgumentError, match=message):
        Wave(bench.forest, **(bench.arrays | {field: array}))


def test_a_batch_must_hold_a_tree_s_leaves() -> None:
    with pytest.raises(ArgumentError, match=r"config\.leaves"):
        Bench(SearchConfig(leaves=8), batch=4)


def test_the_arrays_live_as_long_as_the_wave() -> None:
    bench = Bench(SearchConfig(simulations=20))
    bench.open(0)
    wave = bench.wave
    wave.begin([0])
    network, arrays = bench.network, dict(bench.arrays)
    bench.arrays.clear()
    del bench
    gc.collect()
    assert wave.step() == 1
    assert arrays["latent_in"][0, 0] == 1.5
    assert network
