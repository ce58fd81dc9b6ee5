"""Games between players: seats rotate, chance is the same for every game of a round, and one bad move ends one game."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myoshu.arena.clock import Clock, Timed
from myoshu.arena.openings import RandomOpenings
from myoshu.arena.player import Choice, Player, Resignation
from myoshu.arena.schedule import Fixture, schedule
from myoshu.errors import GameError, IllegalActionError, MatchError
from myoshu.game import Game
from myoshu.record import Ending
from myoshu.spec import GameSpec

__all__ = ["Ending", "GameResult", "Move", "Outcome", "ended", "overrun", "play_fixture", "play_game", "play_match"]

_LONGEST = 1_000_000
"""Moves after which a game without a stated maximum length counts as endless."""


class Outcome(enum.StrEnum):
    """A game from one player's view."""

    WIN = "win"
    """It was paid more than every other player."""
    DRAW = "draw"
    """It shared the highest pay."""
    LOSS = "loss"
    """Another player was paid more."""


@dataclass(frozen=True)
class Move:
    """One move of a game."""

    seat: int
    """The seat that moved, from 0."""
    choice: Choice
    """The move, and what the player thought of it."""
    elapsed: float
    """How long it took, in seconds."""


@dataclass(frozen=True)
class GameResult:
    """One played game."""

    number: int
    """Its place in the match, from 0."""
    seats: tuple[int, ...]
    """For each seat, which of the match's players sat there."""
    seed: int
    """Seed of the game's chance: ``game.new_state(np.random.default_rng(seed))``."""
    opening: tuple[int, ...]
    """The random moves with which the game began, chosen by no player."""
    moves: tuple[Move, ...]
    """The players' moves; one that was illegal is not among them."""
    returns: tuple[float, ...]
    """For each seat, the sum of its rewards. For games that an offender ended, see :func:`play_game`."""
    ending: Ending = Ending.FINISHED
    """How the game ended."""
    offender: int | None = None
    """The seat that ended it, unless it ended by the rules."""
    reason: str = ""
    """What the offender did."""
    round: int = 0
    """Which of the match's openings it began with, from 0."""
    player_seeds: tuple[int, ...] = ()
    """For each seat, its player's seed."""

    @property
    def actions(self) -> tuple[int, ...]:
        """All actions played, in order: the opening's and the players'."""
        return (*self.opening, *(move.choice.action for move in self.moves))

    def seat_of(self, player: int) -> int:
        """The seat of one of the match's players."""
        return self.seats.index(player)

    def outcome(self, player: int) -> Outcome:
        """The outcome for one of the match's players."""
        seat = self.seat_of(player)
        mine = self.returns[seat]
        best = max((paid for other, paid in enumerate(self.returns) if other != seat), default=mine)
        if mine > best:
            return Outcome.WIN
        return Outcome.DRAW if mine == best else Outcome.LOSS

    def times(self, player: int) -> list[float]:
        """Seconds for each of a player's moves."""
        seat = self.seat_of(player)
        return [move.elapsed for move in self.moves if move.seat == seat]


def play_match(
    game: Game, players: Sequence[Player], *, games: int, seed: int = 0, random_plies: int = 0
) -> Iterator[GameResult]:
    """Play a match of as many players as the game has seats, one game at a time; each is yielded as it ends.

    :func:`myoshu.arena.schedule.schedule` decides who sits where, with which opening and seeds.

    Args:
        game: the game.
        players: as many as the game has seats. The same player object may not sit twice.
        games: how many games.
        seed: seed of everything random; the same seed and players give the same games.
        random_plies: how many random moves each round's games begin with. Deterministic players would
            otherwise play the same games again and again.

    Raises:
        MatchError: the number of players is wrong, one of them cannot play this game, or there are not enough openings.
        GameError: the game broke its contract.
    """
    seats = game.spec.players
    if len(players) != seats:
        raise MatchError(f"players: expected {seats} for {game.spec.name}, got {len(players)}")
    for fixture in schedule(game, seats, games=games, seed=seed, openings=RandomOpenings(random_plies)):
        yield play_fixture(game, players, fixture)


def play_fixture(
    game: Game,
    players: Sequence[Player],
    fixture: Fixture,
    clock: Clock | None = None,
    watch: Callable[[int, float | None, Move | None, tuple[float, ...]], None] | None = None,
) -> GameResult:
    """Play a game of a schedule; arguments and errors as of :func:`play_game`."""
    return play_game(
        game,
        [players[player] for player in fixture.seats],
        seats=fixture.seats,
        seed=fixture.seed,
        player_seeds=fixture.player_seeds,
        opening=fixture.opening,
        number=fixture.number,
        round=fixture.round,
        clock=clock,
        watch=watch,
    )


