"""The exchanges find clients that are wrong: ours, each with one mistake made on purpose."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.client.test_exchanges import SCRIPTS, ScriptedAgent, play

from myoshu.client.sync import session
from myoshu.errors import RemoteProtocolError
from myoshu.protocol import Connection, State
from myoshu.protocol.connection import Group
from myoshu.protocol.conversation import Conversation
from myoshu.protocol.messages import Bye, Message, Welcome

Patch = pytest.MonkeyPatch


def takes_any_action(patch: Patch) -> None:
    patch.setattr(session, "check_result", lambda *given: None)


def takes_what_nobody_asked_for(patch: Patch) -> None:
    held: Callable[..., Group] = Connection._group

    def group(self: Connection, *given: Any) -> Group:
        try:
            return held(self, *given)
        except RemoteProtocolError as error:
            if error.field.endswith(".id"):
                return Group.REPLY
            raise

    patch.setattr(Connection, "_group", group)


def ignores_bye(patch: Patch) -> None:
    held = Connection._take

    def take(self: Connection, message: Message) -> None:
        held(self, message)
        if isinstance(message, Bye):
            self.state = State.OPEN

    patch.setattr(Connection, "_take", take)


def ends_at_bye(patch: Patch) -> None:
    held = Connection._take

    def take(self: Connection, message: Message) -> None:
        held(self, message)
        if isinstance(message, Bye):
            raise RemoteProtocolError("shutdown", "t", "a reply", "bye")

    patch.setattr(Connection, "_take", take)


def has_no_heartbeat(patch: Patch) -> None:
    patch.setattr(Conversation, "beat", math.inf)


def sends_what_is_too_large(patch: Patch) -> None:
    held = Connection._settle

    def settle(self: Connection, welcome: Welcome) -> None:
        held(self, welcome)
        self._sendable = 1 << 30

    patch.setattr(Connection, "_settle", settle)


def wrong(name: str) -> bool:
    """Whether the client does not keep to a script."""
    (script,) = [each for each in SCRIPTS if each["name"] == name]
    agent = ScriptedAgent(script, patience=1.0)
    try:
        outcomes = play(agent.url, script["calls"], timeout=2.0)
        agent.join()
    except (AssertionError, OSError):
        return True
    return bool(outcomes != script["calls"])


@pytest.mark.parametrize(
    ("mistake", "scripts"),
    [
        (takes_any_action, ("illegal_action", "forbidden_action")),
        (takes_what_nobody_asked_for, ("info_of_nobody", "error_of_nobody")),
        (ignores_bye, ("bye_heeded",)),
        (ends_at_bye, ("goodbye_while_thinking",)),
        (has_no_heartbeat, ("heartbeat", "silence")),
        (sends_what_is_too_large, ("frame",)),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_a_mistake_is_found(mistake: Callable[[Patch], None], scripts: tuple[str, ...], monkeypatch: Patch) -> None:
    mistake(monkeypatch)
    assert [name for name in scripts if not wrong(name)] == []
