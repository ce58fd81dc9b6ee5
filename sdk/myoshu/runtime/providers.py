"""Execution providers: what a model's graphs can run on, by short name, for every kind of evaluator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from myoshu.errors import ArgumentError
from myoshu.model import Ports
from myoshu.runtime.evaluators import native, onnx_runtime
from myoshu.runtime.evaluators.kind import Kind, Running

__all__ = ["KINDS", "RUN_ERRORS", "available", "choices", "start"]

KINDS: tuple[Kind, ...] = (onnx_runtime, native)
"""The kinds of evaluators; ``auto`` tries the providers of the first ones first."""

RUN_ERRORS: tuple[type[Exception], ...] = tuple({error: None for kind in KINDS for error in kind.RUN_ERRORS})
"""The errors that running a graph may raise."""


def available() -> tuple[str, ...]:
    """The providers that this machine has for any graphs, in the order in which ``auto`` tries them."""
    return tuple(name for kind in KINDS for name in kind.available())


def choices(
    providers: str | Sequence[str],
    graphs: Mapping[str, bytes] | None = None,
    ports: Mapping[str, Ports] | None = None,
    weights: Mapping[str, NDArray[Any]] | None = None,
) -> list[str]:
    """The providers to try, by short name where they have one.

    Args:
        providers: ``auto`` for every accelerator that is there and then the CPU, by ``native`` where the graphs are of
            its kind and small (:func:`myoshu.runtime.evaluators.native.suits`), else by ONNX Runtime; one name; or
            several names to be tried in order. A name is a short one (cpu, cuda, tensorrt, directml, coreml, openvino,
            webgpu, native) or ONNX Runtime's own.
        graphs: the graphs that are to run; none for what ``auto`` tries whatever they are.
        ports: what goes into each of them and comes out.
        weights: the weights that the graphs keep outside themselves, by name, if they do.

    Raises:
        ArgumentError: it is not a provider.
    """
    if isinstance(providers, str) and providers != "auto":
        return [_identified(providers)[0]]
    if isinstance(providers, str):
        names = list(available())
        if graphs is not None and ports is not None and native.suits(graphs, ports, weights):
            names.insert(names.index("cpu") if "cpu" in names else len(names), "native")
        return names
    names = [_identified(name)[0] for name in providers]
    if not names:
        raise ArgumentError("providers: expected 'auto' or at least one name, got none")
    return names


def start(
    graphs: Mapping[str, bytes],
    ports: Mapping[str, Ports],
    provider: str,
    *,
    weights: Mapping[str, NDArray[Any]] | None = None,
    threads: int = 1,
) -> Running:
    """Start graphs on one provider: see :meth:`myoshu.runtime.evaluators.kind.Kind.start`."""
    name, kind = _identified(provider)
    return kind.start(graphs, ports, name, weights=weights, threads=threads)


def _identified(name: str) -> tuple[str, Kind]:
    """A provider's short name, and which kind of evaluator has it."""
    if not isinstance(name, str):
        raise ArgumentError(f"providers: expected names, got {name!r}")
    for kind in KINDS:
        short = kind.short_name(name)
        if short is not None:
            return short, kind
    known = ", ".join(short for kind in KINDS for short in kind.NAMES)
    raise ArgumentError(f"providers: expected 'auto', {known} or ONNX Runtime's name of a provider, got {name[:80]!r}")
