"""Random games that show what an environment pays, and whether it can be seeded and copied."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec

from myoshu.errors import GameError
from myoshu_engines.gymnasium.environments import Environments
from myoshu_engines.gymnasium.rewards import Rewards
from myoshu_engines.gymnasium.state import GymnasiumState

__all__ = ["choose_copying", "probe"]

_PROBED_GAMES = 50
_PROBED_STEPS = 1000
"""Steps in all probed games together."""
_REPEATED_GAMES = 3
"""How many of the probed games are played twice, to check that they are the same."""
_COPIED_GAMES = 4
_FORESIGHT = 12
"""How many further steps two copies are played to check that they stay alike."""


def probe(game: Environments, rewards: Rewards) -> None:
    """Play random games, always the same ones: what do they pay, and are they the same from the same seed?

    Args:
        game: the environments.
        rewards: collects what they pay.

    Raises:
        GameError: they are not the same.
    """
    choice = np.random.default_rng(0)
    steps = 0
    for number in range(_PROBED_GAMES):
        state = GymnasiumState(game, number)
        twin = GymnasiumState(game, number) if number < _REPEATED_GAMES else None
        _compare(game, state, twin)
        while not state.is_terminal() and steps < _PROBED_STEPS:
            legal = state.legal_actions()
            action = legal[int(choice.integers(len(legal)))]
            reward = state.step(action)
            rewards.add(reward, ends=state.is_terminal() and not state.truncated)
            if twin is not None and twin.step(action) != reward:
                raise _not_the_same(game)
            _compare(game, state, twin)
            steps += 1
        if steps >= _PROBED_STEPS:
            break


def choose_copying(game: Environments) -> None:
    """Choose how states are cloned: the cheapest way that works."""
    constant: dict[int, object] = {}
    layer: Any = game.template
    while True:
        constant |= {id(part): part for part in vars(layer).values() if isinstance(part, gymnasium.Space | EnvSpec)}
        if not isinstance(layer, gymnasium.Wrapper):
            break
        layer = layer.env
    if isinstance(table := vars(layer).get("P"), dict):
        constant[id(table)] = table
    for shared in (constant, {}):
        with suppress(Exception):  # user code may raise anything: a copy that fails is not used
            if all(_copies_well(game, shared, number) for number in range(_COPIED_GAMES)):
                game.shared = shared
                return
        game.shared = None


def _compare(game: Environments, state: GymnasiumState, twin: GymnasiumState | None) -> None:
    if twin is not None and not _alike(state, twin):
        raise _not_the_same(game)


def _not_the_same(game: Environments) -> GameError:
    return GameError(
        f"{game.name}: the same seed and the same actions brought two different games; myoshu needs an environment "
        "that draws all chance from reset(seed=…)"
    )


def _copies_well(game: Environments, shared: dict[int, object], number: int) -> bool:
    """Whether copies continue as the original does, and neither disturbs the other, not even by being closed."""
    choice = np.random.default_rng([1, number])
    game.shared = shared
    state = GymnasiumState(game, number)
    game.shared = None
    again = GymnasiumState(game, number)
    for _ in range(number * _FORESIGHT // _COPIED_GAMES):
        if state.is_terminal():
            break
        action = state.legal_actions()[int(choice.integers(len(state.legal_actions())))]
        state.step(action)
        again.step(action)
    game.shared = shared
    early, late = state.clone(), state.clone()
    trails = [_trail(early, number)]
    early.close()
    trails += [_trail(other, number) for other in (state, late, again)]
    return all(trail == trails[0] for trail in trails)


def _alike(one: GymnasiumState, other: GymnasiumState) -> bool:
    """Whether two states look the same."""
    return (
        (one.is_terminal(), one.truncated, tuple(one.legal_actions()))
        == (other.is_terminal(), other.truncated, tuple(other.legal_actions()))
        and np.array_equal(one.observation(), other.observation())
    )  # fmt: skip


def _trail(state: GymnasiumState, number: int) -> list[object]:
    """The observations of a few more steps, always chosen alike."""
    choice = np.random.default_rng([2, number])
    seen: list[object] = [state.observation().tobytes()]
    for _ in range(_FORESIGHT):
        legal = state.legal_actions()
        if not legal:
            break
        reward = state.step(legal[int(choice.integers(len(legal)))])
        seen.append((reward, state.is_terminal(), state.truncated, state.observation().tobytes(), str(state)))
    return seen
