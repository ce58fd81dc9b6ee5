"""Example positions with which programs can check their observations; a failure here never loses an agent."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from myoshu.errors import MyoshuError
from myoshu.game import Game
from myoshu.planes import Planes, planes_of
from myoshu.runtime.agent import Agent
from myoshu.runtime.bundle import Bundle
from myoshu.runtime.example_games import answered, find_positions
from myoshu.runtime.positions import Example, Position
from myoshu.training.playing.failures import described

__all__ = ["Shown", "examples_for", "shown_by"]


class Shown(NamedTuple):
    """A game's observations: their description and examples."""

    planes: Planes = Planes()
    """What observations hold, in words."""
    positions: tuple[Position, ...] = ()
    """A few positions of the game; may be empty."""


def shown_by(game: Game, note: Callable[[str], None]) -> Shown:
    """A game's observations, as far as possible; a failure here, after minutes of training, is only noted.

    Args:
        game: the rules.
        note: called with what is left out, and why.
    """
    try:
        planes = planes_of(game)
    except Exception as error:  # noqa: BLE001 -- user code may raise anything
        note(f"The agent's file will not say what observations hold: {described(error)}")
        planes = Planes()
    try:
        return Shown(planes, find_positions(game))
    except Exception as error:  # noqa: BLE001 -- user code may raise anything
        note(f"The agent's file will have no positions to check a program with: {described(error)}")
        return Shown(planes)


def examples_for(shown: Shown, bundle: Bundle) -> tuple[Example, ...]:
    """The positions with an agent's answers; none if that fails."""
    try:
        return answered(shown.positions, Agent(bundle, "cpu")) if shown.positions else ()
    except MyoshuError:
        return ()
