"""The agents in demos/agents: small, sound, listed, and as strong as their page says where that is quick to show."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import myoshu
from myoshu.arena.agent_player import AgentPlayer
from myoshu.arena.exhaustive import play_every_line
from myoshu.arena.solver import Solver
from myoshu_engines import load_game

FOLDER = Path(__file__).parents[2] / "demos" / "agents"
FILES = sorted(FOLDER.glob("*.myoshu"))
LARGEST = 2_000_000


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_agent_is_small_and_listed_and_plays_its_game(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER.parents[1])  # python: games are named by their file
    assert file.stat().st_size <= LARGEST
    assert f"`{file.name}`" in (FOLDER / "README.md").read_text(encoding="utf-8")
    agent = myoshu.load(file)
    state = load_game(agent.game.name).new_state(np.random.default_rng(0))
    session = agent.new_session(seed=0)
    for _ in range(20):
        if state.is_terminal():
            break
        legal = state.legal_actions()
        decision = session.play(state.observation(), legal, to_play=state.to_play(), limit=myoshu.Limit(simulations=8))
        assert decision.action in legal
        state.apply(decision.action)


@pytest.mark.slow
@pytest.mark.parametrize("simulations", [1, 32])
def test_tic_tac_toe_loses_no_line_and_throws_nothing_away(simulations: int) -> None:
    game = load_game("openspiel:tic_tac_toe")
    solver = Solver(game)
    player = AgentPlayer(myoshu.load(FOLDER / "tic_tac_toe.myoshu"), myoshu.Limit(simulations=simulations))
    for seat in range(2):
        report = play_every_line(game, player, seat, solver=solver)
        assert report.tally.losses == 0
        assert report.thrown == 0


def test_connect_four_takes_its_wins() -> None:
    game = load_game("openspiel:connect_four")
    agent = myoshu.load(FOLDER / "connect_four.myoshu")
    rng, offered, taken = np.random.default_rng(11), 0, 0
    while offered < 100:
        state = game.new_state(rng)
        while not state.is_terminal():
            wins = [action for action in state.legal_actions() if np.any(state.clone().apply(action) > 0)]
            if wins:
                session = agent.new_session(seed=0)
                limit = myoshu.Limit(simulations=64)
                offered += 1
                taken += session.play(state.observation(), state.legal_actions(), limit=limit).action in wins
            state.apply(int(rng.choice(state.legal_actions())))
    assert taken >= 0.95 * offered


def test_catch_catches_every_ball() -> None:
    agent = myoshu.load(FOLDER / "catch.myoshu")
    game = load_game("openspiel:catch")
    seen = set()
    for seed in range(40):
        state = game.new_state(np.random.default_rng(seed))
        seen.add(state.observation().tobytes())
        session, paid = agent.new_session(seed=0), 0.0
        while not state.is_terminal():
            decision = session.play(state.observation(), state.legal_actions(), limit=myoshu.Limit(simulations=32))
            paid += float(state.apply(decision.action)[0])
        assert paid == 1.0
    assert len(seen) == 5
