"""The specifications of a game and a model: frozen, validated, hashable."""

from __future__ import annotations

import enum
import hashlib
import math
import sys
from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
import numpy as np

from myoshu.checks import integer, interval, whole
from myoshu.errors import ArgumentError

__all__ = ["GameSpec", "ModelSpec", "Movers", "reward_bounds", "same_game", "spec_hash", "value_bounds"]

T = TypeVar("T")

MAX_PLAYERS = 64
MAX_ACTIONS = 1 << 20
MAX_ELEMENTS = 1 << 26


class Movers(enum.StrEnum):
    """How the next player to move is known while the search looks ahead."""

    ALTERNATE = "alternate"
    """Players move strictly in turn: after player p comes player (p + 1) mod players."""
    PREDICTED = "predicted"
    """The dynamics network says who moves next."""


def _written(default: T) -> T:
    """A default that is written to JSON. Other fields are omitted at their defaults, so that hashes stay the same."""
    return msgspec.field(default_factory=lambda: default)


class GameSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is fixed about a game, whatever its state.

    Numbers may be given as Python's or NumPy's, ``movers`` as text, a shape of one dimension as an integer; each field
    is kept as the type below says, so that specs that mean the same are equal and have the same hash.

    Raises:
        ArgumentError: a field is not as described; the message begins with its name.
    """

    name: str
    """The game string that makes it, as ``openspiel:tic_tac_toe``."""
    players: int
    """The number of players: 1 or more."""
    actions: int
    """The number of actions; an action is an integer in [0, actions)."""
    observation: tuple[int, ...]
    """Shape of one observation, float32, as the player to move sees it."""
    returns: tuple[float, float]
    """Least and greatest sum of rewards that one player can collect in a game."""
    zero_sum: bool = _written(False)
    """Whether the players' rewards always add up to zero."""
    movers: Movers = _written(Movers.PREDICTED)
    """How the next player to move is known: whether players move strictly in turn, or a network is to predict it."""
    final_rewards_only: bool = _written(False)
    """Whether every reward before the end of the game is zero."""
    stochastic: bool = _written(False)
    """Whether the rules themselves draw chance (dice, cards)."""
    max_length: int | None = _written(None)
    """An upper bound on the number of actions in a game, if one is known; training truncates longer games."""
    hidden_information: bool = False
    """Whether there is something that the player to move does not see: what others hold, or chose just now."""
    action: tuple[int, ...] = ()
    """The components of an action that is a vector: 0 a real number in [-1, 1], n a choice among n. Only empty, for
    actions that are numbered, is supported by this version."""
    features: int = 0
    """How many numbers describe one legal action. Only 0, for actions that are numbered, is supported by this version.
    """
    chance_outcomes: int = 0
    """How many outcomes of chance the game distinguishes, if it reports them. Only 0, for a game that reports
    none, is supported by this version."""

    def __post_init__(self) -> None:
        longest = self.max_length
        _keep(
            self,
            name=_text("name", self.name),
            players=integer("players", self.players, 1, MAX_PLAYERS),
            actions=integer("actions", self.actions, 1, MAX_ACTIONS),
            observation=_shape("observation", self.observation),
            returns=interval("returns", self.returns),
            zero_sum=_flag("zero_sum", self.zero_sum),
            movers=_movers("movers", self.movers),
            final_rewards_only=_flag("final_rewards_only", self.final_rewards_only),
            stochastic=_flag("stochastic", self.stochastic),
            max_length=None if longest is None else integer("max_length", longest, 1, 1 << 31),
            hidden_information=_flag("hidden_information", self.hidden_information),
            action=_only("action", self.action, ()),
            features=_only("features", self.features, 0),
            chance_outcomes=_only("chance_outcomes", self.chance_outcomes, 0),
        )


class ModelSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The inputs and outputs of a model's graphs.

    With *n* the batch size, the two graphs that search runs are::

        initial     observation float32 [n, *observation]
                    → latent float32 [n, *latent], prior float32 [n, actions], value float32 [n, value_columns]
        recurrent   latent float32 [n, *latent], action int64 [n]
                    → next_latent float32 [n, *latent], prior float32 [n, actions], value float32 [n, value_columns],
                      reward float32 [n, reward_columns] (absent if reward_columns is 0),
                      mover int64 [n] (only if movers is PREDICTED)

    ``prior`` holds probabilities. Values and rewards are in the game's own units, and *relative*: column i of a
    value belongs to player (mover + i) mod players of that position; column i of a reward to player
    (actor + i) mod players, where the actor chose the action. A single column in a two-player zero-sum game is the
    mover's (the actor's); the other player has its negative. ``mover`` is how many seats the turn moves on:
    the next mover is (actor + mover) mod players.

    Fields are converted and checked like those of :class:`GameSpec`.
    """

    observation: tuple[int, ...]
    """Shape of one observation."""
    actions: int
    """How many actions the prior covers; an action is an integer in [0, actions)."""
    players: int
    """The number of players of the game."""
    latent: tuple[int, ...]
    """Shape of one latent state."""
    value_columns: int
    """1 (one player, or two with opposite interests) or the number of players."""
    reward_columns: int
    """0 (no rewards before the value's horizon), 1, or the number of players."""
    movers: Movers = _written(Movers.ALTERNATE)
    """How the next mover is known."""
    action: tuple[int, ...] = ()
    """As the game's. Only empty is supported by this version."""
    outcomes: int = 0
    """How many outcomes of chance the model distinguishes. Only 0, for none, is supported by this version."""
    dynamics: bool = True
    """Whether the model predicts the result of an action. Only True is supported by this version."""
    features: int = 0
    """As the game's. Only 0 is supported by this version."""
    history: int = 1
    """How many observations the model sees at once, the latest last. Only 1 is supported by this version."""

    def __post_init__(self) -> None:
        players = integer("players", self.players, 1, MAX_PLAYERS)
        narrow = {1, players} if players <= 2 else {players}
        _keep(
            self,
            observation=_shape("observation", self.observation),
            actions=integer("actions", self.actions, 1, MAX_ACTIONS),
            players=players,
            latent=_shape("latent", self.latent),
            value_columns=_choice("value_columns", self.value_columns, narrow),
            reward_columns=_choice("reward_columns", self.reward_columns, narrow | {0}),
            movers=_movers("movers", self.movers),
            action=_only("action", self.action, ()),
            outcomes=_only("outcomes", self.outcomes, 0),
            dynamics=_only("dynamics", self.dynamics, True),
            features=_only("features", self.features, 0),
            history=_only("history", self.history, 1),
        )

    @property
    def latent_size(self) -> int:
        """The number of float32 numbers in one latent state."""
        return math.prod(self.latent)


def spec_hash(*specs: GameSpec | ModelSpec) -> str:
    """SHA-256 (hexadecimal) of the specs' canonical JSON: equal exactly when the specs are."""
    return hashlib.sha256(msgspec.json.encode(specs, order="sorted")).hexdigest()


def same_game(one: str, other: str) -> bool:
    """Whether two game strings name the same game.

    A Python class is identified by its module's name and its own, wherever the module lies: ``python:rules.py:MyGame``,
    ``python:a/rules.py:MyGame`` and ``python:package.rules:MyGame`` are the same. For other kinds, only equal strings
    are.
    """
    return _identity(one) == _identity(other)


def _identity(name: str) -> str:
    prefix, _, rest = name.partition(":")
    where, _, made = rest.rpartition(":")
    if prefix != "python":
        return name
    module = where.replace("\\", "/").rpartition("/")[2].removesuffix(".py").rpartition(".")[2]
    return f"{prefix}:{module}:{made}"


def value_bounds(game: GameSpec) -> tuple[float, float]:
    """The least and the greatest value of a position: what a player may still collect."""
    low, high = game.returns
    if game.final_rewards_only:
        return min(low, 0.0), max(high, 0.0)
    span = high - low
    return min(low, -span), max(high, span)


def reward_bounds(game: GameSpec) -> tuple[float, float]:
    """The least and the greatest reward."""
    low, high = value_bounds(game)
    return min(low, 0.0), max(high, 0.0)


def _keep(spec: GameSpec | ModelSpec, **fields: object) -> None:
    for name, value in fields.items():
        msgspec.structs.force_setattr(spec, name, value)


def _flag(field: str, value: Any) -> bool:
    if not isinstance(value, bool | np.bool_):
        raise ArgumentError(f"{field}: expected True or False, got {value!r}")
    return bool(value)


def _only(field: str, value: Any, default: T) -> T:
    """The default of a field, the only value that this version supports."""
    given = tuple(value) if isinstance(value, list) else value.item() if isinstance(value, np.generic) else value
    if type(given) is not type(default) or given != default:
        raise ArgumentError(f"{field}: expected {default!r}, got {value!r}, which is not supported by this version")
    return default


def _text(field: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ArgumentError(f"{field}: expected a text that is not empty, got {value!r}")
    return str(value)


def _movers(field: str, value: Any) -> Movers:
    try:
        return Movers(value)
    except ValueError:
        choices = " or ".join(repr(choice.value) for choice in Movers)
        raise ArgumentError(f"{field}: expected {choices}, got {value!r}") from None


def _choice(field: str, value: Any, choices: set[int]) -> int:
    number = whole(value)
    if number is None or number not in choices:
        allowed = " or ".join(map(str, sorted(choices)))
        raise ArgumentError(f"{field}: expected {allowed}, got {value!r}")
    return number


def _shape(field: str, value: Any) -> tuple[int, ...]:
    try:
        sizes = value if isinstance(value, Sequence | np.ndarray) and np.ndim(value) else (value,)
        shape = tuple(integer(field, size, 1, sys.maxsize) for size in sizes)
    except (ArgumentError, ValueError):
        shape = ()
    if not shape:
        raise ArgumentError(f"{field}: expected one or more positive integers, got {value!r}")
    if math.prod(shape) > MAX_ELEMENTS:
        raise ArgumentError(f"{field}: expected at most {MAX_ELEMENTS} elements, got {math.prod(shape)}")
    return shape
