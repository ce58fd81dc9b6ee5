"""The gate in front of a bundle: it opens for graphs that compute what was trained, and for no others."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from myoshu.errors import ExportError
from myoshu.model import TABLE
from myoshu.runtime.bundle import Bundle
from myoshu.runtime.evaluator import Evaluator
from myoshu.search.config import Algorithm, Normalization, SearchConfig
from myoshu.spec import GameSpec, Movers
from myoshu.training import NetworkConfig, NetworkKind
from myoshu.training.networks import export as module
from myoshu.training.networks.architecture import Architecture
from myoshu.training.networks.export import check_parity, export_bundle, torch_evaluation
from myoshu.training.networks.onnx_writer import write_graph
from myoshu.training.networks.torch_network import Network, Weights, fold

KINDS = {
    "mlp": ((3, 3, 3), NetworkConfig(rewards=False, width=32)),
    "residual": ((3, 6, 7), NetworkConfig(rewards=False, kind=NetworkKind.RESIDUAL, width=16)),
    "image": ((2, 21, 14), NetworkConfig(rewards=False, kind=NetworkKind.RESIDUAL, width=8, halvings=2)),
}

GRAPHS = tuple(graph.name for graph in TABLE)


def trained(
    kind: str,
    *,
    players: int = 2,
    final: bool = True,
    movers: Movers = Movers.ALTERNATE,
    returns: tuple[float, float] = (-1.0, 1.0),
    seed: int = 1,
    **changes: object,
) -> tuple[GameSpec, Architecture, Weights]:
    observation, network = KINDS[kind]
    network = msgspec.structs.replace(network, **changes)
    spec = GameSpec(
        name="somewhere:else",
        players=players,
        actions=7,
        observation=observation,
        returns=returns,
        zero_sum=players == 2,
        movers=movers,
        final_rewards_only=final,
    )
    architecture = Architecture.of(spec, network)
    torch.manual_seed(seed)
    net = Network(architecture)
    for _ in range(3):
        latent = net.represent(torch.randn(64, *observation))
        net.predict(net.advance(latent, torch.randint(0, 7, (64,)))["latent"])
    return spec, architecture, fold(architecture, net.state_dict())


@pytest.mark.parametrize("movers", Movers)
@pytest.mark.parametrize("players", [1, 2, 3])
@pytest.mark.parametrize("final", [True, False])
@pytest.mark.parametrize("algorithm", Algorithm)
@pytest.mark.parametrize("kind", KINDS)
def test_a_bundle_reproduces_what_was_trained(
    tmp_path: Path, kind: str, algorithm: Algorithm, final: bool, players: int, movers: Movers
) -> None:
    spec, architecture, weights = trained(kind, players=players, final=final, movers=movers)
    path = tmp_path / "agent.myoshu"
    observations = np.random.default_rng(0).integers(0, 2, (20, *spec.observation)).astype(np.float32)
    search = SearchConfig(algorithm=algorithm, normalization=Normalization.TREE)
    export_bundle(
        path,
        game=spec,
        architecture=architecture,
        weights=weights,
        search=search,
        observations=observations,
        provenance={"steps": 3},
    )
    bundle = Bundle.read(path)
    assert (bundle.manifest.game, bundle.manifest.model) == (spec, architecture.model)
    assert bundle.manifest.search == search
    assert bundle.manifest.provenance["steps"] == 3
    assert {"myoshu", "torch", "onnx", "onnxruntime"} <= set(bundle.manifest.provenance)
    evaluator = Evaluator(bundle.manifest.model, bundle.graphs, providers="cpu", parity=bundle.parity)
    assert evaluator.deviation is not None
    assert evaluator.deviation.size < 1e-4
    assert ("mover" in bundle.parity.graphs["recurrent"].outputs) == (movers is Movers.PREDICTED and players > 1)


@pytest.mark.parametrize("graph", GRAPHS)
def test_a_graph_that_computes_something_else_is_stopped(graph: str) -> None:
    spec, architecture, weights = trained("mlp")
    wrong = {name: weight * np.float32(1.01) for name, weight in weights.items()}
    graphs = {name: write_graph(name, architecture, wrong if name == graph else weights) for name in GRAPHS}
    with pytest.raises(ExportError, match=rf"{graph}.\w+: expected ONNX Runtime and PyTorch to agree within 0.0001"):
        check_parity(architecture, weights, graphs, SearchConfig(), np.zeros((2, *spec.observation), np.float32))


WIDE = [
    {"returns": (-1e5, 1e5)},
    {"returns": (-1e6, 1e6)},
    {"returns": (0.0, 40960.0)},
    {"returns": (-1e5, -1.0)},
    {"returns": (-1e-7, 1e-7)},
    {"returns": (0.0, 0.0)},
]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("bins", [0, 3, 51])
@pytest.mark.parametrize("final", [True, False])
@pytest.mark.parametrize("wide", WIDE, ids=lambda wide: str(wide["returns"]))
def test_the_gate_goes_by_what_a_game_can_pay(
    wide: dict[str, tuple[float, float]], final: bool, bins: int, seed: int
) -> None:
    spec, architecture, weights = trained("mlp", final=final, seed=seed, bins=bins, transform=bins == 51, **wide)
    graphs = {name: write_graph(name, architecture, weights) for name in GRAPHS}
    observations = np.random.default_rng(0).random((8, *spec.observation), np.float32)
    check_parity(architecture, weights, graphs, SearchConfig(), observations)
    for layer in ("prediction.value", "dynamics.reward"):
        if f"{layer}.weight" not in weights:
            continue
        wrong = {**weights, f"{layer}.weight": weights[f"{layer}.weight"] * np.float32(1.01)}
        graphs = {name: write_graph(name, architecture, wrong) for name in GRAPHS}
        name = layer.rpartition(".")[2]
        with pytest.raises(ExportError, match=rf"{name}: expected ONNX Runtime and PyTorch to agree within 0.0001 of "):
            check_parity(architecture, weights, graphs, SearchConfig(), observations)


def test_a_wide_spec_does_not_hide_an_error_where_little_is_paid() -> None:
    """A game whose spec says ±1e6 and in which ±1 is paid: its categories cancel nothing, so the gate stays sharp."""
    spec, architecture, weights = trained("mlp", final=False, returns=(-1e6, 1e6))
    bias = weights["prediction.value.bias"].copy()
    bias[1] += 18.0  # nearly all probability on the atom 0: what is left of ±2e6 is of the order of 1
    weights = {**weights, "prediction.value.bias": bias}
    evaluation = torch_evaluation(architecture, weights)[0](np.zeros((4, *spec.observation), np.float32))
    other = {**evaluation, "value": evaluation["value"] + np.float32(5.0)}
    assert np.abs(evaluation["value"]).max() < 10.0
    with pytest.raises(ExportError, match=r"initial.value: expected .* within 0.0001 of 2e\+04"):
        module._compare("initial", evaluation, other)


def with_movers(weights: Weights, bias: list[float]) -> Weights:
    """The weights, with these logits for the next mover whatever the position."""
    weight = np.zeros_like(weights["dynamics.mover.weight"])
    return {**weights, "dynamics.mover.weight": weight, "dynamics.mover.bias": np.array(bias, np.float32)}


def test_another_mover_is_stopped_unless_it_is_a_tie() -> None:
    spec, architecture, weights = trained("mlp", movers=Movers.PREDICTED)
    observations = np.random.default_rng(0).random((8, *spec.observation), np.float32)
    other = with_movers(weights, [5e-5, 0.0])
    graphs = {name: write_graph(name, architecture, other) for name in GRAPHS}
    clear = with_movers(weights, [0.0, 1.0])
    with pytest.raises(ExportError, match=r"recurrent.mover: expected .* they differ in 32 of 32 rows"):
        check_parity(architecture, clear, graphs, SearchConfig(), observations)
    parity = check_parity(architecture, other, graphs, SearchConfig(), observations)
    assert len(parity.graphs["recurrent"].inputs["latent"]) == 16
    assert "mover_logits" not in parity.graphs["recurrent"].outputs
    tied = with_movers(weights, [0.0, 5e-5])
    expected, got = (
        torch_evaluation(architecture, each)[1](
            parity.graphs["recurrent"].inputs["latent"], parity.graphs["recurrent"].inputs["action"]
        )
        for each in (tied, other)
    )
    assert (expected["mover"] != got["mover"]).all()
    assert module._compare("recurrent", expected, got) == 0.0


def test_vectors_leave_out_movers_that_tie() -> None:
    spec, architecture, weights = trained("mlp", movers=Movers.PREDICTED)
    flat = {**weights, "dynamics.mover.weight": weights["dynamics.mover.weight"] * np.float32(0.002)}
    graphs = {name: write_graph(name, architecture, flat) for name in GRAPHS}
    parity = check_parity(architecture, flat, graphs, SearchConfig(), np.zeros((0, *spec.observation), np.float32))
    logits = torch_evaluation(architecture, flat)[1](
        parity.graphs["recurrent"].inputs["latent"], parity.graphs["recurrent"].inputs["action"]
    )["mover_logits"]
    assert 1 <= len(parity.graphs["recurrent"].inputs["latent"]) < 16
    assert (np.abs(logits[:, 0] - logits[:, 1]) > 0.99e-3).all()


def test_searches_that_differ_are_stopped_unless_they_tie(monkeypatch: pytest.MonkeyPatch) -> None:
    spec, architecture, weights = trained("mlp")
    graphs = {name: write_graph(name, architecture, weights) for name in GRAPHS}
    other = {name: write_graph(name, architecture, dict(weights)) for name in GRAPHS}
    changed = {name: weight + np.float32(0.02) for name, weight in weights.items()}
    other["recurrent"] = write_graph("recurrent", architecture, changed)
    observations = np.random.default_rng(0).random((8, *spec.observation), np.float32)
    check_parity(architecture, weights, graphs, SearchConfig(), observations)
    monkeypatch.setattr(module, "_compare", lambda graph, expected, got: 1e-7)
    with pytest.raises(ExportError, match=r"search: expected the visits \[.*\] that PyTorch leads to"):
        check_parity(architecture, weights, other, SearchConfig(), observations)
    monkeypatch.setattr(module, "_compare", lambda graph, expected, got: 0.5)
    check_parity(architecture, weights, other, SearchConfig(), observations)


def test_without_observations_random_ones_do(tmp_path: Path) -> None:
    spec, architecture, weights = trained("mlp")
    graphs = {name: write_graph(name, architecture, weights) for name in GRAPHS}
    parity = check_parity(
        architecture,
        weights,
        graphs,
        msgspec.structs.replace(SearchConfig(), leaves=4),
        np.zeros((0, *spec.observation), np.float32),
    )
    assert len(parity.graphs["initial"].inputs["observation"]) == 8
    assert len(parity.graphs["recurrent"].inputs["latent"]) == 16
