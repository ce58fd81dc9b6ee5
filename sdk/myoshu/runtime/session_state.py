"""A session as data: the moves reported, its random state, and the searches that its tree came from. No tree.

The same searches give the same tree, bit for bit, so a few hundred bytes stand for it on any machine.
"""

from __future__ import annotations

import math
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from myoshu.errors import ArgumentError
from myoshu.search.config import SearchConfig
from myoshu.spec import ModelSpec

__all__ = ["Search", "SessionState"]

FORMAT = 1

Count = Annotated[int, Meta(ge=0, le=1 << 31)]
Positive = Annotated[int, Meta(ge=1, le=1 << 31)]
Word = Annotated[int, Meta(ge=0)]
"""Of 64 bits: MessagePack has no greater integers."""


class Search(msgspec.Struct, kw_only=True):
    """One search: how its tree was begun, and how far it got."""

    observation: bytes
    """float32 [*observation], little-endian: what the player to move sees."""
    legal: bytes
    """bool [actions], one byte each: the legal actions."""
    to_play: Count
    """The player to move."""
    moves: list[Count]
    """The moves from the root of the previous search, whose tree it kept; empty if it began afresh."""
    budget: Count
    """Simulations for which it was opened."""
    planned: Positive
    """Simulations for which sequential halving was planned."""
    made: Count = 0
    """Simulations made, once known."""


class SessionState(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Everything of a session except its agent."""

    format: int = FORMAT
    """The version of this structure."""
    spec_hash: str
    """The hash of the agent's game and model."""
    search: SearchConfig
    """The settings of its search."""
    time: Annotated[float, Meta(gt=0.0)] | None
    """Its limit in seconds."""
    simulations: Positive | None
    """Its limit in simulations."""
    temperature: Annotated[float, Meta(ge=0.0)]
    """How freely moves are sampled; 0 plays the best."""
    mix: Annotated[float, Meta(ge=0.0, le=1.0)]
    """The prior's share of the policy that moves are sampled from."""
    slack: Annotated[float, Meta(ge=0.0)]
    """How much lower than the best a sampled move's value may be, in the game's units."""
    max_simulations: Positive
    """Simulations after which a search limited by time alone ends."""
    keep_tree: bool
    """Whether searches keep the tree across moves that were observed."""
    seed: Word
    """Of its random numbers."""
    drawn: Word
    """The position that they have come to."""
    turn: Count
    """The player to move."""
    told: Annotated[int, Meta(ge=0)]
    """Number of moves reported in this game."""
    moves: list[Count] | None
    """Moves reported since the last decision; None if its tree may not be kept."""
    pondered: bool
    """Whether the last decision was in another player's time."""
    first: bytes | None
    """The observation of the game's first decision."""
    last: bytes | None
    """The observation of the last decision."""
    kept: Count
    """Real moves across which the tree has been kept."""
    nodes: Count
    """How many nodes its tree has room for; 0 if it has none."""
    searches: list[Search]
    """The searches that the tree came from, in order."""

    def encode(self) -> bytes:
        """The state as MessagePack."""
        return msgspec.msgpack.encode(self)

    @staticmethod
    def decode(data: bytes, model: ModelSpec) -> SessionState:
        """Read a state and check it against its model.

        Raises:
            ArgumentError: it is not a saved state, or does not fit.
        """
        try:
            state = msgspec.msgpack.decode(data, type=SessionState)
        except (msgspec.MsgspecError, ArgumentError, UnicodeError, RecursionError, TypeError) as error:
            raise ArgumentError(f"state: expected what a session saved, got: {str(error)[:200]}") from error
        if state.format != FORMAT:
            raise ArgumentError(f"state.format: expected {FORMAT}, got {state.format}")
        if math.isnan(state.slack) or not math.isfinite(state.temperature) or state.time == math.inf:
            raise ArgumentError("state: expected finite settings, got NaN or infinity")
        if state.time is None and state.simulations is None:
            raise ArgumentError("state: expected a limit, got none")
        players = [state.turn, *(search.to_play for search in state.searches)]
        moves = [*(state.moves or ()), *(move for search in state.searches for move in search.moves)]
        if max(players) >= model.players or max(moves, default=0) >= model.actions:
            raise ArgumentError(f"state: expected {model.players} players and {model.actions} actions, got others")
        for seen in (state.first, state.last, *(search.observation for search in state.searches)):
            if seen is not None:
                observation_of(seen, model)
        for number, search in enumerate(state.searches):
            if len(search.legal) != model.actions or not any(search.legal) or bool(search.moves) != bool(number):
                raise ArgumentError(f"state.searches[{number}]: expected one that follows the others, got another")
            if search.made > search.budget or search.budget >= state.nodes:
                raise ArgumentError(f"state.searches[{number}]: expected at most {state.nodes} nodes, got more")
        return state


def observation_of(data: bytes, model: ModelSpec) -> NDArray[np.float32]:
    """An observation as a session takes it, float32 [1, *observation].

    Raises:
        ArgumentError: it has another size, or is not finite.
    """
    shape = (1, *model.observation)
    if len(data) != 4 * math.prod(shape):
        raise ArgumentError(f"state: expected observations of {4 * math.prod(shape)} bytes, got {len(data)}")
    observation = np.frombuffer(data, "<f4").astype(np.float32).reshape(shape)
    if not np.isfinite(observation).all():
        raise ArgumentError("state: expected finite observations, got NaN or infinity")
    return observation
