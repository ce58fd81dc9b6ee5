"""``myoshu play``: a person at the terminal against an agent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from myoshu.cli._players import Table, limit_of
from myoshu.cli._text import game_text, signed

if TYPE_CHECKING:
    from myoshu.arena.player import Choice, Player
    from myoshu.game import Game, State

__all__ = ["play"]

EPILOG = """
[bold]Examples[/bold]

Play an agent, moving first; then moving second, giving it a second a move:

  myoshu play agent.myoshu

  myoshu play agent.myoshu --seat 2 --time 1

Watch the agent play itself, or chance:

  myoshu play agent.myoshu --watch

  myoshu play agent.myoshu --watch --opponent random --simulations 32

Play an agent of an engine's game, with the engine that has the rules:

  myoshu play nim.myoshu --game tcp://127.0.0.1:7777

Play OpenSpiel's tree search in a game nobody has learned yet:

  myoshu play mcts:500 --game openspiel:connect_four
"""

_HELP = "Type a move by its number or name · hint (h) · undo (u) · moves (m) · quit (q)"


def play(
    player: Annotated[
        str, typer.Argument(help="Whom to play: agent.myoshu, random, perfect, mcts:N or bot:NAME (both OpenSpiel).")
    ],
    game: Annotated[
        str | None,
        typer.Option(
            help="What to play, as openspiel:tic_tac_toe, or where the engine with the rules is, as tcp://HOST:PORT. "
            "By default the bundle's game."
        ),
    ] = None,
    seat: Annotated[int, typer.Option(min=1, help="Where you sit (with --watch: where the player sits).")] = 1,
    watch: Annotated[bool, typer.Option("--watch", help="Look on while the player plays an opponent.")] = False,
    opponent: Annotated[str | None, typer.Option(help="With --watch: who plays against it. By default itself.")] = None,
    simulations: Annotated[int | None, typer.Option(help="Simulations a move, for bundles.")] = None,
    time: Annotated[float | None, typer.Option(help="Seconds a move, for bundles; instead or besides.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 0,
) -> None:
    """Play against an agent at the terminal, or watch it play."""
    from myoshu.errors import MatchError

    if opponent is not None and not watch:
        raise MatchError("--opponent: expected with --watch only; otherwise you are the opponent")
    texts = [player, *([opponent] if opponent is not None else [])]
    setting = Table(texts, game, limit_of(simulations, time))
    seats = setting.game.spec.players
    if seat > seats:
        raise MatchError(f"--seat: expected a seat from 1 to {seats} in {setting.game.spec.name}, got {seat}")
    if watch:
        others = [opponent or player] * (seats - 1)
        _watch(setting, [*others[: seat - 1], player, *others[seat - 1 :]], seed)
    else:
        others = [player] * (seats - 1)
        _Sitting(setting.game, seat - 1, setting.players(others), setting.player(player, "hint"), seed).run()


def _watch(setting: Table, texts: Sequence[str], seed: int) -> None:
    from myoshu.arena.match import play_game

    players = setting.players(texts)
    result = play_game(setting.game, players, seed=seed)
    typer.echo(game_text(setting.game, result, [player.name for player in players]))
    if result.offender is not None:
        raise typer.Exit(1)


@dataclass
class _Sitting:
    """A person's game: the moves so far say everything, so a move is taken back by playing the others again."""

    game: Game
    seat: int
    others: Sequence[Player]
    adviser: Player
    seed: int
    ask: Callable[[], str] = lambda: input("your move> ")
    actions: list[int] = field(default_factory=list)
    undoing: bool = False

    def run(self) -> None:
        """Play until the game is over or the person leaves."""
        typer.echo(
            f"{self.game.spec.name}: you move {'first' if self.seat == 0 else f'at seat {self.seat + 1}'}. {_HELP}"
        )
        while self._play():
            pass

    def _play(self) -> bool:
        """Play from the moves so far; True if the person took one back and it all begins again."""
        state, returns = self._replayed()
        while not state.is_terminal():
            mover = state.to_play()
            typer.echo(f"\n{state}\n")
            if mover == self.seat:
                action = self._person(state)
                if action is None:
                    return self.undoing
            else:
                choice = self._seated(mover).choose(state)
                action = choice.action
                typer.echo(
                    f"{self._seated(mover).name} plays {self.game.action_name(state, action)}{_thoughts(choice)}"
                )
            for listener in (*self.others, self.adviser):
                listener.observe(state, action)
            returns += state.apply(action)
            self.actions.append(action)
        typer.echo(f"\n{state}\n")
        self._tell_end(returns)
        return False

    def _replayed(self) -> tuple[State, np.ndarray[tuple[int], np.dtype[np.float64]]]:
        players = list(self.others)
        for seat in range(self.game.spec.players):
            player = self.adviser if seat == self.seat else players.pop(0)
            player.new_game(self.game, seat, self.seed + seat)
        state = self.game.new_state(np.random.default_rng(self.seed))
        returns = np.zeros(self.game.spec.players)
        for action in self.actions:
            for listener in (*self.others, self.adviser):
                listener.observe(state, action)
            returns += state.apply(action)
        return state, returns

    def _seated(self, seat: int) -> Player:
        return self.others[seat if seat < self.seat else seat - 1]

    def _person(self, state: State) -> int | None:
        """The person's move, or None to stop this run of the game."""
        legal = state.legal_actions()
        names = {self.game.action_name(state, action).lower(): action for action in legal}
        self._list(state)
        while True:
            try:
                said = self.ask().strip().lower()
            except EOFError:
                said = "q"
            if said in ("q", "quit"):
                self.undoing = False
                typer.echo("Goodbye.")
                return None
            if said in names:
                return names[said]
            if said.lstrip("-").isdecimal() and int(said) in legal:
                return int(said)
            if said in ("h", "hint"):
                typer.echo(self._hint(state))
            elif said in ("m", "moves", "?", "help"):
                self._list(state)
                typer.echo(_HELP)
            elif said in ("u", "undo"):
                if self._take_back():
                    return None
                typer.echo("There is no move of yours to take back.")
            else:
                typer.echo(f"{said!r} is no legal move. {_HELP}")

    def _list(self, state: State) -> None:
        typer.echo("moves: " + "  ".join(f"{a}={self.game.action_name(state, a)}" for a in state.legal_actions()))

    def _hint(self, state: State) -> str:
        choice = self.adviser.choose(state.clone())
        return f"hint: {self.game.action_name(state, choice.action)}{_thoughts(choice)}"

    def _take_back(self) -> bool:
        """Drop the moves from the person's last one on."""
        state = self.game.new_state(np.random.default_rng(self.seed))
        last = None
        for number, action in enumerate(self.actions):
            if state.to_play() == self.seat:
                last = number
            state.apply(action)
        if last is None:
            return False
        del self.actions[last:]
        self.undoing = True
        return True

    def _tell_end(self, returns: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
        mine, rest = returns[self.seat], np.delete(returns, self.seat)
        if not len(rest):
            typer.echo(f"The game is over: you were paid {mine:+g}.")
        elif mine > rest.max():
            typer.echo("You win.")
        elif mine == rest.max():
            typer.echo("A draw.")
        else:
            typer.echo("You lose.")


def _thoughts(choice: Choice) -> str:
    parts = []
    if choice.value is not None:
        parts.append(f"value {signed(choice.value)}")
    if choice.simulations:
        parts.append(f"{choice.simulations} simulations")
    return f"   ({', '.join(parts)})" if parts else ""
