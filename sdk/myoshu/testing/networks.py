"""Small networks with random weights, built as ONNX graphs without a training framework.

They are what tests, benchmarks and the reader's first experiments run on: untrained, but complete in every other way.
Needs the ``onnx`` package (the ``train`` extra); it is imported when a network is built.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import DependencyError
from myoshu.graph_writer import OPSET, GraphWriter
from myoshu.model import TABLE, played, ports
from myoshu.planes import Planes
from myoshu.runtime.agent import Agent
from myoshu.runtime.bundle import Bundle
from myoshu.runtime.example_games import answered
from myoshu.runtime.manifest import Manifest
from myoshu.runtime.parity import Parity, Vectors
from myoshu.runtime.positions import Position
from myoshu.search.config import SearchConfig
from myoshu.spec import GameSpec, ModelSpec, Movers

__all__ = ["Network", "game_for", "mlp", "mlp64", "mlp256", "parity", "res32x2", "resnet", "write_bundle"]

Arrays = Mapping[str, NDArray[Any]]


class Network(NamedTuple):
    """A model's graphs."""

    model: ModelSpec
    """What goes in and comes out."""
    graphs: dict[str, bytes]
    """The graphs by name, as in :func:`myoshu.model.ports`."""
    weights: dict[str, NDArray[np.float32]]
    """The initialisers by name, if the graphs keep them outside themselves; else nothing."""


def mlp64(**options: Any) -> Network:
    """The benchmark's small network: 27 inputs, 9 actions, hidden 64."""
    return mlp(27, 9, 64, **options)


def mlp256(**options: Any) -> Network:
    """The benchmark's wide network: 126 inputs, 7 actions, hidden 256."""
    return mlp(126, 7, 256, **options)


def res32x2(**options: Any) -> Network:
    """The benchmark's convolutional network: 3×6×7 inputs, 7 actions, 32 channels, two residual blocks in h and g."""
    return resnet((3, 6, 7), 7, 32, 2, **options)


def mlp(
    inputs: int | tuple[int, ...],
    actions: int,
    hidden: int,
    *,
    layers: int = 2,
    players: int = 2,
    value_columns: int | None = None,
    reward_columns: int = 0,
    movers: Movers = Movers.ALTERNATE,
    seed: int = 0,
    external: bool = False,
) -> Network:
    """A network of fully connected layers.

    Args:
        inputs: how many inputs, or the observation's shape.
        actions: how many actions.
        hidden: width of every hidden layer and of the latent state.
        layers: hidden layers in each of h (representation), g (dynamics) and f (prediction).
        players: how many players.
        value_columns: 1 or the number of players; the former for up to two players if not given.
        reward_columns: 0, 1 or the number of players.
        movers: whether the dynamics also predict who moves.
        seed: seed of the weights.
        external: whether the weights are kept outside the graphs, as training does to replace them.
    """
    shape = (inputs,) if isinstance(inputs, int) else inputs
    model = ModelSpec(
        observation=shape,
        actions=actions,
        players=players,
        latent=(hidden,),
        value_columns=(1 if players <= 2 else players) if value_columns is None else value_columns,
        reward_columns=reward_columns,
        movers=movers,
    )
    return _build(model, _MLP(hidden, layers), seed, external)


def resnet(
    shape: tuple[int, int, int],
    actions: int,
    channels: int,
    blocks: int,
    *,
    players: int = 2,
    reward_columns: int = 0,
    movers: Movers = Movers.ALTERNATE,
    seed: int = 0,
    external: bool = False,
) -> Network:
    """A network of 3×3 convolutions in residual blocks.

    The action enters the dynamics as a per-action table that is added after the first convolution.

    Args:
        shape: the observation: channels, rows, columns.
        actions: how many actions.
        channels: channels of the latent state.
        blocks: residual blocks in h (representation) and in g (dynamics).
        players: how many players.
        reward_columns: 0, 1 or the number of players.
        movers: whether the dynamics also predict who moves.
        seed: seed of the weights.
        external: whether the weights are kept outside the graphs, as training does to replace them.
    """
    model = ModelSpec(
        observation=shape,
        actions=actions,
        players=players,
        latent=(channels, *shape[1:]),
        value_columns=1 if players <= 2 else players,
        reward_columns=reward_columns,
        movers=movers,
    )
    return _build(model, _ResNet(channels, blocks), seed, external)


def game_for(model: ModelSpec, name: str = "python:nowhere:Nothing") -> GameSpec:
    """A game that a model of this shape could play."""
    return GameSpec(
        name=name,
        players=model.players,
        actions=model.actions,
        observation=model.observation,
        returns=(-1.0, 1.0),
        zero_sum=model.players == 2 and model.value_columns == 1,
        movers=model.movers,
        final_rewards_only=model.reward_columns == 0,
    )


