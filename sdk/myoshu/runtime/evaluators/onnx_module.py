"""ONNX Runtime's Python module: sessions on any provider, called from Python.

It is imported only where it is needed: on the CPU the library does (:mod:`onnx_library`), and to load both takes a
shipped game's time and memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort

from myoshu.errors import EvaluationError
from myoshu.model import Ports
from myoshu.runtime.evaluators.binding import Binding
from myoshu.runtime.evaluators.kind import Failure
from myoshu.runtime.evaluators.onnx_ports import PortFound, check_arrays, check_ports, given_weights
from myoshu.runtime.evaluators.onnx_providers import available, known, short_name
from myoshu.runtime.shutdown import computing

__all__ = ["OnnxSessions", "kernels_run", "start_session"]

ERRORS: tuple[type[Exception], ...] = (
    RuntimeError,
    MemoryError,
    *(error for error in vars(ort).values() if isinstance(error, type) and issubclass(error, Exception)),
)
"""What it raises where a graph is run. A ValueError or TypeError there would be a mistake of ours."""

START_ERRORS: tuple[type[Exception], ...] = (*ERRORS, ValueError, TypeError)
"""What it raises where a session is started: its Python half refuses a provider's options by the latter two."""


class OnnxSessions:
    """Graphs in ONNX Runtime, one session each, on one provider, called from Python.

    The arguments are those of :func:`myoshu.runtime.evaluators.onnx_runtime.start`, a folder for profiles, and why it
    is Python that calls.
    """

    def __init__(
        self,
        graphs: Mapping[str, bytes],
        ports: Mapping[str, Ports],
        provider: str,
        *,
        weights: Mapping[str, NDArray[Any]] | None,
        threads: int,
        profiles: str | None = None,
        interpreted: str = "",
    ) -> None:
        self.placement: dict[str, int] = {}
        """How many operators of all graphs run on each provider, where it is not the CPU that was chosen."""
        self.interpreted = interpreted or f"ONNX Runtime is called from Python on {provider}"
        """Why a search on it waits for the interpreter."""
        self._graphs, self._ports, self._provider, self._threads = graphs, ports, provider, threads
        self._sessions = {
            name: start_session(graph, provider, name=name, weights=weights, threads=threads, profiles=profiles)
            for name, graph in graphs.items()
        }
        for name, session in self._sessions.items():
            check_ports(name, ports[name], *map(_found, (session.get_inputs(), session.get_outputs())))

    def bind(self, graph: str, arrays: Mapping[str, NDArray[Any]]) -> Binding:
        """Tie a graph to arrays; see :meth:`myoshu.runtime.evaluator.Evaluator.bind`.

        On the CPU a call is one native call. The Python wrapper around it (which checks for WebGPU's graph capture)
        costs more than the core's own work per simulation, so it is left out. Elsewhere the arrays are copied to the
        device and back: an input bound there is copied once, when it is bound, and a binding that outlives its session
        is fatal.
        """
        session, ports = self._sessions[graph], self._ports[graph]
        check_arrays(ports, arrays)
        if self._provider != "cpu":
            inputs, outputs = ({name: arrays[name] for name in names} for names in ports)
            run = partial(_run_and_copy, session, inputs, outputs)
            return Binding(partial(_call, run), dict(arrays), session)
        binding = session.io_binding()
        for bind, wanted in ((binding.bind_input, ports.inputs), (binding.bind_output, ports.outputs)):
            for name, port in wanted.items():
                bind(name, "cpu", 0, port.dtype, arrays[name].shape, arrays[name].ctypes.data)
        run = partial(session._sess.run_with_iobinding, binding._iobinding, None)
        return Binding(partial(_call, run, (dict(arrays), session)), dict(arrays), session)

    def network(self, graph: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """There is none: ONNX Runtime is called from Python."""

    def replaced(self, weights: Mapping[str, NDArray[Any]]) -> OnnxSessions:
        """The same graphs with other weights, in new sessions."""
        fresh = OnnxSessions(
            self._graphs,
            self._ports,
            self._provider,
            weights=weights,
            threads=self._threads,
            interpreted=self.interpreted,
        )
        fresh.placement = dict(self.placement)
        return fresh

    def try_out(self) -> None:
        """Run each graph once, and see where: fills :attr:`placement`. Only once, of sessions that take profiles.

        Raises:
            Failure: they do not run, or not on this provider.
        """
        total: dict[str, int] = {}
        for name, session in self._sessions.items():
            ports = self._ports[name]
            arrays = {key: np.zeros((1, *port.shape), port.dtype) for ends in ports for key, port in ends.items()}
            try:
                with computing():
                    self.bind(name, arrays).run()
            except EvaluationError as error:
                raise Failure(str(error)) from error
            except RuntimeError as error:
                raise Failure(f"the network could not be run: {str(error).strip()[:400]}") from error
            counts = kernels_run(session)
            if counts and self._provider not in counts:
                raise Failure(f"it takes none of the operators of graphs.{name}: all run on {', '.join(counts)}")
            total = {each: total.get(each, 0) + counts.get(each, 0) for each in {**total, **counts}}
        self.placement = total


def start_session(
    graph: bytes,
    provider: str,
    *,
    name: str,
    weights: Mapping[str, NDArray[Any]] | None = None,
    threads: int = 1,
    profiles: str | None = None,
) -> onnxruntime.InferenceSession:
    """Start a session on one provider.

    Args:
        graph: a serialised ONNX model.
        provider: a short name of a provider, or ONNX Runtime's where it has none.
        name: the graph's.
        weights: the weights that the graph keeps outside itself.
        threads: threads of one operator.
        profiles: a folder for the profile that :func:`kernels_run` reads; none is taken if not given.

    Raises:
        Failure: the provider is absent or does not start.
        ProviderError: a weight is missing.
    """
    wanted = known(provider)
    if wanted.runtime_name not in onnxruntime.get_available_providers():
        raise Failure(
            f"the installed ONNX Runtime {onnxruntime.__version__} has only {', '.join(available())}; "
            f"install {wanted.wheel} for it"
        )
    options = _options(provider, threads)
    if profiles is not None:
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(profiles) / name)
    given = given_weights(name, graph, weights)
    if given:
        values = [onnxruntime.OrtValue.ortvalue_from_numpy(array) for array in given.values()]
        options.add_external_initializers(list(given), values)
    try:
        with computing():
            session = onnxruntime.InferenceSession(
                graph, options, providers=[(wanted.runtime_name, wanted.options)], enable_fallback=0
            )
    except START_ERRORS as error:
        raise Failure(f"graphs.{name}: {_first_line(error)}") from error
    if wanted.runtime_name not in session.get_providers():
        raise Failure(f"ONNX Runtime could not start it and would run {', '.join(session.get_providers())} instead")
    return session


