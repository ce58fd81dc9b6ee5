"""Bounds on what a game of a Gymnasium environment can pay: Gymnasium itself does not say.

They are computed from the rewards of single steps and the greatest length of a game: any number of steps that do not
end it (as many as the length allows), each paying between the least and the greatest reward of such a step, and one
that ends the game. Where the rewards come from:

- a table of transitions, where the environment has one (the attribute ``P`` of Gymnasium's toy texts), has all of
  them;
- otherwise those of a few random games are taken. Rewards of more than :data:`MANY` different values are taken for
  samples of a continuous range, which is made three times as wide as what was seen; if nothing was ever paid, -1 to 1
  is assumed at the end;
- the sum at which an environment counts as solved (``reward_threshold``) is within the bounds, unless the length of
  a game is changed.

So the bounds are wide rather than tight, and may still be too narrow for an environment that pays what random play
never finds.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = ["MANY", "Rewards"]

MANY = 16
"""With more different rewards than this, values in between and beyond are assumed to be possible too."""


class Rewards:
    """The rewards that single steps of an environment have been seen, or are known, to pay."""

    def __init__(self) -> None:
        self.complete = False
        """Whether the environment's own table lists all of them."""
        self._going: set[float] = set()
        self._ending: set[float] = set()

    def add(self, reward: float, *, ends: bool) -> None:
        """Note what a step paid; ``ends``: it ended the game, by its rules rather than by its time limit."""
        (self._ending if ends else self._going).add(reward)

    def add_table(self, table: Any) -> None:
        """Take the rewards from a table {state: {action: [(probability, next state, reward, ends), …]}}.

        Anything that is not such a table is ignored.
        """
        try:
            outcomes = [
                (float(reward), bool(ends))
                for actions in table.values()
                for transitions in actions.values()
                for _, _, reward, ends in transitions
            ]
        except (AttributeError, TypeError, ValueError):
            return
        for reward, ends in outcomes:
            self.add(reward, ends=ends)
        self.complete = bool(outcomes)

    @property
    def only_at_the_end(self) -> bool:
        """Whether it is known that a step that does not end the game pays nothing."""
        return self.complete and not any(self._going)

    def bounds(self, length: int, threshold: float | None = None) -> tuple[float, float]:
        """The least and the greatest sum of rewards in a game of at most ``length`` steps.

        Args:
            length: the greatest number of steps.
            threshold: a sum that is known to be reachable.
        """
        paid = any(self._going) or any(self._ending)
        ending = self._ending if paid or self.complete else {-1.0, 1.0}
        going_low, going_high = self._range(self._going or ending)
        ending_low, ending_high = self._range(ending or self._going)
        last_low, last_high = min(ending_low, going_low), max(ending_high, going_high)  # a time limit may end it too
        low = min(last_low, (length - 1) * going_low + last_low)
        high = max(last_high, (length - 1) * going_high + last_high)
        return low, high if threshold is None else max(high, float(threshold))

    def _range(self, rewards: Iterable[float]) -> tuple[float, float]:
        different = set(rewards)
        low, high = min(different), max(different)
        if not self.complete and len(different) > MANY:
            return low - (high - low), high + (high - low)
        return low, high
