"""What PyInstaller is told of myoshu: the hooks are found by the entry point, and name what is there."""

from __future__ import annotations

import importlib.util
import runpy
from importlib.metadata import entry_points
from pathlib import Path

from myoshu_engines import game_prefixes

ROOT = Path(__file__).resolve().parents[2]


def hooks() -> Path:
    (found,) = [point for point in entry_points(group="pyinstaller40") if point.value.startswith("myoshu")]
    assert found.name == "hook-dirs"
    (folder,) = found.load()()
    return Path(folder)


def test_the_native_core_and_onnx_runtime_come_along_and_training_does_not() -> None:
    told = runpy.run_path(str(hooks() / "hook-myoshu.py"))
    (core, where), (library, beside) = told["binaries"]
    assert Path(core).is_file()
    assert where == "myoshu/search"
    assert Path(library).is_file()
    assert Path(library).parent.parts[-2:] == ("onnxruntime", "capi")
    assert beside == "onnxruntime/capi"
    assert {"torch", "myoshu.training"} <= set(told["excludedimports"])


def test_games_are_found_by_name() -> None:
    told = runpy.run_path(str(hooks() / "hook-myoshu_engines.py"))
    assert set(told["hiddenimports"]) == {f"myoshu_engines.{prefix}_game" for prefix in game_prefixes()}
    assert all(importlib.util.find_spec(name) for name in told["hiddenimports"])


def test_the_script_packs_every_game_of_the_board_room() -> None:
    script = (ROOT / "demos" / "package.sh").read_text(encoding="utf-8")
    boards = (ROOT / "demos" / "board_room" / "boards.py").read_text(encoding="utf-8")
    (line,) = [line for line in script.splitlines() if line.startswith("for game in ")]
    games = line.removeprefix("for game in ").removesuffix("; do").split()
    assert len(games) == boards.count('.myoshu"')
    assert all(f'"{game}.myoshu"' in boards for game in games)
