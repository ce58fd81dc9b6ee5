"""``myoshu calibrate``: levels of strength for a bundle, measured and written into it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from myoshu.cli._options import SEED, BundleFile, Seed
from myoshu.cli._progress import Progress
from myoshu.cli._text import share, table
from myoshu.cores import available_cores
from myoshu.rating.intervals import margin

if TYPE_CHECKING:
    from myoshu.arena.calibration import Measured
    from myoshu.arena.player import Player
    from myoshu.game import Game
    from myoshu.runtime.manifest import Level

__all__ = ["calibrate"]

EPILOG = """
[bold]Examples[/bold]

Ten levels, written into the agent's file:

  myoshu calibrate agent.myoshu

Five levels for a quick game, into another file; then play one of them:

  myoshu calibrate agent.myoshu --levels 5 --simulations 32 --out new.myoshu

  myoshu match new.myoshu@level=2 new.myoshu@level=4 --random-plies 2
"""

_STEADY = 0.99
"""The share of wins at once that a steady level takes."""


def calibrate(
    bundle: BundleFile,
    game: Annotated[
        str | None,
        typer.Option(
            help="Where the agent's game is now, as python:rules.py:MyGame or the engine's tcp://HOST:PORT.",
            show_default="as its file says",
        ),
    ] = None,
    levels: Annotated[int, typer.Option(min=2, max=100, help="How many levels.")] = 10,
    games: Annotated[int, typer.Option(min=2, help="Games between each two levels that meet.")] = 40,
    simulations: Annotated[
        int | None,
        typer.Option(min=1, help="Simulations a move of the strongest level.", show_default="the bundle's own"),
    ] = None,
    random_plies: Annotated[
        int | None,
        typer.Option(min=0, help="Random moves that games begin with.", show_default="2, or as many as are needed"),
    ] = None,
    wins: Annotated[int, typer.Option(min=0, help="Positions with a win at once that every level is asked.")] = 200,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes that play.", show_default="one for every core")
    ] = None,
    seed: Seed = SEED,
    out: Annotated[
        Path | None, typer.Option(help="The file to write the agent to.", show_default="the agent's own")
    ] = None,
) -> None:
    """Measure an agent at many strengths and write a table of levels into its file.

    Levels are evenly spaced in Elo, as far as a first pool of games can tell, and rated in a second one; random play is
    0. new_session(level=3), new_session(elo=400) and agent.myoshu@level=3 use the table.
    """
    from myoshu.arena.calibration import calibrate as measure
    from myoshu.arena.calibration import enough_openings, graded, misses
    from myoshu.cli._games import game_as, game_named
    from myoshu.cli._paths import expect_folder
    from myoshu.runtime.agent import Agent
    from myoshu.runtime.bundle import Bundle
    from myoshu_engines import load_game

    target = bundle if out is None else out
    expect_folder("--out", target)
    source = Bundle.read(bundle)
    name = source.manifest.game.name
    rules, found = game_named(name, bundle) if game is None else (game_as(name, load_game(game)), game)
    most = source.manifest.search.simulations if simulations is None else simulations
    progress = Progress()

    def tell(stage: str, done: int, total: int) -> None:
        if progress.due:
            progress.show(f"{stage}: {done}/{total} games")

    plies = enough_openings(rules, games, seed).plies if random_plies is None else random_plies
    measured = measure(
        lambda strengths: partial(_seated, _Ladder(bundle, found, strengths)),
        rules,
        levels=levels,
        most=most,
        games=games,
        plies=plies,
        seed=seed,
        workers=workers or available_cores(),
        tell=tell,
    )
    strengths = [each.strength for each in measured]
    missed = misses(rules, Agent(graded(source, strengths)), [each.level for each in strengths], wins, seed)
    progress.clear()
    conditions: dict[str, object] = {
        "zero": "random play",
        "games_a_pairing": games,
        "random_plies": plies,
        "seed": seed,
        "wins_at_once": wins,
        "wins_missed": missed,
        "steady_from": _steady(missed, wins),
    }
    written = graded(source, strengths, conditions)
    Bundle.write(
        target, manifest=written.manifest, graphs=written.graphs, parity=written.parity, examples=written.examples
    )
    typer.echo(_text(rules.spec.name, target, measured, missed, wins))


@dataclass(frozen=True)
class _Ladder:
    """A bundle at several strengths."""

    path: Path
    """Its file."""
    game: str
    """The game string."""
    strengths: tuple[Level, ...]
    """The strengths."""


def _seated(ladder: _Ladder) -> tuple[Game, list[Player]]:
    """Random play, then the bundle at each of the strengths."""
    import msgspec

    from myoshu.arena.agent_player import AgentPlayer
    from myoshu.arena.calibration import graded
    from myoshu.arena.random_player import RandomPlayer
    from myoshu.runtime.agent import Agent
    from myoshu.runtime.bundle import Bundle
    from myoshu_engines import load_game

    numbered = [msgspec.structs.replace(each, level=float(n)) for n, each in enumerate(ladder.strengths)]
    agent = Agent(graded(Bundle.read(ladder.path), numbered), "cpu")
    agents = [AgentPlayer(agent, name=f"{each.level:g}", level=each.level) for each in numbered]
    return load_game(ladder.game), [RandomPlayer(), *agents]


def _steady(missed: list[int], positions: int) -> int | None:
    """The level from which on all take nearly every win at once; None if not even the strongest does."""
    bad = [number for number, count in enumerate(missed, 1) if count > (1 - _STEADY) * positions]
    lowest = (bad[-1] if bad else 0) + 1
    return lowest if lowest <= len(missed) and positions else None


def _text(game: str, path: Path, measured: list[Measured], missed: list[int], positions: int) -> str:
    rows = []
    for each, count in zip(measured, missed, strict=True):
        strength = each.strength
        taken = share(1 - count / positions) if positions else "–"
        rows.append(
            [
                f"level {strength.level:g}",
                f"{strength.elo:+.0f}",
                f"± {margin(strength.error or 0.0):.0f}",
                str(each.games),
                str(strength.simulations),
                f"{strength.temperature:.2f}",
                f"{strength.mix:.2f}",
                f"{strength.margin:.2f}",
                taken,
            ]
        )
    head = ["", "Elo", "95%", "games", "simulations", "temperature", "mix", "margin", "wins at once taken"]
    steady = _steady(missed, positions)
    said = f"steady from level {steady}" if steady else "no level is steady"
    note = f"Random play is 0. A level that takes at least {share(_STEADY)} of wins at once is steady: {said}."
    return f"{game}: {len(measured)} levels, written into {path}\n\n{table(head, rows)}\n\n{note}"
