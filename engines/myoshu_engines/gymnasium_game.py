"""Gymnasium's environments with discrete actions as myoshu games of one player.

Game strings
    ``gymnasium:CartPole-v1``, with parameters ``gymnasium:FrozenLake-v1(is_slippery=False)``, or with a module to
    import first, which registers the environment: ``gymnasium:my_module:MyEnv-v0``. Parameters are Python literals
    and go to the environment, except two that myoshu itself reads:

    - ``max_length=200``: the game is cut off after so many steps, whatever limit the environment brings;
    - ``returns=(0, 500)``: the least and the greatest sum of rewards in a game.

How long a game is
    ``spec.max_length`` is the environment's own limit (``max_episode_steps``); one that has none is cut off after
    :data:`DEFAULT_LENGTH` steps. Both kinds of end, *terminated* and *truncated*, end the game; a state tells them
    apart by :attr:`GymnasiumState.truncated`.

What a game pays
    ``spec.returns`` is worked out as :mod:`myoshu_engines.gymnasium_rewards` describes, which is an estimate where
    the environment has no table of its transitions. A game that ends outside the bounds is an error that says which
    ``returns=`` to give, so a wrong estimate never trains a network in silence.

What is seen, and what can be done
    See :mod:`myoshu_engines.gymnasium_spaces`. All actions are legal, unless the environment's ``info``, or its
    observation where that is a ``Dict``, has an ``action_mask``, one number an action: then those where it is not zero.
    Where an action is made of several choices, one mask for each of them is taken too.

Chance
    Each game seeds a fresh environment with one number drawn from its generator; everything follows from that seed
    and the actions. Random games show, when a game is loaded, whether it does, and an environment that fails is
    refused. ``spec.stochastic`` is always true: an environment does not tell whether it draws chance.

Copies
    A clone's environment is a deep copy, if trial copies step on just as the original does and leave it alone; its
    spaces and its table of transitions are then not copied but shared, if that works too. Otherwise (an environment
    with a C++ core, say) a clone is a new environment in which all actions are played again, once it is needed.

When two states are the same
    When their seeds and all their actions are (by a digest of 128 bits).
"""

from __future__ import annotations

import ast
import copy
import dataclasses
import difflib
import importlib
import math
import operator
import re
import sys
from collections.abc import Hashable, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.error import DependencyNotInstalled
from numpy.typing import NDArray

from myoshu.errors import ArgumentError, DependencyError, GameError, GameStringError, IllegalActionError
from myoshu.game import State
from myoshu.spec import GameSpec, Movers
from myoshu_engines.gymnasium_rewards import Rewards
from myoshu_engines.gymnasium_spaces import MASK, numbered_actions, observer_of

__all__ = ["DEFAULT_LENGTH", "GymnasiumGame", "GymnasiumState", "load"]

DEFAULT_LENGTH = 1000
"""Steps after which a game is cut off whose environment sets no limit."""

_PROBED_GAMES = 50
_PROBED_STEPS = 1000
"""In all probed games together."""
_REPEATED_GAMES = 3
"""How many of the probed games are played twice, to see whether they are the same."""
_COPIED_GAMES = 4
_FORESIGHT = 12
"""How many steps two copies are played on to see whether they stay alike."""
_SLACK = 1e-6
_LIKENESS = 0.6
"""How alike two names are of which one is suggested for the other, from 0 to 1."""
_EXAMPLES = ["CartPole-v1", "FrozenLake-v1", "LunarLander-v3"]
"""What is suggested where nothing is alike."""
_ALE = "ALE/"
"""What the names of Atari's games begin with, which a package of their own brings."""
_EXAMPLE = "gymnasium:FrozenLake-v1(is_slippery=False)"
_NOT_TO_BE_GIVEN = {
    "disable_env_checker": "myoshu leaves the checker out",
    "max_episode_steps": "say max_length=",
    "render_mode": "myoshu draws as text",
}

Environment = gymnasium.Env[Any, Any]


