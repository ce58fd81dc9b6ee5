"""The verbs that look at a bundle, and the command line around all verbs."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

import myoshu
from myoshu.cli import VERBS, app
from myoshu.cli._console import plain
from myoshu.planes import planes_of
from myoshu.runtime.bundle import Bundle
from myoshu.runtime.example_games import find_positions
from myoshu.runtime.positions import Position
from myoshu.testing.networks import game_for, mlp, write_bundle
from myoshu.training.presets import preset_names
from myoshu_engines import load_game


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
        "latent 4, action int64 → next_latent 4, prior 3, value 1",
        "recurrent",
    ):
        assert expected in text


def test_inspect_lays_settings_out_one_a_line(bundle: Path, tmp_path: Path) -> None:
    odd = {"learner": {"batch": 256, "deep": {"er": {"still": {"more": 1}}}}, "bad": "a\x1b[2J\nb"}
    provenance = {"date": "today", "config": {"seed": 1, "until": None, **odd}}
    plain_one = Bundle.read(bundle)
    manifest = msgspec.structs.replace(plain_one.manifest, provenance=provenance)
    file = tmp_path / "laid_out.myoshu"
    Bundle.write(file, manifest=manifest, graphs=plain_one.graphs, parity=plain_one.parity)
    text = run("inspect", file)
    lines = [line.split(maxsplit=1) for line in text.splitlines()]
    for expected in (["seed", "1"], ["until", "none"], ["learner.batch", "256"], ["date", "today"], ["Config"]):
        assert expected in lines
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) < 240


def test_inspect_prints_json_for_programs(bundle: Path) -> None:
    manifest = json.loads(run("inspect", bundle, "--json"))
    assert manifest["game"]["actions"] == 3
    assert manifest["format"] == 1


def test_doctor_finds_a_sound_bundle_sound(bundle: Path) -> None:
    text = run("doctor", bundle)
    assert f"myoshu {myoshu.__version__}" in text
    assert "cpu: right;" in text


def test_doctor_says_where_searches_wait_for_the_interpreter(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "interpreter" not in run("doctor", bundle, "--provider", "cpu")
    monkeypatch.setattr("myoshu.runtime.evaluators.onnx_library.in_wheel", lambda: None)
    text = run("doctor", bundle, "--provider", "cpu")
    assert (
        "an evaluation; searches wait for the interpreter, since the installed ONNX Runtime has no shared lib" in text
    )


def test_doctor_fails_where_a_provider_does(bundle: Path) -> None:
    result = CliRunner().invoke(app, ["doctor", str(bundle), "--provider", "cuda", "--provider", "cpu"])
    assert result.exit_code == 1
    assert "cuda: not to be trusted" in result.stdout
    assert "cpu: right" in result.stdout


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An agent with positions of a game that OpenSpiel has."""
    game = load_game("openspiel:tic_tac_toe")
    path = tmp_path_factory.mktemp("bundle") / "shown.myoshu"
    positions, planes = find_positions(game), planes_of(game)
    return write_bundle(path, mlp((3, 3, 3), 9, 4), game=game.spec, positions=positions, planes=planes)


def test_inspect_tells_what_an_observation_holds(shown: Path, bundle: Path) -> None:
    text = run("inspect", shown)
    assert "0       the mover's stones" in text
    assert "layout  row 0 is the top" in text
    assert "positions" in text
    assert "Observation" not in run("inspect", bundle)


def test_doctor_compares_the_agents_own_game(shown: Path, bundle: Path) -> None:
    text = run("doctor", shown)
    assert "positions: 8; the network's answers are those noted" in text
    assert "openspiel:tic_tac_toe: right; 8 positions: the observations are those that the agent learned from" in text
    assert "positions: the file has none" in run("doctor", bundle)


OTHER = """
import myoshu_engines
import numpy as np

class Raw:
    def __init__(self):
        self._game = myoshu_engines.load_game("openspiel:tic_tac_toe")
        self.spec = self._game.spec
    def action_name(self, state, action):
        return str(action)
    def new_state(self, rng):
        return _State(self._game.new_state(rng))

class _State:
    def __init__(self, state):
        self._state = state
    def __getattr__(self, name):
        return getattr(self._state, name)
    def __str__(self):
        return str(self._state)
    def clone(self):
        return _State(self._state.clone())
    def observation(self):
        if self.is_terminal():
            return np.zeros((3, 3, 3), np.float32)
        return np.array(self._state.spiel.observation_tensor(), np.float32).reshape(3, 3, 3)
"""


