"""Whom a training run plays to see how strong it has become, as the command line names them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from myoshu.arena.player import Player
    from myoshu.game import Game, State
    from myoshu.training.strength.opponents import Opponent

__all__ = ["PlayerOpponent", "default_opponents", "opponent_names", "opponents_of"]

STANDARD = "mcts:100"
"""The opponent besides random play in OpenSpiel's games of two players."""


class PlayerOpponent:
    """One of the arena's players that looks at nothing but the position, at many games.

    Args:
        name: how results call it.
        make: makes the player.
    """

    def __init__(self, name: str, make: Callable[[], Player]) -> None:
        self.name = name
        self._make = make
        self._players: dict[int, Player] = {}

    def choose(self, game: Game, states: Sequence[State], rng: np.random.Generator) -> Sequence[int]:
        """What the player does in each position, one after another."""
        chosen = []
        for state in states:
            seat = state.to_play()
            if seat not in self._players:
                player = self._players[seat] = self._make()
                player.new_game(game, seat, int(rng.integers(1 << 31)))
            chosen.append(self._players[seat].choose(state).action)
        return chosen


def opponent_names(given: Sequence[str]) -> tuple[str, ...]:
    """Those besides random play, which is always played."""
    return tuple(name for name in given if name != "random")


def default_opponents(game: Game) -> tuple[str, ...]:
    """Those besides random play that a run has whose command names none: OpenSpiel's search, where it can play."""
    from myoshu.errors import MyoshuError

    if game.spec.players != 2 or not game.spec.name.startswith("openspiel:"):
        return ()
    try:
        opponents_of([STANDARD], game)
    except MyoshuError:
        return ()
    return (STANDARD,)


def opponents_of(names: Sequence[str], game: Game) -> list[Opponent]:
    """Makes them, and has each choose once, so that one that cannot play the game is found before it is learned.

    Raises:
        ArgumentError: a name is not one of the kinds.
        MatchError: an opponent cannot play the game.
        BundleError: a bundle cannot be read.
        TrainingError: a bundle's network does not fit the game.
    """
    import numpy as np

    from myoshu.errors import ArgumentError, MatchError

    if names and game.spec.players == 1:
        raise ArgumentError(f"--opponent: expected none in {game.spec.name}, a game of one player, got {names[0]!r}")
    opponents = [_opponent(name, game) for name in names]
    for opponent in opponents:
        rng = np.random.default_rng(0)
        try:
            opponent.choose(game, [game.new_state(rng)], rng)
        except (RuntimeError, ValueError) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise MatchError(f"--opponent: {opponent.name} cannot play {game.spec.name}: {reason}") from error
    return opponents


def _opponent(name: str, game: Game) -> Opponent:
    from pathlib import Path

    from myoshu.cli._kinds import STATELESS
    from myoshu.errors import ArgumentError
    from myoshu.training.strength.opponents import BundleOpponent

    if name.endswith(".myoshu"):
        return BundleOpponent(name, Path(name), game)
    kind, _, number = name.partition(":")
    if kind == "mcts" and number.isdecimal():
        from myoshu_engines.openspiel.players import mcts_player

        return PlayerOpponent(name, lambda: mcts_player(int(number)))
    if name == "perfect":
        from myoshu.arena.perfect_player import PerfectPlayer

        return PlayerOpponent(name, PerfectPlayer)
    raise ArgumentError(f"--opponent: expected {STATELESS}, got {name!r}")