def parity(network: Network, *, rows: int = 3, seed: int = 0) -> Parity:
    """What ONNX's reference implementation (plain NumPy) computes of random inputs."""
    try:
        from onnx.reference import ReferenceEvaluator
    except ImportError as error:
        raise DependencyError("onnx is needed for parity vectors: pip install 'myoshu[train]'") from error
    if network.weights:
        raise ValueError("network.weights: expected weights inside the graphs, got weights kept outside")
    model = network.model
    rng = np.random.default_rng(seed)
    observation = rng.normal(size=(rows, *model.observation)).astype(np.float32)
    action = rng.integers(model.actions, size=2 * rows).astype(np.int64)

    def run(name: str, feed: Arrays) -> dict[str, NDArray[Any]]:
        session = ReferenceEvaluator(network.graphs[name])
        return dict(zip(session.output_names, session.run(None, dict(feed)), strict=True))

    initial = run("initial", {"observation": observation})
    first = run("recurrent", {"latent": initial["latent"], "action": action[:rows]})
    latent = np.concatenate([initial["latent"], first["next_latent"]])
    inputs = {"initial": {"observation": observation}, "recurrent": {"latent": latent, "action": action}}
    return Parity({name: Vectors(inputs[name], run(name, inputs[name])) for name in played(model)})


def write_bundle(
    path: str | Path,
    network: Network | None = None,
    *,
    game: GameSpec | None = None,
    search: SearchConfig | None = None,
    vectors: Parity | None = None,
    planes: Planes | None = None,
    positions: Sequence[Position] = (),
) -> Path:
    """Write a complete bundle of an untrained network.

    Args:
        path: where to.
        network: the network; a small :func:`mlp` with 27 inputs and 9 actions if not given.
        game: the game; one that fits the network's shapes if not given.
        search: the search's settings; 16 simulations of Gumbel MuZero if not given.
        vectors: the parity vectors; made by ONNX's reference implementation if not given.
        planes: what observations hold, in words.
        positions: some of the game's; what the network makes of them is put beside them.

    Returns:
        The path.
    """
    network = mlp(27, 9, 16) if network is None else network
    manifest = Manifest.of(
        game=game_for(network.model) if game is None else game,
        model=network.model,
        search=SearchConfig(simulations=16) if search is None else search,
        opset=OPSET,
        provenance={"made_by": "myoshu.testing.networks", "trained": False},
        planes=planes,
    )
    vectors = parity(network) if vectors is None else vectors
    examples = answered(positions, Agent(Bundle(manifest, network.graphs, vectors), "cpu")) if positions else ()
    Bundle.write(path, manifest=manifest, graphs=network.graphs, parity=vectors, examples=examples)
    return Path(path)


class _Weights:
    """Random weights by name, drawn where they are first asked for: graphs of the same network share them."""

    def __init__(self, seed: int, external: bool) -> None:
        self.rng = np.random.default_rng(seed)
        self.external = external
        self.drawn: dict[str, NDArray[np.float32]] = {}

    def draw(self, name: str, shape: Sequence[int], deviation: float) -> NDArray[np.float32]:
        """float32 of this shape, normally distributed around 0."""
        if name not in self.drawn:
            self.drawn[name] = self.rng.normal(0.0, deviation, shape).astype(np.float32)
        return self.drawn[name]


class _Layers:
    """Layers of one network in one graph; each method adds one and returns its output's name."""

    def __init__(self, writer: GraphWriter, weights: _Weights, prefix: str) -> None:
        self.writer = writer
        self.weights = weights
        self.prefix = prefix
        self.count = 0

    def weight(self, shape: Sequence[int], fan_in: int, gain: float = 1.0) -> str:
        name = f"{self.prefix}.{self.count}"
        self.count += 1
        numbers = self.weights.draw(name, shape, gain / math.sqrt(fan_in))
        return self.writer.weight(name, shape, None if self.weights.external else numbers)

    def linear(self, x: str, size: int, out: int, gain: float = 1.0) -> str:
        return self.writer.dense(x, self.weight([out, size], size, gain), self.weight([out], 100))

    def hidden(self, x: str, size: int, out: int, layers: int) -> str:
        for layer in range(layers):
            x = self.writer.relu(self.linear(x, size if layer == 0 else out, out, math.sqrt(2)))
        return x

    def conv(self, x: str, size: int, out: int, kernel: int = 3, bias: bool = True) -> str:
        weight = self.weight([out, size, kernel, kernel], size * kernel * kernel, math.sqrt(2))
        return self.writer.convolution(x, weight, self.weight([out], 100) if bias else None, kernel=kernel)

    def block(self, x: str, channels: int) -> str:
        y = self.writer.relu(self.conv(x, channels, channels))
        return self.writer.relu(self.writer.add(self.conv(y, channels, channels), x))

    def moved(self, shape: Sequence[int]) -> str:
        """What an action adds: its row of a table [actions, …]."""
        return self.writer.row(self.weight(shape, 1), "action")

    def heads(self, x: str, size: int, model: ModelSpec) -> dict[str, str]:
        return {
            "prior": self.writer.softmax(self.linear(x, size, model.actions)),
            "value": self.writer.tanh(self.linear(x, size, model.value_columns)),
        }

    def outcome(self, x: str, size: int, model: ModelSpec) -> dict[str, str]:
        outputs = {}
        if model.reward_columns:
            outputs["reward"] = self.writer.tanh(self.linear(x, size, model.reward_columns))
        if model.movers is Movers.PREDICTED:
            outputs["mover"] = self.writer.greatest(self.linear(x, size, model.players))
        return outputs


