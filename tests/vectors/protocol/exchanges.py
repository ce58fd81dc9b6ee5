"""What an agent may say to a client, and what becomes of it: a script for the tests of clients in any language.

    python -m tests.vectors.protocol.exchanges          write exchanges.json
    python -m tests.vectors.protocol.exchanges --check  only say whether it is up to date

``exchanges.json`` is a list of scripts. A test plays the agent: it takes one connection after the other and goes
through the script's ``steps``, while the client makes the ``calls`` in order:

    {"client": MESSAGE}    the client says this now; keys that are not named may be there or not. Pongs may come late.
    {"agent": MESSAGE}     say this. An ``id`` of "$open", "$think", "$close" or "$ping" is that of the client's last
                           request of the kind.
    {"bytes": HEX}         say these bytes, which are no frame of their own
    {"together": [...]}    several messages in one write
    {"close": true}        close the connection without a goodbye
    {"ended": true}        the client has closed the connection; a ``bye`` or an ``error`` may come before that
    {"connection": true}   the client connects again

``"split": true`` in a script: every byte that the agent says is a write of its own. A script with ``needs`` is for
clients that ask for those capabilities.

A call is ``connect``, ``open``, ``think`` (of an observation of zeros, with the actions in ``legal``, or all actions,
legal), ``observe`` (of as many moves as ``moves`` says, all of them action 0) or ``close`` (of the session), with what
becomes of it: ``{"ok": true}``, for ``think`` ``{"action": 0, "infos": 2}``, ``{"error": CODE}`` (the agent's error,
which the client hands on, or the client's own where it may not send a request: nothing is sent then),
``{"lost": true}`` (the connection is gone) or ``{"broken": true}`` (the agent broke the protocol: the client says so
and closes the connection). Binary is ``{"$bin": hexadecimal}``.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from tests.vectors.protocol.generate import HERE, MODEL, VALID, shown

__all__ = ["EXCHANGES", "PATH", "text"]

PATH = HERE / "exchanges.json"
RESULT, INFO = VALID["result"], VALID["info"]

WELCOME = {"t": "welcome", "proto": 1, "role": "agent", "heartbeat": 0, "models": [MODEL]}
OPENED = {"t": "opened", "id": "$open", "session": 0, "model": "ttt", "hash": MODEL["hash"], "simulations": 50}
THOUGHT = {**RESULT, "id": "$think"}
SO_FAR = {**INFO, "id": "$think"}
HELLO = {"client": {"t": "hello", "role": "player"}}
OPEN = {"client": {"t": "open"}}
THINK = {"client": {"t": "think", "session": 0}}
CLOSE = [{"client": {"t": "close", "session": 0}}, {"agent": {"t": "ok", "id": "$close"}}]
BEGIN = [HELLO, {"agent": WELCOME}, OPEN, {"agent": OPENED}]
CONNECT, SIT = {"do": "connect", "ok": True}, {"do": "open", "ok": True}
MOVE = {"do": "think", "action": RESULT["action"], "infos": 0}
LEAVE = {"do": "close", "ok": True}
LOST, BROKEN = {"do": "think", "lost": True}, {"do": "think", "broken": True}


def script(name: str, says: str, calls: list[Any], steps: list[Any], **more: Any) -> dict[str, Any]:
    """One script."""
    return {"name": name, "says": says, "calls": calls, "steps": steps, **more}


def thinks(name: str, says: str, call: dict[str, Any], *steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A script about what follows a think."""
    return script(name, says, [CONNECT, SIT, call], [*BEGIN, THINK, *steps], **more)


def refused(name: str, says: str, said: dict[str, Any], **outcome: Any) -> dict[str, Any]:
    """A script in which the handshake fails."""
    return script(name, says, [{"do": "connect", **outcome}], [HELLO, {"agent": said}, {"ended": True}])


