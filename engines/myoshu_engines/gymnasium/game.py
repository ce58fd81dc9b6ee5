"""Gymnasium's environments with discrete actions as myoshu games of one player.

Game strings
    ``gymnasium:CartPole-v1``, with parameters ``gymnasium:FrozenLake-v1(is_slippery=False)``, or with a module to
    import first, which registers the environment: ``gymnasium:my_module:MyEnv-v0``. Parameters are Python literals
    and go to the environment, except two that myoshu itself reads:

    - ``max_length=200``: the game is cut off after this many steps, whatever limit the environment has;
    - ``returns=(0, 500)``: the least and the greatest sum of rewards in a game.

How long a game is
    ``spec.max_length`` is the environment's own limit (``max_episode_steps``); one that has none is cut off after
    :data:`DEFAULT_LENGTH` steps. Both kinds of end, *terminated* and *truncated*, end the game; a state distinguishes
    them by :attr:`GymnasiumState.truncated`.

What a game pays
    ``spec.returns`` is computed as :mod:`myoshu_engines.gymnasium.rewards` describes, which is an estimate where
    the environment has no table of its transitions. A game that ends outside the bounds is an error that says which
    ``returns=`` to give, so a wrong estimate never trains a network silently.

What is seen, and what can be done
    See :mod:`myoshu_engines.gymnasium.spaces`. All actions are legal, unless the environment's ``info``, or its
    observation where that is a ``Dict``, has an ``action_mask``, one number per action: then those where it is not
    zero. Where an action consists of several choices, one mask for each of them is accepted too.

Chance
    Each game seeds a fresh environment with one number drawn from its generator; everything follows from that seed
    and the actions. When a game is loaded, random games check that, and an environment that fails is
    refused. ``spec.stochastic`` is always true: an environment does not say whether it draws chance.

Copies
    A clone's environment is a deep copy, if trial copies behave just as the original does and leave it alone; its
    spaces and its table of transitions are then not copied but shared, if that works too. Otherwise (an environment
    with a C++ core, say) a clone is a new environment in which all actions are replayed, once it is needed.

When two states are the same
    When their seeds and all their actions are (by a digest of 128 bits).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from myoshu.errors import ArgumentError, GameStringError
from myoshu.game import State
from myoshu.spec import GameSpec, Movers
from myoshu_engines.gymnasium.environments import Environments
from myoshu_engines.gymnasium.probe import choose_copying, probe
from myoshu_engines.gymnasium.registry import find
from myoshu_engines.gymnasium.rewards import Rewards
from myoshu_engines.gymnasium.state import GymnasiumState
from myoshu_engines.gymnasium.string import max_length_of, parsed, returns_of

__all__ = ["DEFAULT_LENGTH", "GymnasiumGame", "load"]

DEFAULT_LENGTH = 1000
"""Steps after which a game is cut off whose environment sets no limit."""
_NOT_TO_BE_GIVEN = {
    "disable_env_checker": "myoshu leaves the checker out",
    "max_episode_steps": "say max_length=",
    "render_mode": "myoshu draws as text",
}


def load(rest: str) -> GymnasiumGame:
    """The game of a registered environment, such as ``CartPole-v1`` or ``FrozenLake-v1(is_slippery=False)``.

    Raises:
        GameStringError: the string does not parse, or there is no such environment or parameter.
        DependencyError: the environment needs a package that is not installed.
        GameError: an environment of a kind that myoshu does not play; the message says why.
    """
    name, parameters, canonical = parsed(rest.strip())
    return GymnasiumGame(name, parameters, canonical)


class GymnasiumGame:
    """An environment as a game; the module's docstring has the details.

    Args:
        name: the environment's name, with the module that registers it if need be.
        parameters: for the environment, and ``returns`` and ``max_length``.
        canonical: the game string from which :func:`load` makes this game.
    """

    def __init__(self, name: str, parameters: Mapping[str, Any], canonical: str) -> None:
        self.name = f"gymnasium:{canonical}"
        self._canonical = canonical
        given = dict(parameters)
        returns = returns_of(given.pop("returns", None))
        max_length = max_length_of(given.pop("max_length", None))
        for parameter, why in _NOT_TO_BE_GIVEN.items():
            if parameter in given:
                raise GameStringError(f"game: {parameter}= is not to be given in {self.name!r}: {why}")
        registered = find(name)
        length = max_length or registered.max_episode_steps or DEFAULT_LENGTH
        limited = dataclasses.replace(registered, max_episode_steps=length, order_enforce=False)
        environments = Environments(self.name, limited, given, estimated=returns is None)
        self.environments = environments
        """Creates, copies and reads its environments."""
        template = environments.template
        observer = environments.observer
        self.planes, self.layout = observer.planes.words, observer.planes.layout
        """What each number or plane of an observation is: in the environment's words, else in those of its space."""
        with suppress(AttributeError):  # few environments declare them
            self.planes = tuple(template.get_wrapper_attr("planes"))
            self.layout = ""
        with suppress(AttributeError):
            self.layout = template.get_wrapper_attr("layout")
        rewards = Rewards()
        with suppress(AttributeError):  # most environments have no table
            rewards.add_table(template.get_wrapper_attr("P"))
        probe(environments, rewards)
        choose_copying(environments)
        environments.returns = returns or rewards.bounds(length, None if max_length else registered.reward_threshold)
        self._spec = GameSpec(
            name=self.name,
            players=1,
            actions=len(environments.moves),
            observation=observer.shape,
            returns=environments.returns,
            movers=Movers.ALTERNATE,
            final_rewards_only=rewards.only_at_the_end and not registered.additional_wrappers,
            stochastic=True,
            max_length=length,
        )

    @property
    def spec(self) -> GameSpec:
        """What is fixed about the game."""
        return self._spec

    @property
    def copies(self) -> bool:
        """Whether clones are deep copies, rather than replayed."""
        return self.environments.copies

    @property
    def draws(self) -> bool:
        """Whether positions are drawn by the environment itself."""
        return self.environments.draws

    def new_state(self, rng: np.random.Generator) -> GymnasiumState:
        """A new game, its environment seeded from ``rng``."""
        return GymnasiumState(self.environments, int(rng.integers(1 << 31)))

    def action_name(self, state: State, action: int) -> str:
        """The action as the environment calls it (``get_action_meanings``), else as it takes it."""
        moves = self.environments.moves
        if not isinstance(state, GymnasiumState):
            raise ArgumentError(f"state: expected a GymnasiumState, got {type(state).__name__}")
        if action not in self.environments.all_actions:
            raise ArgumentError(f"action: expected one of 0 to {len(moves) - 1}, got {action!r}")
        with suppress(AttributeError):  # only some environments name their actions
            return str(self.environments.template.get_wrapper_attr("get_action_meanings")()[action])
        move = moves[action]
        return str(tuple(move.ravel().tolist()) if isinstance(move, np.ndarray) else move)

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return load, (self._canonical,)

    def __repr__(self) -> str:
        return f"<GymnasiumGame {self.name}>"
