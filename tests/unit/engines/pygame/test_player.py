"""An agent in a Pygame game: the same moves in the frame and beside it; cancelled, hurried, paused and quit."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, sleep, thread_time

import numpy as np
import pygame
import pytest
from numpy.typing import NDArray

from myoshu import Agent, Decision, Limit, StopReason
from myoshu.errors import ArgumentError, EvaluationError, LimitError
from myoshu_engines.pygame.player import Player

ENDLESS = Limit(simulations=50_000)
MOVE = pygame.USEREVENT + 1


def positions(number: int) -> list[NDArray[np.float32]]:
    return list(np.random.default_rng(5).normal(size=(number, 27)).astype(np.float32))


def wait(ready: Callable[[], Decision | None], seconds: float = 30.0) -> Decision:
    end = perf_counter() + seconds
    while perf_counter() < end:
        decision = ready()
        if decision is not None:
            return decision
        sleep(0.001)
    raise AssertionError("no move came")


def moves(player: Player) -> list[tuple[int, list[int], float]]:
    found = []
    for seat, observation in enumerate(positions(6)):
        player.think(observation, [0, 2, 3, 5, 8], Limit(simulations=60), seat % 2)
        decision = wait(lambda: player.step(0.0005))
        player.observe(decision.action)
        found.append((decision.action, decision.visits.tolist(), decision.value))
    return found


@pytest.mark.parametrize("temperature", [0.0, 1.5])
def test_in_the_frame_and_in_the_background_it_plays_what_the_session_plays(
    small_agent: Agent, temperature: float
) -> None:
    def session(seed: int = 7):  # type: ignore[no-untyped-def]
        return small_agent.new_session(seed=seed, temperature=temperature)

    alone = session()
    expected = []
    for seat, observation in enumerate(positions(6)):
        decision = alone.play(observation, [0, 2, 3, 5, 8], Limit(simulations=60), seat % 2)
        alone.observe(decision.action)
        expected.append((decision.action, decision.visits.tolist(), decision.value))
    assert moves(Player(session())) == expected
    assert moves(Player(session(), background=True)) == expected
    if temperature:
        assert any(moves(Player(session(seed))) != expected for seed in range(8, 16))


@pytest.mark.timing
def test_steps_end_in_time_and_say_how_long_they_took(small_agent: Agent) -> None:
    player = Player(small_agent.new_session())
    steps: list[Decision | None] = [None]
    spent = []
    while steps[-1] is None:
        begin, busy = perf_counter(), thread_time()
        if len(steps) == 1:
            player.think(positions(1)[0], limit=Limit(simulations=3000))
        steps.append(player.step(0.002))
        spent.append(thread_time() - busy)  # of the processor: others may be at it in the meantime
        assert player.spent <= perf_counter() - begin
    assert len(steps) > 3
    assert sorted(spent)[len(spent) // 2] < 0.0025
    assert steps[-1].simulations == 3000
    assert not player.thinking
    assert player.step(0.002) is None


def test_the_best_so_far_is_there_at_once_and_grows(small_agent: Agent) -> None:
    player = Player(small_agent.new_session())
    assert player.best() is None
    player.think(positions(1)[0], [4, 6], limit=ENDLESS)
    first = player.best()
    assert first is not None
    assert first.action in (4, 6)
    assert first.stop_reason is StopReason.THINKING
    second = first
    while second.simulations <= first.simulations:  # a busy machine may take a step's time away
        player.step(0.005)
        second = player.best()
        assert second is not None
    player.hurry()
    decision = player.poll()
    assert decision is not None
    assert decision.stop_reason is StopReason.STOPPED
    assert decision.action in (4, 6)


def test_an_event_says_when_to_look(small_agent: Agent, screen: pygame.Surface) -> None:
    with Player(small_agent.new_session(), background=True, event=MOVE) as player:
        for legal in ([3], [1, 2, 3]):  # with one legal move it is ready at once
            player.think(positions(1)[0], legal, Limit(simulations=200))
            event = pygame.event.wait(30_000)
            while event.type not in (MOVE, pygame.NOEVENT):
                event = pygame.event.wait(30_000)
            assert event.type == MOVE
            assert event.player is player
            decision = event.player.poll()
            assert decision is not None
            assert decision.action in legal
            assert player.poll() is None  # once


def test_nothing_comes_of_what_was_cancelled(small_agent: Agent, screen: pygame.Surface) -> None:
    with Player(small_agent.new_session(), background=True, event=MOVE) as player:
        player.think(positions(1)[0], limit=ENDLESS)
        assert player.poll() is None
        player.cancel()
        assert player.best() is None
        player.think(positions(2)[1], [7, 8], Limit(simulations=50))
        assert wait(player.poll).action in (7, 8)
        sleep(0.05)
        assert len(pygame.event.get(MOVE)) <= 1
        player.think(positions(1)[0], [2], Limit(simulations=1))
        sleep(0.05)
        player.cancel()  # its event is on its way
        assert all(event.player.poll() is None for event in pygame.event.get(MOVE))


@pytest.mark.parametrize("background", [False, True])
def test_pondering_is_gone_on_with(small_agent: Agent, background: bool) -> None:
    theirs, ours = positions(2)
    player = Player(small_agent.new_session(), background=background)
    player.ponder(theirs, limit=Limit(simulations=500), to_play=0)
    assert player.pondering
    assert not player.thinking
    for _ in range(2000):
        assert player.step(0.002) is None  # no move comes of it
        hint = player.best()
        assert hint is not None
        if hint.simulations == 500:
            break
        sleep(0.002)
    assert hint.simulations == 500
    player.observe(hint.action)
    assert not player.pondering
    player.think(ours, limit=Limit(simulations=10), to_play=1)
    decision = wait(lambda: player.step(0.01))
    assert decision.simulations == 10
    assert decision.visits.sum() > 20  # what was found out under the move is still there


@pytest.mark.parametrize("background", [False, True])
def test_a_pause_changes_nothing(small_agent: Agent, background: bool) -> None:
    expected = small_agent.new_session().play(positions(1)[0], limit=Limit(simulations=300))
    player = Player(small_agent.new_session(), background=background)
    player.think(positions(1)[0], limit=Limit(simulations=300))
    player.step(0.001)
    sleep(0.1)
    decision = wait(lambda: player.step(0.001))
    assert decision.visits.tolist() == expected.visits.tolist()


def test_a_failing_network_is_heard_of_once(small_agent: Agent) -> None:
    def fail(_: object = None, **__: object) -> None:
        raise EvaluationError("recurrent.value: NaN")

    for background in (False, True):
        player = Player(small_agent.new_session(), background=False)
        player.think(positions(1)[0], limit=Limit(simulations=100))
        thinking = player._current[0]
        thinking._deliberation.run = fail  # type: ignore[method-assign]  # stands for a network that fails half way
        if background:
            player.background = True
            thinking.start()
            thinking.wait()
        with pytest.raises(EvaluationError, match="NaN"):
            player.step(0.01)
        assert not player.thinking
        assert player.step(0.01) is None


def test_what_cannot_be_is_refused(small_agent: Agent) -> None:
    session = small_agent.new_session()
    with pytest.raises(ArgumentError, match="event: expected None"):
        Player(session, event=MOVE)
    with pytest.raises(ArgumentError, match="event: expected a custom type"):
        Player(session, background=True, event=pygame.KEYDOWN)
    player = Player(session)
    player.think(positions(1)[0], limit=Limit(simulations=9))
    with pytest.raises(LimitError):
        player.step(0)
    assert player.thinking  # a wrong argument ends nothing
    assert wait(lambda: player.step(0.01)).simulations == 9


QUIT = """
import sys
import numpy as np, pygame, myoshu
from myoshu_engines.pygame.player import Player
pygame.init()
screen = pygame.display.set_mode((64, 64))
player = Player(myoshu.load(sys.argv[1]).new_session(), background=True, event=pygame.event.custom_type())
player.think(np.zeros(27), limit=myoshu.Limit(simulations=100_000))
pygame.time.wait(50)
pygame.quit()
print("quit", flush=True)
sys.exit(0)
"""


def test_a_game_may_be_quit_in_mid_thought(small_bundle: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", QUIT, str(small_bundle)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"},
    )
    assert (done.returncode, done.stdout) == (0, "quit\n"), done.stderr
    assert "Error" not in done.stderr
