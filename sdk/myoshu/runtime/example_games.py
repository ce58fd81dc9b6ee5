"""Positions for an agent's file: found in a few games played at random, then answered by the agent."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable

import numpy as np

from myoshu.errors import MyoshuError
from myoshu.game import Game, State
from myoshu.runtime.agent import Agent
from myoshu.runtime.limit import Limit
from myoshu.runtime.positions import Answer, Example, Position
from myoshu.traits import Traits

__all__ = ["COUNT", "answered", "find_positions"]

COUNT = 8
"""How many positions to collect."""
MOST_NUMBERS = 1 << 18
"""Most numbers in all observations and priors: fewer positions are kept if these are large, possibly none."""
MOST_MOVES = 60
"""Most moves played in a game."""
TRIES = 4
"""Games to play for each position wanted, before settling for fewer."""
OTHER_SEEDS = 2
"""How often a position is reached from another seed, to see whether chance takes part after all."""
DRAWN_BEGINNINGS = 32
"""How often the beginning of a game with chance is tested so."""


def find_positions(game: Game) -> tuple[Position, ...]:
    """The beginning, and positions at different depths of random games: the same ones each time.

    A game that cannot be replayed (:attr:`myoshu.traits.Traits.replayable`) has none. Where chance takes
    part in a game, the positions say so.

    Raises:
        Exception: anything that the game raises.
    """
    size = math.prod(game.spec.observation) + game.spec.actions
    count = min(COUNT, MOST_NUMBERS // size)
    if not Traits.of(game).replayable or count < 1:
        return ()
    rng = np.random.default_rng(0)
    found: dict[bytes, Position] = {}
    for attempt in range(TRIES * count):
        if len(found) == count:
            break
        line = _played(game, attempt, rng)
        if not line:
            continue
        position = line[0] if not found else _next(line, found.values(), rng)
        found.setdefault(_key(position), position)
    return tuple(_with_chance(game, position) for position in found.values())


def answered(positions: Iterable[Position], agent: Agent) -> tuple[Example, ...]:
    """The positions with an agent's answers.

    Raises:
        MyoshuError: the agent cannot play them.
    """
    examples = []
    for position in positions:
        outputs = agent.evaluator.initial(position.observation[None])
        decision = agent.new_session(seed=0, keep_tree=False).play(
            position.observation, position.legal_actions, Limit(simulations=1), position.to_play
        )
        answer = Answer(outputs["prior"][0].copy(), outputs["value"][0].copy(), int(decision.action))
        examples.append(Example(position, answer))
    return tuple(examples)


def _played(game: Game, seed: int, rng: np.random.Generator) -> list[Position]:
    """A random game's positions."""
    state = game.new_state(np.random.default_rng(seed))
    moves: list[int] = []
    line = []
    while not state.is_terminal() and len(moves) < MOST_MOVES:
        line.append(_position(state, tuple(moves), seed, drawn=game.spec.stochastic))
        move = int(rng.choice(line[-1].legal_actions))
        state.apply(move)
        moves.append(move)
    return line


def _next(line: list[Position], found: Collection[Position], rng: np.random.Generator) -> Position:
    """One of a game's positions, preferably with the player to move who is rarest among those found."""
    movers = [position.to_play for position in found]
    fewest = min(movers.count(position.to_play) for position in line)
    chosen = [position for position in line[1:] if movers.count(position.to_play) == fewest] or line[1:] or line
    return chosen[int(rng.integers(len(chosen)))]


def _position(state: State, moves: tuple[int, ...], seed: int, *, drawn: bool) -> Position:
    return Position(
        moves=moves,
        seed=seed,
        drawn=drawn,
        to_play=int(state.to_play()),
        legal_actions=tuple(int(action) for action in state.legal_actions()),
        observation=np.array(state.observation(), np.float32),
    )


def _with_chance(game: Game, position: Position) -> Position:
    """The position, with a note whether chance takes part in it."""
    if position.drawn and position.moves:
        return position
    for seed in range(1 << 20, (1 << 20) + (DRAWN_BEGINNINGS if position.drawn else OTHER_SEEDS)):
        other = _reached(game, position, seed)
        if other is None or _key(other) != _key(position):
            return position._replace(drawn=True)
    return position._replace(drawn=False)


def _reached(game: Game, position: Position, seed: int) -> Position | None:
    """Where the same moves lead from another seed; None where they are not legal."""
    state = game.new_state(np.random.default_rng(seed))
    try:
        for move in position.moves:
            state.apply(move)
    except MyoshuError:
        return None
    return None if state.is_terminal() else _position(state, position.moves, seed, drawn=position.drawn)


def _key(position: Position) -> bytes:
    return repr((position.to_play, position.legal_actions)).encode() + position.observation.tobytes()
