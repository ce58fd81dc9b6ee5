"""How an ONNX graph is written down, node by node: said once, for the trainer's networks and for the test kit's.

It writes only operators that the ``native`` evaluator reads (``sdk/cpp/network``). Needs the ``onnx`` package (the
``train`` extra); it is imported when a graph is written.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import DependencyError
from myoshu.model import Port, Ports

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto, ValueInfoProto

__all__ = ["EPSILON", "OPSET", "GraphWriter"]

OPSET = 18
"""Of ONNX's own operators."""
IR_VERSION = 8
"""The oldest that carries the opset: every ONNX Runtime since 1.14 reads it."""
EPSILON = 1e-5
"""Added to a sample's greatest element before it divides."""


class GraphWriter:
    """One graph as it is written: an operation takes names of values, and returns the name of what its nodes make.

    Raises:
        DependencyError: the ``onnx`` package is not installed.
    """

    def __init__(self) -> None:
        try:
            import onnx
        except ImportError as error:
            raise DependencyError("onnx is needed to write a network: pip install 'myoshu[train]'") from error
        self._onnx = onnx
        self._nodes: list[NodeProto] = []
        self._tensors: dict[str, TensorProto] = {}
        self._complete = True

    def node(self, operator: str, inputs: Sequence[str], **attributes: object) -> str:
        """Write a node of one output."""
        output = f"{operator.lower()}_{len(self._nodes)}"
        name = f"{operator}_{len(self._nodes)}"
        self._nodes.append(self._onnx.helper.make_node(operator, list(inputs), [output], name=name, **attributes))
        return output

    def constant(self, name: str, numbers: NDArray[np.generic]) -> str:
        """A value that training does not change. The first of a name stays."""
        if name not in self._tensors:
            self._tensors[name] = self._onnx.numpy_helper.from_array(numbers, name)
        return name

    def weight(self, name: str, shape: Sequence[int], numbers: NDArray[np.float32] | None) -> str:
        """A value that training changes: stored inside, or without numbers named as external, to be given at the start.

        The first of a name stays.
        """
        if numbers is not None:
            return self.constant(name, np.ascontiguousarray(numbers))
        if name not in self._tensors:
            proto = self._onnx.TensorProto
            tensor = proto(name=name, data_type=proto.FLOAT, dims=shape, data_location=proto.EXTERNAL)
            for key, value in (("location", "weights"), ("offset", "0"), ("length", str(4 * math.prod(shape)))):
                tensor.external_data.add(key=key, value=value)
            self._tensors[name] = tensor
            self._complete = False
        return name

    def dense(self, x: str, weight: str, start: str) -> str:
        """A fully connected layer: x · weightᵀ + start.

        Args:
            x: [n, inputs].
            weight: [outputs, inputs].
            start: a bias [outputs], or :meth:`row` [n, outputs].
        """
        return self.node("Gemm", [x, weight, start], transB=1)

    def convolution(self, x: str, weight: str, bias: str | None, *, kernel: int, stride: int = 1) -> str:
        """Planes as many as a window of zeros around the edge makes of them: of height h, ⌈h / stride⌉.

        Args:
            x: [n, inputs, height, width].
            weight: [outputs, inputs, kernel, kernel].
            bias: [outputs], if there is one.
            kernel: the window's side, 1 or 3.
            stride: how far apart windows are.
        """
        inputs = [x, weight] if bias is None else [x, weight, bias]
        return self.node("Conv", inputs, kernel_shape=[kernel, kernel], pads=[kernel // 2] * 4, strides=[stride] * 2)

    def row(self, table: str, index: str) -> str:
        """Of a table [m, …] the entries of an index [n]."""
        return self.node("Gather", [table, index], axis=0)

    def relu(self, x: str) -> str:
        """max(x, 0)."""
        return self.node("Relu", [x])

    def tanh(self, x: str) -> str:
        """The hyperbolic tangent."""
        return self.node("Tanh", [x])

    def add(self, x: str, y: str) -> str:
        """The sum."""
        return self.node("Add", [x, y])

    def flatten(self, x: str) -> str:
        """Each sample as one vector."""
        return self.node("Flatten", [x], axis=1)

    def join(self, x: str, y: str) -> str:
        """Two vectors as one."""
        return self.node("Concat", [x, y], axis=1)

    def scale(self, x: str, dimensions: int) -> str:
        """Each sample divided by its greatest element, of x with this number of dimensions after the batch."""
        axes = self.constant("sample_axes", np.arange(1, 1 + dimensions, dtype=np.int64))
        greatest = self.node("ReduceMax", [x, axes], keepdims=1)
        return self.node("Div", [x, self.add(greatest, self.constant("epsilon", np.array(EPSILON, np.float32)))])

    def softmax(self, x: str) -> str:
        """Probabilities over the last dimension."""
        return self.node("Softmax", [x], axis=-1)

    def greatest(self, x: str) -> str:
        """Which element of the last dimension is the greatest, the first of equals: int64."""
        return self.node("ArgMax", [x], axis=-1, keepdims=0)

    def finish(self, name: str, ports: Ports, made: Mapping[str, str]) -> bytes:
        """The graph, serialised; checked by ONNX's own checker if all its weights are inside.

        Args:
            name: what it is called.
            ports: its inputs and outputs.
            made: which value each output is, in the order in which outputs are listed.
        """
        helper = self._onnx.helper
        called = {value: output for output, value in made.items()}
        for node in self._nodes:
            for values in (node.input, node.output):
                for index, value in enumerate(values):
                    values[index] = called.get(value, value)
        graph = helper.make_graph(
            self._nodes,
            name,
            [self._described(key, port) for key, port in ports.inputs.items()],
            [self._described(key, ports.outputs[key]) for key in made],
            list(self._tensors.values()),
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="myoshu")
        model.ir_version = IR_VERSION
        if self._complete:
            self._onnx.checker.check_model(model, full_check=True)
        serialised: bytes = model.SerializeToString(deterministic=True)
        return serialised

    def _described(self, name: str, port: Port) -> ValueInfoProto:
        helper = self._onnx.helper
        dtype: Any = np.dtype(port.dtype)
        return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(dtype), ["batch", *port.shape])
