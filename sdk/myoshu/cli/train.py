"""``myoshu train``: learn a game by playing it."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from myoshu.cli._kinds import STATELESS
from myoshu.cli._options import SEED, SEVERAL, Seed
from myoshu.counted import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from myoshu.game import Game
    from myoshu.training.config import TrainingConfig

__all__ = ["train"]

EPILOG = """
[bold]Examples[/bold]

Learn tic-tac-toe for a minute; the agent is then runs/…/agent.myoshu, and the run's curves are runs/…/curves.png:

  myoshu train openspiel:tic_tac_toe --minutes 1

Choose where the run and the agent go:

  myoshu train openspiel:connect_four --run runs/four --out four.myoshu

Resume a run that was stopped or killed: the same command. With another --minutes, until it has learned for that long:

  myoshu train openspiel:connect_four --run runs/four --minutes 40

Other games: a game with parameters, a gymnasium environment with discrete actions, a Python class:

  myoshu train 'openspiel:dots_and_boxes(num_rows=2,num_cols=2)'

  myoshu train gymnasium:CartPole-v1 --minutes 10 --until 475

  myoshu train 'gymnasium:FrozenLake-v1(is_slippery=False)' --minutes 2

  myoshu train python:my_game.py:MyGame --minutes 5

A game whose rules are in another process, in any language: an engine that listens (bindings/PROTOCOL.md), or one that
connects to the trainer. It may be killed and started again while it is learned from:

  myoshu train tcp://127.0.0.1:7777 --minutes 20

  myoshu train --listen 127.0.0.1:7900 --minutes 20

Measure it against stronger opponents while it learns, and end as soon as it scores 90% against the last of them:

  myoshu train openspiel:connect_four --minutes 60 \\
    --opponent mcts:100 --opponent mcts:1000 --until 0.9

Change settings, for this run or in a file of your own; all of them with what each is for:

  myoshu train openspiel:connect_four --set learner.batch=512 \\
    --set network.width=32

  myoshu train openspiel:connect_four --print-config > mine.toml

  myoshu train openspiel:connect_four --config mine.toml

  myoshu train --help-config

The same seed and steps, the same weights, bit for bit:

  myoshu train openspiel:tic_tac_toe --deterministic --steps 2000 --seed 7

Learn from recorded games alone, such as another run's, and play none:

  myoshu train openspiel:tic_tac_toe --offline runs/first/games --minutes 1

Watch the curves:

  tensorboard --logdir runs
