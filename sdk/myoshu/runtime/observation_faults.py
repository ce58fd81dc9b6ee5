"""How observations differ from what an agent learned from, where a simple change makes them the same.

Tried are: the order of the dimensions, rows and columns mirrored or exchanged, another scale or sign, and planes in
another order, which may depend on the player to move. The simplest that explains every position is reported.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from myoshu.planes import Planes
from myoshu.runtime.positions import Position

__all__ = ["LONGEST", "TOLERANCE", "explain"]

TOLERANCE = 1e-3
"""How far a number may be from the agent's: |a − b| ≤ TOLERANCE · (1 + |b|)."""
LONGEST = 900
"""The longest explanation, in characters."""
MOST_NUMBERS = 1 << 15
"""Most numbers in all observations for which explanations are searched: that takes up to a hundred passes."""
MOST_NAMED = 6

Array = NDArray[np.float32]
Order = tuple[int, ...]


class _Change(NamedTuple):
    words: str
    """The explanation; empty for no change."""
    apply: Callable[[Array], Array]
    """Maps what was shown to what the agent would have seen: [n, ...] → [n, *observation]."""


def explain(positions: Sequence[Position], shown: Sequence[Array], planes: Planes) -> str:
    """How observations differ, in words.

    Args:
        positions: the agent's positions; one or more.
        shown: a program's observation of each, of any shapes; not all the same as the agent's.
        planes: what the agent's observations hold.
    """
    expected = np.stack([position.observation for position in positions])
    shape = expected.shape[1:]
    for seen in shown:
        if seen.size != math.prod(shape):
            return f"expected observations of shape {list(shape)}, got {list(seen.shape)}"
    wrong_shape = next((f"the shape is {list(seen.shape)} instead of {list(shape)}" for seen in shown
                        if seen.shape != shape), "")  # fmt: skip
    got = np.stack([seen.reshape(-1) for seen in shown])
    if not np.isfinite(got).all():
        return "they hold numbers that are not finite"
    if _close(expected.reshape(got.shape), got):
        return f"the numbers are right, but {wrong_shape}"
    if len(shown) > 1 and not _close(expected[:1], expected) and _close(got[:1], got):
        return "they are the same in all positions: are the moves really played?"
    to_play = np.array([position.to_play for position in positions])
    found = _explanation(expected, got, to_play, planes) if expected.size <= MOST_NUMBERS else ""
    text = found or _first_difference(expected, got.reshape(expected.shape), positions, planes)
    return (f"{wrong_shape}; {text}" if wrong_shape else text)[:LONGEST]


def _explanation(expected: Array, got: Array, to_play: NDArray[np.int64], planes: Planes) -> str:
    best, least = "", math.inf
    flat = np.sort(expected, axis=None)
    for value in _values(expected, got):
        valued = value.apply(got)
        if not _close(flat, np.sort(valued, axis=None)):
            continue
        for layout in _layouts(expected.shape[1:]):
            for turn in _turns(expected.shape[1:]):
                changes = [change.words for change in (layout, turn, value) if change.words]
                if len(changes) >= least:
                    continue
                changed = turn.apply(layout.apply(valued))
                if _close(expected, changed):
                    best, least = " and ".join(changes), len(changes)
                    continue
                order = _orders(expected, changed, to_play)
                if order is None:
                    continue
                cost = len(changes) + (1 if len(set(order.values())) == 1 else 1.5)
                if cost < least:
                    best, least = " and ".join([*changes, _told(order, planes, len(expected.shape))]), cost
    if not best:
        return _scaled_apart(expected, got.reshape(expected.shape), planes)
    if planes.layout:
        best += f" (the agent's layout: {planes.layout})"
    return best


