"""Games between players: seats rotate, chance is the same for every game of a round, and one bad move ends one game."""

from __future__ import annotations

import enum
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tesuji.arena.player import Choice, Player
from tesuji.errors import GameError, MatchError
from tesuji.game import Game
from tesuji.record import Ending
from tesuji.spec import GameSpec

__all__ = ["Ending", "GameResult", "Move", "Outcome", "play_game", "play_match"]

_LONGEST = 1_000_000
"""Moves after which a game that names no greatest length is taken to be endless."""
_ATTEMPTS = 100
"""How often a random opening is drawn again because it ended the game."""


class Outcome(enum.StrEnum):
    """A game from one player's view."""

    WIN = "win"
    """It was paid more than every other player."""
    DRAW = "draw"
    """It shared the highest pay."""
    LOSS = "loss"
    """Somebody was paid more."""


@dataclass(frozen=True)
class Move:
    """One move of a game."""

    seat: int
    """Who moved: a player's index in the game."""
    choice: Choice
    """What was played, and what the player thought of it."""
    elapsed: float
    """How long it took, in seconds."""


@dataclass(frozen=True)
class GameResult:
    """One game as it was played."""

    number: int
    """Its place in the match, from 0."""
    seats: tuple[int, ...]
    """For each seat, which of the match's players sat there."""
    seed: int
    """Seed of the game's chance: ``game.new_state(np.random.default_rng(seed))``."""
    opening: tuple[int, ...]
    """The random moves the game began with, chosen by no player."""
    moves: tuple[Move, ...]
    """The players' moves; one that was illegal is not among them."""
    returns: tuple[float, ...]
    """For each seat, the sum of what it was paid. After an illegal move or a crash: see :func:`play_game`."""
    ending: Ending = Ending.FINISHED
    """How it ended."""
    offender: int | None = None
    """The seat that ended it, unless it ended by the rules."""
    reason: str = ""
    """What the offender did."""

    @property
    def actions(self) -> tuple[int, ...]:
        """All actions played, in order: the opening's and the players'."""
        return (*self.opening, *(move.choice.action for move in self.moves))

    def seat_of(self, player: int) -> int:
        """Where one of the match's players sat."""
        return self.seats.index(player)

    def outcome(self, player: int) -> Outcome:
        """How the game went for one of the match's players."""
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
    """Play games, one after the other, and yield each as it ends.

    In game g, player i sits at seat (i + g) mod players, so that after every round of as many games as there are
    players everybody has sat everywhere. The games of one round share their opening, the game's chance and each
    player's seed.

    Args:
        game: the game.
        players: as many as the game has seats. The same player object may not sit twice.
        games: how many games.
        seed: seed of everything random; the same seed and players give the same games.
        random_plies: how many random moves each round's games begin with. Players without anything random in them would
            otherwise play the same games again and again.

    Raises:
        MatchError: the number of players is wrong, or one of them cannot play this game.
        GameError: the game broke its contract.
    """
    seats = game.spec.players
    if len(players) != seats:
        raise MatchError(f"players: expected {seats} for {game.spec.name}, got {len(players)}")
    if len({id(player) for player in players}) != seats:
        raise MatchError("players: expected a different object for every seat, got the same one twice")
    if games < 1:
        raise MatchError(f"games: expected at least 1, got {games}")
    if random_plies < 0:
        raise MatchError(f"random_plies: expected 0 or more, got {random_plies}")
    opening: list[int] = []
    for number in range(games):
        chance, draw, *own = _seeds(seed, number // seats, seats + 2)
        if number % seats == 0:
            opening = _opening(game, chance, draw, random_plies)
        seated = tuple((seat - number) % seats for seat in range(seats))
        yield play_game(game, players, number=number, seats=seated, seed=chance, player_seeds=own, opening=opening)


def play_game(
    game: Game,
    players: Sequence[Player],
    *,
    seats: Sequence[int] | None = None,
    seed: int = 0,
    player_seeds: Sequence[int] | None = None,
    opening: Sequence[int] = (),
    number: int = 0,
) -> GameResult:
    """Play one game.

    A player that chooses an illegal action or raises an error ends the game: it gets the least the game can pay and, of
    two players, the other the most; of more than two, the others keep what they had been paid.

    Args:
        game: the game.
        players: the players.
        seats: for each seat, which of the players sits there; in order if not given.
        seed: seed of the game's chance.
        player_seeds: for each player, its own seed; made from ``seed`` if not given.
        opening: actions that are played before the players are asked.
        number: the game's place in a match.

    Raises:
        MatchError: a player cannot play this game.
        GameError: the game broke its contract.
    """
    spec = game.spec
    seats = tuple(range(spec.players)) if seats is None else tuple(seats)
    own = _seeds(seed, 0, len(players)) if player_seeds is None else player_seeds
    for seat, player in enumerate(seats):
        players[player].new_game(game, seat, own[player])
    state = game.new_state(np.random.default_rng(seed))
    returns = np.zeros(spec.players)
    moves: list[Move] = []
    history: list[int] = []

    def result(ending: Ending = Ending.FINISHED, offender: int | None = None, reason: str = "") -> GameResult:
        paid = returns if offender is None else _forfeit(spec, returns, offender)
        return GameResult(
            number, seats, seed, tuple(opening), tuple(moves), tuple(map(float, paid)), ending, offender, reason
        )

    longest = spec.max_length or _LONGEST
    while not state.is_terminal():
        if len(history) >= longest:
            raise GameError(f"{spec.name}: expected a game of at most {longest} moves, got a longer one")
        seat = state.to_play()
        if len(history) < len(opening):
            action = opening[len(history)]
        else:
            started = time.perf_counter()
            try:
                choice = players[seats[seat]].choose(state)
            except Exception as error:  # noqa: BLE001 - anybody's code: its failure costs it this game, no more
                return result(Ending.CRASHED, seat, f"{type(error).__name__}: {error}")
            elapsed = time.perf_counter() - started
            action = choice.action
            if action not in state.legal_actions():
                return result(Ending.ILLEGAL, seat, f"action {action!r} after {history}")
            moves.append(Move(seat, choice, elapsed))
        for listener, player in enumerate(seats):
            try:
                players[player].observe(state, action)
            except Exception as error:  # noqa: BLE001 - as above
                return result(Ending.CRASHED, listener, f"{type(error).__name__}: {error}")
        returns += state.apply(action)
        history.append(action)
    return result()


def _opening(game: Game, chance: int, draw: int, plies: int) -> list[int]:
    """Random moves that do not end the game."""
    rng = np.random.default_rng(draw)
    for _ in range(_ATTEMPTS):
        state = game.new_state(np.random.default_rng(chance))
        actions: list[int] = []
        while len(actions) < plies and not state.is_terminal():
            legal = state.legal_actions()
            actions.append(int(legal[int(rng.integers(len(legal)))]))
            state.apply(actions[-1])
        if not state.is_terminal():
            break
    else:
        raise MatchError(f"random_plies: expected fewer than end {game.spec.name}, got {plies}")
    return actions


def _seeds(seed: int, group: int, count: int) -> list[int]:
    """Seeds in [0, 2**31), as every player's generator takes them."""
    return [int(word) >> 1 for word in np.random.SeedSequence([seed, group]).generate_state(count, np.uint32)]


def _forfeit(spec: GameSpec, returns: np.ndarray[tuple[int], np.dtype[np.float64]], offender: int) -> Sequence[float]:
    low, high = spec.returns
    paid = [high] * 2 if spec.players == 2 else [float(value) for value in returns]
    paid[offender] = low
    return paid
