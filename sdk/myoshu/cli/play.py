"""``myoshu play``: a person at the terminal against an agent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from myoshu.arena.seat_view import hides, seat_view, tells
from myoshu.arena.written_move import meant
from myoshu.cli._kinds import PERSON, PROGRAM
from myoshu.cli._moves import all_moves, said_move, some_moves
from myoshu.cli._options import SEED, Seed, Simulations, Time
from myoshu.cli._text import game_text, share, signed, thoughts
from myoshu.counted import counted
from myoshu.traits import Traits

if TYPE_CHECKING:
    from myoshu.arena.player import Choice, Player
    from myoshu.cli._players import Table
    from myoshu.game import Game, State

__all__ = ["play"]

EPILOG = """
[bold]Examples[/bold]

Play an agent, sitting at the game's first seat; then at its second, giving the agent a second a move:

  myoshu play agent.myoshu

  myoshu play agent.myoshu --seat 2 --time 1

See what it thinks of every move it makes:

  myoshu play agent.myoshu --thoughts

Watch the agent play itself, or chance:

  myoshu play agent.myoshu --watch

  myoshu play agent.myoshu --watch --opponent random --simulations 32

Play an agent of an engine's game, with the engine that has the rules:

  myoshu play nim.myoshu --game tcp://127.0.0.1:7777

Play OpenSpiel's tree search in a game nobody has learned yet; moves of chess are taken as e4 or as e2e4:

  myoshu play mcts:500 --game openspiel:connect_four

  myoshu play random --game openspiel:chess --seat 2