"""


def _help_config(wanted: bool) -> None:
    """List the settings, and end."""
    if not wanted:
        return
    from textwrap import wrap

    from myoshu.training.settings import all_settings

    typer.echo(
        "Settings of `myoshu train`: --set NAME=VALUE, or a file for --config. A preset may have other defaults:"
    )
    typer.echo("`myoshu train GAME --print-config` shows them.\n")
    for setting in all_settings():
        default = "" if setting.default is None else f" [default: {_written(setting.default)}]"
        typer.echo(f"{setting.name}  ({setting.kind}){default}")
        typer.echo("\n".join(wrap(setting.description, 96, initial_indent="    ", subsequent_indent="    ")) + "\n")
    raise typer.Exit


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"[{', '.join(map(_written, value))}]" if isinstance(value, tuple) else str(value)


def train(
    ctx: typer.Context,
    game: Annotated[
        str | None,
        typer.Argument(
            help="What to learn, as openspiel:connect_four, python:my_module:MyGame or tcp://HOST:PORT.",
            show_default=False,
        ),
    ] = None,
    listen: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="Learn the game of an engine that connects there, instead of one that is named.",
            show_default=False,
        ),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            help="Settings to start from: CartPole-v1, connect_four, default, dots_and_boxes or tic_tac_toe.",
            show_default="those named like the game, else default",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The agent's file.", show_default="agent.myoshu in the run's folder")
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(help="How long to learn.", show_default="as the preset says; with --steps, no limit"),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(
            help="How many learning steps to do, instead of --minutes or besides.",
            show_default="as the preset says; with --minutes, no limit",
        ),
    ] = None,
    seed: Seed = SEED,
    run: Annotated[
        Path | None,
        typer.Option(help="The run's folder. A run that it holds is resumed.", show_default="runs/GAME-DATE"),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Fail where --run holds no run to resume.")] = False,
    simulations: Annotated[
        int | None, typer.Option(help="Simulations a move in self-play.", show_default="as the preset says")
    ] = None,
    offline: Annotated[
        Path | None,
        typer.Option(help="A file or folder of recorded games (.jsonl, .jsonl.gz) to learn from; none are played."),
    ] = None,
    reanalyse: Annotated[
        float | None,
        typer.Option(
            help="Share of the searches that renew what older ones found, instead of playing; 0 trusts the records.",
            show_default="as the preset says; with --offline, 1",
        ),
    ] = None,
    opponents: Annotated[
        list[str] | None,
        typer.Option(
            "--opponent",
            help=f"Whom to play to see how strong it has become: {STATELESS}. {SEVERAL}",
            show_default="random, and mcts:100 where it can play",
        ),
    ] = None,
    until: Annotated[
        float | None,
        typer.Option(
            help="End as soon as this is reached twice in a row: the score in [0, 1] against the last of the "
            "opponents; alone, the mean return."
        ),
    ] = None,
    config_file: Annotated[
        Path | None,
        typer.Option(
            "--config", help="Settings from a TOML file like a run's config.toml; what it leaves out is the preset's."
        ),
    ] = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help=f"A setting, as learner.batch=512. {SEVERAL}"),
    ] = None,
    cores: Annotated[
        int | None,
        typer.Option(min=1, help="How many cores to use.", show_default="all that this process may run on"),
    ] = None,
    print_config: Annotated[
        bool, typer.Option("--print-config", help="Print the settings as a TOML file for --config, and learn nothing.")
    ] = False,
    help_config: Annotated[
        bool,
        typer.Option(
            "--help-config", is_eager=True, callback=_help_config, help="List all settings with what each is for."
        ),
    ] = False,
    deterministic: Annotated[
        bool, typer.Option("--deterministic", help="One process; --steps and --seed fix the outcome exactly.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print the result only.")] = False,
) -> None:
    """Learn a game by playing it, and export what was learned as one file.

    Ctrl-C ends it early and exports what was learned so far.
    """
    import msgspec

    from myoshu.cli._games import game_as, remember_place
    from myoshu.cli._opponents import default_opponents, opponent_names, opponents_of
    from myoshu.cli._paths import expect_folder
    from myoshu.errors import ArgumentError, DependencyError
    from myoshu.traits import Traits
    from myoshu_engines import load_game

    if (game is None) == (listen is None):
        raise ArgumentError(f"GAME, --listen: expected one of them, got {'neither' if game is None else 'both'}")
    if resume and run is None:
        raise ArgumentError("--resume: expected --run with the folder of the run to resume, got none")
    if minutes is not None and not minutes > 0:
        raise ArgumentError(f"--minutes: expected more than 0, got {minutes:g}")
    if out is not None:
        expect_folder("--out", out)
    source = ctx.get_parameter_source("seed")  # where the command does not say, a file's or a run's own seed holds
    given = _given(
        None if source is not None and source.name == "DEFAULT" else seed,
        simulations,
        deterministic,
        offline,
        reanalyse,
        assignments or (),
    )
    game = f"listen://{listen}" if game is None else game
    rules = load_game(game)  # before torch is imported, which takes seconds: a typing error is told at once
    if print_config:
        typer.echo(_configure(rules, preset, config_file, given, minutes, steps).to_toml(), nl=False)
        return
    try:
        from myoshu.training.folder import Lock, holds_run, load_config
        from myoshu.training.run import Run
        from myoshu.training.telling.progress import new_progress
    except ImportError as error:
        raise DependencyError(f"training needs more packages ({error}): pip install 'myoshu[train]'") from error

    progress = new_progress(sys.stderr, quiet=quiet)
    if run is not None and (resume or holds_run(run)):
        rules = game_as(load_config(run).game, rules)
        _agree(rules, run, preset, config_file, given)
        names = load_config(run).opponents if opponents is None else opponent_names(opponents)
        with Lock(run):  # where another process trains, nothing is said before that
            learning = Run.resumed(
                rules,
                run,
                minutes=minutes,
                steps=steps,
                until=until,
                opponents=opponents_of(names, rules),
                progress=progress,
                cores=cores,
            )
        if not quiet:
            progress.note(f"{run} holds a run: going on from step {learning.learner.steps:,}")
    else:
        config = _configure(rules, preset, config_file, given, minutes, steps)
        names = default_opponents(rules) if opponents is None else opponent_names(opponents)
        if opponents is not None or not config.opponents:
            config = msgspec.structs.replace(config, opponents=names)
        names = config.opponents
        if until is not None:
            config = msgspec.structs.replace(config, until=until)
        folder = run if run is not None else _folder(rules)
        learning = Run(rules, config, folder, opponents=opponents_of(names, rules), progress=progress, cores=cores)
    remember_place(learning.folder, game)
    if not quiet:
        progress.note(
            f"Learning {rules.spec.name} in {learning.folder} ({_budget(learning.config)}); Ctrl-C ends it early"
        )
    summary = learning.train(out, date=datetime.now(UTC).isoformat(timespec="seconds"))
    say_goodbye = Traits.of(rules).close
    if say_goodbye is not None:  # to the engine, which would wait for the trainer to come back
        say_goodbye()
    typer.echo(
        f"{summary.bundle}: learned {rules.spec.name} in {summary.seconds:.0f} s, {counted(summary.steps, 'step')}, "
        f"{counted(summary.games, 'game')}, {counted(summary.positions, 'position')}"
    )
    if summary.check is not None:
        typer.echo(f"Strength: {summary.check}")
    if summary.verdict is not None:
        typer.echo(summary.verdict)
    if summary.interrupted:
        typer.echo(f"Ended early. To go on: myoshu train '{game}' --run {learning.folder}")
        raise typer.Exit(130)


def _given(
    seed: int | None,
    simulations: int | None,
    deterministic: bool,
    offline: Path | None,
    reanalyse: float | None,
    assignments: Sequence[str],
) -> dict[str, object]:
    """What the options say, by the names of the settings that they stand for."""
    from myoshu.training.settings import parsed

    options = {
        "seed": seed,
        "selfplay.simulations": simulations,
        "deterministic": deterministic or None,
        "offline": None if offline is None else str(offline),
        "learner.reanalyse": 1.0 if offline is not None and reanalyse is None else reanalyse,
    }
    return {**{name: value for name, value in options.items() if value is not None}, **parsed(assignments)}


def _configure(
    game: Game,
    preset: str | None,
    config_file: Path | None,
    given: Mapping[str, object],
    minutes: float | None,
    steps: int | None,
) -> TrainingConfig:
    """A new run's configuration: the preset's, then the file's, then the options'."""
    from myoshu.errors import ArgumentError
    from myoshu.training.presets import preset as named
    from myoshu.training.settings import changed, in_file
    from myoshu.traits import Traits

    config = named(game.spec, preset)
    config = changed(config, {"selfplay.games": min(config.selfplay.games, Traits.of(game).most_games)})
    if config_file is not None:
        config = changed(config, in_file(config_file), config_file)
    limits: dict[str, object] = {}
    if minutes is not None or steps is not None:
        limits = {"minutes": minutes, "steps": steps}
    elif given.get("deterministic"):
        limits = {"minutes": None}
    config = changed(config, {**limits, **given})
    if config.deterministic and not Traits.of(game).replayable:
        raise ArgumentError(f"--deterministic: expected a game that the same actions repeat, {game.spec.name} is not")
    return config


def _agree(game: Game, run: Path, preset: str | None, config_file: Path | None, given: Mapping[str, object]) -> None:
    """Refuse options that the run in the folder was not begun with; its limits alone may change."""
    import msgspec

    from myoshu.errors import TrainingError
    from myoshu.training.folder import load_config
    from myoshu.training.presets import preset as named
    from myoshu.training.settings import all_settings, changed, in_file

    config = load_config(run)
    wanted = config
    if preset is not None:
        tables = {"network", "selfplay", "search", "learner"}
        presets = msgspec.structs.asdict(named(game.spec, preset))
        wanted = msgspec.structs.replace(wanted, **{name: presets[name] for name in tables})
        kept = {"selfplay.simulations": config.selfplay.simulations, "learner.reanalyse": config.learner.reanalyse}
        wanted = changed(wanted, kept)
    if config_file is not None:
        wanted = changed(wanted, in_file(config_file), config_file)
    wanted = msgspec.structs.replace(changed(wanted, given), game=game.spec.name)
    held, asked = msgspec.to_builtins(config), msgspec.to_builtins(wanted)
    for field in ("game", *(setting.name for setting in all_settings())):
        table, dot, key = field.rpartition(".")
        got, want = (values[table][key] if dot else values[key] for values in (held, asked))
        if got != want and field not in ("minutes", "steps"):
            advice = "name that game" if field == "game" else "leave the option out"
            raise TrainingError(
                f"{run / 'config.toml'}: {field}: expected {want!r}, as the command says, got {got!r}: "
                f"{advice} to resume that run, change the file, or name another --run to begin a new one"
            )


def _folder(game: Game) -> Path:
    short = "".join(
        letter if letter.isalnum() or letter in "_-" else "_"
        for letter in game.spec.name.partition(":")[2] or game.spec.name
    )
    return Path("runs") / f"{short.strip('_') or 'game'}-{time.strftime('%Y%m%d-%H%M%S')}"


def _budget(config: TrainingConfig) -> str:
    parts = []
    if config.minutes is not None:
        short = config.minutes < 1
        parts.append(counted(round(60 * config.minutes, 1), "second") if short else counted(config.minutes, "minute"))
    if config.steps is not None:
        parts.append(counted(config.steps, "step"))
    return " or ".join(parts)
