"""The networks as ONNX graphs, written node by node: nothing in them but what inference needs."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from myoshu.model import TABLE, Port, played, ports
from myoshu.training.networks.architecture import Architecture, declare
from myoshu.training.networks.support import Support

__all__ = ["OPSET", "played_graphs", "write_graph"]

OPSET = 18
"""Of ONNX's own operators."""
IR_VERSION = 8
"""The oldest that carries the opset: every ONNX Runtime since 1.14 reads it."""
EPSILON = 1e-5
"""Added to a sample's greatest element before it divides."""


class _GraphOperations:
    """Operations over the names of values, each of which writes nodes."""

    def __init__(
        self, weights: Mapping[str, NDArray[np.float32]] | None, shapes: Mapping[str, tuple[int, ...]]
    ) -> None:
        self.weights = weights
        self.shapes = shapes
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: dict[str, TensorProto] = {}

    def node(self, operator: str, inputs: list[str], output: str | None = None, **attributes: object) -> str:
        """Write a node; returns the name of its output."""
        output = output or f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(operator, inputs, [output], name=f"{operator}_{len(self.nodes)}", **attributes)
        )
        return output

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        """A value that training does not change."""
        self.initializers.setdefault(name, numpy_helper.from_array(value, name))
        return name

    def weight(self, name: str) -> str:
        """A value that training changes: stored inside, or named as external so that it can be replaced."""
        if name in self.initializers:
            return name
        if self.weights is not None:
            self.initializers[name] = numpy_helper.from_array(np.ascontiguousarray(self.weights[name]), name)
            return name
        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=self.shapes[name])
        tensor.data_location = TensorProto.EXTERNAL
        length = 4 * math.prod(self.shapes[name])
        for key, value in (("location", "weights"), ("offset", "0"), ("length", str(length))):
            tensor.external_data.add(key=key, value=value)
        self.initializers[name] = tensor
        return name

    def layer(
        self,
        name: str,
        x: str,
        features: int,
        *,
        kernel: int = 0,
        stride: int = 1,
        action: str | None = None,
        skip: bool = False,
        normalize: bool = True,
    ) -> str:
        """Gemm or Conv with all that belongs to the layer folded in; an action's row takes the bias's place."""
        weight = self.weight(f"{name}.weight")
        if action is not None:
            row = self.node("Gather", [self.weight(f"{name}.table"), action], axis=0)
        else:
            row = self.weight(f"{name}.bias")
        if not kernel:
            return self.node("Gemm", [x, weight, row], transB=1)
        inputs = [x, weight] if action is not None else [x, weight, row]
        x = self.node("Conv", inputs, kernel_shape=[kernel, kernel], pads=[kernel // 2] * 4, strides=[stride] * 2)
        return x if action is None else self.add(x, row)

    def relu(self, x: str) -> str:
        return self.node("Relu", [x])

    def add(self, x: str, y: str) -> str:
        return self.node("Add", [x, y])

    def flatten(self, x: str) -> str:
        return self.node("Flatten", [x], axis=1)

    def pool(self, x: str) -> str:
        """ReduceMax and ReduceMean over the squares."""
        axes = self.constant("square_axes", np.array([2, 3], np.int64))
        greatest = self.node("ReduceMax", [x, axes], keepdims=0)
        return self.join(greatest, self.node("ReduceMean", [x, axes], keepdims=0))

    def join(self, x: str, y: str) -> str:
        return self.node("Concat", [x, y], axis=1)

    def scale(self, x: str) -> str:
        """Divide by the greatest element of each sample."""
        axes = self.constant("sample_axes", np.arange(1, self.rank, dtype=np.int64))
        greatest = self.node("ReduceMax", [x, axes], keepdims=1)
        return self.node("Div", [x, self.add(greatest, self.constant("epsilon", np.array(EPSILON, np.float32)))])

    rank = 2
    """Dimensions of a batch of latent states."""

    def softmax(self, x: str) -> str:
        return self.node("Softmax", [x], axis=-1)

    def greatest(self, x: str) -> str:
        return self.node("ArgMax", [x], axis=-1, keepdims=0)

    def number(self, x: str, support: Support, columns: int) -> str:
        """The mean of the atoms under the distribution, or tanh brought to the interval."""
        if support.bins:
            if columns == 1:
                atoms = self.constant(f"atoms_{support.low}_{support.high}", support.atoms()[:, None])
                return self.node("MatMul", [self.softmax(x), atoms])
            atoms = self.constant(f"atoms_{support.low}_{support.high}", support.atoms())
            shape = self.constant(f"columns_{columns}", np.array([-1, columns, support.bins], np.int64))
            return self.node("MatMul", [self.softmax(self.node("Reshape", [x, shape])), atoms])
        x = self.node("Tanh", [x])
        if support.half != 1.0:
            x = self.node("Mul", [x, self.constant(f"half_{support.half}", np.array(support.half, np.float32))])
        if support.centre != 0.0:
            x = self.add(x, self.constant(f"centre_{support.centre}", np.array(support.centre, np.float32)))
        return x


def write_graph(
    name: str, architecture: Architecture, weights: Mapping[str, NDArray[np.float32]] | None = None
) -> bytes:
    """One of :func:`myoshu.model.ports`, serialised.

    Args:
        name: which graph.
        architecture: the networks.
        weights: folded weights to store in the graph, or None to leave them external, for an evaluator that is handed
            new ones while it lives.
    """
    model = architecture.model
    ops = _GraphOperations(weights, weight_shapes(architecture))
    ops.rank = 1 + len(model.latent)
    inputs, outputs = ports(model)[name]
    written: dict[str, str] = {}
    latent = "latent"
    for part in _parts(name):
        if part == "representation":
            latent = written["latent"] = architecture.represent(ops, "observation")
        elif part == "dynamics":
            logits = architecture.advance(ops, latent, "action")
            latent = written["next_latent"] = logits["latent"]
            written |= architecture.decode(ops, logits)
        else:
            written |= architecture.decode(ops, architecture.predict(ops, latent))
    _rename(ops.nodes, {old: new for new, old in written.items()})
    graph = helper.make_graph(
        ops.nodes,
        name,
        [_value(key, port) for key, port in inputs.items()],
        [_value(key, outputs[key]) for key in written],
        list(ops.initializers.values()),
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="myoshu")
    proto.ir_version = IR_VERSION
    if weights is not None:
        onnx.checker.check_model(proto, full_check=True)
    serialised: bytes = proto.SerializeToString(deterministic=True)
    return serialised


def played_graphs(architecture: Architecture) -> dict[str, bytes]:
    """The graphs that play runs, by name, their weights external."""
    return {name: write_graph(name, architecture) for name in played(architecture.model)}


def weight_shapes(architecture: Architecture) -> dict[str, tuple[int, ...]]:
    """The names and shapes of the folded weights."""
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in declare(architecture):
        window = (layer.kernel, layer.kernel) if layer.kernel else ()
        shapes[f"{layer.name}.weight"] = (layer.features, layer.inputs, *window)
        if layer.table is None:
            shapes[f"{layer.name}.bias"] = (layer.features,)
        else:
            shapes[f"{layer.name}.table"] = layer.table
    return shapes


def graph_weights(name: str, weights: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """Those of the weights that a graph uses."""
    return {key: weight for key, weight in weights.items() if key.partition(".")[0] in _parts(name)}


def _parts(name: str) -> tuple[str, ...]:
    """The networks in a graph, in the order in which they run."""
    return next(graph.parts for graph in TABLE if graph.name == name) or (name,)


def _rename(nodes: list[onnx.NodeProto], names: Mapping[str, str]) -> None:
    for node in nodes:
        for values in (node.input, node.output):
            for index, value in enumerate(values):
                values[index] = names.get(value, value)


def _value(name: str, port: Port) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(
        name, helper.np_dtype_to_tensor_dtype(np.dtype(port.dtype)), ["batch", *port.shape]
    )
