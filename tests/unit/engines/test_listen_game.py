"""Engines that connect to the trainer, as processes that are killed and come back."""

from __future__ import annotations

import pickle
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from demos.three_in_a_row import ThreeInARow
from tests.waiting import wait_until

import myoshu
from myoshu.client.door import Door, DoorLink
from myoshu.errors import ArgumentError, ConnectionLostError, GameStringError
from myoshu.testing.games import check_game
from myoshu_engines import load_game
from myoshu_engines.remote import RemoteGame

ENGINE = """
import asyncio, sys
from demos.three_in_a_row import ThreeInARow
from myoshu.server.environment_server import EnvironmentServer

async def main():
    while True:
        try:
            await EnvironmentServer(ThreeInARow(), 64, sys.argv[2] or None).dial("127.0.0.1", int(sys.argv[1]))
        except OSError:
            pass
        await asyncio.sleep(0.1)

asyncio.run(main())
"""

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    processes = []

    def start(*command: str) -> subprocess.Popen[str]:
        errors = (tmp_path / f"stderr{len(processes)}").open("w")
        process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, stderr=errors, text=True)
        errors.close()
        processes.append(process)
        return process

    yield start
    for process in processes:
        with process:
            process.kill()


def listening(port: int = 0, patience: float = 30.0, token: str | None = None) -> tuple[Door, Callable[[], RemoteGame]]:
    door = Door("127.0.0.1", port, token)
    return door, lambda: RemoteGame(
        door.address,
        where=f"listen://127.0.0.1:{door.address.port}",
        link=DoorLink(door, timeout=30.0, patience=patience),
    )


def test_an_engine_that_connects_is_played_with_and_may_be_killed(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    door, load = listening()
    port = str(door.address.port)
    engine = start("-c", ENGINE, port, "")
    game = load()
    assert game.spec == ThreeInARow().spec
    assert check_game(game, games=1).finished == 1
    state = game.new_state(np.random.default_rng(0))
    state.apply(3)
    engine.kill()
    engine.wait()
    start("-c", ENGINE, port, "")
    state.apply(4)
    assert not {3, 4} & set(state.legal_actions())
    assert "the connection is lost" in caplog.text
    assert "connected again" in caplog.text
    with pytest.raises(TypeError, match="the engine is connected to this process"):
        pickle.dumps(game)
    game.close()


def test_what_is_no_engine_is_sent_away(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    door, load = listening(token="s3cret")
    port = door.address.port

    def pretend() -> None:
        with socket.create_connection(("127.0.0.1", port)) as held:
            held.sendall(b"GET / HTTP/1.1\r\n\r\n")
            while held.recv(4096):
                pass

    stranger = threading.Thread(target=pretend)
    stranger.start()
    start("-c", ENGINE, str(port), "s3cret")
    game = load()
    stranger.join(10.0)
    assert game.spec.players == 3
    assert "one that connected is no engine: frame.length: expected at most 65536" in caplog.text
    game.close()


def test_an_engine_that_stays_away_is_named(start: Start) -> None:
    door, load = listening(patience=0.6)
    engine = start("-c", ENGINE, str(door.address.port), "")
    game = load()
    state = game.new_state(np.random.default_rng(0))
    engine.kill()
    engine.wait()
    with pytest.raises(ConnectionLostError, match=r"expected an engine within 0\.6 s, none connected"):
        state.apply(3)
    game.close()


@pytest.mark.parametrize("text", ["listen:7900", "listen://127.0.0.1", "listen://127.0.0.1:70000"])
def test_other_addresses_are_refused(text: str) -> None:
    with pytest.raises(GameStringError, match="expected listen://HOST:PORT"):
        load_game(text)


def test_beyond_this_machine_a_token_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MYOSHU_TOKEN", raising=False)
    with pytest.raises(ArgumentError, match=r"expected one \(MYOSHU_TOKEN\) to listen on 0\.0\.0\.0"):
        load_game("listen://0.0.0.0:7900")


@pytest.mark.slow
def test_training_survives_the_death_of_the_engine_and_of_the_trainer(start: Start, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    train = ["-m", "myoshu.cli", "train", "--listen", f"127.0.0.1:{port}", "--deterministic"]
    train += ["--run", str(tmp_path / "run"), "--out", str(tmp_path / "out.myoshu"), "--simulations", "4", "--quiet"]
    train += ["--opponent", "random"]

    def said(number: int) -> str:
        return (tmp_path / f"stderr{number}").read_text()

    engine = start("-c", ENGINE, str(port), "")
    trainer = start(*train, "--steps", "1000000")
    wait_until(lambda: (tmp_path / "run" / "config.toml").exists() or trainer.poll() is not None)
    engine.kill()
    wait_until(lambda: "the connection is lost; waiting 60 s" in said(1))
    start("-c", ENGINE, str(port), "")
    wait_until(lambda: "connected again" in said(1))
    trainer.send_signal(signal.SIGKILL)
    wait_until(lambda: "is gone without a goodbye" in said(2))
    with start(*train, "--steps", "4") as again:
        assert again.stdout is not None
        out = again.stdout.read()
        assert again.wait(240) == 0, said(3)
    assert "learned three_in_a_row" in out
    assert myoshu.load(tmp_path / "out.myoshu", "cpu").game.players == 3
