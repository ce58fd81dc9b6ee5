"""The demos in real windows, with mouse and keyboard: games won, drawn, lost, undone, and left in mid-thought."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from tests.demos.windows import MISSING, Window

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"needs a screen without a monitor: {', '.join(MISSING)}"),
]

DEMOS = Path(__file__).resolve().parents[2] / "demos"
RED, BLUE, INK = (235, 110, 90), (94, 160, 235), (232, 236, 242)
MENU = (40, 40, 260, 60)
"""Where the board room's menu has its title: left, top, width, height."""
STATUS = (700, 20, 310, 40)
"""Where its table says whose turn it is, or who has won."""
MODE, PLAY = (190, 530), (840, 530)
MODES = {"first": 0, "second": 1, "agents": 2, "people": 3}


def square(number: int, columns: int = 3, size: int = 198) -> tuple[int, int]:
    """Where a square of a square board is."""
    row, column = divmod(number, columns)
    left, top = 360 - columns * size // 2, 382 - columns * size // 2
    return left + column * size + size // 2, top + row * size + size // 2


def sit_down(window: Window, key: str, mode: str) -> None:
    """From the menu to a table."""
    window.wait_color(INK, MENU, "the menu")
    window.press(key)
    for _ in range(MODES[mode]):
        window.click(*MODE)
    window.click(*PLAY)
    window.wait(lambda: sum(window.count(color, STATUS) for color in (RED, BLUE)) > 20, "the table")


def leave(window: Window) -> None:
    """From a table to the menu, and out."""
    window.press("Escape")
    window.wait_color(INK, MENU, "the menu")
    window.press("Escape")
    assert window.ended() == 0


def taken(window: Window, number: int) -> bool:
    """Whether there is a cross or a circle in a square."""
    x, y = square(number)
    return window.count(RED, (x - 60, y - 60, 120, 120)) + window.count(BLUE, (x - 60, y - 60, 120, 120)) > 200


def test_two_people_win_undo_begin_anew_and_draw(tmp_path: Path) -> None:
    with Window(DEMOS / "board_room", pictures=tmp_path) as window:
        sit_down(window, "1", "people")
        window.keep("begun")
        for turn, number in enumerate((0, 3, 1, 4, 2)):
            window.wait_color((RED, BLUE)[turn % 2], STATUS, f"turn {turn}")
            window.click(*square(number))
            window.wait(lambda number=number: taken(window, number), f"a stone on {number}")  # type: ignore[misc]
        time.sleep(0.3)
        assert window.count(RED, STATUS) > 20  # red wins; blue would be to move
        window.keep("won")
        window.click(*square(8))
        time.sleep(0.3)
        assert not taken(window, 8)
        window.press("u")
        window.wait(lambda: not taken(window, 2), "the move taken back")
        assert taken(window, 4)
        window.keep("undone")
        window.press("r")
        window.wait(lambda: not any(taken(window, number) for number in range(9)), "an empty board")
        for number in (0, 1, 2, 4, 3, 5, 7, 6, 8):
            window.click(*square(number))
            window.wait(lambda number=number: taken(window, number), f"a stone on {number}")  # type: ignore[misc]
        window.wait_color(INK, STATUS, "a draw")
        window.keep("drawn")
        leave(window)


