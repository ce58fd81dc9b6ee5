"""A person at the terminal as a player of a match."""

from __future__ import annotations

from collections.abc import Callable

import typer

from myoshu.arena.player import Choice
from myoshu.arena.seat_view import seat_view, tells
from myoshu.cli._moves import all_moves, said_move, some_moves
from myoshu.game import Game, State

__all__ = ["PersonPlayer"]


class PersonPlayer:
    """Asks for every move: by its number, or by a name of it. Shows what a player at that seat may see.

    Args:
        name: how results call the player.
        ask: brings a line that the person types.
    """

    def __init__(self, name: str, ask: Callable[[], str] = lambda: input("your move> ")) -> None:
        self.name = name
        self._ask = ask
        self._game: Game | None = None
        self._seat = 0

    def new_game(self, game: Game, seat: int, seed: int) -> None:
        """Say that a game begins."""
        self._game, self._seat = game, seat
        typer.echo(f"\n{game.spec.name}: a new game. {self.name}, you sit at seat {seat + 1}.")

    def choose(self, state: State) -> Choice:
        """Show the position and ask until the answer is a legal move. An end of input ends the game by an error."""
        assert self._game is not None
        typer.echo(f"\n{seat_view(self._game, state, self._seat)}\n{some_moves(self._game, state)}")
        while True:
            said = self._ask().strip()
            if said == "?":
                typer.echo(all_moves(self._game, state))
                continue
            action = said_move(self._game, state, said)
            if action is not None:
                return Choice(action)

    def observe(self, state: State, action: int) -> None:
        """Show the move, if a player at that seat sees it."""
        assert self._game is not None
        seen = tells(self._game, state, action, self._seat)
        what = self._game.action_name(state, action) if seen else "a move that you do not see"
        typer.echo(f"player {state.to_play() + 1}: {what}")
