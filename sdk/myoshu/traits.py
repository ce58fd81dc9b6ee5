"""What a game, or a position of one, may declare beyond what every game has."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Mapping
from typing import Any, Self

from myoshu.checks import integer
from myoshu.errors import GameError

__all__ = ["StateTraits", "Traits"]

Method = Callable[..., Any]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """The optional members of a game; one that is absent, or None, has the default given here."""

    simultaneous: bool = False
    """Whether players choose at the same time; they are asked in turn, and none sees what was chosen."""
    replayable: bool = True
    """Whether the same seed and actions make the same game again. One that is not so, such as a game that runs on
    its own clock, has no clones either."""
    one_process: bool = False
    """Whether it cannot move to another process, as a game to which an engine has connected."""
    most_games: int = sys.maxsize
    """How many of its games can be played at once, 1 or more."""
    symmetries: Any = ()
    """A sequence of :class:`myoshu.symmetry.Symmetry`, without the identity: training learns from each
    position turned in all ways. As the game says; :func:`myoshu.symmetry.symmetries_of` checks them."""
    planes: Any = ()
    """In words, what each index of the observation's first dimension holds. As the game says;
    :func:`myoshu.planes.planes_of` checks it."""
    layout: Any = ""
    """In words, what the observation's other dimensions are. As the game says; :func:`myoshu.planes.planes_of` checks
    it."""
    apply_all: Method | None = None
    """``apply_all(states, actions)``: :func:`myoshu.game.apply_all` for a game that is faster than one at a time."""
    new_states: Method | None = None
    """``new_states(rngs)``: :func:`myoshu.game.new_states` for a game that does it faster than one at a time."""
    other_names: Method | None = None
    """``other_names(state)``: a mapping of further names of legal actions to the actions, as chess has ``e2e4``."""
    called: Method | None = None
    """``called(name)``: the same game by another string that names it."""
    close: Method | None = None
    """``close()``: called when a training run is over, for instance to notify an engine."""

    @classmethod
    def of(cls, game: object) -> Self:
        """Read the traits that a game declares.

        Raises:
            GameError: a member is of another kind than expected.
        """
        said = _said(Traits, game)
        if "most_games" in said:
            said["most_games"] = integer(f"{type(game).__name__}.most_games", said["most_games"], 1, error=GameError)
        return cls(**said)

    @staticmethod
    def method(game: object, name: str) -> Method | None:
        """One of the methods alone, for calls at every move.

        Raises:
            GameError: it is not a method.
        """
        member: Method | None = getattr(game, name, None)
        if member is not None and not callable(member):
            raise GameError(f"{type(game).__name__}.{name}: expected a method, got {member!r:.60}")
        return member

    def members(self) -> Mapping[str, Any]:
        """All members by name: for a game that wraps another one and has the same."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StateTraits:
    """The optional members of a position; one that is absent, or None, has the default given here."""

    truncated: bool = False
    """Once the game is over: whether it was *cut off*, by a limit to its length, rather than ended by its rules. The
    value there is then not zero, and training estimates it."""
    drawn_for: Method | None = None
    """``drawn_for(player)``: the position, drawn for a person at that seat, of a game in which something is hidden."""
    reset_seed: int | None = None
    """The seed from which the engine of a game in another process began it, for notes on games that failed."""

    @classmethod
    def of(cls, state: object) -> Self:
        """Read the traits that a position declares.

        Raises:
            GameError: a member is of another kind than expected.
        """
        return cls(**_said(StateTraits, state))


_ABSENT = object()
_SWITCH, _METHOD, _RAW = "bool", "Method | None", "Any"
_MEMBERS = {
    kind: tuple((field.name, field.type) for field in dataclasses.fields(kind)) for kind in (Traits, StateTraits)
}
"""The members of each class, with their annotations."""


def _said(kind: type[Traits] | type[StateTraits], where: object) -> dict[str, Any]:
    """The members that are present, switches as booleans; members checked elsewhere are taken unchanged."""
    said: dict[str, Any] = {}
    for name, expected in _MEMBERS[kind]:
        member = getattr(where, name, _ABSENT)
        if member is _ABSENT or (member is None and expected != _RAW):
            continue
        if expected == _SWITCH:
            member = bool(member)
        elif expected == _METHOD:
            member = Traits.method(where, name)
        said[name] = member
    return said
