"""Small networks with random weights, built as ONNX graphs without a training framework.

They are what tests, benchmarks and the reader's first experiments run on: untrained, but complete in every other way.
Needs the ``onnx`` package (the ``train`` extra); it is imported when a network is built.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import DependencyError
from myoshu.model import TABLE, Port, Ports, played, ports
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

OPSET = 18
IR_VERSION = 10

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
    evaluator = _onnx("onnx.reference").ReferenceEvaluator
    if network.weights:
        raise ValueError("network.weights: expected weights inside the graphs, got weights kept outside")
    model = network.model
    rng = np.random.default_rng(seed)
    observation = rng.normal(size=(rows, *model.observation)).astype(np.float32)
    action = rng.integers(model.actions, size=2 * rows).astype(np.int64)

    def run(name: str, feed: Arrays) -> dict[str, NDArray[Any]]:
        session = evaluator(network.graphs[name])
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


class _Graph:
    """Nodes and weights of one graph as it is written down; each method adds a layer and returns its output's name."""

    def __init__(self, rng: np.random.Generator, prefix: str) -> None:
        self.helper = _onnx("onnx.helper")
        self.rng = rng
        self.prefix = prefix
        self.nodes: list[Any] = []
        self.weights: dict[str, NDArray[Any]] = {}

    def node(self, op: str, inputs: Iterable[str], *, output: str | None = None, **attributes: Any) -> str:
        name = output or f"{self.prefix}/{len(self.nodes)}"
        self.nodes.append(self.helper.make_node(op, list(inputs), [name], name=name, **attributes))
        return name

    def weight(self, shape: Sequence[int], fan_in: int, gain: float = 1.0) -> str:
        name = f"{self.prefix}.{len(self.weights)}"
        self.weights[name] = self.rng.normal(0.0, gain / math.sqrt(fan_in), shape).astype(np.float32)
        return name

    def constant(self, values: Any, dtype: Any) -> str:
        name = f"{self.prefix}.{len(self.weights)}"
        self.weights[name] = np.asarray(values, dtype)
        return name

    def linear(self, x: str, size: int, out: int, gain: float = 1.0) -> str:
        return self.node("Gemm", [x, self.weight([size, out], size, gain), self.weight([out], 100)])

    def hidden(self, x: str, size: int, out: int, layers: int) -> str:
        for layer in range(layers):
            x = self.node("Relu", [self.linear(x, size if layer == 0 else out, out, math.sqrt(2))])
        return x

    def conv(self, x: str, size: int, out: int, kernel: int = 3) -> str:
        fan_in = size * kernel * kernel
        weight = self.weight([out, size, kernel, kernel], fan_in, math.sqrt(2))
        return self.node(
            "Conv", [x, weight, self.weight([out], 100)], pads=[kernel // 2] * 4, kernel_shape=[kernel] * 2
        )

    def block(self, x: str, channels: int) -> str:
        y = self.node("Relu", [self.conv(x, channels, channels)])
        return self.node("Relu", [self.node("Add", [x, self.conv(y, channels, channels)])])

    def unit_interval(self, x: str, output: str) -> str:
        """Scale each sample of [n, c, h, w] to [0, 1]."""
        axes = self.constant([1, 2, 3], np.int64)
        low = self.node("ReduceMin", [x, axes], keepdims=1)
        high = self.node("ReduceMax", [x, axes], keepdims=1)
        width = self.node("Add", [self.node("Sub", [high, low]), self.constant(1e-5, np.float32)])
        return self.node("Div", [self.node("Sub", [x, low]), width], output=output)

    def split(self, x: str, sizes: Sequence[int]) -> list[str]:
        names = [f"{self.prefix}/{len(self.nodes)}.{part}" for part in range(len(sizes))]
        inputs = [x, self.constant(list(sizes), np.int64)]
        self.nodes.append(self.helper.make_node("Split", inputs, names, name=names[0], axis=1))
        return names

    def heads(self, x: str, size: int, model: ModelSpec) -> None:
        logits, value = self.split(
            self.linear(x, size, model.actions + model.value_columns), [model.actions, model.value_columns]
        )
        self.node("Softmax", [logits], output="prior", axis=1)
        self.node("Tanh", [value], output="value")

    def outcome(self, x: str, size: int, model: ModelSpec) -> None:
        if model.reward_columns:
            self.node("Tanh", [self.linear(x, size, model.reward_columns)], output="reward")
        if model.movers is Movers.PREDICTED:
            self.node("ArgMax", [self.linear(x, size, model.players)], output="mover", axis=1, keepdims=0)


class _MLP:
    """Fully connected h, g and f."""

    def __init__(self, hidden: int, layers: int) -> None:
        self.width = hidden
        self.layers = layers

    def representation(self, graph: _Graph, model: ModelSpec) -> None:
        x = "observation"
        if len(model.observation) > 1:
            x = graph.node("Flatten", [x], axis=1)
        x = graph.hidden(x, math.prod(model.observation), self.width, self.layers)
        graph.node("Tanh", [graph.linear(x, self.width, self.width)], output="latent")

    def dynamics(self, graph: _Graph, model: ModelSpec) -> None:
        table = graph.node("Gather", [graph.weight([model.actions, self.width], 1), "action"], axis=0)
        x = graph.node("Relu", [graph.node("Add", [graph.linear("latent", self.width, self.width), table])])
        x = graph.hidden(x, self.width, self.width, self.layers - 1)
        graph.node("Tanh", [graph.linear(x, self.width, self.width)], output="next_latent")
        graph.outcome(x, self.width, model)

    def prediction(self, graph: _Graph, model: ModelSpec, latent: str) -> None:
        graph.heads(graph.hidden(latent, self.width, self.width, self.layers), self.width, model)


class _ResNet:
    """Convolutional h and g, and heads on four channels."""

    def __init__(self, channels: int, blocks: int) -> None:
        self.channels = channels
        self.blocks = blocks

    def representation(self, graph: _Graph, model: ModelSpec) -> None:
        x = graph.node("Relu", [graph.conv("observation", model.observation[0], self.channels)])
        for _ in range(self.blocks):
            x = graph.block(x, self.channels)
        graph.unit_interval(x, "latent")

    def dynamics(self, graph: _Graph, model: ModelSpec) -> None:
        table = graph.node("Gather", [graph.weight([model.actions, *model.latent], 1), "action"], axis=0)
        x = graph.node("Add", [graph.conv("latent", self.channels, self.channels), table])
        x = graph.node("Relu", [x])
        for _ in range(self.blocks):
            x = graph.block(x, self.channels)
        x = graph.unit_interval(x, "next_latent")
        if model.reward_columns or model.movers is Movers.PREDICTED:
            flat = graph.node("Flatten", [x], axis=1)
            graph.outcome(flat, math.prod(model.latent), model)

    def prediction(self, graph: _Graph, model: ModelSpec, latent: str) -> None:
        x = graph.node("Relu", [graph.conv(latent, self.channels, 4, kernel=1)])
        size = 4 * math.prod(model.latent[1:])
        graph.heads(graph.hidden(graph.node("Flatten", [x], axis=1), size, 64, 1), 64, model)


def _build(model: ModelSpec, networks: _MLP | _ResNet, seed: int, external: bool) -> Network:
    """All graphs; the fused ones hold the same weights under the same names as their parts."""
    rng = np.random.default_rng(seed)
    representation, dynamics, prediction = (_Graph(rng, name) for name in ("h", "g", "f"))
    networks.representation(representation, model)
    networks.dynamics(dynamics, model)
    networks.prediction(prediction, model, "latent")
    fused = _Graph(np.random.default_rng(), "f")
    networks.prediction(fused, model, "next_latent")
    fused.weights = prediction.weights
    alone = {"representation": representation, "dynamics": dynamics, "prediction": prediction}
    after = {"representation": prediction, "dynamics": fused}
    parts = {
        graph.name: [alone[graph.parts[0]], after[graph.parts[0]]] if graph.parts else [alone[graph.name]]
        for graph in TABLE
    }
    graphs = {name: _serialize(name, each, parts[name], external) for name, each in ports(model).items()}
    weights: dict[str, NDArray[np.float32]] = {}
    if external:
        for graph in (representation, dynamics, prediction):
            weights |= {name: array for name, array in graph.weights.items() if _is_parameter(array)}
    return Network(model, graphs, weights)


def _is_parameter(array: NDArray[Any]) -> bool:
    return array.dtype == np.float32 and array.ndim > 0


def _serialize(name: str, ports: Ports, parts: Sequence[_Graph], external: bool) -> bytes:
    helper, numpy_helper = _onnx("onnx.helper"), _onnx("onnx.numpy_helper")
    proto = _onnx("onnx").TensorProto

    def describe(wanted: Mapping[str, Port]) -> list[Any]:
        return [
            helper.make_tensor_value_info(
                each, helper.np_dtype_to_tensor_dtype(np.dtype(port.dtype)), ["n", *port.shape]
            )
            for each, port in wanted.items()
        ]

    initialisers = []
    for part in parts:
        for weight, array in part.weights.items():
            tensor = numpy_helper.from_array(array, weight)
            if external and _is_parameter(array):
                tensor.ClearField("raw_data")
                tensor.data_location = proto.EXTERNAL
                entry = tensor.external_data.add()
                entry.key, entry.value = "location", "given-at-load"
            initialisers.append(tensor)
    nodes = [node for part in parts for node in part.nodes]
    graph = helper.make_graph(nodes, name, describe(ports.inputs), describe(ports.outputs), initialisers)
    proto_model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    return bytes(proto_model.SerializeToString(deterministic=True))


def _onnx(module: str) -> Any:
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise DependencyError("onnx is needed to build a network: pip install 'myoshu[train]'") from error
