"""From trajectories to game records and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import MyoshuError, RecordError
from myoshu.game import Game, State
from myoshu.record import FORMAT, Ending, GameRecord
from myoshu.spec import GameSpec
from myoshu.training.memory.trajectory import Trajectory
from myoshu.version import __version__

__all__ = ["to_record", "to_trajectory"]

DIGITS = 4
"""Decimals to which policies and values are rounded."""


def to_record(trajectory: Trajectory, game: GameSpec, seat: str = "self-play") -> GameRecord:
    """The game as a record: observations and legal actions follow from the moves.

    Args:
        trajectory: the game.
        game: the game string.
        seat: the player's name, the same for all seats.
    """
    policies = trajectory.policies.astype(np.float64).round(DIGITS)
    rows, actions = policies.nonzero()
    ends = np.cumsum(np.bincount(rows, minlength=len(policies))).tolist()
    named, chances = actions.tolist(), policies[rows, actions].tolist()
    begins = [0, *ends[:-1]]
    paid = trajectory.rewards.sum(0, dtype=np.float64)
    if trajectory.opening_rewards:
        paid += trajectory.opening_rewards
    return GameRecord(
        format=FORMAT,
        game=game.name,
        myoshu=__version__,
        seed=trajectory.seed,
        seats=(seat,) * game.players,
        opening=len(trajectory.opening),
        moves=(*trajectory.opening, *trajectory.actions.tolist()),
        movers=tuple(trajectory.movers.tolist()),
        policies=tuple([dict(zip(named[a:b], chances[a:b], strict=True)) for a, b in zip(begins, ends, strict=True)]),
        values=tuple(map(tuple, trajectory.values.astype(np.float64).round(DIGITS).tolist())),
        explored=tuple(trajectory.explored.nonzero()[0].tolist()),
        returns=tuple(paid.tolist()),
        ending=Ending.TRUNCATED if trajectory.truncated else Ending.FINISHED,
    )


def to_trajectory(record: GameRecord, game: Game, discount: float = 1.0) -> Trajectory | None:
    """The game in a form to learn from, replayed by the rules.

    Where the record has no policy, as for a person's or a bot's move, the move itself is the policy's target; where
    it has no value, the return from there on is the value.

    Args:
        record: the game.
        game: its rules.
        discount: γ.

    Returns:
        None if nothing can be learned from it: it has no moves beyond the opening, or an illegal move or a crash broke
        it off.

    Raises:
        RecordError: the rules contradict the record.
    """
    spec = game.spec
    length = len(record.moves) - record.opening
    if not length or record.ending not in (Ending.FINISHED, Ending.TRUNCATED):
        return None
    observations = np.zeros((length, *spec.observation), np.float32)
    legal = np.zeros((length, spec.actions), np.bool_)
    movers = np.zeros(length, np.int32)

    def visit(ply: int, state: State) -> None:
        if (index := ply - record.opening) >= 0:
            observations[index] = state.observation()
            legal[index, state.legal_actions()] = True
            movers[index] = state.to_play()

    try:
        rewards = record.replay(game, visit)
    except RecordError:
        raise
    except MyoshuError as error:
        raise RecordError(f"moves: {error}") from error
    paid = rewards[record.opening :]
    actions = np.array(record.moves[record.opening :], np.int32)
    explored = np.zeros(length, np.bool_)
    explored[list(record.explored)] = True
    return Trajectory(
        observations=observations,
        actions=actions,
        rewards=paid,
        movers=movers,
        legal=legal,
        policies=_policies(record, actions, legal),
        values=_values(record, paid, spec, discount),
        explored=explored,
        truncated=record.ending is Ending.TRUNCATED,
        seed=record.seed,
        opening=record.moves[: record.opening],
        opening_rewards=tuple(rewards[: record.opening].sum(0, dtype=np.float64).tolist()),
    )


def _policies(record: GameRecord, actions: NDArray[np.int32], legal: NDArray[np.bool_]) -> NDArray[np.float32]:
    policies = np.zeros(legal.shape, np.float32)
    policies[np.arange(len(actions)), actions] = 1.0
    for index, policy in enumerate(record.policies or ()):
        if policy is None:
            continue
        chosen, chances = list(policy), np.array(list(policy.values()))
        allowed = legal[index].nonzero()[0].tolist()
        if wrong := set(chosen).difference(allowed):
            raise RecordError(f"policies[{index}]: expected legal actions, of {allowed[:20]}, got {min(wrong)}")
        total = chances.sum()
        if not (total > 0 and (chances >= 0).all()):
            raise RecordError(f"policies[{index}]: expected probabilities, got {list(policy.values())}")
        policies[index] = 0.0
        policies[index, chosen] = chances / total
    return policies


def _values(record: GameRecord, paid: NDArray[np.float32], game: GameSpec, discount: float) -> NDArray[np.float32]:
    values = np.zeros((len(paid), game.players))
    rest = np.zeros(game.players)
    late = discount if game.final_rewards_only else 1.0
    for index in range(len(paid) - 1, -1, -1):
        values[index] = rest = late * paid[index] + discount * rest
    for index, value in enumerate(record.values or ()):
        if value is None:
            continue
        if len(value) != game.players:
            raise RecordError(f"values[{index}]: expected {game.players}, one for each seat, got {len(value)}")
        values[index] = value
    return values.astype(np.float32)