EXCHANGES: list[dict[str, Any]] = [
    script(
        "game", "a whole game of one move", [CONNECT, SIT, MOVE, LEAVE],
        [*BEGIN, THINK, {"agent": THOUGHT}, *CLOSE],
    ),
    script(
        "split", "every byte alone", [CONNECT, SIT, MOVE, LEAVE],
        [*BEGIN, THINK, {"agent": THOUGHT}, *CLOSE], split=True,
    ),
    script(
        "later_keys", "unknown keys are ignored, also in maps within", [CONNECT, SIT, MOVE],
        [
            HELLO,
            {"agent": {**WELCOME, "later": [1, {"a": 2}], "models": [{**MODEL, "later": 1}]}},
            OPEN, {"agent": {**OPENED, "later": {}}}, THINK, {"agent": {**THOUGHT, "later": None}},
        ],
    ),
    script(
        "nil", "nil is the same as leaving an optional key out", [CONNECT, SIT, MOVE],
        [
            HELLO, {"agent": {**WELCOME, "name": None, "caps": None, "limits": None, "ticket": None, "resumed": None}},
            OPEN, {"agent": OPENED}, THINK, {"agent": THOUGHT},
        ],
    ),
    thinks("whole_numbers", "a floating point field takes an integer", MOVE,
           {"agent": {**THOUGHT, "value": 0, "values": [0, 0]}}),
    script(
        "infos", "infos come before the result, here in one write", [CONNECT, SIT, {**MOVE, "infos": 2}],
        [
            {"client": {"t": "hello", "role": "player"}}, {"agent": {**WELCOME, "caps": ["stream"]}},
            OPEN, {"agent": OPENED}, {"client": {"t": "think", "stream": ["policy", "visits", "pv"]}},
            {"together": [SO_FAR, SO_FAR, THOUGHT]},
        ],
        needs=["stream"],
    ),
    thinks("ping", "a ping is answered while the client waits", MOVE,
           {"agent": {"t": "ping", "id": 77}}, {"client": {"t": "pong", "id": 77}}, {"agent": THOUGHT}),
    thinks("ping_of_the_same_id", "ids belong to who asks: a ping may have the think's", MOVE,
           {"agent": {"t": "ping", "id": "$think"}}, {"client": {"t": "pong", "id": "$think"}}, {"agent": THOUGHT}),
    script(
        "busy", "a refused open leaves the connection as it was",
        [CONNECT, {"do": "open", "error": "busy"}, SIT, MOVE],
        [
            HELLO, {"agent": WELCOME}, OPEN,
            {"agent": {"t": "error", "id": "$open", "code": "busy", "msg": "open: too many", "retry": 0.25}},
            OPEN, {"agent": OPENED}, THINK, {"agent": THOUGHT},
        ],
    ),
    script(
        "refused_think", "so does a refused think", [CONNECT, SIT, {"do": "think", "error": "invalid"}, MOVE],
        [
            *BEGIN, THINK,
            {"agent": {"t": "error", "id": "$think", "code": "invalid", "msg": "think.obs: no", "field": "think.obs"}},
            THINK, {"agent": THOUGHT},
        ],
    ),
    thinks("later_code", "a code that the client does not know is an error as any other",
           {"do": "think", "error": "of_later"},
           {"agent": {"t": "error", "id": "$think", "code": "of_later", "msg": "?"}}),
    refused("unauthorized", "the token is wrong",
            {"t": "error", "code": "unauthorized", "msg": "hello.token: no", "field": "hello.token"},
            error="unauthorized"),
    refused("version", "the agent speaks no version of the client's",
            {"t": "error", "code": "version", "msg": "hello.proto: no", "field": "hello.proto"}, error="version"),
    refused("other_version", "a version that the client did not offer", {**WELCOME, "proto": 2}, broken=True),
    refused("other_role", "an environment where an agent should be", {**WELCOME, "role": "environment"}, broken=True),
    refused("reply_before_welcome", "nothing may be said before welcome", {"t": "pong", "id": 1}, broken=True),
    thinks("lost", "the connection is lost while the agent thinks", LOST, {"close": True}),
    thinks("cut", "it is lost within a frame", LOST, {"bytes": "1000000082a1"}, {"close": True}),
    thinks("fatal", "an error without an id ends the connection", LOST,
           {"agent": {"t": "error", "code": "timeout", "msg": "heartbeat: none"}}, {"close": True}),
    script(
        "bye", "the agent ends: what is pending is answered first", [CONNECT, SIT, MOVE, {"do": "think", "lost": True}],
        [*BEGIN, THINK, {"together": [{"t": "bye", "reason": "the server ends"}, THOUGHT]}, {"close": True}],
    ),
    script(
        "bye_heeded", "after bye nothing more is asked over this connection: the client closes it and connects again",
        [CONNECT, SIT, MOVE, {"do": "think", "lost": True}],
        [*BEGIN, THINK, {"together": [{"t": "bye"}, THOUGHT]}, {"ended": True}],
    ),
    script(
        "goodbye_while_thinking", "what the agent says between bye and its end is taken in", [CONNECT, SIT, MOVE],
        [*BEGIN, THINK, {"agent": {"t": "bye"}}, {"agent": {"t": "ping", "id": 5}}, {"client": {"t": "pong", "id": 5}},
         {"agent": THOUGHT}],
    ),
    script(
        "heartbeat", "a client that waits in silence for as long as welcome.heartbeat says asks if the agent is there",
        [CONNECT, SIT, MOVE],
        [
            HELLO, {"agent": {**WELCOME, "heartbeat": 0.3}}, OPEN, {"agent": OPENED}, THINK,
            {"client": {"t": "ping"}}, {"agent": {"t": "pong", "id": "$ping"}}, {"agent": THOUGHT},
        ],
    ),
    script(
        "silence", "an agent that does not answer a ping for as long again is given up", [CONNECT, SIT, LOST],
        [
            HELLO, {"agent": {**WELCOME, "heartbeat": 0.3}}, OPEN, {"agent": OPENED}, THINK,
            {"client": {"t": "ping"}}, {"ended": True},
        ],
    ),
    script(
        "frame", "nothing larger than welcome.frame is sent, and the connection stays open",
        [CONNECT, SIT, {"do": "observe", "moves": 70000, "error": "too_large"}, MOVE],
        [HELLO, {"agent": {**WELCOME, "frame": 65536}}, OPEN, {"agent": OPENED}, THINK, {"agent": THOUGHT}],
    ),
    thinks("illegal_action", "an action that the game does not have", BROKEN,
           {"agent": {**THOUGHT, "action": 9}}, {"ended": True}),
    thinks("forbidden_action", "an action that the request did not call legal", {**BROKEN, "legal": [1, 8]},
           {"agent": THOUGHT}, {"ended": True}),
    thinks("allowed_action", "an action that it did", {**MOVE, "legal": [8, 0]}, {"agent": THOUGHT}),
    thinks("info_of_nobody", "an info for what was not asked", BROKEN,
           {"agent": {**SO_FAR, "id": 4000000000}}, {"ended": True}),
    thinks("error_of_nobody", "an error for what was not asked", BROKEN,
           {"agent": {"t": "error", "id": 4000000000, "code": "busy", "msg": "?"}}, {"ended": True}),
    thinks("no_map", "a payload that is no map", BROKEN, {"bytes": "03000000930102"}, {"ended": True}),
    thinks("empty", "a frame of length 0", BROKEN, {"bytes": "00000000"}, {"ended": True}),
    thinks("too_large", "a length above what the client takes", BROKEN, {"bytes": "ffffffff"}, {"ended": True}),
    thinks("other_reply", "a reply of another request's kind", BROKEN,
           {"agent": {"t": "ok", "id": "$think"}}, {"ended": True}),
    thinks("reply_to_nothing", "a reply to what was not asked", BROKEN,
           {"agent": {**THOUGHT, "id": 4000000000}}, {"ended": True}),
    thinks("field_missing", "a result without its policy", BROKEN,
           {"agent": {key: value for key, value in THOUGHT.items() if key != "policy"}}, {"ended": True}),
    thinks("request_of_an_agent", "an agent may ask nothing but ping", BROKEN,
           {"agent": {"t": "open", "id": 5}}, {"ended": True}),
    script(
        "resume", "lost while the agent thinks, and resumed", [CONNECT, SIT, MOVE, MOVE],
        [
            HELLO, {"agent": {**WELCOME, "caps": ["resume"], "ticket": "one"}}, OPEN, {"agent": OPENED}, THINK,
            {"close": True}, {"connection": True},
            {"client": {"t": "hello", "resume": "one", "pending": ["$think"]}},
            {"together": [{**WELCOME, "caps": ["resume"], "ticket": "two", "resumed": True}, THOUGHT]},
            THINK, {"agent": THOUGHT},
        ],
        needs=["resume"],
    ),
    script(
        "resume_lost", "the request had never arrived: it is asked again", [CONNECT, SIT, MOVE],
        [
            HELLO, {"agent": {**WELCOME, "caps": ["resume"], "ticket": "one"}}, OPEN, {"agent": OPENED}, THINK,
            {"close": True}, {"connection": True},
            {"client": {"t": "hello", "resume": "one", "pending": ["$think"]}},
            {"agent": {**WELCOME, "caps": ["resume"], "ticket": "two", "resumed": True}},
            {"agent": {"t": "error", "id": "$think", "code": "lost", "msg": "it had not arrived"}},
            THINK, {"agent": THOUGHT},
        ],
        needs=["resume"],
    ),
    script(
        "started_anew", "the agent was restarted: the sessions are gone", [CONNECT, SIT, LOST],
        [
            HELLO, {"agent": {**WELCOME, "caps": ["resume"], "ticket": "one"}}, OPEN, {"agent": OPENED}, THINK,
            {"close": True}, {"connection": True}, {"client": {"t": "hello", "resume": "one"}},
            {"agent": {**WELCOME, "caps": ["resume"], "ticket": "two", "resumed": False}},
        ],
        needs=["resume"],
    ),
]  # fmt: skip
"""Every script."""


def text() -> str:
    """What ``exchanges.json`` holds."""
    return json.dumps([shown(each) for each in EXCHANGES], indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    if "--check" not in sys.argv[1:]:
        PATH.write_text(text(), encoding="utf-8")
    elif PATH.read_text(encoding="utf-8") != text():
        raise SystemExit(f"not up to date: {PATH.name}")


if __name__ == "__main__":
    main()