def kernels_run(session: onnxruntime.InferenceSession) -> dict[str, int]:
    """How many operators the session has run on each provider since it was started with a profile; ends the profile.

    ONNX Runtime leaves to the CPU, without a word, whatever a provider does not take, be it everything. Its list of a
    session's providers does not say; the profile does.
    """
    counts: dict[str, int] = {}
    path = Path(session.end_profiling())
    try:
        events = msgspec.json.decode(path.read_bytes(), type=list[_Event])
    except (OSError, msgspec.MsgspecError):
        return {}
    for event in events:
        if event.category == "Node" and "provider" in event.arguments:
            found = str(event.arguments["provider"])
            name = short_name(found) or found
            counts[name] = counts.get(name, 0) + 1
    return counts


class _Event(msgspec.Struct, rename={"category": "cat", "arguments": "args"}):
    category: str = ""
    arguments: dict[str, Any] = {}


def _options(provider: str, threads: int) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.use_deterministic_compute = True
    options.enable_mem_pattern = provider != "directml"
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("optimization.constant_folding_max_output_size_in_bytes", str(1 << 26))
    return options


def _found(ports: Sequence[Any]) -> list[PortFound]:
    return [PortFound(port.name, port.type, port.shape) for port in ports]


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:400] if lines else 'no message'}"


def _call(run: Callable[[], None], holds: object = None) -> None:
    """Run a graph; whatever class ONNX Runtime's error has, it is a RuntimeError then.

    ONNX Runtime knows the arrays' addresses only: what is bound to them is held here.
    """
    try:
        run()
    except ERRORS as error:
        raise RuntimeError(str(error)) from error


def _run_and_copy(
    session: onnxruntime.InferenceSession, inputs: Mapping[str, NDArray[Any]], outputs: Mapping[str, NDArray[Any]]
) -> None:
    for (name, array), result in zip(outputs.items(), session.run(list(outputs), inputs), strict=True):
        if result.shape != array.shape:
            raise EvaluationError(f"{name}: expected shape {list(array.shape)}, got {list(result.shape)}")
        array[...] = result
