"""A game whose rules are in another process, played as any game is."""

from __future__ import annotations

import gc
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from demos.three_in_a_row import Position, ThreeInARow
from tests.measured import rows
from tests.unit.engines.engine_thread import Engine
from tests.waiting import wait_until

import myoshu
from myoshu.client.sync.link import Link
from myoshu.errors import ConnectionLostError, GameError, GameStringError, IllegalActionError
from myoshu.planes import planes_of
from myoshu.runtime.example_games import find_positions
from myoshu.spec import spec_hash
from myoshu.testing.games import check_game
from myoshu.training.playing.failures import AbandonedGame
from myoshu_engines import load_game
from myoshu_engines.remote import RemoteGame


class Fragile(ThreeInARow):
    """Fails when square 5 is the third move of a game."""

    def new_state(self, rng: np.random.Generator) -> Position:
        return _FragilePosition()


class _FragilePosition(Position):
    def apply(self, action: int) -> Any:
        if action == 5 and (self.board != -1).sum() == 2:
            raise RuntimeError("the board fell over")
        return super().apply(action)


class Hard(ThreeInARow):
    """Cannot begin at every second seed or so."""

    def new_state(self, rng: np.random.Generator) -> Position:
        if rng.random() < 0.5:
            raise ValueError("no dice")
        return super().new_state(rng)


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    game, slots = getattr(request, "param", (ThreeInARow(), 8))
    held = Engine(game, slots)
    yield held
    held.stop()


@pytest.fixture
def game(engine: Engine) -> Iterator[RemoteGame]:
    held = load_game(f"tcp://127.0.0.1:{engine.port}")
    assert isinstance(held, RemoteGame)
    yield held
    held.close()


@pytest.mark.parametrize("engine", [(ThreeInARow(), 8), (ThreeInARow(), 1)], indirect=True, ids=["8 slots", "1 slot"])
def test_it_keeps_to_the_game_protocol(game: RemoteGame) -> None:
    report = check_game(game, games=2)
    assert report.finished == 2


def test_it_plays_as_the_same_game_here(game: RemoteGame) -> None:
    here, rng = ThreeInARow(), np.random.default_rng(4)
    assert game.spec == here.spec
    ours = [here.new_state(rng) for _ in range(20)]
    theirs = [game.new_state(rng) for _ in range(20)]
    while ours:
        actions = [int(rng.choice(state.legal_actions())) for state in ours]
        paid = game.apply_all(theirs, actions)
        for mine, other, action, outcome in zip(ours, theirs, actions, paid, strict=True):
            assert not isinstance(outcome, Exception)
            assert outcome.tolist() == mine.apply(action).tolist()
            assert other.is_terminal() == mine.is_terminal()
            assert list(other.legal_actions()) == mine.legal_actions()
            assert (other.observation() == mine.observation()).all()
            if not mine.is_terminal():
                assert other.to_play() == mine.to_play()
                assert str(other) == str(mine)
        going = [row for row, state in enumerate(ours) if not state.is_terminal()]
        ours, theirs = [ours[row] for row in going], [theirs[row] for row in going]


def test_an_illegal_action_leaves_its_state_and_the_others_alone(game: RemoteGame) -> None:
    rng = np.random.default_rng(0)
    states = [game.new_state(rng) for _ in range(3)]
    states[1].apply(3)
    outcomes = game.apply_all(states, [3, 3, 4])
    assert isinstance(outcomes[1], IllegalActionError)
    assert [len(state.history) for state in states] == [1, 1, 1]
    with pytest.raises(IllegalActionError, match="expected one of"):
        states[1].apply(99)


