"""How much memory a training run will take, computed before any of it is allocated. Knows no torch.

It counts the arrays whose sizes follow from the game and the configuration; what the programs hold besides was
measured. A position of a game of many actions is assumed to have at most
:data:`myoshu.training.memory.policies.MANY` legal ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from myoshu.errors import CapacityError
from myoshu.search.config import SearchConfig
from myoshu.spec import GameSpec, ModelSpec
from myoshu.training.config import LearnerConfig, TrainingConfig
from myoshu.training.memory.policies import MANY
from myoshu.training.networks.architecture import Architecture, declare
from myoshu.training.playing.selfplay import MOST_BYTES

__all__ = [
    "Part",
    "foresee",
    "game_bytes",
    "position_bytes",
    "require_memory",
    "sample_bytes",
    "search_slots",
    "tree_bytes",
    "weight_bytes",
]

LONG = 1000
"""Moves that a game without a limit to its length, or with a greater one, is expected to take at most."""
TREES = 128 << 20
"""Bytes that the searches of games against an opponent may take: more games than that are searched one after another.
"""
EDGE_BYTES = 8
"""Of an edge of a search tree: its prior and its action."""
NODE_BYTES = 200
"""Of a node of a search tree with the records of visited edges, its latent state left out."""
TREE_BYTES = 400
"""Of a search tree, its nodes and what its network reads and writes left out."""
LEARNER_BYTES, ACTOR_BYTES = 500 << 20, 180 << 20
"""Bytes that the learner's process and an actor's hold before any data: Python, torch, ONNX Runtime.
"""
COPIES = 12
"""Copies of the weights in the learner's process: themselves, their gradient, the optimiser's two moments and the
average, and temporary forms (folded in double precision, packed for the actors, for a checkpoint)."""
ACTOR_COPIES = 5
"""The same in an actor's process: packed, unpacked, in ONNX Runtime's sessions."""
BATCH_COPIES = 8
"""Copies of a batch's observations and policies in a step: gathered, turned, targets, predictions, and gradients."""
LAYER_COPIES = 5
"""Copies of a layer's outputs that a step keeps for its gradient."""


@dataclass(frozen=True)
class Part:
    """The memory of one part of a run."""

    what: str
    """The part, in words."""
    bytes: int
    """The approximate size in bytes."""
    field: str
    """The setting that reduces it; "" for none."""


def position_bytes(game: GameSpec) -> int:
    """Bytes of one position in the replay."""
    shares = 4 * min(game.actions, MANY)
    return 4 * math.prod(game.observation) + shares + -(-game.actions // 8) + 12 * game.players + 21


def game_bytes(game: GameSpec) -> int:
    """Bytes of one game while it is played: at most or, without a limit of :data:`LONG` moves, as expected."""
    return min(LONG, game.max_length or LONG) * position_bytes(game)


def tree_bytes(model: ModelSpec, simulations: int) -> int:
    """What one search tree takes."""
    nodes = (simulations + 1) * (EDGE_BYTES * model.actions + NODE_BYTES + 4 * model.latent_size)
    return nodes + 2 * EDGE_BYTES * model.actions + 8 * model.latent_size + TREE_BYTES


def weight_bytes(architecture: Architecture) -> dict[str, int]:
    """Bytes of the weights of each of the three networks, by name."""
    taken: dict[str, int] = {}
    for layer in declare(architecture):
        network = layer.name.partition(".")[0]
        numbers = layer.features * layer.inputs * max(1, layer.kernel) ** 2
        taken[network] = taken.get(network, 0) + 4 * (numbers + math.prod(layer.table or (layer.features,)))
    return taken


def sample_bytes(architecture: Architecture, learner: LearnerConfig) -> int:
    """Bytes of one position of a batch while a step is computed."""
    model = architecture.model
    numbers = math.prod(model.observation) + model.actions
    hidden = sum(1 for layer in declare(architecture) if layer.name.startswith(("representation", "dynamics")))
    return 4 * (learner.unroll + 1) * (BATCH_COPIES * numbers + LAYER_COPIES * hidden * model.latent_size)


def search_slots(model: ModelSpec, search: SearchConfig, games: int) -> int:
    """How many of some games to search at once: at most 64, and what fits into :data:`TREES`; at least 1."""
    return max(1, min(64, games, TREES // tree_bytes(model, search.simulations)))


def foresee(game: GameSpec, architecture: Architecture, config: TrainingConfig, *, actors: int) -> list[Part]:
    """The memory that a run will take, part by part.

    Args:
        game: the game.
        architecture: the networks.
        config: the run's configuration.
        actors: processes that play; 0 if the learner's process plays.
    """
    model, selfplay, learner = architecture.model, config.selfplay, config.learner
    weights = sum(weight_bytes(architecture).values())
    played = min(selfplay.games * game_bytes(game), MOST_BYTES) if config.offline is None else 0
    checks = 2 * search_slots(model, config.search, config.evaluation_games) if config.evaluation_games else 0
    players = max(1, actors)
    return [
        Part("the programs", LEARNER_BYTES + actors * ACTOR_BYTES, ""),
        Part("the networks", weights * (COPIES + players * ACTOR_COPIES), "network.width"),
        Part(
            "the positions to learn from",
            2 * learner.replay_positions * position_bytes(game),
            "learner.replay_positions",
        ),
        Part("a step's batch", learner.batch * sample_bytes(architecture, learner), "learner.batch"),
        Part("the games under way", players * played, "selfplay.games"),
        Part("their searches", players * selfplay.games * tree_bytes(model, selfplay.simulations), "selfplay.games"),
        Part("the checks of strength", checks * tree_bytes(model, config.search.simulations), "search.simulations"),
    ]


def require_memory(parts: Sequence[Part], available: int | None) -> None:
    """Refuse a run that does not fit.

    Args:
        parts: the run's parts.
        available: the bytes available; None if the system does not say.

    Raises:
        CapacityError: it does not fit; the message says how much it is, of what, and which settings reduce it.
    """
    total = sum(part.bytes for part in parts)
    if available is None or total <= available:
        return
    largest = sorted(parts, key=lambda part: -part.bytes)
    shown = ", ".join(
        f"{_size(part.bytes)} for {part.what}" + f" ({part.field})" * bool(part.field) for part in largest[:3]
    )
    fields = dict.fromkeys(part.field for part in largest[:3] if part.field)
    raise CapacityError(
        f"memory: expected a run that fits into the {_size(available)} that are free, got one of {_size(total)}: "
        f"{shown}, …; lower {' or '.join(fields)}, or use fewer cores"
    )


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
