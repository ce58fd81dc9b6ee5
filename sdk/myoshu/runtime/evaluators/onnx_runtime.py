"""The evaluator that ONNX Runtime is: its providers, started by its library or by its Python module."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from typing import Any, NamedTuple

from numpy.typing import NDArray

from myoshu.model import Ports
from myoshu.runtime.evaluators.kind import Running
from myoshu.runtime.evaluators.onnx_library import LibrarySessions, library, providers_in_wheel

__all__ = ["KNOWN", "NAMES", "RUN_ERRORS", "Known", "available", "known", "short_name", "start"]


class Known(NamedTuple):
    """A provider."""

    runtime_name: str
    """ONNX Runtime's name of it."""
    wheel: str
    """Which wheel has it."""
    options: dict[str, str]
    """How it is started."""


KNOWN = {
    "cuda": Known("CUDAExecutionProvider", "onnxruntime-gpu", {"use_tf32": "0"}),
    "tensorrt": Known("TensorrtExecutionProvider", "onnxruntime-gpu", {}),
    "directml": Known("DmlExecutionProvider", "onnxruntime-directml", {}),
    "coreml": Known("CoreMLExecutionProvider", "onnxruntime on macOS", {}),
    "openvino": Known("OpenVINOExecutionProvider", "onnxruntime-openvino", {}),
    "webgpu": Known("WebGpuExecutionProvider", "onnxruntime-webgpu", {}),
    "cpu": Known("CPUExecutionProvider", "onnxruntime", {}),
}
"""The providers with short names, in the order in which ``auto`` tries those that are installed.

The order is of kinds of device, not of measured speed: an accelerator comes before the CPU because who installs its
wheel wants it. For one tree of a small network the CPU is faster than any of them (a call there takes microseconds,
less than a GPU needs to begin); name ``cpu`` then. TF32 is off on CUDA because it moves outputs by about 1e-3.
"""

NAMES = tuple(KNOWN)
"""Their short names."""

RUN_ERRORS: tuple[type[Exception], ...] = (RuntimeError, MemoryError)
"""What is raised where a graph is run."""


def available() -> tuple[str, ...]:
    """The providers that the installed ONNX Runtime has, in the order in which ``auto`` tries them.

    Raises:
        ProviderError: the environment names a library of ONNX Runtime's that is none.
    """
    names = providers_in_wheel()
    if names is None:
        import onnxruntime

        names = onnxruntime.get_available_providers()
    return tuple(short for short, each in KNOWN.items() if each.runtime_name in names)


def short_name(name: str) -> str | None:
    """What a provider is called here: by its short name, or by ONNX Runtime's if it has none; None if it is neither."""
    by_runtime_name = {each.runtime_name: short for short, each in KNOWN.items()}
    short = by_runtime_name.get(name, name)
    return short if short in KNOWN or short.endswith("ExecutionProvider") else None


def known(provider: str) -> Known:
    """What there is to know of a provider, by its short name."""
    return KNOWN.get(provider, Known(provider, "another onnxruntime", {}))


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
