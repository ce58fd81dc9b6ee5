"""The duel: its rules, and whole matches driven by synthetic events in a window without a screen."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

os.environ["PYGAME_HIDE_SUPPORT_PROMPT"] = "1"

import pygame

from myoshu.testing.games import check_game
from myoshu.testing.networks import mlp, write_bundle
from myoshu_engines import load_game

FOLDER = Path(__file__).resolve().parents[2] / "demos" / "duel"
GAME = f"python:{FOLDER / 'rules.py'}:duel"
PERSON_AGENT, AGENTS, AGENT_SCRIPT, PERSON_SCRIPT, PEOPLE = range(5)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    spec = load_game(GAME).spec
    path = tmp_path_factory.mktemp("agents") / "duel.myoshu"
    write_bundle(path, mlp(spec.observation, spec.actions, 16, players=1), game=spec)
    return path


class Driver:
    """A person at the program: events go through Pygame's queue, time goes on by frames."""

    def __init__(self, demo: Any, file: Path) -> None:
        self.demo = demo
        self.stage = demo.stage.Stage(pygame.display.set_mode(demo.stage.SIZE), file, 1)
        pygame.event.clear()

    def frame(self, number: int = 1) -> None:
        for _ in range(number):
            for event in pygame.event.get():
                self.stage.handle(event)
            self.stage.update()

    def key(self, *keys: int, kind: int = pygame.KEYDOWN) -> None:
        for key in keys:
            pygame.event.post(pygame.event.Event(kind, key=key))
        self.frame()

    def point(self, x: float, y: float) -> None:
        place = (round(x), round(y))
        pygame.event.post(pygame.event.Event(pygame.MOUSEMOTION, pos=place, rel=(0, 0), buttons=(0, 0, 0)))

    def click(self, place: tuple[int, int]) -> None:
        self.point(*place)
        pygame.event.post(pygame.event.Event(pygame.MOUSEBUTTONDOWN, pos=place, button=1))
        self.frame()

    def fight(self, mode: int, level: int = 0) -> Any:
        self.stage.mode, self.stage.level = mode, level
        self.key(pygame.K_RETURN)
        assert self.stage.match is not None
        return self.stage.match

    def served(self) -> Any:
        """The court, with the ball on its way."""
        match = self.stage.match
        for _ in range(200):
            if not match.waits:
                return match.court
            self.frame()
        raise AssertionError("no serve")

    def picture(self) -> bytes:
        self.stage.draw()
        return pygame.image.tobytes(self.stage.surface, "RGB")


@pytest.fixture
def driver(demo: Any, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Driver]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    pygame.font.init()
    driver = Driver(demo, bundle)
    yield driver
    driver.stage.leave()
    pygame.quit()


def intercept(rules: Any, court: Any, seat: int) -> float:
    """Where the ball will cross a paddle's line, if it comes; the middle otherwise."""
    face = rules.GAP + rules.RADIUS if seat == 0 else rules.WIDTH - rules.GAP - rules.RADIUS
    frames = (face - court.x) / court.dx
    if frames < 0:
        return rules.HEIGHT / 2
    low, span = rules.RADIUS, rules.HEIGHT - 2 * rules.RADIUS
    y = (court.y + court.dy * frames - low) % (2 * span)
    return low + (y if y < span else 2 * span - y)


def foresee(rules: Any, court: Any, seat: int) -> int:
    """Good play: to where the ball will be, to hit it with the edge, away from the other paddle."""
    edge = 0.75 * rules.HALF * (1 if court.paddles[1 - seat] > rules.HEIGHT / 2 else -1)
    comes = court.dx < 0 if seat == 0 else court.dx > 0
    ahead = intercept(rules, court, seat) + (edge if comes else 0.0) - court.paddles[seat]
    return 1 if abs(ahead) < 0.1 else 2 if ahead > 0 else 0


def test_it_keeps_the_games_contract() -> None:
    report = check_game(load_game(GAME), games=4)
    assert report.finished == 4
    assert report.returns[0] < -0.4  # random play loses


