"""ONNX Runtime's library in play: the same bits as ONNX Runtime called from Python, without the interpreter."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import onnxruntime
import pytest

import myoshu
from myoshu.errors import EvaluationError, ProviderError
from myoshu.model import played
from myoshu.runtime.agent import Agent
from myoshu.runtime.bundle import Bundle
from myoshu.runtime.doctor import diagnose, versions
from myoshu.runtime.evaluator import Evaluator
from myoshu.runtime.evaluators import onnx_library, onnx_runtime
from myoshu.runtime.evaluators.onnx_library import VARIABLE, LibrarySessions
from myoshu.runtime.evaluators.onnx_module import OnnxSessions
from myoshu.runtime.limit import Limit
from myoshu.runtime.planner import Planner
from myoshu.search import Algorithm, SearchConfig, SearchResults
from myoshu.testing.networks import mlp

AGENTS = sorted((Path(__file__).parents[3] / "demos" / "agents").glob("*.myoshu"))
FIELDS = ("visits", "q", "policy", "value", "action", "simulations")


def load(bundle: Bundle, library: bool, patch: pytest.MonkeyPatch) -> Agent:
    """An agent on the CPU with a search that is, or is not, without the interpreter."""
    with patch.context() as wheel:
        wheel.delenv(VARIABLE, raising=False)
        if not library:
            wheel.setattr(onnx_library, "in_wheel", lambda: None)
        agent = Agent(bundle, "cpu")
    assert isinstance(agent.evaluator._running, LibrarySessions if library else OnnxSessions)
    return agent


@pytest.fixture(params=AGENTS, ids=lambda path: path.stem)
def both(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[Agent, Agent]:
    """A shipped agent with the library and without."""
    bundle = Bundle.read(request.param)
    return load(bundle, True, monkeypatch), load(bundle, False, monkeypatch)


def observations(evaluator: Evaluator, count: int) -> Any:
    rng = np.random.default_rng(count)
    return rng.integers(0, 2, (count, *evaluator.model.observation)).astype(np.float32)


def same(one: SearchResults, other: SearchResults) -> bool:
    return all(
        np.asarray(getattr(one, name)).tobytes() == np.asarray(getattr(other, name)).tobytes() for name in FIELDS
    )


def test_a_search_on_the_cpu_does_not_wait_for_the_interpreter() -> None:
    network = mlp(6, 5, 8)
    evaluator = Evaluator(network.model, network.graphs, providers="cpu")
    assert evaluator.interpreted == ""
    assert Planner(evaluator, SearchConfig())._network is not None


def test_both_ways_compute_the_same_bits(both: tuple[Agent, Agent]) -> None:
    ways = [agent.evaluator for agent in both]
    rng = np.random.default_rng(0)
    for graph, (inputs, outputs) in played(ways[0].model).items():
        for rows in (1, 2, 5, 16):
            feed = {
                name: rng.standard_normal((rows, *port.shape)).astype(np.float32)
                if port.dtype is np.float32
                else rng.integers(0, ways[0].model.actions, rows)
                for name, port in inputs.items()
            }
            found = []
            for evaluator in ways:
                into = {name: np.zeros((rows, *port.shape), port.dtype) for name, port in outputs.items()}
                evaluator.bind(graph, {**feed, **into}).run()
                found.append({name: array.tobytes() for name, array in into.items()})
            assert found[0] == found[1], (graph, rows)


@pytest.mark.parametrize("leaves", [1, 4])
def test_both_loops_search_the_same_trees(both: tuple[Agent, Agent], leaves: int) -> None:
    """Trees of several budgets: as one of them is ready, the number of rows falls."""
    budgets = np.array([30, 7, 19, 30, 1])
    found = []
    for agent in both:
        evaluator = agent.evaluator
        config = SearchConfig(algorithm=Algorithm.PUCT, leaves=leaves) if leaves > 1 else agent.manifest.search
        planner = Planner(evaluator, config, slots=5, simulations=30, nodes=70)
        planner.open(np.arange(5), observations(evaluator, 5), simulations=budgets)
        assert planner.run()
        first = planner.results(np.arange(5))
        planner.reuse(0, int(first.visits[0].argmax()), observation=observations(evaluator, 1)[0], simulations=20)
        assert planner.run(perf_counter() + 1e6)
        found.append((first, planner.results(np.arange(5))))
    assert same(found[0][0], found[1][0])
    assert same(found[0][1], found[1][1])


def test_agents_decide_the_same(both: tuple[Agent, Agent]) -> None:
    observation = observations(both[0].evaluator, 1)[0]
    one, other = (agent.new_session(seed=1).play(observation, limit=Limit(simulations=40)) for agent in both)
    assert one.action == other.action
    assert one.visits.tobytes() == other.visits.tobytes()
    assert one.policy.tobytes() == other.policy.tobytes()
    assert both[0].evaluator.interpreted == ""
    assert both[1].evaluator.interpreted == (
        "the installed ONNX Runtime has no shared library beside its Python module"
    )


def test_a_deadline_ends_a_search_and_another_call_continues_it() -> None:
    network = mlp(6, 5, 8)
    evaluator = Evaluator(network.model, network.graphs, providers="cpu")
    seen = observations(evaluator, 1)
    cut, whole = (Planner(evaluator, SearchConfig(), simulations=100) for _ in range(2))
    for planner in (cut, whole):
        planner.open([0], seen)
    assert not cut.run(perf_counter() - 1.0)
    assert cut.forest.remaining(0) == 100
    calls = 1
    while not cut.run(perf_counter() + 2e-4):
        calls += 1
    assert whole.run()
    assert same(cut.results([0]), whole.results([0]))


class Interrupted(Exception):  # noqa: N818 - it is none
    """What a signal's handler raises, as Python's own does for Ctrl-C."""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no such signals here")
def test_a_signal_ends_a_search_and_another_call_continues_it() -> None:
    """The search is far longer than the time to the signal, and the handler runs between two of its slices."""
    network = mlp(6, 5, 8)
    evaluator = Evaluator(network.model, network.graphs, providers="cpu")
    budget = 10_000
    cut, whole = (Planner(evaluator, SearchConfig(), simulations=budget) for _ in range(2))
    for planner in (cut, whole):
        planner.open([0], observations(evaluator, 1))

    def interrupt(*_: object) -> None:
        raise Interrupted

    def search() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        cut.run()

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with pytest.raises(Interrupted):
            search()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
    assert cut._wave.pending == 0
    assert cut.forest.remaining(0) > 0
    assert cut.run()
    assert whole.run()
    assert same(cut.results([0]), whole.results([0]))


def test_an_error_in_a_search_leaves_the_trees_as_they_were() -> None:
    """An action beyond the network's: ONNX Runtime itself refuses to gather its row."""
    network = mlp(6, 5, 8)
    evaluator = Evaluator(network.model, network.graphs, providers="cpu")

    class Broken:
        model, generation, bind = evaluator.model, 0, staticmethod(evaluator.bind)

        @staticmethod
        def network(graph: str, arrays: Any) -> Any:
            """The graph over other actions than the wave's: ones that it does not have."""
            return evaluator.network(graph, {**arrays, "action": np.full_like(arrays["action"], 99)})

    broken = Planner(Broken(), SearchConfig(), slots=2, simulations=10)
    broken.open([0, 1], observations(evaluator, 2))
    with pytest.raises(EvaluationError, match=r"^the network could not be run: "):
        broken.run()
    assert broken.forest.all_remaining(np.arange(2, dtype=np.int32)) == [10, 10]


