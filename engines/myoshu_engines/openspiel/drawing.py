"""Boards of chess and its relatives drawn from the line in which OpenSpiel writes them (FEN, SFEN)."""

from __future__ import annotations

import re

__all__ = ["drawn"]

_RANK = r"(?:\d+|\+?[A-Za-z]|\?)+"
_BOARD = re.compile(rf"(?P<board>{_RANK}(?:/{_RANK}){{3,}})(?:\[[A-Za-z]*\])?~?(?P<rest>.*)", re.DOTALL)
_CELL = re.compile(r"\d+|\+?[A-Za-z]|\?")
_SHOGI = 9
"""Ranks and files of shogi, whose files count from the right and whose ranks have letters."""
_MOST = 26


def drawn(text: str) -> str:
    """A position as a board with its ranks and files named, above the line it was made from.

    A text that does not begin with such a line is returned unchanged.

    Args:
        text: as ``rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1``.
    """
    found = _BOARD.fullmatch(text.strip())
    if found is None:
        return text
    ranks = [_cells(rank) for rank in found["board"].split("/")]
    wide = len(ranks[0])
    if wide > _MOST or any(len(rank) != wide for rank in ranks):
        return text
    if len(ranks) == wide == _SHOGI:
        files = [str(wide - number) for number in range(wide)]
        names = [chr(ord("a") + number) for number in range(len(ranks))]
    else:
        files = [chr(ord("a") + number) for number in range(wide)]
        names = [str(len(ranks) - number) for number in range(len(ranks))]
    lines = [_line(name, cells) for name, cells in zip(names, ranks, strict=True)]
    side = {"w": "white moves", "b": "black moves"}.get((found["rest"].split() or [""])[0], "")
    whose = f"\n{side}" if side and len(ranks) != _SHOGI else ""  # in shogi, b is who began, not a colour
    return "\n".join([*lines, _line("", files)]) + f"{whose}\n{text.strip()}"


def _cells(rank: str) -> list[str]:
    cells: list[str] = []
    for cell in _CELL.findall(rank):
        cells += ["."] * min(int(cell), _MOST + 1) if cell.isdecimal() else [cell]
    return cells


def _line(name: str, cells: list[str]) -> str:
    return f"{name:>2} " + "".join(f"{cell:>2}" for cell in cells)