def test_who_looks_ahead_beats_the_built_in_opponent(demo: Any) -> None:
    rules = demo.rules
    won = 0
    for seed in range(12):
        rally = rules.Rally(np.random.default_rng(seed), 1.0)
        paid = 0.0
        for frame in range(rules.LENGTH * rules.REPEAT):
            if frame % rules.REPEAT == 0:
                action = foresee(rules, rally.court, 0)
            paid += rally.step(action)
            if rally.over:
                break
        won += paid == 1.0
    assert won >= 10


def test_both_seats_see_the_same_court_from_their_side(demo: Any) -> None:
    rules = demo.rules
    court, mirror = (rules.Court(np.random.default_rng(3)) for _ in range(2))
    mirror.x, mirror.dx = rules.WIDTH - court.x, -court.dx
    choice = np.random.default_rng(4)
    for _ in range(300):
        left, right = (int(action) for action in choice.integers(3, size=2))
        court.step(left, right)
        mirror.step(right, left)
        np.testing.assert_allclose(court.numbers(0), mirror.numbers(1), atol=1e-9)
        assert len(court.numbers(1)) == rules.NUMBERS
        assert rules.RADIUS <= court.y <= rules.HEIGHT - rules.RADIUS
    assert (court.winner, mirror.winner) in ((0, 1), (1, 0))


def test_the_edge_of_the_paddle_sends_the_ball_off_steeply(demo: Any) -> None:
    rules = demo.rules
    angles = []
    for off in (-0.9, 0.0, 0.9):
        court = rules.Court(np.random.default_rng(0))
        court.x, court.y, court.dx, court.dy = 1.5, rules.HEIGHT / 2 + off, -0.14, 0.0
        while not court.hits:
            court.step(1, 1)
        angles.append(court.dy / court.dx)
    assert angles[0] == pytest.approx(-angles[2])
    assert angles[0] < -0.5
    assert abs(angles[1]) < 1e-6
    assert court.speed > rules.SERVE


def test_a_person_wins_with_the_mouse(driver: Driver) -> None:
    match = driver.fight(PERSON_AGENT)
    rules, stage = driver.demo.rules, driver.demo.stage
    for _ in range(20_000):
        if match.winner is not None:
            break
        court = match.court
        driver.point(200, stage.COURT.top + stage.SCALE * intercept(rules, court, 0))
        driver.frame()
    assert match.winner == 0
    assert driver.stage.words(match) == "You win!"
    assert driver.picture()
    driver.key(pygame.K_RETURN)
    assert driver.stage.match is not match
    assert driver.stage.match.score == [0, 0]


def test_who_does_nothing_loses(driver: Driver) -> None:
    match = driver.fight(PERSON_SCRIPT)
    driver.key(pygame.K_UP)
    for _ in range(20_000):
        if match.winner is not None:
            break
        driver.frame()
    assert match.court.paddles[0] == driver.demo.rules.HALF  # the key is held
    assert driver.stage.words(match) == "The built-in opponent wins"


def test_agents_play_each_other_and_the_same_match_again(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        driver.demo.match, "BUDGET", 60.0
    )  # else a busy machine hurries a decision, which may be another
    found = []
    for _ in range(2):
        match = driver.fight(AGENTS, 9)
        while match.winner is None:
            driver.frame()
        assert all(seat.last is not None for seat in match.seats.values())
        found.append((match.score, match.rallies, match.court.hits, match.court.y))
        driver.key(pygame.K_ESCAPE)
    assert found[0] == found[1]
    match = driver.fight(AGENT_SCRIPT, 9)
    while not sum(match.score):
        driver.frame()


def test_the_keys_move_the_paddles_and_stop_them(driver: Driver) -> None:
    match = driver.fight(PEOPLE)
    driver.served()
    driver.key(pygame.K_w, pygame.K_DOWN)
    driver.frame(15)
    left, right = match.court.paddles
    middle = driver.demo.rules.HEIGHT / 2
    assert left < middle - 0.5
    assert right > middle + 0.5
    driver.key(pygame.K_w, pygame.K_DOWN, kind=pygame.KEYUP)
    driver.frame(30)
    assert abs(match.court.speeds[0]) < 1e-3
    assert driver.stage.words(match) == ""


