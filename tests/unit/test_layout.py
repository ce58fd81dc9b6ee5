"""Files that a reader finds her way in: each test in the room of its source."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests" / "unit"


def test_each_room_of_tests_is_one_of_sources() -> None:
    rooms = {path.parent.relative_to(TESTS) for path in TESTS.rglob("test_*.py")}
    assert len(rooms) > 20
    for room in sorted(rooms):
        places = [ROOT / "sdk" / "myoshu" / room, ROOT / "sdk" / "cpp" / room]
        if room.parts[:1] == ("engines",):
            places = [ROOT / "engines" / "myoshu_engines" / Path(*room.parts[1:])]
        assert any(place.is_dir() for place in places), room
