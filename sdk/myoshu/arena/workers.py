"""Games side by side, in separate processes, yielded in the order in which they were planned.

A player that ends its process (a crash in native code), or never answers although its clock has run out, loses that
game alone: a new process takes the place of the old one.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from myoshu.arena.clock import Clock
from myoshu.arena.match import Ending, GameResult, Move, ended, overrun, play_fixture
from myoshu.arena.player import Choice, Player
from myoshu.arena.schedule import Fixture
from myoshu.errors import MatchError, MyoshuError
from myoshu.game import Game
from myoshu.spec import GameSpec

__all__ = ["play_fixtures"]

Setting = tuple[Game, Sequence[Player]]
"""The rules, and the match's players."""

_GRACE = 2.0
"""Seconds to wait for a player whose clock has run out."""
_AHEAD = 64
"""How many finished games may wait for an earlier one."""


def play_fixtures(
    make: Callable[[], Setting], fixtures: Iterable[Fixture], *, workers: int = 1, clock: Clock | None = None
) -> Generator[GameResult, None, None]:
    """Play the games of a schedule; the games are the same for any number of processes.

    Args:
        make: makes the rules and the players; with more than one worker it must be picklable, as every process makes
            its own.
        fixtures: the games.
        workers: how many processes play; with 1 the games are played in this one.
        clock: each side's thinking time; no limit if not given.

    Raises:
        MatchError: players cannot be created or cannot play the game.
        GameError: the game broke its contract.
    """
    if workers < 1:
        raise MatchError(f"workers: expected at least 1, got {workers}")
    if workers == 1:
        game, players = make()
        for fixture in fixtures:
            yield play_fixture(game, players, fixture, clock)
        return
    crew = [_Worker(make, clock) for _ in range(workers)]
    try:
        yield from _played(crew, iter(fixtures))
    finally:
        for worker in crew:
            worker.end()


def _played(crew: list[_Worker], fixtures: Iterator[Fixture]) -> Iterator[GameResult]:
    finished: dict[int, GameResult] = {}
    order: list[int] = []
    planned = True
    while True:
        for worker in crew:
            if planned and worker.idle and len(order) < _AHEAD:
                fixture = next(fixtures, None)
                if fixture is None:
                    planned = False
                    break
                order.append(fixture.number)
                worker.begin(fixture)
        while order and order[0] in finished:
            yield finished.pop(order.pop(0))
        if not order:
            if not planned:
                return
            continue
        busy = {worker.pipe: worker for worker in crew if not worker.idle}
        if not busy:
            continue
        patience = min((worker.patience() for worker in busy.values()), default=None)
        ready = wait(list(busy), None if patience == float("inf") else max(0.0, patience or 0.0))
        for pipe in ready:
            assert isinstance(pipe, Connection)
            result = busy[pipe].hear()
            if result is not None:
                finished[result.number] = result
        for worker in busy.values():
            if not worker.idle and worker.patience() <= 0.0:
                result = worker.give_up()
                finished[result.number] = result


@dataclass
class _Turn:
    """A worker's current game, as far as it has reported."""

    fixture: Fixture
    """The planned game."""
    seat: int | None = None
    """The seat that is thinking, if any."""
    remaining: float | None = None
    """Seconds that the seat had left when it began to think."""
    since: float = 0.0
    """When it began, as of :func:`time.monotonic`."""
    moves: list[Move] = field(default_factory=list)
    """The moves so far."""
    paid: tuple[float, ...] = ()
    """What every seat has been paid."""


class _Worker:
    """One process that plays, and its latest reports."""

    def __init__(self, make: Callable[[], Setting], clock: Clock | None) -> None:
        self._make = make
        self._clock = clock
        self._turn: _Turn | None = None
        self._spec: GameSpec | None = None
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(
            target=_play, args=(self._make, self._clock, theirs), name="myoshu-arena", daemon=True
        )
        self._process.start()
        theirs.close()

    @property
    def idle(self) -> bool:
        return self._turn is None

    def begin(self, fixture: Fixture) -> None:
        self._turn = _Turn(fixture)
        with suppress(OSError):  # its end is noticed when waiting for its answer
            self.pipe.send(fixture)

    def patience(self) -> float:
        """Seconds to wait for the player that is thinking."""
        turn = self._turn
        if turn is None or turn.remaining is None:
            return float("inf")
        return turn.since + turn.remaining + _GRACE - time.monotonic()

    def hear(self) -> GameResult | None:
        """Read a message from the process; returns the game's result, if it is that."""
        try:
            said: Any = self.pipe.recv()
        except (EOFError, OSError):
            return self._died()
        if isinstance(said, GameResult):
            self._turn = None
            return said
        if isinstance(said, BaseException):
            raise said
        if isinstance(said, GameSpec):
            self._spec = said
            return None
        turn = self._turn
        assert turn is not None
        turn.seat, turn.remaining, turn.paid, seat, action, elapsed = said
        turn.since = time.monotonic()
        if action is not None:
            turn.moves.append(Move(seat, Choice(action), elapsed))
        return None

    def give_up(self) -> GameResult:
        """End the process of a player that does not answer, and its game."""
        turn = self._turn
        assert turn is not None
        assert turn.seat is not None
        assert turn.remaining is not None
        reason = overrun(time.monotonic() - turn.since, turn.remaining)
        return self._replaced(Ending.TIMEOUT, turn.seat, reason)

    def _died(self) -> GameResult:
        self._process.join()
        code = self._process.exitcode
        assert code is not None
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"status {code}"
        turn = self._turn
        if self._spec is None or turn is None or turn.seat is None:
            raise MatchError(f"workers: expected a process that plays, got one that ended with {how}")
        return self._replaced(Ending.CRASHED, turn.seat, f"its process ended with {how}")

    def _replaced(self, ending: Ending, seat: int, reason: str) -> GameResult:
        assert self._spec is not None
        assert self._turn is not None
        self.end()
        turn, spec, self._turn, self._spec = self._turn, self._spec, None, None
        self._start()
        return ended(spec, turn.fixture, turn.moves, turn.paid, ending, seat, reason)

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self.pipe.close()


def _play(make: Callable[[], Setting], clock: Clock | None, pipe: Connection) -> None:
    """The process's main function: plays games as they are sent, until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the match ends this process when it is interrupted
    try:
        game, players = make()
        pipe.send(game.spec)

        def watch(seat: int, remaining: float | None, before: Move | None, paid: tuple[float, ...]) -> None:
            past = (None, None, None) if before is None else (before.seat, before.choice.action, before.elapsed)
            pipe.send((seat, remaining, paid, *past))

        while True:
            pipe.send(play_fixture(game, players, pipe.recv(), clock, watch))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except MyoshuError as error:
        with suppress(OSError):
            pipe.send(error)
