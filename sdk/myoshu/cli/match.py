"""``myoshu match``: games between players, counted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from myoshu.cli._kinds import ANY_PLAYER, PERSON
from myoshu.cli._match_json import games_json, print_json
from myoshu.cli._match_text import match_text, progress_text
from myoshu.cli._options import SEED, Seed, Simulations, Time
from myoshu.cli._paths import expect_folder
from myoshu.cli._players import Seating, Table, limit_of
from myoshu.cli._progress import Progress
from myoshu.cli._text import game_text
from myoshu.cores import available_cores
from myoshu.counted import counted
from myoshu.errors import MatchError
from myoshu.traits import Traits

if TYPE_CHECKING:
    from myoshu.arena.match import GameResult
    from myoshu.arena.sprt import Sprt

__all__ = ["match"]

EPILOG = """
[bold]Examples[/bold]

An agent against chance, and against perfect play (in games small enough to be solved):

  myoshu match agent.myoshu random --games 100

  myoshu match agent.myoshu perfect --simulations 32

Against OpenSpiel's tree search with 1000 rollouts a move, 50 milliseconds a move for the agent:

  myoshu match agent.myoshu mcts:1000 --time 0.05

Agent against agent; since neither does anything at random, games begin with four random moves. Two processes play, a
test ends the match when it has said enough, and an interrupted match is resumed from its file:

  myoshu match one.myoshu other.myoshu --random-plies 4 --workers 2 \\
    --sprt 0,50 --games 2000 --record match.jsonl

Against engines of Go and chess; these are started again for every game:

  myoshu match agent.myoshu "gtp:gnugo --mode gtp --level 1 --seed {seed}"

  myoshu match agent.myoshu "uci:stockfish@nodes=1000,Skill Level=3"

Everybody against everybody, with ratings, and a page to look at; an agent may come at several strengths:

  myoshu match agent.myoshu agent.myoshu@simulations=8 agent.myoshu@level=3 \\
    random mcts:100 --random-plies 2 --report pool.html

Check that recorded games are what the rules make of them; with the players, that they would play them again:

  myoshu match --replay match.jsonl

Against every line that an opponent could play:

  myoshu match agent.myoshu --exhaustive --simulations 32

Without any agent, showing the first game move by move:

  myoshu match mcts:100 random --game openspiel:connect_four --show 1
