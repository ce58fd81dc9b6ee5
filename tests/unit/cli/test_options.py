"""All verbs' options: one spelling, one meaning, one way to say what holds where they are not given."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from myoshu.cli import VERBS, app
from myoshu.cli._options import SEED, SEVERAL
from myoshu.training.config import TrainingConfig

NOTHING = {
    "train": {"listen", "offline", "until", "config_file", "assignments"},
    "match": {"openings", "sprt", "record", "replay", "report"},
    "serve": {"websocket", "unix", "metrics", "origin", "cert", "key"},
}
"""Options that mean nothing where they are not given."""


def command(verb: str) -> Any:
    return typer.main.get_command(app).get_command(None, verb)  # type: ignore[attr-defined]  # a group has commands


def options(verb: str) -> list[Any]:
    return [each for each in command(verb).params if each.param_type_name == "option" and not each.is_eager]


OPTIONS = [(verb, option) for verb in VERBS for option in options(verb)]


def named(name: str) -> dict[str, Any]:
    return {verb: option for verb, option in OPTIONS if name in option.opts}


def shown(verb: str) -> str:
    """A verb's help as one line of text."""
    result = CliRunner().invoke(app, [verb, "--help"], env={"COLUMNS": "1000", "TERM": "dumb"})
    assert result.exit_code == 0
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", result.stdout).split())


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_says_in_brackets_what_holds_where_it_is_not_given(verb: str) -> None:
    text, silent = shown(verb), set()
    for option in options(verb):
        assert "by default" not in option.help.lower(), option.name
        if isinstance(option.show_default, str):
            assert f"{option.help} [default: ({option.show_default})]" in text
        elif not option.is_flag and option.default is not None:
            assert f"{option.help} [default: {option.default}]" in text
        elif not option.is_flag:
            silent.add(option.name)
    assert silent == NOTHING.get(verb, set())


def test_one_seed() -> None:
    seeds = named("--seed")
    assert set(seeds) == {"train", "match", "calibrate", "play", "protocol-check"}
    assert {(seed.help, seed.default) for seed in seeds.values()} == {("Seed of everything random.", SEED)}
    assert TrainingConfig(game="any").seed == SEED


def test_json_is_printed() -> None:
    found = named("--json")
    assert set(found) == {"match", "inspect"}
    assert all(option.is_flag and option.help.startswith("Print ") for option in found.values())


def test_a_flag_in_one_verb_is_none_elsewhere() -> None:
    flags = {option.opts[0] for _, option in OPTIONS if option.is_flag}
    assert flags.isdisjoint(option.opts[0] for _, option in OPTIONS if not option.is_flag)


def test_what_may_be_repeated_says_so() -> None:
    several = {(verb, option.opts[0]) for verb, option in OPTIONS if option.multiple}
    assert several == {("train", "--opponent"), ("train", "--set"), ("serve", "--origin"), ("doctor", "--provider")}
    assert several == {(verb, option.opts[0]) for verb, option in OPTIONS if option.help.endswith(SEVERAL)}


@pytest.mark.parametrize("verb", VERBS)
def test_examples_are_understood(verb: str) -> None:
    epilog = command(verb).epilog
    assert epilog.lstrip().startswith("[bold]Examples[/bold]")
    found = re.findall(r"^\s*(?:MYOSHU_TOKEN=\w+ )?myoshu (\S+)(.*)$", re.sub(r"\\\n", " ", epilog), re.MULTILINE)
    assert verb in {name for name, _ in found}
    for name, words in found:
        if "--help-config" not in words:  # which ends the program
            command(name).make_context(name, shlex.split(words.partition(" > ")[0]))
