"""What an ONNX graph in a bundle may contain, checked in its bytes before ONNX Runtime sees them.

A graph may not point at other files (ONNX lets a weight live at any path), may not hold loops or branches (its time
could not be bounded), and uses ONNX's own operators only. The few fields of ONNX's protocol buffers that matter are
read here directly, so that a shipped game needs no ``onnx`` package.
"""

from __future__ import annotations

from collections.abc import Iterator

from myoshu.errors import BundleError

__all__ = ["check_graph", "external_weights"]

MAX_FIELDS = 1_000_000
DOMAINS = (b"", b"ai.onnx")

MODEL_GRAPH, MODEL_FUNCTIONS = 7, 25
GRAPH_NODE, GRAPH_INITIALIZER, GRAPH_SPARSE = 1, 5, 15
NODE_OPERATOR, NODE_ATTRIBUTE, NODE_DOMAIN = 4, 5, 7
ATTRIBUTE_TENSORS, ATTRIBUTE_GRAPHS, ATTRIBUTE_SPARSE = (5, 10), (6, 11), (22, 23)
TENSOR_NAME, TENSOR_EXTERNAL, TENSOR_LOCATION = 8, 13, 14
SPARSE_PARTS = (1, 2)

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def check_graph(name: str, data: bytes) -> None:
    """Check a serialised ONNX model.

    Args:
        name: what to call it in errors, as ``graphs.initial``.
        data: its bytes.

    Raises:
        BundleError: it is not an ONNX model, or holds what a bundle's graph may not.
    """
    reader = _Reader(name)
    view = memoryview(data)
    graphs = 0
    for field, value in reader.fields(view):
        if field == MODEL_FUNCTIONS:
            raise BundleError(f"{name}: expected a graph without local functions, got one with")
        if field == MODEL_GRAPH:
            graphs += 1
            _check_nodes_and_weights(reader, reader.message(value))
    if graphs != 1:
        raise BundleError(f"{name}: expected an ONNX model with one graph, got {graphs}")


def external_weights(name: str, data: bytes) -> list[str]:
    """The names of the weights that are stored outside a graph.

    Args:
        name: what to call it in errors.
        data: the serialised ONNX model.

    Raises:
        BundleError: it is not an ONNX model.
    """
    reader = _Reader(name)
    names = []
    for field, value in reader.fields(memoryview(data)):
        if field == MODEL_GRAPH:
            for part, held in reader.fields(reader.message(value)):
                if part == GRAPH_INITIALIZER:
                    names += _external_name(reader, reader.message(held))
    return names


def _external_name(reader: _Reader, tensor: memoryview) -> list[str]:
    label, external = "", False
    for field, value in reader.fields(tensor):
        if field == TENSOR_NAME:
            label = bytes(reader.message(value)).decode("utf-8", "replace")
        elif field == TENSOR_LOCATION:
            external = value != 0
    return [label] if external else []


def _check_nodes_and_weights(reader: _Reader, graph: memoryview) -> None:
    for field, value in reader.fields(graph):
        if field == GRAPH_NODE:
            _check_node(reader, reader.message(value))
        elif field == GRAPH_INITIALIZER:
            _check_tensor(reader, reader.message(value))
        elif field == GRAPH_SPARSE:
            _check_sparse(reader, reader.message(value))


def _check_node(reader: _Reader, node: memoryview) -> None:
    for field, value in reader.fields(node):
        if field == NODE_DOMAIN and bytes(reader.message(value)) not in DOMAINS:
            domain = bytes(reader.message(value))[:80].decode("utf-8", "replace")
            raise BundleError(f"{reader.name}: expected ONNX's own operators only, got one of {domain!r}")
        if field == NODE_ATTRIBUTE:
            for part, held in reader.fields(reader.message(value)):
                if part in ATTRIBUTE_GRAPHS:
                    raise BundleError(f"{reader.name}: expected neither loops nor branches, got a graph in a node")
                if part in ATTRIBUTE_TENSORS:
                    _check_tensor(reader, reader.message(held))
                elif part in ATTRIBUTE_SPARSE:
                    _check_sparse(reader, reader.message(held))


def _check_sparse(reader: _Reader, sparse: memoryview) -> None:
    for field, value in reader.fields(sparse):
        if field in SPARSE_PARTS:
            _check_tensor(reader, reader.message(value))


def _check_tensor(reader: _Reader, tensor: memoryview) -> None:
    for field, value in reader.fields(tensor):
        if field == TENSOR_EXTERNAL or (field == TENSOR_LOCATION and value != 0):
            raise BundleError(f"{reader.name}: expected weights inside the graph, got a reference to another file")


class _Reader:
    """Reads protocol-buffer messages, and no more fields in total than a graph needs."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.left = MAX_FIELDS

    def message(self, value: int | memoryview) -> memoryview:
        """A field's value that must be a message or a text."""
        if isinstance(value, int):
            raise self.broken()
        return value

    def fields(self, view: memoryview) -> Iterator[tuple[int, int | memoryview]]:
        """Each field's number and value: an integer, or bytes for a field with a length."""
        position, end = 0, len(view)
        while position < end:
            self.left -= 1
            if self.left < 0:
                raise BundleError(f"{self.name}: expected at most {MAX_FIELDS} fields, got more")
            key, position = self._varint(view, position)
            field, wire = key >> 3, key & 7
            value: int | memoryview
            if wire == VARINT:
                value, position = self._varint(view, position)
            elif wire == BYTES:
                size, position = self._varint(view, position)
                value, position = view[position : position + size], position + size
            elif wire in (FIXED32, FIXED64):
                size = 4 if wire == FIXED32 else 8
                value, position = 0, position + size
            else:
                raise self.broken()
            if position > end or field == 0:
                raise self.broken()
            yield field, value

    def _varint(self, view: memoryview, position: int) -> tuple[int, int]:
        value = shift = 0
        while position < len(view) and shift < 70:
            byte = view[position]
            position += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value, position
            shift += 7
        raise self.broken()

    def broken(self) -> BundleError:
        """The error for bytes that are not an ONNX model."""
        return BundleError(f"{self.name}: expected an ONNX model, got bytes that are none")
