"""The networks as ONNX graphs, written node by node: nothing in them but what inference needs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from myoshu.graph_writer import GraphWriter
from myoshu.model import TABLE, played, ports
from myoshu.training.networks.architecture import Architecture, declare
from myoshu.training.networks.support import Support

__all__ = ["played_graphs", "weight_shapes", "write_graph"]


class _GraphOperations:
    """The networks' operations over the names of values, each of which writes nodes."""

    def __init__(self, architecture: Architecture, weights: Mapping[str, NDArray[np.float32]] | None) -> None:
        self.writer = GraphWriter()
        self.relu, self.add, self.flatten = self.writer.relu, self.writer.add, self.writer.flatten
        self.join, self.softmax, self.greatest = self.writer.join, self.writer.softmax, self.writer.greatest
        self._weights = weights
        self._shapes = weight_shapes(architecture)
        self._latent = len(architecture.model.latent)

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
        weight = self._weight(f"{name}.weight")
        if action is not None:
            start = self.writer.row(self._weight(f"{name}.table"), action)
        else:
            start = self._weight(f"{name}.bias")
        if not kernel:
            return self.writer.dense(x, weight, start)
        bias = start if action is None else None
        x = self.writer.convolution(x, weight, bias, kernel=kernel, stride=stride)
        return x if action is None else self.writer.add(x, start)

    def pool(self, x: str) -> str:
        """ReduceMax and ReduceMean over the squares."""
        axes = self.writer.constant("square_axes", np.array([2, 3], np.int64))
        greatest = self.writer.node("ReduceMax", [x, axes], keepdims=0)
        return self.join(greatest, self.writer.node("ReduceMean", [x, axes], keepdims=0))

    def scale(self, x: str) -> str:
        """Divide by the greatest element of each sample."""
        return self.writer.scale(x, self._latent)

    def number(self, x: str, support: Support, columns: int) -> str:
        """The mean of the atoms under the distribution, or tanh brought to the interval."""
        writer = self.writer
        if support.bins:
            if columns == 1:
                atoms = writer.constant(f"atoms_{support.low}_{support.high}", support.atoms()[:, None])
                return writer.node("MatMul", [self.softmax(x), atoms])
            atoms = writer.constant(f"atoms_{support.low}_{support.high}", support.atoms())
            shape = writer.constant(f"columns_{columns}", np.array([-1, columns, support.bins], np.int64))
            return writer.node("MatMul", [self.softmax(writer.node("Reshape", [x, shape])), atoms])
        x = writer.tanh(x)
        if support.half != 1.0:
            x = writer.node("Mul", [x, writer.constant(f"half_{support.half}", np.array(support.half, np.float32))])
        if support.centre != 0.0:
            x = self.add(x, writer.constant(f"centre_{support.centre}", np.array(support.centre, np.float32)))
        return x

    def _weight(self, name: str) -> str:
        return self.writer.weight(name, self._shapes[name], None if self._weights is None else self._weights[name])


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
    ops = _GraphOperations(architecture, weights)
    written: dict[str, str] = {}
    latent = "latent"
    for part in next(graph.networks for graph in TABLE if graph.name == name):
        if part == "representation":
            latent = written["latent"] = architecture.represent(ops, "observation")
        elif part == "dynamics":
            logits = architecture.advance(ops, latent, "action")
            latent = written["next_latent"] = logits["latent"]
            written |= architecture.decode(ops, logits)
        else:
            written |= architecture.decode(ops, architecture.predict(ops, latent))
    return ops.writer.finish(name, ports(architecture.model)[name], written)


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
