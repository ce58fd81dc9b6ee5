"""A game that runs on its own clock, as an environment. It knows no sockets and no clock: its owner ticks it.

What a trainer misses between two of its steps is added up, not lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from msgspec.structs import replace

from myoshu.errors import GameError, IllegalActionError, RemoteProtocolError
from myoshu.game import Game, State
from myoshu.protocol.messages import EnvSpec, Reset, SlotError, Spec, States, Step
from myoshu.server.environment import Answer, EnvironmentService

__all__ = ["RealtimeService"]


class RealtimeService(EnvironmentService):
    """Answers one trainer's requests with a game whose slots all advance with every :meth:`tick`.

    A slot in which no step waits plays the idle action. Rewards add up until the trainer's next step there; a game that
    ended in between is reported then.

    Args:
        game: the rules.
        slots: how many games at once.
        tick: seconds from one tick to the next; the owner keeps to it.
        idle: the action that stands for none. It must always be legal.
    """

    def __init__(self, game: Game, slots: int = 256, *, tick: float, idle: int = 0) -> None:
        super().__init__(game, slots)
        self._tick, self._idle = tick, idle
        self._slots: dict[int, _Slot] = {}
        self._waiting: list[Step] = []

    def tick(self) -> list[States]:
        """Advance every game by one action; returns the replies to the steps that waited for it."""
        chosen = {
            slot: action
            for step in self._waiting
            for slot, action in zip(step.slots, step.actions, strict=True)
            if action >= 0
        }
        for number, slot in self._slots.items():
            if slot.goes_on:
                slot.play(chosen.get(number), self._idle)
        waiting, self._waiting = self._waiting, []
        return [self._reply(step) for step in waiting]

    def _spec(self, request: EnvSpec) -> Spec:
        return replace(super()._spec(request), mode="realtime", tick=self._tick)

    def _reset(self, request: Reset) -> States:
        self._check_idle("reset", request.slots)
        states = super()._reset(request)
        for slot in request.slots:
            state = self._states[slot]
            if state is None:
                self._slots.pop(slot, None)
            else:
                self._slots[slot] = _Slot(
                    state, np.zeros(self._game.spec.players, np.float32), told=state.is_terminal()
                )
        return replace(states, ticks=(0,) * len(request.slots))

    def _step(self, request: Step) -> None:
        """Take note of a step: a tick replies to it."""
        self._check("step", request.slots)
        self._check_idle("step", request.slots)
        self._waiting.append(request)

    def _check_idle(self, kind: str, slots: tuple[int, ...]) -> None:
        for step in self._waiting:
            if busy := set(slots) & set(step.slots):
                raise RemoteProtocolError("invalid", f"{kind}.slots", "slots in which no step waits", str(min(busy)))

    def _reply(self, step: Step) -> States:
        answer = Answer(self._game, len(step.slots))
        ticks = []
        for row, number in enumerate(step.slots):
            slot = self._slots.get(number)
            ticks.append(slot.ticks if slot is not None else 0)
            if slot is None or slot.told:
                answer.errors.append(
                    SlotError(slot=number, code="ended", msg=f"slot {number}: expected a game in progress")
                )
                continue
            fault, slot.fault = slot.fault, None
            try:
                if fault is not None:
                    raise fault
                answer.note(row, slot.state, slot.paid)
            except Exception as error:  # noqa: BLE001 -- user code may raise anything
                if not isinstance(error, IllegalActionError):
                    del self._slots[number]
                    self._states[number] = None
                answer.fail(number, error)
                continue
            slot.paid = np.zeros_like(slot.paid)
            slot.told = slot.over
        return replace(answer.states(step.id, step.slots), ticks=tuple(ticks))


@dataclass(slots=True)
class _Slot:
    """A game in progress, and what has not been reported to its trainer yet."""

    state: State
    paid: Any
    """float32 [players]: rewards since the trainer's last step."""
    ticks: int = 0
    """Number of ticks since the reset."""
    over: bool = False
    """Whether it has ended or failed."""
    told: bool = False
    """Whether the trainer knows of its end."""
    fault: Exception | None = field(default=None)
    """What went wrong since the trainer's last step."""

    @property
    def goes_on(self) -> bool:
        return not (self.over or self.told)

    def play(self, action: int | None, idle: int) -> None:
        """Advance by one tick. An illegal action counts as none, and as a fault to be reported."""
        self.ticks += 1
        try:
            legal = self.state.legal_actions()
            if action is not None and action not in legal:
                self.fault = IllegalActionError(f"action: expected one of {list(legal)}, got {action}")
                action = None
            if action is None and idle not in legal:
                raise GameError(f"the idle action: expected it to be legal at every tick, {idle} is not")
            self.paid += self.state.apply(idle if action is None else action)
            self.over = self.state.is_terminal()
        except Exception as error:  # noqa: BLE001 -- user code may raise anything
            self.fault = GameError(str(error)) if isinstance(error, IllegalActionError) else error
            self.over = True
