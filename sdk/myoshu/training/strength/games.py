"""Games of the agent against others, to measure its strength. Knows no torch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import ConnectionLostError, GameError, LegalActionsError, ObservationError
from myoshu.game import Game, State, apply_all, new_states
from myoshu.rating.intervals import Interval, score_interval, share_interval
from myoshu.rating.returns import Returns
from myoshu.runtime.planner import Planner
from myoshu.spec import GameSpec
from myoshu.training.playing.failures import AbandonedGame
from myoshu.training.playing.selfplay import LONGEST
from myoshu.training.strength.opponents import Opponent, search_moves
from myoshu.traits import StateTraits

__all__ = ["Evaluation", "play_games"]

OPENINGS = 20
"""Openings drawn to find one that does not end the game; failing that, there is no opening."""


@dataclass(frozen=True)
class Evaluation:
    """The results of games against one opponent."""

    opponent: str
    """The opponent's name; "" if the agent plays alone."""
    returns: tuple[float, ...]
    """The agent's return in each game."""
    points: tuple[float, ...]
    """The agent's share of each game's point, split among the players paid the most: 1 won, 0 lost, ½ a draw of two."""
    seconds: float = 0.0
    """How long the games took, in seconds."""
    cut: int = 0
    """Games that were cut off because the time was up. Playing alone, they count with what had been paid
    by then; against others they do not count."""

    def __add__(self, other: Evaluation) -> Evaluation:
        """The results together with more games against the same opponent."""
        return Evaluation(
            self.opponent,
            self.returns + other.returns,
            self.points + other.points,
            self.seconds + other.seconds,
            self.cut + other.cut,
        )

    @property
    def games(self) -> int:
        """Number of games."""
        return len(self.returns)

    @property
    def wins(self) -> int:
        """Number of games in which the agent alone was paid the most; playing alone, all."""
        return self.points.count(1.0)

    @property
    def losses(self) -> int:
        """Number of games in which another player was paid more than the agent."""
        return self.points.count(0.0)

    @property
    def draws(self) -> int:
        """Number of games in which no player was paid more than the agent, and at least one as much."""
        return self.games - self.wins - self.losses

    @property
    def score(self) -> float:
        """The agent's points for each game, in [0, 1]; NaN without games."""
        return sum(self.points) / self.games if self.games else math.nan

    @property
    def score_interval(self) -> Interval:
        """The 95% interval of the score."""
        if set(self.points) <= {0.0, 0.5, 1.0}:
            return score_interval(self.wins, self.draws, self.losses)
        return share_interval(self.score, self.games)

    @property
    def paid(self) -> Returns:
        """The agent's returns, summarised."""
        return Returns.of(self.returns)

    @property
    def mean_return(self) -> float:
        """The agent's mean return per game; NaN without games."""
        return sum(self.returns) / self.games if self.games else math.nan

    def __str__(self) -> str:
        if not self.games:
            return f"no game against {self.opponent} was over in time" if self.opponent else "no game was played"
        if not self.opponent:
            paid = self.paid
            return f"return {paid}, from {paid.least:.4g} to {paid.greatest:.4g} in {self.games} games"
        return f"{self.wins}/{self.draws}/{self.losses} against {self.opponent}"


