"""A run as a picture: losses, strength, speed, how busy the cores were, memory. Knows no torch."""

from __future__ import annotations

import io
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from myoshu.errors import TrainingError
from myoshu.rating.intervals import Interval, score_interval, share_interval
from myoshu.training.folder import CURVES, EVALUATIONS, METRICS, replaced
from myoshu.training.strength.check import ANCHOR, read_ratings
from myoshu.training.telling.metrics import read_table

__all__ = ["Curves", "draw_curves"]

BLUE, ORANGE, GREEN, PURPLE, GREY = "#2f6db3", "#e07b39", "#3a9a6b", "#8a63b8", "#8c8c8c"
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, "#c23b54", GREY)
INK, FAINT = "#333333", "#e6e6e6"
SMOOTHED = 5
"""Noisy lines are drawn faintly, and as the mean of this many rows."""
SHARE = 0.005
"""Share of the learning time that drawing may take."""
FIRST_SECONDS = 60.0
"""Seconds learned before the first picture."""
Rows = Sequence[dict[str, str]]


class Curves:
    """Keeps a run's picture up to date without taking much of its time.

    Args:
        folder: the run's folder.
        note: called with a text if there can be no picture.
    """

    def __init__(self, folder: Path, note: Callable[[str], None]) -> None:
        self._folder = folder
        self._note = note
        self._next = FIRST_SECONDS

    def due(self, seconds: float) -> bool:
        """Whether it may be drawn again after this many seconds of learning."""
        return seconds >= self._next

    def draw(self, title: str, seconds: float) -> None:
        """Draw the picture.

        Args:
            title: the heading.
            seconds: time learned.

        Raises:
            TrainingError: a file cannot be read or written.
        """
        start = time.perf_counter()
        try:
            draw_curves(self._folder, title)
        except ImportError as error:
            self._note(f"No {CURVES} can be drawn ({error}): pip install 'myoshu[train]'")
            self._next = math.inf
            return
        self._next = seconds + (time.perf_counter() - start) / SHARE


