"""A game that goes by a clock of its own: what a tick does, what a trainer is told, and what it learns."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.measured import rows
from tests.unit.engines.engine_thread import Engine
from tests.waiting import wait_until

import myoshu
from myoshu.client.address import Address
from myoshu.client.environment_checks import EnvironmentChecks
from myoshu.errors import ArgumentError, ConnectionLostError, GameError, RemoteProtocolError
from myoshu.game import State
from myoshu.protocol.messages import EnvSpec, Error, Reset, Spec, States, Step
from myoshu.server.environment_server import EnvironmentServer
from myoshu.server.realtime import RealtimeService
from myoshu.spec import GameSpec
from myoshu.traits import Traits
from myoshu_engines import load_game
from myoshu_engines.remote import RemoteGame

IDLE, LEFT, RIGHT = 0, 1, 2
WIDTH = 9


class Fall:
    """A stone falls onto a board, a square a tick; a basket under it moves, or stays where none is chosen."""

    spec = GameSpec(
        name="python:fall", players=1, actions=3, observation=(WIDTH + 1, 2), returns=(-1.0, 1.0), stochastic=True,
        max_length=WIDTH,
    )  # fmt: skip

    def new_state(self, rng: np.random.Generator) -> Falling:
        return Falling(int(rng.integers(WIDTH)), int(rng.integers(WIDTH)))

    def action_name(self, state: State, action: int) -> str:
        return ("stay", "left", "right")[action]


class Falling:
    def __init__(self, stone: int, basket: int) -> None:
        self.stone, self.basket, self.height = stone, basket, WIDTH

    def to_play(self) -> int:
        return 0

    def legal_actions(self) -> list[int]:
        if self.is_terminal():
            return []
        return [IDLE, *([LEFT] if self.basket > 0 else []), *([RIGHT] if self.basket < WIDTH - 1 else [])]

    def observation(self) -> np.ndarray:
        seen = np.zeros((WIDTH + 1, 2), np.float32)
        seen[self.stone, 0] = seen[self.basket, 1] = 1.0
        seen[WIDTH] = self.height / WIDTH
        return seen

    def apply(self, action: int) -> np.ndarray:
        self.basket += (0, -1, 1)[action]
        self.height -= 1
        return np.array([(1.0 if self.stone == self.basket else -1.0) if self.is_terminal() else 0.0], np.float32)

    def is_terminal(self) -> bool:
        return self.height == 0

    def clone(self) -> Falling:
        copy = Falling(self.stone, self.basket)
        copy.height = self.height
        return copy

    def key(self) -> tuple[int, ...]:
        return self.stone, self.basket, self.height

    def __str__(self) -> str:
        return str(self.key())


class Fragile(Fall):
    def new_state(self, rng: np.random.Generator) -> Falling:
        return Broken(0, 0)


class Broken(Falling):
    def apply(self, action: int) -> np.ndarray:
        if action == RIGHT:
            raise RuntimeError("the basket fell over")
        return super().apply(action)


def service(game: Fall | None = None) -> RealtimeService:
    return RealtimeService(game or Fall(), 4, tick=0.05, idle=IDLE)


def began(served: RealtimeService, slots: tuple[int, ...]) -> States:
    answer = served.handle(Reset(id=1, slots=slots, seeds=tuple(range(len(slots)))))
    assert isinstance(answer, States)
    return answer


def basket(states: States, row: int = 0) -> int:
    return int(states.obs.array()[row, :WIDTH, 1].argmax())


def test_a_step_is_answered_by_the_next_tick_with_its_number() -> None:
    served = service()
    found = served.handle(EnvSpec(id=1))
    assert isinstance(found, Spec)
    assert (found.mode, found.tick) == ("realtime", 0.05)
    start = began(served, (0, 2))
    assert start.ticks == (0, 0)
    assert served.tick() == []
    assert served.handle(Step(id=2, slots=(2, 0), actions=(RIGHT, -1))) is None
    (states,) = served.tick()
    assert (states.id, states.slots, states.ticks, states.errors) == (2, (2, 0), (2, 2), None)
    assert basket(states) == basket(start, 1) + 1
    assert basket(states, 1) == basket(start)


def test_what_was_missed_is_paid_and_told_with_the_next_step() -> None:
    served = service()
    start = began(served, (0,))
    for _ in range(WIDTH + 5):
        served.tick()
    assert served.handle(Step(id=3, slots=(0,), actions=(LEFT,))) is None
    (states,) = served.tick()
    assert (states.ticks, states.terminated, states.errors) == ((WIDTH,), (True,), None)
    caught = int(start.obs.array()[0, :WIDTH, 0].argmax()) == basket(start)
    assert states.rewards.array().tolist() == [[1.0 if caught else -1.0]]
    served.handle(Step(id=4, slots=(0,), actions=(IDLE,)))
    (states,) = served.tick()
    assert [(error.slot, error.code) for error in states.errors or ()] == [(0, "ended")]


def test_an_illegal_action_is_none_and_is_told() -> None:
    served = service()
    start = began(served, (0, 1))
    served.handle(Step(id=5, slots=(0, 1), actions=(7, IDLE)))
    (states,) = served.tick()
    assert [(error.slot, error.code) for error in states.errors or ()] == [(0, "illegal_action")]
    served.handle(Step(id=6, slots=(0,), actions=(IDLE,)))
    (states,) = served.tick()
    assert (states.ticks, states.errors, basket(states)) == ((2,), None, basket(start))


def test_a_game_that_fails_is_told_once_and_needs_a_reset() -> None:
    served = service(Fragile())
    began(served, (0,))
    for code in ("environment", "ended"):
        served.handle(Step(id=2, slots=(0,), actions=(RIGHT,)))
        (states,) = served.tick()
        assert [(error.slot, error.code) for error in states.errors or ()] == [(0, code)]
    assert began(served, (0,)).errors is None


def test_a_slot_in_which_a_step_waits_takes_no_other_request() -> None:
    served = service()
    began(served, (0, 1))
    served.handle(Step(id=2, slots=(0,), actions=(IDLE,)))
    for request in (Step(id=3, slots=(1, 0), actions=(0, 0)), Reset(id=4, slots=(0,), seeds=(1,))):
        answer = served.handle(request)
        assert isinstance(answer, Error)
        assert (answer.code, answer.id) == ("invalid", request.id)
        assert "slots in which no step waits" in answer.msg
    assert served.handle(Step(id=5, slots=(1,), actions=(IDLE,))) is None
    assert [states.id for states in served.tick()] == [2, 5]


@pytest.mark.parametrize("tick", [0.0, -1.0, float("nan"), float("inf")])
def test_a_clock_needs_a_tick(tick: float) -> None:
    with pytest.raises(ArgumentError, match="tick: expected a positive number of seconds"):
        EnvironmentServer(Fall(), tick=tick)


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    held = Engine(Fall(), *getattr(request, "param", (4, 0.01)))
    yield held
    held.stop()


@pytest.fixture
def game(engine: Engine) -> Iterator[RemoteGame]:
    held = load_game(engine.address)
    assert isinstance(held, RemoteGame)
    yield held
    held.close()


def begin(game: RemoteGame, count: int) -> list[Any]:
    return list(game.new_states([np.random.default_rng(seed) for seed in range(count)]))


def test_it_keeps_to_the_protocol(engine: Engine) -> None:
    outcomes = list(EnvironmentChecks(Address.of(engine.address)).run())
    assert not [outcome for outcome in outcomes if outcome.result == "FAIL"]
    assert sum(outcome.result == "ok" for outcome in outcomes) >= 18


def test_a_trainer_plays_it_and_knows_that_it_cannot_be_replayed(game: RemoteGame) -> None:
    assert not Traits.of(game).replayable
    assert Traits.of(game).most_games == 4
    going = begin(game, 4)
    while going:
        outcomes = game.apply_all(going, [IDLE] * len(going))
        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        going = [state for state in going if not state.is_terminal()]
    with pytest.raises(GameError, match="one in realtime has no clones"):
        begin(game, 1)[0].clone()


def test_a_game_whose_slot_goes_to_another_is_lost_and_nothing_else(game: RemoteGame) -> None:
    first = begin(game, 4)
    second = begin(game, 2)
    outcomes = game.apply_all([*first[2:], *second], [IDLE] * 4)
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    outcomes = game.apply_all([*first[:2], second[0]], [IDLE] * 3)
    assert [isinstance(outcome, ConnectionLostError) for outcome in outcomes] == [True, True, False]


@pytest.mark.parametrize("engine", [(4, 0.05)], indirect=True)
def test_all_games_are_lost_with_the_engine_and_new_ones_begin(engine: Engine, game: RemoteGame) -> None:
    states = begin(game, 3)
    engine.stop()
    engine.start()
    outcomes = game.apply_all(states, [IDLE] * 3)
    assert all(isinstance(outcome, ConnectionLostError) for outcome in outcomes)
    (again,) = begin(game, 1)
    assert again.apply(IDLE).shape == (1,)


def test_a_clock_that_is_too_fast_is_told_of_once(
    game: RemoteGame, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("myoshu_engines.remote.MANY", 10)
    with caplog.at_level(logging.WARNING, "myoshu.training"):
        for _ in range(4):
            (state,) = begin(game, 1)
            while not state.is_terminal():
                time.sleep(0.035)
                state.apply(IDLE)
    assert len([record for record in caplog.records if "ticks passed without an action" in record.message]) == 1


def test_it_cannot_be_learned_deterministically(engine: Engine, tmp_path: Path) -> None:
    command = ["train", engine.address, "--deterministic", "--steps", "1", "--run", str(tmp_path / "run"), "--quiet"]
    process = subprocess.run([sys.executable, "-m", "myoshu.cli", *command], capture_output=True, text=True, timeout=60)
    assert process.returncode != 0
    assert "--deterministic: expected a game that the same actions repeat" in process.stderr


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("engine", [(32, 0.01)], indirect=True)
def test_it_is_learned_and_gone_on_with_although_the_engine_dies(engine: Engine, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "myoshu.cli", "train", engine.address, "--quiet", "--simulations", "8"]
    command += ["--run", str(tmp_path / "run"), "--out", str(tmp_path / "out.myoshu")]
    process = subprocess.Popen([*command, "--steps", "150"], stdout=subprocess.PIPE, text=True)
    with process:
        wait_until(lambda: rows(tmp_path / "run") > 0 or process.poll() is not None)
        engine.stop()
        engine.start()
        said, _ = process.communicate(timeout=800)
    assert process.returncode == 0, said
    again = subprocess.run([*command, "--steps", "300"], capture_output=True, text=True, timeout=800)
    assert again.returncode == 0, again.stderr
    assert not (tmp_path / "run" / "errors.jsonl").exists()
    agent = myoshu.load(tmp_path / "out.myoshu", "cpu")
    session = agent.new_session(1)
    game = Fall()
    total = 0.0
    for seed in range(20):
        state = game.new_state(np.random.default_rng(seed))
        while not state.is_terminal():
            legal = state.legal_actions()
            total += float(state.apply(session.play(state.observation(), legal, to_play=0).action)[0])
    print(total)
    assert total >= 0.0  # playing at random, it is caught in one game of four or so: -10


def test_protocol_errors_name_the_field() -> None:
    with pytest.raises(RemoteProtocolError, match="slots below 4"):
        service()._check("step", (4,))