def play_game(
    game: Game,
    players: Sequence[Player],
    *,
    seats: Sequence[int] | None = None,
    seed: int = 0,
    player_seeds: Sequence[int] | None = None,
    opening: Sequence[int] = (),
    number: int = 0,
    round: int = 0,
    clock: Clock | None = None,
    watch: Callable[[int, float | None, Move | None, tuple[float, ...]], None] | None = None,
) -> GameResult:
    """Play one game.

    A player that chooses an illegal action, raises an error, lets its clock run out or resigns ends the game: it gets
    the least that the game can pay and, of two players, the other the most; of more than two, the others keep what they
    had been paid.

    Args:
        game: the game.
        players: the players, in the order of the seats. The same object may not sit twice.
        seats: for each seat, what the result calls its player; 0, 1, … if not given.
        seed: seed of the game's chance.
        player_seeds: for each seat, its player's own seed; made from ``seed`` if not given.
        opening: actions that are played before the players are asked.
        number: the game's place in a match.
        round: the opening's place in a match.
        clock: each side's thinking time; no limit if not given.
        watch: called before every move, with the seat to move, the seconds it has left (None without a
            clock), the previous move, and what every seat has been paid.

    Raises:
        MatchError: a player cannot play this game.
        GameError: the game broke its contract.
    """
    spec = game.spec
    if len({id(player) for player in players}) != len(players):
        raise MatchError("players: expected a different object for every seat, got the same one twice")
    if len(players) != spec.players:
        raise MatchError(f"players: expected {spec.players} for {spec.name}, got {len(players)}")
    if player_seeds is None:
        words = np.random.SeedSequence([seed, 0]).generate_state(len(players), np.uint32)
        player_seeds = [int(word) >> 1 for word in words]
    fixture = Fixture(
        number,
        round,
        tuple(range(spec.players)) if seats is None else tuple(seats),
        seed,
        tuple(player_seeds),
        tuple(opening),
    )
    for seat, player in enumerate(players):
        player.new_game(game, seat, player_seeds[seat])
    state = game.new_state(np.random.default_rng(seed))
    returns = np.zeros(spec.players)
    left = [clock.seconds if clock is not None else None] * spec.players
    moves: list[Move] = []
    history: list[int] = []
    longest = spec.max_length or _LONGEST

    def stopped(ending: Ending, seat: int, reason: str) -> GameResult:
        return ended(spec, fixture, moves, returns, ending, seat, reason)

    while not state.is_terminal():
        if len(history) >= longest:
            raise GameError(f"{spec.name}: expected a game of at most {longest} moves, got a longer one")
        seat = state.to_play()
        if len(history) < len(opening):
            action = opening[len(history)]
        else:
            remaining = left[seat]
            if watch is not None:
                watch(seat, remaining, moves[-1] if moves else None, tuple(map(float, returns)))
            started = time.perf_counter()
            try:
                player = players[seat]
                if clock is not None and remaining is not None and isinstance(player, Timed):
                    player.tell_clock(remaining, clock.increment)
                choice = player.choose(state)
            except Resignation:
                return stopped(Ending.RESIGNED, seat, "gave up")
            except Exception as error:  # noqa: BLE001 -- user code may raise anything; it costs this game
                elapsed = time.perf_counter() - started
                if remaining is not None and elapsed > remaining:
                    return stopped(Ending.TIMEOUT, seat, overrun(elapsed, remaining))
                return stopped(_failing(error), seat, f"{type(error).__name__}: {error}")
            elapsed = time.perf_counter() - started
            action = choice.action
            if clock is not None and remaining is not None:
                if elapsed > remaining:
                    return stopped(Ending.TIMEOUT, seat, overrun(elapsed, remaining))
                left[seat] = remaining - elapsed + clock.increment
            if action not in state.legal_actions():
                return stopped(Ending.ILLEGAL, seat, f"action {action!r} after {history}")
            moves.append(Move(seat, choice, elapsed))
        for listener, player in enumerate(players):
            try:
                player.observe(state, action)
            except Exception as error:  # noqa: BLE001 -- user code may raise anything
                return stopped(_failing(error), listener, f"{type(error).__name__}: {error}")
        returns += state.apply(action)
        history.append(action)
    return ended(spec, fixture, moves, returns)


def ended(
    spec: GameSpec,
    fixture: Fixture,
    moves: Sequence[Move],
    returns: Sequence[float] | NDArray[np.float64],
    ending: Ending = Ending.FINISHED,
    offender: int | None = None,
    reason: str = "",
) -> GameResult:
    """A game's result, with the cost of the offence.

    Args:
        spec: the game's specification.
        fixture: the game as it was planned.
        moves: the players' moves.
        returns: for each seat, what it had been paid.
        ending: how it ended.
        offender: the seat that ended it, unless it ended by the rules.
        reason: what it did.
    """
    paid = [float(value) for value in returns]
    if offender is not None:
        low, high = spec.returns
        paid = [high] * 2 if spec.players == 2 else paid
        paid[offender] = low
    return GameResult(
        fixture.number,
        fixture.seats,
        fixture.seed,
        fixture.opening,
        tuple(moves),
        tuple(paid),
        ending,
        offender,
        reason,
        fixture.round,
        fixture.player_seeds,
    )


def _failing(error: Exception) -> Ending:
    """How a game ends by an error of a player."""
    if isinstance(error, TimeoutError):
        return Ending.TIMEOUT
    return Ending.ILLEGAL if isinstance(error, IllegalActionError) else Ending.CRASHED


def overrun(elapsed: float, remaining: float) -> str:
    """The reason given for a player whose clock ran out."""
    return f"thought for {elapsed:.3f} s with {remaining:.3f} s left on its clock"
