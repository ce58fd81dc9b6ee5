"""What the tests of the bindings share: a real server, and what Python plays with the same agent."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import myoshu
from myoshu.testing.networks import mlp, write_bundle

Serving = Callable[..., AbstractContextManager[dict[str, Any]]]
JAVASCRIPT = Path(__file__).resolve().parents[2] / "bindings" / "javascript"
TIC_TAC_TOE = Path(__file__).resolve().parents[2] / "demos" / "agents" / "tic_tac_toe.myoshu"
SEED = 11


@contextmanager
def _serving(folder: Path, *bundles: Path, token: str | None = None) -> Iterator[dict[str, Any]]:
    path = folder / "server.json"
    command = [sys.executable, "-m", "myoshu.cli", "serve", *map(str, bundles), "--discovery", str(path)]
    command += ["--websocket", "0", "--provider", "cpu", "--log", "error"]
    environment = {name: held for name, held in os.environ.items() if name != "MYOSHU_TOKEN"}
    environment |= {"OMP_NUM_THREADS": "1"} | ({} if token is None else {"MYOSHU_TOKEN": token})
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        assert "Serving" in process.stdout.readline()
        try:
            yield {**json.loads(path.read_text()), "discovery": str(path)}
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture(scope="session")
def serving() -> Serving:
    """``myoshu serve`` as a process, for as long as a block lasts: folder, bundles, token.

    What comes is what its discovery file says, and ``discovery``, where that is.
    """
    return _serving


@pytest.fixture(scope="session")
def small_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An agent of random weights: 27 inputs, 9 actions."""
    return write_bundle(tmp_path_factory.mktemp("bundle") / "agent.myoshu", mlp(27, 9, 16))


@pytest.fixture(scope="session")
def given(small_bundle: Path, serving: Serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A server with that agent, and moves that Python plays with it: what every client must play too."""
    rng = np.random.default_rng(5)
    observations = rng.standard_normal((6, 27)).astype(np.float32)
    legal = [sorted(rng.choice(9, size=rng.integers(2, 9), replace=False).tolist()) for _ in observations]
    session = myoshu.load(small_bundle, "cpu").new_session(seed=SEED, temperature=1.0)
    decisions = [
        session.play(observation, legal_actions=actions, limit=myoshu.Limit(simulations=30))
        for observation, actions in zip(observations, legal, strict=True)
    ]
    with serving(tmp_path_factory.mktemp("server"), small_bundle, TIC_TAC_TOE, token="s3cret") as there:
        yield {
            **there,
            "seed": SEED,
            "observations": observations.tolist(),
            "legal": legal,
            "moves": [each.action for each in decisions],
            "visits": [each.visits.tolist() for each in decisions],
        }


@pytest.fixture(scope="session")
def node() -> str:
    """Node, with the packages that the JavaScript binding's lock file names."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is None or npm is None:
        pytest.skip("no node and npm here; on Debian: apt install nodejs npm")
    if not (JAVASCRIPT / "node_modules" / "typescript").is_dir():
        command = [npm, "ci", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=JAVASCRIPT, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, f"npm ci:\n{done.stdout}\n{done.stderr}"
    return found


@pytest.fixture
def trainer(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """A trainer that listens for an engine, and its port; it makes ``learned.myoshu``.

    It learns 40 steps, or as many as the test's parameter says. What it has to tell goes to the file ``told``.
    """
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    command = [sys.executable, "-m", "myoshu.cli", "train", "--listen", f"127.0.0.1:{port}", "--deterministic"]
    command += ["--steps", str(getattr(request, "param", 40)), "--simulations", "4", "--opponent", "random", "--quiet"]
    command += ["--run", str(tmp_path / "run"), "--out", str(tmp_path / "learned.myoshu")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with (
        (tmp_path / "told").open("w") as told,
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=told, text=True) as process,
    ):
        yield port, process
        process.kill()
