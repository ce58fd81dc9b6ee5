"""Sessions: legal moves, kept limits, the same seed and the same moves."""

from __future__ import annotations

import copy
import gc
import math
import pickle
import subprocess
import sys
import threading
import weakref
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec
import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import numpy_helper

from myoshu.errors import (
    ArgumentError,
    CapacityError,
    EvaluationError,
    LegalActionsError,
    LimitError,
    ObservationError,
    SessionBusyError,
)
from myoshu.runtime.agent import Agent, load
from myoshu.runtime.bundle import Bundle
from myoshu.runtime.decision import Decision, StopReason
from myoshu.runtime.kept_tree import MOST_MOVES_KEPT
from myoshu.runtime.limit import Limit
from myoshu.runtime.manifest import Level, Manifest
from myoshu.runtime.parity import Parity, Vectors
from myoshu.search import Algorithm, SearchConfig
from myoshu.spec import Movers
from myoshu.testing.networks import Network, game_for, mlp, parity, write_bundle

OBSERVATION = np.random.default_rng(0).standard_normal(27)
LATER = np.random.default_rng(1).standard_normal(27)
"""What is seen after a move."""
QUICK = Limit(simulations=20)
PUCT = SearchConfig(algorithm=Algorithm.PUCT, simulations=20)


def same(one: Decision, other: Decision) -> bool:
    return (
        one.action == other.action
        and one.policy.tobytes() == other.policy.tobytes()
        and one.visits.tobytes() == other.visits.tobytes()
        and one.values.tobytes() == other.values.tobytes()
        and one.principal_variation == other.principal_variation
    )


def test_a_decision_says_all(agent: Agent) -> None:
    decision = agent.new_session(seed=1).play(OBSERVATION, [0, 2, 5], QUICK, to_play=1)
    assert decision.action in (0, 2, 5)
    assert decision.policy.shape == decision.visits.shape == (9,)
    assert decision.policy.sum() == pytest.approx(1.0, abs=1e-6)
    assert decision.policy[[1, 3, 4, 6, 7, 8]].sum() == 0.0
    assert decision.visits.sum() == 20
    assert decision.value == decision.values[1] == -decision.values[0]
    assert decision.principal_variation[0] in (0, 2, 5)
    assert decision.simulations == 20
    assert 0 < decision.elapsed < 10
    assert decision.provider == "cpu"
    assert decision.stop_reason is StopReason.SIMULATIONS


def test_the_bundles_own_budget_is_the_default(agent: Agent) -> None:
    assert agent.new_session().play(OBSERVATION).simulations == agent.manifest.search.simulations


