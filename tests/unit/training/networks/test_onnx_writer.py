"""The exported graphs compute what the trained networks compute, stored or handed over live."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from numpy.typing import NDArray

from myoshu.errors import TrainingError
from myoshu.model import TABLE
from myoshu.runtime.graphs import external_weights
from myoshu.spec import GameSpec, Movers
from myoshu.training import NetworkConfig, NetworkKind
from myoshu.training.networks.architecture import Architecture
from myoshu.training.networks.onnx_writer import weight_shapes, write_graph
from myoshu.training.networks.torch_network import Network, Weights, fold

KINDS = {
    "mlp": ((27,), NetworkConfig(rewards=False, width=32)),
    "mlp of planes, tanh": ((3, 3, 3), NetworkConfig(rewards=False, width=32, bins=0, dynamics_blocks=0)),
    "residual": ((3, 6, 7), NetworkConfig(rewards=False, kind=NetworkKind.RESIDUAL, width=16, representation_blocks=2)),
    "residual, many bins": (
        (2, 5, 5),
        NetworkConfig(rewards=False, kind=NetworkKind.RESIDUAL, width=8, bins=51, transform=True),
    ),
    "residual, of an image": ((2, 21, 14), NetworkConfig(kind=NetworkKind.RESIDUAL, width=8, halvings=2)),
}
GRAPHS = tuple(graph.name for graph in TABLE)
GAMES = {
    "zero-sum": (2, True, True, (-1.0, 1.0), Movers.ALTERNATE),
    "three players, rewards": (3, False, False, (-2.0, 7.0), Movers.ALTERNATE),
    "zero-sum, double moves": (2, True, True, (-1.0, 1.0), Movers.PREDICTED),
    "three players, rewards, skipped turns": (3, False, False, (-2.0, 7.0), Movers.PREDICTED),
}


def make(kind: str, game: str) -> tuple[Architecture, Network]:
    """Networks whose batch normalisation has seen some data."""
    observation, network = KINDS[kind]
    players, zero_sum, final, returns, movers = GAMES[game]
    spec = GameSpec(
        name="x",
        players=players,
        actions=7,
        observation=observation,
        returns=returns,
        zero_sum=zero_sum,
        movers=movers,
        final_rewards_only=final,
    )
    architecture = Architecture.of(spec, network)
    torch.manual_seed(3)
    trained = Network(architecture)
    for _ in range(5):
        latent = trained.represent(torch.randn(64, *observation) * 2.0 + 0.5)
        trained.predict(trained.advance(latent, torch.randint(0, 7, (64,)))["latent"])
    for parameter in trained.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    trained.eval()
    if movers is Movers.PREDICTED:  # every answer should come up
        with torch.no_grad():
            latent = trained.represent(torch.randn(64, *observation))
            logits = trained.advance(latent, torch.randint(0, 7, (64,)))
            trained.get_parameter("layers.dynamics_mover.bias").sub_(logits["mover"].mean(0))
    return architecture, trained


@torch.no_grad()
def expected(architecture: Architecture, network: Network, observation: torch.Tensor, action: torch.Tensor) -> dict:
    """What the network says, in evaluation mode: batch normalisation not folded."""
    latent = network.represent(observation)
    advanced = network.advance(latent, action)
    outputs = {"latent": latent, "next_latent": advanced["latent"], **architecture.decode(network, advanced)}
    for name, state in (("initial", latent), ("recurrent", advanced["latent"])):
        predicted = architecture.decode(network, network.predict(state))
        outputs.update({f"{name}.{key}": tensor for key, tensor in predicted.items()})
    return {name: tensor.numpy() for name, tensor in outputs.items()}


def run(graph: bytes, inputs: dict[str, NDArray], weights: Weights | None = None) -> dict[str, NDArray]:
    """Run a graph, with weights from outside if given."""
    options = ort.SessionOptions()
    if weights is not None:
        values = [ort.OrtValue.ortvalue_from_numpy(weight) for weight in weights.values()]
        options.add_external_initializers(list(weights), values)
    session = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    return dict(zip((output.name for output in session.get_outputs()), session.run(None, inputs), strict=True))


@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("kind", KINDS)
def test_graphs_compute_what_the_network_does(kind: str, game: str) -> None:
    architecture, network = make(kind, game)
    weights = fold(architecture, network.state_dict())
    observation = torch.randn(60, *architecture.model.observation)
    action = torch.tensor([0, 1, 2, 3, 6, 6] * 10)
    wanted = expected(architecture, network, observation, action)
    graphs = {name: write_graph(name, architecture, weights) for name in GRAPHS}
    seen, moved = {"observation": observation.numpy()}, {"latent": wanted["latent"], "action": action.numpy()}
    got = {
        "initial": run(graphs["initial"], seen),
        "recurrent": run(graphs["recurrent"], moved),
        "representation": run(graphs["representation"], seen),
        "dynamics": run(graphs["dynamics"], moved),
        "prediction": run(graphs["prediction"], {"latent": wanted["latent"]}),
    }
    extra = {"reward"} if architecture.model.reward_columns else set()
    if architecture.model.movers is Movers.PREDICTED:
        extra.add("mover")
        assert len(set(wanted["mover"])) > 1
    names = {
        "initial": {"latent", "prior", "value"},
        "recurrent": {"next_latent", "prior", "value"} | extra,
        "representation": {"latent"},
        "dynamics": {"next_latent"} | extra,
        "prediction": {"prior", "value"},
    }
    for graph, outputs in got.items():
        assert set(outputs) == names[graph]
        for name, array in outputs.items():
            stage = "initial" if graph == "prediction" else graph
            np.testing.assert_allclose(array, wanted.get(name, wanted.get(f"{stage}.{name}")), atol=1e-5, rtol=1e-5)
            assert array.dtype == (np.int64 if name == "mover" else np.float32)
    assert wanted["latent"].min() >= 0
    assert wanted["latent"].max() <= 1


@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("kind", KINDS)
def test_weights_handed_over_are_weights_stored(kind: str, game: str) -> None:
    architecture, network = make(kind, game)
    weights = fold(architecture, network.state_dict())
    inputs = {
        "initial": {"observation": np.random.default_rng(0).random((3, *architecture.model.observation), np.float32)},
        "recurrent": {
            "latent": np.random.default_rng(1).random((3, *architecture.model.latent), np.float32),
            "action": np.array([0, 5, 6]),
        },
    }
    for name, values in inputs.items():
        stored = run(write_graph(name, architecture, weights), values)
        graph = write_graph(name, architecture)
        live = run(graph, values, {key: weights[key] for key in external_weights(name, graph)})
        for output in stored:
            np.testing.assert_allclose(live[output], stored[output], atol=1e-6, rtol=0)


@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("kind", KINDS)
def test_graphs_hold_nothing_unused(kind: str, game: str) -> None:
    architecture, network = make(kind, game)
    weights = fold(architecture, network.state_dict())
    assert {name: weight.shape for name, weight in weights.items()} == weight_shapes(architecture)
    for name in GRAPHS:
        proto = onnx.load_from_string(write_graph(name, architecture, weights))
        used = {value for node in proto.graph.node for value in node.input}
        stored = {initializer.name for initializer in proto.graph.initializer}
        assert stored <= used
        networks = next(graph.networks for graph in TABLE if graph.name == name)
        assert {key for key in weights if key.startswith(networks)} <= stored
        produced = [value for node in proto.graph.node for value in node.output]
        assert set(produced) <= used | {output.name for output in proto.graph.output}
        assert "BatchNormalization" not in {node.op_type for node in proto.graph.node}


def test_the_recurrent_graph_of_a_board_game_is_short() -> None:
    architecture, network = make("mlp", "zero-sum")
    graph = onnx.load_from_string(write_graph("recurrent", architecture, fold(architecture, network.state_dict())))
    assert len(graph.graph.node) <= 18


@pytest.mark.parametrize("kind", KINDS)
def test_players_who_move_in_turn_cost_nothing(kind: str) -> None:
    in_turn, predicted = make(kind, "zero-sum")[0], make(kind, "zero-sum, double moves")[0]
    assert (in_turn.model.movers, predicted.model.movers) == (Movers.ALTERNATE, Movers.PREDICTED)
    extra = weight_shapes(predicted).keys() - weight_shapes(in_turn).keys()
    assert extra
    assert all(name.startswith(("dynamics.mover", "dynamics.head")) for name in extra)
    for name in GRAPHS:
        same = write_graph(name, in_turn) == write_graph(name, predicted)
        assert same == (name not in ("dynamics", "recurrent"))


def test_games_that_cannot_be_learned_are_refused() -> None:
    alone = GameSpec(name="x", players=1, actions=3, observation=(4,), returns=(-1.0, 1.0))
    with pytest.raises(TrainingError, match="'residual' needs observations"):
        Architecture.of(alone, NetworkConfig(kind=NetworkKind.RESIDUAL))
    model = Architecture.of(alone, NetworkConfig()).model
    assert (model.value_columns, model.movers) == (1, Movers.ALTERNATE)
