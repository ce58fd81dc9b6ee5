"""Both clients go through the script of exchanges that every client's tests should play."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from typing import Any

import msgspec
import numpy as np
import pytest
from tests.vectors.protocol import exchanges

from myoshu import client as remote
from myoshu.errors import ConnectionLostError, LocalProtocolError, RemoteProtocolError, RequestError
from myoshu.protocol.framing import FrameReader, frame

SCRIPTS = json.loads(exchanges.PATH.read_text(encoding="utf-8"))
PATIENCE = 10.0
OBSERVATION = np.zeros((3, 3, 3), np.float32)


class ScriptedAgent:
    """Plays one script to one client."""

    def __init__(self, script: dict[str, Any], patience: float = PATIENCE) -> None:
        self._script, self._patience = script, patience
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(self._patience)
        self.url = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        self.failure: Exception | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def join(self) -> None:
        self._thread.join(2 * PATIENCE)
        assert not self._thread.is_alive()
        if self.failure is not None:
            raise self.failure

    def _run(self) -> None:
        try:
            with self._listener:
                self._accept()
                for step in self._script["steps"]:
                    self._step(step)
                self._socket.close()
        except Exception as error:  # noqa: BLE001 -- raised by join, in the test's own thread
            self.failure = error
            self._socket.close()

    def _accept(self) -> None:
        self._socket = self._listener.accept()[0]
        self._socket.settimeout(self._patience)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._frames, self._ids = FrameReader(1 << 24), getattr(self, "_ids", {})

    def _step(self, step: dict[str, Any]) -> None:
        ((kind, value),) = step.items()
        if kind == "client":
            heard = self._hear()
            assert heard is not None, f"expected {value}, got the end"
            for key, wanted in self._filled(value).items():
                assert heard.get(key) == wanted, f"expected {value}, got {heard}"
            if heard["t"] in ("open", "think", "close", "ping"):
                self._ids[heard["t"]] = heard["id"]
        elif kind in ("agent", "together"):
            said = [self._filled(each) for each in (value if kind == "together" else [value])]
            self._say(b"".join(frame(msgspec.msgpack.encode(each)) for each in said))
        elif kind == "bytes":
            self._say(bytes.fromhex(value))
        elif kind == "close":
            self._socket.close()
        elif kind == "connection":
            self._accept()
        elif kind == "ended":
            while (heard := self._hear()) is not None:
                assert heard["t"] in ("bye", "error"), f"expected the end, got {heard}"
        else:
            raise AssertionError(kind)

    def _say(self, data: bytes) -> None:
        for part in [bytes([byte]) for byte in data] if self._script.get("split") else [data]:
            self._socket.sendall(part)

    def _hear(self) -> dict[str, Any] | None:
        while (payload := self._frames.next()) is None:
            try:
                data = self._socket.recv(65536)
            except ConnectionError:
                return None
            if not data:
                return None
            self._frames.feed(data)
        heard: dict[str, Any] = msgspec.msgpack.decode(payload)
        return heard

    def _filled(self, value: Any) -> Any:
        """A message with its ids and its binary."""
        if isinstance(value, str) and value.startswith("$"):
            return self._ids[value[1:]]
        if isinstance(value, list):
            return [self._filled(each) for each in value]
        if isinstance(value, dict):
            binary = value.get("$bin")
            return bytes.fromhex(binary) if binary is not None else {k: self._filled(v) for k, v in value.items()}
        return value


def asked(call: dict[str, Any]) -> dict[str, Any]:
    """What a call asks for, without what becomes of it."""
    return {key: call[key] for key in ("do", "legal", "moves") if key in call}


def outcome_of(error: Exception | None) -> dict[str, Any]:
    if error is None:
        return {"ok": True}
    if isinstance(error, RequestError | LocalProtocolError):
        return {"error": error.code}
    return {"broken": True} if isinstance(error, RemoteProtocolError) else {"lost": True}


def play(url: str, calls: list[dict[str, Any]], timeout: float = PATIENCE) -> list[dict[str, Any]]:
    """What became of each call, with the blocking client."""
    outcomes: list[dict[str, Any]] = []
    held: Any = None
    session: Any = None
    for call in calls:
        infos: list[Any] = []
        outcome: dict[str, Any]
        try:
            if call["do"] == "connect":
                held = remote.connect(url, timeout=timeout, patience=1.0)
            elif call["do"] == "open":
                session = held.new_session(seed=1)
            elif call["do"] == "observe":
                session.observe(*[0] * call["moves"])
            elif call["do"] == "close":
                session.close()
            if call["do"] == "think":
                decision = session.play(
                    OBSERVATION, call.get("legal"), on_info=infos.append if call.get("infos") else None
                )
                outcome = {"action": decision.action, "infos": len(infos)}
            else:
                outcome = outcome_of(None)
        except (RequestError, LocalProtocolError, RemoteProtocolError, ConnectionLostError) as error:
            outcome = outcome_of(error)
        outcomes.append({**asked(call), **outcome})
    if held is not None:
        held.close()
    return outcomes


async def play_async(url: str, calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same with the asyncio client."""
    outcomes: list[dict[str, Any]] = []
    held: Any = None
    session: Any = None
    for call in calls:
        infos: list[Any] = []
        outcome: dict[str, Any]
        try:
            if call["do"] == "connect":
                held = await remote.connect_async(url, timeout=PATIENCE, patience=1.0, heartbeat=0.0)
            elif call["do"] == "open":
                session = await held.new_session(seed=1)
            elif call["do"] == "observe":
                await session.observe(*[0] * call["moves"])
            elif call["do"] == "close":
                await session.close()
            if call["do"] == "think":
                decision = await session.play(
                    OBSERVATION, call.get("legal"), on_info=infos.append if call.get("infos") else None
                )
                outcome = {"action": decision.action, "infos": len(infos)}
            else:
                outcome = outcome_of(None)
        except (RequestError, LocalProtocolError, RemoteProtocolError, ConnectionLostError) as error:
            outcome = outcome_of(error)
        outcomes.append({**asked(call), **outcome})
    if held is not None:
        await held.close()
    return outcomes


def test_the_script_is_up_to_date() -> None:
    assert exchanges.PATH.read_text(encoding="utf-8") == exchanges.text()


@pytest.mark.parametrize("script", SCRIPTS, ids=[script["name"] for script in SCRIPTS])
@pytest.mark.parametrize("client", ["blocking", "asyncio"])
def test_a_client_keeps_to_the_script(script: dict[str, Any], client: str) -> None:
    agent = ScriptedAgent(script)
    calls = script["calls"]
    found = play(agent.url, calls) if client == "blocking" else asyncio.run(play_async(agent.url, calls))
    agent.join()
    assert found == calls