class _MLP:
    """Fully connected h, g and f."""

    def __init__(self, hidden: int, layers: int) -> None:
        self.width = hidden
        self.layers = layers

    def representation(self, to: _Layers, model: ModelSpec, observation: str) -> dict[str, str]:
        x = to.writer.flatten(observation) if len(model.observation) > 1 else observation
        x = to.hidden(x, math.prod(model.observation), self.width, self.layers)
        return {"latent": to.writer.tanh(to.linear(x, self.width, self.width))}

    def dynamics(self, to: _Layers, model: ModelSpec, latent: str) -> dict[str, str]:
        weight = to.weight([self.width, self.width], self.width)
        x = to.writer.relu(to.writer.dense(latent, weight, to.moved([model.actions, self.width])))
        x = to.hidden(x, self.width, self.width, self.layers - 1)
        return {
            "next_latent": to.writer.tanh(to.linear(x, self.width, self.width)),
            **to.outcome(x, self.width, model),
        }

    def prediction(self, to: _Layers, model: ModelSpec, latent: str) -> dict[str, str]:
        return to.heads(to.hidden(latent, self.width, self.width, self.layers), self.width, model)


class _ResNet:
    """Convolutional h and g, and heads on four channels."""

    def __init__(self, channels: int, blocks: int) -> None:
        self.channels = channels
        self.blocks = blocks

    def representation(self, to: _Layers, model: ModelSpec, observation: str) -> dict[str, str]:
        x = to.writer.relu(to.conv(observation, model.observation[0], self.channels))
        for _ in range(self.blocks):
            x = to.block(x, self.channels)
        return {"latent": to.writer.scale(x, len(model.latent))}

    def dynamics(self, to: _Layers, model: ModelSpec, latent: str) -> dict[str, str]:
        x = to.conv(latent, self.channels, self.channels, bias=False)
        x = to.writer.relu(to.writer.add(x, to.moved([model.actions, *model.latent])))
        for _ in range(self.blocks):
            x = to.block(x, self.channels)
        x = to.writer.scale(x, len(model.latent))
        if not model.reward_columns and model.movers is not Movers.PREDICTED:
            return {"next_latent": x}
        return {"next_latent": x, **to.outcome(to.writer.flatten(x), math.prod(model.latent), model)}

    def prediction(self, to: _Layers, model: ModelSpec, latent: str) -> dict[str, str]:
        x = to.writer.flatten(to.writer.relu(to.conv(latent, self.channels, 4, kernel=1)))
        return to.heads(to.hidden(x, 4 * math.prod(model.latent[1:]), 64, 1), 64, model)


def _build(model: ModelSpec, networks: _MLP | _ResNet, seed: int, external: bool) -> Network:
    """All graphs; those of several networks hold the same weights under the same names as their parts."""
    weights = _Weights(seed, external)
    parts = {
        "representation": ("h", networks.representation),
        "dynamics": ("g", networks.dynamics),
        "prediction": ("f", networks.prediction),
    }
    of = {graph.name: graph.networks for graph in TABLE}
    graphs = {}
    for name, each in ports(model).items():
        writer = GraphWriter()
        x, made = next(iter(each.inputs)), dict[str, str]()
        for network in of[name]:
            prefix, write = parts[network]
            outputs = write(_Layers(writer, weights, prefix), model, x)
            x = next(iter(outputs.values()))
            made |= outputs
        graphs[name] = writer.finish(name, each, {output: made[output] for output in each.outputs})
    return Network(model, graphs, weights.drawn if external else {})
