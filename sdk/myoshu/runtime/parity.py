"""Parity vectors: inputs of the graphs with the trainer's outputs, to be reproduced wherever they run."""

from __future__ import annotations

import math
import types
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgpack
import msgspec
import numpy as np
from numpy.typing import NDArray

from myoshu.errors import BundleError
from myoshu.model import Port, played
from myoshu.spec import GameSpec, ModelSpec, reward_bounds, value_bounds

__all__ = [
    "MAX_PARITY",
    "TOLERANCE",
    "Deviation",
    "Parity",
    "Vectors",
    "deviation",
    "units_of",
]

TOLERANCE = 1e-3
"""How far an output may be from the trainer's: |a − b| ≤ TOLERANCE · its unit, or · max(1, |b|) if it has none."""
MAX_PARITY = 1 << 26
"""The largest file of parity vectors that is read, in bytes."""
MAX_ROWS = 4096

Arrays = Mapping[str, NDArray[Any]]
Units = Mapping[str, float]


def units_of(game: GameSpec) -> dict[str, float]:
    """The units in which values and rewards are compared: the greatest that the game can pay.

    A value is a sum of categories' probabilities times their numbers; where these cancel, the error is that of
    the terms, not of the small sum.
    """
    bounds = {"value": value_bounds(game), "reward": reward_bounds(game)}
    return {name: max(-low, high) or 1.0 for name, (low, high) in bounds.items()}


class Deviation(NamedTuple):
    """The output furthest from its parity vector."""

    size: float
    """|a − b| in the output's units, or divided by max(1, |b|), the greatest over all numbers; infinite where one is
    not finite."""
    output: str
    """The name of the output, as ``recurrent.value``."""

    @property
    def acceptable(self) -> bool:
        """Whether it is within :data:`TOLERANCE`."""
        return self.size <= TOLERANCE

    def __str__(self) -> str:
        return f"{self.output} deviates by {self.size:.2g}"


def deviation(graph: str, expected: Arrays, got: Arrays, units: Units | None = None) -> Deviation:
    """The greatest deviation of a graph's outputs from the expected ones.

    Args:
        graph: the graph's name, for the message.
        expected: the outputs by name.
        got: the actual outputs by name.
        units: the size of a unit, for the outputs that have one: :attr:`Parity.units`.
    """
    units = units or {}
    worst = Deviation(0.0, f"{graph}.{next(iter(expected))}")
    for name, array in expected.items():
        other = got[name]
        if other.shape != array.shape:
            return Deviation(math.inf, f"{graph}.{name}")
        reference = array.astype(np.float64)
        with np.errstate(invalid="ignore"):
            unit = units[name] if name in units else np.maximum(1.0, np.abs(reference))
            apart = np.abs(other.astype(np.float64) - reference) / unit
        size = float(np.max(apart, initial=0.0))
        if not math.isfinite(size):
            return Deviation(math.inf, f"{graph}.{name}")
        if size > worst.size:
            worst = Deviation(size, f"{graph}.{name}")
    return worst


class _Packed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    dt: str
    sh: list[int]
    b: bytes


class Vectors(NamedTuple):
    """Inputs of one graph, and the outputs that it must give."""

    inputs: Arrays
    """Arrays [n, …] by name of input; latent states among them should be of different depths."""
    outputs: Arrays
    """Arrays [n, …] by name of output."""

    @property
    def rows(self) -> int:
        """The number of vectors."""
        return len(next(iter(self.inputs.values())))


class Parity(NamedTuple):
    """The vectors of all graphs that play runs."""

    graphs: Mapping[str, Vectors]
    """Each graph's vectors, by the graph's name."""
    units: Units = types.MappingProxyType({})
    """The units in which values and rewards are compared, see :func:`units_of`; not stored with the vectors."""

    def encode(self) -> bytes:
        """The vectors as MessagePack: name → {dt: type, sh: shape, b: little-endian bytes}."""
        named = {_input(name): array for each in self.graphs.values() for name, array in each.inputs.items()}
        for graph, vectors in self.graphs.items():
            named |= {_output(graph, name): np.asarray(array) for name, array in vectors.outputs.items()}
        packed: bytes = msgpack.packb(
            {
                name: {"dt": array.dtype.name, "sh": list(array.shape), "b": _little(array).tobytes()}
                for name, array in named.items()
            }
        )
        return packed

    @staticmethod
    def decode(data: bytes, model: ModelSpec, game: GameSpec) -> Parity:
        """Read vectors and check them against their model, whose game gives their units.

        Raises:
            BundleError: a vector is missing, too many, of a wrong shape or type, or not finite.
        """
        try:
            packed = msgspec.msgpack.decode(data, type=dict[str, _Packed])
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise BundleError(f"parity: expected named arrays, got {str(error)[:200]}") from error
        graphs = played(model)
        rows = {graph: _rows(packed, _input(next(iter(each.inputs)))) for graph, each in graphs.items()}
        wanted = {_input(name): (graph, port) for graph, each in graphs.items() for name, port in each.inputs.items()}
        for graph, each in graphs.items():
            wanted |= {_output(graph, name): (graph, port) for name, port in each.outputs.items()}
        if set(packed) != set(wanted):
            raise BundleError(f"parity: expected {', '.join(wanted)}; got {', '.join(sorted(packed))[:200]}")
        arrays = {name: _unpack(name, packed[name], port, rows[graph]) for name, (graph, port) in wanted.items()}
        for name, (_, port) in wanted.items():
            if port.below is not None and not 0 <= arrays[name].min() <= arrays[name].max() < port.below:
                raise BundleError(f"parity.{name}: expected {name}s from 0 to {port.below - 1}, got others")
        return Parity(
            {
                graph: Vectors(
                    inputs={name: arrays[_input(name)] for name in each.inputs},
                    outputs={name: arrays[_output(graph, name)] for name in each.outputs},
                )
                for graph, each in graphs.items()
            },
            units_of(game),
        )


def _input(name: str) -> str:
    """The name of an input in the file. No two graphs that play runs have inputs of the same name."""
    return name


def _output(graph: str, name: str) -> str:
    """The name of an output in the file."""
    return f"{graph}.{name}"


def _little(array: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<"))


def _rows(packed: Mapping[str, _Packed], name: str) -> int:
    if name not in packed or not packed[name].sh:
        raise BundleError(f"parity.{name}: expected an array, got none")
    rows = packed[name].sh[0]
    if not 1 <= rows <= MAX_ROWS:
        raise BundleError(f"parity.{name}: expected 1 to {MAX_ROWS} rows, got {rows}")
    return rows


def _unpack(name: str, packed: _Packed, port: Port, rows: int) -> NDArray[Any]:
    kind, shape = np.dtype(port.dtype), (rows, *port.shape)
    if packed.dt != kind.name or tuple(packed.sh) != shape:
        raise BundleError(f"parity.{name}: expected {kind.name} {list(shape)}, got {packed.dt[:40]} {packed.sh[:16]}")
    if len(packed.b) != math.prod(shape) * kind.itemsize:
        raise BundleError(f"parity.{name}: expected {math.prod(shape) * kind.itemsize} bytes, got {len(packed.b)}")
    array = np.frombuffer(packed.b, kind.newbyteorder("<")).reshape(shape).astype(kind)
    if not np.isfinite(array).all():
        raise BundleError(f"parity.{name}: expected finite numbers, got NaN or infinity")
    return array
