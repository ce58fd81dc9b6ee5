"""Chess programs that speak the Universal Chess Interface."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

import pyspiel

from myoshu.arena.player import Choice
from myoshu.errors import IllegalActionError, MatchError
from myoshu.game import State
from myoshu_engines.engine.player import ANSWER, THINKING, Countdown, EnginePlayer
from myoshu_engines.openspiel.game import OpenSpielGame

__all__ = ["UciPlayer"]

_MATE = 100_000
"""Hundredths of a pawn that a mate is worth."""
_GRACE = 5.0
"""Seconds beyond the time for a move before it counts as late."""


class UciPlayer(EnginePlayer):
    """A chess program that speaks the Universal Chess Interface.

    It is sent the position that the game began with and all moves since. Its limits are those given, and the clock's
    if the match has one.

    Args:
        command: the program and its arguments.
        name: the player's name in results.
        time: seconds for a move.
        nodes: positions to search for a move.
        depth: plies to look ahead for a move.
        options: the program's own settings, by name, as ``Skill Level``.

    Raises:
        MatchError: a limit allows nothing.
    """

    def __init__(
        self,
        command: str,
        name: str,
        *,
        time: float | None = None,
        nodes: int | None = None,
        depth: int | None = None,
        options: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(command, name, THINKING if time is None else time + _GRACE)
        self._go = []
        for word, given, value in (
            ("movetime", time, None if time is None else round(time * 1000)),
            ("nodes", nodes, nodes),
            ("depth", depth, depth),
        ):
            if value is not None:
                if value < 1:
                    raise MatchError(f"{name}: expected {word} above 0, got {given}")
                self._go.append(f"{word} {value}")
        self._options = dict(options or {})

    def begin(self, game: OpenSpielGame, seat: int) -> None:
        """Prepare it for a game."""
        kind = game.spiel.get_type().short_name
        if kind != "chess" or game.spiel.get_parameters().get("chess960"):
            raise MatchError(f"expected openspiel:chess, which such programs play, got {game.spec.name}")
        known = {}
        for line in self._talk("uci", "uciok"):
            before, name, rest = line.partition("option name ")
            if name and not before:
                known[rest.partition(" type ")[0].lower()] = rest.partition(" type ")[0]
        for option, value in self._options.items():
            if option.lower() not in known:
                some = ", ".join(sorted(known.values())) or "none"
                raise MatchError(f"expected one of the engine's options ({some}), got {option!r}")
            self.process.send(f"setoption name {known[option.lower()]} value {value}")
        self.process.send("ucinewgame")
        self._talk("isready", "readyok")

    def ask(self, state: State, countdown: Countdown | None, deadline: float) -> Choice:
        """Have it search the position."""
        go = list(self._go)
        if countdown is not None:
            left, more = max(1, int(countdown.remaining * 1000)), round(countdown.increment * 1000)
            go.append(f"wtime {left} btime {left} winc {more} binc {more}")
        if not go:
            raise MatchError(f"{self.name}: expected time, nodes or depth after its @, or a clock, got no limit")
        start, moves = _since_start(state)
        self.process.send(f"position fen {start}" + (f" moves {' '.join(moves)}" if moves else ""))
        *said, last = self._talk(f"go {' '.join(go)}", "bestmove", deadline)
        words = last.split()
        best = words[1] if len(words) > 1 else ""
        names = _names(state)
        if best not in names:
            raise IllegalActionError(f"{self.name}: expected a legal move, got {best[:40]!r}")
        return Choice(names[best], value=_value(said), simulations=_nodes(said))

    def observe(self, state: State, action: int) -> None:
        """Do nothing: every position is sent in full."""

    def _talk(self, text: str, until: str, deadline: float | None = None) -> list[str]:
        """Send a line, and read lines until one begins with a word; that one is the last."""
        if deadline is None:
            deadline = time.monotonic() + ANSWER
        self.process.send(text)
        lines = [self.process.line(deadline)]
        while lines[-1].split(maxsplit=1)[:1] != [until]:
            lines.append(self.process.line(deadline))
        return lines


def _names(state: State) -> dict[str, int]:
    """The legal moves as the interface writes them."""
    spiel: Any = getattr(state, "spiel")  # noqa: B009 - a chess state, as `begin` has seen to
    board = spiel.board()
    return {pyspiel.chess.action_to_move(action, board).to_lan(): action for action in state.legal_actions()}


def _since_start(state: State) -> tuple[str, list[str]]:
    """The position the game began with, and the moves since."""
    spiel: Any = getattr(state, "spiel")  # noqa: B009 - as above
    replayed, moves = spiel.get_game().new_initial_state(), []
    start = replayed.board().to_fen()
    for action in spiel.history():
        moves.append(pyspiel.chess.action_to_move(action, replayed.board()).to_lan())
        replayed.apply_action(action)
    return start, moves


def _last(lines: list[str], word: str) -> list[str]:
    """What follows a word in the last line of information that has it."""
    for line in reversed(lines):
        words = line.split()
        if words[:1] == ["info"] and word in words:
            return words[words.index(word) + 1 :]
    return []


def _value(lines: list[str]) -> float | None:
    """The mover's expected score, from hundredths of a pawn: logistic, four pawns being odds of 10 : 1."""
    match _last(lines, "score"):
        case ["cp", points, *_] if points.lstrip("-").isdecimal():
            score = int(points)
        case ["mate", moves, *_] if moves.lstrip("-").isdecimal():
            score = -_MATE if moves.startswith("-") else _MATE
        case _:
            return None
    return math.tanh(score * math.log(10) / 800)


def _nodes(lines: list[str]) -> int:
    match _last(lines, "nodes"):
        case [count, *_] if count.isdecimal():
            return int(count)
    return 0
