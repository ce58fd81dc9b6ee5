"""The C library alone: golden bytes, and changed ones."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "bindings" / "c"
VECTORS = ROOT / "tests" / "vectors" / "protocol"
Run = Callable[..., subprocess.CompletedProcess[str]]


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
