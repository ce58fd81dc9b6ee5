"""The native core's interface to Python (bindings/python/module.cpp): it trusts shapes, and checks contents."""

import numpy as np
from numpy.typing import NDArray

from myoshu.search.config import SearchConfig

def exp(x: float) -> float: ...
def log(x: float) -> float: ...
def all_finite(array: NDArray[np.float32]) -> bool: ...
def philox(counter: tuple[int, int, int, int], key: tuple[int, int]) -> list[int]:
    """Philox 4×32-10: four words of 32 bits out of a counter of four and a key of two."""

class Random:
    """See :class:`myoshu.search.random.Random`, which checks ranges; numbers are written into ``out``."""

    def __init__(self, seed: int, stream: int, position: int) -> None: ...
    @property
    def seed(self) -> int: ...
    @property
    def stream(self) -> int: ...
    @property
    def position(self) -> int: ...
    def word(self) -> int: ...
    def below(self, bound: int) -> int: ...
    def uniform(self) -> float: ...
    def uniform_float(self) -> float: ...
    def open_uniform(self) -> float: ...
    def exponential(self) -> float: ...
    def gumbel(self, out: NDArray[np.float64]) -> None: ...
    def normal(self) -> float: ...
    def gamma(self, shape: float) -> float: ...
    def dirichlet(self, concentration: float, out: NDArray[np.float64]) -> None: ...
    def choice(self, weights: NDArray[np.float64]) -> int:
        """An index with probability in proportion to its weight.

        Raises:
            ArgumentError: a weight is negative or NaN, or their sum 0 or infinite.
        """

def draw_move(
    temperature: float,
    mix: float,
    slack: float,
    legal: NDArray[np.bool_],
    policy: NDArray[np.float32],
    prior: NDArray[np.float32],
    q: NDArray[np.float32],
    action: int,
    sample: float,
) -> int:
    """A legal action, as :func:`myoshu.search.reference_sampling.draw_move` has it; nothing is checked."""

def kernel_names() -> list[str]:
    """The kernels that this processor can run, named by their instructions, the best first."""

class Evaluator:
    """A graph that is tied to arrays, for :meth:`Wave.search`; it belongs to one thread at a time."""

    def run(self, rows: int, times: int = 1) -> None:
        """Evaluate the first rows, that many times in a row, without the interpreter's lock."""

class Meter:
    """Counts and times what any number of :class:`Metered` evaluators run, from any thread."""

    def __init__(self) -> None: ...
    def add(self, seconds: float) -> None:
        """One run more."""
    @property
    def seconds(self) -> float:
        """Seconds of all runs."""
    @property
    def runs(self) -> int:
        """How many there were."""

class Metered(Evaluator):
    """An evaluator whose runs a meter counts."""

    def __init__(self, evaluator: Evaluator, meter: Meter) -> None: ...

class OnnxLibrary:
    """ONNX Runtime's shared library, opened.

    Args:
        path: of its file.

    Raises:
        ProviderError: there is none, or one that is too old.
    """

    def __init__(self, path: str) -> None: ...
    @property
    def version(self) -> str:
        """As ``1.20.0``."""
    @property
    def providers(self) -> list[str]:
        """The execution providers that were built into it, by ONNX Runtime's names."""

class OnnxSession:
    """One graph in ONNX Runtime, on the CPU. Any number of threads may run what it binds.

    Args:
        library: ONNX Runtime.
        graph: a serialised ONNX model.
        threads: threads of one operator.
        weights: float32 or int64 arrays by name, of what the graph keeps outside itself; they are copied.

    Raises:
        ProviderError: it does not start.
        ArgumentError: a weight is no such array.
    """

    def __init__(
        self, library: OnnxLibrary, graph: bytes, threads: int, weights: dict[str, NDArray[np.generic]]
    ) -> None: ...
    @property
    def inputs(self) -> list[tuple[str, int, list[int]]]:
        """Name, ONNX Runtime's number of the type, and dimensions, −1 where one is open."""
    @property
    def outputs(self) -> list[tuple[str, int, list[int]]]:
        """Likewise."""
    def bind(self, arrays: dict[str, NDArray[np.generic]]) -> Evaluator:
        """The graph tied to arrays [n, …] by the names of its inputs and outputs; they are kept alive."""

class Network(Evaluator):
    """One graph of a network, computed by the project's own kernels: the same bits whichever they are.

    Args:
        graph: a serialised ONNX model of the operators that the exporter writes.
        weights: float32 arrays by name: the weights stored outside the graph.
        kernels: one of :func:`kernel_names`; the best if empty.

    Raises:
        ProviderError: the graph is damaged, or not one that the exporter writes.
    """

    def __init__(self, graph: bytes, weights: dict[str, NDArray[np.float32]], kernels: str) -> None: ...
    def share(self) -> Network:
        """The same network with separate memory, for another thread."""
    def bind(self, arrays: dict[str, NDArray[np.generic]]) -> None:
        """Tie it to arrays [n, …] by the names of its inputs and outputs; they are kept alive."""
    @property
    def kernels(self) -> str:
        """The name of the kernels that compute it."""
    @property
    def nbytes(self) -> int:
        """Bytes of weights and memory."""
    @property
    def multiplications(self) -> int:
        """Number of multiplications for one row."""

