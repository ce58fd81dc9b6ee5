"""Does a program show an agent what it learned from? Compared position by position, and reported in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from myoshu.errors import ArgumentError, MyoshuError
from myoshu.game import Game
from myoshu.planes import Planes
from myoshu.runtime.observation_faults import TOLERANCE, explain
from myoshu.runtime.positions import Example

__all__ = ["ObservationCheck", "check_game", "check_observations", "compare", "reachable"]

Observe = Callable[[tuple[int, ...]], ArrayLike]


class ObservationCheck(NamedTuple):
    """The result of a comparison."""

    compared: int
    """Number of positions that were compared."""
    differ: tuple[int, ...]
    """Which of the agent's positions differ, by their index."""
    text: str
    """The result in words and, if known, how they differ."""

    @property
    def right(self) -> bool:
        """Whether positions were compared and none differs."""
        return self.compared > 0 and not self.differ

    def __str__(self) -> str:
        return self.text


def reachable(examples: Sequence[Example]) -> list[int]:
    """The indices of the positions that moves alone determine: those without chance."""
    return [index for index, (position, _) in enumerate(examples) if not position.drawn]


def check_observations(examples: Sequence[Example], planes: Planes, observe: Observe) -> ObservationCheck:
    """Compare a program's observations after some moves with those that the agent saw.

    Args:
        examples: the agent's positions; those in which chance takes part are left out.
        planes: what its observations hold.
        observe: takes the actions since the beginning and returns what the player to move then sees.

    Raises:
        ArgumentError: an observation is not an array of numbers.
    """
    rows = reachable(examples)
    shown = []
    for row in rows:
        moves = examples[row].position.moves
        try:
            with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, which is reported
                shown.append(np.array(observe(moves), np.float32))
        except (TypeError, ValueError) as error:
            if isinstance(error, MyoshuError):
                raise
            raise ArgumentError(
                f"observe: expected an array of numbers after the moves {list(moves)}, got {error}"
            ) from error
    return compare(examples, planes, rows, shown)


def compare(
    examples: Sequence[Example], planes: Planes, rows: Sequence[int], shown: Sequence[NDArray[np.float32]]
) -> ObservationCheck:
    """Compare observations with those of some of the agent's positions.

    Args:
        examples: the agent's positions.
        planes: what its observations hold.
        rows: the indices of those that are compared.
        shown: the program's observation of each.
    """
    if not rows:
        why = "chance takes part in all of its positions" if examples else "its file has no positions"
        return ObservationCheck(0, (), f"nothing was compared with what the agent learned from: {why}")
    differ = tuple(
        row for row, seen in zip(rows, shown, strict=True) if not _same(examples[row].position.observation, seen)
    )
    if not differ:
        return ObservationCheck(
            len(rows), (), f"{_positions(len(rows))}: the observations are those that the agent learned from"
        )
    how = explain([examples[row].position for row in rows], list(shown), planes)
    return ObservationCheck(
        len(rows),
        differ,
        f"{len(differ)} of {_positions(len(rows))} differ from what the agent learned from: {how}",
    )


def check_game(examples: Sequence[Example], planes: Planes, game: Game) -> ObservationCheck:
    """Compare a game with what the agent learned from: observations, legal actions and who moves.

    Chance is drawn as when the positions were made, so positions with chance are compared too. A
    game that fails, or in which the moves are not legal, differs.
    """
    shown: list[NDArray[np.float32]] = []
    rows = range(len(examples))
    faults: dict[int, str] = {}
    for row in rows:
        position = examples[row].position
        after = f"after the moves {list(position.moves)}"
        try:
            state = game.new_state(np.random.default_rng(position.seed))
            for move in position.moves:
                state.apply(move)
            if state.is_terminal():
                faults[row] = f"{after} the game is over"
                shown.append(np.zeros(0, np.float32))
                continue
            seen = np.array(state.observation(), np.float32)
            legal, mover = tuple(map(int, state.legal_actions())), int(state.to_play())
        except Exception as error:  # noqa: BLE001 -- user code may raise anything
            said = str(error) if isinstance(error, MyoshuError) else f"{type(error).__name__}: {error}"
            faults[row] = f"{after}: {said}"
            shown.append(np.zeros(0, np.float32))
            continue
        shown.append(seen)
        if mover != position.to_play:
            faults[row] = f"{after}, player {position.to_play} was to move, here it is player {mover}"
        elif legal != position.legal_actions:
            faults[row] = f"{after}, the legal actions were {_short(position.legal_actions)}, here {_short(legal)}"
    if not faults:
        return compare(examples, planes, rows, shown)
    differ = {row for row in rows if not _same(examples[row].position.observation, shown[row])} | set(faults)
    return ObservationCheck(
        len(rows),
        tuple(sorted(differ)),
        f"{len(differ)} of {_positions(len(rows))} differ from what the agent learned from: {faults[min(faults)]}",
    )


def _same(expected: NDArray[np.float32], seen: NDArray[np.float32]) -> bool:
    return seen.shape == expected.shape and bool(np.allclose(seen, expected, rtol=TOLERANCE, atol=TOLERANCE))


def _positions(count: int) -> str:
    return "1 position" if count == 1 else f"{count} positions"


def _short(actions: Sequence[int]) -> str:
    shown = ", ".join(map(str, actions[:8]))
    return f"{shown}, … ({len(actions)})" if len(actions) > 8 else shown
