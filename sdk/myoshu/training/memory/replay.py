"""The replay: a ring of the latest positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import ArgumentError, TrainingError
from myoshu.spec import GameSpec, reward_bounds, value_bounds
from myoshu.training.memory.policies import Policies, pack_legal, unpack_legal
from myoshu.training.memory.priorities import Priorities
from myoshu.training.memory.trajectory import Trajectory
from myoshu.training.playing.reanalysis import Positions, Targets

__all__ = ["Replay", "Sample"]

FLOOR = 0.01
"""Added to every error before it becomes a priority, as a share of the game's range of returns: well-known
positions are still drawn from time to time."""
SLACK = 5e-5
"""Rounding error of a sum of rewards beyond a game's range, as a share of that range."""


@dataclass(frozen=True)
class Sample:
    """Positions drawn for learning."""

    rows: NDArray[np.int64]
    """int64 [B]: rows of the replay."""
    weights: NDArray[np.float32]
    """float32 [B]: the weight of each in the loss, in (0, 1]."""


class Replay:
    """The latest ``capacity`` positions, game after game, each with the distance to its game's end.

    Everything needed for a position lies ahead of it in its game, so old positions are simply overwritten: the rest
    of a game that is half gone is as good as before. Arrays (row = position)::

        observations float32 [capacity, *observation]     actions int32 [capacity]      movers int32 [capacity]
        rewards      float32 [capacity, players]          values  float32 [capacity, players]
        paid         float32 [capacity, players]          policies: see :meth:`policies`
        legal        uint8 [capacity, ⌈actions / 8⌉]: the legal actions, eight to a byte, the first the highest bit
        remaining    int32 [capacity]: moves until the game's end, at least 1
        cut          int32 [capacity]: moves until the outcome no longer counts for this position, at most ``remaining``
        truncated    bool [capacity]: whether the game was cut off rather than ended

    Where a move was drawn at random, its outcome says little about the position; where a game was cut off by a
    limit to its length, what would have followed is unknown. At the first of these on the way (``cut`` moves on), the
    search's value of the position there stands in for the rest. ``paid`` is what each player was paid up to there,
    discounted. Where rewards come only at the end, the position after the last move has the outcome as its value, and
    each move before it discounts it once more. Rows follow each other around the end of the arrays.

    Args:
        game: the game of the positions.
        capacity: the greatest number of positions.
        discount: γ.
        late: whether a reward is discounted as if it were paid one move later: if rewards are not predicted, the
            value of the position after the end carries the outcome. By default if rewards come only at the end.
        priority_exponent: α of prioritised replay (Schaul et al. 2016, eq. 1): 0 draws uniformly.
        importance_exponent: β of its importance weights (Section 3.4): 1 corrects fully.
    """

    def __init__(
        self,
        game: GameSpec,
        capacity: int,
        discount: float = 1.0,
        *,
        late: bool | None = None,
        priority_exponent: float = 0.0,
        importance_exponent: float = 1.0,
    ) -> None:
        if capacity < 1:
            raise ArgumentError(f"capacity: expected at least 1 position, got {capacity}")
        self.game = game
        self.capacity = capacity
        self.discount = discount
        self.late = game.final_rewards_only if late is None else late
        self.priority_exponent = priority_exponent
        self.importance_exponent = importance_exponent
        self.added = 0
        """Number of positions ever added; the next is written to row ``added % capacity``."""
        self.games = 0
        """Number of games ever added."""
        self.renewed = 0
        """Number of positions whose policy and value were ever replaced by fresher ones."""
        self.observations = np.zeros((capacity, *game.observation), np.float32)
        self.actions = np.zeros(capacity, np.int32)
        self.movers = np.zeros(capacity, np.int32)
        self.legal = np.zeros((capacity, -(-game.actions // 8)), np.uint8)
        self._policies = Policies((capacity,), game.actions)
        self.rewards = np.zeros((capacity, game.players), np.float32)
        self.values = np.zeros((capacity, game.players), np.float32)
        self.paid = np.zeros((capacity, game.players), np.float32)
        self.remaining = np.zeros(capacity, np.int32)
        self.cut = np.zeros(capacity, np.int32)
        self.truncated = np.zeros(capacity, np.bool_)
        self._priorities = Priorities(capacity) if priority_exponent else None
        self._new: list[NDArray[np.int64]] = []
        low, high = game.returns
        self._scale = (high - low) or 1.0
        self._value_bounds, self._reward_bounds = value_bounds(game), reward_bounds(game)

    def __len__(self) -> int:
        return min(self.added, self.capacity)

    def add(self, trajectories: Sequence[Trajectory]) -> None:
        """Add games, in order.

        Raises:
            TrainingError: a game paid a player more or less than its spec allows, or is of another shape; nothing is
                added.
        """
        if not trajectories:
            return
        for trajectory in trajectories:
            shape = (len(trajectory), *self.game.observation)
            if trajectory.observations.shape != shape or not shape[0]:
                raise TrainingError(
                    f"trajectory: expected observations [T, {', '.join(map(str, self.game.observation))}], "
                    f"got {list(trajectory.observations.shape)}"
                )
        arrays: dict[str, NDArray[Any]] = {
            name: np.concatenate([getattr(trajectory, name) for trajectory in trajectories]) for name in _RECORDED
        }
        lengths = np.array([len(trajectory) for trajectory in trajectories])
        ends = lengths.cumsum()
        arrays["remaining"] = remaining = np.repeat(ends, lengths) - np.arange(ends[-1])
        arrays["truncated"] = np.repeat([trajectory.truncated for trajectory in trajectories], lengths)
        legal, policies = arrays.pop("legal"), arrays.pop("policies")
        arrays["legal"] = pack_legal(legal)
        explored = np.concatenate([trajectory.explored for trajectory in trajectories])
        cuts = explored | (arrays["truncated"] & (remaining == 1))
        arrays["paid"], arrays["cut"] = self._pay(arrays["rewards"], cuts, remaining)
        self._check(trajectories, ends, arrays)
        skip = max(0, int(ends[-1]) - self.capacity)
        rows = (self.added + np.arange(skip, ends[-1])) % self.capacity
        for name in _ARRAYS:
            getattr(self, name)[rows] = arrays[name][skip:]
        self._policies.write(rows, policies[skip:], legal[skip:])
        self.added += int(ends[-1])
        self.games += len(trajectories)
        if self._priorities is not None:
            self._new.append(rows)

    def sample(self, batch: int, rng: np.random.Generator) -> Sample:
        """Positions drawn with replacement, uniformly or by their priorities.

        A position's weight is (1 / (N · P))^β, with N the number of positions and P the probability of drawing this
        one, divided by the batch's greatest (Schaul et al. 2016, Section 3.4; MuZero, Appendix G).

        Raises:
            TrainingError: nothing was added yet.
        """
        if not len(self):
            raise TrainingError("replay: expected at least 1 position to sample from, got none")
        if self._priorities is None:
            return Sample(rng.integers(0, len(self), batch), np.ones(batch, np.float32))
        self._admit(self._priorities)
        rows, chances = self._priorities.draw(rng.random(batch))
        weights = (len(self) * chances) ** -self.importance_exponent
        return Sample(rows, (weights / weights.max()).astype(np.float32))

    def learned(self, rows: NDArray[np.int64], errors: NDArray[np.float32]) -> None:
        """Set the priorities of some positions by the network's errors.

        Args:
            rows: int64 [n].
            errors: float32 [n]: |value − target| in the game's units.
        """
        if self._priorities is not None:
            self._admit(self._priorities)
            self._priorities.set(rows, self._priority(errors))

    def returns(self, rows: NDArray[np.int64], steps: int = 0) -> NDArray[np.float32]:
        """Each player's discounted return from here on: float32 [..., players].

        The rewards up to the game's end or ``cut``, and there the search's value; with ``steps`` n > 0, at most the
        next n rewards and the search's value of the position after them (the n-step return). Sums that include a
        search's value are clipped to the range of the game's values.

        Args:
            rows: int64 of any shape.
            steps: n, or 0 for no limit.
        """
        remaining, horizon = self.remaining[rows], self.cut[rows]
        if steps:
            late = int(self.late)
            horizon = np.minimum(horizon, steps)
            total = np.zeros((*rows.shape, self.game.players))
            for step in range(min(steps, int(horizon.max(initial=0)))):
                reward = self.rewards[(rows + step) % self.capacity]
                total += np.where((step < horizon)[..., None], self.discount ** (step + late) * reward, 0.0)
        else:
            total = self.paid[rows].astype(np.float64)
        ahead = (self.discount**horizon)[..., None] * self.values[(rows + horizon) % self.capacity]
        bootstrapped = np.clip(total + ahead, *self._value_bounds)
        total = np.where((horizon < remaining)[..., None], bootstrapped, total)
        return total.astype(np.float32)

    def legal_actions(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """The legal actions in these positions: bool [..., actions]."""
        return unpack_legal(self.legal[rows], self.game.actions)

    def policies(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The searches' improved policies of these positions: float32 [..., actions], 0 on illegal actions."""
        return self._policies.read(rows, self._legal(rows))

    def searched(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The searches' values of these positions: float32 [..., players], in the range of the game's values."""
        low, high = self._value_bounds
        found: NDArray[np.float32] = np.clip(self.values[rows], np.float32(low), np.float32(high))
        return found

    def positions(self, rows: NDArray[np.int64]) -> Positions:
        """The positions in these rows, to be searched again; their names remain valid when rows are overwritten."""
        return Positions(
            serials=self.added - 1 - (self.added - 1 - rows) % self.capacity,
            observations=self.observations[rows],
            legal=self.legal_actions(rows),
            movers=self.movers[rows],
        )

    def renew(self, targets: Targets) -> None:
        """Replace the results of old searches of some positions by those of fresh ones.

        Outcomes stay: the fresh value counts where the search's value stood in for them. Positions that have been
        overwritten are skipped.
        """
        kept = targets.serials >= self.added - self.capacity
        rows = targets.serials[kept] % self.capacity
        self._policies.write(rows, targets.policies[kept], self._legal(rows))
        self.values[rows] = targets.values[kept]
        self.renewed += len(rows)
        if self._priorities is not None:
            self._new.append(rows)

    def state(self) -> dict[str, NDArray[Any]]:
        """The whole replay, to be saved: the rows in use, not copied, so valid only until something is added."""
        used = len(self)
        arrays = {name: getattr(self, name)[:used] for name in _ARRAYS}
        arrays["policies"] = self._policies.array[:used]
        if self._priorities is not None:
            self._admit(self._priorities)
            arrays["priorities"] = self._priorities[np.arange(used)]
        return {**arrays, "counts": np.array([self.added, self.games, self.renewed], np.int64)}

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Resume from what :meth:`state` returned.

        Raises:
            TrainingError: it does not fit this replay.
        """
        added, games, renewed = (int(count) for count in state["counts"])
        used = min(added, self.capacity)
        for name in _ARRAYS:
            array, saved = getattr(self, name), state[name]
            if saved.shape != (used, *array.shape[1:]):
                raise TrainingError(
                    f"checkpoint.replay.{name}: expected shape {[used, *array.shape[1:]]}, got {list(saved.shape)}"
                )
            array[:used] = saved
        self._policies.load(slice(used), state["policies"])
        if self._priorities is not None:
            self._priorities.set(np.arange(used), state["priorities"])
        self.added, self.games, self.renewed = added, games, renewed

    def _legal(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """The legal actions there, if :class:`Policies` needs them."""
        return self.legal_actions(rows) if self._policies.sparse else np.zeros(0, np.bool_)

    def _pay(
        self, rewards: NDArray[np.float32], cuts: NDArray[np.bool_], remaining: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """``paid`` and ``cut`` of each position: in plain Python, which is faster for a few numbers at a time."""
        late = self.discount if self.late else 1.0
        paid, cut = [], []
        nothing = [0.0] * self.game.players
        rest, ahead = nothing, 0
        positions = zip(rewards[::-1].tolist(), cuts[::-1].tolist(), remaining[::-1].tolist(), strict=True)
        for now, cuts_here, left in positions:
            if cuts_here:
                rest, ahead = nothing, 0
            else:
                if left == 1:
                    rest, ahead = nothing, 0
                rest = [late * reward + self.discount * later for reward, later in zip(now, rest, strict=True)]
                ahead += 1
            paid.append(rest)
            cut.append(ahead)
        return np.array(paid[::-1]), np.array(cut[::-1], np.int32)

    def _admit(self, priorities: Priorities) -> None:
        """Set the priorities of new positions by the difference between their search's value and their return.

        MuZero, Appendix G.
        """
        if self._new:
            rows = np.unique(np.concatenate(self._new))
            self._new = []
            errors = np.abs(self.values[rows] - self.returns(rows)).mean(-1)
            priorities.set(rows, self._priority(errors))

    def _priority(self, errors: NDArray[np.float32]) -> NDArray[np.float64]:
        numbers: NDArray[np.float64] = (errors.astype(np.float64) / self._scale + FLOOR) ** self.priority_exponent
        return numbers

    def _check(
        self, trajectories: Sequence[Trajectory], ends: NDArray[np.int64], arrays: dict[str, NDArray[Any]]
    ) -> None:
        """Check that the networks can represent a game's rewards; the error names the game."""

        def source(row: int) -> str:
            index = int(ends.searchsorted(row, side="right"))
            return trajectories[index].source(row - int(ends[index]) + len(trajectories[index]))

        early = arrays["rewards"].any(-1) & (arrays["remaining"] > 1)
        if self.game.final_rewards_only and early.any():
            raise TrainingError(
                f"{self.game.name}: expected no reward before the end (spec.final_rewards_only), got one "
                f"{source(int(early.argmax()))}"
            )
        whole = (arrays["cut"] == arrays["remaining"])[:, None]
        everything = np.ones_like(whole)
        slack = SLACK * self._scale
        for what, name, asked, (low, high) in (
            ("reward", "rewards", everything, self._reward_bounds),
            ("value", "paid", whole, self._value_bounds),
        ):
            numbers = arrays[name]
            wrong = ~((numbers >= low - slack) & (numbers <= high + slack)) & asked
            if wrong.any():
                row, player = (int(index) for index in np.argwhere(wrong)[-1])
                raise TrainingError(
                    f"{self.game.name}: {what}: expected numbers from {low:g} to {high:g} (spec.returns "
                    f"{list(self.game.returns)}), got {numbers[row, player]:g} for player {player} {source(row)}"
                )


_RECORDED = ("observations", "actions", "movers", "legal", "policies", "rewards", "values")
_ARRAYS = (
    "observations",
    "actions",
    "movers",
    "legal",
    "rewards",
    "values",
    "paid",
    "remaining",
    "cut",
    "truncated",
)
