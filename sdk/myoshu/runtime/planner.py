"""Search with a network: a forest, a pool of latent states, the network's inputs and outputs, all in fixed memory."""

from __future__ import annotations

import math
import mmap
import sys
import weakref
from _thread import get_ident
from collections.abc import Callable
from functools import partial
from time import perf_counter, sleep
from typing import Any, NamedTuple, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from myoshu.checks import integer
from myoshu.errors import ArgumentError, CapacityError, EvaluationError, MyoshuError
from myoshu.model import Ports, ports
from myoshu.runtime.evaluator import as_observations
from myoshu.runtime.evaluators.binding import Bindable
from myoshu.runtime.providers import RUN_ERRORS
from myoshu.runtime.shutdown import calls, ending, leave
from myoshu.search import Forest, RootOptions, SearchConfig, SearchResult, SearchResults, Wave, _core
from myoshu.search.arrays import all_finite, as_integers, as_list
from myoshu.search.root import core_options

__all__ = ["Planner"]

HELD_UP = 1e-3
"""Seconds more than usual after which another thread must have had the interpreter."""
NAP = 3e-3
"""Seconds in which it is then left alone. A thread that waits for the interpreter takes it after 5 ms, and one that
lost it needs a while to wake up: a game that is busy for 10 ms a frame is held up once, not twice."""
MOST_NAPS = 6
"""How often in a row it is left alone; a thread that is busy all the same never idles, and shares the interpreter."""
ROWS = 64
"""Leaves evaluated at once on a processor where time is not limited: of more trees than that, each is found fallen out
of the caches. (Where it is limited, all trees must come equally far, so that all take part in each wave.)"""
SLICE = 0.02
"""Seconds for which a search without the interpreter runs at most before it checks for signals."""
LARGE = 1 << 22
MOST_EDGES = (1 << 31) - 1

_Answers = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]


class _Places(NamedTuple):
    """The memory of the initial graph for some number of rows: made once, since a short search notices each of it."""

    observation: NDArray[np.float32]
    answers: _Answers
    """Latents [n, latent_size], priors and values."""


