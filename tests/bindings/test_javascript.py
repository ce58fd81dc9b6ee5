"""The JavaScript binding: its own tests, with Node's runner, against golden bytes and a real server; its types."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.measured import rows
from tests.unit.client.test_exchanges import SCRIPTS, ScriptedAgent
from tests.waiting import wait_until

import myoshu
from myoshu.game import apply_all
from myoshu_engines import load_game

PACKAGE = Path(__file__).resolve().parents[2] / "bindings" / "javascript"
pytestmark = pytest.mark.slow


def run(*command: str, **variables: str) -> str:
    done = subprocess.run(
        command, cwd=PACKAGE, env={**os.environ, **variables}, capture_output=True, text=True, timeout=500, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_package_passes_its_own_tests(node: str, given: dict[str, Any], tmp_path: Path) -> None:
    files = [str(path) for path in sorted((PACKAGE / "tests").glob("*.test.js"))]
    there = tmp_path / "given.json"
    there.write_text(json.dumps(given))
    said = run(node, "--test", *files, MYOSHU_TEST_SERVER=str(there))
    counts = dict(line.removeprefix("# ").split(" ", 1) for line in said.splitlines() if line.startswith("# "))
    assert int(counts["pass"]) >= 189
    assert int(counts["fail"]) == int(counts["skipped"]) == 0


@pytest.mark.parametrize("script", SCRIPTS, ids=[script["name"] for script in SCRIPTS])
def test_a_client_keeps_to_the_script(node: str, script: dict[str, Any]) -> None:
    agent = ScriptedAgent(script)
    asked = [{key: call[key] for key in ("do", "infos", "legal", "moves") if key in call} for call in script["calls"]]
    outcomes = json.loads(run(node, "tests/exchange.js", agent.url, json.dumps(asked)))
    agent.join()
    told = [{key: call[key] for key in call if key not in ("do", "legal", "moves")} for call in script["calls"]]
    assert outcomes == told


def test_declarations_are_what_the_compiler_makes_of_the_source(node: str, tmp_path: Path) -> None:
    run(node, "node_modules/typescript/bin/tsc", "--outDir", str(tmp_path))
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    held = {path.name: path.read_text() for path in (PACKAGE / "types").iterdir()}
    assert made == held, "npm run types makes them anew"


def test_it_is_installed_in_a_project_elsewhere_as_the_page_says(
    node: str, given: dict[str, Any], tmp_path: Path
) -> None:
    page = (PACKAGE / "README.md").read_text(encoding="utf-8")
    (install,) = [block for block in re.findall(r"^```sh\n(.*?)^```", page, re.M | re.S) if "npm pack" in block]
    program = re.findall(r"^```js\n(.*?)^```", page, re.M | re.S)[0]
    project, runtime = tmp_path / "project", tmp_path / "runtime"
    project.mkdir()
    (runtime / "myoshu").mkdir(parents=True)
    shutil.copy(given["discovery"], runtime / "myoshu" / "server.json")
    (project / "move.mjs").write_text(program, encoding="utf-8")
    quiet = {"npm_config_audit": "false", "npm_config_fund": "false", "npm_config_update_notifier": "false"}

    def said(*command: str) -> str:
        environment = {**os.environ, **quiet, "XDG_RUNTIME_DIR": str(runtime)}
        done = subprocess.run(
            command, cwd=project, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    said("npm", "init", "-y")
    for line in install.splitlines():
        said(*line.partition(" #")[0].replace("/path/to/myoshu", str(PACKAGE.parents[1])).split())
    for installed_again in (False, True):
        if installed_again:
            said("npm", "ci")
        assert re.search(r"agent plays [048] of 9 and expects -?\d\.\d\d\n$", said(node, "move.mjs"))
    said("npm", "ls", "--all")
    there = project / "node_modules" / "myoshu"
    assert not there.is_symlink()
    assert (there / "LICENSE").read_text() == (PACKAGE.parents[1] / "LICENSE").read_text()
    assert (there / "types" / "node.d.ts").is_file()
    (imports,) = re.findall(r'<script type="importmap">(.*?)</script>', page, re.S)
    for address in json.loads(imports)["imports"].values():
        assert (project / address.lstrip("/")).is_file()


@pytest.fixture(scope="module")
def engine(node: str) -> Iterator[str]:
    """Address of the example engine: connect four on 5 by 4."""
    command = [node, "examples/connect_four/engine.js"]
    with subprocess.Popen(command, cwd=PACKAGE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


@pytest.fixture
def ours(engine: str) -> Iterator[Any]:
    """The engine's game, as myoshu sees it."""
    with contextlib.closing(load_game(engine)) as game:
        yield game