"""

_HELP = "Type a move by its name or number · hint (h) · thoughts (t) · undo (u) · moves (m) · all moves (?) · quit (q)"
_UNSAID = "Here players' thoughts would tell what they hold."
_BEST = 5
"""Moves that are shown of what a player thought of."""


def play(
    player: Annotated[
        str,
        typer.Argument(help=f"Whom to play: {PROGRAM}.", show_default=False),
    ],
    game: Annotated[
        str | None,
        typer.Option(
            help="What to play, as openspiel:tic_tac_toe, or where the engine with the rules is, as tcp://HOST:PORT.",
            show_default="the bundle's game",
        ),
    ] = None,
    seat: Annotated[
        int,
        typer.Option(
            min=1,
            help="Where you sit (with --watch: where the player sits). Who begins is said; in chess, it is seat 2.",
        ),
    ] = 1,
    watch: Annotated[bool, typer.Option("--watch", help="Look on while the player plays an opponent.")] = False,
    opponent: Annotated[
        str | None, typer.Option(help="With --watch: who plays against it.", show_default="itself")
    ] = None,
    show_thoughts: Annotated[
        bool, typer.Option("--thoughts", help="Show after each of its moves what the player thought of.")
    ] = False,
    simulations: Simulations = None,
    time: Time = None,
    seed: Seed = SEED,
) -> None:
    """Play against an agent at the terminal, or watch it play.

    Where cards or moves are hidden, you are shown what your seat may see; one who watches sees everything.
    """
    from myoshu.cli._players import Table, limit_of
    from myoshu.errors import MatchError

    if opponent is not None and not watch:
        raise MatchError("--opponent: expected with --watch only; otherwise you are the opponent")
    texts = [player, *([opponent] if opponent is not None else [])]
    if PERSON in texts:
        raise MatchError(f"player: expected somebody besides you, got {PERSON!r}: myoshu match lets people play")
    setting = Table(texts, game, limit_of(simulations, time))
    seats = setting.game.spec.players
    if seat > seats:
        raise MatchError(f"--seat: expected a seat from 1 to {seats} in {setting.game.spec.name}, got {seat}")
    if watch:
        others = [opponent or player] * (seats - 1)
        _watch(setting, [*others[: seat - 1], player, *others[seat - 1 :]], seed)
    else:
        others = [player] * (seats - 1)
        adviser = setting.player(player, "hint")
        _Sitting(setting.game, seat - 1, setting.players(others), adviser, seed, show_thoughts).run()


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
    thoughts: bool = False
    ask: Callable[[], str] = lambda: input("your move> ")
    actions: list[int] = field(default_factory=list)
    undoing: bool = False
    thought: str = "Nobody has thought about a move yet."

    def run(self) -> None:
        """Play until the game is over or the person leaves."""
        state = self.game.new_state(np.random.default_rng(self.seed))
        typer.echo(f"{self.game.spec.name}: {self._introduced(state)}.\n{_HELP}")
        while self._play():
            pass

    def _introduced(self, state: State) -> str:
        """Where the person sits, and who begins."""
        count = self.game.spec.players
        if count == 1:
            return "you play alone"
        where = f"you sit at seat {self.seat + 1} of {count}"
        if Traits.of(self.game).simultaneous:
            return f"{where}; all choose at the same time"
        first = int(state.to_play())
        return f"{where} and move first" if first == self.seat else f"{where}, {self._seated(first).name} moves first"

    def _play(self) -> bool:
        """Play from the moves so far; True if the person took one back and it all begins again."""
        state, returns = self._replayed()
        while not state.is_terminal():
            mover = state.to_play()
            typer.echo(f"\n{seat_view(self.game, state, self.seat)}\n")
            if mover == self.seat:
                action = self._person(state)
                if action is None:
                    return self.undoing
            else:
                action = self._other(state, self._seated(mover))
            for listener in (*self.others, self.adviser):
                listener.observe(state, action)
            returns += state.apply(action)
            self.actions.append(action)
        typer.echo(f"\n{seat_view(self.game, state, self.seat)}\n")
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

    def _other(self, state: State, player: Player) -> int:
        """Another player's move, told as far as the person may know of it."""
        choice = player.choose(state)
        action = choice.action
        if not hides(self.game):
            said = f"{player.name} plays {self.game.action_name(state, action)}"
            self.thought = _thought(self.game, state, player, choice)
            typer.echo(f"{said}{_in_short(choice)}" + (f"\n{self.thought}" if self.thoughts else ""))
        elif tells(self.game, state, action, self.seat):
            typer.echo(f"{player.name} plays {self.game.action_name(state, action)}")
        else:
            typer.echo(f"{player.name} plays a move that you do not see")
        return action

    def _person(self, state: State) -> int | None:
        """The person's move, or None to stop this run of the game."""
        typer.echo(some_moves(self.game, state))
        while True:
            try:
                said = self.ask().strip()
            except EOFError:
                said = "q"
            word = said.lower()
            if len(meant(self.game, state, said)) == 1:  # before the words: a move may be called h
                return said_move(self.game, state, said)
            if word in ("q", "quit"):
                self.undoing = False
                typer.echo("Goodbye.")
                return None
            if word in ("h", "hint"):
                typer.echo(self._hint(state))
            elif word in ("t", "thoughts"):
                typer.echo(_UNSAID if hides(self.game) else self.thought)
            elif word in ("m", "moves"):
                typer.echo(some_moves(self.game, state))
            elif word in ("?", "help"):
                typer.echo(f"{all_moves(self.game, state)}\n{_HELP}")
            elif word in ("u", "undo"):
                if self._take_back():
                    return None
                typer.echo("There is no move of yours to take back.")
            else:
                said_move(self.game, state, said, _HELP)

    def _hint(self, state: State) -> str:
        choice = self.adviser.choose(state.clone())
        return f"hint: {self.game.action_name(state, choice.action)}{_in_short(choice)}"

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


def _in_short(choice: Choice) -> str:
    """What a player expects, in brackets behind its move."""
    parts = []
    if choice.value is not None:
        parts.append(f"value {signed(choice.value)}")
    if choice.simulations:
        parts.append(counted(choice.simulations, "simulation"))
    return f"   ({', '.join(parts)})" if parts else ""


def _thought(game: Game, state: State, player: Player, choice: Choice) -> str:
    """What a player thought of in a position: its best moves, and the play it expects."""
    lines = [f"  {said}" for said in thoughts(game, state, choice)]
    policy = choice.policy
    if policy is not None:
        best = sorted(state.legal_actions(), key=lambda action: -float(policy[action]))[:_BEST]
        named = (f"{game.action_name(state, action)} {share(float(policy[action]))}" for action in best)
        lines.append(f"  considers {', '.join(named)}")
    if not lines:
        return f"{player.name} does not tell its thoughts."
    return "\n".join([f"What {player.name} thought:", *lines])
