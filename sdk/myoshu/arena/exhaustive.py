"""One player against every possible line of an opponent, in small games without chance.

At each of the opponent's turns every legal action is tried, good and bad alike, so nothing an opponent could do is left
out. Every line is played as a separate game, from the beginning, with the player sitting down again with the same
seed: its choice may depend on everything that happened in the game, and nothing is looked up. That a player chooses
the same again after the same moves is checked, since otherwise the lines would not be complete.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

import numpy as np

from myoshu.arena.match import Outcome
from myoshu.arena.player import Player
from myoshu.arena.solver import Solver
from myoshu.errors import MatchError
from myoshu.game import Game, State
from myoshu.rating.tally import Tally

__all__ = ["ExhaustiveReport", "play_every_line"]

_TOLERANCE = 1e-6


@dataclass(frozen=True)
class ExhaustiveReport:
    """The outcomes of all lines."""

    seat: int
    """The player's seat, from 0."""
    lines: int
    """Number of lines: games that differ in at least one of the opponent's moves."""
    tally: Tally
    """The player's results. A line that it ended by an illegal move or an error is lost."""
    illegal: int
    """Lines that ended with an illegal move or an error of the player."""
    decisions: int
    """Number of different situations (all moves so far) in which the player decided."""
    positions: int
    """Number of different positions among them."""
    thrown: int | None
    """Number of situations in which the player's move was worth less than the best; None without a solver."""
    lost_lines: tuple[tuple[int, ...], ...] = ()
    """The moves of the first few lines that were lost."""
    thrown_lines: tuple[tuple[int, ...], ...] = ()
    """The moves up to and including the first few that were worth less than the best."""


@dataclass
class _Account:
    """The account so far."""

    wins: int = 0
    draws: int = 0
    losses: int = 0
    illegal: int = 0
    thrown: int = 0
    decisions: dict[tuple[int, ...], int] = field(default_factory=dict)
    positions: set[Hashable] = field(default_factory=set)
    lost_lines: list[tuple[int, ...]] = field(default_factory=list)
    thrown_lines: list[tuple[int, ...]] = field(default_factory=list)


def play_every_line(
    game: Game,
    player: Player,
    seat: int,
    *,
    seed: int = 0,
    solver: Solver | None = None,
    lines: int = 100_000,
    examples: int = 5,
    on_line: Callable[[int], None] | None = None,
) -> ExhaustiveReport:
    """Test a player against everything that its opponent could do.

    Args:
        game: a game for two without chance.
        player: the player. It must choose the same after the same moves: limit it by simulations, not by time.
        seat: where it sits, 0 or 1.
        seed: its seed, the same in every line.
        solver: gives each position's value, to count the values thrown away; not counted if not given.
        lines: how many lines to play at most.
        examples: how many lost lines to keep, and how many moves that threw value away.
        on_line: called after each line with their number so far.

    Raises:
        MatchError: the game is not of this kind or has more lines, or the player chose differently after the same
            moves.
    """
    spec = game.spec
    if spec.players != 2 or spec.stochastic:
        kind = "chance" if spec.stochastic else f"{spec.players} players"
        raise MatchError(f"{spec.name}: expected two players and no chance for exhaustive play, got {kind}")
    account = _Account()
    script: list[int] = []  # which of its legal actions the opponent chooses at each of its turns
    played = 0
    while True:
        widths = _play_line(game, player, seat, seed, solver, script, account, examples)
        played += 1
        if on_line is not None:
            on_line(played)
        script += [0] * (len(widths) - len(script))
        while script and script[-1] == widths[len(script) - 1] - 1:
            script.pop()
        if not script:
            break
        script[-1] += 1
        if played >= lines:
            raise MatchError(f"{spec.name}: expected at most {lines:,} lines for exhaustive play, got more")
    return ExhaustiveReport(
        seat=seat,
        lines=played,
        tally=Tally(account.wins, account.draws, account.losses),
        illegal=account.illegal,
        decisions=len(account.decisions),
        positions=len(account.positions),
        thrown=None if solver is None else account.thrown,
        lost_lines=tuple(account.lost_lines),
        thrown_lines=tuple(account.thrown_lines),
    )


def _play_line(
    game: Game,
    player: Player,
    seat: int,
    seed: int,
    solver: Solver | None,
    script: list[int],
    account: _Account,
    examples: int,
) -> list[int]:
    """Play one line; returns how many choices the opponent had at each of its turns."""
    state = game.new_state(np.random.default_rng(seed))
    player.new_game(game, seat, seed)
    history: list[int] = []
    widths: list[int] = []
    returns = np.zeros(2)
    while not state.is_terminal():
        legal = state.legal_actions()
        if state.to_play() == seat:
            action = _ask(player, state)
            _decide(game, state, tuple(history), action, solver, account, examples)
            if action not in legal:
                account.illegal += 1
                returns[:] = 0.0
                returns[seat] = -1.0
                break
        else:
            turn = len(widths)
            widths.append(len(legal))
            action = legal[script[turn] if turn < len(script) else 0]
        player.observe(state, action)
        returns += state.apply(action)
        history.append(action)
    outcome = _outcome(float(returns[seat]), float(returns[1 - seat]))
    account.wins += outcome is Outcome.WIN
    account.draws += outcome is Outcome.DRAW
    account.losses += outcome is Outcome.LOSS
    if outcome is Outcome.LOSS and len(account.lost_lines) < examples:
        account.lost_lines.append(tuple(history))
    return widths


def _ask(player: Player, state: State) -> int:
    """The player's choice; -1, which is never legal, if it raises an error instead."""
    try:
        return player.choose(state).action
    except Exception:  # noqa: BLE001 -- user code may raise anything; the line counts as lost
        return -1


def _decide(
    game: Game,
    state: State,
    history: tuple[int, ...],
    action: int,
    solver: Solver | None,
    account: _Account,
    examples: int,
) -> None:
    """Enter a decision, or compare it with the earlier choice here."""
    before = account.decisions.get(history)
    if before is not None:
        if before != action:
            raise MatchError(
                f"{game.spec.name}: expected the same choice after the same moves {list(history)}, got {before} and "
                f"then {action}: limit the player by simulations, not by time"
            )
        return
    account.decisions[history] = action
    account.positions.add(state.key())
    if solver is None or action not in state.legal_actions():
        return
    values = solver.action_values(state)
    if values[action] < max(values.values()) - _TOLERANCE:
        account.thrown += 1
        if len(account.thrown_lines) < examples:
            account.thrown_lines.append((*history, action))


def _outcome(mine: float, other: float) -> Outcome:
    if mine == other:
        return Outcome.DRAW
    return Outcome.WIN if mine > other else Outcome.LOSS
