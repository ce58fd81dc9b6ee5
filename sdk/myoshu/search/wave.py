"""A forest tied to fixed arrays: one native call between two evaluations."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from myoshu.errors import ArgumentError
from myoshu.search import _core
from myoshu.search.arrays import as_floats, as_integers, require_buffer
from myoshu.search.forest import Forest
from myoshu.search.root import RootOptions, core_options

__all__ = ["Wave"]


class Wave(_core.Wave):
    """Searches the trees of a forest with a network whose inputs and outputs are fixed arrays.

    The loop of a search is ``while (n := wave.step()) or not wave.done: run(n)``, where ``run(n)`` evaluates rows 0 …
    n−1 of the inputs into the same rows of the outputs; n may be 0. With at most B rows, L numbers in a latent and A
    actions::

        pool        float32 [slots × nodes, L]   each node's latent: row slot × nodes + node
        latent_in   float32 [B, L]               written: what the recurrent graph reads
        action_in   int64 [B]                    written: likewise
        latent_out  float32 [B, L]               read: what the recurrent graph wrote
        prior       float32 [B, A]               read
        value       float32 [B, V]               read; V is 1 or players
        reward      float32 [B, R] or None       read; R is 1 or players
        mover       int64 [B] or None            read; None: players move in turn

    The columns are relative, as :class:`myoshu.spec.ModelSpec` describes; the trees' values are absolute. All arrays
    must be contiguous, and are kept alive. B must be at least ``config.leaves``; a tree's whole share of a wave is
    requested, or none of it, so it does not matter how many others share the batch.

    Raises:
        ArgumentError: an array has the wrong type or shape, or is not contiguous.
    """

    def __init__(
        self,
        forest: Forest,
        *,
        pool: NDArray[np.float32],
        latent_in: NDArray[np.float32],
        action_in: NDArray[np.int64],
        latent_out: NDArray[np.float32],
        prior: NDArray[np.float32],
        value: NDArray[np.float32],
        reward: NDArray[np.float32] | None = None,
        mover: NDArray[np.int64] | None = None,
    ) -> None:
        batch, latent = _matrix("latent_in", latent_in)
        require_buffer("latent_in", latent_in, np.float32, (batch, latent))
        require_buffer("pool", pool, np.float32, (forest.slots * forest.nodes, latent))
        require_buffer("action_in", action_in, np.int64, (batch,))
        require_buffer("latent_out", latent_out, np.float32, (batch, latent))
        require_buffer("prior", prior, np.float32, (batch, forest.actions))
        narrow = forest.players <= 2
        for field, array in (("value", value), ("reward", reward)):
            if array is not None:
                width = _matrix(field, array)[1]
                require_buffer(field, array, np.float32, (batch, 1 if narrow and width == 1 else forest.players))
        if mover is not None:
            require_buffer("mover", mover, np.int64, (batch,))
        super().__init__(forest._core, pool, latent_in, action_in, latent_out, prior, value, reward, mover)
        self.forest = forest
        """The trees that are searched."""
        self._batch, self._latent = batch, latent
        self._value_columns = value.shape[1]

    def open(
        self,
        slots: ArrayLike,
        latents: ArrayLike,
        priors: ArrayLike,
        values: ArrayLike,
        *,
        to_play: ArrayLike = 0,
        **root: Unpack[RootOptions],
    ) -> None:
        """:meth:`Forest.open_many` with the initial graph's outputs; all trees are begun, or none.

        Args:
            slots: int32 [n], different.
            latents: float32 [n, L], to be stored in the pool.
            priors: float32 [n, A].
            values: float32 [n, V], relative: the mover's first.
            to_play: int32 [n] or one for all: no chance.
            root: see :class:`RootOptions`.

        Raises:
            MyoshuError: as :meth:`Forest.open`, and EvaluationError if a latent is not finite.
        """
        forest = self.forest
        numbers = forest._slots(slots)
        shape, count = (len(numbers), forest.actions), (len(numbers),)
        self.open_trees(
            numbers,
            as_floats("latents", latents, (len(numbers), self._latent)),
            as_floats("priors", priors, shape),
            as_floats("values", values, (len(numbers), self._value_columns)),
            as_integers("to_play", to_play, count),
            core_options(shape, forest.config.simulations, **root),
        )

    def begin(self, slots: ArrayLike, rows: int | None = None) -> None:
        """Set which trees take part from now on, in this order; call it again after opening or rerooting one of them.

        Leaves that await evaluation are still processed by the next step. Trees that do not fit into a wave follow when
        those before them have spent their budgets.

        Args:
            slots: int32 [n], open and different.
            rows: how many leaves a wave has at most; as many as the arrays hold if not given.

        Raises:
            ArgumentError: a slot is closed, named twice or out of range, or a tree's leaves do not fit into the rows.
            CapacityError: the forest has too few edges for the budget, since the network's action sets are complete.
        """
        super().begin(self.forest._slots(slots), self._batch if rows is None else rows)

    def reroot(self, slot: int, action: int, **root: Unpack[RootOptions]) -> NDArray[np.int64] | None:
        """:meth:`Forest.reroot`, and the latents in the pool move with their nodes."""
        return self.forest._reroot(self.reroot_tree, slot, action, root)


def _matrix(field: str, array: NDArray[Any]) -> tuple[int, int]:
    if not isinstance(array, np.ndarray) or array.ndim != 2:
        raise ArgumentError(f"{field}: expected an array of 2 dimensions, got {np.shape(array)}")
    return array.shape[0], array.shape[1]