def _layouts(shape: tuple[int, ...]) -> Iterator[_Change]:
    """Orders of the dimensions in memory."""
    yield _Change("", lambda got: got.reshape(len(got), *shape))
    if len(shape) == 3:
        count, height, width = shape
        if count > 1:
            yield _Change(
                "the planes lie last in memory ([rows, columns, planes]), the agent's first",
                lambda got: got.reshape(len(got), height, width, count).transpose(0, 3, 1, 2),
            )
        if height != width:
            yield _Change(
                "columns lie before rows in memory",
                lambda got: got.reshape(len(got), count, width, height).transpose(0, 1, 3, 2),
            )


def _turns(shape: tuple[int, ...]) -> Iterator[_Change]:
    """Ways to turn a board."""
    yield _Change("", lambda got: got)
    if len(shape) != 3 or shape[1] * shape[2] == 1:
        return
    yield _Change("the rows come in the opposite order", lambda got: got[:, :, ::-1])
    yield _Change("the columns come in the opposite order", lambda got: got[..., ::-1])
    yield _Change(
        "the board is turned by 180° (rows and columns in the opposite order)", lambda got: got[..., ::-1, ::-1]
    )
    if shape[1] == shape[2]:
        yield _Change("rows and columns are exchanged", lambda got: got.swapaxes(2, 3))
        yield _Change("the board is turned by a quarter to the right", lambda got: got.swapaxes(2, 3)[:, :, ::-1])
        yield _Change("the board is turned by a quarter to the left", lambda got: got.swapaxes(2, 3)[..., ::-1])
        yield _Change("the board is mirrored in its other diagonal", lambda got: got.swapaxes(2, 3)[..., ::-1, ::-1])


def _values(expected: Array, got: Array) -> Iterator[_Change]:
    """Another scale or sign, the same for all numbers."""
    yield _Change("", lambda seen: seen)
    yield _Change("all numbers have the other sign", lambda seen: -seen)
    low, high = float(expected.min()), float(expected.max())
    least, most = float(got.min()), float(got.max())
    if most - least > 1e-9 and high > low:
        for scale in ((high - low) / (most - least), (low - high) / (most - least)):
            offset = low - scale * least if scale > 0 else high - scale * least
            if abs(abs(scale) - 1.0) < 1e-6 and abs(offset) < 1e-6:
                continue
            yield _Change(
                f"all numbers are of another scale: the agent's are yours × {scale:.4g}{_plus(offset)}",
                partial(_line, scale, offset),
            )


def _line(scale: float, offset: float, seen: Array) -> Array:
    line: Array = (scale * seen + offset).astype(np.float32)
    return line


def _orders(expected: Array, got: Array, to_play: NDArray[np.int64]) -> dict[int, Order] | None:
    """Where each of the agent's planes is among those shown, by player to move; None if they are not all there."""
    whole = _order(expected, got)
    movers = sorted(set(to_play.tolist()))
    if whole is not None:
        return dict.fromkeys(movers, whole)
    if len(movers) < 2:
        return None
    orders = {}
    for mover in movers:
        order = _order(expected[to_play == mover], got[to_play == mover])
        if order is None:
            return None
        orders[mover] = order
    return orders


def _order(expected: Array, got: Array) -> Order | None:
    """For each of the agent's planes, the shown plane that is the same in all positions: itself, or the first free."""
    wanted, there = _keys(expected), _keys(got)
    if sorted(wanted) != sorted(there):
        return None
    order = [index if key == other else -1 for index, (key, other) in enumerate(zip(wanted, there, strict=True))]
    free: dict[bytes, list[int]] = {}
    for index in reversed(range(len(there))):
        if order[index] != index:
            free.setdefault(there[index], []).append(index)
    for index, key in enumerate(wanted):
        if order[index] < 0:
            order[index] = free[key].pop()
    return tuple(order)


def _keys(planes: Array) -> list[bytes]:
    """A key for each plane [n, planes, ...]: equal for planes that are equal up to rounding."""
    rounded = np.floor(planes.astype(np.float64) * (0.5 / TOLERANCE) + 0.217) + 0.0  # without a negative zero
    return [np.ascontiguousarray(rounded[:, index]).tobytes() for index in range(planes.shape[1])]


