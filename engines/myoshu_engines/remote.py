"""A game whose rules live in another process: the trainer's side of the socket protocol.

A remote state is a seed and the moves since; the engine holds it in one of its slots while it is needed. Any number of
states works with any number of slots: a state whose slot went to another is restored by replaying its moves,
and so are all of them if the engine dies and returns.
"""

from __future__ import annotations

import logging
import os
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from myoshu.client.address import Address
from myoshu.client.asking import with_id
from myoshu.client.sync.link import Link
from myoshu.errors import ConnectionLostError, GameError, IllegalActionError, RequestError
from myoshu.protocol import Role, unpack_masks
from myoshu.protocol.messages import Describe, Description, EnvSpec, Reset, SlotError, Spec, States, Step
from myoshu.spec import GameSpec

__all__ = ["RemoteGame", "RemoteState"]

PATIENCE = 60.0
"""Seconds to wait for an engine that died."""
TIMEOUT = 60.0
"""Seconds that an engine may take for one step."""
MANY = 2000
"""Ticks after which the share of missed ticks is judged."""

log = logging.getLogger("myoshu.training")


class RemoteGame:
    """A game in another process.

    Args:
        address: the engine's address. It is not part of the game's identity, which is the name that the engine gives
            it: the same game may be at another address tomorrow, or its engine may be the one that connects.
        where: the address as errors name it; its URL if not given.
        token: the token that the engine requires.
        patience: seconds to wait for an engine that died.
        link: a connection to an engine that dialled us, instead of one that listens.

    Raises:
        ConnectionLostError: nothing answers there.
        GameError: the engine's game cannot be learned; the message says why.
    """

    def __init__(
        self,
        address: Address,
        *,
        where: str | None = None,
        token: str | None = None,
        patience: float = PATIENCE,
        link: Link | None = None,
    ) -> None:
        self.one_process = link is not None
        """Whether it cannot move to another process: the engine has connected to this one."""
        if link is None:
            link = Link(address, Role.TRAINER, token=token, timeout=TIMEOUT, patience=patience)
        self._link = link
        self._goodbye = weakref.finalize(self, _say_goodbye, link, os.getpid())
        self._where = address.url if where is None else where
        self._arguments = (address, self._where, token, patience)
        found = self._link.ask(with_id(EnvSpec), Spec)
        self.replayable = found.mode != "realtime"
        """Whether the same seed and actions make the same game. Not so in realtime: such a game has no clones, and is
        lost (``ConnectionLostError``) with the connection, or when its slot goes to another."""
        self.most_games = None if self.replayable else found.slots
        """How many games can be in progress at once; None for any number."""
        self._ticks, self._missed = 0, 0
        self._spec = found.game.spec()
        said = found.game.words()
        self.planes = said.words
        """What each plane or number of an observation is, if the engine says."""
        self.layout = said.layout
        """What an observation's rows and columns are, if the engine says."""
        self._found = found
        self._free = list(range(found.slots - 1, -1, -1))
        self._held: OrderedDict[int, RemoteState] = OrderedDict()

    @property
    def spec(self) -> GameSpec:
        """What is fixed about the game, as the engine says."""
        return self._spec

    def new_state(self, rng: np.random.Generator) -> RemoteState:
        """A new game; all chance in it follows from one number drawn here."""
        (state,) = self.new_states([rng])
        if isinstance(state, Exception):
            raise state
        return state

    def new_states(self, rngs: Sequence[np.random.Generator]) -> list[RemoteState | Exception]:
        """Begin several games, in one frame for as many as the engine has slots; each as :meth:`new_state` does.

        Returns:
            For each its first position, or the error that :meth:`new_state` would raise.
        """
        begun: list[RemoteState | Exception] = []
        most = self._found.slots
        for begin in range(0, len(rngs), most):
            states = [RemoteState(self, int(rng.integers(1 << 62))) for rng in rngs[begin : begin + most]]
            try:
                faults = self._patiently([], partial(self._reset, states))
            except GameError as error:
                begun += [error] * len(states)
            else:
                begun += [fault or state for state, fault in zip(states, faults, strict=True)]
        return begun

    def apply_all(self, states: Sequence[RemoteState], actions: Sequence[int]) -> list[NDArray[np.float32] | Exception]:
        """Play one action in each of several states, in one frame for as many as the engine has slots.

        Returns:
            For each, what the players were paid, or the error that :meth:`RemoteState.apply` would raise.
        """
        outcomes: list[NDArray[np.float32] | Exception] = []
        most = self._found.slots
        for begin in range(0, len(states), most):
            outcomes += self._step(states[begin : begin + most], actions[begin : begin + most])
        return outcomes

    def action_name(self, state: RemoteState, action: int) -> str:
        """The action as the engine calls it, if it draws positions; else its number."""
        described = self.describe(state)
        if described is None:
            return str(action)
        return dict(zip(state.legal_actions(), described.names, strict=False)).get(action, str(action))

    def describe(self, state: RemoteState) -> Description | None:
        """The position as the engine draws it, if it does."""
        if "describe" not in (self._link.welcome.caps or ()):
            return None
        answer: Description = self._patiently(
            [state], lambda: self._link.ask(with_id(Describe, slot=state.slot), Description)
        )
        return answer

    def close(self) -> None:
        """Say goodbye to the engine; happens automatically when the game is freed."""
        self._goodbye()

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        if self.one_process:
            raise TypeError(f"{self._where}: the engine is connected to this process")
        return RemoteGame._again, self._arguments

    def __repr__(self) -> str:
        return f"<RemoteGame {self._spec.name} at {self._where}>"

    @staticmethod
    def _again(address: Address, where: str, token: str | None, patience: float) -> RemoteGame:
        return RemoteGame(address, where=where, token=token, patience=patience)

    def _step(self, states: Sequence[RemoteState], actions: Sequence[int]) -> list[NDArray[np.float32] | Exception]:
        outcomes: list[NDArray[np.float32] | Exception] = [
            state.refusal(action) or np.zeros(0, np.float32) for state, action in zip(states, actions, strict=True)
        ]
        for row, state in enumerate(states):
            if state.slot is None and not self.replayable:
                outcomes[row] = _GameLostError(f"{self._where}: expected a game in progress, its slot went to another")
        rows = [row for row, outcome in enumerate(outcomes) if not isinstance(outcome, Exception)]
        if not rows:
            return outcomes
        playing, moves = [states[row] for row in rows], tuple(int(actions[row]) for row in rows)
        try:
            answer = self._patiently(
                playing,
                lambda: self._link.ask(
                    with_id(Step, slots=tuple(state.slot for state in playing), actions=moves), States
                ),
            )
        except (GameError, _GameLostError) as error:
            for row in rows:
                outcomes[row] = error
            return outcomes
        rewards = answer.rewards.array().astype(np.float32)
        errors = {error.slot: error for error in answer.errors or ()}
        legal = self._legal(answer)
        for place, (row, state) in enumerate(zip(rows, playing, strict=True)):
            fault = errors.get(-1 if state.slot is None else state.slot)
            if fault is not None:
                outcomes[row] = self._fault(state, fault)
                continue
            state.history.append(moves[place])
            self._take(state, answer, place, legal)
            outcomes[row] = self._overlong(state) or rewards[place]
        self._watch_clock(playing, answer)
        return outcomes

    def _watch_clock(self, states: Sequence[RemoteState], answer: States) -> None:
        """Realtime: count the ticks that passed without an action; warn once when it is most of them."""
        if answer.ticks is None:
            return
        for state, tick in zip(states, answer.ticks, strict=True):
            self._ticks += tick - state.tick
            self._missed += tick - state.tick - 1
            state.tick = tick
        if self._ticks >= MANY and 2 * self._missed > self._ticks:
            log.warning(
                f"{self._where}: {self._missed} of {self._ticks} ticks passed without an action: "
                "search with fewer --simulations, or let the engine's clock go slower"
            )
            self._ticks = -(1 << 62)

    def _patiently(self, states: Sequence[RemoteState], ask: Callable[[], Any]) -> Any:
        """Make a request about states that are held; once more if the engine was lost in between and came back."""
        for last in (False, True):
            try:
                self._bring(states)
                return ask()
            except _GameLostError:
                raise
            except ConnectionLostError:
                for state in self._held.values():
                    state.slot = None
                self._free += self._held
                self._held.clear()
                if last:
                    raise
            except RequestError as error:
                raise GameError(f"{self._where}: {error}") from error
        raise AssertionError

    def _bring(self, states: Sequence[RemoteState]) -> None:
        """Bring all these states into slots."""
        missing = [state for state in states if state.slot is None]
        for state in states:
            if state.slot is not None:
                self._held.move_to_end(state.slot)
        if missing and (faults := [fault for fault in self._reset(missing) if fault is not None]):
            raise faults[-1]

    def _reset(self, missing: Sequence[RemoteState]) -> list[GameError | None]:
        """Put states into slots and have their moves played there; returns for each why the engine could not."""
        if not self.replayable and any(not state.is_terminal() for state in missing):
            raise _GameLostError(f"{self._where}: expected a game in progress, it was lost with its connection or slot")
        for state in missing:
            if self._free:
                slot = self._free.pop()
            else:
                slot, loser = self._held.popitem(last=False)
                loser.slot = None
            state.slot = slot
            self._held[slot] = state
        make = with_id(
            Reset,
            slots=tuple(state.slot for state in missing),
            seeds=tuple(state.reset_seed for state in missing),
            moves=tuple(tuple(state.history) for state in missing),
        )
        try:
            answer = self._link.ask(make, States)
        except RequestError as error:
            for state in missing:
                self.release(state)
            raise GameError(f"{self._where}: {error}") from error
        except ConnectionLostError:
            for state in missing:
                self.release(state)
            raise
        errors = {error.slot: error for error in answer.errors or ()}
        legal = self._legal(answer)
        faults: list[GameError | None] = [None] * len(missing)
        for row, state in enumerate(missing):
            assert state.slot is not None
            if state.slot in errors:
                faults[row] = self._fault(state, errors[state.slot])
            else:
                self._take(state, answer, row, legal)
        return faults

    def release(self, state: RemoteState) -> None:
        """Take a state's slot back."""
        if state.slot is not None:
            self._held.pop(state.slot, None)
            self._free.append(state.slot)
            state.slot = None

    def _fault(self, state: RemoteState, error: SlotError) -> GameError:
        """The error that a slot error stands for; a state that the engine has lost frees its slot."""
        if error.code == "illegal_action":
            return IllegalActionError(error.msg)
        self.release(state)
        return GameError(f"{self._where}: {error.code}: {error.msg} (seed {state.reset_seed}, moves {state.history})")

    def _overlong(self, state: RemoteState) -> GameError | None:
        """Why a game may not continue, where it is longer than its specification allows."""
        most = self._spec.max_length
        if most is None or len(state.history) < most or state.is_terminal():
            return None
        self.release(state)
        return GameError(
            f"{self._where}: expected games of at most {most} actions (spec.game.max_length), got one that continues "
            f"after as many (seed {state.reset_seed}, moves {state.history})"
        )

    def _legal(self, answer: States) -> NDArray[np.bool_]:
        try:
            return unpack_masks(answer.legal, len(answer.slots), self._spec.actions)
        except ValueError as error:
            raise GameError(f"{self._where}: states.legal: {error}") from error

    def _take(self, state: RemoteState, answer: States, row: int, legal: NDArray[np.bool_]) -> None:
        """Apply one row of the engine's answer."""
        if answer.obs.sh[1:] != self._spec.observation:
            raise GameError(
                f"{self._where}: states.obs.sh: expected {[len(answer.slots), *self._spec.observation]}, "
                f"got {list(answer.obs.sh)}"
            )
        if answer.rewards.sh[1:] != (self._spec.players,):
            raise GameError(
                f"{self._where}: states.rewards.sh: expected {[len(answer.slots), self._spec.players]}, "
                f"got {list(answer.rewards.sh)}"
            )
        over = answer.terminated[row] or answer.truncated[row]
        state.see(
            answer.obs.array()[row].astype(np.float32),
            [] if over else np.flatnonzero(legal[row]).tolist(),
            answer.to_play[row],
            truncated=answer.truncated[row],
        )
        if over:
            self.release(state)


