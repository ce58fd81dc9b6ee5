"""C clients of servers that are dead, killed, or none: told of in time, or found again."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@contextlib.contextmanager
def _peer(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that does something with its first connection, whatever comes of it; its address."""

    def serve() -> None:
        with contextlib.suppress(OSError):
            held, _ = listener.accept()
            with held:
                held.settimeout(60)
                talk(held)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(60)
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"
    thread.join(120)
    assert not thread.is_alive()


def _hang(held: socket.socket) -> None:
    while held.recv(4096):
        pass


def _welcome_and_hang(held: socket.socket) -> None:
    model = {"name": "m", "hash": "h", "game": {"name": "g", "players": 2, "actions": 9, "observation": [27],
             "returns": [-1, 1]}}  # fmt: skip
    payload = msgpack.packb({"t": "welcome", "proto": 1, "role": "agent", "models": [model]})
    held.recv(4096)
    held.sendall(struct.pack("<I", len(payload)) + payload)
    _hang(held)


def _announce_much(held: socket.socket) -> None:
    held.recv(4096)
    held.sendall(struct.pack("<I", 1 << 24) + b"\x81\xa1t")
    _hang(held)


def _speak_http(held: socket.socket) -> None:
    held.recv(4096)
    held.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    _hang(held)


@pytest.mark.parametrize(
    ("talk", "said"),
    [
        (_hang, "TIMEOUT: connection: expected an answer in time, got none"),
        (_welcome_and_hang, "TIMEOUT: open: expected a reply in time, got none"),
        (_announce_much, "TIMEOUT: connection: expected an answer in time, got none"),
        (lambda held: held.close(), "LOST: connection: expected "),
        (_speak_http, "PROTOCOL: frame.length: expected at most 16777216, got 1347703880"),
    ],
    ids=["silent", "silent after the handshake", "announces much", "gone", "another protocol"],
)
def test_a_peer_that_is_dead_or_no_server_is_told_of_in_time(
    run: Run, talk: Callable[[socket.socket], None], said: str
) -> None:
    with _peer(talk) as url:
        done = run("client", url, "dial", TIMEOUT="2", PATIENCE="-1")
    assert said in done.stdout, done.stdout  # long before the peer would close the connection
    assert done.stderr == ""


class Relay:
    """Passes bytes on to a server, and can cut them off."""

    def __init__(self, url: str) -> None:
        host, _, port = url.removeprefix("tcp://").rpartition(":")
        self._to = host, int(port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections = 0
        self._held: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        cut, self._held = self._held, []  # who comes back at once is left alone
        for held in cut:
            with contextlib.suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)
            held.close()

    def close(self) -> None:
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._to, 10)
                self.connections += 1
                self._held += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


def test_a_lost_connection_is_gone_on_with(built: Path, there: dict[str, Any]) -> None:
    relay = Relay(there["tcp"])
    command = [built / "client", relay.url, "long", "4"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"TOKEN": there["token"]},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "thinking\n"
        time.sleep(0.2)
        relay.cut()
        said, wrong = process.communicate(timeout=60)
    assert (said, wrong, process.returncode) == ("OK: \n", "", 0)
    assert relay.connections == 2
    relay.close()


@pytest.mark.slow
def test_a_server_that_is_killed_is_told_of_at_once_and_found_again(
    built: Path, bundles: tuple[Path, Path], serving: Any, tmp_path: Path
) -> None:
    with serving(tmp_path, *bundles) as found:
        process = subprocess.Popen(
            [built / "client", found["tcp"], "long", "600"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=os.environ | {"PATIENCE": "0.5"},
        )  # fmt: skip
        with process:
            assert process.stdout is not None
            assert process.stdout.readline() == "thinking\n"
            os.kill(found["pid"], signal.SIGKILL)
            said, wrong = process.communicate(timeout=240)
    assert said.startswith(f"LOST: {found['tcp']}: expected a server, got Connection refused\n"), said
    assert (wrong, process.returncode) == ("", 1)
