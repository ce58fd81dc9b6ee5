"""What an agent decides, and what it thinks of every action."""

from __future__ import annotations

import dataclasses
import enum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from myoshu.search import SearchResult

__all__ = ["ActionAnalysis", "Analysis", "Decision", "StopReason"]


class StopReason(enum.StrEnum):
    """Why a search ended."""

    SIMULATIONS = "simulations"
    """The limit's simulations were made."""
    TIME = "time"
    """The limit's time was up."""
    CAPACITY = "capacity"
    """The time was not up, but the tree is as large as its memory."""
    ONLY_MOVE = "only_move"
    """One action was legal: there was nothing to think about."""
    STOPPED = "stopped"
    """The caller stopped it."""
    THINKING = "thinking"
    """It has not ended: this is the best so far."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Decision:
    """What to play, and why. Arrays over actions hold 0 where an action is not legal."""

    action: int
    """What to play: always a legal action."""
    policy: NDArray[np.float32]
    """float32 [actions], sums to 1: how good the search finds each action as a move (the improved policy)."""
    value: float
    """What the player to move can expect to collect from here, in the game's units."""
    values: NDArray[np.float32]
    """float32 [players]: what each player can expect."""
    visits: NDArray[np.int32]
    """int32 [actions]: how often the search tried each action, what it kept from an earlier search included."""
    principal_variation: tuple[int, ...]
    """The line of play that the search expects, beginning with its own favourite. Beyond the first action it is
    imagined, and may come to actions that are not legal."""
    simulations: int
    """Simulations made for this decision."""
    elapsed: float
    """Seconds spent thinking."""
    provider: str
    """The execution provider that computed the network, as ``cpu``."""
    stop_reason: StopReason
    """Why the search ended."""

    @classmethod
    def of(
        cls,
        result: SearchResult,
        to_play: int,
        *,
        elapsed: float,
        provider: str,
        stop_reason: StopReason,
        action: int | None = None,
    ) -> Self:
        """What a search comes to.

        Args:
            result: what it found; its root has no action set of its own.
            to_play: the player to move.
            elapsed: seconds spent thinking.
            provider: what computed.
            stop_reason: why it ended.
            action: what to play; the search's own choice if not given.
        """
        return cls(
            action=result.action if action is None else action,
            policy=result.policy,
            value=float(result.value[to_play]),
            values=result.value,
            visits=result.visits,
            principal_variation=result.principal_variation,
            simulations=result.simulations,
            elapsed=elapsed,
            provider=provider,
            stop_reason=stop_reason,
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ActionAnalysis:
    """What a search thinks of one legal action."""

    action: int
    """The action."""
    visits: int
    """How often it was tried."""
    value: float
    """What the player to move can expect after it, in the game's units; for an action never tried, the best guess."""
    prior: float
    """The network's own probability of it, before any search."""
    policy: float
    """The search's probability of it."""
    principal_variation: tuple[int, ...]
    """The line of play expected after it, itself first."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Analysis:
    """What a search thinks of a position."""

    decision: Decision
    """What it would play."""
    actions: tuple[ActionAnalysis, ...]
    """Every legal action, the most convincing first."""