"""

_GAMES_A_WORKER = 20
"""Games for each process where the number of processes is not given: one takes seconds to start."""


def match(
    players: Annotated[
        list[str] | None,
        typer.Argument(
            help=f"Who plays: {ANY_PLAYER}. Other settings of a bundle: agent.myoshu@simulations=64,temperature=0.5, "
            "@time=0.1, @elo=400, @seed=7; @simulations=0 plays its network alone. With more players than seats, "
            "everybody meets everybody.",
            show_default=False,
        ),
    ] = None,
    game: Annotated[
        str | None,
        typer.Option(
            help="What to play, as openspiel:tic_tac_toe, or where the engine with the rules is, as tcp://HOST:PORT.",
            show_default="the first bundle's game; with --replay, the records'",
        ),
    ] = None,
    games: Annotated[int, typer.Option(min=1, help="How many games, between each who meet.")] = 100,
    simulations: Simulations = None,
    time: Time = None,
    clock: Annotated[
        str | None,
        typer.Option(
            help="Seconds a game for each side and what a move adds, as 60 or 60+0.5.", show_default="no clock"
        ),
    ] = None,
    random_plies: Annotated[
        int,
        typer.Option(min=0, help="Random moves that games begin with, the same in each round in which seats rotate."),
    ] = 0,
    openings: Annotated[
        Path | None, typer.Option(help="A file of openings, one a line, instead of random moves.")
    ] = None,
    gauntlet: Annotated[bool, typer.Option("--gauntlet", help="Only the first player meets the others.")] = False,
    sprt: Annotated[
        str | None,
        typer.Option(help="ELO0,ELO1 or ELO0,ELO1,ALPHA,BETA: end a match of two as soon as this test decides."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Processes that play.", show_default="one for every core, fewer in short matches"),
    ] = None,
    seed: Seed = SEED,
    record: Annotated[
        Path | None, typer.Option(help="Write every game to this file (.jsonl); a match that it holds is resumed.")
    ] = None,
    replay: Annotated[Path | None, typer.Option(help="Check this file's games instead of playing new ones.")] = None,
    exhaustive: Annotated[
        bool, typer.Option("--exhaustive", help="Play one player against every line its opponent could choose.")
    ] = False,
    show: Annotated[int, typer.Option(min=0, help="Show this many games, move by move.")] = 0,
    report: Annotated[Path | None, typer.Option(help="Write a report to this file: one page, for a browser.")] = None,
    json: Annotated[
        bool,
        typer.Option(
            "--json", help="Print games and figures as JSON; what is for people goes to standard error instead."
        ),
    ] = False,
) -> None:
    """Play a match and count it: wins, draws, losses, the score with its 95% interval, Elo, time per move.

    Seats rotate from game to game. An illegal move, an error or a clock that runs out loses that game only, and makes
    the exit status 1.
    """
    for option, path in (("--report", report), ("--record", record)):
        if path is not None:
            expect_folder(option, path)
    texts = tuple(players or ())
    limit = limit_of(simulations, time)
    if json and PERSON in texts:
        raise MatchError(f"--json: expected players that are programs, got {PERSON!r}, who reads standard output")
    if replay is not None:
        if json:
            raise MatchError("--json: expected a match to play, got --replay")
        from myoshu.cli._replay import replay_file

        replay_file(replay, texts, game, limit)
        return
    setting = Table(texts, game, limit)
    if exhaustive:
        from myoshu.cli._every_line import play_exhaustively

        play_exhaustively(setting, texts, seed, json)
        return
    seating = Seating(texts, setting.string, limit)
    _Match(setting, seating, games, seed, random_plies, openings, clock, gauntlet, sprt, workers, record).play(
        show, report, json
    )


class _Match:
    """A match as the command line asks for it."""

    def __init__(
        self,
        setting: Table,
        seating: Seating,
        games: int,
        seed: int,
        random_plies: int,
        openings: Path | None,
        clock: str | None,
        gauntlet: bool,
        sprt: str | None,
        workers: int | None,
        record: Path | None,
    ) -> None:
        from myoshu.arena.clock import Clock
        from myoshu.arena.openings import RandomOpenings, WrittenOpenings, read_openings
        from myoshu.arena.schedule import Format, schedule, tables

        self._game = setting.game
        self._seating = seating
        self._seed = seed
        self._names = [player.name for player in setting.players(seating.texts)]
        self._seats = self._game.spec.players
        form = Format.GAUNTLET if gauntlet else Format.ROUND_ROBIN
        groups = tables(len(self._names), self._seats, form)
        self._total = games * len(groups)
        self._clock = None if clock is None else Clock.parse(clock)
        if openings is not None and random_plies:
            raise MatchError("--openings: expected either a file or --random-plies, got both")
        source = RandomOpenings(random_plies) if openings is None else read_openings(openings, self._game)
        self._fixtures = list(
            schedule(self._game, len(self._names), games=games, seed=seed, openings=source, groups=groups)
        )
        self._test = None if sprt is None else _sprt(sprt, len(self._names), self._seats)
        self._record = record
        if workers is None:
            workers = max(1, min(available_cores(), self._total // _GAMES_A_WORKER))
            workers = 1 if PERSON in seating.texts or Traits.of(self._game).one_process else workers
        elif PERSON in seating.texts and workers > 1:
            raise MatchError(f"--workers: expected 1, as a person plays, got {workers}")
        self._workers = workers
        begun = f"openings {source.lines}" if isinstance(source, WrittenOpenings) else f"random plies {random_plies}"
        who = ", ".join(setting.identity(text) for text in seating.texts)
        limited = "" if seating.limit is None else f", limit {seating.limit.simulations} {seating.limit.time}"
        timed = "" if self._clock is None else f", clock {self._clock}"
        self._conditions = f"{form} of {who}; seed {seed}, {begun}{limited}{timed}"

    def play(self, show: int, report: Path | None, json: bool) -> None:
        """Play it, show how it goes, and tell how it went."""
        from contextlib import nullcontext

        from myoshu.arena.scoresheet import Scoresheet
        from myoshu.arena.standings import stand
        from myoshu.arena.tournament import play_tournament, sprt_state

        sheet = None
        if self._record is not None:
            sheet = Scoresheet(self._record, self._game.spec, self._names, self._conditions)
            if sheet.played:
                typer.echo(
                    f"{self._record} has {counted(len(sheet.played), 'game')}: the match resumes from there", err=True
                )
        results: list[GameResult] = []
        progress = Progress()
        with sheet or nullcontext():
            for result in play_tournament(
                self._seating, self._fixtures, workers=self._workers, clock=self._clock, sheet=sheet, test=self._test
            ):
                results.append(result)
                if len(results) <= show:
                    progress.clear()
                    typer.echo(game_text(self._game, result, self._names, self._person(result)) + "\n", err=json)
                if progress.due:
                    state = None if self._test is None else sprt_state(results, self._test)
                    progress.show(progress_text(stand(results, self._names, self._seats), self._total, state))
        progress.clear()
        standings = stand(results, self._names, self._seats)
        state = None if self._test is None else sprt_state(results, self._test)
        typer.echo(match_text(self._game, self._seed, standings, state), err=json)
        if json:
            print_json(games_json(self._game.spec.name, self._seed, results, standings))
        if report is not None:
            self._report(report, results, str(state) if state is not None else "")
        self._own_up(results)

    def _person(self, result: GameResult) -> int | None:
        """Where a person sat at a game; None if none did."""
        players = self._seating.texts
        return next((seat for seat, player in enumerate(result.seats) if players[player] == PERSON), None)

    def _report(self, path: Path, results: Sequence[GameResult], test: str) -> None:
        from myoshu.arena.report import html_report

        page = html_report(self._game, results, self._names, self._conditions, test)
        try:
            path.write_text(page, encoding="utf-8")
        except OSError as error:
            raise MatchError(f"--report: cannot write {path}: {error.strerror}") from error

    def _own_up(self, results: Sequence[GameResult]) -> None:
        from myoshu.record import Ending

        fair = (Ending.FINISHED, Ending.RESIGNED)
        spoiled = [result for result in results if result.ending not in fair]
        if spoiled:
            first = spoiled[0]
            assert first.offender is not None
            who = self._names[first.seats[first.offender]]
            typer.echo(f"game {first.number + 1}: {who}: {first.ending}: {first.reason}", err=True)
            raise typer.Exit(1)


def _sprt(text: str, players: int, seats: int) -> Sprt:
    """A test as the command line writes it."""
    from myoshu.arena.sprt import Sprt

    if players != 2 or seats != 2:
        raise MatchError(f"--sprt: expected a match of two, got {players} players at {seats} seats")
    try:
        numbers = [float(part) for part in text.split(",")]
        if len(numbers) not in (2, 4):
            raise ValueError
    except ValueError:
        raise MatchError(f"--sprt: expected ELO0,ELO1 or ELO0,ELO1,ALPHA,BETA, as 0,50, got {text!r}") from None
    return Sprt(*numbers)
