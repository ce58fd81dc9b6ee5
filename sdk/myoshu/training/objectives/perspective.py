"""From whose side targets are seen where chance decides who moves next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from myoshu.training.learning.targets import Batch

__all__ = ["as_expected"]


def as_expected(batch: Batch, predicted: Sequence[Mapping[str, Tensor]], players: int) -> Batch:
    """Values and rewards seen from whom the network expects to move, not from who moved by chance.

    Args:
        batch: positions and targets, relative to who did move.
        predicted: what the dynamics network says of each step: the logits of ``mover`` among it.
        players: how many players there are.

    A search takes who moves next to be the likeliest, and reads a value as that player's. If a value were what it is to
    who did move, the mean over chance would be one of unlike things: in a game of dice in which one in six throws
    passes the turn, +1 and −1 of the same player add up to ⅔, as if throwing cost a third of what is ahead. Seen from
    one player, the mean is the expectation that the search needs.
    """
    movers = [happened["mover"] for happened in predicted]
    turns = np.stack([mover.detach().argmax(-1).cpu().numpy() for mover in movers], 1)
    off = np.zeros((len(turns), turns.shape[1] + 1), np.int64)
    off[:, 1:] = (turns - batch.turns).cumsum(1) % players
    return replace(
        batch, values=_seen_from(batch.values, off, players), rewards=_seen_from(batch.rewards, off[:, :-1], players)
    )


def _seen_from(numbers: NDArray[np.float32], off: NDArray[np.int64], players: int) -> NDArray[np.float32]:
    """Columns relative to the player ``off`` seats on from the one whom they are relative to."""
    columns = numbers.shape[-1]
    if columns == players:
        return np.take_along_axis(numbers, (off[..., None] + np.arange(columns)) % players, -1)
    return np.where(off[..., None] % 2 == 0, numbers, -numbers)  # of two with opposite interests, or no column at all
