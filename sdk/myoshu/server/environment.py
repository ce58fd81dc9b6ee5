"""A game as an environment, without sockets: what an engine in any language does, in Python."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from myoshu.errors import IllegalActionError, RemoteProtocolError
from myoshu.game import Game, State
from myoshu.planes import planes_of
from myoshu.protocol.mask import pack_masks
from myoshu.protocol.messages import (
    Describe,
    Description,
    EnvSpec,
    Error,
    GameMap,
    Ping,
    Pong,
    Reply,
    Request,
    Reset,
    SlotError,
    Spec,
    States,
    Step,
)
from myoshu.protocol.tensor import Tensor
from myoshu.traits import StateTraits

__all__ = ["Answer", "EnvironmentService"]

log = logging.getLogger("myoshu.server")


class EnvironmentService:
    """Answers one trainer's requests with a game; games wait for their next step (``lockstep``).

    Args:
        game: the rules.
        slots: how many games at once.
    """

    def __init__(self, game: Game, slots: int = 256) -> None:
        self._game = game
        self._states: list[State | None] = [None] * slots

    def handle(self, request: Request) -> Reply | Error | None:
        """The reply to a request; None if it will be replied to later."""
        try:
            match request:
                case Ping():
                    return Pong(id=request.id)
                case EnvSpec():
                    return self._spec(request)
                case Reset():
                    return self._reset(request)
                case Step():
                    return self._step(request)
                case Describe():
                    return self._describe(request)
            raise RemoteProtocolError("unknown_type", "t", "a request of a trainer", type(request).__name__)
        except RemoteProtocolError as error:
            return Error.of(error, request.id)
        except Exception as error:
            log.exception("a request failed", extra={"event": "fault", "request": type(request).__name__})
            return Error(id=request.id, code="environment", msg=f"{type(error).__name__}: {error}")

    def _spec(self, request: EnvSpec) -> Spec:
        return Spec(id=request.id, game=GameMap.of(self._game.spec, planes_of(self._game)), slots=len(self._states))

    def _reset(self, request: Reset) -> States:
        self._check("reset", request.slots)
        answer = Answer(self._game, len(request.slots))
        moves = request.moves or ((),) * len(request.slots)
        for row, (slot, seed, actions) in enumerate(zip(request.slots, request.seeds, moves, strict=True)):
            try:
                state = self._states[slot] = self._game.new_state(np.random.default_rng(seed))
                paid = np.zeros(self._game.spec.players, np.float32)
                for action in actions:
                    paid += state.apply(action)
                answer.note(row, state, paid)
            except Exception as error:  # noqa: BLE001 -- user code may raise anything
                self._states[slot] = None
                answer.fail(slot, error)
        return answer.states(request.id, request.slots)

    def _step(self, request: Step) -> States | None:
        self._check("step", request.slots)
        answer = Answer(self._game, len(request.slots))
        for row, (slot, action) in enumerate(zip(request.slots, request.actions, strict=True)):
            state = self._states[slot]
            if state is None or state.is_terminal():
                text = f"slot {slot}: expected a game in progress"
                answer.errors.append(SlotError(slot=slot, code="ended", msg=text))
                continue
            try:
                answer.note(row, state, state.apply(action))
            except Exception as error:  # noqa: BLE001 -- user code may raise anything
                if not isinstance(error, IllegalActionError):
                    self._states[slot] = None
                answer.fail(slot, error)
        return answer.states(request.id, request.slots)

    def _describe(self, request: Describe) -> Description:
        self._check("describe", (request.slot,))
        state = self._states[request.slot]
        if state is None:
            raise RemoteProtocolError("invalid", "describe.slot", "one with a game", str(request.slot))
        names = tuple(self._game.action_name(state, action) for action in state.legal_actions())
        return Description(id=request.id, text=str(state), names=names)

    def _check(self, kind: str, slots: tuple[int, ...]) -> None:
        if max(slots) >= len(self._states):
            raise RemoteProtocolError("invalid", f"{kind}.slots", f"slots below {len(self._states)}", str(max(slots)))


class Answer:
    """The state of slots, row by row.

    Args:
        game: the rules.
        rows: how many slots.
    """

    def __init__(self, game: Game, rows: int) -> None:
        spec = game.spec
        self._observations = np.zeros((rows, *spec.observation), np.float32)
        self._legal = np.zeros((rows, spec.actions), np.bool_)
        self._to_play = [0] * rows
        self._rewards = np.zeros((rows, spec.players), np.float32)
        self._terminated, self._truncated = [False] * rows, [False] * rows
        self.errors: list[SlotError] = []
        """The errors of slots that failed."""

    def note(self, row: int, state: State, paid: Any) -> None:
        """Fill in a row: the view of its game, and the rewards."""
        over = state.is_terminal()
        truncated = over and StateTraits.of(state).truncated
        self._observations[row] = state.observation()
        self._rewards[row] = paid
        self._terminated[row], self._truncated[row] = over and not truncated, truncated
        if not over:
            self._legal[row, state.legal_actions()] = True
            self._to_play[row] = state.to_play()

    def fail(self, slot: int, error: Exception) -> None:
        """Note the error of a slot."""
        illegal = isinstance(error, IllegalActionError)
        said = str(error) if illegal else f"{type(error).__name__}: {error}"
        self.errors.append(SlotError(slot=slot, code="illegal_action" if illegal else "environment", msg=said))

    def states(self, request: int, slots: tuple[int, ...]) -> States:
        """The reply to a request."""
        return States(
            id=request,
            slots=slots,
            obs=Tensor.of(self._observations),
            legal=pack_masks(self._legal),
            to_play=tuple(self._to_play),
            rewards=Tensor.of(self._rewards),
            terminated=tuple(self._terminated),
            truncated=tuple(self._truncated),
            errors=tuple(self.errors) or None,
        )
