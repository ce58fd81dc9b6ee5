"""A running model: the graphs that play runs, on a provider that was found to compute correctly."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from myoshu.checks import integer
from myoshu.errors import ArgumentError, BundleError, EvaluationError, ObservationError, ProviderError, ProviderWarning
from myoshu.model import Ports, played
from myoshu.runtime.evaluators.binding import Binding
from myoshu.runtime.evaluators.kind import Failure, Running
from myoshu.runtime.parity import TOLERANCE, Deviation, Parity, deviation
from myoshu.runtime.providers import RUN_ERRORS, choices, start
from myoshu.runtime.shutdown import computing
from myoshu.search import _core
from myoshu.search.arrays import all_finite
from myoshu.spec import ModelSpec

__all__ = ["Evaluator", "as_observations", "evaluate"]


class Evaluator:
    """Runs the graphs of a model that play needs. May be shared between threads.

    Args:
        model: the specification of the graphs' inputs and outputs.
        graphs: the graphs by name, serialised ONNX models: those of :func:`myoshu.model.played`; others are ignored.
        providers: ``auto``, a provider's name, or several names to be tried in order; see
            :func:`myoshu.runtime.providers.choices`. One that fails before the last is skipped with a warning.
        weights: the graphs' weights by name, if they are stored outside the graphs.
        threads: threads of one operator. One is right for play: a game needs the other cores.
        parity: outputs to be reproduced before a provider is trusted.

    Raises:
        ProviderError: no provider that may be used runs the graphs, or reproduces the parity vectors.
        BundleError: a graph is missing, or they do not have the model's inputs and outputs.

    Warns:
        ProviderWarning: a provider was not used; the message says why.
    """

    def __init__(
        self,
        model: ModelSpec,
        graphs: Mapping[str, bytes],
        *,
        providers: str | Sequence[str] = "auto",
        weights: Mapping[str, NDArray[Any]] | None = None,
        threads: int = 1,
        parity: Parity | None = None,
    ) -> None:
        threads = integer("threads", threads, 1)
        self.model = model
        self.generation = 0
        """Counts :meth:`replace`: bindings of an earlier generation run the earlier weights."""
        self.deviation: Deviation | None = None
        """The deviation from the parity vectors, if there were any."""
        self._ports = played(model)
        missing = [name for name in self._ports if name not in graphs]
        if missing:
            raise BundleError(f"graphs.{missing[0]}: expected a graph, got none")
        self._graphs = {name: graphs[name] for name in self._ports}
        self._threads = threads
        self.provider, self._running = self._choose(
            choices(providers, self._graphs, self._ports, weights), weights, parity
        )

    @property
    def placement(self) -> Mapping[str, int]:
        """How many operators of all graphs run on each provider, unless the CPU was chosen."""
        return self._running.placement

    @property
    def interpreted(self) -> str:
        """Why a search waits for the interpreter between two evaluations; empty where it does not.

        It makes a search slower, above all beside other threads that compute in Python, and changes no move.
        """
        return self._running.interpreted

    def initial(self, observations: ArrayLike) -> dict[str, NDArray[Any]]:
        """Evaluate observations.

        Args:
            observations: [n, *observation] of any real type.

        Returns:
            latent, prior and value, as :class:`myoshu.spec.ModelSpec` describes.

        Raises:
            ObservationError: they have another shape or type, or are not finite.
            EvaluationError: the network's answer is not finite.
        """
        batch = as_observations(self.model, observations)
        return self._run("initial", {"observation": batch})

    def recurrent(self, latent: ArrayLike, action: ArrayLike) -> dict[str, NDArray[Any]]:
        """Evaluate actions in latent states.

        Args:
            latent: float32 [n, *latent].
            action: int64 [n].

        Returns:
            next_latent, prior, value, and reward and mover if the model has them.

        Raises:
            ArgumentError: they have another shape.
            EvaluationError: the network's answer is not finite.
        """
        latents = np.ascontiguousarray(latent, np.float32)
        actions = np.ascontiguousarray(action, np.int64)
        rows = len(latents) if latents.ndim else 0
        if not rows or latents.shape[1:] != self.model.latent or actions.shape != (rows,):
            raise ArgumentError(
                f"latent, action: expected [n, *{list(self.model.latent)}] and [n], "
                f"got {list(latents.shape)} and {list(actions.shape)}"
            )
        if actions.min() < 0 or actions.max() >= self.model.actions:
            raise ArgumentError(f"action: expected integers from 0 to {self.model.actions - 1}, got others")
        return self._run("recurrent", {"latent": latents, "action": actions})

    def bind(self, graph: str, arrays: Mapping[str, NDArray[Any]]) -> Binding:
        """Bind a graph to memory: each call of the result reads the inputs from it and writes the outputs to it.

        Args:
            graph: which graph.
            arrays: every input and output by name, C-contiguous, [n, …] with the same n. They are kept alive.

        Returns:
            The binding; it belongs to one thread at a time.
        """
        return self._running.bind(graph, arrays)

    def network(self, graph: str, arrays: Mapping[str, NDArray[Any]]) -> _core.Evaluator | None:
        """A graph tied to memory for a search that runs without the interpreter; None where there is no such thing.

        Args:
            graph: which graph.
            arrays: every input and output by name, as for :meth:`bind`; any number of their rows may be run.

        Raises:
            ArgumentError: an array does not fit.
        """
        return self._running.network(graph, arrays)

    def replace(self, weights: Mapping[str, NDArray[Any]]) -> None:
        """Continue with other weights: the same graphs, loaded again. Existing bindings keep the old ones.

        Raises:
            ProviderError: a weight is missing or of another shape.
        """
        try:
            self._running = self._running.replaced(weights)
        except Failure as failure:
            raise ProviderError(f"{self.provider}: expected to run with other weights, but {failure}") from failure
        self.generation += 1

    def _choose(
        self, names: list[str], weights: Mapping[str, NDArray[Any]] | None, parity: Parity | None
    ) -> tuple[str, Running]:
        """The first provider that starts and reproduces the trainer's outputs."""
        for position, name in enumerate(names):
            try:
                running = start(self._graphs, self._ports, name, weights=weights, threads=self._threads)
                if parity is not None:
                    self.deviation = self._reproduce(running, parity)
                return name, running
            except Failure as failure:
                if position + 1 == len(names):
                    raise ProviderError(f"{name}: expected to run the model, but {failure}") from failure
                message = f"{name} is passed over for {names[position + 1]}: {failure}"
                warnings.warn(message, ProviderWarning, stacklevel=4)
        raise ProviderError("expected an execution provider, got none that is installed")

    def _reproduce(self, running: Running, parity: Parity) -> Deviation:
        """Replay the parity vectors, all together and the first row alone, which may run other kernels.

        Raises:
            Failure: the outputs are too far from the trainer's.
        """
        found: list[Deviation] = []
        for graph, vectors in parity.graphs.items():
            for rows in (slice(None), slice(1)):
                feed = {key: array[rows] for key, array in vectors.inputs.items()}
                want = {key: array[rows] for key, array in vectors.outputs.items()}
                try:
                    got = evaluate(running, graph, self._ports[graph], feed)
                except EvaluationError as error:
                    raise Failure(str(error)) from error
                found.append(deviation(graph, want, got, parity.units))
        worst = max(found)
        if not worst.acceptable:
            raise Failure(f"it does not reproduce the bundle's parity vectors: {worst}, allowed is {TOLERANCE:g}")
        return worst

    def _run(self, graph: str, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        outputs = evaluate(self._running, graph, self._ports[graph], inputs)
        for name, array in outputs.items():
            if not np.isfinite(array).all():
                raise EvaluationError(f"{graph}.{name}: expected finite numbers from the network, got NaN or infinity")
        return outputs


def as_observations(model: ModelSpec, observations: ArrayLike | Sequence[ArrayLike]) -> NDArray[np.float32]:
    """Observations as the initial graph takes them: C-contiguous float32 [n, *observation].

    Args:
        model: the model that they must fit.
        observations: n ≥ 1 observations of booleans, integers or floating-point numbers.

    Raises:
        ObservationError: they have another shape or type, or are not finite.
    """
    try:
        array = np.asarray(observations)
    except (ValueError, TypeError, OverflowError) as error:
        raise ObservationError(f"observation: expected an array of numbers, got: {error}") from error
    if array.dtype.kind not in "biuf":
        raise ObservationError(f"observation: expected real numbers, got {array.dtype}")
    if array.ndim < 1 or len(array) < 1 or array.shape[1:] != model.observation:
        raise ObservationError(f"observation: expected shape {list(model.observation)}, got {list(array.shape[1:])}")
    if array.dtype == np.float32:
        batch = np.ascontiguousarray(array)
    else:
        with np.errstate(all="ignore"):  # too large for float32 becomes infinite, and is found; too small becomes 0
            batch = np.ascontiguousarray(array, np.float32)
    if not all_finite(batch):
        raise ObservationError("observation: expected finite numbers, got NaN or infinity")
    return batch


def evaluate(running: Running, graph: str, ports: Ports, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Run a graph once.

    Args:
        running: the started graphs.
        graph: which graph.
        ports: its inputs and outputs.
        inputs: C-contiguous arrays by name, [n, …] each.

    Returns:
        Its outputs by name, [n, …] each, in new memory.

    Raises:
        ArgumentError: an input has another shape or type.
        EvaluationError: it could not be run.
    """
    rows = len(next(iter(inputs.values())))
    outputs = {name: np.zeros((rows, *port.shape), port.dtype) for name, port in ports.outputs.items()}
    try:
        with computing():
            running.bind(graph, {**inputs, **outputs}).run()
    except RUN_ERRORS as error:
        raise EvaluationError(f"the network could not be run: {str(error).strip()[:400]}") from error
    return outputs