def _say_goodbye(link: Link, process: int) -> None:
    """End a connection, unless this is a fork of the process that owns it."""
    if os.getpid() == process:
        link.close()


class _GameLostError(ConnectionLostError):
    """A game in realtime is lost, though the engine may still be there."""


class RemoteState:
    """One position: a seed, the moves since, and the engine's latest answer about it."""

    def __init__(self, game: RemoteGame, seed: int) -> None:
        self.game = game
        """The game that it is a state of."""
        self.reset_seed = seed
        """The seed sent in the engine's ``reset``: all chance follows from it."""
        self.history: list[int] = []
        """The actions since the beginning."""
        self.slot: int | None = None
        """Where the engine holds it, if it does."""
        self.truncated = False
        """Whether the game was cut off from outside."""
        self.tick = 0
        """Realtime: the engine's latest tick that is known."""
        self._observation: NDArray[np.float32] = np.zeros(0, np.float32)
        self._legal: list[int] = []
        self._to_play = 0

    def see(self, observation: NDArray[np.float32], legal: list[int], to_play: int, *, truncated: bool) -> None:
        """Apply what the engine said of the position."""
        self._observation, self._legal, self._to_play, self.truncated = observation, legal, to_play, truncated

    def to_play(self) -> int:
        """The player to move."""
        return self._to_play

    def legal_actions(self) -> Sequence[int]:
        """The legal actions, ascending."""
        return self._legal

    def observation(self) -> NDArray[np.float32]:
        """What the player to move sees."""
        return self._observation.copy()

    def is_terminal(self) -> bool:
        """Whether the game is over."""
        return not self._legal

    def refusal(self, action: int) -> IllegalActionError | None:
        """Why an action cannot be played, if so."""
        if action in self._legal:
            return None
        return IllegalActionError(f"action: expected one of {self._legal}, got {action!r}")

    def apply(self, action: int) -> NDArray[np.float32]:
        """Play an action in the engine."""
        (outcome,) = self.game.apply_all([self], [action])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def clone(self) -> Self:
        """A state with the same seed and moves; it takes a slot once it is played on.

        Raises:
            GameError: the game runs on its own clock.
        """
        if not self.game.replayable:
            raise GameError(
                f"{self.game.spec.name}: expected a game that waits for its steps, one in realtime has no clones"
            )
        copy = type(self)(self.game, self.reset_seed)
        copy.history = list(self.history)
        copy.see(self._observation, self._legal, self._to_play, truncated=self.truncated)
        return copy

    def key(self) -> Hashable:
        """The moves, and the seed where the rules draw chance."""
        return (self.reset_seed if self.game.spec.stochastic else None, tuple(self.history))

    def __str__(self) -> str:
        """The position as the engine draws it, or its moves."""
        described = None if self.is_terminal() else self.game.describe(self)
        return f"moves {self.history}" if described is None else described.text

    def __del__(self) -> None:
        self.game.release(self)
