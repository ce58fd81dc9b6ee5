"""A run's agent: written whatever happens, with what is known of it, and never after learning in vain."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from tests.unit.training.faults import raising
from tests.unit.training.flaky_game import Flaky
from tests.unit.training.opponents import Moody
from tests.unit.training.recorder import Recorder

from myoshu.errors import BundleError, ExportError, TrainingError
from myoshu.game import Game
from myoshu.planes import planes_of
from myoshu.runtime.agent import load
from myoshu.runtime.bundle import Bundle
from myoshu.training import TrainingConfig
from myoshu.training.playing.source import Source
from myoshu.training.run import Run


def test_an_agent_comes_with_positions_to_check_a_program_with(
    game: Game, config: TrainingConfig, tmp_path: Path
) -> None:
    run = Run(game, config, tmp_path / "run")
    run.export(tmp_path / "agent.myoshu")
    agent = load(tmp_path / "agent.myoshu", "cpu")
    assert agent.check_game(game).right
    assert len(agent.examples) == 8
    assert agent.manifest.planes == planes_of(game)
    run.export(tmp_path / "again.myoshu")
    assert (tmp_path / "agent.myoshu").read_bytes() == (tmp_path / "again.myoshu").read_bytes()


@pytest.mark.parametrize("broken", ["planes", "new_state"])
def test_a_game_that_fails_afterwards_costs_no_agent(
    game: Game, config: TrainingConfig, tmp_path: Path, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder()
    run = Run(game, config, tmp_path / "run", progress=recorder)

    def fail(*_: object) -> None:
        raise OSError("the engine is gone")

    monkeypatch.setattr(game, broken, "no sequence of texts" if broken == "planes" else fail)
    run.export(tmp_path / "agent.myoshu")
    bundle = Bundle.read(tmp_path / "agent.myoshu")
    if broken == "planes":
        assert not bundle.manifest.planes
        assert "The agent's file will not say what observations hold" in recorder.notes[-1]
        assert bundle.examples
    else:
        said = "The agent's file will have no positions to check a program with: OSError: the engine is gone"
        assert recorder.notes[-1] == said
        assert bundle.examples == ()


def test_the_agent_is_written_whatever_the_checks_meet_with(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    recorder, moody = Recorder(), Moody(raising(ZeroDivisionError("a bad day")))
    config = msgspec.structs.replace(config, evaluations=3, opponents=("moody",))
    run = Run(game, config, tmp_path / "run", opponents=[moody], progress=recorder)
    summary = run.train()
    assert (summary.check, summary.steps, moody.calls) == (None, 30, 3)
    manifest = Bundle.read(summary.bundle).manifest
    assert manifest.provenance["steps"] == 30
    assert "strength" not in manifest.provenance
    told = [note for note in recorder.notes if "a bad day" in note]
    assert [note.partition(":")[0] for note in told[:2]] == ["step 10", "step 20"]
    assert told[2].startswith("The agent is written, its last check of strength failed: ZeroDivisionError")


def test_the_last_check_counts_though_games_broke_in_it(config: TrainingConfig, tmp_path: Path) -> None:
    flaky, recorder = Flaky("raise", 0.0), Recorder()
    config = msgspec.structs.replace(config, game="python:flaky", evaluations=1, evaluation_games=60)
    run = Run(flaky, config, tmp_path / "run", progress=recorder)
    save = run._save

    def break_from_now_on(source: Source) -> None:
        save(source)
        object.__setattr__(flaky, "share", 0.5)

    run._save = break_from_now_on  # type: ignore[method-assign]  # learning is over
    summary = run.train()
    assert summary.check is not None
    assert 0 < summary.check.games < 60
    assert Bundle.read(summary.bundle).manifest.provenance["strength"] == str(summary.check)
    assert any("last check of strength failed: expected games that can be played to" in note for note in recorder.notes)


def test_the_agent_bears_the_last_check(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    run = Run(game, config, tmp_path / "run")
    summary = run.train()
    assert Bundle.read(summary.bundle).manifest.provenance["strength"] == str(summary.check)


@pytest.mark.parametrize("kind", [TrainingError, OSError])
def test_the_agent_is_written_when_learning_ends_by_an_error(
    game: Game, config: TrainingConfig, tmp_path: Path, kind: type[Exception]
) -> None:
    recorder = Recorder()
    run = Run(game, config, tmp_path / "run", progress=recorder)
    step = run.state.step

    def until_twelve() -> object:
        if run.learner.steps == 12:
            raise kind("the games are gone")
        return step()

    run.state.step = until_twelve  # type: ignore[assignment,method-assign]  # an error in the middle
    with pytest.raises(kind, match="the games are gone"):
        run.train(tmp_path / "out.myoshu")
    assert Bundle.read(tmp_path / "out.myoshu").manifest.provenance["steps"] == 12
    assert any("out.myoshu: the agent as it was at step 12" in note for note in recorder.notes)


def test_what_the_export_would_refuse_is_refused_before_anything_is_learned(
    game: Game, config: TrainingConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error, expected in (
        (BundleError("manifest: no"), pytest.raises(TrainingError, match="manifest: no")),
        (ExportError("value: no"), pytest.raises(ExportError, match="value: no, before anything was learned")),
    ):
        run = Run(game, config, tmp_path / type(error).__name__)
        monkeypatch.setattr("myoshu.training.exporter.export_bundle", raising(error))
        with expected:
            run.train()
        assert run.learner.steps == 0
    monkeypatch.undo()
    out = tmp_path / "elsewhere"
    out.mkdir()
    run = Run(game, config, tmp_path / "run")
    run.train(out / "out.myoshu")
    assert [path.name for path in out.iterdir()] == ["out.myoshu"]
    monkeypatch.setattr("myoshu.training.exporter.export_bundle", raising(ExportError("value: no")))
    longer = Run.resumed(game, tmp_path / "run", steps=40)
    with pytest.raises(ExportError, match=r"value: no; the checkpoint in .*run is kept: .*`myoshu export .*run`"):
        longer.train()
    assert Run.resumed(game, tmp_path / "run").learner.steps == 40
