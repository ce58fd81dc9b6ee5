"""ONNX Runtime's shared library, for graphs on the CPU that a search runs without the interpreter.

The Python module of ONNX Runtime can only be called from Python, at some microseconds a call, and the search would wait
for the interpreter between any two of them. Its wheel holds the same code once more as a library with a C interface,
which the core opens. Both compute the same bits, so that it decides about speed alone; where there is no such library,
:attr:`myoshu.runtime.evaluator.Evaluator.interpreted` and ``myoshu doctor`` say so.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import ArgumentError, ProviderError
from myoshu.model import Ports
from myoshu.runtime.evaluators.binding import Binding
from myoshu.runtime.evaluators.kind import Failure
from myoshu.runtime.evaluators.onnx_ports import PortFound, check_arrays, check_ports, given_weights
from myoshu.runtime.shutdown import computing
from myoshu.search import _core

__all__ = ["VARIABLE", "LibrarySessions", "in_wheel", "library", "providers_in_wheel"]

VARIABLE = "MYOSHU_ONNXRUNTIME"
"""The environment variable that may name the library's file."""

FILES = ("libonnxruntime.so*", "libonnxruntime.*dylib", "onnxruntime.dll")
"""How its file is called on Linux, macOS and Windows."""

TYPES = {1: "tensor(float)", 7: "tensor(int64)"}
"""ONNX Runtime's numbers of types, and its names of them."""


def library() -> _core.OnnxLibrary | str:
    """The library: the one that :data:`VARIABLE` names, or else the one in ONNX Runtime's wheel.

    Returns:
        The library, or why there is none.

    Raises:
        ProviderError: the variable names something else.
    """
    named = os.environ.get(VARIABLE)
    if named:
        try:
            return _opened(named)
        except ProviderError as error:
            raise ProviderError(f"{VARIABLE}: {error}") from error
    found = in_wheel()
    if found is None:
        return "the installed ONNX Runtime has no shared library beside its Python module"
    try:
        return _opened(found)
    except ProviderError as error:
        return str(error)


def providers_in_wheel() -> list[str] | None:
    """The providers that the installed ONNX Runtime was built with, by its names; None where only its module can tell.

    The library and the module of a wheel are built together. One that :data:`VARIABLE` names says nothing of the wheel.
    """
    found = library()
    return None if isinstance(found, str) or os.environ.get(VARIABLE) else found.providers


@cache
def in_wheel() -> str | None:
    """The path of the library in the wheel of ONNX Runtime that is installed; None if it holds none."""
    spec = importlib.util.find_spec("onnxruntime")
    for folder in (spec.submodule_search_locations if spec is not None else None) or ():
        for pattern in FILES:
            for file in sorted(Path(folder, "capi").glob(pattern)):
                return str(file)
    return None


@cache
def _opened(path: str) -> _core.OnnxLibrary:
    return _core.OnnxLibrary(path)


class LibrarySessions:
    """Graphs in ONNX Runtime on the CPU, one session each, called by its C interface.

    Args:
        library: ONNX Runtime.
        graphs: serialised ONNX models by name.
        ports: what goes into each of them and comes out.
        weights: the weights that the graphs keep outside themselves, by name, if they do.
        threads: threads of one operator.

    Raises:
        Failure: a graph does not start.
        ProviderError: a weight is missing.
        BundleError: the graphs do not have these inputs and outputs.
    """

    placement: Mapping[str, int] = {}
    """Everything runs where it was chosen."""
    interpreted = ""
    """A search on it does not wait for the interpreter."""

    def __init__(
        self,
        library: _core.OnnxLibrary,
        graphs: Mapping[str, bytes],
        ports: Mapping[str, Ports],
        *,
        weights: Mapping[str, NDArray[Any]] | None,
        threads: int,
    ) -> None:
        self._library, self._graphs, self._ports, self._threads = library, graphs, ports, threads
        self._sessions = {}
        for name, graph in graphs.items():
            given = {key: np.ascontiguousarray(each) for key, each in given_weights(name, graph, weights).items()}
            try:
                with computing():
                    session = self._sessions[name] = _core.OnnxSession(library, graph, threads, given)
            except (ProviderError, ArgumentError) as error:
                first = str(error).partition("\n")[0]
                raise Failure(f"graphs.{name}: {first}") from error
            check_ports(name, ports[name], _found(session.inputs), _found(session.outputs))

    def bind(self, graph: str, arrays: Mapping[str, NDArray[Any]]) -> Binding:
        """Tie a graph to arrays; see :meth:`myoshu.runtime.evaluator.Evaluator.bind`."""
        network = self.network(graph, arrays)
        return Binding(partial(network.run, len(next(iter(arrays.values())))), dict(arrays), network)

    def network(self, graph: str, arrays: Mapping[str, NDArray[Any]]) -> _core.Evaluator:
        """A graph tied to arrays, of which it computes as many rows as it is asked for."""
        check_arrays(self._ports[graph], arrays)
        return self._sessions[graph].bind(dict(arrays))

    def replaced(self, weights: Mapping[str, NDArray[Any]]) -> LibrarySessions:
        """The same graphs with other weights, in new sessions."""
        return LibrarySessions(self._library, self._graphs, self._ports, weights=weights, threads=self._threads)


def _found(ports: list[tuple[str, int, list[int]]]) -> list[PortFound]:
    return [
        PortFound(name, TYPES.get(number, f"type {number}"), [size if size >= 0 else "n" for size in dims])
        for name, number, dims in ports
    ]
