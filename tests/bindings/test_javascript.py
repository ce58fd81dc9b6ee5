"""The JavaScript binding: its own tests, with Node's runner, against golden bytes and a real server; its types."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "bindings" / "javascript"
pytestmark = pytest.mark.slow


def run(*command: str, **variables: str) -> str:
    done = subprocess.run(
        command, cwd=PACKAGE, env={**os.environ, **variables}, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def node() -> str:
    """Node, with the packages that the lock file names."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is None or npm is None:
        pytest.skip("no node and npm here; on Debian: apt install nodejs npm")
    if not (PACKAGE / "node_modules" / "typescript").is_dir():
        run(npm, "ci", "--no-audit", "--no-fund")
    return found


def test_the_package_passes_its_own_tests(node: str, given: dict[str, Any], tmp_path: Path) -> None:
    files = [str(path) for path in sorted((PACKAGE / "tests").glob("*.test.js"))]
    there = tmp_path / "given.json"
    there.write_text(json.dumps(given))
    said = run(node, "--test", *files, TESUJI_TEST_SERVER=str(there))
    counts = dict(line.removeprefix("# ").split(" ", 1) for line in said.splitlines() if line.startswith("# "))
    assert int(counts["pass"]) >= 189
    assert int(counts["fail"]) == int(counts["skipped"]) == 0


def test_declarations_are_what_the_compiler_makes_of_the_source(node: str, tmp_path: Path) -> None:
    run(node, "node_modules/typescript/bin/tsc", "--outDir", str(tmp_path))
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    held = {path.name: path.read_text() for path in (PACKAGE / "types").iterdir()}
    assert made == held, "npm run types makes them anew"
