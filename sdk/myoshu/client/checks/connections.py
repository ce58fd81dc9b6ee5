"""What an environment must do with connections and frames."""

from __future__ import annotations

from myoshu.client.checks.expectations import Failed, Skipped, expect, refused, same
from myoshu.client.checks.probe import Probe
from myoshu.client.sync.wire import SilenceError
from myoshu.protocol.messages import DEFAULT_FRAME, DEFAULT_HEARTBEAT, Ping, Pong, Spec, Welcome

__all__ = [
    "answers_pings",
    "ends_after_bye",
    "gives_up_silent_handshakes",
    "greets",
    "ignores_unknown_keys",
    "pings_after_silence",
    "refuses_great_lengths",
    "refuses_other_roles",
    "refuses_other_tokens",
    "refuses_other_versions",
    "refuses_requests_before_hello",
    "refuses_what_is_no_map",
    "serves_on",
    "takes_frames_at_once",
    "takes_frames_in_pieces",
]

SILENCE = 0.5
"""Seconds of silence after which an environment is asked to ping."""


def greets(probe: Probe) -> None:
    """A trainer's hello is answered by an environment's welcome."""
    with probe.dial() as talk:
        welcome = expect(talk.hello(token=probe.token), Welcome)
        same("welcome.role", "environment", welcome.role)
        same("welcome.proto", 1, welcome.proto)


def ignores_unknown_keys(probe: Probe) -> None:
    """Unknown keys are ignored."""
    with probe.dial() as talk:
        expect(talk.hello(token=probe.token, later=[1, {"a": 2}]), Welcome)
        expect(talk.ask({"t": "ping", "id": 1, "later": "x"}), Pong, 1)


def refuses_other_versions(probe: Probe) -> None:
    """A hello of other versions is refused."""
    with probe.dial() as talk:
        refused(talk, talk.hello(token=probe.token, proto=[65534, 65535]), "version")


def refuses_other_roles(probe: Probe) -> None:
    """A hello of an environment is refused."""
    with probe.dial() as talk:
        refused(talk, talk.hello("environment", token=probe.token), "role")


def refuses_other_tokens(probe: Probe) -> None:
    """A hello with another token is refused."""
    if probe.token is None:
        raise Skipped("no token is needed; MYOSHU_TOKEN has the one to be shown")
    for wrong in (f"{probe.token}x", None):
        with probe.dial() as talk:
            refused(talk, talk.hello(token=wrong), "unauthorized")


def answers_pings(probe: Probe) -> None:
    """A ping is answered by a pong with its id."""
    with probe.talk() as talk:
        for number in (1, 7, 0xFFFFFFFF, 1):
            expect(talk.ask({"t": "ping", "id": number}), Pong, number)


def takes_frames_in_pieces(probe: Probe) -> None:
    """A frame may come byte by byte."""
    with probe.talk() as talk:
        if not talk.framed:
            raise Skipped("a WebSocket keeps messages whole")
        for byte in talk.pack({"t": "ping", "id": 3}):
            talk.write(bytes([byte]))
        expect(talk.hear(), Pong, 3)


def takes_frames_at_once(probe: Probe) -> None:
    """Several frames may come at once, and each is answered."""
    with probe.talk() as talk:
        if not talk.framed:
            raise Skipped("a WebSocket keeps messages apart")
        talk.write(b"".join(talk.pack({"t": "ping", "id": number}) for number in range(1, 21)))
        heard = {expect(talk.hear(), Pong).id for _ in range(20)}
        same("ids answered", set(range(1, 21)), heard)


def refuses_what_is_no_map(probe: Probe) -> None:
    """A payload that is no map ends the connection."""
    for payload in (b"\x93\x01\x02\x03", b"\xc1", b"\x81\x01\x02"):
        with probe.talk() as talk:
            talk.write(len(payload).to_bytes(4, "little") + payload if talk.framed else payload)
            refused(talk, talk.hear(), "malformed")


def refuses_great_lengths(probe: Probe) -> None:
    """A length above what was announced ends the connection before anything is read."""
    with probe.dial() as talk:
        welcome = expect(talk.hello(token=probe.token), Welcome)
        if not talk.framed:
            raise Skipped("a WebSocket has lengths of its own")
        talk.write(((welcome.frame or DEFAULT_FRAME) + 1).to_bytes(4, "little"))
        refused(talk, talk.hear(), "too_large")


def refuses_requests_before_hello(probe: Probe) -> None:
    """A request before hello ends the connection."""
    with probe.dial() as talk:
        refused(talk, talk.ask({"t": "env_spec", "id": 1}), "unexpected")


def ends_after_bye(probe: Probe) -> None:
    """A trainer's bye ends the connection."""
    with probe.talk() as talk:
        talk.say({"t": "bye"})
        if not talk.ended():
            raise Failed(f"expected the end of the connection within {probe.timeout:g} s, it is open")


def pings_after_silence(probe: Probe) -> None:
    """After a silence it pings, as it says in welcome.heartbeat."""
    with probe.dial() as talk:
        welcome = expect(talk.hello(token=probe.token, heartbeat=SILENCE), Welcome)
        beat = DEFAULT_HEARTBEAT if welcome.heartbeat is None else welcome.heartbeat
        if not beat:
            raise Skipped("it says that it does not ping (welcome.heartbeat is 0)")
        try:
            ping = expect(talk.hear(beat + probe.timeout), Ping)
        except SilenceError as error:
            raise Failed(f"expected a ping after {beat:g} s of silence (welcome.heartbeat), got none") from error
        talk.say({"t": "pong", "id": ping.id})
        expect(talk.ask({"t": "env_spec", "id": 1}), Spec, 1)


def gives_up_silent_handshakes(probe: Probe) -> None:
    """A handshake that does not come is given up."""
    with probe.dial() as talk:
        try:
            refused(talk, talk.hear(probe.handshake + probe.timeout), "timeout")
        except SilenceError as error:
            raise Failed(
                f"expected error timeout after {probe.handshake:g} s without a hello, the connection is open"
            ) from error


def serves_on(probe: Probe) -> None:
    """After all that it still serves."""
    with probe.talk() as talk:
        expect(talk.ask({"t": "env_spec", "id": 1}), Spec, 1)


# Requests that are wrong.
