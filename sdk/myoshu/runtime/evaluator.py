"""A model at work: its two fused graphs in ONNX Runtime, on a provider that was found to compute right."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
import onnxruntime
from numpy.typing import ArrayLike, NDArray

from myoshu.errors import ArgumentError, BundleError, EvaluationError, ObservationError, ProviderError, ProviderWarning
from myoshu.runtime.parity import TOLERANCE, Deviation, Parity, deviation, initial_shapes, recurrent_shapes
from myoshu.runtime.providers import RUNTIME_ERRORS, Failure, choices, kernels_run, start
from myoshu.runtime.shutdown import computing
from myoshu.search.arrays import all_finite
from myoshu.spec import ModelSpec

__all__ = ["Bindable", "Binding", "Evaluator", "Graph", "as_observations"]

Graph = Literal["initial", "recurrent"]
TYPES: dict[str, type[np.generic]] = {"tensor(float)": np.float32, "tensor(int64)": np.int64}


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
        """Another number whenever what was bound must be bound anew."""
        ...

    def bind(self, graph: Graph, arrays: Mapping[str, NDArray[Any]]) -> Binding:
        """Tie a graph to memory; see :meth:`Evaluator.bind`."""
        ...


class _Sessions(NamedTuple):
    initial: onnxruntime.InferenceSession
    recurrent: onnxruntime.InferenceSession


class Evaluator:
    """Runs a model's two fused graphs. May be shared between threads.

    Args:
        model: what goes into the graphs and comes out.
        initial: the initial graph, a serialised ONNX model.
        recurrent: the recurrent graph, likewise.
        providers: ``auto``, a provider's name, or several names to be tried in order; see
            :func:`myoshu.runtime.providers.choices`. One that fails before the last is passed over with a warning.
        weights: the graphs' weights by name, if they keep them outside themselves.
        threads: threads of one operator. One is right for play: a game keeps its cores.
        parity: outputs to be reproduced before a provider is trusted.

    Raises:
        ProviderError: no provider that may be used runs the graphs, or reproduces the parity vectors.
        BundleError: the graphs do not have the model's inputs and outputs.

    Warns:
        ProviderWarning: a provider was passed over; the message says why.
    """

    def __init__(
        self,
        model: ModelSpec,
        initial: bytes,
        recurrent: bytes,
        *,
        providers: str | Sequence[str] = "auto",
        weights: Mapping[str, NDArray[Any]] | None = None,
        threads: int = 1,
        parity: Parity | None = None,
    ) -> None:
        if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
            raise ArgumentError(f"threads: expected a positive integer, got {threads!r}")
        self.model = model
        self.generation = 0
        """Counts :meth:`replace`: bindings of an earlier generation run the earlier weights."""
        self.deviation: Deviation | None = None
        """How far the parity vectors were missed, if there were any."""
        self.placement: dict[str, int] = {}
        """How many operators of both graphs run on each provider, where it is not the CPU that was chosen."""
        self._graphs = {"initial": initial, "recurrent": recurrent}
        self._shapes = _shapes(model)
        self._threads = threads
        self.provider, self._sessions = self._choose(choices(providers), weights, parity)

    def initial(self, observations: ArrayLike) -> dict[str, NDArray[Any]]:
        """Evaluate observations.

        Args:
            observations: [n, *observation] of any real type.

        Returns:
            latent, prior and value, as :class:`myoshu.spec.ModelSpec` says.

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
            next_latent, prior, value, and reward and mover where the model has them.

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

    def bind(self, graph: Graph, arrays: Mapping[str, NDArray[Any]]) -> Binding:
        """Tie a graph to memory: each call of the result reads the inputs from it and writes the outputs to it.

        Args:
            graph: which graph.
            arrays: every input and output by name, C-contiguous, [n, …] with the same n. They are kept alive.

        Returns:
            The binding; it belongs to one thread at a time.
        """
        return _bind(getattr(self._sessions, graph), self._shapes[graph], arrays, self.provider == "cpu")

    def replace(self, weights: Mapping[str, NDArray[Any]]) -> None:
        """Go on with other weights: the same graphs in new sessions. What is bound already keeps the old ones.

        Raises:
            ProviderError: a weight is missing or of another shape.
        """
        try:
            self._sessions = self._start(self.provider, weights)
        except Failure as failure:
            raise ProviderError(f"{self.provider}: expected to run with other weights, but {failure}") from failure
        self.generation += 1

    def _choose(
        self, names: list[str], weights: Mapping[str, NDArray[Any]] | None, parity: Parity | None
    ) -> tuple[str, _Sessions]:
        """The first provider that starts and computes what the trainer saw."""
        for position, name in enumerate(names):
            try:
                sessions = self._start(name, weights)
                if parity is not None:
                    self.deviation = self._reproduce(name, sessions, parity)
                return name, sessions
            except Failure as failure:
                if position + 1 == len(names):
                    raise ProviderError(f"{name}: expected to run the model, but {failure}") from failure
                message = f"{name} is passed over for {names[position + 1]}: {failure}"
                warnings.warn(message, ProviderWarning, stacklevel=4)
        raise ProviderError("expected an execution provider, got an ONNX Runtime that has none")

    def _start(self, name: str, weights: Mapping[str, NDArray[Any]] | None) -> _Sessions:
        if name == "cpu":
            return self._start_sessions(name, weights, None)
        with tempfile.TemporaryDirectory(prefix="myoshu-", ignore_cleanup_errors=True) as folder:
            sessions = self._start_sessions(name, weights, folder)
            self.placement = self._try_out(name, sessions)
        return sessions

    def _try_out(self, name: str, sessions: _Sessions) -> dict[str, int]:
        """Run both graphs once, and see where.

        Raises:
            Failure: they do not run, or not on this provider.
        """
        total: dict[str, int] = {}
        for graph, session in zip(_Sessions._fields, sessions, strict=True):
            ports = self._shapes[graph]
            inputs = {key: np.zeros((1, *shape), dtype) for key, (shape, dtype) in ports.inputs.items()}
            try:
                _evaluate(session, ports, inputs, False)
            except EvaluationError as error:
                raise Failure(str(error)) from error
            counts = kernels_run(session)
            if counts and name not in counts:
                raise Failure(f"it takes none of the operators of graphs.{graph}: all run on {', '.join(counts)}")
            total = {each: total.get(each, 0) + counts.get(each, 0) for each in {**total, **counts}}
        return total

    def _start_sessions(self, name: str, weights: Mapping[str, NDArray[Any]] | None, profiles: str | None) -> _Sessions:
        sessions = _Sessions(
            *(
                start(
                    self._graphs[graph],
                    name,
                    label=f"graphs.{graph}",
                    weights=weights,
                    threads=self._threads,
                    profiles=profiles,
                )
                for graph in _Sessions._fields
            )
        )
        for graph, session in zip(_Sessions._fields, sessions, strict=True):
            _check_ports(graph, session, self._shapes[graph])
        return sessions

    def _reproduce(self, name: str, sessions: _Sessions, parity: Parity) -> Deviation:
        """Replay the parity vectors, all together and the first row alone: other kernels may run then.

        Raises:
            Failure: the outputs are too far from the trainer's.
        """
        worst = Deviation(0.0, "initial.latent")
        graphs: list[tuple[Graph, Mapping[str, NDArray[Any]], Mapping[str, NDArray[Any]]]] = [
            ("initial", {"observation": parity.observation}, parity.initial),
            ("recurrent", {"latent": parity.latent, "action": parity.action}, parity.recurrent),
        ]
        for graph, inputs, expected in graphs:
            for rows in (slice(None), slice(1)):
                feed = {key: array[rows] for key, array in inputs.items()}
                want = {key: array[rows] for key, array in expected.items()}
                session = getattr(sessions, graph)
                try:
                    got = _evaluate(session, self._shapes[graph], feed, name == "cpu")
                except EvaluationError as error:
                    raise Failure(str(error)) from error
                worst = max(worst, deviation(graph, want, got, parity.units))
        if not worst.acceptable:
            raise Failure(f"it does not reproduce the bundle's parity vectors: {worst}, allowed is {TOLERANCE:g}")
        return worst

    def _run(self, graph: Graph, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        session = getattr(self._sessions, graph)
        outputs = _evaluate(session, self._shapes[graph], inputs, self.provider == "cpu")
        for name, array in outputs.items():
            if not np.isfinite(array).all():
                raise EvaluationError(f"{graph}.{name}: expected finite numbers from the network, got NaN or infinity")
        return outputs


def as_observations(model: ModelSpec, observations: ArrayLike | Sequence[ArrayLike]) -> NDArray[np.float32]:
    """Observations as the initial graph takes them: C-contiguous float32 [n, *observation].

    Args:
        model: what they must fit.
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
        with np.errstate(all="ignore"):  # what is too large for float32 is infinite, and found so; too small is 0
            batch = np.ascontiguousarray(array, np.float32)
    if not all_finite(batch):
        raise ObservationError("observation: expected finite numbers, got NaN or infinity")
    return batch


class _Ports(NamedTuple):
    inputs: dict[str, tuple[tuple[int, ...], type[np.generic]]]
    outputs: dict[str, tuple[tuple[int, ...], type[np.generic]]]


def _shapes(model: ModelSpec) -> dict[str, _Ports]:
    return {
        "initial": _Ports({"observation": (model.observation, np.float32)}, initial_shapes(model)),
        "recurrent": _Ports({"latent": (model.latent, np.float32), "action": ((), np.int64)}, recurrent_shapes(model)),
    }


def _check_ports(graph: str, session: onnxruntime.InferenceSession, ports: _Ports) -> None:
    """Compare a graph's inputs and outputs with the model's. An open dimension fits any size."""
    for kind, wanted, found in (
        ("input", ports.inputs, session.get_inputs()),
        ("output", ports.outputs, session.get_outputs()),
    ):
        names = [port.name for port in found]
        if sorted(names) != sorted(wanted):
            raise BundleError(f"graphs.{graph}: expected the {kind}s {', '.join(wanted)}; got {', '.join(names)}")
        for port in found:
            shape, dtype = wanted[port.name]
            if TYPES.get(port.type) is not dtype:
                raise BundleError(f"graphs.{graph}.{port.name}: expected {np.dtype(dtype).name}, got {port.type}")
            fits = len(port.shape) == len(shape) + 1 and all(
                not isinstance(size, int) or size == want for size, want in zip(port.shape[1:], shape, strict=True)
            )
            if not fits or isinstance(port.shape[0], int):
                raise BundleError(f"graphs.{graph}.{port.name}: expected shape {['n', *shape]}, got {port.shape}")


def _evaluate(
    session: onnxruntime.InferenceSession, ports: _Ports, inputs: Mapping[str, NDArray[Any]], on_cpu: bool
) -> dict[str, NDArray[Any]]:
    rows = len(next(iter(inputs.values())))
    outputs = {name: np.zeros((rows, *shape), dtype) for name, (shape, dtype) in ports.outputs.items()}
    try:
        with computing():
            _bind(session, ports, {**inputs, **outputs}, on_cpu).run()
    except RUNTIME_ERRORS as error:
        raise EvaluationError(f"the network could not be run: {str(error).strip()[:400]}") from error
    return outputs


def _bind(
    session: onnxruntime.InferenceSession, ports: _Ports, arrays: Mapping[str, NDArray[Any]], on_cpu: bool
) -> Binding:
    """Tie a session to arrays; see :meth:`Evaluator.bind`.

    On the CPU a call is one native call. The Python wrapper around it (which checks for WebGPU's graph capture) costs
    more than the core's own work per simulation, so it is left out. Elsewhere the arrays are copied to the device and
    back: an input bound there is copied once, when it is bound, and a binding that outlives its session is fatal.
    """
    rows = len(next(iter(arrays.values())))
    for name, (shape, dtype) in {**ports.inputs, **ports.outputs}.items():
        array = arrays[name]
        if array.shape != (rows, *shape) or array.dtype != dtype or not array.flags.c_contiguous:
            raise ArgumentError(
                f"{name}: expected {np.dtype(dtype).name} {[rows, *shape]} in C order, "
                f"got {array.dtype} {list(array.shape)}"
            )
    if not on_cpu:
        inputs, outputs = ({name: arrays[name] for name in names} for names in ports)
        return Binding(partial(_run_and_copy, session, inputs, outputs), dict(arrays), session)
    binding = session.io_binding()
    for bind, wanted in ((binding.bind_input, ports.inputs), (binding.bind_output, ports.outputs)):
        for name, (_, dtype) in wanted.items():
            bind(name, "cpu", 0, dtype, arrays[name].shape, arrays[name].ctypes.data)
    run = partial(session._sess.run_with_iobinding, binding._iobinding, None)
    vars(run)["holds"] = (dict(arrays), session)  # ONNX Runtime knows the arrays' addresses only
    return Binding(run, dict(arrays), session)


def _run_and_copy(
    session: onnxruntime.InferenceSession, inputs: Mapping[str, NDArray[Any]], outputs: Mapping[str, NDArray[Any]]
) -> None:
    for (name, array), result in zip(outputs.items(), session.run(list(outputs), inputs), strict=True):
        if result.shape != array.shape:
            raise EvaluationError(f"{name}: expected shape {list(array.shape)}, got {list(result.shape)}")
        array[...] = result
