"""Sessions: legal moves, the same seed and the same moves, and arguments that are checked."""

from __future__ import annotations

import gc
import math
import subprocess
import sys
import threading
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import numpy_helper
from tests.unit.runtime.decisions import LATER, OBSERVATION, PUCT, QUICK, same

from myoshu.errors import (
    ArgumentError,
    EvaluationError,
    LegalActionsError,
    LimitError,
    ObservationError,
    SessionBusyError,
)
from myoshu.runtime.agent import Agent, load
from myoshu.runtime.bundle import Bundle
from myoshu.runtime.decision import Decision, StopReason
from myoshu.runtime.limit import Limit
from myoshu.runtime.manifest import Level, Manifest
from myoshu.runtime.parity import Parity, Vectors
from myoshu.search import SearchConfig
from myoshu.testing.networks import Network, game_for, parity, write_bundle


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
        (softmax,) = (node for node in model.graph.node if node.output[0] == "prior")
        (gemm,) = (node for node in model.graph.node if node.output[0] == softmax.input[0])
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
    assert any(not same(*pair) for pair in zip(one, game(13), strict=True))


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
        ({"seed": -1}, "seed: expected an integer from 0 to 18446744073709551615, got -1"),
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
