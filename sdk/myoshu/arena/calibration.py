"""Levels of strength for a bundle: settings that weaken it plausibly, measured against each other and random play.

What weakens an agent is one number, its *ease* from 0 (as strong as it plays) to 1. With more of it the agent looks
ahead less, samples its moves more freely, takes them more from the network's first guess, and accepts moves that seem
worse to it: mistakes of judgement, as people make them. A sampled move is always legal, and never one that the agent
itself holds to be worse than the best by more than the level's margin.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from myoshu.arena.match import GameResult
from myoshu.arena.openings import RandomOpenings
from myoshu.arena.schedule import schedule
from myoshu.arena.standings import stand
from myoshu.arena.workers import Setting, play_fixtures
from myoshu.errors import MatchError
from myoshu.game import Game, State
from myoshu.runtime.agent import Agent
from myoshu.runtime.bundle import Bundle
from myoshu.runtime.manifest import Level

__all__ = ["Measured", "calibrate", "ease", "enough_openings", "graded", "misses", "neighbours"]

FEWEST = 4
"""Simulations at the greatest ease."""
FREEST = 6.0
"""Temperature at the greatest ease."""
STEADY = 0.25
"""Least margin: a steady level may still choose among moves that differ by an eighth of all that a game can pay."""
FEWEST_PLIES, MOST_PLIES = 2, 12
"""The fewest and the most random moves that games begin with, by default."""
PROBES = 9
"""Strengths that are tried before levels are set."""
REACH = 3
"""A player meets those at most this many places away on the ladder."""


@dataclass(frozen=True)
class Measured:
    """A strength with its measurements."""

    strength: Level
    """Settings, Elo and its standard error."""
    games: int
    """Games that it played."""


def ease(amount: float, most: int) -> Level:
    """Settings for an amount of ease.

    Args:
        amount: from 0, full strength, to 1.
        most: simulations at full strength.
    """
    fewest = min(FEWEST, most)
    simulations = round(math.exp((1 - amount) * math.log(most) + amount * math.log(fewest)))
    margin = STEADY / 2 + (1 - STEADY / 2) * amount**2
    return Level(
        level=0.0,
        simulations=max(1, simulations),
        temperature=round(FREEST * amount**2, 4),
        mix=round(amount, 4),
        margin=round(min(1.0, margin), 4),
    )


def calibrate(
    make: Callable[[tuple[Level, ...]], Callable[[], Setting]],
    game: Game,
    *,
    levels: int = 10,
    most: int,
    games: int,
    plies: int | None = None,
    seed: int = 0,
    workers: int = 1,
    tell: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> list[Measured]:
    """Find settings whose strengths are evenly spaced, and measure them in separate games.

    First a ladder of probes of more and more ease is rated. From their ratings, made monotone (Ayer et al. 1955, Annals
    of Mathematical Statistics 26:641), the eases that should be evenly spaced in Elo between the weakest
    and the strongest are interpolated. Then these play a new pool, with other openings, whose ratings are the levels'.

    Args:
        make: makes what a process needs to play: the game, and as players random play and then an agent at each of
            the strengths given, in their order.
        game: the rules, of a game for two.
        levels: how many levels.
        most: simulations at full strength.
        games: games between each two who meet in the second pool; half as many in the first.
        plies: random moves that games begin with; 2 if not given, or more where that makes too few openings.
        seed: seed of everything random.
        workers: processes that play.
        tell: called with the stage, the games played and those to be played.

    Returns:
        The levels, weakest first, numbered from 1.

    Raises:
        MatchError: the game is not for two, there are fewer than two levels, or not enough openings.
    """
    if game.spec.players != 2:
        raise MatchError(f"calibrate: expected a game of two players, got {game.spec.players} in {game.spec.name}")
    if levels < 2:
        raise MatchError(f"levels: expected at least 2, got {levels}")

    beginnings = enough_openings(game, games, seed) if plies is None else RandomOpenings(plies)

    def pool(stage: str, eases: Sequence[float], each: int, own_seed: int) -> list[Measured]:
        strengths = tuple(ease(amount, most) for amount in eases)
        groups = neighbours(len(strengths) + 1)
        total, results = each * len(groups), list[GameResult]()
        fixtures = schedule(game, len(strengths) + 1, games=each, seed=own_seed, openings=beginnings, groups=groups)
        for result in play_fixtures(make(strengths), fixtures, workers=workers):
            results.append(result)
            tell(stage, len(results), total)
        ratings = stand(results, ["random", *map(str, eases)], 2, anchor=0).ratings
        assert ratings is not None  # neighbours are connected
        return [
            Measured(
                msgspec.structs.replace(strength, elo=round(rating.elo, 1), error=round(rating.error, 1)), rating.games
            )
            for strength, rating in zip(strengths, ratings.players[1:], strict=True)
        ]

    probes = [1 - index / (PROBES - 1) for index in range(PROBES)]
    tried = pool("probing", probes, max(2, games // 2), seed)
    chosen = _evenly(probes, [_elo(each) for each in tried], levels)
    measured = pool("measuring", chosen, games, seed + 1)
    measured.sort(key=_elo)
    return [
        Measured(msgspec.structs.replace(each.strength, level=float(number)), each.games)
        for number, each in enumerate(measured, 1)
    ]


def enough_openings(game: Game, games: int, seed: int) -> RandomOpenings:
    """Openings of as few random moves, 2 at least, as make enough for both pools.

    Raises:
        MatchError: no number of moves does.
    """
    wrong: MatchError | None = None
    for plies in range(FEWEST_PLIES, MOST_PLIES + 1):
        openings = RandomOpenings(plies)
        try:
            for pool in (seed, seed + 1):
                for _ in schedule(game, game.spec.players, games=games, seed=pool, openings=openings):
                    pass
        except MatchError as error:
            wrong = wrong or error
        else:
            return openings
    assert wrong is not None
    raise wrong


def neighbours(players: int) -> list[tuple[int, int]]:
    """The pairs that meet on a ladder, by index."""
    return [(one, other) for one in range(players) for other in range(one + 1, min(one + REACH + 1, players))]


def graded(bundle: Bundle, strengths: Sequence[Level], conditions: dict[str, object] | None = None) -> Bundle:
    """A bundle with another table of levels.

    Args:
        bundle: the bundle.
        strengths: the levels, weakest first.
        conditions: how they were measured; goes into the provenance as ``calibration``.
    """
    manifest = bundle.manifest
    provenance = manifest.provenance if conditions is None else {**manifest.provenance, "calibration": conditions}
    changed = msgspec.structs.replace(manifest, strength=list(strengths), provenance=provenance)
    return Bundle(changed, bundle.graphs, bundle.parity, bundle.examples)


def misses(game: Game, agent: Agent, levels: Sequence[float], positions: int, seed: int = 0) -> list[int]:
    """In how many positions that offer an immediate win each level plays something else.

    Args:
        game: the rules, of a game for two.
        agent: a bundle that has these levels.
        levels: the levels.
        positions: how many positions, reached by random moves.
        seed: seed of the positions and of the sessions.

    Returns:
        For each level, the number of wins missed. Fewer positions are tested where the game offers few.
    """
    rng = np.random.default_rng(seed)
    missed, found = [0] * len(levels), 0
    for _ in range(50 * positions):
        if found >= positions:
            break
        state = game.new_state(rng)
        while not state.is_terminal():
            wins = [action for action in state.legal_actions() if _wins(state, action)]
            legal = state.legal_actions()
            if 0 < len(wins) < len(legal) and found < positions:
                found += 1
                for index, level in enumerate(levels):
                    session = agent.new_session(seed + found, level=level)
                    chosen = session.play(state.observation(), legal, to_play=state.to_play()).action
                    missed[index] += chosen not in wins
                break
            state.apply(int(legal[int(rng.integers(len(legal)))]))
    return missed


def _wins(state: State, action: int) -> bool:
    after, mover = state.clone(), state.to_play()
    paid = after.apply(action)
    return bool(after.is_terminal() and paid[mover] > 0 and paid[mover] == max(paid))


def _elo(measured: Measured) -> float:
    assert measured.strength.elo is not None
    return measured.strength.elo


def _evenly(eases: Sequence[float], elos: Sequence[float], count: int) -> list[float]:
    """Eases whose Elo should be evenly spaced, by interpolation on the monotone fit up to its best."""
    rising = _monotone(elos)
    last = next(index for index, elo in enumerate(rising) if elo >= rising[-1] - 1e-9)
    points = [elo + 1e-6 * index for index, elo in enumerate(rising[: last + 1])]
    wanted = np.linspace(points[0], points[-1], count)
    chosen = [float(value) for value in np.interp(wanted, points, list(eases[: last + 1]))]
    return [*chosen[:-1], 0.0 if last == len(eases) - 1 else chosen[-1]]


def _monotone(values: Sequence[float]) -> list[float]:
    """The nearest sequence that never falls, by pooling adjacent violators."""
    blocks: list[list[float]] = []
    for value in values:
        blocks.append([value, 1.0])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (low, few), (high, more) = blocks.pop(), blocks.pop()
            blocks.append([(low * few + high * more) / (few + more), few + more])
    return [value for value, length in blocks for _ in range(round(length))]
