"""The verbs that look at a bundle, and the command line around all verbs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import myoshu
from myoshu.cli import VERBS, app
from myoshu.testing.networks import mlp, write_bundle


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("bundle") / "small.myoshu", mlp(6, 3, 4))


def run(*arguments: str | Path) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_inspect_tells_what_it_is(bundle: Path) -> None:
    text = run("inspect", bundle)
    for expected in (
        "small.myoshu",
        "python:nowhere:Nothing",
        "zero-sum",
        "gumbel, 16 simulations",
        "made_by",
        "recurrent",
    ):
        assert expected in text


def test_inspect_prints_json_for_programs(bundle: Path) -> None:
    manifest = json.loads(run("inspect", bundle, "--json"))
    assert manifest["game"]["actions"] == 3
    assert manifest["format"] == 1


def test_doctor_finds_a_sound_bundle_sound(bundle: Path) -> None:
    text = run("doctor", bundle)
    assert f"myoshu {myoshu.__version__}" in text
    assert "cpu: right;" in text


def test_doctor_fails_where_a_provider_does(bundle: Path) -> None:
    result = CliRunner().invoke(app, ["doctor", str(bundle), "--provider", "cuda", "--provider", "cpu"])
    assert result.exit_code == 1
    assert "cuda: not to be trusted" in result.stdout
    assert "cpu: right" in result.stdout


def test_bench_measures_one_and_many(bundle: Path) -> None:
    lines = run("bench", bundle, "--seconds", "0.05", "--simulations", "8", "--trees", "4").splitlines()
    assert len(lines) == 3
    assert "    1 tree " in lines[1]
    assert "    4 trees" in lines[2]
    assert all("simulations/s" in line for line in lines[1:])


def test_help_lists_every_verb() -> None:
    text = run("--help")
    assert all(verb in text for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_explains_itself_with_examples(verb: str) -> None:
    text = run(verb, "--help")
    assert "Examples" in text
    assert f"myoshu {verb} " in text


def test_the_version_is_the_packages() -> None:
    assert run("--version") == f"myoshu {myoshu.__version__}\n"


def test_an_error_is_one_line_and_a_code(tmp_path: Path) -> None:
    (tmp_path / "bad.myoshu").write_text("no bundle")
    done = subprocess.run(
        [sys.executable, "-m", "myoshu.cli", "inspect", "bad.myoshu"],
        capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("myoshu: bad.myoshu: archive: expected")
    assert done.stderr.count("\n") == 1


def test_a_missing_extra_is_named(bundle: Path) -> None:
    program = (
        "import sys\n"
        "sys.modules['pyspiel'] = None\n"
        "from myoshu.cli import main\n"
        "sys.argv = ['myoshu', 'match', 'random', 'random', '--game', 'openspiel:tic_tac_toe']\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "myoshu[openspiel]" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_provider_passed_over_is_one_line(bundle: Path) -> None:
    program = (
        "import sys, myoshu\n"
        "load = myoshu.load\n"
        "myoshu.load = lambda path, provider, **more: load(path, ['cuda', 'cpu'], **more)\n"
        "from myoshu.cli import main\n"
        f"sys.argv = ['myoshu', 'bench', {str(bundle)!r}, '--seconds', '0.01']\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("myoshu: warning: cuda is passed over for cpu:")
    assert done.stderr.count("\n") == 1
