"""Many search trees in fixed memory, which emit leaves to evaluate and take the evaluations back."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from myoshu.checks import integer
from myoshu.errors import ArgumentError, CapacityError
from myoshu.search import _core
from myoshu.search.arrays import as_booleans, as_floats, as_integers, as_list
from myoshu.search.config import SearchConfig
from myoshu.search.requests import Requests
from myoshu.search.result import SearchResult, SearchResults
from myoshu.search.root import RootOptions, core_options
from myoshu.spec import MAX_ACTIONS, MAX_PLAYERS

__all__ = ["CHANCE", "Forest"]

CHANCE = -1
"""``to_play`` of a node at which chance moves."""

MAX_INDEX = (1 << 31) - 1


class Forest:
    """Search trees, one per slot, in memory that is allocated here and never grows.

    A tree is searched by ``open``, then ``select`` and ``expand`` in turn until nothing is left to select, then
    ``result``. It never calls a model: the caller evaluates the leaves. Trees join and leave between waves, and a
    tree's search is the same bit for bit whatever other trees are searched beside it, and on every machine.

    Values and rewards are absolute: element p is player p's.

    Args:
        config: how to search.
        slots: the greatest number of trees.
        actions: the number of actions: the greatest number of edges of a node.
        players: the number of players, 1 to 64.
        nodes: capacity of each slot: simulations + 1 normally, more where subtrees are reused.
        edges: capacity of each slot; nodes × actions if not given, which always suffices.

    Raises:
        ArgumentError: a size is out of range.
    """

    def __init__(
        self, config: SearchConfig, *, slots: int, actions: int, players: int, nodes: int, edges: int | None = None
    ) -> None:
        edges = nodes * actions if edges is None else edges
        for field, size, high in (
            ("slots", slots, MAX_INDEX),
            ("actions", actions, MAX_ACTIONS),
            ("players", players, MAX_PLAYERS),
            ("nodes", nodes, MAX_INDEX),
            ("edges", edges, MAX_INDEX),
        ):
            integer(field, size, 1, high, exact=True)
        self.config = config
        """The settings of the search."""
        self.slots = slots
        """The greatest number of trees."""
        self.actions = actions
        """The greatest number of edges of a node."""
        self.players = players
        """The number of players."""
        self.nodes = nodes
        """Capacity of a slot in nodes."""
        self.edges = edges
        """Capacity of a slot in edges."""
        self._core = _core.Forest(config, slots, actions, players, nodes, edges)

    @property
    def nbytes(self) -> int:
        """Bytes of memory of all trees."""
        return self._core.nbytes

    @property
    def pending(self) -> int:
        """How many leaves of the last ``select`` await their evaluation."""
        return self._core.pending

    def open(
        self,
        slot: int,
        prior: ArrayLike,
        value: ArrayLike,
        *,
        to_play: int = 0,
        actions: ArrayLike | None = None,
        **root: Unpack[RootOptions],
    ) -> None:
        """Begin a tree with the evaluation of its root. The slot's previous tree is dropped.

        With K = the forest's ``actions``, or the length of ``actions`` where that is given:

        Args:
            slot: in [0, slots).
            prior: float32 [K], probabilities of any positive scale; those of legal actions are divided by their sum
                (all zero: a uniform prior).
            value: float32 [players].
            to_play: the player to move, or :data:`CHANCE`.
            actions: int32 [K], ascending: the node's own set instead of all actions.
            root: see :class:`RootOptions`.

        Raises:
            ArgumentError: an argument has the wrong shape, type or range.
            LegalActionsError: nothing is legal.
            EvaluationError: the prior does not consist of probabilities, or the value is not finite.
            CapacityError: the budget does not fit into the slot.
        """
        identifiers = None if actions is None else self._ascending(actions)
        width = self.actions if identifiers is None else len(identifiers)
        self._core.open(
            as_integers("slot", slot, (1,)),
            as_floats("prior", prior, (width,))[np.newaxis],
            as_floats("value", value, (self.players,))[np.newaxis],
            as_integers("to_play", to_play, (1,)),
            core_options((width,), self.config.simulations, **root),
            identifiers,
        )

    def open_many(
        self,
        slots: ArrayLike,
        priors: ArrayLike,
        values: ArrayLike,
        *,
        to_play: ArrayLike = 0,
        **root: Unpack[RootOptions],
    ) -> None:
        """Begin n trees at once: :meth:`open` with a first axis of n (or one number for all). All are begun, or none.

        Args:
            slots: int32 [n].
            priors: float32 [n, actions].
            values: float32 [n, players].
            to_play: int32 [n].
            root: see :class:`RootOptions`.

        Raises:
            MyoshuError: as :meth:`open`.
        """
        numbers = self._slots(slots)
        shape = (len(numbers), self.actions)
        self._core.open(
            numbers,
            as_floats("priors", priors, shape),
            as_floats("values", values, (len(numbers), self.players)),
            as_integers("to_play", to_play, (len(numbers),)),
            core_options(shape, self.config.simulations, **root),
        )

    def select(self, slots: ArrayLike) -> Requests:
        """Choose the leaves to evaluate next: up to ``config.leaves`` of each tree.

        A tree adds none when its budget is spent. A simulation that ends at the end of the game needs no evaluation: it
        is completed here, and counts.

        Args:
            slots: int32 [n], open and different.

        Returns:
            The leaves; :meth:`expand` must follow, or :meth:`cancel`.

        Raises:
            ArgumentError: a slot is closed, named twice or out of range; or the last wave was not expanded.
        """
        numbers = self._slots(slots)
        room = len(numbers) * self.config.leaves
        requested, rows, actions = np.empty(room, np.int32), np.empty(room, np.int64), np.empty(room, np.int32)
        count = self._core.select(numbers, requested, rows, actions)
        return Requests(requested[:count], rows[:count], actions[:count])

    def expand(
        self,
        rewards: ArrayLike | None,
        values: ArrayLike,
        priors: ArrayLike,
        *,
        to_play: ArrayLike | None = None,
        legal: ArrayLike | None = None,
        discounts: ArrayLike | None = None,
        terminal: ArrayLike | None = None,
        actions: ArrayLike | None = None,
        counts: ArrayLike | None = None,
    ) -> None:
        """Add the leaves of the last :meth:`select`, in its order, and back their values up.

        Rows of trees that were closed or reopened since are ignored.

        Args:
            rewards: float32 [n, players], on the way to the leaf; zero if None.
            values: float32 [n, players].
            priors: float32 [n, actions], as in :meth:`open`; float32 [Σ counts] with action sets.
            to_play: int32 [n]: who moves, or :data:`CHANCE`; if not given, the player after the one who moved.
            legal: bool [n, actions]; all if not given. Not with action sets.
            discounts: float32 [n], in [0, 1]: γ of the edge to the leaf; ``config.discount`` if not given.
            terminal: bool [n]: whether the game is over. Such a leaf is never expanded: reaching it again backs its
                value up again.
            actions: int32 [Σ counts]: the leaves' action sets, concatenated, each ascending.
            counts: int32 [n]: the sizes of these sets.

        Raises:
            ArgumentError: an argument has the wrong shape, type or range.
            EvaluationError: a reward, value or prior is not finite, or a probability negative.
            LegalActionsError: nothing is legal at a leaf that is not terminal.
            CapacityError: the action sets do not fit into their slot. In each case nothing has changed.
        """
        count = self.pending
        columns = (count, self.players)
        shape: tuple[int, ...] = (count, self.actions)
        sizes = identifiers = None
        if (actions is None) != (counts is None):
            raise ArgumentError("actions, counts: expected both or neither, got one")
        if actions is not None and counts is not None:
            if legal is not None:
                raise ArgumentError("legal: expected None beside action sets, got a mask")
            sizes = as_integers("counts", counts, (count,))
            if count and sizes.min() < 0:
                raise ArgumentError(f"counts: expected sizes from 0, got {sizes.min()}")
            shape = (int(sizes.sum(dtype=np.int64)),)
            identifiers = as_integers("actions", actions, shape)
            _require_ascending(identifiers, sizes)
        self._core.expand(
            np.zeros(columns, np.float32) if rewards is None else as_floats("rewards", rewards, columns),
            as_floats("values", values, columns),
            as_floats("priors", priors, shape),
            None if to_play is None else as_integers("to_play", to_play, (count,)),
            None if legal is None else as_booleans("legal", legal, shape),
            None if discounts is None else as_floats("discounts", discounts, (count,)),
            None if terminal is None else as_booleans("terminal", terminal, (count,)),
            identifiers,
            sizes,
        )

    def cancel(self) -> None:
        """Withdraw the leaves that await evaluation, as if they had never been selected."""
        self._core.cancel()

    def remaining(self, slot: int) -> int:
        """How many simulations of the tree's budget are left.

        Raises:
            ArgumentError: the slot is closed or out of range.
        """
        return self._core.remaining(self._slot(slot))

    def all_remaining(self, slots: ArrayLike) -> list[int]:
        """:meth:`remaining` of several trees, int32 [n]."""
        remaining = self._core.remaining
        return [remaining(slot) for slot in self._slots(slots).tolist()]

    def is_open(self, slot: int) -> bool:
        """Whether the slot has a tree.

        Raises:
            ArgumentError: the slot is out of range.
        """
        return self._core.is_open(self._slot(slot))

    def result(self, slot: int) -> SearchResult:
        """What the search of one tree found so far; leaves that await evaluation do not count.

        Raises:
            ArgumentError: the slot is closed or out of range.
        """
        slot = self._slot(slot)
        width, identifiers = self._core.root_set(slot)
        found = self._results(np.array([slot], np.int32), width, bool(identifiers))
        visits, q, policy, value, action, simulations = found
        return SearchResult(
            visits=visits[0],
            q=q[0],
            policy=policy[0],
            value=value[0],
            action=int(action[0]),
            principal_variation=tuple(self._core.principal_variation(slot)),
            simulations=int(simulations[0]),
            actions=np.array(identifiers, np.int32) if identifiers else None,
        )

    def results(self, slots: ArrayLike) -> SearchResults:
        """What the searches of n trees found so far.

        Args:
            slots: int32 [n], open.

        Raises:
            ArgumentError: a slot is closed or out of range, or its root has its own action set.
        """
        return SearchResults(*self._results(self._slots(slots), self.actions, False))

    def principal_variation(self, slot: int, first: int | None = None) -> tuple[int, ...]:
        """The search's own choice, then the most visited action of each node on the way down.

        Args:
            slot: an open slot.
            first: a root action to begin with instead of the search's choice; an action never visited stands alone.

        Raises:
            ArgumentError: the slot is closed or out of range.
        """
        first = None if first is None else self._index("first", first)
        return tuple(self._core.principal_variation(self._slot(slot), first))

    def principal_variations(self, slots: ArrayLike) -> list[tuple[int, ...]]:
        """:meth:`principal_variation` of several trees."""
        variation = self._core.principal_variation
        return [tuple(variation(slot)) for slot in self._slots(slots).tolist()]

    def reroot(self, slot: int, action: int, **root: Unpack[RootOptions]) -> NDArray[np.int64] | None:
        """Make the subtree under a root action the tree, and begin a new search with what it holds.

        Illegal edges of the new root are removed, with the visits under them; its statistics are rebuilt from its own
        evaluation and the remaining edges, its prior is renormalised, and noise is applied again. The budget
        counts new simulations; sequential halving counts visits from now on, while σ and the final choice use all of
        them.

        With K = the forest's ``actions``, or the size of the new root's own action set:

        Args:
            slot: an open slot whose tree awaits no evaluation.
            action: the root action that was played (or the outcome that chance brought).
            root: see :class:`RootOptions`.

        Returns:
            int64 [m]: the old node index of each node now in the tree, ascending: data kept per node must be moved
            from there to the front. None if there is no usable subtree: the action was never expanded, it ends the
            game, or an action is legal that the subtree's root does not have; then nothing has changed.

        Raises:
            ArgumentError: an argument has the wrong shape, type or range.
            LegalActionsError: nothing is legal.
            CapacityError: what is kept and the budget do not fit; then nothing has changed.
        """
        return self._reroot(self._core.reroot, slot, action, root)

    def close(self, slot: int) -> None:
        """End a tree; evaluations it awaits will be ignored.

        Raises:
            ArgumentError: the slot is closed already or out of range.
        """
        self._core.close(self._slot(slot))

    def _reroot(
        self,
        reroot: Callable[[int, int, _core.RootOptions], list[int]],
        slot: int,
        action: int,
        root: RootOptions,
    ) -> NDArray[np.int64] | None:
        slot, action = self._slot(slot), self._index("action", action)
        width, _ = self._core.child_set(slot, action)
        if width == 0:
            return None
        kept = reroot(slot, action, core_options((width,), self.config.simulations, **root))
        return np.array(kept, np.int64) if kept else None

    def _results(
        self, slots: NDArray[np.int32], width: int, sparse: bool
    ) -> tuple[
        NDArray[np.int32],
        NDArray[np.float32],
        NDArray[np.float32],
        NDArray[np.float32],
        NDArray[np.int64],
        NDArray[np.int32],
    ]:
        count = len(slots)
        arrays = (
            np.empty((count, width), np.int32),
            np.empty((count, width), np.float32),
            np.empty((count, width), np.float32),
            np.empty((count, self.players), np.float32),
            np.empty(count, np.int64),
            np.empty(count, np.int32),
        )
        self._core.result(slots, sparse, *arrays)
        return arrays

    def _slots(self, slots: ArrayLike) -> NDArray[np.int32]:
        return as_list("slots", slots)

    def _slot(self, slot: int) -> int:
        return self._index("slot", slot)

    @staticmethod
    def _index(field: str, value: int) -> int:
        try:
            index = operator.index(value)
        except TypeError as error:
            raise ArgumentError(f"{field}: expected an integer, got {value!r}") from error
        if not -MAX_INDEX <= index <= MAX_INDEX:
            raise ArgumentError(f"{field}: expected an integer of 32 bits, got {index}")
        return index

    def _ascending(self, actions: ArrayLike) -> NDArray[np.int32]:
        identifiers = as_list("actions", actions)
        if len(identifiers) > self.actions:
            raise CapacityError(f"actions: expected at most {self.actions} a node, got {len(identifiers)}")
        _require_ascending(identifiers, np.array([len(identifiers)], np.int32))
        return identifiers


def _require_ascending(identifiers: NDArray[np.int32], sizes: NDArray[np.int32]) -> None:
    """Each set must be ascending, and hold nothing negative."""
    if identifiers.size == 0:
        return
    if identifiers.min() < 0:
        raise ArgumentError(f"actions: expected integers from 0, got {identifiers.min()}")
    rises = np.diff(identifiers) > 0
    ends = np.cumsum(sizes, dtype=np.int64)[:-1]
    rises[ends[(ends > 0) & (ends < len(identifiers))] - 1] = True
    if not rises.all():
        raise ArgumentError("actions: expected each set in ascending order, without repetition")
