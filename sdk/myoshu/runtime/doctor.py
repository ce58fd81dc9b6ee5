"""Does a bundle compute the same here as where it was trained? Checked on every provider of this machine."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import BundleError, EvaluationError, ProviderError
from myoshu.model import TABLE, ports
from myoshu.runtime.bundle import Bundle
from myoshu.runtime.evaluator import Evaluator, evaluate
from myoshu.runtime.evaluators.kind import Failure
from myoshu.runtime.evaluators.onnx_library import library
from myoshu.runtime.parity import Deviation, deviation
from myoshu.runtime.planner import Planner
from myoshu.runtime.providers import available, choices, start
from myoshu.version import __version__

__all__ = ["Diagnosis", "Versions", "answers", "diagnose", "versions"]


class Diagnosis(NamedTuple):
    """A bundle's results on one provider."""

    provider: str
    """The provider, as ``cpu``."""
    sound: bool
    """Whether it runs and reproduces the parity vectors."""
    deviation: Deviation | None
    """The greatest deviation from them; None if it does not run or is not sound."""
    parts: Deviation | None
    """The same for the separate graphs, run in sequence; None likewise, or if the bundle has none."""
    placement: dict[str, int]
    """Number of operators of the graphs that play runs, by the provider that runs them; empty for the CPU."""
    microseconds: float
    """One evaluation of the recurrent graph for one position; NaN if it does not run."""
    interpreted: str
    """Why a search there waits for the interpreter between evaluations; empty where it does not, or does not run."""
    cause: str
    """Why it is not sound; empty if it is."""


class Versions(NamedTuple):
    """The versions of the software and machine that run here."""

    myoshu: str
    onnxruntime: str
    numpy: str
    python: str
    machine: str


def versions() -> Versions:
    """The versions of what is at work here.

    Raises:
        ProviderError: the environment names a library of ONNX Runtime's that is none.
    """
    machine = f"{platform.system()} {platform.machine()}"
    found = library()
    if isinstance(found, str):
        from onnxruntime import __version__ as runs
    else:
        runs = found.version
    return Versions(__version__, runs, np.__version__, platform.python_version(), machine)


def diagnose(bundle: Bundle, providers: str | Sequence[str] | None = None) -> list[Diagnosis]:
    """Replay a bundle's parity vectors.

    Args:
        bundle: the bundle.
        providers: the providers to test; all that this machine has if not given.

    Raises:
        ArgumentError: a provider's name is unknown.
    """
    names = available() if providers is None else choices(providers)
    return [_diagnose(bundle, name) for name in names]


def answers(bundle: Bundle) -> Deviation:
    """How far the network's outputs for the bundle's positions, on the CPU, are from those recorded with them.

    Raises:
        ProviderError: the network does not run.
        BundleError: the bundle has no positions.
    """
    if not bundle.examples:
        raise BundleError("positions: expected some, got none")
    model = bundle.manifest.model
    evaluator = Evaluator(model, bundle.graphs, providers="cpu")
    outputs = evaluator.initial(np.stack([example.position.observation for example in bundle.examples]))
    noted = {
        "prior": np.stack([example.answer.prior for example in bundle.examples]),
        "value": np.stack([example.answer.value for example in bundle.examples]),
    }
    return deviation("positions", noted, outputs)


def _diagnose(bundle: Bundle, provider: str) -> Diagnosis:
    model = bundle.manifest.model
    try:
        evaluator = Evaluator(model, bundle.graphs, providers=provider, parity=bundle.parity)
        parts = _parts(bundle, provider)
        if parts is not None and not parts.acceptable:
            raise ProviderError(f"{provider}: expected the separate graphs to agree with the fused ones, but {parts}")
    except (ProviderError, BundleError) as error:
        return Diagnosis(provider, False, None, None, {}, float("nan"), "", str(error))
    run = Planner(evaluator, bundle.manifest.search, simulations=0).bound(1)
    placement, interpreted = dict(evaluator.placement), evaluator.interpreted
    return Diagnosis(provider, True, evaluator.deviation, parts, placement, _microseconds(run), interpreted, "")


def _microseconds(run: Any) -> float:
    """The median time of a call in µs, measured for a tenth of a second at most."""
    times: list[float] = []
    end = perf_counter() + 0.1
    while not times or (perf_counter() < end and len(times) < 1000):
        begin = perf_counter()
        run()
        times.append(perf_counter() - begin)
    return 1e6 * float(np.median(times))


def _parts(bundle: Bundle, provider: str) -> Deviation | None:
    """How far the outputs of the separate graphs are from the parity vectors; None if there are none."""
    parity = bundle.parity
    composed = [graph for graph in TABLE if graph.name in parity.graphs and set(graph.parts) <= set(bundle.graphs)]
    if not composed:
        return None
    graphs = {part: bundle.graphs[part] for graph in composed for part in graph.parts}
    every = ports(bundle.manifest.model)
    found: list[Deviation] = []
    try:
        running = start(graphs, every, provider)
        for graph in composed:
            vectors = parity.graphs[graph.name]
            outputs: dict[str, NDArray[Any]] = {}
            feed = vectors.inputs
            for part in graph.parts:  # each is given the trainer's arrays, so that errors do not add up
                inputs = dict(zip(every[part].inputs, feed.values(), strict=True))
                outputs |= evaluate(running, part, every[part], inputs)
                feed = {name: vectors.outputs[name] for name in list(every[part].outputs)[:1]}
            found.append(deviation(graph.name, vectors.outputs, outputs, parity.units))
    except (Failure, EvaluationError) as error:
        raise ProviderError(f"{provider}: expected to run the separate graphs, but {error}") from error
    return max(found)
