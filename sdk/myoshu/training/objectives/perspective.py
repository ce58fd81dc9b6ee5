"""The perspective of targets where chance decides who moves next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from myoshu.training.learning.targets import Batch

__all__ = ["as_expected"]


def as_expected(batch: Batch, predicted: Sequence[Mapping[str, Tensor]], players: int) -> Batch:
    """Values and rewards relative to the player whom the network expects to move, not to the one who moved by chance.

    Args:
        batch: positions and targets, relative to the player who did move.
        predicted: the dynamics network's outputs for each step, including the logits of ``mover``.
        players: the number of players.

    A search assumes that the most likely player moves next, and reads a value as that player's. If values were relative
    to the player who did move, the mean over chance would mix players: in a game of dice in which one in six throws
    passes the turn, +1 and −1 of the same player add up to ⅔, as if throwing cost a third of what is ahead. Relative to
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
    """The columns, made relative to the player ``off`` seats further on."""
    columns = numbers.shape[-1]
    if columns == players:
        return np.take_along_axis(numbers, (off[..., None] + np.arange(columns)) % players, -1)
    return np.where(off[..., None] % 2 == 0, numbers, -numbers)  # two with opposite interests, or no column