def play_games(
    game: Game,
    planner: Planner,
    opponent: Opponent | None,
    games: int,
    *,
    rng: np.random.Generator,
    opening_plies: int = 0,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[Evaluation, list[AbandonedGame]]:
    """Play games side by side, the agent at each seat in turn, the opponent at all others.

    The agent searches without noise, with the planner's own settings and simulations. Each opening, and each course of
    the game's chance, is played once from every seat.

    A game that is longer than its spec's ``max_length``, or than :data:`myoshu.training.playing.selfplay.LONGEST` where
    that is not stated, is cut off and counts for what was paid until then. One that raises an error, or breaks the
    contract of :class:`myoshu.game.State`, is abandoned.

    Args:
        game: the rules.
        planner: the agent.
        opponent: the player of the other seats; None in a game of one player.
        games: the number of games.
        rng: generator for the openings, the game's chance and the opponent.
        opening_plies: the most random plies at the beginning; their number is drawn uniformly from 0 to this.
        stop: called before each ply; whether to stop playing; see :attr:`Evaluation.cut`.

    Returns:
        The results, and the games that were abandoned, which do not count.
    """
    table = _Table(game, games, rng, opening_plies)
    while table.going and not stop():
        thinking = [index for index in table.going if table.movers[index] == table.seats[index]]
        waiting = [index for index in table.going if table.movers[index] != table.seats[index]]
        chosen: dict[int, int] = {}
        if thinking:
            seen = [table.seen[index] for index in thinking]
            legal, movers = [table.legal[index] for index in thinking], [table.movers[index] for index in thinking]
            chosen.update(zip(thinking, search_moves(planner, seen, legal, movers), strict=True))
        if waiting and opponent is not None:
            states = [table.states[index] for index in waiting]
            chosen.update(zip(waiting, map(int, opponent.choose(game, states, rng)), strict=True))
        table.apply(chosen)
    cut, points, returns = len(table.going), [], []
    for index in table.finished + table.going * (opponent is None):
        paid, own = table.returns[index], table.returns[index, table.seats[index]]
        points.append(1.0 / int((paid == own).sum()) if own == paid.max() else 0.0)
        returns.append(float(own))
    name = "" if opponent is None else opponent.name
    return Evaluation(name, tuple(returns), tuple(points), cut=cut), table.abandoned


class _Table:
    """The games that are played side by side."""

    def __init__(self, game: Game, games: int, rng: np.random.Generator, opening_plies: int) -> None:
        players = game.spec.players
        self._game = game
        self._longest = LONGEST if game.spec.max_length is None else game.spec.max_length
        self.states: dict[int, State] = {}
        self.seats = [index % players for index in range(games)]
        self.returns = np.zeros((games, players))
        self.movers = [0] * games
        self.legal: list[Sequence[int]] = [()] * games
        self.seen = [np.zeros(0, np.float32)] * games
        self.going: list[int] = []
        self.finished: list[int] = []
        self.abandoned: list[AbandonedGame] = []
        self._seeds: list[int] = []
        self._moves: list[list[int]] = [[] for _ in range(games)]
        openings: list[list[int]] = []
        seed, opening = 0, [0]
        for index in range(games):
            if index % players == 0:
                seed = int(rng.integers(1 << 62))
                opening = _opening(game, seed, rng, opening_plies)
            self._seeds.append(seed)
            openings.append(opening)
        for index, state in enumerate(new_states(game, [np.random.default_rng(seed) for seed in self._seeds])):
            if isinstance(state, Exception):
                self._abandon(index, state)
                continue
            self.states[index] = state
            self._look(index)
        for ply in range(max(map(len, openings), default=0)):
            self.apply({index: openings[index][ply] for index in self.going if ply < len(openings[index])})

    def apply(self, chosen: dict[int, int]) -> None:
        """Play a move in some of the games in progress."""
        self.going = [index for index in self.going if index not in chosen]
        outcomes = apply_all(self._game, [self.states[index] for index in chosen], list(chosen.values()))
        for (index, action), paid in zip(chosen.items(), outcomes, strict=True):
            self._moves[index].append(action)
            try:
                if isinstance(paid, Exception):
                    raise paid
                self.returns[index] += paid
                if not math.isfinite(sum(paid)):
                    raise GameError(f"rewards: expected {self._game.spec.players} finite numbers, got {paid}")
            except Exception as error:  # noqa: BLE001 -- user code may raise anything
                self._abandon(index, error)
                continue
            self._look(index)
        self.going.sort()

    def _look(self, index: int) -> None:
        """Read a position."""
        state = self.states[index]
        try:
            if state.is_terminal() or len(self._moves[index]) >= self._longest:
                self.finished.append(index)
                return
            self.movers[index], self.legal[index], self.seen[index] = _position(self._game.spec, state)
        except Exception as error:  # noqa: BLE001 -- user code may raise anything
            self._abandon(index, error)
            return
        self.going.append(index)

    def _abandon(self, index: int, error: Exception) -> None:
        if isinstance(error, ConnectionLostError):
            return  # not the game's fault
        reset = StateTraits.of(self.states.get(index)).reset_seed
        self.abandoned.append(AbandonedGame.of(self._seeds[index], self._moves[index], error, reset))


def _position(spec: GameSpec, state: State) -> tuple[int, Sequence[int], NDArray[np.float32]]:
    """The mover, the legal actions and the observation.

    Raises:
        MyoshuError: one of them breaks the contract.
    """
    mover, legal = state.to_play(), state.legal_actions()
    if not 0 <= mover < spec.players:
        raise GameError(f"to_play: expected a player in [0, {spec.players}), got {mover}")
    if not len(legal) or not all(0 <= action < spec.actions for action in legal):
        raise LegalActionsError(f"legal_actions: expected some in [0, {spec.actions}), got {list(legal)}")
    seen = np.asarray(state.observation(), np.float32)
    if seen.shape != spec.observation:
        raise ObservationError(f"observation: expected shape {list(spec.observation)}, got {list(seen.shape)}")
    if not np.isfinite(seen).all():
        raise ObservationError("observation: expected finite numbers, got NaN or infinity")
    return mover, legal, seen


def _opening(game: Game, seed: int, rng: np.random.Generator, plies: int) -> list[int]:
    """Random moves that do not end the game."""
    for _ in range(OPENINGS if plies else 0):
        moves: list[int] = []
        try:
            state = game.new_state(np.random.default_rng(seed))
            for _ in range(int(rng.integers(plies + 1))):
                legal = state.legal_actions()
                moves.append(int(legal[int(rng.integers(len(legal)))]))
                state.apply(moves[-1])
                if state.is_terminal():
                    break
            else:
                return moves
        except Exception:  # noqa: BLE001 -- user code may raise anything; raised again in play
            return moves
    return []