def _told(orders: dict[int, Order], planes: Planes, rank: int) -> str:
    """Planes in another order, in words."""
    noun = _noun(rank)
    changed = [plane for plane in range(len(next(iter(orders.values())))) if _moved(plane, orders)]
    named = changed[:MOST_NAMED]
    more = f" and {len(changed) - len(named)} more" if len(changed) > len(named) else ""
    if len(set(orders.values())) == 1:
        order = next(iter(orders.values()))
        each = ", ".join(f"the agent's {planes.name(plane, noun)} is your {noun} {order[plane]}" for plane in named)
        return f"the {noun}s are in another order: {each}{more}"
    each = ", ".join(
        f"the agent's {planes.name(plane, noun)} is your {noun} {_by_mover(plane, orders)}" for plane in named
    )
    return f"the {noun}s are in another order, which depends on the player to move: {each}{more}"


def _by_mover(plane: int, orders: dict[int, Order]) -> str:
    there = [order[plane] for order in orders.values()]
    if len(set(there)) == 1:
        return str(there[0])
    return " or ".join(f"{index} (player {mover} to move)" for mover, index in zip(orders, there, strict=True))


def _moved(plane: int, orders: dict[int, Order]) -> bool:
    return any(order[plane] != plane for order in orders.values())


def _scaled_apart(expected: Array, got: Array, planes: Planes) -> str:
    """Each plane (or entry) with a separate scale: at least three different numbers on one line."""
    told, noun = [], _noun(expected.ndim)
    for plane in range(expected.shape[1]):
        wanted, seen = (array[:, plane].reshape(-1).astype(np.float64) for array in (expected, got))
        if np.allclose(wanted, seen, rtol=TOLERANCE, atol=TOLERANCE):
            continue
        if len(np.unique(seen)) < 3:
            return ""
        scale, offset = np.polyfit(seen, wanted, 1)
        if abs(scale) < 1e-9 or not np.allclose(scale * seen + offset, wanted, rtol=TOLERANCE, atol=TOLERANCE):
            return ""
        told.append(f"the agent's {planes.name(plane, noun)} is yours × {scale:.4g}{_plus(float(offset))}")
    more = f" and {len(told) - MOST_NAMED} more" if len(told) > MOST_NAMED else ""
    return "numbers are of another scale: " + ", ".join(told[:MOST_NAMED]) + more if told else ""


def _first_difference(expected: Array, got: Array, positions: Sequence[Position], planes: Planes) -> str:
    wrong = np.abs(expected - got) > TOLERANCE * (1.0 + np.abs(expected))
    at = tuple(int(index) for index in np.argwhere(wrong)[0])
    bad = [plane for plane in range(expected.shape[1]) if wrong[:, plane].any()]
    position, noun = positions[at[0]], _noun(expected.ndim)
    place = "".join(f"[{index}]" for index in at[2:])
    text = (
        f"after the moves {_short(position.moves)} (player {position.to_play} to move) the agent's "
        f"{planes.name(at[1], noun)} has {expected[at]:.4g}{f' at {place}' if place else ''}, yours {got[at]:.4g}"
    )
    if len(bad) < expected.shape[1]:
        text += f"; of {expected.shape[1]} {noun}s these differ: {_short(bad)}"
    return text


def _noun(rank: int) -> str:
    """The noun for an index of the first dimension; rank counts the positions' dimension too."""
    return "plane" if rank > 2 else "number"


def _close(expected: Array, got: Array) -> bool:
    return bool(np.allclose(got, expected, rtol=TOLERANCE, atol=TOLERANCE))


def _plus(offset: float) -> str:
    if abs(offset) < 1e-6:
        return ""
    return f" {'+' if offset > 0 else '−'} {abs(offset):.4g}"


def _short(numbers: Sequence[int]) -> str:
    return f"[{', '.join(map(str, numbers[:12]))}{', …' if len(numbers) > 12 else ''}]"