def load(rest: str) -> GymnasiumGame:
    """The game of a registered environment, such as ``CartPole-v1`` or ``FrozenLake-v1(is_slippery=False)``.

    Raises:
        GameStringError: the string does not parse, or there is no such environment or parameter.
        DependencyError: the environment needs a package that is not installed.
        GameError: an environment of a kind that myoshu does not play; the message says why.
    """
    name, parameters, canonical = _parse(rest.strip())
    return GymnasiumGame(name, parameters, canonical)


class GymnasiumGame:
    """An environment as a game; see the module's text for what is decided about it.

    Args:
        name: the environment's, with the module that registers it if need be.
        parameters: for the environment, and ``returns`` and ``max_length``.
        canonical: what :func:`load` makes this game of.
    """

    def __init__(self, name: str, parameters: Mapping[str, Any], canonical: str) -> None:
        self.name = f"gymnasium:{canonical}"
        self._canonical = canonical
        given = dict(parameters)
        returns = _returns(given.pop("returns", None))
        max_length = _max_length(given.pop("max_length", None))
        for parameter, why in _NOT_TO_BE_GIVEN.items():
            if parameter in given:
                raise GameStringError(f"game: {parameter}= is not to be given in {self.name!r}: {why}")
        registered = _find(name)
        length = max_length or registered.max_episode_steps or DEFAULT_LENGTH
        self._registered = dataclasses.replace(registered, max_episode_steps=length, order_enforce=False)
        self._parameters = given
        self._estimated = returns is None
        self._template = self.make()
        self.draws = self._choose_drawing()
        actions = self._template.action_space
        self.moves = numbered_actions(actions, self.name)
        self._choices = (
            tuple(map(int, actions.nvec.flat)) if isinstance(actions, gymnasium.spaces.MultiDiscrete) else ()
        )
        space = self._template.observation_space
        self.masks = isinstance(space, gymnasium.spaces.Dict) and MASK in space.spaces
        """Whether observations say which actions are legal."""
        observer = observer_of(self._template.observation_space, self.name)
        self._see = observer.see
        self.planes, self.layout = observer.planes.words, observer.planes.layout
        """What each number or plane of an observation is: in the environment's words, else in its space's."""
        with suppress(AttributeError):  # few environments say so
            self.planes = tuple(self._template.get_wrapper_attr("planes"))
            self.layout = ""
        with suppress(AttributeError):
            self.layout = self._template.get_wrapper_attr("layout")
        self.all_actions = range(len(self.moves))
        self.shared: dict[int, object] | None = None
        self.returns = (-math.inf, math.inf)
        rewards = Rewards()
        with suppress(AttributeError):  # most environments have no table
            rewards.add_table(self._template.get_wrapper_attr("P"))
        self._probe(rewards)
        self._choose_copying()
        self.returns = returns or rewards.bounds(length, None if max_length else registered.reward_threshold)
        self._spec = GameSpec(
            name=self.name,
            players=1,
            actions=len(self.moves),
            observation=observer.shape,
            returns=self.returns,
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
        """Whether clones are deep copies, rather than played again."""
        return self.shared is not None

    def new_state(self, rng: np.random.Generator) -> GymnasiumState:
        """A new game, its environment seeded from ``rng``."""
        return GymnasiumState(self, int(rng.integers(1 << 31)))

    def action_name(self, state: State, action: int) -> str:
        """The action as the environment calls it (``get_action_meanings``), else as it takes it."""
        if not isinstance(state, GymnasiumState):
            raise ArgumentError(f"state: expected a GymnasiumState, got {type(state).__name__}")
        if action not in self.all_actions:
            raise ArgumentError(f"action: expected one of 0 to {len(self.moves) - 1}, got {action!r}")
        with suppress(AttributeError):  # only some environments name their actions
            return str(self._template.get_wrapper_attr("get_action_meanings")()[action])
        move = self.moves[action]
        return str(tuple(move.ravel().tolist()) if isinstance(move, np.ndarray) else move)

    def make(self) -> Environment:
        """A new environment, not reset yet.

        Raises:
            GameStringError: it does not take these parameters.
            DependencyError: it needs a package that is not installed.
            GameError: it cannot be made.
        """
        try:
            return gymnasium.make(self._registered, disable_env_checker=True, **self._parameters)
        except (DependencyNotInstalled, ModuleNotFoundError) as error:
            raise DependencyError(
                f"game {self.name!r}: a package it needs is not installed: {_first_line(error)}",
                name=getattr(error, "name", None),
            ) from error
        except Exception as error:
            kind = GameStringError if self._parameters else GameError
            raise kind(f"{self.name}: making it raised {type(error).__name__}: {_first_line(error)}") from error

    def fresh(self) -> Environment:
        """As :meth:`make`, by copying if that works: making may build large tables."""
        return self.make() if self.shared is None else self.copy(self._template)

    def copy(self, environment: Environment) -> Environment:
        """A deep copy, without what is shared."""
        return copy.deepcopy(environment, dict(self.shared or {}))

    def observe(self, shown: Any) -> NDArray[np.float32]:
        """What a network sees of an observation: float32 of the spec's observation shape.

        Raises:
            GameError: it is not one of the environment's observation space.
        """
        try:
            return self._see(shown)
        except (TypeError, ValueError, IndexError, KeyError) as error:
            space = self._template.observation_space
            raise GameError(f"{self.name}: observation: expected one of {space}, got {shown!r}") from error

    def legal(self, shown: Any, info: Mapping[str, Any]) -> Sequence[int]:
        """The legal actions that an observation, or else an environment's info, tells of: all if neither tells any.

        Raises:
            GameError: the ``action_mask`` is not one number an action, or allows none.
        """
        mask = shown[MASK] if self.masks else info.get(MASK)
        if mask is None:
            return self.all_actions
        allowed = self._allowed(mask)
        if allowed.shape != (len(self.moves),):
            choices = f", or a mask for each of its choices ({', '.join(map(str, self._choices))})" * bool(
                self._choices
            )
            raise GameError(f"{self.name}: {MASK}: expected shape ({len(self.moves)},){choices}, got {_shape_of(mask)}")
        legal = tuple(allowed.nonzero()[0].tolist())
        if not legal:
            raise GameError(f"{self.name}: {MASK}: expected an action to be legal as the game goes on, got none")
        return legal

    def _allowed(self, mask: Any) -> NDArray[Any]:
        """A mask of the numbered actions, made of one for each choice where that is what there is."""
        branches = self._choices
        if branches and isinstance(mask, Sequence) and [np.size(branch) for branch in mask] == list(branches):
            parts = [np.asarray(branch).ravel() != 0 for branch in mask]
        else:
            try:
                whole = np.asarray(mask)
            except ValueError:  # of parts that are not of one length
                return np.empty(0)
            if not branches or whole.shape != (sum(branches),) or whole.shape == (len(self.moves),):
                return whole
            parts = [part != 0 for part in np.split(whole, np.cumsum(branches)[:-1])]
        allowed: NDArray[Any] = parts[0]
        for part in parts[1:]:
            allowed = np.logical_and.outer(allowed, part).ravel()
        return allowed

    def check_return(self, collected: float) -> None:
        """Raise :class:`GameError` if a finished game's sum of rewards is outside ``spec.returns``."""
        low, high = self.returns
        slack = _SLACK * max(1.0, abs(low), abs(high))
        if low - slack <= collected <= high + slack:
            return
        whose = "estimated from random games" if self._estimated else "given in the game string"
        raise GameError(
            f"{self.name}: a game ended with a sum of rewards of {collected:g}, outside the bounds [{low:g}, {high:g}] "
            f"{whose}; give wider ones in the game string, as returns=({min(low, collected):g}, "
            f"{max(high, collected):g})"
        )

    def _choose_drawing(self) -> bool:
        """Whether the environment can draw itself as text; it is then made so that it does."""
        if "ansi" not in (self._template.metadata.get("render_modes") or ()):
            return False
        plain = self._parameters
        self._parameters = {**plain, "render_mode": "ansi"}
        with suppress(Exception), closing(self.make()) as trial:  # one that fails to draw itself can still be played
            trial.reset(seed=0)
            if isinstance(trial.render(), str):
                self._template.close()
                self._template = self.make()
                return True
        self._parameters = plain
        return False

    def _probe(self, rewards: Rewards) -> None:
        """Play random games, always the same ones: what do they pay, and are they the same from the same seed?"""
        choice = np.random.default_rng(0)
        steps = 0
        for number in range(_PROBED_GAMES):
            state = GymnasiumState(self, number)
            twin = GymnasiumState(self, number) if number < _REPEATED_GAMES else None
            self._compare(state, twin)
            while not state.is_terminal() and steps < _PROBED_STEPS:
                legal = state.legal_actions()
                action = legal[int(choice.integers(len(legal)))]
                reward = state.step(action)
                rewards.add(reward, ends=state.is_terminal() and not state.truncated)
                if twin is not None and twin.step(action) != reward:
                    raise self._not_the_same()
                self._compare(state, twin)
                steps += 1
            if steps >= _PROBED_STEPS:
                break

    def _compare(self, state: GymnasiumState, twin: GymnasiumState | None) -> None:
        if twin is not None and not _alike(state, twin):
            raise self._not_the_same()

    def _not_the_same(self) -> GameError:
        return GameError(
            f"{self.name}: the same seed and the same actions brought two different games; myoshu needs an environment "
            "that draws all chance from reset(seed=…)"
        )

    def _choose_copying(self) -> None:
        """Settle how states are cloned: as cheaply as is seen to work."""
        constant: dict[int, object] = {}
        layer: Any = self._template
        while True:
            constant |= {id(part): part for part in vars(layer).values() if isinstance(part, gymnasium.Space | EnvSpec)}
            if not isinstance(layer, gymnasium.Wrapper):
                break
            layer = layer.env
        if isinstance(table := vars(layer).get("P"), dict):
            constant[id(table)] = table
        for shared in (constant, {}):
            with suppress(Exception):  # a copy that fails in whatever way is not used
                if all(self._copies_well(shared, number) for number in range(_COPIED_GAMES)):
                    self.shared = shared
                    return
            self.shared = None

    def _copies_well(self, shared: dict[int, object], number: int) -> bool:
        """Whether copies go on as the original does, and neither disturbs the other, not even by being closed."""
        choice = np.random.default_rng([1, number])
        self.shared = shared
        state = GymnasiumState(self, number)
        self.shared = None
        again = GymnasiumState(self, number)
        for _ in range(number * _FORESIGHT // _COPIED_GAMES):
            if state.is_terminal():
                break
            action = state.legal_actions()[int(choice.integers(len(state.legal_actions())))]
            state.step(action)
            again.step(action)
        self.shared = shared
        early, late = state.clone(), state.clone()
        trails = [_trail(early, number)]
        early.close()
        trails += [_trail(other, number) for other in (state, late, again)]
        return all(trail == trails[0] for trail in trails)

    def __del__(self) -> None:
        with suppress(Exception):  # there may be no template, and nobody to tell
            self._template.close()

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return load, (self._canonical,)

    def __repr__(self) -> str:
        return f"<GymnasiumGame {self.name}>"


class GymnasiumState:
    """One position: an environment of its own, which is closed when the state is no more.

    ``truncated`` tells whether the game was *cut off*, by a limit to its length, rather than ended by its rules
    (Gymnasium's ``truncated`` without ``terminated``). Both are an end to :meth:`is_terminal`, but after a cut the
    rewards would have gone on: the value there is not zero, and whoever learns from the game may estimate it from the
    last observation instead. False while the game goes on.
    """

    __slots__ = ("_collected", "_environment", "_game", "_history", "_legal", "_over", "_seed", "_shown", "truncated")

    def __init__(self, game: GymnasiumGame, seed: int) -> None:
        self._environment: Environment | None = None
        self._game = game
        self._seed = seed
        self._history: list[int] = []
        self._collected = 0.0
        self._over = False
        self.truncated = False
        self._environment, self._shown, info = self._begin()
        self._legal = game.legal(self._shown, info)

    def to_play(self) -> int:
        """The only player."""
        return 0

    def legal_actions(self) -> Sequence[int]:
        """The player's actions, ascending."""
        return self._legal

    def observation(self) -> NDArray[np.float32]:
        """What the player sees."""
        return self._game.observe(self._shown)

    def apply(self, action: int) -> NDArray[np.float32]:
        """Play an action.

        Raises:
            IllegalActionError: the action is not legal here; the state is unchanged.
            GameError: the environment failed, paid what is not a number, or in all what is outside ``spec.returns``.
        """
        try:
            action = operator.index(action)
        except TypeError:
            raise IllegalActionError(f"action: expected an integer, got {action!r}") from None
        if action not in self._legal:
            raise IllegalActionError(self._why_illegal(action))
        return np.array((self.step(action),), np.float32)

    def step(self, action: int) -> float:
        """As :meth:`apply`, for an action known to be legal: what it paid, in double precision."""
        game = self._game
        environment = self._environment
        if environment is None:
            environment = self._replay()
        try:
            self._shown, paid, terminated, truncated, info = environment.step(game.moves[action])
            reward = float(paid)
        except Exception as error:
            raise GameError(f"{game.name}: step raised {type(error).__name__}: {_first_line(error)}") from error
        if not math.isfinite(reward):
            raise GameError(f"{game.name}: reward: expected a finite number, got {reward}")
        self._history.append(action)
        self._collected += reward
        if terminated or truncated:
            self._over = True
            self._legal = ()
            self.truncated = not terminated
            game.check_return(self._collected)
        elif game.masks or MASK in info:
            self._legal = game.legal(self._shown, info)
        else:
            self._legal = game.all_actions
        return reward

    def is_terminal(self) -> bool:
        """Whether the game is over, by its rules or because it was cut off (see ``truncated``)."""
        return self._over

    def clone(self) -> Self:
        """An independent copy, of its environment's chance too."""
        twin = object.__new__(type(self))
        twin._environment = None
        twin._game = self._game
        twin._seed = self._seed
        twin._history = self._history.copy()
        twin._collected = self._collected
        twin._over = self._over
        twin.truncated = self.truncated
        twin._legal = self._legal
        together = isinstance(self._shown, dict | tuple)  # some environments write into the arrays they have shown
        twin._shown = copy.deepcopy(self._shown) if together else copy.copy(self._shown)
        if self._environment is not None and self._game.copies:
            twin._environment = self._game.copy(self._environment)
        return twin

    def key(self) -> Hashable:
        """The game so far: its seed and its actions."""
        told = np.array([self._seed, *self._history], "<i8")
        return blake2b(told.tobytes(), digest_size=16).digest()

    def close(self) -> None:
        """Close the environment; happens by itself when the state is no more."""
        environment, self._environment = self._environment, None
        if environment is not None:
            environment.close()

    def __str__(self) -> str:
        if self._game.draws:
            drawn: Any = (self._environment or self._replay()).render()
            return str(drawn).rstrip()
        return f"step {len(self._history)}, collected {self._collected:g}\n{self._shown}"

    def __del__(self) -> None:
        with suppress(Exception):  # nobody is there to be told
            self.close()

    def _begin(self) -> tuple[Environment, Any, dict[str, Any]]:
        environment = self._game.fresh()
        try:
            shown, info = environment.reset(seed=self._seed)
        except Exception as error:
            raise GameError(f"{self._game.name}: reset raised {type(error).__name__}: {_first_line(error)}") from error
        return environment, shown, info

    def _replay(self) -> Environment:
        """The environment of this position, all actions played again."""
        environment, _, _ = self._begin()
        for action in self._history:
            environment.step(self._game.moves[action])
        self._environment = environment
        return environment

    def _why_illegal(self, action: int) -> str:
        if self._over:
            return f"action: expected none, the game is over, got {action}"
        shown = ", ".join(map(str, self._legal[:20])) + (", …" if len(self._legal) > 20 else "")
        return f"action: expected one of {shown}, got {action}"


def _alike(one: GymnasiumState, other: GymnasiumState) -> bool:
    """Whether two states look the same."""
    return (
        (one.is_terminal(), one.truncated, tuple(one.legal_actions()))
        == (other.is_terminal(), other.truncated, tuple(other.legal_actions()))
        and np.array_equal(one.observation(), other.observation())
    )  # fmt: skip


def _trail(state: GymnasiumState, number: int) -> list[object]:
    """What is seen on a few more steps, always chosen alike."""
    choice = np.random.default_rng([2, number])
    seen: list[object] = [state.observation().tobytes()]
    for _ in range(_FORESIGHT):
        legal = state.legal_actions()
        if not legal:
            break
        reward = state.step(legal[int(choice.integers(len(legal)))])
        seen.append((reward, state.is_terminal(), state.truncated, state.observation().tobytes(), str(state)))
    return seen


def _parse(rest: str) -> tuple[str, dict[str, Any], str]:
    """The environment's name, the parameters, and the string again with its spaces set alike."""
    said = f"expected an environment and parameters such as {_EXAMPLE}, got 'gymnasium:{rest}'"
    match = re.fullmatch(r"([^()\s]+)(?:\((.*)\))?", rest, re.DOTALL)
    if match is None:
        raise GameStringError(f"game: {said}")
    name, text = match[1], match[2] or ""
    try:
        call = ast.parse(f"_({text})", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise GameStringError(f"game: {said}") from error
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.args:
        raise GameStringError(f"game: {said}")
    parameters: dict[str, Any] = {}
    written = []
    for keyword in call.keywords:
        if keyword.arg is None or keyword.arg in parameters:
            raise GameStringError(f"game: {said}")
        try:
            parameters[keyword.arg] = ast.literal_eval(keyword.value)
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
            raise GameStringError(
                f"game: {keyword.arg}: expected a literal such as 3, True or 'text', "
                f"got {ast.unparse(keyword.value)!r} in 'gymnasium:{rest}'"
            ) from error
        written.append(f"{keyword.arg}={ast.unparse(keyword.value)}")
    return name, parameters, f"{name}({','.join(written)})" if written else name


def _returns(given: Any) -> tuple[float, float] | None:
    if given is None:
        return None
    try:
        low, high = map(float, given)
    except (TypeError, ValueError):
        low, high = math.nan, math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise GameStringError(f"game: returns: expected two finite numbers in order, as (0, 500), got {given!r}")
    return low, high


def _max_length(given: Any) -> int | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        raise GameStringError(f"game: max_length: expected a number of steps, 1 or more, got {given!r}")
    return given


def _find(name: str) -> EnvSpec:
    """What Gymnasium's registry has under a name, after importing the module it names."""
    module, _, name = name.rpartition(":")
    if module:
        _import(module)
    known = gymnasium.registry
    if name not in known and not module and name.startswith(_ALE):
        raise GameStringError(
            f"game: Gymnasium does not know {name!r} by itself; expected gymnasium:ale_py:{name}, which imports what "
            "brings it (pip install ale-py)"
        )
    if name not in known:
        close = _nearest(name, known)
        raise GameStringError(
            f"game: Gymnasium does not know {name!r}; expected an environment such as {', '.join(close)} "
            f"({len(known)} are registered: python -c 'import gymnasium; print(*gymnasium.registry)'; "
            "one of your own is found by gymnasium:my_module:MyEnv-v0)"
        )
    return known[name]


def _nearest(name: str, known: Iterable[str]) -> list[str]:
    """The known names most like one, for a suggestion: capitals and the version count for nothing."""

    def letters(text: str) -> str:
        return "".join(filter(str.isalnum, text.lower().partition("-v")[0]))

    by_letters = {letters(other): other for other in sorted(known)}
    found = difflib.get_close_matches(letters(name), by_letters, 3, _LIKENESS)
    return [by_letters[other] for other in found] or _EXAMPLES


def _import(module: str) -> None:
    if not all(part.isidentifier() for part in module.split(".")):
        raise GameStringError(f"game: expected a module's name such as package.module, got {module!r}")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        if module == error.name == "ale_py":
            raise DependencyError(
                "game: 'ale_py' is not installed; pip install ale-py brings it", name=module
            ) from error
        if error.name is not None and (module == error.name or module.startswith(f"{error.name}.")):
            raise GameStringError(
                f"game: there is no module {module!r} (looked in the working folder and in what is installed)"
            ) from error
        raise DependencyError(
            f"{module}: importing it raised {type(error).__name__}: {error}", name=error.name
        ) from error
    except Exception as error:  # somebody's code: whatever it raises, the user is told
        raise GameError(f"{module}: importing it raised {type(error).__name__}: {error}") from error


def _shape_of(mask: Any) -> str:
    try:
        return str(np.shape(mask))
    except ValueError:
        return f"{len(mask)} parts of different lengths"


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
