"""A person at the terminal as a player of a match."""

from __future__ import annotations

from collections.abc import Callable

import typer

from myoshu.arena.player import Choice
from myoshu.game import Game, State

__all__ = ["PersonPlayer"]


class PersonPlayer:
    """Asks for every move: by its number, or by the game's own name of it.

    Args:
        name: how results call the player.
        ask: brings a line that the person types.
    """

    def __init__(self, name: str, ask: Callable[[], str] = lambda: input("your move> ")) -> None:
        self.name = name
        self._ask = ask
        self._game: Game | None = None

    def new_game(self, game: Game, seat: int, seed: int) -> None:
        """Say that a game begins."""
        self._game = game
        typer.echo(f"\n{game.spec.name}: a new game. {self.name}, you sit at seat {seat + 1}.")

    def choose(self, state: State) -> Choice:
        """Show the position and ask until the answer is a legal move. An end of input resigns by an error."""
        assert self._game is not None
        names = {self._game.action_name(state, action).lower(): action for action in state.legal_actions()}
        typer.echo(f"\n{state}\nmoves: " + "  ".join(f"{action}={name}" for name, action in names.items()))
        while True:
            said = self._ask().strip().lower()
            if said in names:
                return Choice(names[said])
            if said.isdecimal() and int(said) in state.legal_actions():
                return Choice(int(said))
            typer.echo(f"{said!r} is no legal move.")

    def observe(self, state: State, action: int) -> None:
        """Show the move."""
        assert self._game is not None
        typer.echo(f"player {state.to_play() + 1}: {self._game.action_name(state, action)}")
