"""A source of games, as a run sees it. Knows no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from myoshu.training.memory.replay import Replay
from myoshu.training.memory.trajectory import Trajectory
from myoshu.training.playing.failures import AbandonedGame

__all__ = ["Source", "Weights"]

Weights = Mapping[str, NDArray[np.float32]]


class Source(Protocol):
    """Plays games with the weights that it was sent last."""

    here: bool
    """Whether it plays in this process, while :meth:`receive` and :meth:`renew` run, so that learning and playing take
    turns; otherwise games come while the learner does its steps."""

    def send(self, weights: Weights) -> None:
        """Play with these weights from now on."""
        ...

    def receive(self) -> Sequence[Trajectory]:
        """The games that ended since the last call.

        Raises:
            MyoshuError: no more games will come; the message says why.
        """
        ...

    def renew(self, replay: Replay) -> None:
        """Have stored positions searched again, as many as are due, and put the results into the replay.

        Positions are drawn like those that are learned from. Does not wait for other processes.
        """
        ...

    def abandoned(self) -> Sequence[AbandonedGame]:
        """The games that were abandoned since the last call."""
        ...

    def begun(self) -> bool:
        """Whether it plays, or will as soon as it is asked to: its other processes have started up."""
        ...

    def moves(self) -> int:
        """Number of moves played since the source was created."""
        ...

    def busy(self) -> float:
        """Recent share of its time spent computing, in [0, 1]."""
        ...

    def memory(self) -> float:
        """Megabytes of memory that its other processes hold; NaN if the system does not say."""
        ...

    def stop(self) -> None:
        """Stop playing."""
        ...

    def state(self) -> dict[str, dict[str, NDArray[Any]]]:
        """What a checkpoint needs of it to resume as if it had not stopped; may be nothing."""
        ...

    def restore(self, sections: Mapping[str, dict[str, NDArray[Any]]]) -> None:
        """Resume from a checkpoint's sections, whichever source wrote them.

        Raises:
            KeyError: something that its own :meth:`state` writes is missing.
            ValueError: an array does not fit.
        """
        ...
