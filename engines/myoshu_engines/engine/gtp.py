"""Programs that speak the Go Text Protocol, version 2: for Go, and for Hex and other games that adopted it."""

from __future__ import annotations

import re
import time

from myoshu.arena.player import Choice, Resignation
from myoshu.errors import IllegalActionError, MatchError
from myoshu.game import State
from myoshu_engines.engine.player import ANSWER, Countdown, EnginePlayer
from myoshu_engines.openspiel.game import OpenSpielGame

__all__ = ["GtpPlayer"]

_COLOURS = ("b", "w")
"""What the protocol calls the players, in the order of their seats."""


class GtpPlayer(EnginePlayer):
    """A program that speaks the Go Text Protocol.

    It is sent the size of the board, the komi, every move, and the time left, as far as it knows the commands. A move
    is what OpenSpiel calls it, without the colour before it: ``d4``, ``pass``.
    """

    _seat = 0
    _own: int | None = None
    _timed = False

    def begin(self, game: OpenSpielGame, seat: int) -> None:
        """Set up the board."""
        if game.spec.players != len(_COLOURS) or game.spec.hidden_information or game.stochastic:
            raise MatchError(f"expected a game of two in which everything is seen, got {game.spec.name}")
        self._seat, self._own = seat, None
        parameters = game.spiel.get_parameters()
        known = set(self._tell("list_commands").split())
        if "board_size" in parameters:
            self._tell(f"boardsize {parameters['board_size']}")
        self._tell("clear_board")
        if "komi" in parameters and "komi" in known:
            self._tell(f"komi {parameters['komi']}")
        self._timed = "time_left" in known

    def ask(self, state: State, countdown: Countdown | None, deadline: float) -> Choice:
        """Have it generate a move."""
        colour = _COLOURS[self._seat]
        if countdown is not None and self._timed:
            self._tell(f"time_left {colour} {max(1, int(countdown.remaining))} 0")
        said = self._tell(f"genmove {colour}", deadline).lower()
        if said == "resign":
            raise Resignation
        names = {_vertex(state, action): action for action in state.legal_actions()}
        if said not in names:
            raise IllegalActionError(f"{self.name}: expected a legal move, got {said[:40]!r}")
        self._own = names[said]
        return Choice(self._own)

    def observe(self, state: State, action: int) -> None:
        """Send it every move except those that it just generated."""
        if self._failure is not None:
            return
        own, self._own = self._own, None
        if own != action or state.to_play() != self._seat:
            self._tell(f"play {_COLOURS[state.to_play()]} {_vertex(state, action)}")

    def _tell(self, text: str, deadline: float | None = None) -> str:
        """Send a command; the answer is lines up to an empty one, the first with ``=`` (success) or ``?`` (failure)."""
        if deadline is None:
            deadline = time.monotonic() + ANSWER
        self.process.send(text)
        answer: list[str] = []
        while True:
            line = self.process.line(deadline).rstrip()
            if line:
                answer.append(line)
            elif answer:
                break
        found = re.match(r"([=?])\d*\s*", answer[0])
        said = "\n".join([answer[0][found.end() :], *answer[1:]]) if found else answer[0]
        if found is None or found[1] == "?":
            raise MatchError(f"{self.name}: expected an answer to {text!r}, got {said[:100]!r}")
        return said.strip()


def _vertex(state: State, action: int) -> str:
    """A move as the protocol writes it."""
    assert hasattr(state, "spiel")
    name: str = state.spiel.action_to_string(state.to_play(), action)
    return name.split()[-1].lower()
