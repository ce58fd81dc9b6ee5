"""Exact play of small games: every line is searched to its end, repeated positions are looked up."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from myoshu.errors import MatchError
from myoshu.game import Game, State
from myoshu.spec import GameSpec

__all__ = ["Solver"]

_TOLERANCE = 1e-6
_DEEPEST = 512


class Solver:
    """The value of positions in a two-player zero-sum game without chance, by minimax over all that follows.

    Values are what the rest of the game pays under perfect play by both; a player may move twice in a row. Positions
    are distinguished by :meth:`myoshu.game.State.key`. Solved positions are remembered.

    Args:
        game: the game.
        moves: how many moves to search at most, over the solver's life: about 100,000 take a second.

    Raises:
        MatchError: the game is not of this kind.
    """

    def __init__(self, game: Game, moves: int = 1_000_000) -> None:
        spec = game.spec
        reason = _why_unsolvable(spec)
        if spec.hidden_information:
            reason = "players do not see everything"
        if reason:
            raise MatchError(f"{spec.name}: {reason}, so there is no perfect play to compute")
        self._spec = spec
        self._budget = self._left = moves
        self._best = spec.returns[1] if spec.final_rewards_only else float("inf")
        self._values: dict[Hashable, float] = {}

    @property
    def positions(self) -> int:
        """Number of positions solved so far."""
        return len(self._values)

    def value(self, state: State) -> float:
        """The value of the rest of the game for the player to move; 0 once the game is over.

        Raises:
            MatchError: the game is too large for the budget, or its positions repeat.
        """
        if state.is_terminal():
            return 0.0
        return self._value_of_first(state) * _sign(state) + 0.0  # not −0.0

    def action_values(self, state: State) -> dict[int, float]:
        """The value of each legal action for the player to move, including the rest of the game.

        Raises:
            MatchError: as :meth:`value`.
        """
        values: dict[int, float] = {}
        for action in state.legal_actions():
            child = state.clone()
            paid = float(child.apply(action)[0])
            rest = 0.0 if child.is_terminal() else self._value_of_first(child)
            values[action] = (paid + rest) * _sign(state) + 0.0
        return values

    def best_actions(self, state: State) -> list[int]:
        """The actions that give nothing away, ascending.

        Raises:
            MatchError: as :meth:`value`.
        """
        values = self.action_values(state)
        best = max(values.values())
        return [action for action, value in values.items() if value >= best - _TOLERANCE]

    def _value_of_first(self, root: State) -> float:
        """The value for player 0: depth first, on an explicit stack, since games can be deeper than Python's."""
        key = root.key()
        known = self._values.get(key)
        if known is not None:
            return known
        path = [_Frame(root.clone(), key, root.legal_actions(), _sign(root))]
        on_path = {key}
        while True:
            frame = path[-1]
            if frame.next == len(frame.legal) or frame.best >= self._best - _TOLERANCE:
                value = frame.best * frame.sign
                self._values[frame.key] = value
                on_path.discard(frame.key)
                path.pop()
                if not path:
                    return value
                path[-1].take(value)
                continue
            self._spend(len(path))
            child = frame.state.clone()
            frame.paid = float(child.apply(frame.legal[frame.next])[0])
            frame.next += 1
            if child.is_terminal():
                frame.take(0.0)
                continue
            key = child.key()
            known = self._values.get(key)
            if known is not None:
                frame.take(known)
            elif key in on_path:
                raise MatchError(f"{self._spec.name}: positions repeat, so lines may never end and cannot all be read")
            else:
                path.append(_Frame(child, key, child.legal_actions(), _sign(child)))
                on_path.add(key)

    def _spend(self, depth: int) -> None:
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST:
            limit = (
                f"at most {self._budget:,} moves to read" if self._left < 0 else f"lines of at most {_DEEPEST} moves"
            )
            raise MatchError(f"{self._spec.name}: too large for perfect play: expected {limit}, got more")


@dataclass
class _Frame:
    """A position on the line being searched."""

    state: State
    key: Hashable
    legal: Sequence[int]
    sign: int
    next: int = 0
    paid: float = 0.0
    best: float = float("-inf")

    def take(self, rest: float) -> None:
        """Take in the value for player 0 of the child entered last."""
        self.best = max(self.best, (self.paid + rest) * self.sign)


def _sign(state: State) -> int:
    return 1 if state.to_play() == 0 else -1


def _why_unsolvable(spec: GameSpec) -> str | None:
    if spec.players != 2:
        return f"expected two players, got {spec.players}"
    if not spec.zero_sum:
        return "what one player wins is not what the other loses"
    if spec.stochastic:
        return "chance takes part"
    return None