@pytest.mark.parametrize("search", [None, PUCT], ids=["gumbel", "puct"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    legal=st.sets(st.integers(0, 8), min_size=1),
    simulations=st.integers(1, 30),
    temperature=st.sampled_from([0.0, 1e-6, 0.5, 1.0, 100.0, 1e6]),
    seed=st.integers(0, 1 << 40),
)
def test_an_action_is_always_legal(
    agent: Agent, search: SearchConfig | None, legal: set[int], simulations: int, temperature: float, seed: int
) -> None:
    observation = np.random.default_rng(seed).standard_normal(27) * 100
    session = agent.new_session(seed, temperature=temperature, search=search)
    for _ in range(2):
        decision = session.play(observation, list(legal), Limit(simulations=simulations))
        assert decision.action in legal
        assert not decision.policy[[action not in legal for action in range(9)]].any()
        session.observe(decision.action)


def biased(network: Network, towards: int) -> Network:
    """A network whose prior puts all on one action, whatever it sees."""
    graphs = dict(network.graphs)
    for name in ("prediction", "initial", "recurrent"):
        model = onnx.load_from_string(graphs[name])
        (split,) = (node for node in model.graph.node if node.op_type == "Split")
        (gemm,) = (node for node in model.graph.node if node.output[0] == split.input[0])
        (bias,) = (tensor for tensor in model.graph.initializer if tensor.name == gemm.input[2])
        values = numpy_helper.to_array(bias).copy()
        values[towards] = 1e4
        bias.CopyFrom(numpy_helper.from_array(values, bias.name))
        graphs[name] = model.SerializeToString()
    return network._replace(graphs=graphs)


@pytest.mark.parametrize("search", [None, PUCT], ids=["gumbel", "puct"])
def test_a_network_that_insists_on_an_illegal_action_is_not_followed(
    tmp_path: Path, network: Network, search: SearchConfig | None
) -> None:
    """Its prior is exactly zero on everything legal."""
    agent = load(write_bundle(tmp_path / "a.myoshu", biased(network, 4)))
    for limit in (Limit(simulations=1), QUICK, Limit(time=1e-9)):
        for temperature in (0.0, 1.0):
            decision = agent.new_session(3, temperature=temperature, search=search).play(OBSERVATION, [1, 7], limit)
            assert decision.action in (1, 7)
            assert decision.policy[[1, 7]].sum() == pytest.approx(1.0)


def test_nan_from_the_network_is_an_error_and_the_session_lives(tmp_path: Path, network: Network) -> None:
    model = onnx.load_from_string(network.graphs["initial"])
    for node in model.graph.node:
        for position, name in enumerate(node.input):
            if name == "observation":
                node.input[position] = "root"
    model.graph.node.insert(0, onnx.helper.make_node("Sqrt", ["observation"], ["root"]))
    broken = network._replace(graphs={**network.graphs, "initial": model.SerializeToString()})
    vectors = parity(network)
    positive = np.abs(vectors.graphs["initial"].inputs["observation"])
    agent = load(
        write_bundle(
            tmp_path / "a.myoshu",
            broken,
            vectors=Parity(
                {**vectors.graphs, "initial": Vectors({"observation": positive**2}, _initial(network, positive))}
            ),
        )
    )
    session = agent.new_session()
    with pytest.raises(EvaluationError, match=r"from the network, got -?nan"):
        session.play(-np.ones(27))
    with pytest.raises(EvaluationError):
        session.think(-np.ones(27)).step(1.0)
    dropped = session.think(-np.ones(27))
    assert session.play(np.ones(27)).simulations == 16
    with pytest.raises(EvaluationError):
        dropped.result()
    assert session.play(np.ones(27)).simulations == 16


def _initial(network: Network, observation: NDArray[np.float32]) -> Any:
    from myoshu.runtime.evaluator import Evaluator

    evaluator = Evaluator(network.model, network.graphs, providers="cpu")
    return evaluator.initial(observation)


@pytest.mark.parametrize("search", [None, PUCT], ids=["gumbel", "puct"])
def test_the_same_seed_and_simulations_give_the_same_moves(agent: Agent, search: SearchConfig | None) -> None:
    def game(seed: int) -> list[Decision]:
        session = agent.new_session(seed, temperature=20.0, search=search)
        decisions = []
        for turn in range(6):
            observation = np.random.default_rng(turn).standard_normal(27)
            decisions.append(session.play(observation, limit=QUICK))
            session.observe(decisions[-1].action)
        return decisions

    one, other = game(7), game(7)
    assert all(same(*pair) for pair in zip(one, other, strict=True))
    assert any(not same(*pair) for pair in zip(one, game(8), strict=True))


def test_without_temperature_the_seed_makes_no_difference(agent: Agent) -> None:
    one, other = (agent.new_session(seed).play(OBSERVATION, limit=QUICK) for seed in (1, 2))
    assert same(one, other)


def test_temperature_samples_in_proportion(agent: Agent) -> None:
    session = agent.new_session(5, temperature=1.0, search=PUCT)
    decisions = [session.play(OBSERVATION, [0, 1, 2], QUICK) for _ in range(300)]
    policy = decisions[0].policy[:3].astype(float)
    counts = np.bincount([decision.action for decision in decisions], minlength=3)
    assert np.abs(counts / 300 - policy).max() < 0.1
    assert (counts > 0).sum() > 1


def test_threads_that_share_an_agent_do_not_disturb_each_other(agent: Agent) -> None:
    limit = Limit(simulations=200)
    expected = [agent.new_session().play(OBSERVATION * scale, limit=limit) for scale in range(1, 5)]
    wrong: list[int] = []

    def play(number: int) -> None:
        session = agent.new_session()
        for _ in range(10):
            if not same(session.play(OBSERVATION * (number + 1), limit=limit), expected[number]):
                wrong.append(number)

    threads = [threading.Thread(target=play, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_one_legal_move_needs_no_thought(agent: Agent) -> None:
    decision = agent.new_session().play(OBSERVATION, [6], Limit(time=60.0))
    assert (decision.action, decision.simulations) == (6, 0)
    assert decision.stop_reason is StopReason.ONLY_MOVE
    assert decision.policy[6] == pytest.approx(1.0)
    assert math.isfinite(decision.value)
    assert decision.elapsed < 5


@pytest.mark.timing
@pytest.mark.parametrize("limit", [0.003, 0.02, 0.1])
def test_a_time_limit_is_kept(agent: Agent, limit: float) -> None:
    session = agent.new_session()
    session.play(OBSERVATION, limit=Limit(time=limit))
    late, simulations = [], []
    for _ in range(20):
        begin = perf_counter()
        decision = session.play(OBSERVATION, limit=Limit(time=limit))
        late.append(perf_counter() - begin - limit)
        simulations.append(decision.simulations)
        assert decision.stop_reason is StopReason.TIME
    assert max(simulations) > 0
    assert sorted(late)[len(late) // 4] < 0.002  # a busy machine may take the others away for longer


def test_a_time_too_short_for_anything_gives_the_raw_policy(agent: Agent) -> None:
    decision = agent.new_session().play(OBSERVATION, [2, 3], Limit(time=1e-9))
    assert decision.simulations == 0
    assert decision.stop_reason is StopReason.TIME
    prior = agent.evaluator.initial([OBSERVATION])["prior"][0, [2, 3]]
    np.testing.assert_allclose(decision.policy[[2, 3]], prior / prior.sum(), rtol=1e-5)
    assert decision.action == (2, 3)[int(prior.argmax())]


def test_both_limits_hold(agent: Agent) -> None:
    session = agent.new_session()
    decision = session.play(OBSERVATION, limit=Limit(time=30.0, simulations=12))
    assert (decision.simulations, decision.stop_reason) == (12, StopReason.SIMULATIONS)
    assert same(decision, agent.new_session().play(OBSERVATION, limit=Limit(simulations=12)))
    decision = session.play(OBSERVATION, limit=Limit(time=0.01, simulations=10_000_000 // 4096))
    assert decision.stop_reason in (StopReason.TIME, StopReason.SIMULATIONS)


def test_a_tree_grows_no_larger_than_its_memory(agent: Agent) -> None:
    decision = agent.new_session(max_simulations=40).play(OBSERVATION, limit=Limit(time=60.0))
    assert (decision.simulations, decision.stop_reason) == (40, StopReason.CAPACITY)


def test_more_than_the_memory_is_refused_before_the_search(agent: Agent) -> None:
    with pytest.raises(CapacityError):
        agent.new_session().play(OBSERVATION, limit=Limit(simulations=1 << 40))
    with pytest.raises(CapacityError):
        agent.new_session().play(OBSERVATION, limit=Limit(simulations=1 << 29))


def test_observed_moves_keep_the_tree(agent: Agent) -> None:
    session = agent.new_session()
    first = session.play(OBSERVATION, limit=Limit(simulations=100))
    assert first.visits[first.action] > 10
    session.observe(first.action)
    second = session.play(LATER, limit=QUICK, to_play=1)
    assert second.visits.sum() == 20 + first.visits[first.action] - 1
    assert second.simulations == 20
    fresh = session.play(OBSERVATION, limit=QUICK)
    assert fresh.visits.sum() == 20


def test_the_tree_is_kept_through_the_opponents_move_too(agent: Agent) -> None:
    session = agent.new_session()
    first = session.play(OBSERVATION, limit=Limit(simulations=300))
    mine, theirs = first.principal_variation[:2]
    session.observe(mine)
    session.observe(theirs)
    second = session.play(LATER, limit=QUICK)
    assert 20 < second.visits.sum() < 20 + first.visits[mine]


def test_the_turn_goes_round_with_the_moves(agent: Agent) -> None:
    session = agent.new_session()
    first = session.play(OBSERVATION, limit=QUICK)
    assert first.value == first.values[0]
    session.observe(first.action)
    second = session.play(OBSERVATION, limit=QUICK)
    assert second.value == second.values[1]
    third = session.play(OBSERVATION, limit=QUICK, to_play=0)
    assert third.value == third.values[0]


def test_another_player_than_expected_means_another_tree(agent: Agent) -> None:
    session = agent.new_session()
    first = session.play(OBSERVATION, limit=Limit(simulations=100), to_play=0)
    session.observe(first.action)
    assert session.play(LATER, limit=QUICK, to_play=0).visits.sum() == 20


def test_a_move_never_considered_means_a_new_tree(agent: Agent) -> None:
    session = agent.new_session()
    session.play(OBSERVATION, [0, 1], limit=QUICK)
    session.observe(5)
    decision = session.play(LATER, limit=QUICK, to_play=1)
    assert decision.visits.sum() == 20
    assert same(decision, agent.new_session().play(LATER, limit=QUICK, to_play=1))


def test_a_tree_is_not_kept_forever(agent: Agent) -> None:
    session = agent.new_session()
    totals = []
    for turn in range(MOST_MOVES_KEPT + 2):
        decision = session.play(OBSERVATION + turn, limit=Limit(simulations=100), to_play=turn % 2)
        totals.append(int(decision.visits.sum()))
        session.observe(decision.action)
    assert totals[0] == 100
    assert all(total > 100 for total in totals[1 : MOST_MOVES_KEPT + 1])
    assert totals[MOST_MOVES_KEPT + 1] == 100


def fresh(agent: Agent, observation: Any = LATER, to_play: int | None = None, **options: Any) -> Decision:
    """What a session decides that was told nothing."""
    return agent.new_session(**options).play(observation, limit=QUICK, to_play=to_play)


@pytest.mark.parametrize("to_play", [None, 1])
def test_a_next_game_begins_afresh(agent: Agent, to_play: int | None) -> None:
    session = agent.new_session()
    first = session.play(OBSERVATION, limit=Limit(simulations=300))
    for action in first.principal_variation[:2]:
        session.observe(action)
    session.new_game()
    assert session.to_play == 0
    session.observe(3)
    assert session.to_play == 1
    assert same(session.play(LATER, limit=QUICK, to_play=to_play), fresh(agent, to_play=1))


def test_a_next_game_goes_on_with_the_random_numbers(agent: Agent) -> None:
    def actions(begin_again: bool) -> list[int]:
        session = agent.new_session(5, temperature=20.0)
        actions = []
        for _ in range(12):
            actions.append(session.play(OBSERVATION, limit=QUICK).action)
            if begin_again:
                session.new_game()
        return actions

    assert actions(True) == actions(False)
    assert len(set(actions(True))) > 1


def test_the_same_position_again_was_gone_back_to(agent: Agent) -> None:
    """Nobody said so, but nothing that was told can have led there."""
    session = agent.new_session()
    first = session.play(OBSERVATION, limit=Limit(simulations=300))
    for action in first.principal_variation[:2]:
        session.observe(action)
    assert same(session.play(OBSERVATION, limit=QUICK), fresh(agent, OBSERVATION))
    later = session.play(LATER, limit=Limit(simulations=300))
    for action in later.principal_variation[:2]:
        session.observe(action)
    assert same(session.play(OBSERVATION, limit=QUICK), fresh(agent, OBSERVATION))


def test_moves_taken_back_are_gone(agent: Agent) -> None:
    def begun() -> tuple[Any, Decision]:
        session = agent.new_session()
        first = session.play(OBSERVATION, limit=Limit(simulations=300))
        for action in first.principal_variation[:2]:
            session.observe(action)
        return session, first

    session, first = begun()
    session.take_back()  # the opponent's: another one is made instead
    assert session.to_play == 1
    other = 8 if first.principal_variation[1] != 8 else 7
    session.observe(other)
    straight = agent.new_session()
    straight.play(OBSERVATION, limit=Limit(simulations=300))
    straight.observe(first.principal_variation[0])
    straight.observe(other)
    assert same(session.play(LATER, limit=QUICK), straight.play(LATER, limit=QUICK))
    session, first = begun()
    session.play(LATER, limit=QUICK)
    session.observe(4)
    session.take_back(2)  # beyond the last decision: its tree is of no use
    assert session.to_play == 1
    session.observe(other)
    assert same(session.play(LATER + 1, limit=QUICK), fresh(agent, LATER + 1))
    with pytest.raises(ArgumentError, match="moves: expected at most 2, as many as were told, got 3"):
        session.take_back(3)
    assert session.to_play == 0
    for wrong in (0, -1, True, 1.0, "1"):
        with pytest.raises(ArgumentError, match="moves: expected an integer from 1"):
            session.take_back(wrong)


@pytest.mark.parametrize("players", [2, 3])
def test_moves_left_out_are_noticed(tmp_path: Path, players: int) -> None:
    """Who tells its own moves alone, and does not say whose turn it is, never searches under them."""
    network = mlp(27, 9, 16, players=players)
    agent = load(write_bundle(tmp_path / "a.myoshu", network))
    for told in range(1, players):
        session = agent.new_session()
        for turn in range(4):
            mover = session.to_play
            decision = session.play(OBSERVATION + turn, limit=Limit(simulations=300))
            assert decision.visits.sum() == 300
            assert decision.value == decision.values[mover]
            for action in decision.principal_variation[:told]:
                session.observe(action)


def test_pondering_is_about_another_and_counts_as_saying_so(agent: Agent) -> None:
    session = agent.new_session()
    first = session.play(OBSERVATION, limit=Limit(simulations=300))
    session.observe(first.action)
    pondered = session.ponder(LATER, limit=Limit(simulations=300)).result()
    assert pondered.visits.sum() > 300  # what was known of my own move's position
    assert pondered.value == pondered.values[1]
    session.observe(pondered.action)
    assert session.play(LATER + 1, limit=QUICK).visits.sum() > 20


def test_a_session_in_two_threads_is_refused(agent: Agent) -> None:
    session = agent.new_session()
    entered, leave = threading.Event(), threading.Event()
    refused: list[str] = []
    answer = session.agent.new_session().play(OBSERVATION, [0, 1], QUICK)

    class Slow:
        """An observation that takes its time to be read."""

        def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[np.float64]:
            entered.set()
            assert leave.wait(60)
            return OBSERVATION

    decisions: list[Decision] = []
    thread = threading.Thread(target=lambda: decisions.append(session.play(Slow(), [0, 1], QUICK)))  # type: ignore[arg-type]
    thread.start()
    try:
        assert entered.wait(60)
        for ask in (
            lambda: session.play(OBSERVATION, [7, 8], QUICK),
            lambda: session.think(OBSERVATION, [7, 8], QUICK),
            lambda: session.ponder(OBSERVATION, [7, 8], QUICK),
            lambda: session.analyse(OBSERVATION, [7, 8], QUICK),
            lambda: session.observe(1),
            session.take_back,
            session.new_game,
            session.save,
        ):
            with pytest.raises(SessionBusyError, match="session: expected one thread at a time"):
                ask()
            refused.append("")
    finally:
        leave.set()
        thread.join()
    assert same(decisions[0], answer)
    assert session.play(OBSERVATION, [7, 8], QUICK).action in (7, 8)  # and nothing is left locked


def test_a_session_that_keeps_nothing_decides_by_the_position_alone(agent: Agent) -> None:
    session = agent.new_session(keep_tree=False)
    first = session.play(OBSERVATION, limit=Limit(simulations=100))
    session.observe(first.action)
    second = session.play(LATER, limit=QUICK, to_play=1)
    assert same(second, agent.new_session().play(LATER, limit=QUICK, to_play=1))


def test_kept_trees_obey_new_masks(agent: Agent) -> None:
    session = agent.new_session()
    first = session.play(OBSERVATION, limit=Limit(simulations=200))
    session.observe(first.action)
    legal = sorted({first.principal_variation[1], 3, 8})
    decision = session.play(LATER, legal, QUICK, to_play=1)
    assert decision.visits.sum() > 20
    assert decision.action in legal
    assert decision.visits[legal].sum() == decision.visits.sum()


@pytest.mark.parametrize("kind", ["stochastic", "predicted movers"])
def test_nothing_is_kept_where_it_could_not_be_right(tmp_path: Path, kind: str) -> None:
    network = mlp(27, 9, 8, movers=Movers.PREDICTED if kind == "predicted movers" else Movers.ALTERNATE)
    game = msgspec.structs.replace(game_for(network.model), stochastic=kind == "stochastic")
    session = load(write_bundle(tmp_path / "a.myoshu", network, game=game)).new_session()
    first = session.play(OBSERVATION, limit=Limit(simulations=100))
    session.observe(first.action)
    assert session.play(LATER, limit=QUICK, to_play=1).visits.sum() == 20


def test_an_analysis_covers_every_legal_action(agent: Agent) -> None:
    session = agent.new_session()
    analysis = session.analyse(OBSERVATION, [0, 3, 5, 8], Limit(simulations=200))
    assert sorted(each.action for each in analysis.actions) == [0, 3, 5, 8]
    assert analysis.actions[0].action == analysis.decision.action
    assert analysis.actions[0].principal_variation == analysis.decision.principal_variation
    assert sum(each.visits for each in analysis.actions) == 200
    assert sum(each.prior for each in analysis.actions) == pytest.approx(1.0, abs=1e-5)
    assert sum(each.policy for each in analysis.actions) == pytest.approx(1.0, abs=1e-5)
    for each in analysis.actions:
        assert each.principal_variation[0] == each.action
        assert each.visits == analysis.decision.visits[each.action]
        assert math.isfinite(each.value)
        assert len(each.principal_variation) > 1 or each.visits <= 1
    raw = agent.evaluator.initial([OBSERVATION])["prior"][0, [0, 3, 5, 8]]
    by_action = sorted(analysis.actions, key=lambda each: each.action)
    np.testing.assert_allclose([each.prior for each in by_action], raw / raw.sum(), rtol=1e-4)


def test_an_only_move_is_analysed_all_the_same(agent: Agent) -> None:
    analysis = agent.new_session().analyse(OBSERVATION, [4], QUICK)
    assert analysis.decision.simulations == 20
    assert len(analysis.actions) == 1


def test_levels_are_the_bundles(tmp_path: Path, network: Network) -> None:
    levels = [Level(level=1.0, simulations=4, temperature=0.5), Level(level=2.0, simulations=64)]
    manifest = Manifest.of(
        game=game_for(network.model), model=network.model, search=SearchConfig(), opset=18, strength=levels
    )
    Bundle.write(tmp_path / "a", manifest=manifest, graphs=network.graphs, parity=parity(network))
    agent = load(tmp_path / "a")
    weak, strong = agent.new_session(level=1), agent.new_session(level=2.0)
    assert weak.play(OBSERVATION).simulations == 4
    assert strong.play(OBSERVATION).simulations == 64
    assert (weak.temperature, strong.temperature) == (0.5, 0.0)
    assert agent.new_session(level=1, temperature=0.0).temperature == 0.0
    with pytest.raises(ArgumentError, match="level: expected one of 1, 2, got 3"):
        agent.new_session(level=3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level": 1}, "level: expected None, since the bundle has no strength table, got 1"),
        ({"temperature": -1.0}, "temperature: expected a number from 0, got -1.0"),
        ({"temperature": math.nan}, "temperature: expected a number from 0"),
        ({"temperature": math.inf}, "temperature: expected a number from 0"),
        ({"temperature": "1"}, "temperature: expected a number from 0"),
        ({"seed": -1}, "seed: expected an integer from 0, got -1"),
        ({"seed": "abc"}, "seed: expected an integer from 0"),
        ({"seed": 1.5}, "seed: expected an integer from 0"),
        ({"max_simulations": 0}, "max_simulations: expected an integer from 1"),
        ({"search": "puct"}, "search: expected a SearchConfig"),
    ],
)
def test_options_of_a_session_are_checked(agent: Agent, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        agent.new_session(**options)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"observation": np.zeros(26)}, ObservationError, r"observation: expected shape \[27\], got \[26\]"),
        ({"observation": np.full(27, np.nan)}, ObservationError, "finite"),
        ({"observation": "abc"}, ObservationError, "real numbers"),
        ({"observation": None}, ObservationError, "real numbers"),
        ({"legal_actions": []}, LegalActionsError, "at least one"),
        ({"legal_actions": [9]}, LegalActionsError, "from 0 to 8"),
        ({"limit": 0.5}, LimitError, "limit: expected a Limit, got 0.5"),
        ({"to_play": 2}, ArgumentError, "to_play: expected an integer from 0 to 1, got 2"),
        ({"to_play": -1}, ArgumentError, "to_play"),
        ({"to_play": 0.5}, ArgumentError, "to_play"),
        ({"to_play": True}, ArgumentError, "to_play"),
    ],
)
@pytest.mark.parametrize("method", ["play", "think", "analyse"])
def test_arguments_are_checked_before_anything_changes(
    agent: Agent, method: str, arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    session = agent.new_session()
    first = session.play(OBSERVATION, limit=Limit(simulations=100))
    session.observe(first.action)
    with pytest.raises(error, match=message):
        getattr(session, method)(**{"observation": LATER, **arguments})
    assert session.play(LATER, limit=QUICK, to_play=1).visits.sum() > 20


@pytest.mark.parametrize("action", [-1, 9, 1.0, "a", None, True])
def test_an_observed_move_is_an_action(agent: Agent, action: Any) -> None:
    with pytest.raises(ArgumentError, match="action: expected an integer from 0 to 8"):
        agent.new_session().observe(action)


def test_memory_is_said(agent: Agent) -> None:
    session = agent.new_session()
    assert session.nbytes == 0
    session.play(OBSERVATION, limit=QUICK)
    before = session.nbytes
    assert before > 0
    session.play(OBSERVATION, limit=QUICK)
    assert session.nbytes == before


def test_another_process_plays_the_same(agent: Agent, bundle_path: Path) -> None:
    program = (
        "import sys, numpy as np, myoshu\n"
        "s = myoshu.load(sys.argv[1]).new_session(11, temperature=1.0)\n"
        "o = np.random.default_rng(0).standard_normal(27)\n"
        "print(*[s.play(o, limit=myoshu.Limit(simulations=20)).action for _ in range(10)])"
    )
    done = subprocess.run([sys.executable, "-c", program, str(bundle_path)], capture_output=True, text=True, check=True)
    session = agent.new_session(11, temperature=1.0)
    assert [int(word) for word in done.stdout.split()] == [
        session.play(OBSERVATION, limit=QUICK).action for _ in range(10)
    ]


COPIES = {
    "save": lambda session: session.agent.restore_session(session.save()),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda session: pickle.loads(pickle.dumps(session)),
}


@pytest.mark.parametrize("way", COPIES)
@pytest.mark.parametrize(
    "search", [None, PUCT, SearchConfig(algorithm=Algorithm.PUCT, leaves=4)], ids=["gumbel", "puct", "4 leaves"]
)
def test_a_copy_plays_on_as_the_session_does(agent: Agent, way: str, search: SearchConfig | None) -> None:
    session = agent.new_session(3, temperature=3.0, search=search)
    for number in range(9):
        twin = COPIES[way](session)
        seen, turn = OBSERVATION + number, session.to_play
        limit = Limit(simulations=60 + number)
        thinking = session.think(seen, limit=limit, to_play=turn)
        while thinking.step(0.0005) and number % 3:  # some are searched to the end, some are not
            pass
        thinking.stop()
        decision = thinking.result()
        if decision.simulations == 60 + number:
            assert same(twin.play(seen, limit=limit, to_play=turn), decision)
        assert twin.to_play == turn
        session.observe(decision.action)


def test_copies_do_not_share_a_tree(agent: Agent) -> None:
    session = agent.new_session()
    twin = copy.copy(session)
    thinking = session.think(OBSERVATION, [0, 1], Limit(simulations=400))
    thinking.step(0.0005)
    assert twin.play(OBSERVATION, [5, 6], QUICK).action in (5, 6)
    assert same(thinking.result(), agent.new_session().play(OBSERVATION, [0, 1], Limit(simulations=400)))


def test_what_was_not_saved_is_refused(agent: Agent, tmp_path: Path) -> None:
    session = agent.new_session(1)
    session.play(OBSERVATION, limit=QUICK)
    state = session.save()
    other = load(write_bundle(tmp_path / "a.myoshu", mlp(27, 9, 8)))
    with pytest.raises(ArgumentError, match=r"state\.spec_hash: expected"):
        other.restore_session(state)
    for cut in range(0, len(state), 7):
        with pytest.raises(ArgumentError, match="state"):
            agent.restore_session(state[:cut])


def test_an_agent_is_pickled_with_its_networks(agent: Agent) -> None:
    assert copy.copy(agent) is copy.deepcopy(agent) is agent
    twin = pickle.loads(pickle.dumps(agent))
    assert twin.manifest == agent.manifest
    assert same(twin.new_session().play(OBSERVATION, limit=QUICK), agent.new_session().play(OBSERVATION, limit=QUICK))


def test_a_dropped_session_is_freed_at_once(agent: Agent) -> None:
    """With the collector off, as games have it."""
    gc.collect()
    gc.disable()
    try:
        session = agent.new_session()
        session.play(OBSERVATION, limit=Limit(time=0.01))
        session.observe(0)
        session.think(OBSERVATION, limit=QUICK).result()
        session.think(OBSERVATION, limit=QUICK)  # never run
        session.analyse(OBSERVATION, limit=QUICK)
        gone = [weakref.ref(session), weakref.ref(session.tree), weakref.ref(session.tree._planner)]
        del session
        assert [each() for each in gone] == [None, None, None]
    finally:
        gc.enable()


def test_a_thought_that_was_dropped_before_it_began_leaves_no_tree(agent: Agent) -> None:
    session = agent.new_session()
    first = session.play(OBSERVATION, limit=Limit(simulations=100))
    session.think(LATER, limit=QUICK, to_play=0)
    session.observe(first.action)
    assert session.play(LATER + 1, limit=QUICK, to_play=1).visits.sum() == 20


def test_no_number_is_too_large_or_too_small(agent: Agent) -> None:
    longest = Limit(time=sys.float_info.max, simulations=16)
    expected = agent.new_session(1, temperature=0.01).play(OBSERVATION, limit=QUICK)
    with np.errstate(all="raise"):
        assert agent.new_session().play(OBSERVATION, limit=longest).simulations == 16
        assert same(agent.new_session(1, temperature=0.01).play(OBSERVATION, limit=QUICK), expected)
        agent.new_session().play(OBSERVATION * 1e-300, limit=QUICK)


def test_a_short_time_takes_no_memory_for_simulations_it_cannot_hold(agent: Agent) -> None:
    session = agent.new_session()
    decision = session.play(OBSERVATION, limit=Limit(time=1e-6, simulations=10_000_000))
    assert decision.stop_reason is StopReason.TIME
    assert session.nbytes < 1 << 24
