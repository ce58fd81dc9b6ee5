"""The C library: its own tests under sanitizers, golden bytes, a real server, trainers, and peers that die."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pytest
from tests.unit.client.test_exchanges import SCRIPTS, ScriptedAgent

import myoshu
from myoshu.client.address import Address
from myoshu.client.asking import with_id
from myoshu.client.environment_checks import EnvironmentChecks
from myoshu.client.raw_talk import RawTalk
from myoshu.client.sync.link import Link
from myoshu.errors import GameError, IllegalActionError, RequestError
from myoshu.planes import Planes, planes_of
from myoshu.protocol import Role
from myoshu.protocol.messages import Bye, EnvSpec, Error, Ping, Reset, Spec, States, Step
from myoshu.spec import Movers
from myoshu.testing.games import check_game
from myoshu.testing.networks import mlp, write_bundle
from myoshu_engines import load_game
from myoshu_engines.remote import RemoteGame

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "bindings" / "c"
VECTORS = ROOT / "tests" / "vectors" / "protocol"
TOOLS = ("cc", "c++", "make")
Run = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., tuple[subprocess.Popen[str], int]]

pytestmark = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in TOOLS), reason=f"needs {', '.join(TOOLS)} (Debian: apt install g++ make)"
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with everything, built with sanitizers and with warnings as errors."""
    folder = tmp_path_factory.mktemp("c")
    command = ["make", "--silent", "--jobs=2", "--directory", str(FOLDER), f"BUILD={folder}", "check"]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    assert made.stderr == ""
    return folder / "sanitized"


