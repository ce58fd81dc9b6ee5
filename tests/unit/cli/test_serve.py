"""``myoshu serve`` as a process: it is found, it answers, it ends well."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import myoshu
from myoshu import client as remote
from myoshu.errors import ConnectionLostError
from myoshu.protocol import Connection, Role, Tensor
from myoshu.protocol.messages import Bye, Hello, Message, Open, Result, Think, Welcome
from myoshu.testing.networks import mlp, write_bundle


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("bundle") / "small.myoshu", mlp(27, 9, 16))


@pytest.fixture
def start(bundle: Path, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    processes = []

    def start(*options: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "myoshu.cli", "serve", str(bundle), "--discovery", str(tmp_path / "here.json")]
        process = subprocess.Popen(
            [*command, "--provider", "cpu", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        processes.append(process)
        assert process.stdout is not None
        assert "Serving small at tcp" in process.stdout.readline()
        return process

    yield start
    for process in processes:
        with process:
            process.kill()


@pytest.fixture
def serve(start: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> subprocess.Popen[str]:
    return start("--websocket", "0", "--metrics", "0", "--unix", str(tmp_path / "socket"))


def test_it_is_found_by_its_file_and_ends_on_a_signal(serve: subprocess.Popen[str], tmp_path: Path) -> None:
    path = tmp_path / "here.json"
    there = json.loads(path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert there["pid"] == serve.pid
    observation = np.zeros(27, np.float32)
    moves = set()
    for address in (path, there["ws"], f"unix://{there['unix']}"):
        with remote.connect(address) as client:
            assert client.models[0].name == "small"
            decision = client.new_session(seed=1).play(observation, limit=myoshu.Limit(simulations=9))
            moves.add((decision.action, decision.value))
    assert len(moves) == 1
    with remote.connect(path, patience=0.5) as client:
        session = client.new_session()
        serve.send_signal(signal.SIGTERM)
        assert serve.wait(20) == 0
        with pytest.raises(ConnectionLostError):
            session.play(observation, limit=myoshu.Limit(simulations=9))
    assert not path.exists()
    assert serve.stderr is not None
    lines = [json.loads(line) for line in serve.stderr.read().splitlines()]
    assert {"open"} <= {line.get("event") for line in lines}
    with pytest.raises(ConnectionLostError, match="discovery file"):
        remote.connect(path)


def test_a_killed_server_is_noticed_at_once(serve: subprocess.Popen[str], tmp_path: Path) -> None:
    with remote.connect(tmp_path / "here.json", patience=0.0) as client:
        session = client.new_session()
        serve.kill()
        begin = time.monotonic()
        with pytest.raises(ConnectionLostError):
            session.play(np.zeros(27, np.float32))
        assert time.monotonic() - begin < 5.0


def test_a_server_killed_while_it_thinks_is_served_by_again(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    first = start()
    there = json.loads((tmp_path / "here.json").read_text())
    observation, long = np.zeros(27, np.float32), myoshu.Limit(simulations=60000)

    async def main() -> None:
        async with await remote.connect_async(there["tcp"], patience=60.0) as client:
            with remote.connect(there["tcp"], patience=60.0) as other:
                session, seat = await client.new_session(), other.new_session()
                thinking = [
                    asyncio.create_task(session.play(observation, limit=long)),
                    asyncio.create_task(asyncio.to_thread(seat.play, observation, limit=long)),
                ]
                await asyncio.sleep(0.3)
                first.kill()
                await asyncio.to_thread(start, "--port", there["tcp"].rpartition(":")[2])
                for lost in thinking:
                    with pytest.raises(ConnectionLostError, match="restarted"):
                        await asyncio.wait_for(lost, 20.0)
                decision = await (await client.new_session(seed=1)).play(observation, limit=myoshu.Limit(simulations=9))
                again = other.new_session(seed=1).play(observation, limit=myoshu.Limit(simulations=9))
                assert (again.action, again.value) == (decision.action, decision.value)

    asyncio.run(main())


@pytest.mark.parametrize("how", ["bye", "signal"])
def test_a_child_process_ends_well_while_its_client_waits(bundle: Path, how: str) -> None:
    command = [sys.executable, "-m", "myoshu.cli", "serve", str(bundle), "--stdio", "--log", "error"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        connection = Connection(Role.PLAYER, dials=True)
        process.stdin.write(connection.send(Hello(proto=(1, 1), role="player")))
        process.stdin.flush()
        connection.feed(os.read(process.stdout.fileno(), 65536))
        assert isinstance(connection.next(), Welcome)
        if how == "bye":
            process.stdin.write(connection.send(Bye()))
            process.stdin.flush()
        else:
            process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""


def test_a_socket_and_a_discovery_file_belong_to_one_server(
    serve: subprocess.Popen[str], bundle: Path, tmp_path: Path
) -> None:
    here, unix = tmp_path / "here.json", tmp_path / "socket"
    port = json.loads(here.read_text())["tcp"].rpartition(":")[2]
    other, file = tmp_path / "other.json", tmp_path / "file"
    file.write_text("mine")
    for options, said in (
        (["--discovery", str(here)], f"{here}: expected a discovery file of no other server"),
        (["--discovery", str(other), "--unix", str(unix)], "got one on which a server answers"),
        (
            ["--discovery", str(other), "--unix", str(file)],
            "expected a new name for a socket, got that of another file",
        ),
        (["--discovery", str(other), "--port", port], f"127.0.0.1:{port}: expected to listen there, got: "),
        (["--discovery", str(other), "--host", "foo.invalid"], "foo.invalid:0: expected to listen there, got: "),
        (["--discovery", str(file / "x.json")], "expected to write a discovery file, got: "),
    ):
        command = [sys.executable, "-m", "myoshu.cli", "serve", str(bundle), "--log", "error", *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 2
        (line,) = done.stderr.splitlines()
        assert said in line
    assert not other.exists()
    assert file.read_text() == "mine"
    assert stat.S_IMODE(unix.stat().st_mode) == 0o600
    with remote.connect(here) as client, remote.connect(f"unix://{unix}") as second:
        assert client.ping() > 0.0
        assert second.ping() > 0.0


def test_a_socket_that_a_killed_server_left_is_taken(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    unix = tmp_path / "socket"
    first = start("--unix", str(unix))
    first.kill()
    first.wait(60)
    start("--unix", str(unix))
    with remote.connect(f"unix://{unix}") as client:
        assert client.ping() > 0.0


def test_a_child_process_speaks_on_its_standard_streams(bundle: Path) -> None:
    command = [sys.executable, "-m", "myoshu.cli", "serve", str(bundle), "--stdio", "--log", "error"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        connection = Connection(Role.PLAYER, dials=True)

        def hear() -> Message:
            assert process.stdout is not None
            while (event := connection.next()) is None:
                data = os.read(process.stdout.fileno(), 65536)
                assert data
                connection.feed(data)
            assert isinstance(event, Message)
            return event

        process.stdin.write(connection.send(Hello(proto=(1, 1), role="player")))
        process.stdin.flush()
        assert isinstance(hear(), Welcome)
        process.stdin.write(connection.send(Open(id=1, seed=1)))
        observation = Tensor.of(np.zeros(27, np.float32))
        process.stdin.write(connection.send(Think(id=2, session=0, obs=observation, simulations=4)))
        process.stdin.flush()
        hear()
        result = hear()
        assert isinstance(result, Result)
        assert result.simulations == 4
        process.stdin.write(connection.send(Bye()))
        process.stdin.close()
        assert process.wait(20) == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--cert", "x.pem"], "--cert, --key: expected both or neither, got one"),
        (["--cert", "x.pem", "--key", "y.pem"], "expected a PEM certificate and its key, got"),
    ],
)
def test_bad_options_are_one_line(bundle: Path, options: list[str], said: str) -> None:
    command = [sys.executable, "-m", "myoshu.cli", "serve", str(bundle), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert said in done.stderr


def test_the_same_name_twice_is_refused(bundle: Path) -> None:
    command = [sys.executable, "-m", "myoshu.cli", "serve", str(bundle), str(bundle)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert "expected files of different names" in done.stderr
