"""What a player sees of an OpenSpiel game, as one array.

Which tensor
    For a game of perfect information, the observation tensor. Where something is hidden, the information-state
    tensor, which also holds what was seen before; the observation tensor if the game has no other.

How it is transformed
    For some games OpenSpiel's tensor shows the board from the observing player's side (``othello``), for others always
    in the same way (``tic_tac_toe``), and the library does not say which. A few short random games, always the same
    ones, show whether the players' tensors ever differ. From that, an observation is

    - for the games in :data:`_STONES`, whose planes and rules are the same for both colours: the mover's stones, the
      opponent's stones, and the rest;
    - for the games in :data:`_SYMMETRIC`, if the tensors differ: the mover's tensor as it is;
    - otherwise: the mover's tensor, followed by one plane (or entry) a player, all ones for the player to move. It is
      redundant where a tensor already says who moves, and never wrong.

    Information states are one row of numbers. One-dimensional observation tensors stay so, and
    two-dimensional ones become a single plane.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pyspiel
from numpy.typing import NDArray
from open_spiel.python.observation import make_observation

from myoshu.errors import GameError
from myoshu_engines.openspiel.words import Pieces, words_of

__all__ = ["View"]

_STONES = {"connect_four": (0, 1), "gomoku": (0, 1), "mnk": (2, 1), "tic_tac_toe": (2, 1)}
"""Plane of player 0's and of player 1's stones, in games that look the same to both."""
_SYMMETRIC = frozenset({"clobber", "connect_four", "havannah", "othello", "pentago", "y"})
_FLAT = frozenset({"pig"})
"""Games whose two-dimensional tensor is a table, not a board."""
_PROBED_GAMES = 4
_PROBED_MOVES = 60


class View:
    """Turns states of one game into observations; see the module's docstring.

    Args:
        name: the game's short name.
        spiel: the ``pyspiel.Game``, in which players move one at a time.
        kind: the ``pyspiel.GameType`` of the game as it was loaded: before it was made turn-based.

    Raises:
        GameError: the game has no tensor.
    """

    def __init__(self, name: str, spiel: Any, kind: Any) -> None:
        perfect = kind.information == pyspiel.GameType.Information.PERFECT_INFORMATION
        observed, remembered = kind.provides_observation_tensor, kind.provides_information_state_tensor
        if not observed and not remembered:
            raise GameError(
                f"openspiel:{name}: it has neither an observation tensor nor an information-state tensor, "
                "so a network has nothing to see"
            )
        self.remembers = remembered and not (perfect and observed)
        """Whether the tensor is that of the information state."""
        self._spiel = spiel
        self._tensor_shape = self._board_shape(name)
        self._per_thread = threading.local()
        differ, self.turns_alternate = self._probe()
        self._order: tuple[NDArray[np.intp], NDArray[np.intp]] | None = None
        self._marks = 0
        players = spiel.num_players()
        if name in _STONES and not differ and not self.remembers:
            rest = [plane for plane in range(self._tensor_shape[0]) if plane not in _STONES[name]]
            self._order = (np.array([*_STONES[name], *rest]), np.array([*_STONES[name][::-1], *rest]))
        elif players > 1 and not (differ and name in _SYMMETRIC):
            self._marks = players
        first, *others = self._tensor_shape
        self.shape = (first + self._marks, *others)
        """Shape of an observation."""
        self.planes = words_of(
            Pieces(
                name=name,
                shape=self._tensor_shape,
                parts=self._parts(),
                remembers=self.remembers,
                stones=self._order is not None,
                marks=self._marks,
            )
        )
        """What it holds, in words."""

    def observe(self, state: Any) -> NDArray[np.float32]:
        """What the player to move sees in a ``pyspiel.State``: float32 of :attr:`shape`."""
        mover = max(state.current_player(), 0)  # negative once the game is over
        board = self._tensor(state, mover)
        if self._order is not None:
            turned: NDArray[np.float32] = board.take(self._order[mover], 0)
            return turned
        if not self._marks:
            same: NDArray[np.float32] = board.copy()
            return same
        marked = np.zeros(self.shape, np.float32)
        marked[: -self._marks] = board
        marked[mover - self._marks] = 1.0
        return marked

    def _tensor(self, state: Any, player: int) -> NDArray[np.float32]:
        """What OpenSpiel shows a player: in memory that the thread's next call overwrites."""
        try:
            observer, board = self._per_thread.observer
        except AttributeError:  # a thread's first observation; OpenSpiel writes into a buffer that must not be shared
            wanted = pyspiel.IIGObservationType(perfect_recall=True) if self.remembers else None
            observer = make_observation(self._spiel, wanted)
            board = observer.tensor.reshape(self._tensor_shape)
            self._per_thread.observer = observer, board
        observer.set_from(state, player)
        shown: NDArray[np.float32] = board
        return shown

    def _parts(self) -> dict[str, int]:
        """The tensor's parts by OpenSpiel's names, with their sizes."""
        wanted = pyspiel.IIGObservationType(perfect_recall=True) if self.remembers else None
        return {name: int(part.size) for name, part in make_observation(self._spiel, wanted).dict.items()}

    def _board_shape(self, name: str) -> tuple[int, ...]:
        if self.remembers:
            return (int(np.prod(self._spiel.information_state_tensor_shape())),)
        shape = tuple(self._spiel.observation_tensor_shape())
        if name == "gomoku":  # its tensor has all cells of the board, of any number of dimensions, in one row
            size = round(shape[-1] ** (1 / self._spiel.get_parameters().get("dims", 2)))
            return shape[0], shape[-1] // size, size
        if name in _FLAT:
            return (int(np.prod(shape)),)
        return (1, *shape) if len(shape) == 2 else shape

    def _probe(self) -> tuple[bool, bool]:
        """Whether the players' tensors ever differed, and whether turns always passed on by one seat."""
        rng = np.random.default_rng(0)
        players = self._spiel.num_players()
        differ, alternate = False, True
        for _ in range(_PROBED_GAMES if players > 1 else 0):
            state, last, moves = self._spiel.new_initial_state(), None, 0
            while not state.is_terminal() and moves < _PROBED_MOVES:
                if state.is_chance_node():
                    outcomes, chances = zip(*state.chance_outcomes(), strict=True)
                    weights = np.asarray(chances) / sum(chances)
                    state.apply_action(outcomes[rng.choice(len(outcomes), p=weights)])
                    continue
                mover = state.current_player()
                alternate &= last is None or mover == (last + 1) % players
                if not differ:
                    first = self._tensor(state, 0).copy()
                    differ = any(not np.array_equal(self._tensor(state, other), first) for other in range(1, players))
                legal = state.legal_actions()
                state.apply_action(legal[rng.integers(len(legal))])
                last, moves = mover, moves + 1
        return differ, alternate
