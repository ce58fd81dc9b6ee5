"""An evaluator that knows how long it has computed."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import Any

from numpy.typing import NDArray

from myoshu.runtime.evaluators.binding import Bindable, Binding
from myoshu.search import _core
from myoshu.spec import ModelSpec

__all__ = ["TimedEvaluator"]


class TimedEvaluator:
    """An evaluator that knows how long it has computed, with the interpreter and without."""

    def __init__(self, evaluator: Bindable) -> None:
        self._evaluator = evaluator
        self._meter = _core.Meter()

    @property
    def seconds(self) -> float:
        """Seconds in the network."""
        return self._meter.seconds

    @property
    def runs(self) -> int:
        """Calls of the network."""
        return self._meter.runs

    @property
    def model(self) -> ModelSpec:
        """The specification of the graphs' inputs and outputs."""
        return self._evaluator.model

    @property
    def generation(self) -> int:
        """The generation of the evaluator's weights."""
        return self._evaluator.generation

    def network(self, graph: str, arrays: Mapping[str, NDArray[Any]]) -> _core.Evaluator | None:
        """The evaluator's own, if it has one; each run is timed."""
        network = self._evaluator.network(graph, arrays)
        return None if network is None else _core.Metered(network, self._meter)

    def bind(self, graph: str, arrays: Mapping[str, NDArray[Any]]) -> Binding:
        """Tie a graph to memory; each run is timed."""
        binding, meter = self._evaluator.bind(graph, arrays), self._meter

        def run() -> None:
            begin = perf_counter()
            binding.run()
            meter.add(perf_counter() - begin)

        return Binding(run, binding.arrays, binding)
