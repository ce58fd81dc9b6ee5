"""What a planner needs of an evaluator: graphs tied to memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from numpy.typing import NDArray

from myoshu.search import _core
from myoshu.spec import ModelSpec

__all__ = ["Bindable", "Binding"]


class Binding(NamedTuple):
    """A graph tied to memory."""

    run: Callable[[], None]
    """Reads the inputs from the arrays and writes the outputs to them; without arguments. It holds what it needs, and
    may outlive everything else."""
    arrays: dict[str, NDArray[Any]]
    """The memory, by name of input and output."""
    session: object
    """What runs."""


class Bindable(Protocol):
    """What a planner needs of an evaluator."""

    @property
    def model(self) -> ModelSpec:
        """What goes into the graphs and comes out."""
        ...

    @property
    def generation(self) -> int:
        """Another number whenever what was bound must be bound again."""
        ...

    def bind(self, graph: str, arrays: Mapping[str, NDArray[Any]]) -> Binding:
        """Tie a graph to memory; see :meth:`myoshu.runtime.evaluator.Evaluator.bind`."""
        ...

    def network(self, graph: str, arrays: Mapping[str, NDArray[Any]]) -> _core.Evaluator | None:
        """A graph tied to memory for a search that runs without the interpreter; None where there is no such thing."""
        ...
