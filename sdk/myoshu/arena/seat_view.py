"""What may be shown to the person at one seat of a game in which something is hidden.

A game's spec says whether something is hidden, and its positions draw what one player sees: see :mod:`myoshu.traits`.
"""

from __future__ import annotations

from myoshu.game import Game, State
from myoshu.traits import StateTraits

__all__ = ["hides", "seat_view", "tells"]

_UNTOLD = "(this game does not say what one player sees of it)"


def hides(game: Game) -> bool:
    """Whether there is something in a game that the player to move does not see."""
    return game.spec.hidden_information


def seat_view(game: Game, state: State, seat: int | None) -> str:
    """A position, drawn for a person.

    Args:
        game: the rules.
        state: the position.
        seat: the person's seat; None for an observer who may see everything.
    """
    if seat is None or not hides(game):
        return str(state)
    draw = StateTraits.of(state).drawn_for
    return _UNTOLD if draw is None else str(draw(seat))


def tells(game: Game, state: State, action: int, seat: int) -> bool:
    """Whether a player at a seat sees which move another is about to play.

    It does if its view afterwards results from no other move.

    Args:
        game: the rules.
        state: the position before the move.
        action: the move.
        seat: the observing seat.
    """
    if not hides(game) or state.to_play() == seat:
        return True
    before = seat_view(game, state, seat)
    if before == _UNTOLD:
        return False
    seen = _after(game, state, action, seat)
    return seen != before and all(
        seen != _after(game, state, other, seat) for other in state.legal_actions() if other != action
    )


def _after(game: Game, state: State, action: int, seat: int) -> str:
    twin = state.clone()
    twin.apply(action)
    return seat_view(game, twin, seat)