class RootOptions:
    def __init__(
        self,
        simulations: NDArray[np.int32],
        planned: NDArray[np.int32],
        legal: NDArray[np.bool_] | None = None,
        noise: NDArray[np.float32] | None = None,
        gumbel: NDArray[np.float32] | None = None,
    ) -> None: ...

class Forest:
    def __init__(
        self, config: SearchConfig, slots: int, actions: int, players: int, nodes: int, edges: int
    ) -> None: ...
    @property
    def nbytes(self) -> int: ...
    @property
    def pending(self) -> int: ...
    def open(
        self,
        slots: NDArray[np.int32],
        priors: NDArray[np.float32],
        values: NDArray[np.float32],
        to_play: NDArray[np.int32],
        options: RootOptions,
        ids: NDArray[np.int32] | None = None,
    ) -> None: ...
    def close(self, slot: int) -> None: ...
    def is_open(self, slot: int) -> bool: ...
    def remaining(self, slot: int) -> int: ...
    def select(
        self,
        slots: NDArray[np.int32],
        requested: NDArray[np.int32],
        rows: NDArray[np.int64],
        actions: NDArray[np.int32],
    ) -> int: ...
    def expand(
        self,
        rewards: NDArray[np.float32],
        values: NDArray[np.float32],
        priors: NDArray[np.float32],
        to_play: NDArray[np.int32] | None = None,
        legal: NDArray[np.bool_] | None = None,
        discounts: NDArray[np.float32] | None = None,
        terminal: NDArray[np.bool_] | None = None,
        ids: NDArray[np.int32] | None = None,
        counts: NDArray[np.int32] | None = None,
    ) -> None: ...
    def cancel(self) -> None: ...
    def root_set(self, slot: int) -> tuple[int, list[int]]: ...
    def child_set(self, slot: int, action: int) -> tuple[int, bool]: ...
    def result(
        self,
        slots: NDArray[np.int32],
        sparse: bool,
        visits: NDArray[np.int32],
        q: NDArray[np.float32],
        policy: NDArray[np.float32],
        value: NDArray[np.float32],
        action: NDArray[np.int64],
        simulations: NDArray[np.int32],
    ) -> None: ...
    def principal_variation(self, slot: int, first: int | None = None) -> list[int]: ...
    def reroot(self, slot: int, action: int, options: RootOptions) -> list[int]: ...

class Wave:
    def __init__(
        self,
        forest: Forest,
        pool: NDArray[np.float32],
        latent_in: NDArray[np.float32],
        action_in: NDArray[np.int64],
        latent_out: NDArray[np.float32],
        prior: NDArray[np.float32],
        value: NDArray[np.float32],
        reward: NDArray[np.float32] | None = None,
        mover: NDArray[np.int64] | None = None,
    ) -> None: ...
    def open_trees(
        self,
        slots: NDArray[np.int32],
        latent: NDArray[np.float32],
        prior: NDArray[np.float32],
        value: NDArray[np.float32],
        to_play: NDArray[np.int32],
        options: RootOptions,
    ) -> None: ...
    def begin(self, slots: NDArray[np.int32], rows: int) -> None: ...
    def step(self) -> int:
        """Process the evaluations of the rows that the last step requested, then request the next.

        If they were not evaluated, call :meth:`cancel` first.

        Returns:
            The number of rows to evaluate; 0 when every tree has spent its budget, and now and then before
            (:attr:`done` tells) where lines end without an evaluation.

        Raises:
            EvaluationError: a value, reward or prior is not finite, a probability negative, or a mover out of range.
                All sound rows have been processed, and no row is awaited. Trees with an unsound row are as they were
                before the wave, named by :attr:`failed`, and take no further part; the others continue with the next
                step.
        """
    @property
    def done(self) -> bool:
        """Whether every tree has spent its budget, as far as the last step has seen."""
    def search(self, network: Evaluator, seconds: float | None = None) -> bool:
        """Step, and evaluate by a network that is bound to the same arrays, until all budgets or the time are spent.

        The interpreter's lock is released meanwhile. An exception leaves the trees as they were before that wave.

        Returns:
            Whether all budgets are spent.
        """
    def cancel(self) -> None:
        """Withdraw the rows that await evaluation, as if they had never been requested."""
    @property
    def pending(self) -> int:
        """How many rows await evaluation."""
    @property
    def failed(self) -> list[int]:
        """The slots that the last step dropped for an unsound row."""
    def reroot_tree(self, slot: int, action: int, options: RootOptions) -> list[int]: ...
