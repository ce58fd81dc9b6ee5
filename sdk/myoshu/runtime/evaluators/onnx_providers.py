"""The execution providers of ONNX Runtime: their names, their wheels and how they are started."""

from __future__ import annotations

from typing import NamedTuple

from myoshu.runtime.evaluators.onnx_library import providers_in_wheel

__all__ = ["KNOWN", "NAMES", "Known", "available", "known", "short_name"]


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
