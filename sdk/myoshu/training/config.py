"""The configuration of a training run: frozen values, kept as TOML in the run's folder."""

from __future__ import annotations

import enum
import functools
import math
import re
import tomllib
from typing import Any

import msgspec

from myoshu.checks import integer, number, positive
from myoshu.errors import ArgumentError, TrainingError
from myoshu.search.config import SearchConfig

__all__ = ["Device", "LearnerConfig", "NetworkConfig", "NetworkKind", "SelfPlayConfig", "TrainingConfig"]

_integer = functools.partial(integer, exact=True)  # they are written as they are


class NetworkKind(enum.StrEnum):
    """How the networks process an observation."""

    MLP = "mlp"
    """Fully connected layers over the observation, flattened."""
    RESIDUAL = "residual"
    """Residual convolutions over planes [channels, height, width]."""


class Device(enum.StrEnum):
    """The device that trains the networks. Games are always played on the CPU."""

    AUTO = "auto"
    """On a GPU if there is one."""
    CPU = "cpu"
    """On the CPU, in float32."""
    CUDA = "cuda"
    """On a GPU, multiplying matrices in bfloat16."""


class NetworkConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The size and shape of the networks."""

    kind: NetworkKind = NetworkKind.MLP
    """The family of networks."""
    width: int = 128
    """Units of a hidden layer and of the latent state (mlp), or channels (residual)."""
    halvings: int = 0
    """Residual networks: strided convolutions at the beginning of the representation network; each halves height and
    width (MuZero, Appendix F), so that the latent state of an image is small."""
    representation_blocks: int = 1
    """Residual blocks of the representation network, after its first layer."""
    dynamics_blocks: int = 1
    """Residual blocks of the dynamics network, after its first layer."""
    head_channels: int = 8
    """Residual networks: channels of the 1×1 convolution before the heads."""
    head_width: int = 64
    """Units of the hidden layer in front of each head."""
    rewards: bool = True
    """Whether rewards are predicted even if they come only at the end: the dynamics network then predicts by itself
    that a move ends the game, and how. Otherwise the value of the position after the end carries the outcome."""
    bins: int = 3
    """Atoms of the categorical value and reward; 0 for one number through tanh instead."""
    transform: bool = False
    """Whether the atoms lie evenly on MuZero's scale √(|x|+1)−1 instead of the game's own: for wide ranges."""

    def __post_init__(self) -> None:
        _integer("network.width", self.width, 1, 1 << 14)
        _integer("network.halvings", self.halvings, 0, 10)
        _integer("network.representation_blocks", self.representation_blocks, 0, 1000)
        _integer("network.dynamics_blocks", self.dynamics_blocks, 0, 1000)
        _integer("network.head_channels", self.head_channels, 1, 1 << 12)
        _integer("network.head_width", self.head_width, 1, 1 << 14)
        _integer("network.bins", self.bins, 0, 10001)
        if self.bins == 1:
            raise ArgumentError("network.bins: expected 0 or at least 2, got 1")


class SelfPlayConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How games are played for learning."""

    games: int = 64
    """Games played at once; one batch of evaluations serves all."""
    simulations: int = 16
    """Simulations per move."""
    opening_share: float = 0.5
    """Share of the games that begin with random plies, which are not learned from."""
    opening_plies: int = 4
    """The most random plies; their number is drawn uniformly from 1 to this."""
    exploration: float = 0.25
    """Share of the moves that are drawn uniformly from the legal ones instead: a confident policy would
    never show the dynamics network where its other moves lead. What follows such a move does not count for the
    values of the positions before it, see :class:`myoshu.training.memory.replay.Replay`."""
    careless_share: float = 0.0
    """Share of the games in which one seat, drawn uniformly, plays legal moves at random throughout. Their outcomes
    count in full: positions that are all lost against good play then differ by what a weak opponent makes of them."""
    temperature: float = 1.0
    """PUCT: moves are drawn in proportion to visits^(1/temperature) during the first ``temperature_plies``."""
    temperature_plies: int = 30
    """PUCT: plies after which the most visited action is played."""

    def __post_init__(self) -> None:
        _integer("selfplay.games", self.games, 1, 1 << 16)
        _integer("selfplay.simulations", self.simulations, 1, 1 << 20)
        number("selfplay.opening_share", self.opening_share, 0.0, 1.0)
        _integer("selfplay.opening_plies", self.opening_plies, 1, 1 << 20)
        number("selfplay.exploration", self.exploration, 0.0, 1.0)
        number("selfplay.careless_share", self.careless_share, 0.0, 1.0)
        number("selfplay.temperature", self.temperature, 1e-3, 1e3)
        _integer("selfplay.temperature_plies", self.temperature_plies, 0, 1 << 30)


class LearnerConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the networks are trained."""

    device: Device = Device.AUTO
    """The device to train on."""
    batch: int = 256
    """Positions in the batch of one learning step."""
    unroll: int = 3
    """K: steps the dynamics network is unrolled (MuZero, Appendix G)."""
    bootstrap_steps: int = 0
    """n of the n-step return that is the value's target; 0 for the game's outcome."""
    search_share: float = 0.0
    """Share of the value's target that is the value found by the position's own search; the rest is the return."""
    replay_positions: int = 200_000
    """How many of the latest positions the replay keeps."""
    priority_exponent: float = 0.0
    """α of prioritised replay: positions are drawn in proportion to the error of their value to this power (MuZero,
    Appendix G); 0 to draw them uniformly."""
    importance_exponent: float = 1.0
    """β of the importance weights that correct for it: 1 for fully, 0 for not at all."""
    reanalyse: float = 0.0
    """Share of the searches that renew stored positions' policies and values with the latest network, instead of
    playing new moves: in [0, 1), and 1 if no games are played (``offline``). At 0.5 every position is renewed once
    on average while it is in the replay, at 0.8 four times."""
    first_positions: int = 2_000
    """How many positions are collected before learning begins."""
    positions_per_step: float = 20.0
    """Deterministic runs: positions played per learning step. Otherwise both go as fast as they can."""
    learning_rate: float = 3e-3
    """AdamW's step size after the warm-up."""
    final_learning_rate: float = 1e-4
    """The step size at the end of the budget, reached by a cosine."""
    warm_up: int = 100
    """Steps over which the step size rises to ``learning_rate``."""
    weight_decay: float = 1e-4
    """AdamW's decoupled weight decay."""
    clip: float = 5.0
    """Greatest norm of the whole gradient; a greater one is scaled down."""
    value_weight: float = 1.0
    """Weight of the value's loss; the policy's is 1."""
    reward_weight: float = 1.0
    """Weight of the reward's loss."""
    mover_weight: float = 1.0
    """Weight of the loss of who moves next, if that is predicted."""
    consistency_weight: float = 0.0
    """Weight of the self-supervised consistency loss (EfficientZero, eq. 3); 0 to leave it out."""
    observation_weight: float = 10.0
    """Weight of the loss of the observations predicted from the latent states, see
    :class:`myoshu.training.objectives.decoder.Decoder`; 0 to leave it out."""
    average: float = 0.99
    """Decay of the running average of the weights; the average is what plays and is exported."""
    hand_over: int = 50
    """Steps between two hand-overs of the averaged weights to the actors."""

    def __post_init__(self) -> None:
        _integer("learner.batch", self.batch, 2, 1 << 20)
        _integer("learner.unroll", self.unroll, 1, 1000)
        _integer("learner.bootstrap_steps", self.bootstrap_steps, 0, 1 << 20)
        number("learner.search_share", self.search_share, 0.0, 1.0)
        _integer("learner.replay_positions", self.replay_positions, 1, 1 << 31)
        number("learner.priority_exponent", self.priority_exponent, 0.0, 2.0)
        number("learner.importance_exponent", self.importance_exponent, 0.0, 2.0)
        number("learner.reanalyse", self.reanalyse, 0.0, 1.0)
        _integer("learner.first_positions", self.first_positions, 1, self.replay_positions)
        positive("learner.positions_per_step", self.positions_per_step)
        number("learner.learning_rate", self.learning_rate, 0.0, 1e3)
        number("learner.final_learning_rate", self.final_learning_rate, 0.0, self.learning_rate)
        _integer("learner.warm_up", self.warm_up, 0, 1 << 30)
        number("learner.weight_decay", self.weight_decay, 0.0, 1e3)
        number("learner.clip", self.clip, 1e-9, math.inf)
        for field in ("value_weight", "reward_weight", "mover_weight", "consistency_weight", "observation_weight"):
            number(f"learner.{field}", getattr(self, field), 0.0, 1e6)
        number("learner.average", self.average, 0.0, 0.999999)
        _integer("learner.hand_over", self.hand_over, 1, 1 << 30)


class TrainingConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole run. Ends by ``minutes`` or ``steps``, whichever comes first; at least one is given."""

    game: str
    """The game string; ``myoshu export`` and a resumed run load the game by it."""
    seed: int = 1
    """Seed of everything random. Only a deterministic run is repeated exactly by it."""
    minutes: float | None = 1.0
    """Minutes to learn, without start-up."""
    steps: int | None = None
    """The number of learning steps."""
    deterministic: bool = False
    """One process, self-play and learning in turn: the same seed and steps give the same weights."""
    checkpoint_seconds: float = 60.0
    """Time between two checkpoints; they are also written at the end and on Ctrl-C."""
    checkpoint_steps: int | None = None
    """Steps between two checkpoints, besides ``checkpoint_seconds``."""
    offline: str | None = None
    """A file or folder of recorded games to learn from, without playing any; None to play and learn."""
    recorded_positions: int | None = None
    """About how many of the latest positions are kept as game records in the run's folder; as many as the replay
    keeps if None, none for 0."""
    opponents: tuple[str, ...] = ()
    """Whom the agent plays in checks of strength besides random play, as ``myoshu train --opponent`` names them."""
    evaluation_games: int = 40
    """Games of each check of strength against each opponent, if they fit into 3% of the time; 0 for no checks."""
    evaluations: int = 10
    """The number of such checks, spread over the run."""
    until: float | None = None
    """Ends the run when two consecutive checks reach it by 20 games or more: the score in [0, 1] against the
    last of the opponents; in games of one player, the mean return. The second follows the first as soon as checks may
    take time again. None to spend the whole budget."""
    network: NetworkConfig = msgspec.field(default_factory=NetworkConfig)
    """The size and shape of the networks."""
    selfplay: SelfPlayConfig = msgspec.field(default_factory=SelfPlayConfig)
    """How games are played."""
    search: SearchConfig = msgspec.field(default_factory=SearchConfig)
    """The search, in self-play and as the bundle's default; self-play has its own number of simulations."""
    learner: LearnerConfig = msgspec.field(default_factory=LearnerConfig)
    """How the networks are trained."""

    def __post_init__(self) -> None:
        if not self.game:
            raise ArgumentError("game: expected a game string, got an empty text")
        _integer("seed", self.seed, 0, (1 << 63) - 1)
        if self.minutes is None and self.steps is None:
            raise ArgumentError("minutes, steps: expected at least one of them, got neither")
        if self.minutes is not None:
            positive("minutes", self.minutes)
        if self.steps is not None:
            _integer("steps", self.steps, 1, 1 << 40)
        if self.deterministic and self.steps is None:
            raise ArgumentError("steps: expected a number of steps in a deterministic run, got none")
        if self.deterministic and self.minutes is not None:
            raise ArgumentError(
                f"minutes: expected none in a deterministic run, which ends by steps, got {self.minutes}"
            )
        number("checkpoint_seconds", self.checkpoint_seconds, 0.1, math.inf)
        if self.checkpoint_steps is not None:
            _integer("checkpoint_steps", self.checkpoint_steps, 1, 1 << 40)
        if self.offline is None and self.learner.reanalyse == 1.0:
            raise ArgumentError("learner.reanalyse: expected less than 1 where games are played, got 1.0")
        if self.recorded_positions is not None:
            _integer("recorded_positions", self.recorded_positions, 0, 1 << 40)
        if len(set(self.opponents)) < len(self.opponents) or "random" in self.opponents or "" in self.opponents:
            raise ArgumentError(f"opponents: expected different names other than random, got {list(self.opponents)}")
        if self.until is not None:
            number("until", self.until, -math.inf, math.inf)
            if not self.evaluation_games or not self.evaluations:
                raise ArgumentError(
                    "until: expected evaluation_games and evaluations, without which it is never reached"
                )
        _integer("evaluation_games", self.evaluation_games, 0, 1 << 20)
        _integer("evaluations", self.evaluations, 0, 1 << 20)

    def to_toml(self) -> str:
        """The configuration as TOML; fields that are None are left out."""
        values: dict[str, Any] = msgspec.to_builtins(self)
        lines = [f"{key} = {_toml(value)}" for key, value in values.items() if not isinstance(value, dict | None)]
        for name, table in values.items():
            if isinstance(table, dict):
                lines += ["", f"[{name}]"]
                lines += [f"{key} = {_toml(value)}" for key, value in table.items() if value is not None]
        return "\n".join(lines) + "\n"

    @classmethod
    def from_toml(cls, text: str) -> TrainingConfig:
        """The configuration in a text that :meth:`to_toml`, or a person, wrote.

        Raises:
            TrainingError: it is not TOML, or not a configuration; the message names the field.
        """
        try:
            values = tomllib.loads(text)
            if "steps" in values and "minutes" not in values:
                values["minutes"] = None
            return msgspec.convert(values, cls)
        except tomllib.TOMLDecodeError as error:
            raise TrainingError(f"expected TOML: {error}") from error
        except msgspec.ValidationError as error:
            raise TrainingError(_located(str(error))) from error


def _located(message: str) -> str:
    """Turn msgspec's ``problem - at `$.path``` into ``path: problem``."""
    problem, _, path = message.partition(" - at `$")
    place = path.strip(".`")
    if other := re.fullmatch(r"Object (missing required|contains unknown) field `(.*)`", problem, re.DOTALL):
        field = f"{place}.{other[2]}" if place else other[2]
        return f"{field}: expected " + ("a value, got none" if other[1] == "missing required" else "no such setting")
    if wrong := re.fullmatch(r"Invalid enum value (.*)", problem, re.DOTALL):
        problem = f"expected one of its choices, got {wrong[1]}"
    problem = problem[:1].lower() + problem[1:].replace("`", "")
    if not place or problem.startswith((f"{place}:", f"{place}.")):
        return problem
    return f"{place}.{problem}" if re.match(r"[\w.]+: ", problem) else f"{place}: {problem}"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return msgspec.json.encode(value).decode()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    raise AssertionError(value)
