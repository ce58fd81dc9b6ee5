"""Agents on the project's own kernels: trusted by the parity vectors, searched without the interpreter."""

from __future__ import annotations

import warnings
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest

import myoshu
from myoshu import Limit
from myoshu.errors import ProviderError
from myoshu.model import ports
from myoshu.runtime import providers
from myoshu.runtime.agent import Agent
from myoshu.runtime.bundle import Bundle
from myoshu.runtime.decision import StopReason
from myoshu.runtime.doctor import diagnose
from myoshu.runtime.evaluator import Evaluator
from myoshu.runtime.evaluators import native
from myoshu.runtime.planner import Planner
from myoshu.testing.networks import mlp, resnet

AGENTS = sorted((Path(__file__).parents[4] / "demos" / "agents").glob("*.myoshu"))


def sigmoid() -> bytes:
    """A graph that the exporter does not write."""
    from onnx import TensorProto, helper

    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 27]) for name in ("observation", "latent")]
    node = helper.make_node("Sigmoid", ["observation"], ["latent"])
    return bytes(helper.make_model(helper.make_graph([node], "g", ends[:1], ends[1:])).SerializeToString())


def tic_tac_toe() -> Agent:
    (path,) = (path for path in AGENTS if path.stem == "tic_tac_toe")
    return myoshu.load(path, providers="native")


def test_auto_takes_it_by_the_graphs_alone(bundle_path: Path) -> None:
    assert "native" not in providers.choices("auto")
    assert providers.choices(["native", "cpu"]) == ["native", "cpu"]
    small, large = mlp(27, 9, 64, external=True), resnet((3, 12, 12), 4, 32, 1)
    assert providers.choices("auto", small.graphs, ports(small.model), small.weights)[-2:] == ["native", "cpu"]
    assert "native" not in providers.choices("auto", large.graphs, ports(large.model))
    other = mlp(27, 8, 64)
    assert not native.suits(small.graphs, ports(other.model), small.weights)
    assert not native.suits({**small.graphs, "initial": sigmoid()}, ports(small.model), small.weights)
    assert not native.suits({**small.graphs, "initial": bytes(native.LARGEST + 1)}, ports(small.model), small.weights)


@pytest.mark.parametrize("path", AGENTS, ids=lambda path: path.stem)
def test_auto_takes_it_for_every_shipped_agent(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        agent = myoshu.load(path)
    assert agent.provider == "native"
    assert agent.new_session().play(np.ones(agent.game.observation), limit=Limit(simulations=2)).provider == "native"


@pytest.mark.parametrize("path", AGENTS, ids=lambda path: path.stem)
def test_it_reproduces_what_the_trainer_saw_and_plays(path: Path) -> None:
    agent = myoshu.load(path, providers="native")
    assert agent.provider == "native"
    assert agent.evaluator.deviation is not None
    assert agent.evaluator.deviation.acceptable
    observation = agent.examples[0].position.observation if agent.examples else np.zeros(agent.game.observation)
    decisions = [agent.new_session(seed=1).play(observation, limit=Limit(simulations=40)) for _ in range(2)]
    assert decisions[0].provider == "native"
    assert decisions[0].simulations == 40
    assert decisions[0].visits.tobytes() == decisions[1].visits.tobytes()
    assert decisions[0].policy.tobytes() == decisions[1].policy.tobytes()
    (diagnosis,) = diagnose(Bundle.read(path), "native")
    assert diagnosis.sound


def test_a_batch_changes_no_bit() -> None:
    agent = tic_tac_toe()
    observations = np.random.default_rng(2).standard_normal((9, 3, 3, 3)).astype(np.float32)
    planner = Planner(agent.evaluator, agent.manifest.search, slots=9, simulations=30)
    planner.open(np.arange(9), observations)
    assert planner.run()
    together = planner.results(np.arange(9))
    for row in range(9):
        alone = Planner(agent.evaluator, agent.manifest.search, simulations=30)
        alone.open([0], observations[row : row + 1])
        assert alone.run()
        assert alone.results([0]).visits[0].tobytes() == together.visits[row].tobytes()
        assert alone.results([0]).q[0].tobytes() == together.q[row].tobytes()


def test_a_deadline_ends_it_and_another_call_continues_it() -> None:
    agent = tic_tac_toe()
    planner = Planner(agent.evaluator, agent.manifest.search, simulations=200)
    planner.open([0], np.ones((1, 3, 3, 3)))
    assert not planner.run(perf_counter() - 1.0)
    assert planner.forest.remaining(0) == 200
    assert planner.run(perf_counter() + 1e6)
    whole = Planner(agent.evaluator, agent.manifest.search, simulations=200)
    whole.open([0], np.ones((1, 3, 3, 3)))
    assert whole.run()
    assert planner.result(0).visits.tobytes() == whole.result(0).visits.tobytes()
    decision = agent.new_session().play(np.ones((3, 3, 3)), limit=Limit(time=0.01))
    assert decision.stop_reason is StopReason.TIME


def test_new_weights_are_taken_and_old_bindings_stay(bundle_path: Path) -> None:
    from myoshu.training.config import NetworkConfig
    from myoshu.training.networks.architecture import Architecture
    from myoshu.training.networks.onnx_writer import played_graphs, weight_shapes

    spec = myoshu.load(bundle_path, providers="cpu").game
    architecture = Architecture.of(spec, NetworkConfig(width=16))
    rng = np.random.default_rng(0)
    weights = [
        {name: rng.standard_normal(shape).astype(np.float32) for name, shape in weight_shapes(architecture).items()}
        for _ in range(2)
    ]
    graphs = played_graphs(architecture)
    evaluator = Evaluator(architecture.model, graphs, providers="native", weights=weights[0])
    observation = np.ones((1, *spec.observation), np.float32)
    before = evaluator.initial(observation)
    evaluator.replace(weights[1])
    other = Evaluator(architecture.model, graphs, providers="native", weights=weights[1])
    assert evaluator.initial(observation)["prior"].tobytes() == other.initial(observation)["prior"].tobytes()
    assert evaluator.initial(observation)["prior"].tobytes() != before["prior"].tobytes()


def test_a_graph_that_the_exporter_does_not_write_is_refused(bundle_path: Path) -> None:
    bundle = Bundle.read(bundle_path)
    graphs = {**bundle.graphs, "initial": sigmoid()}
    with pytest.raises(ProviderError, match=r"native: .* graphs\.initial: .* the operator Sigmoid"):
        Evaluator(bundle.manifest.model, graphs, providers="native")