class Planner:
    """Searches many trees at once, one a slot. It allocates all it needs here; it belongs to one thread at a time.

    ::

        planner.open([0, 1], observations, legal=legal)
        planner.run()
        planner.result(0).action

    A tree's search is the same bit for bit whatever other trees are searched beside it: on the CPU provider the rows of
    a batch do not influence each other.

    Args:
        evaluator: the network.
        config: how to search.
        slots: how many trees there can be.
        simulations: the greatest budget of a tree; ``config.simulations`` if not given.
        nodes: capacity of each slot; simulations + 1 if not given, more where :meth:`reuse` keeps subtrees.

    Raises:
        ArgumentError: a size is out of range.
        CapacityError: there is not that much memory.
    """

    def __init__(
        self,
        evaluator: Bindable,
        config: SearchConfig,
        *,
        slots: int = 1,
        simulations: int | None = None,
        nodes: int | None = None,
    ) -> None:
        model = evaluator.model
        budget = config.simulations if simulations is None else integer("simulations", simulations, 0)
        nodes = budget + 1 if nodes is None else nodes
        if nodes * model.actions > MOST_EDGES:
            raise CapacityError(
                f"simulations, nodes: expected trees of at most {MOST_EDGES} edges, got {nodes} × {model.actions}"
            )
        self.evaluator = evaluator
        """The network."""
        self.config = config
        """How it searches."""
        self.simulations = budget
        """The budget of a tree for which none is given."""
        try:
            self.forest = Forest(config, slots=slots, actions=model.actions, players=model.players, nodes=nodes)
            rows = slots * config.leaves
            self._rows = min(rows, max(ROWS, config.leaves))
            self._pool = _untouched(slots * nodes, model.latent_size)
            graphs = ports(model)
            self._initial = _memory(graphs["initial"], slots)
            self._recurrent = _memory(graphs["recurrent"], rows)
        except (MemoryError, OSError, OverflowError) as error:
            raise CapacityError(f"slots, nodes: expected what fits into memory, got {slots} × {nodes}") from error
        flat = (rows, model.latent_size)
        self._wave = Wave(
            self.forest,
            pool=self._pool,
            latent_in=self._recurrent["latent"].reshape(flat),
            action_in=self._recurrent["action"],
            latent_out=self._recurrent["next_latent"].reshape(flat),
            prior=self._recurrent["prior"],
            value=self._recurrent["value"],
            reward=self._recurrent.get("reward"),
            mover=self._recurrent.get("mover"),
        )
        self._places: dict[int, _Places] = {}
        self._open: dict[int, None] = {}
        self._order: NDArray[np.int32] | None = None
        self._fastest = math.inf
        self._naps = 0
        self._rebind()

    def __del__(self) -> None:
        """Let the wave go before the pool.

        Giving the pool's pages back releases the interpreter, and a thread that outlives the program never gets it
        again: fatal inside C++, where the wave's own end is.
        """
        vars(self).pop("_wave", None)

    @property
    def slots(self) -> int:
        """How many trees there can be."""
        return self.forest.slots

    @property
    def nodes(self) -> int:
        """How many nodes each of them can have."""
        return self.forest.nodes

    @property
    def nbytes(self) -> int:
        """Bytes of memory for trees, latent states, inputs and outputs; it does not grow."""
        memory = [self._pool, *self._initial.values(), *self._recurrent.values()]
        return self.forest.nbytes + sum(array.nbytes for array in memory)

    def open(
        self,
        slots: ArrayLike,
        observations: ArrayLike,
        *,
        to_play: ArrayLike = 0,
        **root: Unpack[RootOptions],
    ) -> None:
        """Begin n trees with one call of the initial graph. Trees that the slots had are dropped.

        Args:
            slots: int [n], different.
            observations: real numbers [n, *observation].
            to_play: int [n] or one for all: the player to move.
            root: see :class:`myoshu.search.RootOptions`; the budget is :attr:`simulations` if not given.

        Raises:
            ArgumentError: an argument has the wrong shape, type or range.
            ObservationError: an observation has, or is not finite.
            LegalActionsError: nothing is legal.
            EvaluationError: the network's answer is not finite.
            CapacityError: a budget does not fit into its slot.
        """
        numbers = as_list("slots", slots)
        count = len(numbers)
        answers = self._encode(count, observations)
        options = core_options((count, self.forest.actions), self.simulations, **root)
        self._wave.open_trees(numbers, *answers, as_integers("to_play", to_play, (count,)), options)
        names = numbers.tolist()
        if not all(name in self._open for name in names):
            self._open.update(dict.fromkeys(names))
            self._order = None

    def run(self, deadline: float | None = None, slots: ArrayLike | None = None, *, aside: bool = False) -> bool:
        """Search open trees until their budgets are spent, or until the deadline.

        The clock is read between evaluations; a search that it ends is resumed by another call.

        Args:
            deadline: in seconds as of :func:`time.perf_counter`; none if not given.
            slots: which trees; all that are open if not given.
            aside: whether to step aside for a moment where another thread that computes in Python was made to give the
                interpreter up, rather than to make it do so again and again; matters where there is a deadline.

        Returns:
            Whether all their budgets are spent.

        Raises:
            ArgumentError: a slot is not open, or is given twice.
            EvaluationError: the network's answer for a leaf is not sound. The trees concerned are as they were before
                that wave and can be closed or asked for results.
        """
        if self.evaluator.generation != self._generation:
            self._rebind()
        wave = self._wave
        rows = self._rows if deadline is None and self._network is not None else None
        wave.begin(self._listed() if slots is None else slots, rows)
        step, runs = wave.step, self._runs
        thread = get_ident()
        calls[thread] = runs
        if ending:
            leave()
        try:
            if self._network is not None:
                return self._search(self._network, deadline)
            if deadline is None:
                while (rows := step()) or not wave.done:
                    if rows:
                        runs[rows]()
                return True
            while (rows := step()) or not wave.done:
                now = perf_counter()
                if now >= deadline:
                    wave.cancel()
                    return False
                if not rows:
                    continue
                runs[rows]()
                if aside:
                    self._step_aside(perf_counter() - now)
        except BaseException as error:
            wave.cancel()
            if isinstance(error, RUN_ERRORS) and not isinstance(error, MyoshuError):
                raise EvaluationError(f"the network could not be run: {str(error).strip()[:400]}") from error
            raise
        finally:
            calls.pop(thread, None)
        return True

    def _search(self, network: _core.Evaluator, deadline: float | None) -> bool:
        """The loop without the interpreter, a slice at a time: between them Ctrl-C and the program's end are heeded."""
        while True:
            now = perf_counter()
            end = now + SLICE
            if self._wave.search(network, (end if deadline is None or end < deadline else deadline) - now):
                return True
            if ending:
                leave()
            if deadline is not None and perf_counter() >= deadline:
                return False

    def reuse(
        self,
        slot: int,
        action: int,
        *,
        observation: ArrayLike | None = None,
        **root: Unpack[RootOptions],
    ) -> int:
        """Continue with what is known of the position after a real move: the subtree becomes the tree.

        The statistics stay those of the imagined position, its prior and value too. What is newly expanded at the root
        comes from the real one if its observation is given.

        Args:
            slot: an open slot.
            action: the action that was played in its root.
            observation: real numbers [*observation]: what the player to move sees now.
            root: see :class:`myoshu.search.RootOptions`; :attr:`simulations` new simulations if not given.

        Returns:
            How many nodes are kept; 0 if there is nothing to keep, and then nothing has changed.

        Raises:
            MyoshuError: as :meth:`open`; then nothing has changed.
        """
        latent = None if observation is None else self._encode(1, np.asarray(observation)[np.newaxis])[0]
        if latent is not None and not all_finite(latent):
            raise EvaluationError("initial.latent: expected finite numbers from the network, got NaN or infinity")
        if root.get("simulations") is None:
            root["simulations"] = self.simulations
        kept = self._wave.reroot(slot, action, **root)
        if kept is None:
            return 0
        if latent is not None:
            self._pool[slot * self.forest.nodes] = latent
        return len(kept)

    def result(self, slot: int) -> SearchResult:
        """What the search of one tree found so far.

        Raises:
            ArgumentError: the slot is not open.
        """
        return self.forest.result(slot)

    def results(self, slots: ArrayLike) -> SearchResults:
        """What the searches of several trees found so far, stacked.

        Raises:
            ArgumentError: a slot is not open.
        """
        return self.forest.results(slots)

    def root_prior(self, rows: int = 1) -> NDArray[np.float32]:
        """The network's own probabilities for the first observations of the last call, float32 [rows, actions]."""
        return np.array(self._initial["prior"][:rows])

    def close(self, slot: int) -> None:
        """End a tree.

        Raises:
            ArgumentError: the slot is not open.
        """
        self.forest.close(slot)
        self._open.pop(slot, None)
        self._order = None

    def bound(self, rows: int) -> Callable[[], None]:
        """One evaluation of this many rows of the recurrent graph as the search makes it: for measuring its cost.

        It holds the memory that it reads and writes, whatever becomes of the planner.
        """
        self._runs[rows]()
        return self._runs[rows]

    def _step_aside(self, took: float) -> None:
        """Sleep if the evaluation took so long that another thread must have had the interpreter."""
        self._fastest = min(self._fastest, took)
        if took <= 1.5 * self._fastest + HELD_UP:
            self._naps = 0
        elif self._naps < MOST_NAPS:
            self._naps += 1
            sleep(NAP)

    def _listed(self) -> NDArray[np.int32]:
        if self._order is None:
            self._order = np.array(list(self._open), np.int32)
        return self._order

    def _encode(self, trees: int, observations: ArrayLike) -> _Answers:
        """Latents [n, latent_size], priors and values of observations, in memory that the next call overwrites."""
        if self.evaluator.generation != self._generation:
            self._rebind()
        batch = as_observations(self.evaluator.model, observations)
        rows = len(batch)
        if rows != trees:
            raise ArgumentError(f"slots: expected {rows}, one for each observation, got {trees}")
        if rows > self.slots:
            raise ArgumentError(f"slots: expected at most {self.slots}, got {rows}")
        places = self._places.get(rows) or self._place(rows)
        places.observation[...] = batch
        thread = get_ident()
        calls[thread] = self._roots
        if ending:
            leave()
        try:
            self._roots[rows]()
        except RUN_ERRORS as error:
            raise EvaluationError(f"the network could not be run: {str(error).strip()[:400]}") from error
        finally:
            calls.pop(thread, None)
        return places.answers

    def _place(self, rows: int) -> _Places:
        latent, prior, value = (self._initial[name][:rows] for name in ("latent", "prior", "value"))
        found = _Places(self._initial["observation"][:rows], (latent.reshape(rows, -1), prior, value))
        self._places[rows] = found
        return found

    def _rebind(self) -> None:
        """Bind the evaluator's current sessions; each batch size when it is first met.

        The entries know the planner by a weak reference only, so that dropping it frees its memory at once, with
        Python's collector off too.
        """
        self._generation = self.evaluator.generation
        self._network = self.evaluator.network("recurrent", self._recurrent)
        own = weakref.ref(self)
        self._roots: list[Callable[[], None]] = [
            partial(_bind_and_run, own, "initial", rows) for rows in range(self.slots + 1)
        ]
        self._runs: list[Callable[[], None]] = [
            partial(_bind_and_run, own, "recurrent", rows) for rows in range(self.slots * self.config.leaves + 1)
        ]

    def _bind(self, graph: str, rows: int) -> Callable[[], None]:
        memory, runs = (self._initial, self._roots) if graph == "initial" else (self._recurrent, self._runs)
        runs[rows] = self.evaluator.bind(graph, {name: array[:rows] for name, array in memory.items()}).run
        return runs[rows]


def _bind_and_run(own: weakref.ref[Planner], graph: str, rows: int) -> None:
    """What a batch size that has not been met is run by."""
    planner = own()
    assert planner is not None
    planner._bind(graph, rows)()


def _untouched(rows: int, columns: int) -> NDArray[np.float32]:
    """Float32 [rows, columns] that takes no memory before it is used, page by page.

    NumPy asks Linux for huge pages where an array is large: a tree's first row would then take 2 MB, and the time to
    clear them.
    """
    size = 4 * rows * columns
    if size < LARGE or sys.platform == "win32":
        return np.empty((rows, columns), np.float32)
    own = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    return np.frombuffer(own, np.float32).reshape(rows, columns)


def _memory(ports: Ports, rows: int) -> dict[str, NDArray[Any]]:
    return {name: np.zeros((rows, *port.shape), port.dtype) for ends in ports for name, port in ends.items()}
