"""Files that a reader finds her way in: none too long, and each test in the room of its source."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MOST_LINES = 500
LONGER = {"sdk/cpp/search/forest.cpp", "sdk/myoshu/search/reference.py"}
"""The search, twice: each is read as a whole, against the other."""
SOURCES = {".c", ".cc", ".cpp", ".css", ".h", ".hpp", ".html", ".js", ".mjs", ".py", ".pyi", ".sh", ".toml", ".ts"}
MADE = {"build", "dist", "node_modules", "runs"}
TESTS = ROOT / "tests" / "unit"


def files(folder: Path) -> Iterator[Path]:
    """The sources below a folder, without what is made or downloaded."""
    for path in folder.iterdir():
        if path.is_dir():
            if path.name not in MADE and (not path.name.startswith(".") or path.name == ".ci"):
                yield from files(path)
        elif path.suffix in SOURCES:
            yield path


def test_no_source_is_too_long_to_be_read_at_once() -> None:
    lines = {path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines()) for path in files(ROOT)}
    assert len(lines) > 500
    assert {name: count for name, count in lines.items() if count > MOST_LINES and name not in LONGER} == {}
    assert all(lines[name] > MOST_LINES for name in LONGER)


def test_each_room_of_tests_is_one_of_sources() -> None:
    rooms = {path.parent.relative_to(TESTS) for path in TESTS.rglob("test_*.py")}
    assert len(rooms) > 20
    for room in sorted(rooms):
        places = [ROOT / "sdk" / "myoshu" / room, ROOT / "sdk" / "cpp" / room]
        if room.parts[:1] == ("engines",):
            places = [ROOT / "engines" / "myoshu_engines" / Path(*room.parts[1:])]
        assert any(place.is_dir() for place in places), room
