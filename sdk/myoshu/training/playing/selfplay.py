"""Self-play: many games at once, one batch of evaluations serving all of them. Knows no torch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import ConnectionLostError, GameError, LegalActionsError, ObservationError, TrainingError
from myoshu.game import Game, apply_all, new_states
from myoshu.runtime.planner import Planner
from myoshu.search.config import Algorithm, SearchConfig
from myoshu.training.config import SelfPlayConfig
from myoshu.training.memory.policies import Policies, pack_legal, unpack_legal
from myoshu.training.memory.trajectory import Trajectory
from myoshu.training.playing.failures import AbandonedGame
from myoshu.training.playing.noise import root_noise
from myoshu.training.randomness import random_state, restore_random_state
from myoshu.traits import StateTraits, Traits

__all__ = ["SelfPlay"]

FIRST_LENGTH = 64
"""Moves for which a game has room before that is doubled."""
MOST_BYTES = 1 << 30
"""Bytes that the positions of unfinished games may take. If they would take more, fewer games continue."""
ATTEMPTS = 20
"""Consecutive games that cannot even be started before that is an error."""
OVER = 1000
"""Consecutive games that are over before their first move before that is an error."""
LONGEST = 5000
"""Moves after which a game without a ``max_length`` in its spec is cut off: its memory would grow for ever."""
NOBODY = -1
"""Stands for the seat that plays at random, where there is none."""


class SelfPlay:
    """Plays ``config.games`` games side by side, a move in each at a time.

    Everything random comes from one generator, so the same seed and the same weights at the same moves play the same
    games. A share of the games begins with random plies, which are not recorded.

    Games are kept whole until they are over. If that would take more than :data:`MOST_BYTES`, the longest half of
    them continue and the others are dropped for good: the same games in a row need less memory than side by side. A
    single game that does not fit is abandoned.

    A game that raises an error, or breaks the contract of :class:`myoshu.game.State`, is replaced by a new one and
    reported in :attr:`abandoned`. One that is longer than its spec's ``max_length``, or than :data:`LONGEST` where that
    is not stated, is cut off, as by an environment's time limit.

    Args:
        game: the rules.
        planner: the planner, with at least ``config.games`` slots.
        config: the settings of self-play.
        search: the search's settings, which determine the kind of noise.
        seed: seed of everything random.

    Raises:
        GameError: no game can be started, or all are over before their first move.
    """

    def __init__(
        self,
        game: Game,
        planner: Planner,
        config: SelfPlayConfig,
        search: SearchConfig,
        *,
        seed: int | np.random.SeedSequence,
    ) -> None:
        self.game = game
        self.planner = planner
        self.config = config
        self.search = search
        self.moves = 0
        """Moves played so far, without openings."""
        self.games = 0
        """Games finished so far."""
        self.abandoned: list[AbandonedGame] = []
        """Games abandoned since the caller last emptied the list."""
        self._rng = np.random.default_rng(seed)
        spec, count = game.spec, config.games
        self._longest = LONGEST if spec.max_length is None else spec.max_length
        self._over = 0
        self._slots = np.arange(count)
        self._mask = np.zeros((count, spec.actions), np.bool_)
        self._lengths = np.zeros(count, np.int64)
        self._policies = Policies((count, 0), spec.actions)
        self._allocate(FIRST_LENGTH if spec.max_length is None else min(FIRST_LENGTH, spec.max_length))
        self._seeds = np.zeros(count, np.int64)
        self._histories: list[list[int]] = [[] for _ in range(count)]
        self._openings = np.zeros(count, np.int64)
        self._careless = np.full(count, NOBODY, np.int64)
        self._opening_rewards = np.zeros((count, spec.players))
        self._states: list[Any] = [None] * count
        self._begin(list(range(count)))

    def play(self) -> list[Trajectory]:
        """Play one move in every game; returns the games that ended by it.

        Raises:
            GameError: no game can be started; the message has the last one's moves and seed.
        """
        if self._lengths.max() == self._actions.shape[1]:
            self._make_room()
        slots, lengths = self._slots, self._lengths
        movers = np.empty(len(slots), np.int32)
        waiting: list[int] = list(range(len(slots)))
        for _ in range(ATTEMPTS):
            waiting = [slot for slot in waiting if not self._look(slot, movers)]
            observations = self._observations[slots, lengths]
            if not np.isfinite(observations).all():
                waiting += self._blind(observations, set(waiting))
            if not waiting:
                break
            self._begin(waiting)
        else:
            raise self._hopeless("played")
        self.planner.open(
            slots,
            observations,
            legal=self._mask,
            to_play=movers,
            simulations=self.config.simulations,
            **root_noise(self.search, self._mask, self._rng),
        )
        self.planner.run()
        results = self.planner.results(slots)
        actions, explored = self._explore(self._choose(results), movers)
        self._explored[slots, lengths] = explored
        self._actions[slots, lengths] = actions
        self._movers[slots, lengths] = movers
        self._legal[slots, lengths] = pack_legal(self._mask)
        self._policies.write((slots, lengths), results.policy, self._mask)
        self._values[slots, lengths] = results.value
        return self._apply(actions)

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything needed to resume, as arrays: games are kept as their seeds and moves."""
        longest = int(self._lengths.max())
        history = np.full((len(self._states), max(map(len, self._histories), default=0)), -1, np.int32)
        for row, moves in zip(history, self._histories, strict=True):
            row[: len(moves)] = moves
        arrays = {name: getattr(self, f"_{name}")[:, :longest].copy() for name in _BUFFERS}
        return {
            **arrays,
            "policies": self._policies.array[:, :longest].copy(),
            "lengths": self._lengths.copy(),
            "openings": self._openings.copy(),
            "careless": self._careless.copy(),
            "seeds": self._seeds.copy(),
            "histories": history,
            "counts": np.array([self.moves, self.games], np.int64),
            "random": random_state(self._rng),
        }

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Resume from what :meth:`state` returned: the games' moves are replayed, or new games begun.

        Raises:
            TrainingError: it does not fit this game or configuration.
        """
        count = len(state["lengths"])
        if not 0 < count <= len(self._lengths):
            raise TrainingError(f"checkpoint.selfplay: expected {len(self._lengths)} games, got {count}")
        self._keep(np.arange(count))
        longest = int(state["lengths"].max())
        while self._actions.shape[1] <= longest:
            self._allocate(2 * self._actions.shape[1])
        for name in _BUFFERS:
            getattr(self, f"_{name}")[:, :longest] = state[name]
        self._policies.load((slice(count), slice(longest)), state["policies"])
        self._lengths[:] = state["lengths"]
        self._openings[:] = state["openings"]
        self._careless[:] = state["careless"]
        self._seeds[:] = state["seeds"]
        self.moves, self.games = (int(count) for count in state["counts"])
        if not Traits.of(self.game).replayable:
            self._begin(self._slots.tolist())
            restore_random_state(self._rng, state["random"])
            return
        for slot, moves in enumerate(state["histories"]):
            self._histories[slot] = [int(move) for move in moves if move >= 0]
            self._states[slot] = self.game.new_state(np.random.default_rng(self._seeds[slot]))
            self._opening_rewards[slot] = 0.0
            for ply, move in enumerate(self._histories[slot]):
                paid = self._states[slot].apply(move)
                if ply < self._openings[slot]:
                    self._opening_rewards[slot] += paid
        restore_random_state(self._rng, state["random"])

    def _choose(self, results: Any) -> NDArray[np.int64]:
        """Gumbel MuZero plays the search's choice under its noise; PUCT draws from the visits, early in the game."""
        if self.search.algorithm is Algorithm.GUMBEL:
            return np.asarray(results.action, np.int64)
        visits = np.asarray(results.visits, np.float64)
        weights = (visits / visits.max(-1, keepdims=True)) ** (1.0 / self.config.temperature)
        below = weights.cumsum(-1)
        drawn = (below > below[:, -1:] * self._rng.random((len(visits), 1))).argmax(-1)
        early = self._lengths + self._openings < self.config.temperature_plies
        chosen: NDArray[np.int64] = np.where(early, drawn, visits.argmax(-1))
        return chosen

    def _explore(
        self, actions: NDArray[np.int64], movers: NDArray[np.int32]
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The actions, some replaced by random legal ones, and which of them do not count."""
        careless = movers == self._careless
        explored = (self._rng.random(len(actions)) < self.config.exploration) & ~careless
        drawn = (self._rng.random(self._mask.shape) * self._mask).argmax(-1)
        return np.where(explored | careless, drawn, actions), explored

    def _apply(self, actions: NDArray[np.int64]) -> list[Trajectory]:
        finished, ended = [], []
        rewards, lengths, histories = self._rewards, self._lengths, self._histories
        chosen: list[int] = actions.tolist()
        outcomes = apply_all(self.game, self._states, chosen)
        for slot, (state, action, paid) in enumerate(zip(self._states, chosen, outcomes, strict=True)):
            histories[slot].append(action)
            try:
                if isinstance(paid, Exception):
                    raise paid
                rewards[slot, lengths[slot]] = paid
                over = state.is_terminal()
                if not math.isfinite(sum(paid)):
                    raise GameError(f"rewards: expected {self.game.spec.players} finite numbers, got {paid}")
            except Exception as error:  # noqa: BLE001 -- user code may raise anything
                self._abandon(slot, error)
                ended.append(slot)
                continue
            lengths[slot] += 1
            if over or len(histories[slot]) >= self._longest:
                finished.append(self._record(slot, bool(over)))
                ended.append(slot)
        self.moves += len(actions)
        self.games += len(finished)
        self._begin(ended)
        return finished

    def _record(self, slot: int, over: bool) -> Trajectory:
        length = self._lengths[slot]
        arrays = {name: getattr(self, f"_{name}")[slot, :length].copy() for name in _BUFFERS}
        legal = unpack_legal(arrays.pop("legal"), self.game.spec.actions)
        return Trajectory(
            **arrays,
            legal=legal,
            policies=self._policies.read((slot, slice(length)), legal).copy(),
            truncated=not over or StateTraits.of(self._states[slot]).truncated,
            seed=int(self._seeds[slot]),
            opening=tuple(self._histories[slot][: self._openings[slot]]),
            opening_rewards=tuple(self._opening_rewards[slot].tolist()),
        )

    def _look(self, slot: int, movers: NDArray[np.int32]) -> bool:
        """Read a position; False if the game was abandoned over it."""
        state, mask, players = self._states[slot], self._mask[slot], self.game.spec.players
        try:
            legal = state.legal_actions()
            mask[:] = False
            self._mask[slot, legal] = True
            if not len(legal) or legal[0] < 0:
                raise LegalActionsError(f"legal_actions: expected some in [0, {len(mask)}), got {list(legal)}")
            movers[slot] = mover = state.to_play()
            if not 0 <= mover < players:
                raise GameError(f"to_play: expected a player in [0, {players}), got {mover}")
            self._observations[slot, self._lengths[slot]] = state.observation()
        except Exception as error:  # noqa: BLE001 -- user code may raise anything
            self._abandon(slot, error)
            return False
        return True

    def _blind(self, observations: NDArray[np.float32], known: set[int]) -> list[int]:
        """Abandon the games whose observation is not finite, except those known to be abandoned."""
        finite = np.isfinite(observations.reshape(len(observations), -1)).all(-1)
        blind = [slot for slot in np.flatnonzero(~finite).tolist() if slot not in known]
        for slot in blind:
            self._abandon(slot, ObservationError("observation: expected finite numbers, got NaN or infinity"))
        return blind

    def _begin(self, slots: list[int]) -> None:
        """A new game in each of these slots, past its opening."""
        failures = 0
        while slots:
            before = len(self.abandoned)
            slots = self._try_to_begin(slots)
            failures = failures + 1 if len(self.abandoned) > before else 0
            if failures == ATTEMPTS:
                raise self._hopeless("begun")
            if self._over >= OVER:
                raise GameError(
                    f"{self.game.spec.name}: expected games that begin with a move to choose, {self._over:,} in a row "
                    "were over before it (is_terminal)"
                )

    def _try_to_begin(self, slots: list[int]) -> list[int]:
        """Begin a game in each slot, all at once; returns the slots where it failed or was over with the opening."""
        rng, config = self._rng, self.config
        plies: dict[int, int] = {}
        for slot in slots:
            self._seeds[slot] = rng.integers(1 << 62)
            self._histories[slot] = []
            self._lengths[slot] = self._openings[slot] = 0
            self._opening_rewards[slot] = 0.0
            plies[slot] = int(rng.integers(1, config.opening_plies + 1)) if rng.random() < config.opening_share else 0
            careless = bool(config.careless_share) and rng.random() < config.careless_share
            self._careless[slot] = rng.integers(self.game.spec.players) if careless else NOBODY
        again: list[int] = []
        opening: list[int] = []
        states = new_states(self.game, [np.random.default_rng(self._seeds[slot]) for slot in slots])
        for slot, state in zip(slots, states, strict=True):
            if isinstance(state, Exception):
                self._states[slot] = None
                self._abandon(slot, state)
                again.append(slot)
            else:
                self._states[slot] = state
                opening.append(slot)
        while opening:
            opening = self._open(opening, plies, again)
        return again

    def _open(self, slots: list[int], plies: dict[int, int], again: list[int]) -> list[int]:
        """Play a random ply in unfinished openings; returns their slots. Those of finished games go to ``again``."""
        chosen: dict[int, int] = {}
        for slot in slots:
            state = self._states[slot]
            try:
                if state.is_terminal():
                    self._over += 1
                    again.append(slot)
                elif self._openings[slot] < plies[slot]:
                    legal = state.legal_actions()
                    chosen[slot] = int(legal[int(self._rng.integers(len(legal)))])
                else:
                    self._over = 0
            except Exception as error:  # noqa: BLE001 -- user code may raise anything
                self._abandon(slot, error)
                again.append(slot)
        opened = []
        outcomes = apply_all(self.game, [self._states[slot] for slot in chosen], list(chosen.values()))
        for (slot, action), paid in zip(chosen.items(), outcomes, strict=True):
            self._histories[slot].append(action)
            try:
                if isinstance(paid, Exception):
                    raise paid
                self._opening_rewards[slot] += paid
            except Exception as error:  # noqa: BLE001 -- user code may raise anything
                self._abandon(slot, error)
                again.append(slot)
                continue
            self._openings[slot] += 1
            opened.append(slot)
        return opened

    def _abandon(self, slot: int, error: Exception) -> None:
        if isinstance(error, ConnectionLostError):
            return  # not the game's fault
        self.abandoned.append(
            AbandonedGame.of(
                self._seeds[slot], self._histories[slot], error, reset=StateTraits.of(self._states[slot]).reset_seed
            )
        )

    def _hopeless(self, what: str) -> GameError:
        return GameError(
            f"{self.game.spec.name}: expected a game that can be {what}, {ATTEMPTS} in a row could not, "
            f"the last by {self.abandoned[-1]}"
        )

    def _make_room(self) -> None:
        """Make room for more moves, in fewer games if that takes too much memory."""
        room, most = self._actions.shape[1], self.game.spec.max_length
        wanted = 2 * room if most is None or most <= room else min(2 * room, most)
        move = self._bytes_a_move
        while len(self._slots) > 1 and len(self._slots) * wanted * move > MOST_BYTES:
            longest = np.argsort(-self._lengths, kind="stable")[: len(self._slots) // 2]
            self._keep(np.sort(longest))
        if wanted * move <= MOST_BYTES:
            self._allocate(wanted)
            return
        for slot in np.flatnonzero(self._lengths == room).tolist():
            self._abandon(
                slot, GameError(f"expected a game that ends within {room} moves, which fit into {MOST_BYTES >> 20} MiB")
            )
            self._begin([slot])

    @property
    def _bytes_a_move(self) -> int:
        arrays = [*(getattr(self, f"_{name}") for name in _BUFFERS), self._policies.array]
        return sum(math.prod(array.shape[2:]) * array.dtype.itemsize for array in arrays)

    def _keep(self, slots: NDArray[np.intp]) -> None:
        """Continue with some of the games only."""
        if len(slots) == len(self._slots):
            return
        self._slots = np.arange(len(slots))
        for name in (*_BUFFERS, "mask", "lengths", "seeds", "openings", "careless", "opening_rewards"):
            setattr(self, f"_{name}", getattr(self, f"_{name}")[slots])
        self._policies.array = self._policies.array[slots]
        self._histories = [self._histories[slot] for slot in slots]
        self._states = [self._states[slot] for slot in slots]

    def _allocate(self, room: int) -> None:
        """Allocate room for this many moves per game; the contents are kept."""
        spec, count = self.game.spec, len(self._slots)
        shapes: dict[str, tuple[tuple[int, ...], type[np.generic]]] = {
            "observations": (spec.observation, np.float32),
            "actions": ((), np.int32),
            "rewards": ((spec.players,), np.float32),
            "movers": ((), np.int32),
            "legal": ((-(-spec.actions // 8),), np.uint8),
            "values": ((spec.players,), np.float32),
            "explored": ((), np.bool_),
        }
        for name, (shape, dtype) in shapes.items():
            grown = np.zeros((count, room, *shape), dtype)
            held: NDArray[Any] | None = getattr(self, f"_{name}", None)
            if held is not None:
                grown[:, : held.shape[1]] = held
            setattr(self, f"_{name}", grown)
        self._policies = self._policies.grown((count, room))

    _observations: NDArray[np.float32]
    _actions: NDArray[np.int32]
    _rewards: NDArray[np.float32]
    _movers: NDArray[np.int32]
    _legal: NDArray[np.uint8]
    _values: NDArray[np.float32]
    _explored: NDArray[np.bool_]


_BUFFERS = ("observations", "actions", "rewards", "movers", "legal", "values", "explored")