def test_a_window_made_smaller_shows_all_and_is_clicked_where_it_shows(tmp_path: Path) -> None:
    with Window(DEMOS / "board_room", pictures=tmp_path) as window:
        sit_down(window, "1", "people")
        window.resize(520, 360)
        window.wait(lambda: not window.seen()[361:, :].any() and not window.seen()[:, 521:].any(), "the smaller window")
        for number in (0, 8):
            x, y = square(number)
            window.click(x // 2, y // 2)
            around = (x // 2 - 30, y // 2 - 30, 60, 60)
            window.wait_color((RED, BLUE)[number // 8], around, f"a stone on {number}", least=50)
        window.keep("smaller")
        leave_small = window.seen()
        window.press("Escape")
        window.wait(lambda: bool((window.seen() != leave_small).any()), "the menu")
        window.press("Escape")
        assert window.ended() == 0


def test_who_plays_badly_loses_to_the_agent(tmp_path: Path) -> None:
    with Window(DEMOS / "board_room", pictures=tmp_path) as window:
        sit_down(window, "2", "first")
        side = 91  # pixels a column
        for column in (0, 6, 0, 6, 0, 6, 1, 5, 1, 5, 1, 5):
            window.click(360 - 7 * side // 2 + column * side + side // 2, 500)
            window.point(1030, 700)
            quiet = time.monotonic()
            while not window.count(RED, STATUS) > 20 and time.monotonic() - quiet < 6.0:
                time.sleep(0.1)
            if time.monotonic() - quiet >= 6.0:
                break
        assert window.count(BLUE, STATUS) > 20  # "The agent wins", and nobody is to move any more
        window.keep("lost")
        leave(window)


@pytest.mark.parametrize("way", ["keys", "terminated", "interrupted"])
def test_it_can_be_left_in_mid_thought(tmp_path: Path, way: str) -> None:
    with Window(DEMOS / "board_room", pictures=tmp_path) as window:
        sit_down(window, "3", "agents")
        time.sleep(1.5)
        window.keep("othello")
        if way == "keys":
            leave(window)
        else:
            window.program.send_signal(signal.SIGTERM if way == "terminated" else signal.SIGINT)
            assert window.ended() == 0
        assert window.said() == ""


def test_a_duel_of_two_people_is_scored_paused_and_left(tmp_path: Path) -> None:
    with Window(DEMOS / "duel", pictures=tmp_path) as window:
        window.wait(lambda: bool(window.seen().max() > 200), "the menu")
        window.keep("duel_menu")
        window.press("Left", "Return")  # the last of the modes: two people
        window.hold("w", down=True)
        window.hold("Down", down=True)
        score = (480, 10, 80, 50)
        time.sleep(0.5)
        before = window.seen()[10:60, 480:560].copy()
        window.wait(lambda: bool((window.seen()[10:60, 480:560] != before).any()), "a point")
        window.hold("w", down=False)
        window.hold("Down", down=False)
        window.keep("duel")
        window.press("p")
        window.wait_still("a pause, once sparks have burned out")
        assert window.count(INK, score) > 20
        window.keep("duel_paused")
        window.press("Escape")
        time.sleep(0.3)
        window.press("Escape")
        assert window.ended() == 0


def test_the_boat_is_sailed_by_its_agent_and_by_a_person(tmp_path: Path) -> None:
    with Window(DEMOS / "pixels", pictures=tmp_path) as window:
        window.wait(lambda: bool(window.seen().max() > 200), "the menu")
        time.sleep(0.5)
        window.keep("pixels_menu")
        window.press("Return")
        time.sleep(6.0)
        window.keep("pixels_agent")
        window.press("Escape")
        time.sleep(0.3)
        window.press("Tab", "Return")
        window.hold("Left", down=True)
        time.sleep(2.0)
        window.keep("pixels_person")
        left = window.seen()
        window.hold("Left", down=False)
        window.hold("Right", down=True)
        time.sleep(2.0)
        assert (window.seen() != left).any()
        window.hold("Right", down=False)
        window.press("Escape")
        time.sleep(0.3)
        window.press("Escape")
        assert window.ended() == 0
        assert window.said() == ""


def test_the_flock_runs_from_a_wolf_that_is_led(tmp_path: Path) -> None:
    with Window(DEMOS / "crowd", pictures=tmp_path) as window:
        window.wait(lambda: bool(window.seen().max() > 200), "the meadow")
        for place in ((300, 300), (700, 200), (500, 500)):
            window.point(*place)
            time.sleep(1.0)
        window.keep("crowd")
        window.press("4")
        time.sleep(2.0)
        window.keep("crowd_256")
        window.press("Escape")
        assert window.ended() == 0
        assert window.said() == ""
