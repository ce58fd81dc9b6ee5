"""What a person sees of a run: a table that fits the terminal, or plain lines."""

from __future__ import annotations

import dataclasses
import io
import re

import pytest

from myoshu.training.telling.progress import LiveProgress, PlainProgress, QuietProgress, Status, new_progress

STATUS = Status(
    seconds=754.0,
    progress=0.63,
    step=12_345,
    games=54_321,
    positions=987_654,
    abandoned=0,
    moves_per_second=2718.2,
    steps_per_second=14.14,
    loss_policy=0.321,
    loss_value=0.876,
    actor_busy=0.98,
    learner_busy=0.97,
    strength=("Elo 812 (730 to 890)", "62% (47% to 75%) against mcts:100 in 40 games", "at step 12,000"),
)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def shown(columns: int, status: Status, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lines of the last table that was drawn."""
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("LINES", "40")
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal = Terminal()
    progress = new_progress(terminal)
    assert isinstance(progress, LiveProgress)
    progress.note("a note that stays [1.2 s]")
    progress.update(status)
    progress.close()
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue()).replace("\r", "\n")
    assert "a note that stays [1.2 s]" in text
    return text[text.rindex("time  ") :].rstrip().splitlines()


@pytest.mark.parametrize("columns", [80, 120])
def test_the_live_table_fits_and_says_everything(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shown(columns, STATUS, monkeypatch)
    assert max(map(len, lines)) <= columns
    text = "\n".join(lines)
    for part in (
        "12:34 learned, 7:23 left",
        "54,321 games, 987,654 positions",
        "2,718 moves/s, busy 98%",
        "12,345 steps",
        "14.1 steps/s, busy 97%",
        "loss policy 0.321 value 0.876",
        "Elo 812 (730 to 890)",
        "62% (47% to 75%) against mcts:100 in 40 games",
    ):
        assert part in text
    assert "given up" not in text


def test_before_the_first_step_and_after_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    status = dataclasses.replace(
        STATUS,
        loss_policy=float("nan"),
        loss_value=float("nan"),
        strength=(),
        abandoned=7,
        games=1,
        positions=120,
        first_positions=2000,
    )
    text = "\n".join(shown(80, status, monkeypatch))
    assert "learning begins with 2,000 positions, 120 are gathered" in text
    assert "1 game, 120 positions" in text
    assert "not yet checked" in text
    assert "7 games abandoned because of an error" in text


def test_plain_lines_come_ever_more_seldom() -> None:
    stream = io.StringIO()
    progress = new_progress(stream)
    assert isinstance(progress, PlainProgress)
    for seconds in range(600):
        progress.update(dataclasses.replace(STATUS, seconds=float(seconds), abandoned=3))
    lines = stream.getvalue().splitlines()
    assert 10 < len(lines) < 25
    assert lines[0] == (
        "0:05  63%  54,321 games (2,718 moves/s), 3 games given up, step 12,345 (14.1/s), "
        "last check Elo 812 (730 to 890), loss policy 0.321 value 0.876, busy 98% playing 97% learning, 0:03 left"
    )


def test_quiet_is_quiet() -> None:
    stream = io.StringIO()
    progress = new_progress(stream, quiet=True)
    assert isinstance(progress, QuietProgress)
    progress.update(STATUS)
    progress.note("nothing")
    progress.close()
    assert stream.getvalue() == ""


def test_time_left() -> None:
    assert dataclasses.replace(STATUS, seconds=10.0, progress=0.25).left == 30.0
    assert dataclasses.replace(STATUS, progress=0.0).left == float("inf")
