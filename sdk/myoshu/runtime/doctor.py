"""Does a bundle compute here what it computed where it was trained? On every provider that this machine has."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from myoshu.errors import BundleError, ProviderError
from myoshu.runtime.bundle import Bundle
from myoshu.runtime.evaluator import Evaluator
from myoshu.runtime.parity import Deviation, deviation
from myoshu.runtime.planner import Planner
from myoshu.runtime.providers import RUNTIME_ERRORS, Failure, available, choices, start
from myoshu.version import __version__

__all__ = ["Diagnosis", "Versions", "answers", "diagnose", "versions"]


class Diagnosis(NamedTuple):
    """How a bundle fares on one provider."""

    provider: str
    """The provider, as ``cpu``."""
    sound: bool
    """Whether it runs and reproduces the parity vectors."""
    deviation: Deviation | None
    """How far it is from them; None if it does not run or is not sound."""
    parts: Deviation | None
    """How far the separate graphs, put together, are from them; None likewise."""
    placement: dict[str, int]
    """How many operators of the two fused graphs run on which provider; empty for the CPU."""
    microseconds: float
    """One evaluation of the recurrent graph for one position; NaN if it does not run."""
    cause: str
    """Why it is not sound; empty if it is."""


class Versions(NamedTuple):
    """What is at work here."""

    myoshu: str
    onnxruntime: str
    numpy: str
    python: str
    machine: str


def versions() -> Versions:
    """The versions of what is at work here."""
    machine = f"{platform.system()} {platform.machine()}"
    return Versions(__version__, onnxruntime.__version__, np.__version__, platform.python_version(), machine)


def diagnose(bundle: Bundle, providers: str | Sequence[str] | None = None) -> list[Diagnosis]:
    """Replay a bundle's parity vectors.

    Args:
        bundle: whose.
        providers: on which providers; on all that are there if not given.

    Raises:
        ArgumentError: a provider's name is none.
    """
    names = available() if providers is None else choices(providers)
    return [_diagnose(bundle, name) for name in names]


def answers(bundle: Bundle) -> Deviation:
    """How far what the network makes of the bundle's positions is, on the CPU, from what is noted beside them.

    Raises:
        ProviderError: the network does not run.
        BundleError: the bundle has no positions.
    """
    if not bundle.examples:
        raise BundleError("positions: expected some, got none")
    model = bundle.manifest.model
    evaluator = Evaluator(model, bundle.graph("initial"), bundle.graph("recurrent"), providers="cpu")
    outputs = evaluator.initial(np.stack([example.position.observation for example in bundle.examples]))
    noted = {
        "prior": np.stack([example.answer.prior for example in bundle.examples]),
        "value": np.stack([example.answer.value for example in bundle.examples]),
    }
    return deviation("positions", noted, outputs)


def _diagnose(bundle: Bundle, provider: str) -> Diagnosis:
    model = bundle.manifest.model
    try:
        evaluator = Evaluator(
            model, bundle.graph("initial"), bundle.graph("recurrent"), providers=provider, parity=bundle.parity
        )
        parts = _parts(bundle, provider)
        if not parts.acceptable:
            raise ProviderError(f"{provider}: expected the separate graphs to agree with the fused ones, but {parts}")
    except (ProviderError, BundleError) as error:
        return Diagnosis(provider, False, None, None, {}, float("nan"), str(error))
    run = Planner(evaluator, bundle.manifest.search, simulations=0).bound(1)
    return Diagnosis(provider, True, evaluator.deviation, parts, evaluator.placement, _microseconds(run), "")


def _microseconds(run: Any) -> float:
    """The median over a tenth of a second at most."""
    times: list[float] = []
    end = perf_counter() + 0.1
    while not times or (perf_counter() < end and len(times) < 1000):
        begin = perf_counter()
        run()
        times.append(perf_counter() - begin)
    return 1e6 * float(np.median(times))


def _parts(bundle: Bundle, provider: str) -> Deviation:
    """What representation, dynamics and prediction make of the parity vectors together."""
    parity = bundle.parity

    def run(name: str, **feed: NDArray[Any]) -> dict[str, NDArray[Any]]:
        try:
            session = start(bundle.graph(name), provider, label=f"graphs.{name}")
            return dict(zip([port.name for port in session.get_outputs()], session.run(None, feed), strict=True))
        except Failure as failure:
            raise ProviderError(f"{provider}: expected to run graphs.{name}, but {failure}") from failure
        except RUNTIME_ERRORS as error:
            raise ProviderError(f"{provider}: expected to run graphs.{name}, but {error}") from error

    initial = run("representation", observation=parity.observation)
    initial |= run("prediction", latent=parity.initial["latent"])
    recurrent = run("dynamics", latent=parity.latent, action=parity.action)
    recurrent |= run("prediction", latent=parity.recurrent["next_latent"])
    for graph, wanted, found in (("initial", parity.initial, initial), ("recurrent", parity.recurrent, recurrent)):
        if set(wanted) != set(found):
            raise BundleError(
                f"graphs: expected the parts of {graph} to give {', '.join(wanted)}, got {', '.join(found)}"
            )
    return max(
        deviation("initial", parity.initial, initial, parity.units),
        deviation("recurrent", parity.recurrent, recurrent, parity.units),
    )
