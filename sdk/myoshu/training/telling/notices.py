"""What a person should know before a game is learned, in a sentence each. Knows no torch."""

from __future__ import annotations

import math

from myoshu.game import Game
from myoshu.training.footprint import weight_bytes
from myoshu.training.networks.architecture import Architecture
from myoshu.traits import Traits

__all__ = ["agent_bytes", "hidden_notice", "notices"]

LARGE_AGENT = 20_000_000
"""Size in bytes from which an agent's file is worth a notice."""


def hidden_notice(game: Game) -> str | None:
    """A notice of what an agent does not do in a game with hidden information; None for other games."""
    if Traits.of(game).simultaneous:
        what = (
            "Players of this game move at the same time: the agent learns to play by what it sees, and does not mix "
            "its moves soundly"
        )
    elif game.spec.hidden_information:
        what = (
            "Something is hidden in this game, such as cards: the agent learns to play by what it sees, and does not "
            "hide or bluff soundly"
        )
    else:
        return None
    measure = "; measure it with cfr:N" if game.spec.name.startswith("openspiel:") and game.spec.players > 1 else ""
    return what + measure


def agent_bytes(architecture: Architecture) -> int:
    """The approximate size of the agent's file in bytes: each graph holds its own weights."""
    parts = weight_bytes(architecture)
    return 2 * sum(parts.values()) + parts.get("prediction", 0)


def notices(game: Game, architecture: Architecture) -> list[str]:
    """The notices at the beginning of a run."""
    found = []
    hidden = hidden_notice(game)
    if hidden is not None:
        found.append(hidden)
    size = agent_bytes(architecture)
    if size > LARGE_AGENT:
        found.append(
            f"This game has {game.spec.actions:,} actions on observations of {math.prod(game.spec.observation):,} "
            f"numbers: the agent's file will have about {size / 1e6:.0f} MB, and learning takes long"
        )
    return found
