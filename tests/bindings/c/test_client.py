"""Programs in C that play with an agent on a real server."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.client.test_exchanges import SCRIPTS, ScriptedAgent

import myoshu

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "bindings" / "c"
Run = Callable[..., subprocess.CompletedProcess[str]]


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