def test_doctor_says_that_another_game_shows_something_else(shown: Path, tmp_path: Path) -> None:
    path = tmp_path / "raw.py"
    path.write_text(OTHER)
    result = CliRunner().invoke(app, ["doctor", str(shown), "--game", f"python:{path}:Raw"])
    assert result.exit_code == 1, result.output
    assert "8 of 8 positions differ from what the agent learned from: the planes are in another order" in result.stdout
    result = CliRunner().invoke(app, ["doctor", str(shown), "--game", "openspiel:connect_four"])
    assert result.exit_code == 1
    assert "the legal actions were 0, 1, 2, 3, 4, 5, 6, 7, … (9), here 0, 1, 2, 3, 4, 5, 6" in result.stdout


def test_doctor_runs_no_program_because_a_file_names_it(tmp_path: Path) -> None:
    module = tmp_path / "evil.py"
    module.write_text("raise SystemExit('it ran')")
    network = mlp(6, 3, 4)
    spec = msgspec.structs.replace(game_for(network.model), name=f"python:{module}:Game")
    position = Position((), 0, False, 0, (0, 1), np.ones(6, np.float32))
    path = write_bundle(tmp_path / "named.myoshu", network, game=spec, positions=[position])
    text = run("doctor", path)
    assert f"python:{module}:Game: not compared; --game python:{module}:Game loads it and does" in text
    unknown = msgspec.structs.replace(spec, name="openspiel:no_such_game")
    path = write_bundle(tmp_path / "unknown.myoshu", network, game=unknown, positions=[position])
    assert "openspiel:no_such_game: not compared; game: OpenSpiel does not know" in run("doctor", path)


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


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_help_has_a_short_name_and_flows(verb: str) -> None:
    words = [verb] if verb else []
    text = run(*words, "-h")
    assert text == run(*words, "--help")
    assert "-h" in text


@pytest.mark.parametrize("verb", VERBS)
def test_examples_are_not_broken(verb: str) -> None:
    """Eighty columns hold every example: what a terminal breaks cannot be copied."""
    from myoshu import cli

    epilog = importlib.import_module(f"myoshu.cli.{verb.replace('-', '_')}").EPILOG
    assert max(map(len, (line for line in epilog.splitlines() if line.startswith("  ")))) <= 78
    for paragraph in cli._flowing(epilog).split("\n\n"):
        assert "\n" not in paragraph.strip() or "\\\n" in paragraph


def test_paragraphs_flow_and_what_is_indented_stays() -> None:
    from myoshu import cli

    assert cli._flowing("One\ntwo.\n\nThree\nfour:\n\n  a \\\n    b") == "One two.\n\nThree four:\n\n  a \\\n    b"


@pytest.mark.parametrize(
    ("typed", "said"),
    [("trian", "did you mean 'train'?"), ("mach", "did you mean 'match'?"), ("xyzzy", "there are train")],
)
def test_a_verb_that_is_misspelt_is_suggested(typed: str, said: str) -> None:
    result = CliRunner().invoke(app, [typed])
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.replace("│", " ").split())


def test_the_presets_that_help_names_are_those_there_are() -> None:
    named = re.search(
        r"Settings to start from: (.*?)\. \[default", " ".join(run("train", "-h").replace("│", " ").split())
    )
    assert named is not None
    assert re.split(r", | or ", named[1]) == preset_names()


def test_completion_knows_the_verbs() -> None:
    environment = {**os.environ, "_MYOSHU_COMPLETE": "complete_bash", "COMP_WORDS": "myoshu t", "COMP_CWORD": "1"}
    program = "import sys; sys.argv = ['myoshu']; from myoshu.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False)
    assert done.stdout.split() == ["train"]


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "iso8859-15", "utf-8"])
@pytest.mark.parametrize(
    "words",
    [
        ("match", "perfect", "random", "--game", "openspiel:tic_tac_toe", "--games", "4"),
        ("match", "-h"),
        ("inspect", ""),
    ],
    ids=["a match", "help", "inspect"],
)
def test_no_result_is_lost_where_characters_are_few(bundle: Path, encoding: str, words: tuple[str, ...]) -> None:
    program = "import sys; from myoshu.cli import main; sys.argv[0] = 'myoshu'; main()"
    arguments = [sys.executable, "-c", program, *(word or str(bundle) for word in words)]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(arguments, capture_output=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode(encoding)
    assert any(expected in text for expected in ("Elo difference", "Play a match", "Files"))
    if encoding == "utf-8":
        assert "?" not in text


@pytest.mark.parametrize(
    ("letter", "expected"),
    [("∞", "inf"), ("–", "-"), ("½", "1/2"), ("µ", "u"), ("╭", "+"), ("█", "#"), ("é", "e"), ("²", "2"), ("妙", "?")],
)
def test_what_is_written_instead_is_plain(letter: str, expected: str) -> None:
    assert plain(letter) == expected