def draw_curves(folder: Path, title: str = "") -> Path:
    """Draw what ``metrics.csv`` and ``evaluations.csv`` hold as ``curves.png``.

    Args:
        folder: the run's folder.
        title: the heading.

    Returns:
        The picture's path.

    Raises:
        ImportError: matplotlib is not installed.
        TrainingError: a file cannot be read or written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    rows = [row for row in read_table(folder / METRICS) if row["moves_per_second"]]
    checks = read_table(folder / EVALUATIONS)
    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1, wspace=0.03, hspace=0.06)
    figure = Figure(figsize=(13, 7.2), dpi=100, layout=layout, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    panels = figure.subplots(2, 3)
    latest = max((float(row["seconds"]) for row in [*rows, *checks]), default=60.0)
    unit, name = next(
        (u, n) for u, n in ((3600.0, "hours"), (60.0, "minutes"), (1.0, "seconds")) if latest >= 2 * u or u == 1
    )
    try:
        _losses(panels[0, 0], rows, unit)
        _strength(panels[0, 1], folder, checks, unit)
        _scores(panels[0, 2], checks, rows, unit)
        _speed(panels[1, 0], rows, unit)
        _busy(panels[1, 1], rows, unit)
        _memory(panels[1, 2], rows, unit)
    except (KeyError, ValueError) as error:
        raise TrainingError(f"{folder / METRICS}: expected the columns that myoshu writes, got: {error}") from error
    for panel in panels.flat:
        panel.set_xlim(0, 1.015 * latest / unit)
    for panel in panels[1]:
        panel.set_xlabel(f"{name} learned", color=INK)
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=14, fontweight="bold", color=INK)
    whole = io.BytesIO()
    canvas.print_png(whole)
    path = folder / CURVES
    with replaced(path, "a picture") as file:
        file.write(whole.getvalue())
    return path


def _losses(panel: Any, rows: Rows, unit: float) -> None:
    _dress(panel, "losses")
    names = [("policy", BLUE), ("value", ORANGE), ("reward", GREEN), ("mover", PURPLE), ("observation", GREY)]
    shown = [(name, colour) for name, colour in names if any(float(row[f"loss_{name}"] or 0) > 0 for row in rows)]
    for name, colour in shown:
        _line(panel, rows, f"loss_{name}", unit, colour, name)
    if shown:
        panel.set_yscale("log")
        _plain_numbers(panel)
        _legend(panel)


def _strength(panel: Any, folder: Path, checks: Rows, unit: float) -> None:
    """Elo by all games of the run, or else the return."""
    steps = {row["step"]: float(row["seconds"]) / unit for row in checks}
    ratings = read_ratings(folder) if any(row["opponent"] == "random" for row in checks) else {}
    agents = [(time, ratings[f"step-{step}"]) for step, time in steps.items() if f"step-{step}" in ratings]
    others = {name: rating for name, rating in ratings.items() if name.removeprefix("step-") not in steps}
    if agents and {row["opponent"] for row in checks} - {"random"}:
        _dress(panel, "strength: Elo, random play being 0")
        times = [time for time, _ in agents]
        ends = [rating.interval() for _, rating in agents]
        panel.fill_between(times, [end.low for end in ends], [end.high for end in ends], color=BLUE, alpha=0.15, lw=0)
        panel.plot(times, [r.elo for _, r in agents], color=BLUE, lw=2, marker="o", ms=4)
        for name, rating in others.items():
            panel.axhline(rating.elo, color=GREY, lw=1, ls=(0, (4, 3)))
            _name_line(panel, name, rating.elo)
        return
    alone = any(not row["opponent"] for row in checks)
    first = [row for row in checks if row["opponent"] == ("" if alone else ANCHOR)]
    _dress(panel, "strength: what the agent is paid a game, with its 95% interval")
    times = [float(row["seconds"]) / unit for row in first]
    low, high = ([float(row.get(name) or "nan") for row in first] for name in ("return_low", "return_high"))
    panel.fill_between(times, low, high, color=BLUE, alpha=0.15, lw=0)
    for row in checks:
        if alone and row["opponent"] == ANCHOR:
            panel.axhline(float(row["mean_return"]), color=GREY, lw=1, ls=(0, (4, 3)))
            _name_line(panel, "random play", float(row["mean_return"]))
    panel.plot(
        times,
        [float(row["mean_return"] or "nan") for row in first],
        color=BLUE,
        lw=2,
        marker="o",
        ms=4,
    )


def _name_line(panel: Any, name: str, height: float) -> None:
    panel.annotate(
        name,
        (1, height),
        xycoords=("axes fraction", "data"),
        xytext=(-4, 3),
        textcoords="offset points",
        ha="right",
        color=GREY,
        fontsize=9,
    )


def _scores(panel: Any, checks: Rows, rows: Rows, unit: float) -> None:
    """Points against each opponent; alone, the length of games."""
    names = list(dict.fromkeys(row["opponent"] for row in checks if not row["opponent"].startswith("step-")))
    if "" in names or not names:
        _dress(panel, "positions of a game")
        _line(panel, rows, "game_length", unit, BLUE, "")
        panel.set_ylim(bottom=0)
        return
    _dress(panel, "share of the points against")
    for name, colour in zip(names, COLOURS, strict=False):
        met = [row for row in checks if row["opponent"] == name and float(row["games"] or 0)]
        times = [float(row["seconds"]) / unit for row in met]
        ends = [_interval(row) for row in met]
        panel.fill_between(times, [end.low for end in ends], [end.high for end in ends], color=colour, alpha=0.12, lw=0)
        panel.plot(times, [float(row["score"]) for row in met], color=colour, lw=2, marker="o", ms=4, label=name)
    panel.set_ylim(-0.02, 1.02)
    _percent(panel)
    _legend(panel)


def _interval(row: dict[str, str]) -> Interval:
    wins, draws, losses = (int(float(row[name])) for name in ("wins", "draws", "losses"))
    score, games = float(row["score"]), wins + draws + losses
    if math.isclose(score * games, wins + draws / 2, abs_tol=1e-3):
        return score_interval(wins, draws, losses)
    return share_interval(score, games)


def _speed(panel: Any, rows: Rows, unit: float) -> None:
    _dress(panel, "moves a second")
    _line(panel, rows, "moves_per_second", unit, BLUE, "moves")
    panel.set_ylim(bottom=0)
    right = panel.twinx()
    _line(right, rows, "steps_per_second", unit, ORANGE, "steps")
    right.set_ylim(bottom=0)
    right.tick_params(colors=ORANGE, length=0, labelsize=9)
    panel.tick_params(axis="y", colors=BLUE)
    for side in ("top", "left", "right", "bottom"):
        right.spines[side].set_visible(False)
    right.set_title("steps a second", loc="right", fontsize=11, fontweight="bold", color=ORANGE)
    panel.set_title("moves a second", loc="left", fontsize=11, fontweight="bold", color=BLUE)


def _busy(panel: Any, rows: Rows, unit: float) -> None:
    _dress(panel, "share of the time spent computing")
    _line(panel, rows, "actor_busy", unit, BLUE, "actors")
    _line(panel, rows, "learner_busy", unit, ORANGE, "learner")
    panel.set_ylim(0, 1.05)
    _percent(panel)
    _legend(panel)


def _memory(panel: Any, rows: Rows, unit: float) -> None:
    _dress(panel, "memory held, megabytes")
    _line(panel, rows, "rss_learner_mb", unit, ORANGE, "learner", smooth=False)
    if any(float(row["rss_actors_mb"] or 0) > 0 for row in rows):
        _line(panel, rows, "rss_actors_mb", unit, BLUE, "actors", smooth=False)
    panel.set_ylim(bottom=0)
    _legend(panel)


def _line(panel: Any, rows: Rows, column: str, unit: float, colour: str, label: str, smooth: bool = True) -> None:
    points = [(float(row["seconds"]) / unit, float(row[column])) for row in rows if row[column]]
    times, values = [time for time, _ in points], [value for _, value in points]
    if smooth and len(values) > 4 * SMOOTHED:
        panel.plot(times, values, color=colour, lw=1, alpha=0.25)
        reach = SMOOTHED // 2
        values = [
            math.fsum(values[max(0, i - reach) : i + reach + 1]) / len(values[max(0, i - reach) : i + reach + 1])
            for i in range(len(values))
        ]
    panel.plot(times, values, color=colour, lw=1.8, label=label)


def _dress(panel: Any, title: str) -> None:
    panel.set_title(title, loc="left", fontsize=11, fontweight="bold", color=INK)
    panel.grid(axis="y", color=FAINT, lw=0.8)
    panel.set_axisbelow(True)
    panel.tick_params(colors=INK, length=0, labelsize=9)
    for side in ("top", "right", "left"):
        panel.spines[side].set_visible(False)
    panel.spines["bottom"].set_color(GREY)


def _legend(panel: Any) -> None:
    panel.legend(framealpha=0.85, edgecolor="none", fontsize=9, labelcolor="linecolor", handlelength=1.2)


def _percent(panel: Any) -> None:
    from matplotlib.ticker import PercentFormatter

    panel.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))


def _plain_numbers(panel: Any) -> None:
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    panel.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    panel.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    panel.yaxis.set_minor_formatter(NullFormatter())
    panel.tick_params(which="minor", length=0)
