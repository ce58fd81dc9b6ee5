"""Agents of games whose rules are in another program: named by the engine, found by the address that is given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from demos.three_in_a_row import ThreeInARow
from tests.unit.engines.engine_thread import Engine
from typer.testing import CliRunner

import myoshu
from myoshu.cli import app
from myoshu.spec import spec_hash
from myoshu.testing.networks import mlp, write_bundle


@pytest.fixture
def engine() -> Iterator[Engine]:
    held = Engine(ThreeInARow(), 8)
    yield held
    held.stop()


@pytest.fixture
def agent(tmp_path: Path) -> Path:
    path = tmp_path / "agent.myoshu"
    network = mlp((3, 4, 4), 16, 8, players=3)
    write_bundle(path, network, game=ThreeInARow.spec)
    return path


def said(*arguments: str, code: int = 0) -> str:
    answer = CliRunner().invoke(app, list(arguments))
    assert answer.exit_code == code, answer.output
    return " ".join(answer.output.split())


@pytest.mark.parametrize("verb", [("play", "--watch"), ("match",), ("calibrate",)], ids=lambda verb: verb[0])
def test_without_an_address_it_says_which_option_takes_it(agent: Path, verb: tuple[str, ...]) -> None:
    text = said(verb[0], str(agent), *verb[1:], code=2)
    assert "--game" in text
    assert "three_in_a_row" in text
    assert "as tcp://127.0.0.1:7777" in text


def test_it_plays_wherever_the_engine_is(engine: Engine, agent: Path, tmp_path: Path) -> None:
    text = said("play", str(agent), "--watch", "--game", engine.address, "--simulations", "2")
    assert "agent.myoshu" in text
    record = tmp_path / "match.jsonl"
    match = ["match", str(agent), "random", "random", "--games", "3", "--simulations", "2", "--workers", "2"]
    said(*match, "--game", engine.address, "--record", str(record))
    elsewhere = Engine(ThreeInARow(), 3)
    try:
        text = said("match", "--replay", str(record), "--game", elsewhere.address)
    finally:
        elsewhere.stop()
    assert "3 games replayed, 0 mismatches" in text
    assert "as tcp://127.0.0.1:7777" in said("match", "--replay", str(record), code=2)


@pytest.mark.slow
def test_a_run_goes_on_with_the_engine_at_another_address(engine: Engine, tmp_path: Path) -> None:
    run, out = str(tmp_path / "run"), tmp_path / "out.myoshu"
    settings = ["--run", run, "--out", str(out), "--quiet", "--opponent", "random"]
    text = said("train", engine.address, "--deterministic", "--steps", "1", "--simulations", "2", *settings)
    assert "learned three_in_a_row" in text
    before = myoshu.load(out, "cpu").manifest.spec_hash
    elsewhere = Engine(ThreeInARow(), 5)
    try:
        assert "2 steps" in said("train", elsewhere.address, "--steps", "2", *settings)
        said("export", run, "--game", elsewhere.address)
    finally:
        elsewhere.stop()
    after = myoshu.load(out, "cpu").manifest
    assert after.spec_hash == before == spec_hash(ThreeInARow.spec, after.model)
    assert "as tcp://127.0.0.1:7777" in said("export", run, code=2)
