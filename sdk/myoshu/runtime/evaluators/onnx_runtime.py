"""The evaluator that ONNX Runtime is: its providers, started by its library or by its Python module."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from myoshu.model import Ports
from myoshu.runtime.evaluators.kind import Running
from myoshu.runtime.evaluators.onnx_library import LibrarySessions, library
from myoshu.runtime.evaluators.onnx_providers import NAMES, available, short_name

__all__ = ["NAMES", "RUN_ERRORS", "available", "short_name", "start"]


RUN_ERRORS: tuple[type[Exception], ...] = (RuntimeError, MemoryError)
"""What is raised where a graph is run."""


def start(
    graphs: Mapping[str, bytes],
    ports: Mapping[str, Ports],
    provider: str,
    *,
    weights: Mapping[str, NDArray[Any]] | None,
    threads: int,
) -> Running:
    """Start graphs on one provider: see :meth:`myoshu.runtime.evaluators.kind.Kind.start`.

    Anywhere but on the CPU each graph is run once, to see whether the provider takes any of its operators.
    """
    found = library() if provider == "cpu" else ""
    if not isinstance(found, str):
        return LibrarySessions(found, graphs, ports, weights=weights, threads=threads)
    from myoshu.runtime.evaluators.onnx_module import OnnxSessions

    if provider == "cpu":
        return OnnxSessions(graphs, ports, provider, weights=weights, threads=threads, interpreted=found)
    with tempfile.TemporaryDirectory(prefix="myoshu-", ignore_cleanup_errors=True) as folder:
        sessions = OnnxSessions(graphs, ports, provider, weights=weights, threads=threads, profiles=folder)
        sessions.try_out()
    return sessions
