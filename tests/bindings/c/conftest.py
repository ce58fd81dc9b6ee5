"""The C library and its programs, built once with sanitizers, and a server for them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from myoshu.testing.networks import mlp, write_bundle

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "bindings" / "c"
TOOLS = ("cc", "c++", "make")
Run = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., tuple[subprocess.Popen[str], int]]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with everything, built with sanitizers and with warnings as errors."""
    if any(shutil.which(tool) is None for tool in TOOLS):
        pytest.skip(f"needs {', '.join(TOOLS)} (Debian: apt install g++ make)")
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
            [built / name, *map(str, arguments)], input=said, capture_output=True, text=True, check=False, timeout=500,
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


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("bundles")
    mlps = (("mlp", mlp(27, 9, 16)), ("other", mlp(27, 9, 16, seed=5)))
    first, second = (write_bundle(folder / f"{name}.myoshu", network) for name, network in mlps)
    return first, second


@pytest.fixture(scope="session")
def there(bundles: tuple[Path, Path], serving: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """What the discovery file of a server with both agents says; it wants a token."""
    with serving(tmp_path_factory.mktemp("server"), *bundles, token='s3c"ret \\ ü') as found:
        yield found
