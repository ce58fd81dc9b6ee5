"""What a graph in ONNX Runtime has, compared with what the model says, whichever way it is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import ArgumentError, BundleError, ProviderError
from myoshu.model import Ports
from myoshu.runtime.graphs import external_weights

__all__ = ["PortFound", "check_arrays", "check_ports", "given_weights"]

TYPES: dict[str, type[np.generic]] = {"tensor(float)": np.float32, "tensor(int64)": np.int64}


class PortFound(NamedTuple):
    """An input or output of a graph, as ONNX Runtime describes it."""

    name: str
    """Its name."""
    type: str
    """As ``tensor(float)``."""
    shape: list[int | str]
    """Its dimensions; a text where one is open."""


def check_ports(graph: str, ports: Ports, inputs: Sequence[PortFound], outputs: Sequence[PortFound]) -> None:
    """Compare a graph's inputs and outputs with the model's. An open dimension fits any size.

    Args:
        graph: which graph.
        ports: the model's.
        inputs: the graph's inputs, in any order.
        outputs: its outputs, likewise.

    Raises:
        BundleError: they differ.
    """
    for kind, wanted, found in (("input", ports.inputs, inputs), ("output", ports.outputs, outputs)):
        names = [port.name for port in found]
        if sorted(names) != sorted(wanted):
            raise BundleError(f"graphs.{graph}: expected the {kind}s {', '.join(wanted)}; got {', '.join(names)}")
        for port in found:
            shape, dtype, _ = wanted[port.name]
            if TYPES.get(port.type) is not dtype:
                raise BundleError(f"graphs.{graph}.{port.name}: expected {np.dtype(dtype).name}, got {port.type}")
            fits = len(port.shape) == len(shape) + 1 and all(
                not isinstance(size, int) or size == want for size, want in zip(port.shape[1:], shape, strict=True)
            )
            if not fits or isinstance(port.shape[0], int):
                raise BundleError(f"graphs.{graph}.{port.name}: expected shape {['n', *shape]}, got {port.shape}")


def check_arrays(ports: Ports, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Whether a graph can be tied to arrays.

    Args:
        ports: the graph's inputs and outputs.
        arrays: one for each of them by name.

    Raises:
        ArgumentError: one has another shape or type, or is not contiguous.
    """
    rows = len(next(iter(arrays.values())))
    for name, port in {**ports.inputs, **ports.outputs}.items():
        array = arrays[name]
        if array.shape != (rows, *port.shape) or array.dtype != port.dtype or not array.flags.c_contiguous:
            raise ArgumentError(
                f"{name}: expected {np.dtype(port.dtype).name} {[rows, *port.shape]} in C order, "
                f"got {array.dtype} {list(array.shape)}"
            )


def given_weights(graph: str, data: bytes, weights: Mapping[str, NDArray[Any]] | None) -> dict[str, NDArray[Any]]:
    """The weights that a graph keeps outside itself; none where none are given.

    Args:
        graph: which graph.
        data: its bytes.
        weights: weights by name; there may be more.

    Raises:
        ProviderError: one is missing.
    """
    if weights is None:
        return {}
    names = external_weights(f"graphs.{graph}", data)
    missing = [name for name in names if name not in weights]
    if missing:
        raise ProviderError(f"weights.{missing[0]}: expected an array, got none")
    return {name: weights[name] for name in names}
