"""What a game and a model are: frozen, validated, hashable."""

from __future__ import annotations

import enum
import hashlib
import math

import msgspec

from myoshu.errors import ArgumentError

__all__ = ["GameSpec", "ModelSpec", "Movers", "same_game", "spec_hash"]

MAX_PLAYERS = 64
MAX_ACTIONS = 1 << 20
MAX_ELEMENTS = 1 << 26


class Movers(enum.StrEnum):
    """How the next player to move is known while the search looks ahead."""

    ALTERNATE = "alternate"
    """Players move strictly in turn: after player p comes player (p + 1) mod players."""
    PREDICTED = "predicted"
    """The dynamics network says who moves next."""


class GameSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is fixed about a game, whatever its state."""

    name: str
    """The game string that makes it, as ``openspiel:tic_tac_toe``."""
    players: int
    """How many players take part: 1 or more."""
    actions: int
    """How many distinct actions there are; an action is an integer in [0, actions)."""
    observation: tuple[int, ...]
    """Shape of one observation, float32, as the player to move sees it."""
    returns: tuple[float, float]
    """Least and greatest sum of rewards that one player can collect in a game."""
    zero_sum: bool = False
    """Whether the players' rewards always add up to zero."""
    movers: Movers = Movers.PREDICTED
    """Whether players move strictly in turn."""
    final_rewards_only: bool = False
    """Whether every reward before the end of the game is zero."""
    stochastic: bool = False
    """Whether the rules themselves draw chance (dice, cards)."""
    max_length: int | None = None
    """An upper bound on the number of actions in a game, where one is known."""

    def __post_init__(self) -> None:
        _text("name", self.name)
        _integer("players", self.players, 1, MAX_PLAYERS)
        _integer("actions", self.actions, 1, MAX_ACTIONS)
        _shape("observation", self.observation)
        _interval("returns", self.returns)
        if self.max_length is not None:
            _integer("max_length", self.max_length, 1, 1 << 31)


class ModelSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
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
    """

    observation: tuple[int, ...]
    """Shape of one observation."""
    actions: int
    """How many actions the prior covers."""
    players: int
    """How many players a position's value speaks of."""
    latent: tuple[int, ...]
    """Shape of one latent state."""
    value_columns: int
    """1 (one player, or two with opposite interests) or the number of players."""
    reward_columns: int
    """0 (no rewards before the value's horizon), 1, or the number of players."""
    movers: Movers = Movers.ALTERNATE
    """How the next mover is known."""

    def __post_init__(self) -> None:
        _shape("observation", self.observation)
        _integer("actions", self.actions, 1, MAX_ACTIONS)
        _integer("players", self.players, 1, MAX_PLAYERS)
        _shape("latent", self.latent)
        narrow = {1, self.players} if self.players <= 2 else {self.players}
        _choice("value_columns", self.value_columns, narrow)
        _choice("reward_columns", self.reward_columns, narrow | {0})

    @property
    def latent_size(self) -> int:
        """How many float32 numbers one latent state has."""
        return math.prod(self.latent)


def spec_hash(*specs: GameSpec | ModelSpec) -> str:
    """SHA-256 (hexadecimal) of the specs' canonical JSON: equal exactly when the specs are."""
    return hashlib.sha256(msgspec.json.encode(specs, order="sorted")).hexdigest()


def same_game(one: str, other: str) -> bool:
    """Whether two game strings name the same game.

    A Python class is known by its module's name and its own, wherever the module lies: ``python:rules.py:MyGame``,
    ``python:a/rules.py:MyGame`` and ``python:package.rules:MyGame`` are the same. Of other kinds, equal strings are.
    """
    return _identity(one) == _identity(other)


def _identity(name: str) -> str:
    prefix, _, rest = name.partition(":")
    where, _, made = rest.rpartition(":")
    if prefix != "python":
        return name
    module = where.replace("\\", "/").rpartition("/")[2].removesuffix(".py").rpartition(".")[2]
    return f"{prefix}:{module}:{made}"


def _integer(field: str, value: int, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ArgumentError(f"{field}: expected an integer from {low} to {high}, got {value!r}")


def _text(field: str, value: str) -> None:
    if not isinstance(value, str) or not value:
        raise ArgumentError(f"{field}: expected a text that is not empty, got {value!r}")


def _choice(field: str, value: int, choices: set[int]) -> None:
    if value not in choices:
        allowed = " or ".join(map(str, sorted(choices)))
        raise ArgumentError(f"{field}: expected {allowed}, got {value!r}")


def _shape(field: str, shape: tuple[int, ...]) -> None:
    if not shape or not all(isinstance(size, int) and size > 0 for size in shape):
        raise ArgumentError(f"{field}: expected one or more positive integers, got {shape!r}")
    if math.prod(shape) > MAX_ELEMENTS:
        raise ArgumentError(f"{field}: expected at most {MAX_ELEMENTS} elements, got {math.prod(shape)}")


def _interval(field: str, interval: tuple[float, float]) -> None:
    low, high = interval
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ArgumentError(f"{field}: expected two finite numbers in order, got {interval!r}")
