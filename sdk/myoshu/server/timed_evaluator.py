"""An evaluator that knows how long it has computed."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import Any

from numpy.typing import NDArray

from myoshu.runtime.evaluators.binding import Bindable, Binding
from myoshu.spec import ModelSpec

__all__ = ["TimedEvaluator"]


class TimedEvaluator:
    """An evaluator that knows how long it has computed."""

    def __init__(self, evaluator: Bindable) -> None:
        self._evaluator = evaluator
        self.seconds = 0.0
        """Seconds in the network."""
        self.runs = 0
        """Calls of the network."""

    @property
    def model(self) -> ModelSpec:
        """The specification of the graphs' inputs and outputs."""
        return self._evaluator.model

    @property
    def generation(self) -> int:
        """The generation of the evaluator's weights."""
        return self._evaluator.generation

    def network(self, graph: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """None: what runs without the interpreter cannot be timed."""

    def bind(self, graph: str, arrays: Mapping[str, NDArray[Any]]) -> Binding:
        """Bind a graph to memory; each run is timed."""
        binding = self._evaluator.bind(graph, arrays)

        def run() -> None:
            begin = perf_counter()
            binding.run()
            self.seconds += perf_counter() - begin
            self.runs += 1

        return Binding(run, binding.arrays, binding)
