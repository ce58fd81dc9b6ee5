"""What the numbers of an OpenSpiel observation mean, in words: as precisely as the library says, and no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from myoshu.planes import Planes

__all__ = ["Pieces", "words_of"]

MOST_WORDS = 256
"""The most numbers of an observation that are named one by one."""


class Pieces(NamedTuple):
    """How an observation is made from OpenSpiel's tensor."""

    name: str
    """The game's short name."""
    shape: tuple[int, ...]
    """The tensor's shape, as it is used."""
    parts: Mapping[str, int]
    """Its parts as OpenSpiel names them, with how many numbers each has."""
    remembers: bool
    """Whether it is the information state's tensor."""
    stones: bool
    """Whether the first two planes were put in the mover's order."""
    marks: int
    """Planes appended to it that say who moves."""


_EMPTY = "empty squares"
_STONES = ("the mover's stones", "the opponent's stones")
_WORDS: Mapping[str, Sequence[str]] = {
    "breakthrough": ("player 0's pieces (black)", "player 1's pieces (white)", _EMPTY),
    "catch": ("the ball, and the paddle in the last row",),
    "connect_four": (*_STONES, _EMPTY),
    "dots_and_boxes": ("what is neither drawn nor taken", "what player 0 drew or took", "what player 1 drew or took"),
    "havannah": (*_STONES, "empty cells"),
    "mnk": (*_STONES, _EMPTY),
    "othello": (_EMPTY, "the mover's discs", "the opponent's discs"),
    "pentago": (*_STONES, _EMPTY),
    "tic_tac_toe": (*_STONES, _EMPTY),
    "y": (*_STONES, "empty cells"),
}
_LAYOUTS: Mapping[str, str] = {
    "breakthrough": "row 0 is the topmost rank as it is drawn (black's side), column 0 is file a",
    "catch": "row 0 is the top, column 0 the left",
    "connect_four": "row 0 is the lowest, column 0 the left; an action is a column",
    "dots_and_boxes": "a row is a point of the grid, counted row by row; its columns: the horizontal line that begins "
    "there, the vertical line, the box",
    "mnk": "row 0 is the top, column 0 the left; an action is row × columns + column",
    "othello": "row 0 is the first as it is drawn, column 0 is file a; an action is 8 × row + column",
    "tic_tac_toe": "row 0 is the top, column 0 the left; an action is 3 × row + column",
}


def words_of(pieces: Pieces) -> Planes:
    """What each index of an observation's first dimension holds, and how the rest is laid out."""
    first, *others = pieces.shape
    known = _WORDS.get(pieces.name, ())
    relative = bool(known) and known[:2] == _STONES
    source = f"OpenSpiel's {'information-state' if pieces.remembers else 'observation'} tensor for the player to move"
    layout = _LAYOUTS.get(pieces.name, source)
    marks = [f"all ones if player {player} is to move" for player in range(pieces.marks)]
    if len(known) == first and not pieces.remembers and (pieces.stones or not relative or not pieces.marks):
        return Planes(words=(*known, *marks), layout=layout)
    if pieces.stones:
        rest = [f"OpenSpiel's plane {plane}" for plane in range(2, first)]
        return Planes(words=(*_STONES, *rest, *marks), layout=layout)
    if not others and len(pieces.parts) > 1 and first == sum(pieces.parts.values()):
        words = [
            part if size == 1 else f"{part}, number {index} of {size}"
            for part, size in pieces.parts.items()
            for index in range(size)
        ]
    else:
        words = [f"OpenSpiel's {'plane' if others else 'number'} {index}" for index in range(first)]
    if len(words) + len(marks) > MOST_WORDS:
        behind = f"; the last {pieces.marks} say who moves" if pieces.marks else ""
        return Planes(layout=f"{layout}{behind}")
    return Planes(words=(*words, *marks), layout=layout)