@pytest.fixture
def run(built: Path) -> Run:
    def start(name: str, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        said = environment.pop("stdin", None)
        return subprocess.run(
            [built / name, *map(str, arguments)], input=said, capture_output=True, text=True, check=False, timeout=120,
            env=os.environ | environment,
        )  # fmt: skip

    return start


@pytest.fixture
def start(built: Path) -> Iterator[Start]:
    """Starts an engine; its process and its port. In the end it stops on a signal, in peace."""
    running: list[subprocess.Popen[str]] = []

    def begin(name: str, *arguments: object, **environment: str) -> tuple[subprocess.Popen[str], int]:
        process = subprocess.Popen(
            [built / name, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=os.environ | environment,
        )  # fmt: skip
        running.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        return process, int(line.rpartition(":")[2])

    yield begin
    for process in running:
        with process:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            said, wrong = process.communicate(timeout=30)
            if process.returncode != -signal.SIGKILL:
                assert (process.returncode, wrong) == (0, ""), said + wrong


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("bundles")
    mlps = (("mlp", mlp(27, 9, 16)), ("other", mlp(27, 9, 16, seed=5)))
    first, second = (write_bundle(folder / f"{name}.myoshu", network) for name, network in mlps)
    return first, second


@pytest.fixture(scope="module")
def there(bundles: tuple[Path, Path], serving: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """What the discovery file of a server with both agents says; it wants a token."""
    with serving(tmp_path_factory.mktemp("server"), *bundles, token='s3c"ret \\ ü') as found:
        yield found


# The library alone.


def test_golden_frames_are_read_written_again_and_refused(run: Run) -> None:
    done = run("vectors", VECTORS)
    assert done.returncode == 0, done.stdout + done.stderr
    cases = len((VECTORS / "cases.tsv").read_text(encoding="utf-8").splitlines())
    assert done.stdout == f"{cases} cases, 0 wrong\n"


def test_changed_frames_bring_only_documented_errors(run: Run) -> None:
    done = run("fuzz", VECTORS, 10_000)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (found := re.match(r"(\d+) accepted, (\d+) refused; (\d+) conversations, (\d+) replies", done.stdout))
    assert int(found[1]) > 1000
    assert int(found[2]) > 1000
    assert int(found[4]) > 5000


def test_rules_that_cannot_be_served_are_refused(run: Run) -> None:
    done = run("rules", "check")
    assert (done.stdout, done.stderr) == ("0 wrong\n", "")


def test_the_codes_that_a_fuzzed_environment_may_say_are_the_protocols() -> None:
    table = (ROOT / "bindings" / "PROTOCOL.md").read_text(encoding="utf-8").split("| code | id | when |")[1]
    documented = set(re.findall(r"^\| `(\w+)` \|", table.split("\n\n")[0], re.MULTILINE))
    listed = re.search(r"codes\[\] = \{(.*?)\}", (FOLDER / "tests" / "fuzz.c").read_text(encoding="utf-8"), re.DOTALL)
    assert listed is not None
    assert set(re.findall(r'"(\w+)"', listed[1])) <= documented


# The client.


def test_everything_that_a_client_does(run: Run, there: dict[str, Any]) -> None:
    done = run("client", there["discovery"], "all")
    assert (done.returncode, done.stdout, done.stderr) == (0, "0 wrong\n", "")


@pytest.fixture(scope="module")
def player(bundles: tuple[Path, Path], serving: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The discovery file of a server with the agent of tic-tac-toe, and one that has no positions."""
    agent = ROOT / "demos" / "agents" / "tic_tac_toe.myoshu"
    with serving(tmp_path_factory.mktemp("server"), agent, bundles[0]) as found:
        yield found["discovery"]


def test_what_a_program_shows_is_checked(run: Run, player: str) -> None:
    done = run("client", player, "check", "right")
    said = "8 positions: the observations are those that the agent learned from"
    assert (done.returncode, done.stdout, done.stderr) == (0, f"0 of 8: {said}\nOK: \n", "")
    done = run("client", player, "check", "raw")
    assert done.stdout.startswith("8 of 8: 8 of 8 positions differ from what the agent learned from: the planes are in")
    assert "the agent's plane 0 (the mover's stones) is your plane 2 (player 0 to move) or 1 (player 1" in done.stdout
    assert (done.returncode, done.stderr) == (0, "")
    done = run("client", player, "check", "right", "mlp")
    assert done.stdout == (
        "0 of 0: nothing was compared with what the agent learned from: its file has no positions that moves alone "
        "bring about\nOK: \n"
    )


def test_a_check_that_cannot_be_made_is_an_error(run: Run, player: str) -> None:
    said = run("client", player, "check", "right", "none").stdout
    assert said == "INVALID: model: expected one of myoshu_models, got none\n"
    assert run("client", player, "check", "failing").stdout.startswith(
        "INVALID: observe: expected 0, got another value"
    )
    assert run("client", player, "check", "nan").stdout.startswith("REFUSED: check.obs.b: expected finite numbers")


def test_the_server_is_found_by_itself(run: Run, there: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "myoshu").mkdir()
    shutil.copy(there["discovery"], tmp_path / "myoshu" / "server.json")
    done = run("client", "", "dial", XDG_RUNTIME_DIR=str(tmp_path))
    assert done.stdout == "thinking\nOK: \n", done.stderr
    done = run("client", "", "dial", XDG_RUNTIME_DIR="", TMPDIR=str(tmp_path))
    assert done.stdout.endswith(
        "expected a server's discovery file, got none: no server is running; "
        "start one with 'myoshu serve AGENT', or give its address\n"
    )


def test_the_same_seed_gives_the_same_moves_as_in_process(
    run: Run, there: dict[str, Any], bundles: tuple[Path, Path]
) -> None:
    session = myoshu.load(bundles[0], "cpu").new_session(seed=7)
    wanted = []
    for row in range(3):
        observation = np.array([(row * 31 + i * 7) % 16 / 8 - 1 for i in range(27)], np.float32)
        decision = session.play(observation, [8, 1, 2, 3, 4, 5, 6, 7], myoshu.Limit(simulations=25))
        wanted.append((decision.action, pytest.approx(decision.value, rel=1e-6), *decision.visits.tolist()))
        session.observe(decision.action)
    done = run("client", there["discovery"], "moves", 7)
    *lines, last = done.stdout.splitlines()
    assert last == "OK: ", done.stderr
    assert [tuple(map(float, line.split())) for line in lines] == wanted


def test_a_wrong_token_and_a_wrong_address_are_told_apart(run: Run, there: dict[str, Any], tmp_path: Path) -> None:
    done = run("client", there["tcp"], "dial")
    assert done.stdout == "REFUSED: hello.token: expected the server's token, got none\n"
    done = run("client", there["tcp"], "dial", TOKEN="another")
    assert done.stdout == "REFUSED: hello.token: expected the server's token, got another\n"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    done = run("client", f"tcp://127.0.0.1:{port}", "dial")
    assert done.stdout == f"LOST: tcp://127.0.0.1:{port}: expected a server, got Connection refused\n"
    for wrong in ("tcp://127.0.0.1", "tcp://127.0.0.1:0", "http://127.0.0.1:1", "ws://127.0.0.1:1", "unix://"):
        done = run("client", wrong, "dial")
        assert done.stdout.startswith("INVALID: address: expected one such as tcp://127.0.0.1:7777"), wrong
        assert done.stdout.endswith(f"got {wrong}\n")
    for text in (
        "{",
        '{"tcp": "tcp://127.0.0.1:1"} x',
        '{"tcp": "\\ud800"}',
        "[1]",
        '{"a": [[1, {"b": nul',
        "\0",
        "{}",
    ):
        (tmp_path / "damaged.json").write_text(text, encoding="utf-8")
        done = run("client", tmp_path / "damaged.json", "dial")
        assert done.stdout.startswith(f"LOST: {tmp_path}/damaged.json: expected a"), text
        assert done.stderr == ""


@pytest.mark.parametrize("script", SCRIPTS, ids=[script["name"] for script in SCRIPTS])
def test_a_client_keeps_to_the_script(run: Run, script: dict[str, Any]) -> None:
    agent = ScriptedAgent(script)
    names = [_named(call) for call in script["calls"]]
    done = run("client", agent.url, "calls", ",".join(names), TIMEOUT="10", PATIENCE="1")
    agent.join()
    wanted = []
    for call in script["calls"]:
        outcome = {key: value for key, value in call.items() if key not in ("do", "legal", "moves")}
        word = "action" if "action" in outcome else next(iter(outcome))
        wanted.append(
            {"ok": "ok", "lost": "lost", "broken": "broken", "error": f"error {outcome.get('error')}",
             "action": f"action {outcome.get('action')} infos {outcome.get('infos')}"}[word]
        )  # fmt: skip
    assert done.stdout.splitlines() == wanted
    assert (done.returncode, done.stderr) == (0, "")


def _named(call: dict[str, Any]) -> str:
    """A call as the test program takes it."""
    if "moves" in call:
        return f"{call['do']}:{call['moves']}"
    if "legal" in call:
        return f"{call['do']}:{';'.join(map(str, call['legal']))}"
    return "think_aloud" if call.get("infos") else str(call["do"])


@contextlib.contextmanager
def _peer(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that does something with its first connection, whatever comes of it; its address."""

    def serve() -> None:
        with contextlib.suppress(OSError):
            held, _ = listener.accept()
            with held:
                held.settimeout(20)
                talk(held)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"
    thread.join(30)
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
        begin = time.monotonic()
        done = run("client", url, "dial", TIMEOUT="2", PATIENCE="-1")
    assert said in done.stdout, done.stdout
    assert done.stderr == ""
    assert time.monotonic() - begin < 15.0


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
    command = [built / "client", relay.url, "long", "1.5"]
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
            [built / "client", found["tcp"], "long", "30"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=os.environ | {"PATIENCE": "0.5"},
        )  # fmt: skip
        with process:
            assert process.stdout is not None
            assert process.stdout.readline() == "thinking\n"
            os.kill(found["pid"], signal.SIGKILL)
            begin = time.monotonic()
            said, wrong = process.communicate(timeout=60)
            assert time.monotonic() - begin < 10.0
    assert said.startswith(f"LOST: {found['tcp']}: expected a server, got Connection refused\n"), said
    assert (wrong, process.returncode) == ("", 1)


def test_it_works_in_cxx(run: Run, there: dict[str, Any]) -> None:
    done = run("example_in_cxx", there["discovery"])
    assert re.fullmatch(r"python:nowhere:Nothing: action \d of 9\n", done.stdout), done.stdout + done.stderr


def test_the_example_of_the_page_plays_a_game(run: Run, serving: Any, tmp_path: Path) -> None:
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    source = (FOLDER / "examples" / "tic_tac_toe.c").read_text(encoding="utf-8")
    assert f"```c\n{source}```" in page
    with serving(tmp_path, ROOT / "demos" / "agents" / "tic_tac_toe.myoshu") as found:
        done = run("tic_tac_toe", found["discovery"])
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("A draw\n")
    assert done.stdout.count("plays") == 9


# The environment.


def test_an_engine_keeps_to_the_protocol(start: Start) -> None:
    _, port = start("dots_engine", MYOSHU_TOKEN="s3cret")
    outcomes = list(EnvironmentChecks(Address.of(f"tcp://127.0.0.1:{port}"), "s3cret").run())
    assert [outcome for outcome in outcomes if outcome.result != "ok"] == []
    assert len(outcomes) > 20


def test_dots_and_boxes_is_the_game_that_openspiel_has(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MYOSHU_TOKEN", raising=False)
    _, port = start("dots_engine")
    ours, theirs = load_game(f"tcp://127.0.0.1:{port}"), load_game("openspiel:dots_and_boxes(num_rows=2,num_cols=2)")
    assert isinstance(ours, RemoteGame)
    spec = ours.spec
    assert (spec.players, spec.actions, spec.observation, spec.returns) == (2, 12, (20,), (-1.0, 1.0))
    assert (spec.zero_sum, spec.movers, spec.final_rewards_only, spec.max_length) == (True, Movers.PREDICTED, True, 12)
    check_game(ours, games=3)
    rng = np.random.default_rng(1)
    for _ in range(20):
        mine, other = ours.new_state(rng), theirs.new_state(rng)
        while not other.is_terminal():
            assert list(mine.legal_actions()) == list(other.legal_actions())
            assert mine.to_play() == other.to_play()
            action = int(rng.choice(mine.legal_actions()))
            assert ours.action_name(mine, action) == "abcdefghijkl"[action]
            assert mine.apply(action).tolist() == other.apply(action).tolist()
        assert mine.is_terminal()
    assert str(ours.new_state(rng)) == "+ a + b +\ng   h   i\n+ c + d +\nj   k   l\n+ e + f +"
    ours.close()


@pytest.mark.parametrize(
    ("seed", "actions", "said"),
    [
        (1, [], "begin: expected it to succeed for the seed, got 1"),
        (2, [1], "play: expected it to succeed and rewards to be finite for the action, got 1"),
        (3, [1], "look: expected a legal action in a game that goes on, got 0"),
        (4, [], "look: expected a finite observation, got 0"),
        (5, [], "look: expected a player to move, got 2"),
        (7, [0], "play: expected it to succeed and rewards to be finite for the action, got 0"),
    ],
)
def test_rules_that_fail_are_told_of_and_spoil_nothing(start: Start, seed: int, actions: list[int], said: str) -> None:
    _, port = start("rules")
    link = Link(Address.of(f"tcp://127.0.0.1:{port}"), Role.TRAINER)
    assert link.ask(with_id(EnvSpec), Spec).slots == 8
    states = link.ask(with_id(Reset, slots=(5, 2), seeds=(seed, 1000)), States)
    for action in actions:
        assert states.errors is None
        states = link.ask(with_id(Step, slots=(5, 2), actions=(action, 0)), States)
    assert states.errors is not None
    (error,) = states.errors
    assert (error.slot, error.code, error.msg) == (5, "environment", f"slot 5: {said}")
    assert states.obs.array()[1].tolist() == [len(actions), 0.0]
    assert states.legal[1] == 0b0111
    again = link.ask(with_id(Step, slots=(5,), actions=(0,)), States)
    assert again.errors is not None
    assert again.errors[0].code == "ended"
    link.close()


def test_games_that_are_cut_off_and_requests_that_are_wrong(start: Start) -> None:
    _, port = start("rules", TOKEN="s3cret")
    link = Link(Address.of(f"tcp://127.0.0.1:{port}"), Role.TRAINER, token="s3cret")
    link.ask(with_id(Reset, slots=(0,), seeds=(6,)), States)
    states = link.ask(with_id(Step, slots=(0,), actions=(0,)), States)
    assert (states.truncated, states.terminated, states.legal) == ((True,), (False,), b"\0")
    states = link.ask(with_id(Reset, slots=(1,), seeds=(9,), moves=((0, 3),)), States)
    assert states.errors is not None
    assert (states.errors[0].code, states.errors[0].msg) == (
        "illegal_action", "slot 1: action: expected a legal one, got 3",
    )  # fmt: skip
    with pytest.raises(RequestError, match=r"reset\.slots: expected slots below 8, got 8"):
        link.ask(with_id(Reset, slots=(8,), seeds=(1,)), States)
    link.close()
    with pytest.raises(RequestError, match=r"hello\.token: expected the environment's token, got another"):
        Link(Address.of(f"tcp://127.0.0.1:{port}"), Role.TRAINER, token="another")


def test_a_trainer_that_is_silent_is_asked_and_then_left(start: Start) -> None:
    _, port = start("rules")
    with RawTalk(Address.of(f"tcp://127.0.0.1:{port}"), 10.0) as talk:
        talk.hello(heartbeat=1.0)
        ping = talk.hear()
        assert isinstance(ping, Ping)
        talk.say({"t": "pong", "id": ping.id})
        assert isinstance(talk.hear(), Ping)
        error = talk.hear()
        assert isinstance(error, Error)
        assert (error.code, error.msg) == ("timeout", "connection: expected an answer to a ping, got none")
        assert talk.ended()


def test_a_trainer_that_does_not_read_is_not_read_from(start: Start) -> None:
    process, port = start("rules")
    with RawTalk(Address.of(f"tcp://127.0.0.1:{port}"), 10.0) as talk:
        talk.hello(heartbeat=0.0)
        request = talk.pack({"t": "reset", "id": 1, "slots": list(range(8)), "seeds": list(range(1000, 1008))})
        with socket.create_connection(("127.0.0.1", port), 10) as held:
            hello = msgpack.packb({"t": "hello", "proto": [1, 1], "role": "trainer", "heartbeat": 0.0})
            held.sendall(struct.pack("<I", len(hello)) + hello)
            held.settimeout(0.5)
            sent = 0
            with contextlib.suppress(TimeoutError):
                while sent < 1 << 26:
                    sent += held.send(request * 1000)
            assert sent < 1 << 26
            assert isinstance(talk.ask({"t": "env_spec", "id": 2}), Spec)  # others are served on
            resident = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            assert resident < 1 << 29  # of which the sanitizer keeps up to 256 MiB that were freed
            held.settimeout(10)
            heard = 0
            while heard < 1 << 20:
                heard += len(held.recv(1 << 16))


def test_an_engine_that_was_killed_is_waited_for(start: Start) -> None:
    process, port = start("dots_engine")
    address = Address.of(f"tcp://127.0.0.1:{port}")
    game = RemoteGame(address, patience=20.0)
    state = game.new_state(np.random.default_rng(0))
    state.apply(3)
    process.kill()
    process.wait()
    timer = threading.Timer(0.5, start, ("dots_engine", port))
    timer.start()
    state.apply(0)
    timer.join()
    assert state.history == [3, 0]
    with pytest.raises(IllegalActionError):
        state.apply(3)
    game.close()


def test_an_engine_says_what_its_observations_hold(start: Start) -> None:
    _, port = start("rules")
    address = Address.of(f"tcp://127.0.0.1:{port}")
    game = RemoteGame(address)
    assert planes_of(game) == Planes(words=("moves played", "the seed modulo 1000"), layout="two numbers")
    game.close()


def test_an_engine_says_goodbye(start: Start) -> None:
    process, port = start("rules")
    with RawTalk(Address.of(f"tcp://127.0.0.1:{port}"), 10.0) as talk:
        talk.hello()
        talk.ask({"t": "reset", "id": 1, "slots": [0, 1], "seeds": [9, 9]})
        process.send_signal(signal.SIGTERM)
        assert isinstance(talk.hear(), Bye)
        assert talk.ended()
    assert process.wait(20) == 0
    assert process.stdout is not None
    assert process.stdout.readline() == "0 games are still held\n"


def test_an_engine_that_is_not_there_is_said(built: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(GameError, match="Connection refused"):
        load_game(f"tcp://127.0.0.1:{port}")


def test_an_engine_that_connects_to_the_trainer_is_learned_from(
    run: Run, trainer: tuple[int, subprocess.Popen[str]], tmp_path: Path
) -> None:
    port, process = trainer
    done = run("dots_engine", "--join", f"tcp://127.0.0.1:{port}")  # waits for the trainer, which starts up
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, out + err
    assert myoshu.load(tmp_path / "learned.myoshu", "cpu").game.name == "c:dots_and_boxes"


def test_an_engine_that_was_killed_connects_again_and_training_goes_on(
    built: Path, run: Run, trainer: tuple[int, subprocess.Popen[str]], tmp_path: Path
) -> None:
    port, process = trainer
    with subprocess.Popen([built / "dots_engine", "--join", f"tcp://127.0.0.1:{port}"]) as first:
        metrics = tmp_path / "run" / "metrics.csv"
        while not (metrics.exists() and metrics.read_text().count("\n") > 1):  # until it learns
            assert process.poll() is None
            time.sleep(0.02)
        first.send_signal(signal.SIGKILL)
    assert run("dots_engine", "--join", f"tcp://127.0.0.1:{port}").returncode == 0
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, out + err


def test_a_trainer_that_refuses_or_never_comes_is_said(run: Run, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    nobody = run("dots_engine", "--join", address, "0.3")
    assert nobody.returncode == 1
    assert "Connection refused" in nobody.stderr
    nowhere = run("dots_engine", "--join", "http://127.0.0.1", "0.3")
    assert nowhere.returncode == 1
    assert "address: expected" in nowhere.stderr
    command = [sys.executable, "-m", "myoshu.cli", "train", "--listen", f"127.0.0.1:{port}", "--steps", "1", "--quiet"]
    command += ["--run", str(tmp_path / "run"), "--out", str(tmp_path / "dots.myoshu")]
    with subprocess.Popen(command, env={**os.environ, "MYOSHU_TOKEN": "secret"}) as process:
        refused = run("dots_engine", "--join", address)
        process.kill()
    assert refused.returncode == 1
    assert refused.stderr == "hello.token: expected the server's token, got none\n"


@pytest.mark.slow
def test_dots_and_boxes_is_learned_served_and_played_at_the_terminal(
    start: Start, run: Run, serving: Any, tmp_path: Path
) -> None:
    _, port = start("dots_engine", MYOSHU_TOKEN="s3cret")
    bundle = tmp_path / "dots.myoshu"
    command = [sys.executable, "-m", "myoshu.cli", "train", f"tcp://127.0.0.1:{port}", "--deterministic", "--quiet"]
    command += ["--steps", "2", "--simulations", "2", "--run", str(tmp_path / "run"), "--out", str(bundle)]
    environment = os.environ | {"MYOSHU_TOKEN": "s3cret", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, env=environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with serving(tmp_path, bundle) as found:
        played = run(
            "dots_play", found["discovery"], stdin="?\n" + "".join(f"{side}\n" for side in "abcdefghijkl" * 12)
        )
        watched = run("dots_play", "--second", found["discovery"], stdin="")
        measured = run("dots_measure", 2, found["discovery"])
    assert (played.returncode, played.stderr) == (0, "")
    assert "Expected one of the letters on the board" in played.stdout
    assert re.search(r"The agent draws [a-l] \(it expects [+-]\d\.\d\d after \d+ simulations\)", played.stdout)
    assert played.stdout.splitlines()[-1] in ("You win.", "The agent wins.", "A draw.")
    assert (watched.returncode, watched.stderr) == (1, "")  # nobody typed anything
    assert "The agent draws" in watched.stdout
    lines = re.findall(r"(\w+) +play, the agent moves (\w+) *: (\d+) won, (\d+) drawn, (\d+) lost", measured.stdout)
    assert [line[:2] for line in lines] == [
        (who, when) for who in ("random", "perfect") for when in ("first", "second")
    ]
    assert all(sum(map(int, line[2:])) == 2 for line in lines), measured.stdout + measured.stderr
