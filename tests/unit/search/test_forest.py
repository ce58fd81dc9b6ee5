"""What a forest does and refuses, in the core and in the reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myoshu.errors import ArgumentError, CapacityError, EvaluationError, LegalActionsError
from myoshu.search import CHANCE, Algorithm, Forest, Normalization, SearchConfig, SearchResult
from myoshu.search.reference import ReferenceForest

FORESTS: list[Any] = [Forest, ReferenceForest]
PUCT = SearchConfig(algorithm=Algorithm.PUCT, simulations=20)
GUMBEL = SearchConfig(algorithm=Algorithm.GUMBEL, simulations=20)
EVEN = np.full(4, 0.25, np.float32)


def make(forest_type: Any = Forest, config: SearchConfig = PUCT, **sizes: int) -> Forest:
    forest: Forest = forest_type(config, **({"slots": 3, "actions": 4, "players": 2, "nodes": 21} | sizes))
    return forest


def drive(forest: Forest, slots: list[int], seeds: dict[int, int]) -> dict[int, list[tuple[int, int]]]:
    """Search to the end; each tree's evaluations come of its own generator. Returns each tree's requests."""
    generators = {slot: np.random.default_rng(seed) for slot, seed in seeds.items()}
    seen: dict[int, list[tuple[int, int]]] = {slot: [] for slot in slots}
    while len(requests := forest.select(slots)):
        values, priors, rewards = [], [], []
        for slot, row, action in zip(requests.slots, requests.rows, requests.actions, strict=True):
            rng = generators[int(slot)]
            seen[int(slot)].append((int(row) - int(slot) * forest.nodes, int(action)))
            rewards.append(rng.normal(size=forest.players))
            values.append(rng.normal(size=forest.players))
            priors.append(rng.dirichlet(np.ones(forest.actions)))
        forest.expand(np.array(rewards), np.array(values), np.array(priors))
    return seen


def same_bits(a: SearchResult, b: SearchResult) -> bool:
    fields = ("visits", "q", "policy", "value")
    return (a.action, a.principal_variation) == (b.action, b.principal_variation) and all(
        getattr(a, field).tobytes() == getattr(b, field).tobytes() for field in fields
    )


@pytest.mark.parametrize("leaves", [1, 3])
@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_tree_is_the_same_alone_and_among_others(algorithm: Algorithm, leaves: int) -> None:
    config = SearchConfig(algorithm=algorithm, simulations=40, leaves=leaves)
    budgets = [40, 7, 25, 1, 33]
    together = make(config=config, slots=5, nodes=41)
    for slot, budget in enumerate(budgets):
        together.open(slot, EVEN, [0.1, -0.1], simulations=budget)
    seen = drive(together, [4, 2, 0, 1, 3], {slot: 100 + slot for slot in range(5)})
    for slot, budget in enumerate(budgets):
        alone = make(config=config, slots=1, nodes=41)
        alone.open(0, EVEN, [0.1, -0.1], simulations=budget)
        assert drive(alone, [0], {0: 100 + slot})[0] == seen[slot]
        assert same_bits(alone.result(0), together.result(slot))


def test_open_many_is_open_many_times() -> None:
    rng = np.random.default_rng(1)
    priors, values = rng.dirichlet(np.ones(4), 3).astype(np.float32), rng.normal(size=(3, 2)).astype(np.float32)
    legal, gumbel = (
        np.array([[1, 1, 0, 1], [0, 1, 1, 1], [1, 1, 1, 1]], bool),
        rng.gumbel(size=(3, 4)).astype(np.float32),
    )
    budgets = [5, 9, 20]
    one, other = make(config=GUMBEL), make(config=GUMBEL)
    one.open_many([0, 1, 2], priors, values, to_play=[0, 1, 0], legal=legal, gumbel=gumbel, simulations=budgets)
    for slot in range(3):
        other.open(
            slot, priors[slot], values[slot], to_play=slot % 2, legal=legal[slot], gumbel=gumbel[slot],
            simulations=budgets[slot],
        )  # fmt: skip
    seeds = {0: 1, 1: 2, 2: 3}
    assert drive(one, [0, 1, 2], seeds) == drive(other, [0, 1, 2], seeds)
    results = one.results([0, 1, 2])
    assert not results.policy[~legal].any()
    rows = list(results.rows(one.principal_variations([0, 1, 2])))
    for slot in range(3):
        single = other.result(slot)
        assert same_bits(one.result(slot), single)
        assert same_bits(rows[slot], single)
        assert results.visits[slot].tolist() == single.visits.tolist()
        assert results.policy[slot].tobytes() == single.policy.tobytes()
        assert results.action[slot] == single.action
        assert results.simulations[slot] == budgets[slot]


def test_open_many_opens_all_or_none() -> None:
    forest = make()
    with pytest.raises(EvaluationError, match=r"slot 1: prior\[2\]: expected a probability, got nan"):
        forest.open_many([0, 1], [[1, 1, 1, 1], [1, 1, np.nan, 1]], np.zeros((2, 2)))
    assert not forest.is_open(0)


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_relabelling_the_players_relabels_the_values(algorithm: Algorithm) -> None:
    config = SearchConfig(algorithm=algorithm, simulations=30, discount=0.9)
    rng = np.random.default_rng(3)
    order = np.array([2, 0, 1])
    plain, relabelled = (make(config=config, players=3, nodes=31) for _ in range(2))
    start = rng.normal(size=3).astype(np.float32)
    plain.open(0, EVEN, start, to_play=1)
    relabelled.open(0, EVEN, start[order], to_play=int(np.flatnonzero(order == 1)[0]))
    while len(requests := plain.select([0])):
        assert requests.actions.tolist() == relabelled.select([0]).actions.tolist()
        reward, value = (rng.normal(size=(1, 3)).astype(np.float32) for _ in range(2))
        prior, mover = rng.dirichlet(np.ones(4), 1), int(rng.integers(3))
        plain.expand(reward, value, prior, to_play=[mover])
        relabelled.expand(reward[:, order], value[:, order], prior, to_play=np.flatnonzero(order == mover))
    assert relabelled.result(0).visits.tolist() == plain.result(0).visits.tolist()
    np.testing.assert_array_equal(relabelled.result(0).value, plain.result(0).value[order])


@pytest.mark.parametrize("forest_type", FORESTS)
def test_an_illegal_action_is_never_visited_nor_chosen(forest_type: Any) -> None:
    for config in (PUCT, GUMBEL):
        forest = make(forest_type, config)
        legal = np.array([False, True, False, True])
        forest.open(0, [0.97, 0.01, 0.01, 0.01], [0, 0], legal=legal)
        drive(forest, [0], {0: 0})
        result = forest.result(0)
        assert result.visits[~legal].sum() == 0
        assert result.policy[~legal].sum() == 0
        assert legal[result.action]
        assert result.visits.sum() == 20


@pytest.mark.parametrize("forest_type", FORESTS)
def test_no_probability_on_what_is_legal_is_shared_evenly(forest_type: Any) -> None:
    forest = make(forest_type)
    forest.open(0, [1, 0, 0, 0], [0, 0], legal=np.array([False, True, True, False]), simulations=0)
    assert forest.result(0).policy.tolist() == [0, 0.5, 0.5, 0]
    assert forest.result(0).action == 1


@pytest.mark.parametrize("forest_type", FORESTS)
def test_noise_mixes_into_the_prior_of_legal_actions(forest_type: Any) -> None:
    forest = make(forest_type)
    legal = np.array([True, True, False, True])
    forest.open(0, [0.3, 0.3, 0.4, 0.0], [0, 0], legal=legal, noise=[0.0, 0.2, 0.0, 0.8], simulations=0)
    np.testing.assert_allclose(
        forest.result(0).policy, 0.75 * np.array([0.5, 0.5, 0, 0]) + 0.25 * np.array([0, 0.2, 0, 0.8])
    )


@pytest.mark.parametrize("forest_type", FORESTS)
def test_a_win_in_one_that_ends_the_game_is_found_and_backed_up_without_requests(forest_type: Any) -> None:
    forest = make(
        forest_type, SearchConfig(algorithm=Algorithm.PUCT, simulations=50, normalization=Normalization.NONE), nodes=51
    )
    forest.open(0, EVEN, [0, 0])
    asked = 0
    while len(requests := forest.select([0])):
        asked += len(requests)
        wins = requests.actions == 2
        rewards = np.where(wins[:, None], [[1.0, -1.0]], 0.0)
        forest.expand(rewards, np.zeros((len(requests), 2)), np.tile(EVEN, (len(requests), 1)), terminal=wins)
    result = forest.result(0)
    assert result.simulations == 50
    assert asked < 50
    assert result.action == 2
    assert result.q[2] == 1


@pytest.mark.parametrize("forest_type", FORESTS)
def test_chance_is_visited_by_its_probabilities(forest_type: Any) -> None:
    forest = make(forest_type, SearchConfig(simulations=100), nodes=101)
    forest.open(0, [0.5, 0.3, 0.2, 0.0], [0, 0], to_play=CHANCE)
    while len(requests := forest.select([0])):
        n = len(requests)
        forest.expand(None, np.zeros((n, 2)), np.tile(EVEN, (n, 1)), to_play=np.zeros(n, np.int32))
    assert forest.result(0).visits.tolist() == [50, 30, 20, 0]


@pytest.mark.parametrize("forest_type", FORESTS)
def test_what_follows_chance_must_be_said(forest_type: Any) -> None:
    forest = make(forest_type)
    forest.open(0, EVEN, [0, 0], to_play=CHANCE)
    forest.select([0])
    with pytest.raises(ArgumentError, match="to_play"):
        forest.expand(None, np.zeros((1, 2)), EVEN[None])


@pytest.mark.parametrize("forest_type", FORESTS)
def test_a_withdrawn_wave_leaves_no_trace(forest_type: Any) -> None:
    for leaves in (1, 4):
        config = SearchConfig(simulations=20, leaves=leaves)
        plain, troubled = make(forest_type, config), make(forest_type, config)
        rng = np.random.default_rng(0)
        for forest in (plain, troubled):
            forest.open(0, EVEN, [0, 0])
        while len(requests := plain.select([0])):
            first = troubled.select([0])
            troubled.cancel()
            again = troubled.select([0])
            assert requests.rows.tolist() == first.rows.tolist() == again.rows.tolist()
            assert requests.actions.tolist() == first.actions.tolist() == again.actions.tolist()
            n = len(requests)
            evaluation = rng.normal(size=(n, 2)), rng.normal(size=(n, 2)), rng.random((n, 4))
            plain.expand(*evaluation)
            troubled.expand(*evaluation)
        assert plain.result(0).visits.tolist() == troubled.result(0).visits.tolist()


@pytest.mark.parametrize("forest_type", FORESTS)
def test_leaves_of_a_wave_are_different_and_their_loss_is_gone_afterwards(forest_type: Any) -> None:
    forest = make(forest_type, SearchConfig(algorithm=Algorithm.PUCT, simulations=20, leaves=5))
    forest.open(0, EVEN, [0, 0])
    values = [np.zeros(2)]
    rng = np.random.default_rng(0)
    longest = 0
    while len(requests := forest.select([0])):
        pairs = list(zip(requests.rows.tolist(), requests.actions.tolist(), strict=True))
        assert len(set(pairs)) == len(pairs)
        longest = max(longest, len(pairs))
        new = rng.normal(size=(len(pairs), 2)).astype(np.float32)
        values.extend(new)
        forest.expand(None, new, np.tile(EVEN, (len(pairs), 1)))
    assert longest > 1
    assert forest.result(0).simulations == 20
    np.testing.assert_allclose(forest.result(0).value, np.mean(values, 0), atol=1e-6)


@pytest.mark.parametrize("forest_type", FORESTS)
def test_a_closed_trees_evaluations_are_ignored(forest_type: Any) -> None:
    forest = make(forest_type)
    for slot in range(3):
        forest.open(slot, EVEN, [0, 0])
    assert len(forest.select([0, 1, 2])) == 3
    forest.close(1)
    forest.open(2, EVEN, [0, 0])
    forest.expand(None, np.zeros((3, 2)), np.tile(EVEN, (3, 1)))
    assert [forest.remaining(0), forest.remaining(2)] == [19, 20]
    assert forest.result(2).visits.sum() == 0


@pytest.mark.parametrize("forest_type", FORESTS)
def test_what_does_not_fit_is_refused_before_the_search(forest_type: Any) -> None:
    forest = make(forest_type)
    with pytest.raises(CapacityError, match="simulations: expected at most 20"):
        forest.open(0, EVEN, [0, 0], simulations=21)
    assert not forest.is_open(0)
    with pytest.raises(CapacityError, match="edges"):
        make(forest_type, edges=83).open(0, EVEN, [0, 0])
    with pytest.raises(CapacityError, match="actions: expected at most 4"):
        forest.open(0, np.ones(5), [0, 0], actions=np.arange(5))


@pytest.mark.parametrize("forest_type", FORESTS)
def test_action_sets_that_do_not_fit_change_nothing(forest_type: Any) -> None:
    forest = make(forest_type, edges=7)
    forest.open(0, [1, 1], [0, 0], actions=[3, 900])
    for count, fits in ((4, True), (2, False), (1, True)):
        if forest.pending == 0:
            assert forest.select([0]).actions[0] in (3, 900)
        arguments = (None, np.zeros((1, 2)), np.ones(count))
        keywords: dict[str, Any] = {"actions": np.arange(count), "counts": [count], "terminal": [False]}
        if fits:
            forest.expand(*arguments, **keywords)
        else:
            with pytest.raises(CapacityError, match="edges"):
                forest.expand(*arguments, **keywords)
            assert forest.pending == 1
    assert forest.result(0).actions is not None
    assert forest.result(0).visits.sum() == 2


def changed(**keywords: Any) -> Callable[[Forest], None]:
    def call(forest: Forest) -> None:
        forest.open(**({"slot": 0, "prior": EVEN, "value": [0, 0]} | keywords))

    return call


BAD_CALLS: list[tuple[Callable[[Forest], Any], type[Exception], str]] = [
    (changed(slot=3), ArgumentError, "slot: expected an integer from 0 to 2, got 3"),
    (changed(slot=-1), ArgumentError, "slot"),
    (changed(prior=np.ones(3)), ArgumentError, r"prior: expected shape \[4\], got \[3\]"),
    (changed(prior=["a"] * 4), ArgumentError, "prior: expected numbers"),
    (changed(prior=[1, np.nan, 1, 1]), EvaluationError, "prior"),
    (changed(prior=[1, -1, 1, 1]), EvaluationError, "prior"),
    (changed(prior=[1, np.inf, 1, 1]), EvaluationError, "prior"),
    (changed(value=[0]), ArgumentError, "value"),
    (changed(value=[np.inf, 0]), EvaluationError, "value"),
    (changed(to_play=2), ArgumentError, "to_play: expected an integer from -1 to 1, got 2"),
    (changed(to_play=-2), ArgumentError, "to_play"),
    (changed(legal=np.zeros(4, bool)), LegalActionsError, "legal: expected at least one"),
    (changed(legal=np.ones(4, int)), ArgumentError, "legal: expected booleans"),
    (changed(legal=np.ones(3, bool)), ArgumentError, "legal"),
    (lambda forest: forest.close(0), ArgumentError, "slot: expected an open slot, got 0, which is closed"),
    (lambda forest: forest.result(0), ArgumentError, "slot"),
    (lambda forest: forest.remaining(7), ArgumentError, "slot"),
    (lambda forest: forest.select([0]), ArgumentError, "slot"),
    (lambda forest: forest.reroot(0, 0), ArgumentError, "slot"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD_CALLS)
@pytest.mark.parametrize("forest_type", FORESTS)
def test_bad_calls_are_named(
    forest_type: Any, call: Callable[[Forest], Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        call(make(forest_type))


CORE_ONLY: list[tuple[Callable[[Forest], Any], type[Exception], str]] = [
    (changed(noise=[0.5, -0.5, 0.5, 0.5]), ArgumentError, "noise"),
    (changed(gumbel=[0, 0, np.nan, 0]), ArgumentError, "gumbel"),
    (changed(simulations=-1), ArgumentError, "simulations"),
    (changed(planned=0), ArgumentError, "planned"),
    (changed(slot=1.5), ArgumentError, "slot"),
    (changed(slot=1 << 40), ArgumentError, "slot"),
    (changed(actions=[1, 0, 2, 3]), ArgumentError, "actions: expected each set in ascending order"),
    (changed(actions=[0, 0, 2, 3]), ArgumentError, "actions"),
    (changed(actions=[-1, 0, 2, 3]), ArgumentError, "actions"),
    (lambda forest: forest.select([[0]]), ArgumentError, "slots"),
    (lambda forest: forest.close("a"), ArgumentError, "slot: expected an integer"),  # type: ignore[arg-type]  # on purpose
]


@pytest.mark.parametrize(("call", "error", "message"), CORE_ONLY)
def test_more_bad_calls_are_named(call: Callable[[Forest], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(make())


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"values": np.array([[0, np.nan]])}, EvaluationError, "value"),
        ({"rewards": np.array([[np.inf, 0]])}, EvaluationError, "rewards"),
        ({"priors": np.array([[1, 1, -1, 1]])}, EvaluationError, "prior"),
        ({"priors": np.array([[1, 1, np.nan, 1]])}, EvaluationError, "prior"),
        ({"priors": np.ones((1, 3))}, ArgumentError, "priors"),
        ({"values": np.zeros((2, 2))}, ArgumentError, "values"),
        ({"to_play": [5]}, ArgumentError, "to_play"),
        ({"discounts": [1.5]}, ArgumentError, "discounts"),
        ({"discounts": [np.nan]}, ArgumentError, "discounts"),
        ({"legal": np.zeros((1, 4), bool)}, LegalActionsError, "legal"),
    ],
)
@pytest.mark.parametrize("forest_type", FORESTS)
def test_a_bad_evaluation_is_named_and_changes_nothing(
    forest_type: Any, keywords: dict[str, Any], error: type[Exception], message: str
) -> None:
    forest = make(forest_type)
    forest.open(0, EVEN, [0, 0])
    forest.select([0])
    good = {"rewards": np.zeros((1, 2)), "values": np.zeros((1, 2)), "priors": EVEN[None]}
    with pytest.raises(error, match=message):
        forest.expand(**(good | keywords))
    assert forest.pending == 1
    forest.expand(**good)
    assert forest.result(0).simulations == 1


@pytest.mark.parametrize("forest_type", FORESTS)
def test_a_wave_must_be_expanded_before_the_next(forest_type: Any) -> None:
    forest = make(forest_type)
    forest.open(0, EVEN, [0, 0])
    forest.open(1, EVEN, [0, 0])
    with pytest.raises(ArgumentError, match="each slot once"):
        forest.select([0, 0])
    forest.select([0])
    with pytest.raises(ArgumentError, match="select"):
        forest.select([1])


@pytest.mark.parametrize("forest_type", FORESTS)
def test_a_rerooted_tree_goes_on_from_its_visits(forest_type: Any) -> None:
    for config in (PUCT, GUMBEL):
        forest = make(forest_type, config, nodes=60)
        forest.open(0, EVEN, [0, 0])
        drive(forest, [0], {0: 4})
        before = forest.result(0)
        kept = forest.reroot(0, before.action, simulations=10)
        assert kept is not None
        assert len(kept) == before.visits[before.action]
        assert (np.diff(kept) > 0).all()
        assert forest.result(0).visits.sum() == before.visits[before.action] - 1
        assert forest.remaining(0) == 10
        drive(forest, [0], {0: 5})
        assert forest.result(0).visits.sum() == before.visits[before.action] + 9
        assert forest.result(0).simulations == 10


@pytest.mark.parametrize("forest_type", FORESTS)
def test_rerooting_where_nothing_was_expanded_is_declined(forest_type: Any) -> None:
    forest = make(forest_type)
    forest.open(0, [1, 0, 0, 0], [0, 0], simulations=1)
    drive(forest, [0], {0: 0})
    assert forest.reroot(0, 3, simulations=1) is None
    assert forest.result(0).visits.tolist() == [1, 0, 0, 0]
    with pytest.raises(CapacityError):
        forest.reroot(0, 0, simulations=21)
    assert forest.result(0).visits.tolist() == [1, 0, 0, 0]


def test_results_of_many_are_over_all_actions() -> None:
    forest = make()
    forest.open(0, EVEN, [0, 0])
    forest.open(1, EVEN, [0, 0], actions=[2, 3, 5, 7], legal=np.array([True, False, True, True]), simulations=5)
    while len(forest.select([1])):
        forest.expand(None, np.zeros((1, 2)), EVEN[None])
    found = forest.result(1).actions
    assert found is not None
    assert found.tolist() == [2, 5, 7]
    assert forest.result(1).visits.sum() == 5
    with pytest.raises(ArgumentError, match="slots: expected roots over all actions, got 1"):
        forest.results([0, 1])
    assert len(forest.results([]).action) == 0


def test_a_principal_variation_can_start_with_any_action() -> None:
    core, reference = make(nodes=41), make(ReferenceForest, nodes=41)
    for forest in (core, reference):
        forest.open(0, EVEN, [0, 0], simulations=40)
        drive(forest, [0], {0: 3})
    for action in range(4):
        line = core.principal_variation(0, action)
        assert line == reference.principal_variation(0, action)
        assert line[0] == action
    assert core.principal_variation(0) == core.result(0).principal_variation


def test_memory_is_known_and_does_not_grow() -> None:
    forest = make(slots=2, actions=82, nodes=100)
    size = forest.nbytes
    assert size < 2 * 100 * 82 * 48
    forest.open(0, np.ones(82), [0, 0])
    drive(forest, [0], {0: 0})
    assert forest.nbytes == size


@pytest.mark.parametrize(
    "sizes",
    [{"slots": 0}, {"actions": 0}, {"players": 65}, {"nodes": 0}, {"edges": 0}, {"slots": True}, {"nodes": 1 << 31}],
)
def test_impossible_sizes_are_refused(sizes: dict[str, int]) -> None:
    with pytest.raises(ArgumentError, match=next(iter(sizes))):
        make(**sizes)


@given(budget=st.integers(1, 60), considered=st.integers(1, 20), actions=st.integers(1, 20), planned=st.integers(1, 60))
@settings(max_examples=60, deadline=None)
def test_sequential_halving_spends_its_budget(budget: int, considered: int, actions: int, planned: int) -> None:
    config = SearchConfig(considered_actions=considered)
    forest = make(config=config, actions=actions, nodes=61)
    forest.open(0, np.ones(actions), [0, 0], simulations=budget, planned=planned)
    drive(forest, [0], {0: budget})
    visits = forest.result(0).visits
    assert visits.sum() == budget
    assert np.count_nonzero(visits) <= min(considered, actions)
    assert visits[forest.result(0).action] == visits.max()


@pytest.mark.parametrize("kind", FORESTS)
@pytest.mark.parametrize("leaves", [1, 2])
def test_lines_end_at_the_greatest_depth(kind: Any, leaves: int) -> None:
    """A position there is not expanded: its own value counts once more, and the simulation as done."""
    config = SearchConfig(algorithm=Algorithm.PUCT, c1=0.0, max_depth=3, leaves=leaves)
    forest = kind(config, slots=1, actions=1, players=1, nodes=21)
    forest.open(0, [1.0], [0.0], simulations=20)
    evaluated = 0
    while count := len(forest.select([0])):
        evaluated += count
        forest.expand(None, np.full((count, 1), float(evaluated)), np.ones((count, 1)))
    result = forest.result(0)
    assert evaluated == 3
    assert result.simulations == 20
    assert result.visits.tolist() == [20]
    assert result.principal_variation == (0, 0, 0)
    assert float(result.q[0]) == pytest.approx((1 + 2 + 18 * 3) / 20)
    forest.reroot(0, 0, simulations=5)
    assert len(forest.select([0])) == 1  # one move on, there is one more to look at
