"""Who meets whom, from which seat, with which opening and seeds: known before the first move is played."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, islice

import numpy as np

from myoshu.arena.openings import Openings, RandomOpenings
from myoshu.errors import MatchError
from myoshu.game import Game

__all__ = ["Fixture", "Format", "schedule", "tables"]

EARLY = 1000
"""Openings drawn before the first game, so that a shortage is noticed at once."""


class Format(enum.StrEnum):
    """Which of the players meet."""

    ROUND_ROBIN = "round-robin"
    """Every player meets every other."""
    GAUNTLET = "gauntlet"
    """The first meets all others, who do not meet each other."""


@dataclass(frozen=True)
class Fixture:
    """A game to be played."""

    number: int
    """Its place in the match, from 0."""
    round: int
    """Which opening, from 0: the games of a round, between the same players, differ only in the seats."""
    seats: tuple[int, ...]
    """For each seat, which of the match's players sits there."""
    seed: int
    """Seed of the game's chance."""
    player_seeds: tuple[int, ...]
    """For each seat, its player's own seed."""
    opening: tuple[int, ...] = ()
    """The moves with which it begins."""


def tables(players: int, seats: int, form: Format = Format.ROUND_ROBIN) -> list[tuple[int, ...]]:
    """The groups of players that meet.

    Args:
        players: how many there are.
        seats: how many players take part in one game.
        form: which of them meet.

    Raises:
        MatchError: there are too few players.
    """
    if players < seats:
        raise MatchError(f"players: expected {seats} or more, got {players}")
    groups = combinations(range(players), seats)
    return [group for group in groups if form is Format.ROUND_ROBIN or group[0] == 0]


def schedule(
    game: Game,
    players: int,
    *,
    games: int,
    seed: int = 0,
    openings: Openings | None = None,
    groups: Sequence[tuple[int, ...]] | None = None,
) -> Iterator[Fixture]:
    """All games of a match, in order.

    A round is one opening, played by every group of players, from every seat: in its g-th game the group's i-th player
    sits at seat (i + g) mod seats. The games of a round share their opening and the game's chance, those of one group
    each player's seed too. So every group's games are paired, and no opening occurs twice.

    Args:
        game: the rules.
        players: how many players there are; at least as many as the game has seats.
        games: how many games each group plays.
        seed: seed of everything random.
        openings: how rounds begin; at the initial position if not given.
        groups: which of the players meet, as :func:`tables` gives them; all meet all if not given.

    Raises:
        MatchError: there are too few players, games or openings.
    """
    seats = game.spec.players
    groups = tables(players, seats) if groups is None else groups
    if games < 1:
        raise MatchError(f"games: expected at least 1, got {games}")
    rounds = -(-games // seats)
    source = RandomOpenings(0) if openings is None else openings
    drawn = source.draw(game, (_pair(seed, number) for number in range(rounds)))
    first = list(islice(drawn, EARLY))
    number = 0
    for turn, opening in enumerate(chain(first, drawn)):
        chance, _ = _pair(seed, turn)
        for which, group in enumerate(groups):
            own = _words([seed, turn, which + 1], seats)
            for rotation in range(min(seats, games - turn * seats)):
                order = [(seat - rotation) % seats for seat in range(seats)]
                sitting, seeds = tuple(group[i] for i in order), tuple(own[i] for i in order)
                yield Fixture(number, turn, sitting, chance, seeds, opening)
                number += 1


def _pair(seed: int, turn: int) -> tuple[int, int]:
    chance, draw = _words([seed, turn], 2)
    return chance, draw


def _words(entropy: list[int], count: int) -> list[int]:
    """Seeds in [0, 2**31), as every player's generator takes them."""
    return [int(word) >> 1 for word in np.random.SeedSequence(entropy).generate_state(count, np.uint32)]