def test_a_pause_stands_still_and_goes_on(driver: Driver) -> None:
    match = driver.fight(AGENTS)
    court = driver.served()
    driver.frame(10)
    place = (court.x, court.y)
    driver.key(pygame.K_p)
    driver.frame(50)
    assert driver.stage.words(match) == "Paused"
    assert (court.x, court.y) == place
    assert driver.picture()
    driver.key(pygame.K_p)
    driver.frame(5)
    assert (court.x, court.y) != place
    pygame.event.post(pygame.event.Event(pygame.WINDOWFOCUSLOST))
    driver.frame()
    assert driver.stage.paused


def test_a_hint_is_shown_when_asked_for(driver: Driver) -> None:
    match = driver.fight(PERSON_SCRIPT)
    driver.served()
    assert match.advice(0) is None
    driver.key(pygame.K_h)
    driver.frame(6)
    assert match.advice(0) is not None
    assert match.advice(0).action in (0, 1, 2)
    shown = driver.picture()
    driver.key(pygame.K_h)
    assert match.advice(0) is None
    assert driver.picture() != shown


def test_thoughts_are_shown_when_asked_for(driver: Driver) -> None:
    match = driver.fight(AGENTS, 9)
    driver.served()
    driver.frame(8)
    off = driver.picture()
    driver.stage.overlaid = True
    assert driver.picture() != off
    whole = set()
    for _ in range(600):  # a frame's time may be too short for a whole search on a busy machine, but not every time
        whole |= {number for number, seat in match.seats.items() if seat.last.simulations == 16}
        if len(whole) == len(match.seats):
            break
        driver.frame()
    assert whole == set(match.seats)


def test_leaving_in_the_middle_leaves_nothing_behind(driver: Driver) -> None:
    match = driver.fight(AGENTS, 9)
    driver.served()
    driver.key(pygame.K_r)
    again = driver.stage.match
    assert again is not match
    driver.served()
    driver.key(pygame.K_ESCAPE)
    assert driver.stage.match is None
    assert driver.picture()
    driver.fight(AGENTS)
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    driver.frame()
    assert not driver.stage.running


def test_the_menu_works_with_the_mouse(driver: Driver) -> None:
    mode, level, start = driver.stage.buttons()
    before = driver.picture()
    driver.click(level.center)
    assert driver.stage.level == 5
    assert driver.picture() != before
    driver.click(mode.center)
    driver.click(start.center)
    assert driver.stage.match.hands == (driver.demo.match.Hands.AGENT,) * 2


def test_without_an_agent_people_can_still_play(driver: Driver, demo: Any, tmp_path: Path) -> None:
    (tmp_path / "broken.myoshu").write_bytes(b"not a bundle")
    assert "broken.myoshu: " in demo.stage.Stage(driver.stage.surface, tmp_path / "broken.myoshu", 1).excuse
    alone = Driver(demo, tmp_path / "none.myoshu")
    assert "myoshu train python:demos/duel/rules.py:duel" in alone.stage.excuse
    assert alone.picture()
    alone.stage.mode = PERSON_AGENT
    alone.key(pygame.K_RETURN)
    assert alone.stage.match is None
    alone.fight(PERSON_SCRIPT)


def test_the_program_shows_a_match_of_agents_and_records_it(
    program: Any, bundle: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    gif = tmp_path / "duel.gif"
    options = ["--watch", "--frames", "80", "--record", str(gif)]
    monkeypatch.setattr(sys, "argv", ["duel", "--agent", str(bundle), *options])
    program.main()
    assert f"recorded {gif}" in capsys.readouterr().out
    assert 0 < gif.stat().st_size <= 2_000_000
    assert not pygame.display.get_init()


def test_the_program_runs_until_its_window_is_closed(
    program: Any, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setattr(sys, "argv", ["duel", "--agent", str(bundle)])
    pygame.display.init()
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_RETURN))
    closing = threading.Timer(0.8, lambda: pygame.event.post(pygame.event.Event(pygame.QUIT)))
    closing.start()
    program.main()
    closing.join()
    assert not pygame.display.get_init()
