"""An agent's decision, and its assessment of every action."""

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
    """Only one action was legal: there was nothing to search."""
    STOPPED = "stopped"
    """The caller stopped it."""
    THINKING = "thinking"
    """It has not ended: this is the best so far."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Decision:
    """The move to play, and why. Arrays over actions hold 0 where an action is not legal."""

    action: int
    """The action to play: always a legal one."""
    policy: NDArray[np.float32]
    """float32 [actions], sums to 1: how good the search finds each action as a move (the improved policy)."""
    value: float
    """What the player to move can expect to collect from here, in the game's units."""
    values: NDArray[np.float32]
    """float32 [players]: what each player can expect."""
    visits: NDArray[np.int32]
    """int32 [actions]: how often the search tried each action, including visits kept from an earlier search."""
    principal_variation: tuple[int, ...]
    """The line of play that the search expects, beginning with its own favourite. Beyond the first action it is
    imagined, and may contain illegal actions."""
    simulations: int
    """Simulations made for this decision."""
    elapsed: float
    """Time spent thinking, in seconds."""
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
        """The decision that follows from a search.

        Args:
            result: what it found; its root is not over a separate action set.
            to_play: the player to move.
            elapsed: seconds spent thinking.
            provider: what computed the network.
            stop_reason: why it ended.
            action: the action to play; the search's own choice if not given.
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
    """A search's assessment of one legal action."""

    action: int
    """The action's number."""
    visits: int
    """How often the search tried it."""
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
    """A search's assessment of a position."""

    decision: Decision
    """The decision that it leads to."""
    actions: tuple[ActionAnalysis, ...]
    """Every legal action, the most promising first."""