def test_two_threads_with_a_planner_each_search_as_one() -> None:
    bundle = Bundle.read(AGENTS[-1])
    evaluator = Evaluator(bundle.manifest.model, bundle.graphs, providers="cpu")
    seen, found = observations(evaluator, 1), {}

    def search(name: str) -> None:
        planner = Planner(evaluator, bundle.manifest.search, simulations=50)
        for _ in range(20):
            planner.open([0], seen)
            planner.run()
        found[name] = planner.results([0])

    threads = [threading.Thread(target=search, args=(name,)) for name in ("one", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    search("alone")
    assert same(found["one"], found["alone"])
    assert same(found["other"], found["alone"])


def test_the_variable_names_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    path = onnx_library.in_wheel()
    assert path is not None
    monkeypatch.setattr(onnx_library, "in_wheel", lambda: None)
    monkeypatch.setenv(VARIABLE, path)
    assert isinstance(onnx_library.library(), onnx_library._core.OnnxLibrary)
    monkeypatch.setenv(VARIABLE, "")
    assert isinstance(onnx_library.library(), str)


def test_a_variable_that_names_nothing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sets it wants that library: another one would be no answer."""
    monkeypatch.setenv(VARIABLE, "/nowhere.so")
    with pytest.raises(ProviderError, match=rf"^{VARIABLE}: onnxruntime: expected a library at /nowhere\.so"):
        myoshu.load(AGENTS[0], providers="cpu")
    with pytest.raises(ProviderError, match=VARIABLE):
        versions()


def test_a_library_that_cannot_be_opened_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(onnx_library, "in_wheel", lambda: __file__)
    bundle = Bundle.read(AGENTS[0])
    (diagnosis,) = diagnose(bundle, "cpu")
    assert diagnosis.sound
    assert diagnosis.interpreted.startswith(f"onnxruntime: expected a library at {__file__}, got: ")
    assert versions().onnxruntime == onnxruntime.__version__


def test_the_providers_are_those_that_the_module_has(monkeypatch: pytest.MonkeyPatch) -> None:
    found = onnx_library.providers_in_wheel()
    assert found is not None
    assert sorted(found) == sorted(onnxruntime.get_available_providers())
    names = onnx_runtime.available()
    monkeypatch.setattr(onnx_library, "in_wheel", lambda: None)
    assert onnx_library.providers_in_wheel() is None
    assert onnx_runtime.available() == names


def test_new_weights_are_the_same_both_ways() -> None:
    network = mlp(6, 5, 8, external=True)
    other = mlp(6, 5, 8, seed=3, external=True)
    found = []
    for wheel in (onnx_library.in_wheel, lambda: None):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(onnx_library, "in_wheel", wheel)
            evaluator = Evaluator(network.model, network.graphs, providers="cpu", weights=network.weights)
            assert other.weights is not None
            evaluator.replace(other.weights)
            found.append(evaluator.initial(observations(evaluator, 3))["prior"].tobytes())
            with pytest.raises(ProviderError, match=r"weights\..*: expected an array, got none"):
                evaluator.replace({})
            wrong = {name: np.zeros((2, 3), np.float32) for name in other.weights}
            with pytest.raises(ProviderError, match=r"^cpu: expected to run with other weights, but graphs\.initial: "):
                evaluator.replace(wrong)
    assert found[0] == found[1]


PROGRAM = """
import sys, threading
{first}
import numpy as np, myoshu
agent = myoshu.load(sys.argv[1], providers="cpu")
assert agent.evaluator.interpreted == ""
see = np.zeros(agent.game.observation, np.float32)
session = agent.new_session(seed=1)
action = session.play(see, limit=myoshu.Limit(simulations=30)).action
"""
FORK = """
import os
child = os.fork()
again = agent.new_session(seed=1).play(see, limit=myoshu.Limit(simulations=30)).action
if child == 0:
    os._exit(int(again != action))
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0 and again == action
"""


@pytest.mark.parametrize("first", ["", "import torch, pyspiel", "import onnxruntime, pyspiel, torch"])
def test_a_program_ends_well_with_sessions_alive(bundle_path: Path, first: str) -> None:
    """Whatever else of C++ it has loaded, in whatever order, and in a child that it forked."""
    program = PROGRAM.format(first=first) + (FORK if hasattr(os, "fork") else "")
    command = [sys.executable, "-W", "ignore", "-c", program, str(bundle_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
