"""Settings that are known to work: one for each game that needs its own, and a sensible start for any other."""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec

from myoshu.errors import ArgumentError
from myoshu.search.config import Algorithm, Normalization, SearchConfig
from myoshu.spec import GameSpec
from myoshu.training.config import LearnerConfig, NetworkConfig, NetworkKind, SelfPlayConfig, TrainingConfig
from myoshu.training.footprint import game_bytes, sample_bytes, tree_bytes
from myoshu.training.memory.policies import MANY
from myoshu.training.networks.architecture import Architecture
from myoshu.training.playing.selfplay import MOST_BYTES

__all__ = ["preset", "preset_names"]

BATCH_BYTES = 3 << 29
"""Bytes that a learning step may take."""
LEAST_BATCH = 32
"""The least number of positions in a batch, however large they are."""
PLANES = 25
"""Boards of at least this many squares get convolutional networks."""
LARGEST = 19
"""Larger sides are those of an image rather than a board, and are halved until they are not."""


def preset(game: GameSpec, name: str | None = None) -> TrainingConfig:
    """The configuration to train a game with.

    Args:
        game: the game.
        name: one of :func:`preset_names`; by default the one named like the game, else ``default``.

    Raises:
        ArgumentError: there is no such preset.
    """
    if name is None:
        short = game.name.partition(":")[2].partition("(")[0]
        name = short if short in _PRESETS else "default"
    if name not in _PRESETS:
        raise ArgumentError(f"preset: expected one of {', '.join(preset_names())}, got {name!r}")
    return _fitted(game, _PRESETS[name](game))


def preset_names() -> list[str]:
    """The names of all presets."""
    return sorted(_PRESETS)


def _search(game: GameSpec, simulations: int) -> SearchConfig:
    low, high = game.returns
    known = game.final_rewards_only and low < high
    return SearchConfig(
        algorithm=Algorithm.GUMBEL,
        simulations=simulations,
        normalization=Normalization.RANGE if known else Normalization.NODE,
        value_range=(low, high) if known else (-1.0, 1.0),
        considered_actions=16,
        c_visit=50.0,
        c_scale=1.0,
    )


def _default(game: GameSpec) -> TrainingConfig:
    if len(game.observation) == 3 and game.observation[1] * game.observation[2] >= PLANES:
        return _planes(game)
    length = game.max_length or 200
    return TrainingConfig(
        game=game.name,
        minutes=10.0,
        network=_numbers(game, NetworkConfig(kind=NetworkKind.MLP, width=128)),
        selfplay=SelfPlayConfig(
            games=64,
            simulations=16,
            opening_share=0.6,
            opening_plies=max(1, min(12, length // 2)),
            exploration=max(0.02, min(0.25, 2.0 / length)),
        ),
        search=_search(game, 64),
        learner=LearnerConfig(replay_positions=_positions(game), learning_rate=1e-2),
    )


def _planes(game: GameSpec) -> TrainingConfig:
    length = game.max_length or 200
    side = max(game.observation[1:])
    halvings = max(0, math.ceil(math.log2(side / LARGEST)))
    network = NetworkConfig(
        kind=NetworkKind.RESIDUAL, width=16, halvings=halvings, representation_blocks=2, dynamics_blocks=1
    )
    return TrainingConfig(
        game=game.name,
        minutes=20.0,
        network=_numbers(game, network),
        selfplay=SelfPlayConfig(
            games=64,
            simulations=24,
            opening_share=0.6,
            opening_plies=max(1, min(12, length // 2)),
            exploration=0.0,
        ),
        search=_search(game, 64),
        learner=LearnerConfig(
            replay_positions=_positions(game),
            warm_up=200,
            learning_rate=1e-2,
            value_weight=2.0,
            reward_weight=3.0,
        ),
    )


def _numbers(game: GameSpec, network: NetworkConfig) -> NetworkConfig:
    """Finer atoms if rewards add up, on MuZero's scale if they add up to large sums."""
    if game.final_rewards_only:
        return network
    low, high = game.returns
    return msgspec.structs.replace(network, bins=51, transform=high - low > 20.0)


def _tic_tac_toe(game: GameSpec) -> TrainingConfig:
    return TrainingConfig(
        game=game.name,
        minutes=1.0,
        network=NetworkConfig(kind=NetworkKind.MLP, width=128, rewards=False),
        selfplay=SelfPlayConfig(games=128, simulations=16, opening_share=1.0, opening_plies=7, exploration=0.35),
        search=_search(game, 32),
        learner=LearnerConfig(replay_positions=60_000, learning_rate=2e-2),
    )


def _dots_and_boxes(game: GameSpec) -> TrainingConfig:
    # The observation is a list of cells: neighbours in it are not neighbours on the board.
    length = game.max_length or 200
    return TrainingConfig(
        game=game.name,
        minutes=10.0,
        network=NetworkConfig(kind=NetworkKind.MLP, width=128),
        selfplay=SelfPlayConfig(
            games=64, simulations=24, opening_share=0.8, opening_plies=max(1, 2 * length // 3), exploration=0.1
        ),
        search=_search(game, 64),
        learner=LearnerConfig(unroll=4, replay_positions=min(200_000, _positions(game)), learning_rate=1e-2),
    )


def _cart_pole(game: GameSpec) -> TrainingConfig:
    return TrainingConfig(
        game=game.name,
        minutes=10.0,
        network=_numbers(game, NetworkConfig(kind=NetworkKind.MLP, width=128)),
        selfplay=SelfPlayConfig(games=32, simulations=16, opening_share=0.5, opening_plies=10, exploration=0.0),
        search=msgspec.structs.replace(_search(game, 32), discount=0.99),
        learner=LearnerConfig(
            unroll=5, bootstrap_steps=10, replay_positions=100_000, learning_rate=5e-3, reanalyse=0.3
        ),
    )


def _positions(game: GameSpec) -> int:
    """As many positions as fit into half a gigabyte, at most 400,000; at least 10,000 if a gigabyte holds them."""
    numbers = math.prod(game.observation) + min(game.actions, MANY) + 3 * game.players + 3
    return max(min(10_000, MOST_BYTES // (4 * numbers)), min(400_000, (1 << 29) // (4 * numbers)))


def _fitted(game: GameSpec, config: TrainingConfig) -> TrainingConfig:
    """As many games at once and positions per step as fit into memory: fewer if observations are large."""
    architecture = Architecture.of(game, config.network)
    tree = tree_bytes(architecture.model, config.selfplay.simulations)
    games = max(1, min(config.selfplay.games, MOST_BYTES // game_bytes(game), MOST_BYTES // tree))
    batch = config.learner.batch
    while batch > LEAST_BATCH and batch * sample_bytes(architecture, config.learner) > BATCH_BYTES:
        batch //= 2
    selfplay = msgspec.structs.replace(config.selfplay, games=games)
    first = min(config.learner.first_positions, config.learner.replay_positions)
    learner = msgspec.structs.replace(config.learner, batch=batch, first_positions=first)
    return msgspec.structs.replace(config, selfplay=selfplay, learner=learner)


_PRESETS: dict[str, Callable[[GameSpec], TrainingConfig]] = {
    "CartPole-v1": _cart_pole,
    "connect_four": _planes,
    "default": _default,
    "dots_and_boxes": _dots_and_boxes,
    "tic_tac_toe": _tic_tac_toe,
}
