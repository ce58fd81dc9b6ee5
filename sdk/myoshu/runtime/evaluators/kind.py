"""What a kind of evaluator is: it starts graphs on its providers. A module is one, as :mod:`onnx_runtime`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from numpy.typing import NDArray

from myoshu.model import Ports
from myoshu.runtime.evaluators.binding import Binding
from myoshu.search import _core

__all__ = ["Failure", "Kind", "Running"]


class Failure(Exception):  # noqa: N818 - it is no error yet: another provider may follow
    """Why a provider is passed over."""


class Running(Protocol):
    """Graphs that were started on a provider."""

    @property
    def placement(self) -> Mapping[str, int]:
        """How many operators of the graphs run on each provider, where that may differ from the one that was chosen."""
        ...

    @property
    def interpreted(self) -> str:
        """Why a search on it waits for the interpreter between two evaluations; empty where it does not."""
        ...

    def bind(self, graph: str, arrays: Mapping[str, NDArray[Any]]) -> Binding:
        """Tie a graph to memory; see :meth:`myoshu.runtime.evaluator.Evaluator.bind`."""
        ...

    def network(self, graph: str, arrays: Mapping[str, NDArray[Any]]) -> _core.Evaluator | None:
        """A graph tied to memory for a search that runs without the interpreter; None where there is no such thing."""
        ...

    def replaced(self, weights: Mapping[str, NDArray[Any]]) -> Running:
        """The same graphs with other weights. This one, and what was bound of it, stays as it is.

        Raises:
            Failure: they do not start with these weights.
            ProviderError: a weight is missing.
        """
        ...


class Kind(Protocol):
    """One way to run graphs, on one or several providers."""

    @property
    def NAMES(self) -> tuple[str, ...]:  # noqa: N802 - a module's constant
        """The short names of all its providers."""
        ...

    @property
    def RUN_ERRORS(self) -> tuple[type[Exception], ...]:  # noqa: N802 - a module's constant
        """What may be raised where one of its bindings is run."""
        ...

    def available(self) -> tuple[str, ...]:
        """Those of its providers that this machine has, in the order in which ``auto`` tries them."""
        ...

    def short_name(self, name: str) -> str | None:
        """What one of its providers is called here; None if the name is no provider's of this kind."""
        ...

    def start(
        self,
        graphs: Mapping[str, bytes],
        ports: Mapping[str, Ports],
        provider: str,
        *,
        weights: Mapping[str, NDArray[Any]] | None,
        threads: int,
    ) -> Running:
        """Start graphs on a provider.

        Args:
            graphs: serialised ONNX models by name.
            ports: what goes into each of them and comes out.
            provider: which of its providers.
            weights: the weights that the graphs keep outside themselves, by name, if they do.
            threads: threads of one operator.

        Raises:
            Failure: the provider is absent, or does not start or run the graphs.
            ProviderError: a weight is missing.
            BundleError: the graphs do not have these inputs and outputs.
        """
        ...