@pytest.mark.parametrize(
    ("engine", "frames"), [((ThreeInARow(), 8), 1), ((ThreeInARow(), 2), 3)], indirect=["engine"], ids=["8", "2 slots"]
)
def test_games_begin_in_as_few_frames_as_the_slots_allow(
    game: RemoteGame, frames: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(game._link, "ask", lambda make, kind: asked.append(kind) or Link.ask(game._link, make, kind))
    begun = game.new_states([np.random.default_rng(seed) for seed in range(5)])
    assert len(asked) == frames
    states = [state for state in begun if not isinstance(state, Exception)]
    assert [state.reset_seed for state in states] == [
        game.new_state(np.random.default_rng(seed)).reset_seed for seed in range(5)
    ]
    assert [len(state.legal_actions()) for state in states] == [16] * 5
    for state in states:
        state.apply(7)
        assert 7 not in state.legal_actions()


@pytest.mark.parametrize("engine", [(Hard(), 4)], indirect=True)
def test_a_game_that_cannot_begin_leaves_the_others_alone(game: RemoteGame) -> None:
    rngs = [np.random.default_rng(seed) for seed in range(9)]
    begun = game.new_states(rngs)
    failed = [state for state in begun if isinstance(state, GameError)]
    assert 0 < len(failed) < 9
    assert all("environment: ValueError: no dice" in str(error) for error in failed)
    for state in begun:
        if not isinstance(state, Exception):
            state.apply(3)


def test_games_begin_although_the_engine_died_and_returned(engine: Engine, game: RemoteGame) -> None:
    (first,) = game.new_states([np.random.default_rng(0)])
    engine.stop()
    engine.start()
    begun = game.new_states([np.random.default_rng(seed) for seed in range(3)])
    for state in (first, *begun):
        assert not isinstance(state, Exception)
        state.apply(3)


@pytest.mark.parametrize("engine", [(Fragile(), 4)], indirect=True)
def test_an_engine_that_fails_in_one_slot_says_so_there(game: RemoteGame) -> None:
    rng = np.random.default_rng(0)
    states = [game.new_state(rng) for _ in range(2)]
    for move in (0, 1):
        game.apply_all(states, [move, move])
    outcomes = game.apply_all(states, [5, 6])
    assert isinstance(outcomes[0], GameError)
    assert "environment: RuntimeError: the board fell over" in str(outcomes[0])
    assert not isinstance(outcomes[1], Exception)


def test_an_engine_that_dies_and_returns_is_gone_on_with(engine: Engine, game: RemoteGame) -> None:
    state = game.new_state(np.random.default_rng(0))
    state.apply(3)
    engine.stop()
    engine.start()
    state.apply(4)
    assert state.history == [3, 4]
    assert 3 not in state.legal_actions()
    assert 4 not in state.legal_actions()


def test_an_engine_that_stays_away_is_named(engine: Engine, game: RemoteGame) -> None:
    state = game.new_state(np.random.default_rng(0))
    game._link._patience = 0.2
    engine.stop()
    with pytest.raises(ConnectionLostError, match=r"tcp://127\.0\.0\.1"):
        state.apply(3)


def test_the_game_is_the_same_at_another_address(engine: Engine, game: RemoteGame) -> None:
    elsewhere = Engine(ThreeInARow(), 2)
    try:
        assert elsewhere.port != engine.port
        other = load_game(elsewhere.address)
        assert spec_hash(other.spec) == spec_hash(game.spec) == spec_hash(ThreeInARow().spec)
        assert elsewhere.address in repr(other)
        assert isinstance(other, RemoteGame)
        other.close()
    finally:
        elsewhere.stop()


def test_a_game_that_nobody_uses_any_more_says_goodbye(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    game = load_game(engine.address)
    assert isinstance(game, RemoteGame)
    game.new_state(np.random.default_rng(0))
    del game
    gc.collect()
    wait_until(lambda: not engine.trainers())
    assert "without a goodbye" not in caplog.text


class Endless(ThreeInARow):
    """Says that its games are shorter than they are."""

    spec = msgspec.structs.replace(ThreeInARow.spec, max_length=4)


@pytest.mark.parametrize("engine", [(Endless(), 4)], indirect=True)
def test_an_engine_whose_games_are_longer_than_it_says_is_told(game: RemoteGame) -> None:
    state = game.new_state(np.random.default_rng(0))
    for action in (0, 1, 2):
        state.apply(action)
    with pytest.raises(
        GameError, match=rf"at most 4 actions \(spec.game.max_length\).*seed {state.reset_seed}, moves \[0, 1, 2, 3\]"
    ):
        state.apply(3)


def test_an_abandoned_game_names_the_seed_that_the_engine_was_sent(game: RemoteGame) -> None:
    state = game.new_state(np.random.default_rng(5))
    abandoned = AbandonedGame.of(5, [1], GameError("what"), reset=state.reset_seed)
    assert f"in a game of seed {state.reset_seed} (of its reset)" in str(abandoned)
    assert "seed 5" not in str(abandoned)


def test_it_goes_to_another_process(game: RemoteGame) -> None:
    copy = pickle.loads(pickle.dumps(game))
    assert copy.spec == game.spec
    copy.close()


def test_nobody_there_is_one_clear_error() -> None:
    with pytest.raises(GameError, match=r"^tcp://127\.0\.0\.1:9: expected a server, got: "):
        load_game("tcp://127.0.0.1:9")
    with pytest.raises(GameStringError, match="expected tcp://HOST:PORT"):
        load_game("tcp:nowhere")


@pytest.mark.slow
@pytest.mark.parametrize("engine", [(ThreeInARow(), 64)], indirect=True)
def test_it_is_learned_and_training_goes_on_when_the_engine_returns(engine: Engine, tmp_path: Path) -> None:
    command = ["train", f"tcp://127.0.0.1:{engine.port}", "--deterministic", "--steps", "1000000", "--quiet"]
    command += ["--run", str(tmp_path / "run"), "--out", str(tmp_path / "out.myoshu"), "--simulations", "4"]
    command += ["--opponent", "random"]
    command = [sys.executable, "-m", "myoshu.cli", *command]
    told = tmp_path / "told"
    with (
        told.open("w") as stderr,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True) as process,
    ):
        wait_until(lambda: rows(tmp_path / "run") > 0 or process.poll() is not None)
        engine.stop()
        engine.start()
        wait_until(lambda: "connected again" in told.read_text() or process.poll() is not None)
        reached = rows(tmp_path / "run")
        wait_until(lambda: rows(tmp_path / "run") > reached or process.poll() is not None)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=240)
    assert process.returncode == 130, said  # told to stop, it has written its agent
    assert "learned three_in_a_row" in said
    assert myoshu.load(tmp_path / "out.myoshu", "cpu").game.players == 3


def test_the_engine_says_what_its_planes_are(game: RemoteGame) -> None:
    assert planes_of(game) == planes_of(ThreeInARow())
    assert planes_of(game).words[0] == "the mover's stones"


def test_positions_are_found_by_way_of_the_engine(game: RemoteGame) -> None:
    far, near = find_positions(game), find_positions(ThreeInARow())
    assert [position.moves for position in far] == [position.moves for position in near]
    assert not any(position.drawn for position in far)
