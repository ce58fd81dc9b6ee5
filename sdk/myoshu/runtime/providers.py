"""Execution providers: what ONNX Runtime computes on, by short name, and the start of a session on one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort

from myoshu.errors import ArgumentError, ProviderError
from myoshu.runtime.graphs import external_weights
from myoshu.runtime.shutdown import computing

__all__ = ["RUNTIME_ERRORS", "Failure", "available", "choices", "kernels_run", "start"]


class _Known(NamedTuple):
    runtime_name: str
    wheel: str
    options: dict[str, str]


KNOWN = {
    "cuda": _Known("CUDAExecutionProvider", "onnxruntime-gpu", {"use_tf32": "0"}),
    "tensorrt": _Known("TensorrtExecutionProvider", "onnxruntime-gpu", {}),
    "directml": _Known("DmlExecutionProvider", "onnxruntime-directml", {}),
    "coreml": _Known("CoreMLExecutionProvider", "onnxruntime on macOS", {}),
    "openvino": _Known("OpenVINOExecutionProvider", "onnxruntime-openvino", {}),
    "webgpu": _Known("WebGpuExecutionProvider", "onnxruntime-webgpu", {}),
    "cpu": _Known("CPUExecutionProvider", "onnxruntime", {}),
}
"""The providers with short names, in the order in which ``auto`` tries those that are installed.

The order is of kinds of device, not of measured speed: an accelerator comes before the CPU because who installs its
wheel wants it. For one tree of a small network the CPU is faster than any of them (a call there takes microseconds,
less than a GPU needs to begin); name ``cpu`` then. TF32 is off on CUDA because it moves outputs by about 1e-3.
"""

RUNTIME_ERRORS: tuple[type[Exception], ...] = (
    RuntimeError,
    MemoryError,
    *(error for error in vars(ort).values() if isinstance(error, type) and issubclass(error, Exception)),
)
"""What ONNX Runtime raises where a graph is run. A ValueError or TypeError there would be a mistake of ours."""

START_ERRORS: tuple[type[Exception], ...] = (*RUNTIME_ERRORS, ValueError, TypeError)
"""What it raises where a session is started: its Python half refuses a provider's options by the latter two."""


class Failure(Exception):  # noqa: N818 - it is no error yet: another provider may follow
    """Why a provider is passed over."""


def available() -> tuple[str, ...]:
    """The providers that the installed ONNX Runtime has, in the order in which ``auto`` tries them."""
    names = onnxruntime.get_available_providers()
    return tuple(short for short, known in KNOWN.items() if known.runtime_name in names)


def choices(providers: str | Sequence[str]) -> list[str]:
    """The providers to try, by short name where they have one.

    Args:
        providers: ``auto`` for every accelerator that is there and then the CPU; one name; or several names to be tried
            in order. A name is a short one (cpu, cuda, tensorrt, directml, coreml, openvino, webgpu) or ONNX Runtime's
            own.

    Raises:
        ArgumentError: it is no such thing.
    """
    if isinstance(providers, str):
        return list(available()) if providers == "auto" else [_short(providers)]
    names = [_short(name) for name in providers]
    if not names:
        raise ArgumentError("providers: expected 'auto' or at least one name, got none")
    return names


def _short(name: str) -> str:
    by_runtime_name = {known.runtime_name: short for short, known in KNOWN.items()}
    if not isinstance(name, str):
        raise ArgumentError(f"providers: expected names, got {name!r}")
    short = by_runtime_name.get(name, name)
    if short not in KNOWN and not short.endswith("ExecutionProvider"):
        raise ArgumentError(
            f"providers: expected 'auto', {', '.join(KNOWN)} or ONNX Runtime's name of a provider, got {name[:80]!r}"
        )
    return short


def start(
    graph: bytes,
    provider: str,
    *,
    label: str,
    weights: Mapping[str, NDArray[Any]] | None = None,
    threads: int = 1,
    profiles: str | None = None,
) -> onnxruntime.InferenceSession:
    """Start a session on one provider.

    Args:
        graph: a serialised ONNX model.
        provider: a name from :func:`choices`.
        label: what to call the graph in errors.
        weights: the weights that the graph keeps outside itself.
        threads: threads of one operator.
        profiles: a folder for the profile that :func:`kernels_run` reads; none is taken if not given.

    Raises:
        Failure: the provider is absent or does not start.
        ProviderError: a weight is missing.
    """
    known = KNOWN.get(provider, _Known(provider, "another onnxruntime", {}))
    if known.runtime_name not in onnxruntime.get_available_providers():
        raise Failure(
            f"the installed ONNX Runtime {onnxruntime.__version__} has only {', '.join(available())}; "
            f"install {known.wheel} for it"
        )
    options = _options(provider, threads)
    if profiles is not None:
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(profiles) / label)
    if weights is not None:
        names = external_weights(label, graph)
        missing = [name for name in names if name not in weights]
        if missing:
            raise ProviderError(f"weights.{missing[0]}: expected an array, got none")
        values = [onnxruntime.OrtValue.ortvalue_from_numpy(weights[name]) for name in names]
        options.add_external_initializers(names, values)
    try:
        with computing():
            session = onnxruntime.InferenceSession(
                graph, options, providers=[(known.runtime_name, known.options)], enable_fallback=0
            )
    except START_ERRORS as error:
        raise Failure(f"{label}: {_first_line(error)}") from error
    if known.runtime_name not in session.get_providers():
        raise Failure(f"ONNX Runtime could not start it and would run {', '.join(session.get_providers())} instead")
    return session


def kernels_run(session: onnxruntime.InferenceSession) -> dict[str, int]:
    """How many operators the session has run on each provider since it was started with a profile; ends the profile.

    ONNX Runtime leaves to the CPU, without a word, whatever a provider does not take, be it everything. Its list of a
    session's providers does not say; the profile does.
    """
    counts: dict[str, int] = {}
    path = Path(session.end_profiling())
    try:
        events = msgspec.json.decode(path.read_bytes(), type=list[_Event])
    except (OSError, msgspec.MsgspecError):
        return {}
    for event in events:
        if event.category == "Node" and "provider" in event.arguments:
            name = _short(str(event.arguments["provider"]))
            counts[name] = counts.get(name, 0) + 1
    return counts


class _Event(msgspec.Struct, rename={"category": "cat", "arguments": "args"}):
    category: str = ""
    arguments: dict[str, Any] = {}


def _options(provider: str, threads: int) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.use_deterministic_compute = True
    options.enable_mem_pattern = provider != "directml"
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("optimization.constant_folding_max_output_size_in_bytes", str(1 << 26))
    return options


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:400] if lines else 'no message'}"
