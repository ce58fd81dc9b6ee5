"""The gate in front of a bundle: it opens for graphs that compute what was trained, and for no others."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from tesuji.errors import ExportError
from tesuji.runtime.bundle import Bundle
from tesuji.runtime.evaluator import Evaluator
from tesuji.search.config import Algorithm, Normalization, SearchConfig
from tesuji.spec import GameSpec, Movers
from tesuji.training import NetworkConfig, NetworkKind
from tesuji.training import export as module
from tesuji.training.architecture import Architecture
from tesuji.training.export import check_parity, export_bundle
from tesuji.training.graphs import GRAPHS, write_graph
from tesuji.training.networks import Network, Weights, fold

KINDS = {
    "mlp": ((3, 3, 3), NetworkConfig(width=32)),
    "residual": ((3, 6, 7), NetworkConfig(kind=NetworkKind.RESIDUAL, width=16)),
}


def trained(kind: str, *, players: int = 2, final: bool = True) -> tuple[GameSpec, Architecture, Weights]:
    observation, network = KINDS[kind]
    spec = GameSpec(
        name="somewhere:else",
        players=players,
        actions=7,
        observation=observation,
        returns=(-1.0, 1.0),
        zero_sum=players == 2,
        movers=Movers.ALTERNATE,
        final_rewards_only=final,
    )
    architecture = Architecture.of(spec, network)
    torch.manual_seed(1)
    net = Network(architecture)
    for _ in range(3):
        latent = net.represent(torch.randn(64, *observation))
        net.predict(net.advance(latent, torch.randint(0, 7, (64,)))[0])
    return spec, architecture, fold(architecture, net.state_dict())


@pytest.mark.parametrize("players", [1, 2, 3])
@pytest.mark.parametrize("final", [True, False])
@pytest.mark.parametrize("algorithm", Algorithm)
@pytest.mark.parametrize("kind", KINDS)
def test_a_bundle_reproduces_what_was_trained(
    tmp_path: Path, kind: str, algorithm: Algorithm, final: bool, players: int
) -> None:
    spec, architecture, weights = trained(kind, players=players, final=final)
    path = tmp_path / "agent.tesuji"
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
    assert {"tesuji", "torch", "onnx", "onnxruntime"} <= set(bundle.manifest.provenance)
    evaluator = Evaluator(
        bundle.manifest.model, bundle.graph("initial"), bundle.graph("recurrent"), providers="cpu", parity=bundle.parity
    )
    assert evaluator.deviation is not None
    assert evaluator.deviation.size < 1e-4


@pytest.mark.parametrize("graph", GRAPHS)
def test_a_graph_that_computes_something_else_is_stopped(graph: str) -> None:
    spec, architecture, weights = trained("mlp")
    wrong = {name: weight * np.float32(1.01) for name, weight in weights.items()}
    graphs = {name: write_graph(name, architecture, wrong if name == graph else weights) for name in GRAPHS}
    with pytest.raises(ExportError, match=rf"{graph}.\w+: expected ONNX Runtime and PyTorch to agree within 0.0001"):
        check_parity(architecture, weights, graphs, SearchConfig(), np.zeros((2, *spec.observation), np.float32))


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
    assert len(parity.observation) == 16
    assert len(parity.latent) == 32
