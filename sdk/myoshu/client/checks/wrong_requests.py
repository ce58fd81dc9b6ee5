"""What an environment must do with requests that are wrong."""

from __future__ import annotations

import numpy as np

from myoshu.client.checks.expectations import alike, answered, expect
from myoshu.client.checks.probe import Probe
from myoshu.protocol.messages import Pong

__all__ = [
    "answers_missing_fields",
    "answers_unknown_types",
    "answers_wrong_slots",
]


def answers_unknown_types(probe: Probe) -> None:
    """A request of an unknown type is answered, and the connection stays open."""
    with probe.talk() as talk:
        answered(talk.ask({"t": "of_a_later_version", "id": 5}), 5, "unknown_type")
        expect(talk.ask({"t": "ping", "id": 6}), Pong, 6)


def answers_missing_fields(probe: Probe) -> None:
    """A request with a field missing or of another type is answered, and the connection stays open."""
    with probe.talk() as talk:
        answered(talk.ask({"t": "reset", "id": 5}), 5, "invalid")
        answered(talk.ask({"t": "reset", "id": 6, "slots": "all", "seeds": [1]}), 6, "invalid")
        expect(talk.ask({"t": "ping", "id": 7}), Pong, 7)


def answers_wrong_slots(probe: Probe) -> None:
    """Slots that are twice, too many or too few are answered, and no slot has changed."""
    outside = probe.found.slots
    with probe.talk() as talk:
        (before,) = probe.reset(talk, [0], [11])
        action = int(np.flatnonzero(before.legal)[0])
        answered(talk.ask({"t": "reset", "id": 5, "slots": [outside], "seeds": [1]}), 5, "invalid")
        answered(talk.ask({"t": "reset", "id": 6, "slots": [0, 0], "seeds": [1, 2]}), 6, "invalid")
        answered(talk.ask({"t": "reset", "id": 7, "slots": [0], "seeds": [1, 2]}), 7, "invalid")
        answered(talk.ask({"t": "reset", "id": 8, "slots": [], "seeds": []}), 8, "invalid")
        answered(talk.ask({"t": "step", "id": 9, "slots": [0, 0], "actions": [action] * 2}), 9, "invalid")
        answered(talk.ask({"t": "step", "id": 10, "slots": [0, outside], "actions": [action] * 2}), 10, "invalid")
        if probe.found.mode == "realtime":
            return
        (after,) = probe.step(talk, [0], [action])
        (again,) = probe.reset(talk, [0], [11], [[action]])
        alike("the slot after refused requests", again, after)


# Games.
