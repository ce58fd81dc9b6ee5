"""What players have in common whose moves an external program chooses."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass

from myoshu.arena.player import Choice
from myoshu.errors import ConnectionLostError, IllegalActionError, MatchError
from myoshu.game import Game, State
from myoshu_engines.engine.process import EngineProcess
from myoshu_engines.openspiel.game import OpenSpielGame

__all__ = ["ANSWER", "Countdown", "EnginePlayer"]

ANSWER = 10.0
"""Seconds for an answer that takes no thinking."""
THINKING = 60.0
"""Seconds for a move where nothing else limits it."""
_SEED = "{seed}"
"""The text in a command that stands for the player's seed."""


@dataclass(frozen=True)
class Countdown:
    """How long a player may think about its next move."""

    remaining: float
    """Seconds left on its clock."""
    increment: float
    """Seconds that the move will add."""


class EnginePlayer(ABC):
    """A program at a seat, restarted for every game, so that no game depends on those before it.

    An illegal move, no answer in time, and the end of the program lose the current game; a program that
    cannot even be started in its first game is an error of the match.

    Args:
        command: the program and its arguments; ``{seed}`` stands for the seed of the game.
        name: the player's name in results.
        timeout: seconds to wait for a move.
    """

    def __init__(self, command: str, name: str, timeout: float = THINKING) -> None:
        if not timeout > 0.0:
            raise MatchError(f"{name}: expected a timeout above 0 seconds, got {timeout:g}")
        self.name = name
        self._command = command
        self._timeout = timeout
        self._process: EngineProcess | None = None
        self._failure: ConnectionLostError | MatchError | TimeoutError | None = None
        self._proven = False
        self._clock: Countdown | None = None

    def new_game(self, game: Game, seat: int, seed: int) -> None:
        """Start the program.

        Raises:
            MatchError: the game is not one that such programs play, or the first game could not begin.
        """
        if not isinstance(game, OpenSpielGame):
            raise MatchError(f"{self.name}: expected an OpenSpiel game, got {game.spec.name}")
        self.close()
        self._clock = self._failure = None
        try:
            self._process = EngineProcess(self._command.replace(_SEED, str(seed)))
            self.begin(game, seat)
        except (ConnectionLostError, MatchError, TimeoutError) as error:
            if not self._proven:
                self.close()
                raise MatchError(f"{self.name}: {error}") from error
            self._failure = error
        self._proven = True

    def choose(self, state: State) -> Choice:
        """Ask the program for a move.

        Raises:
            IllegalActionError: it is not a legal move.
            Resignation: the program resigns.
            TimeoutError: it does not answer.
            ConnectionLostError: it is gone.
        """
        if self._failure is not None:
            raise self._failure
        countdown, self._clock = self._clock, None
        patience = self._timeout if countdown is None else countdown.remaining + 0.5
        choice = self.ask(state, countdown, time.monotonic() + patience)
        if choice.action not in state.legal_actions():
            raise IllegalActionError(f"{self.name}: expected a legal move, got action {choice.action}")
        return choice

    def tell_clock(self, remaining: float, increment: float) -> None:
        """Take note of how much time is left."""
        self._clock = Countdown(remaining, increment)

    def close(self) -> None:
        """End the program, if it runs."""
        if self._process is not None:
            self._process.close()
            self._process = None

    @property
    def process(self) -> EngineProcess:
        """The running program."""
        if self._process is None:
            raise RuntimeError("choose: expected new_game before it")
        return self._process

    @abstractmethod
    def begin(self, game: OpenSpielGame, seat: int) -> None:
        """Set the program up for a game."""

    @abstractmethod
    def ask(self, state: State, countdown: Countdown | None, deadline: float) -> Choice:
        """Let the program choose a move.

        Args:
            state: the position.
            countdown: the player's clock, if the match has one.
            deadline: the time by which the answer is due, as of :func:`time.monotonic`.
        """

    @abstractmethod
    def observe(self, state: State, action: int) -> None:
        """Report a move to the program, if it needs that."""
