"""Evaluators without a network: deterministic answers, generated or scripted."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myoshu.model import ports
from myoshu.runtime.evaluators.binding import Binding
from myoshu.spec import ModelSpec

__all__ = ["Answer", "ScriptedEvaluator", "made_up"]

Answer = Callable[[str, Mapping[str, NDArray[Any]]], Mapping[str, NDArray[Any]]]
"""Takes a graph's inputs for one position and returns its outputs, all without the batch's dimension."""


class ScriptedEvaluator:
    """Takes the place of an :class:`myoshu.runtime.evaluator.Evaluator` in a planner, and runs a Python function.

    Args:
        model: the inputs and outputs.
        answer: the function; :func:`made_up` if not given.
    """

    provider = "script"
    generation = 0

    def __init__(self, model: ModelSpec, answer: Answer | None = None) -> None:
        self.model = model
        self.calls: list[tuple[str, int]] = []
        """The calls so far: the graph and the number of positions."""
        self._answer = made_up(model) if answer is None else answer

    def network(self, graph: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """None: a script cannot run without the interpreter."""

    def bind(self, graph: str, arrays: Mapping[str, NDArray[Any]]) -> Binding:
        """As :meth:`myoshu.runtime.evaluator.Evaluator.bind`."""
        inputs = tuple(ports(self.model)[graph].inputs)

        def run() -> None:
            rows = len(arrays[inputs[0]])
            self.calls.append((graph, rows))
            for row in range(rows):
                for name, value in self._answer(graph, {each: arrays[each][row] for each in inputs}).items():
                    arrays[name][row] = value

        return Binding(run, dict(arrays), None)


def made_up(model: ModelSpec, seed: int = 0) -> Answer:
    """Answers that look random and depend on nothing but the seed and the inputs' bytes."""

    def answer(graph: str, inputs: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[Any]]:
        digest = zlib.crc32(graph.encode())
        for array in inputs.values():
            digest = zlib.crc32(array.tobytes(), digest)
        rng = np.random.default_rng((seed, digest))
        outputs: dict[str, NDArray[Any]] = {
            name: rng.uniform(-1.0, 1.0, port.shape).astype(port.dtype)
            for name, port in ports(model)[graph].outputs.items()
        }
        outputs["prior"] = rng.dirichlet(np.ones(model.actions)).astype(np.float32)
        if "mover" in outputs:
            outputs["mover"] = np.asarray(rng.integers(model.players))
        return outputs

    return answer