def test_the_example_engine_has_the_rules_of_openspiel(ours: Any) -> None:
    theirs = load_game("openspiel:connect_four(rows=4,columns=5)")
    assert ours.spec.observation == theirs.spec.observation
    assert ours.planes == ("the mover's stones", "the opponent's stones", "empty cells")
    assert ours.layout == theirs.layout
    rng = np.random.default_rng(2)
    pairs = [(ours.new_state(rng), theirs.new_state(rng)) for _ in range(60)]
    drawn = won = 0
    while pairs:
        for mine, reference in pairs:
            assert list(mine.legal_actions()) == list(reference.legal_actions())
            assert mine.to_play() == reference.to_play()
            np.testing.assert_array_equal(mine.observation(), reference.observation())
        assert str(pairs[0][0]).split() == str(pairs[0][1]).split()
        actions = [int(rng.choice(reference.legal_actions())) for _, reference in pairs]
        paid = apply_all(ours, [mine for mine, _ in pairs], actions)
        for (mine, reference), action, rewards in zip(pairs, actions, paid, strict=True):
            expected = reference.apply(action)
            np.testing.assert_array_equal(rewards, expected)
            assert mine.is_terminal() == reference.is_terminal()
            won += int(expected.any())
            drawn += int(reference.is_terminal() and not expected.any())
        pairs = [pair for pair in pairs if not pair[0].is_terminal()]
    assert won > 10
    assert drawn > 3


def test_an_engine_that_connects_to_the_trainer_is_learned_from(
    node: str, trainer: tuple[int, subprocess.Popen[str]], tmp_path: Path
) -> None:
    port, process = trainer
    said = run(node, "examples/connect_four/engine.js", "--join", str(port))  # waits for the trainer, which starts up
    assert said == "The trainer has learned enough.\n"
    out, _ = process.communicate(timeout=500)
    assert process.returncode == 0, out + (tmp_path / "told").read_text()
    agent = myoshu.load(tmp_path / "learned.myoshu", "cpu")
    assert agent.new_session(seed=1).play(np.zeros((3, 4, 5), np.float32)).action in range(5)


@pytest.mark.parametrize("trainer", [10**6], indirect=True)
def test_an_engine_that_was_killed_connects_again_and_training_goes_on(
    node: str, trainer: tuple[int, subprocess.Popen[str]], tmp_path: Path
) -> None:
    port, process = trainer
    command = [node, "examples/connect_four/engine.js", "--join", str(port)]
    with subprocess.Popen(command, cwd=PACKAGE, stdout=subprocess.PIPE, text=True) as first:
        wait_until(lambda: rows(tmp_path / "run") > 0)
        first.kill()
    with subprocess.Popen(command, cwd=PACKAGE, stdout=subprocess.PIPE, text=True) as second:
        wait_until(lambda: "connected again" in (tmp_path / "told").read_text())
        reached = rows(tmp_path / "run")
        wait_until(lambda: rows(tmp_path / "run") > reached)
        process.send_signal(signal.SIGINT)
        said, _ = second.communicate(timeout=500)
        assert (said, second.returncode) == ("The trainer has learned enough.\n", 0)
    out, _ = process.communicate(timeout=500)
    assert process.returncode == 130, out  # told to stop, it has written its agent
    assert (tmp_path / "learned.myoshu").exists()


def test_a_trainer_that_refuses_or_never_comes_is_said(node: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    script = (
        'import { joinTrainer } from "myoshu";'
        'import { connectFour } from "./examples/connect_four/rules.js";'
        "try { await joinTrainer(connectFour(5, 4), { port: %d, patience: 0.5 }); }"
        "catch (error) { console.log(error.name, error.message); }"
    )
    said = run(node, "--input-type=module", "-e", script % port)
    assert said.startswith(f"ConnectionLostError 127.0.0.1:{port}: expected a trainer, got: connect ECONNREFUSED")
    command = [sys.executable, "-m", "myoshu.cli", "train", "--listen", f"127.0.0.1:{port}", "--steps", "1", "--quiet"]
    command += ["--run", str(tmp_path / "run"), "--out", str(tmp_path / "four.myoshu")]
    with subprocess.Popen(command, env={**os.environ, "MYOSHU_TOKEN": "secret"}) as process:
        said = run(node, "--input-type=module", "-e", script.replace("0.5", "60") % port)
        process.kill()
    assert said.startswith("RequestError unauthorized"), said
