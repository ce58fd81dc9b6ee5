"""A person's own class as a game."""

from __future__ import annotations

import dataclasses
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from myoshu.errors import ArgumentError, GameError, GameStringError
from myoshu.planes import Planes, planes_of
from myoshu.testing.games import check_game
from myoshu.traits import Traits
from myoshu_engines import load_game

DEMO = Path(__file__).parents[3] / "demos" / "three_in_a_row.py"

MINIMAL = '''
import numpy as np
from myoshu.errors import IllegalActionError
from myoshu.spec import GameSpec, Movers

class Pile:
    """Take one or two of five; whoever takes the last wins."""

    def __init__(self):
        self.left, self.player = 5, 0

    def to_play(self):
        return self.player

    def legal_actions(self):
        return list(range(min(2, self.left)))

    def observation(self):
        return np.array([self.left], np.float32)

    def apply(self, action):
        if action not in self.legal_actions():
            raise IllegalActionError(f"action: expected one of {self.legal_actions()}, got {action}")
        self.left -= action + 1
        rewards = np.zeros(2, np.float32)
        if self.left == 0:
            rewards[:] = -1
            rewards[self.player] = 1
        self.player = 1 - self.player
        return rewards

    def is_terminal(self):
        return self.left == 0

    def clone(self):
        twin = Pile()
        twin.left, twin.player = self.left, self.player
        return twin

    def key(self):
        return self.left, self.player

    def __str__(self):
        return "o" * self.left

class TakeAway:
    spec = GameSpec(name="take away", players=2, actions=2, observation=(1,), returns=(-1.0, 1.0), zero_sum=True,
                    movers=Movers.ALTERNATE, final_rewards_only=True, max_length=5)

    def new_state(self, rng):
        return Pile()

    def action_name(self, state, action):
        return f"take {action + 1}"
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a game in it, as take_away.py; everything is undone afterwards."""
    (tmp_path / "take_away.py").write_text(MINIMAL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    monkeypatch.delitem(sys.modules, "take_away", raising=False)
    return tmp_path


@pytest.mark.parametrize("string", ["python:take_away.py:TakeAway", "python:./take_away.py:TakeAway"])
def test_a_class_in_a_file_is_a_game(folder: Path, string: str) -> None:
    game = load_game(string)
    assert game.spec.name == string
    assert game.spec.actions == 2
    state = game.new_state(np.random.default_rng(0))
    assert game.action_name(state, 1) == "take 2"
    check_game(game)


def test_a_class_in_a_module_of_the_working_folder_is_a_game(folder: Path) -> None:
    assert load_game("python:take_away:TakeAway").spec.name == "python:take_away:TakeAway"
    del sys.modules["take_away"]


def test_it_travels_to_another_process(folder: Path) -> None:
    game = load_game("python:take_away.py:TakeAway")
    assert pickle.loads(pickle.dumps(game)).spec == game.spec
    (folder / "game.pickle").write_bytes(pickle.dumps(game))
    program = "import pickle; print(pickle.load(open('game.pickle', 'rb')).spec.name)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == game.spec.name


def test_it_may_be_called_by_another_path_and_no_other_name(folder: Path) -> None:
    game = load_game(f"python:{folder / 'take_away.py'}:TakeAway")
    called = game.called("python:old/take_away.py:TakeAway")  # type: ignore[attr-defined]  # such games have it
    assert called.spec.name == "python:old/take_away.py:TakeAway"
    assert pickle.loads(pickle.dumps(called)).spec == called.spec  # found where it lies, called as before
    with pytest.raises(ArgumentError, match=r"name: expected another string for .*, got 'python:take.py:TakeAway'"):
        game.called("python:take.py:TakeAway")  # type: ignore[attr-defined]  # as above


def test_a_class_says_whether_something_is_hidden(folder: Path) -> None:
    assert not load_game("python:take_away.py:TakeAway").spec.hidden_information
    (folder / "secret.py").write_text(
        MINIMAL.replace("    spec = GameSpec(", "    spec = GameSpec(hidden_information=True, ")
    )
    assert load_game("python:secret.py:TakeAway").spec.hidden_information


SAYING = """    simultaneous = one_process = True
    replayable = False
    most_games = 3
    apply_all = new_states = other_names = close = staticmethod(print)
    spec = GameSpec"""


def test_it_has_all_that_the_class_says(folder: Path) -> None:
    (folder / "saying.py").write_text(MINIMAL.replace("    spec = GameSpec", SAYING))
    said = Traits.of(load_game("python:saying.py:TakeAway"))
    assert said.called is not None
    assert dataclasses.replace(said, called=None) == Traits(
        simultaneous=True, one_process=True, replayable=False, most_games=3,
        apply_all=print, new_states=print, other_names=print, close=print,
    )  # fmt: skip


def test_the_demos_game_keeps_the_protocol() -> None:
    report = check_game(load_game(f"python:{DEMO}:ThreeInARow"))
    assert report.finished == 20


@pytest.mark.parametrize(
    ("string", "message"),
    [
        ("python:take_away.py", "expected python:package.module:ClassName or python:path/to/file.py:ClassName"),
        ("python:take_away.py:", "expected python:package.module:ClassName"),
        ("python:take_away.py:Nothing", "has no class 'Nothing'; it has: Pile, TakeAway"),
        ("python:nowhere.py:TakeAway", "expected a Python file, got 'nowhere.py'"),
        ("python:nowhere:TakeAway", "there is no module 'nowhere'"),
        ("python:no where:TakeAway", "expected a module's name"),
    ],
)
def test_what_is_not_there_is_one_clear_error(folder: Path, string: str, message: str) -> None:
    with pytest.raises(GameStringError, match=message):
        load_game(string)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("class Pile:", "class Pile("), "importing it raised SyntaxError"),
        (("import numpy as np", "import numpy as np, nothing_there"), "importing it raised ModuleNotFoundError"),
        (("spec = GameSpec", "other = GameSpec"), "expected a game with spec"),
        (("    spec = GameSpec(", "    def __init__(self, size): ...\n    spec = GameSpec("), "raised TypeError"),
        (("np.array([self.left], np.float32)", "np.array([self.left])"), "observation: expected float32, got int64"),
        (("twin.left, twin.player = self.left, self.player", "pass"), "clone: expected a state that looks"),
        (("raise IllegalActionError", "raise ValueError"), "raised ValueError"),
        (("self.player = 1 - self.player", "pass"), "to_play: expected player 1 after player 0"),
        (("max_length=5", "max_length=2"), "spec.max_length: expected at most 2 moves"),
    ],
)
def test_a_class_that_breaks_the_protocol_is_refused_with_the_clause(
    folder: Path, change: tuple[str, str], message: str
) -> None:
    text = MINIMAL.replace(*change)
    assert text != MINIMAL
    (folder / "broken.py").write_text(text)
    with pytest.raises(GameError, match=message):
        load_game("python:broken.py:TakeAway")


def test_what_its_planes_are_is_said_by_the_class(folder: Path) -> None:
    said = MINIMAL.replace(
        "    def new_state", '    planes = ["how many are left"]\n    layout = "one number"\n\n    def new_state'
    )
    (folder / "said.py").write_text(said)
    game = load_game("python:said.py:TakeAway")
    assert planes_of(game) == Planes(words=("how many are left",), layout="one number")
    assert not planes_of(load_game("python:take_away.py:TakeAway"))
    assert planes_of(load_game(f"python:{DEMO}:ThreeInARow")).words[0] == "the mover's stones"
    (folder / "wrong.py").write_text(said.replace('["how many are left"]', '["one", "too many"]'))
    with pytest.raises(GameError, match=r"planes: expected 1 texts, one for each .*, got 2"):
        load_game("python:wrong.py:TakeAway")
