"""A run's progress for people: a live display on a terminal, plain lines elsewhere."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any, Protocol, TextIO

from myoshu.counted import counted

__all__ = ["LiveProgress", "PlainProgress", "Progress", "QuietProgress", "Status", "new_progress"]


@dataclass(frozen=True)
class Status:
    """The state of a run, for display."""

    seconds: float
    """Seconds learned so far."""
    progress: float
    """Share of the budget that is spent, in [0, 1]."""
    step: int
    """Learning steps done."""
    games: int
    """Number of games played."""
    positions: int
    """Number of positions played and recorded."""
    abandoned: int
    """Number of games abandoned because of an error."""
    moves_per_second: float
    """Recent moves played per second."""
    steps_per_second: float
    """Recent learning steps per second."""
    loss_policy: float
    """Recent loss of the policy, see :class:`myoshu.training.objectives.muzero.MuZero`; NaN before the first step."""
    loss_value: float
    """Recent loss of the value; NaN before the first step."""
    actor_busy: float
    """Recent share of their time that the actors spent computing."""
    learner_busy: float
    """The same for the learner."""
    strength: tuple[str, ...]
    """Lines about the last check of strength; none before the first."""
    first_positions: int = 0
    """Number of positions with which learning begins."""

    @property
    def left(self) -> float:
        """Seconds left, estimated from the share that is spent."""
        return self.seconds * (1.0 - self.progress) / self.progress if self.progress > 0 else float("inf")


class Progress(Protocol):
    """Shows the progress of a run."""

    def update(self, status: Status) -> None:
        """Called a few times a second."""
        ...

    def note(self, text: str) -> None:
        """Show a line that remains."""
        ...

    def close(self) -> None:
        """End the display: the run is over."""
        ...


class QuietProgress:
    """A display that shows nothing."""

    def update(self, status: Status) -> None: ...

    def note(self, text: str) -> None: ...

    def close(self) -> None: ...


class PlainProgress:
    """Occasional lines: the first after 5 seconds, later at most one a minute.

    Args:
        stream: the stream for the lines.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._next = 5.0

    def update(self, status: Status) -> None:
        """Write a line, if it is time for one."""
        if status.seconds < self._next:
            return
        self._next = status.seconds + min(60.0, max(5.0, 0.25 * status.seconds))
        failed = f"{status.abandoned:,} games given up, " if status.abandoned else ""
        strength = f"last check {status.strength[0]}, " if status.strength else ""
        self.note(
            f"{_clock(status.seconds)} {status.progress:4.0%}  {counted(status.games, 'game')} "
            f"({status.moves_per_second:,.0f} moves/s), {failed}step {status.step:,} "
            f"({status.steps_per_second:.1f}/s), {strength}{_losses(status)}, "
            f"busy {status.actor_busy:.0%} playing {status.learner_busy:.0%} learning, {_clock(status.left)} left"
        )

    def note(self, text: str) -> None:
        print(text, file=self._stream, flush=True)

    def close(self) -> None: ...


class LiveProgress:
    """A table on the terminal that is redrawn four times a second.

    Args:
        stream: the terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.live import Live

        self._console = Console(file=stream)
        self._live = Live(console=self._console, auto_refresh=False, transient=False)
        self._drawn = 0.0
        self._live.start()

    def update(self, status: Status) -> None:
        """Draw the table, if it is time to."""
        now = time.perf_counter()
        if now - self._drawn < 0.25:
            return
        self._drawn = now
        self._live.update(_table(status), refresh=True)

    def note(self, text: str) -> None:
        """Write a line above the table."""
        self._console.print(text, highlight=False, markup=False)

    def close(self) -> None:
        """Leave the last table where it is."""
        self._live.stop()


def new_progress(stream: TextIO, *, quiet: bool = False) -> Progress:
    """The display that suits the stream: live on a terminal (if rich is installed), plain elsewhere, none if quiet."""
    if quiet:
        return QuietProgress()
    if stream.isatty():
        try:
            return LiveProgress(stream)
        except ImportError:
            pass
    return PlainProgress(stream)


def _table(status: Status) -> Any:
    from rich.markup import escape
    from rich.progress_bar import ProgressBar
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column()
    bar = ProgressBar(total=1.0, completed=status.progress, width=50)
    table.add_row("time", f"{_clock(status.seconds)} learned, {_clock(status.left)} left")
    table.add_row("", bar)
    table.add_row("played", f"{counted(status.games, 'game')}, {counted(status.positions, 'position')}")
    table.add_row("", f"{status.moves_per_second:,.0f} moves/s, busy {status.actor_busy:.0%}")
    if status.abandoned:
        table.add_row("", f"[red]{status.abandoned:,} games abandoned because of an error[/red]")
    table.add_row("learned", counted(status.step, "step"))
    table.add_row("", f"{status.steps_per_second:.1f} steps/s, busy {status.learner_busy:.0%}")
    table.add_row("", _losses(status))
    table.add_row("strength", "\n".join(map(escape, status.strength)) or "not yet checked")
    return table


def _losses(status: Status) -> str:
    if math.isnan(status.loss_policy):
        return f"learning begins with {status.first_positions:,} positions, {status.positions:,} are gathered"
    return f"loss policy {status.loss_policy:.3f} value {status.loss_value:.3f}"


def _clock(seconds: float) -> str:
    if seconds == float("inf"):
        return "–:––"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
