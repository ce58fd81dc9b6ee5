"""The evaluator of the project's own kernels: small networks on the CPU, the same bits on every processor.

It computes the graphs that the exporter writes and refuses others by the operator's name. Sums run over their terms in
one fixed order and nothing is fused, so that neither the processor's instructions nor the rows of a batch change a bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import ArgumentError, ProviderError
from myoshu.model import Port, Ports
from myoshu.runtime.evaluators.binding import Binding
from myoshu.runtime.evaluators.kind import Failure
from myoshu.search import _core

__all__ = ["MOST", "NAMES", "RUN_ERRORS", "NativeNetworks", "available", "short_name", "start", "suits"]

NAMES = ("native",)
"""The only provider's name."""

RUN_ERRORS: tuple[type[Exception], ...] = (MemoryError,)
"""Nothing else goes wrong in arithmetic; what is not finite is found where the outputs are read."""


MOST = 2_000_000
"""Multiplications a row up to which ``auto`` takes it: one game is searched faster than by ONNX Runtime's CPU, eight at
once within 8% of its time or faster, 64 at once in 0.8 to 1.3 of it (``docs/benchmarks.md``)."""
LARGEST = 4 * 2 * MOST
"""Bytes of a graph that is read to count them. One of few multiplications has no more weights than these, and as much
for tables: a larger one is left alone unread."""


def available() -> tuple[str, ...]:
    """None that ``auto`` tries whatever the graphs are: see :func:`suits`."""
    return ()


def suits(
    graphs: Mapping[str, bytes], ports: Mapping[str, Ports], weights: Mapping[str, NDArray[Any]] | None = None
) -> bool:
    """Whether ``auto`` takes it rather than ONNX Runtime's CPU. This depends on the graphs alone, not on the machine.

    It does where it computes all of their operators, in at most :data:`MOST` multiplications a row for each graph.
    """
    if any(len(graph) > LARGEST for graph in graphs.values()):
        return False
    try:
        return NativeNetworks(graphs, ports, weights).multiplications <= MOST
    except (Failure, MemoryError):
        return False


def short_name(name: str) -> str | None:
    """``native``; None for any other name."""
    return name if name in NAMES else None


def start(
    graphs: Mapping[str, bytes],
    ports: Mapping[str, Ports],
    provider: str,
    *,
    weights: Mapping[str, NDArray[Any]] | None,
    threads: int,
) -> NativeNetworks:
    """Read graphs: see :meth:`myoshu.runtime.evaluators.kind.Kind.start`. One thread computes, whatever is asked."""
    return NativeNetworks(graphs, ports, weights)


class NativeNetworks:
    """Graphs as the project's own kernels compute them; the arguments are those of :func:`start`."""

    placement: Mapping[str, int] = {}
    """Everything runs where it was chosen."""
    interpreted = ""
    """A search on it does not wait for the interpreter."""

    def __init__(
        self, graphs: Mapping[str, bytes], ports: Mapping[str, Ports], weights: Mapping[str, NDArray[Any]] | None
    ) -> None:
        self._graphs, self._ports = graphs, ports
        given = {name: np.ascontiguousarray(array, np.float32) for name, array in (weights or {}).items()}
        self._networks = {}
        for name, graph in graphs.items():
            try:
                network = self._networks[name] = _core.Network(graph, given, "")
                network.bind({key: _blank(port) for ends in ports[name] for key, port in ends.items()})
            except (ProviderError, ArgumentError) as error:
                raise Failure(f"graphs.{name}: {error}") from error

    @property
    def multiplications(self) -> int:
        """Of one row of the graph that takes the most."""
        return max(network.multiplications for network in self._networks.values())

    def bind(self, graph: str, arrays: Mapping[str, NDArray[Any]]) -> Binding:
        """Tie a graph to arrays; see :meth:`myoshu.runtime.evaluator.Evaluator.bind`."""
        network = self.network(graph, arrays)
        return Binding(partial(network.run, len(next(iter(arrays.values())))), dict(arrays), network)

    def network(self, graph: str, arrays: Mapping[str, NDArray[Any]]) -> _core.Network:
        """A graph tied to arrays, of which it computes as many rows as it is asked for."""
        network = self._networks[graph].share()
        network.bind(dict(arrays))
        return network

    def replaced(self, weights: Mapping[str, NDArray[Any]]) -> NativeNetworks:
        """The same graphs with other weights."""
        return NativeNetworks(self._graphs, self._ports, weights)


def _blank(port: Port) -> NDArray[np.generic]:
    return np.zeros((1, *port.shape), port.dtype)
