"""The board room, driven by synthetic events in a window without a screen: whole games, undone, hinted at, and quit."""

from __future__ import annotations

import dataclasses
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

from myoshu import Limit
from myoshu.testing.networks import mlp, write_bundle
from myoshu_engines import load_game

FOLDER = Path(__file__).resolve().parents[2] / "demos" / "board_room"
FRAME = 16
TIC_TAC_TOE, CONNECT_FOUR, OTHELLO, DOTS = range(4)


@pytest.fixture(scope="module")
def demo(demo: Any) -> Any:
    """The demo's module ``room``."""
    return demo.room


@pytest.fixture(scope="module")
def agents(demo: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("agents")
    for kind in demo.BOARDS:
        spec = load_game(kind.string).spec
        network = mlp(spec.observation, spec.actions, 16, movers=spec.movers)
        write_bundle(folder / kind.file, network, game=spec)
    return folder


class Driver:
    """A person at the room: events go through Pygame's queue, time goes on by frames."""

    def __init__(self, demo: Any, agents: Path) -> None:
        self.now = 0
        self.room = demo.Room(pygame.display.set_mode(demo.SIZE), agents, 1, lambda: self.now)
        pygame.event.clear()

    def frame(self, number: int = 1) -> None:
        for _ in range(number):
            self.now += FRAME
            for event in pygame.event.get():
                self.room.handle(event)
            self.room.update()

    def key(self, *keys: int) -> None:
        for key in keys:
            pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=key))
        self.frame()

    def click(self, place: tuple[int, int]) -> None:
        pygame.event.post(pygame.event.Event(pygame.MOUSEMOTION, pos=place, rel=(0, 0), buttons=(0, 0, 0)))
        pygame.event.post(pygame.event.Event(pygame.MOUSEBUTTONDOWN, pos=place, button=1))
        self.frame()

    def play(self, action: int) -> None:
        self.click(self.room.board.cells()[action].center)

    def sit(self, game: int, mode: int) -> Any:
        self.key(pygame.K_1 + game, *[pygame.K_TAB] * mode, pygame.K_RETURN)
        assert self.room.table is not None
        return self.room.table

    def until(self, what: Any, frames: int = 4000) -> None:
        for _ in range(frames):
            if what():
                return
            self.frame()
        raise AssertionError("it did not come to that")

    def picture(self) -> bytes:
        self.room.draw()
        return pygame.image.tobytes(self.room.surface, "RGB")

    def words(self) -> str:
        words: str = self.room._status(self.room.table)[1]
        return words


@pytest.fixture
def driver(demo: Any, agents: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Driver]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    pygame.font.init()
    driver = Driver(demo, agents)
    yield driver
    driver.room._leave()
    pygame.quit()


@pytest.mark.parametrize(
    ("game", "actions", "end"),
    [
        (TIC_TAC_TOE, [0, 3, 1, 4, 2], "Red wins"),
        (TIC_TAC_TOE, [8, 0, 3, 1, 4, 2], "Blue wins"),
        (TIC_TAC_TOE, [0, 1, 2, 4, 3, 5, 7, 6, 8], "A draw"),
        (CONNECT_FOUR, [3, 2, 3, 2, 3, 2, 3], "Red wins"),
        (DOTS, [0, 2, 6, 7, 8, 1, 3, 9, 4, 10, 5, 11], "Blue wins"),
    ],
)
def test_two_people_play_a_whole_game_with_the_mouse(driver: Driver, game: int, actions: list[int], end: str) -> None:
    table = driver.sit(game, 3)
    for action in actions:
        assert not table.over
        before = driver.picture()
        driver.play(action)
        assert driver.picture() != before
    assert [action for _, action in table.moves] == actions
    assert table.over
    assert driver.words() == end
    if game == DOTS:
        assert driver.room.board.score(table) in ("1 : 3", "0 : 4")
        assert any(first == second for (first, _), (second, _) in zip(table.moves, table.moves[1:], strict=False))


def test_othello_counts_its_stones_and_passes_by_itself(driver: Driver) -> None:
    table = driver.sit(OTHELLO, 3)
    rng = np.random.default_rng(8)
    passed = 0
    while not table.over:
        if table.must_pass:
            passed += 1
            assert driver.words() == "No move: passes"
            number = len(table.moves)
            driver.until(lambda: len(table.moves) > number)  # noqa: B023 -- called at once
        else:
            driver.play(int(rng.choice(table.state.legal_actions())))
    first, second = map(int, driver.room.board.score(table).split(":"))
    assert driver.words() == ("A draw" if first == second else "Red wins" if first > second else "Blue wins")
    assert first + second >= 40
    assert str(table.state).count("x") >= first


@pytest.mark.parametrize("game", [TIC_TAC_TOE, CONNECT_FOUR, OTHELLO, DOTS])
@pytest.mark.parametrize("mode", [0, 1])
def test_a_person_plays_an_agent_with_the_keyboard(driver: Driver, game: int, mode: int) -> None:
    table = driver.sit(game, mode)
    arrows = (pygame.K_LEFT, pygame.K_UP, pygame.K_RIGHT, pygame.K_DOWN)
    turn = 0
    while not table.over:
        driver.until(lambda: table.persons_turn or table.over)
        if not table.over:
            turn += 1
            driver.key(arrows[turn % 4], arrows[turn % 3])
            assert driver.room.cursor in table.state.legal_actions()
            driver.key(pygame.K_RETURN)
    assert driver.words() in ("You win!", "The agent wins", "A draw")
    assert {seat for seat, _ in table.moves} == {0, 1}
    assert driver.picture()


@pytest.mark.parametrize("game", [TIC_TAC_TOE, CONNECT_FOUR, DOTS])
def test_agents_play_each_other_and_the_same_game_again(driver: Driver, game: int) -> None:
    found = []
    for _ in range(2):
        table = driver.sit(game, 0 if found else 2)
        driver.until(lambda: table.over)  # noqa: B023 -- called at once
        found.append(table.moves)
        driver.key(pygame.K_ESCAPE)
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("game", "actions", "won"),
    [
        (TIC_TAC_TOE, [0, 3, 1, 4, 2], {(0, 0), (0, 1), (0, 2)}),
        (TIC_TAC_TOE, [0, 1, 2, 3, 6, 5, 8, 7, 4], {(0, 0), (1, 1), (2, 2), (0, 2), (2, 0)}),  # two rows at once
        (TIC_TAC_TOE, [0, 1, 2, 4, 3, 5, 7, 6, 8], set()),
        (CONNECT_FOUR, [3, 2, 3, 2, 3, 2, 3], {(2, 3), (3, 3), (4, 3), (5, 3)}),
        (CONNECT_FOUR, [0, 1, 1, 2, 2, 3, 2, 3, 3, 6, 3], {(5, 0), (4, 1), (3, 2), (2, 3)}),
        (CONNECT_FOUR, [6, 5, 5, 4, 4, 3, 4, 3, 3, 0, 3], {(5, 6), (4, 5), (3, 4), (2, 3)}),
    ],
)
def test_the_stones_that_have_won_are_marked(
    driver: Driver, demo: Any, game: int, actions: list[int], won: set[tuple[int, int]]
) -> None:
    table = driver.sit(game, 3)
    for action in actions:
        assert driver.room.board.winning(table) == []
        driver.play(action)
    assert table.over
    assert set(driver.room.board.winning(table)) == won
    driver.picture()
    board = driver.room.board
    ring = board.size // 2 - 3 - 2 if game == TIC_TAC_TOE else board.square(0, 0).width * 9 // 20 - 2
    for row, column in ((row, column) for row in range(board.rows) for column in range(board.columns)):
        x, y = board.square(row, column).center
        marked = driver.room.surface.get_at((x - ring, y))[:3] == demo.LAST
        assert marked == ((row, column) in won), (row, column)


@pytest.mark.parametrize("way", ["button", "enter"])
def test_another_game_is_offered_once_one_is_over(driver: Driver, demo: Any, way: str) -> None:
    table = driver.sit(TIC_TAC_TOE, 3)
    driver.click(demo.AGAIN.center)  # no button yet
    assert table.persons_turn
    for action in (0, 3, 1, 4):
        driver.play(action)
    driver.picture()
    assert driver.room.surface.get_at((demo.AGAIN.centerx, demo.AGAIN.bottom - 4))[:3] == demo.BACK
    driver.play(2)
    pygame.mouse.set_pos((0, 0))
    driver.frame()
    driver.picture()
    assert driver.room.surface.get_at((demo.AGAIN.centerx, demo.AGAIN.bottom - 4))[:3] == demo.GO
    if way == "button":
        driver.click(demo.AGAIN.center)
    else:
        driver.key(pygame.K_RETURN)
    assert table.moves == []
    assert table.persons_turn


@pytest.mark.parametrize("game", [TIC_TAC_TOE, CONNECT_FOUR, OTHELLO, DOTS])
def test_places_are_named_as_the_overlay_names_them(driver: Driver, demo: Any, game: int) -> None:
    driver.sit(game, 3)
    board = driver.room.board
    labels = board.labels()
    frame = board.rect.inflate(20, 20)
    names = {board.name(action) for action in board.cells()}
    assert len(names) == len(board.cells())
    marks = {mark for mark, _ in labels}
    assert all(set(name.split()[0]) <= marks for name in names)
    for mark, middle in labels:
        size = driver.room.small.size(mark)
        place = pygame.Rect((0, 0), size)
        place.center = middle
        assert driver.room.surface.get_rect().contains(place)
        assert not place.colliderect(demo.SIDE)
        assert game == DOTS or not place.colliderect(frame)
    if game == CONNECT_FOUR:
        assert [mark for mark, _ in labels] == list("1234567")


def test_the_strength_begins_in_the_middle_and_watching_shows_the_best(driver: Driver, demo: Any) -> None:
    for number, agent in enumerate(driver.room.agents):
        assert driver.room._chosen_level(agent).name == "medium", number
    driver.room.watch(CONNECT_FOUR)
    assert driver.room.table.level.name == "strong"
    assert driver.room.table.people == frozenset()


def test_nothing_is_drawn_anew_while_a_person_is_awaited(driver: Driver) -> None:
    assert driver.room.idle
    table = driver.sit(TIC_TAC_TOE, 0)
    assert driver.room.idle
    driver.play(0)
    assert not driver.room.idle  # the agent thinks
    driver.until(lambda: table.persons_turn)
    driver.key(pygame.K_h)
    driver.until(lambda: table.advice is not None)
    assert driver.room.idle


def test_undo_goes_back_to_ones_own_move(driver: Driver) -> None:
    table = driver.sit(TIC_TAC_TOE, 0)
    empty = driver.picture()
    driver.play(4)
    driver.until(lambda: len(table.moves) == 2)
    driver.key(pygame.K_u)
    assert table.moves == []
    assert table.persons_turn
    pygame.mouse.set_pos((0, 0))
    assert driver.picture() == empty
    driver.play(0)
    assert table.thinks or table.moves == [(0, 0)]
    driver.key(pygame.K_u)  # while the agent thinks
    assert table.moves == []
    driver.key(pygame.K_u)  # nothing to undo
    assert table.moves == []
    driver.play(8)
    driver.until(lambda: len(table.moves) == 2)
    assert table.moves[0] == (0, 8)
    driver.key(pygame.K_r)
    assert table.moves == []


def test_a_hint_is_legal_and_shown(driver: Driver) -> None:
    table = driver.sit(CONNECT_FOUR, 0)
    driver.key(pygame.K_o)
    before = driver.picture()
    driver.key(pygame.K_h)
    driver.until(lambda: table.advice is not None)
    assert table.advice.action in table.state.legal_actions()
    assert driver.picture() != before
    assert driver.room._title(table) == "Hint for you"
    driver.play(table.advice.action)
    assert table.advice is None
    driver.until(lambda: table.persons_turn or table.over)
    assert driver.room._title(table) == "Agent, medium"


def test_the_overlay_may_be_switched_off(driver: Driver) -> None:
    table = driver.sit(TIC_TAC_TOE, 1)
    driver.until(lambda: table.shown is not None)
    on = driver.picture()
    driver.room.overlaid = False
    assert driver.picture() != on


def test_leaving_in_mid_thought_leaves_nothing_behind(driver: Driver) -> None:
    table = driver.sit(CONNECT_FOUR, 2)
    table.level = dataclasses.replace(table.level, limit=Limit(simulations=1_000_000))
    driver.until(lambda: table.thinks)
    driver.key(pygame.K_ESCAPE)
    assert driver.room.table is None
    assert not table.thinks
    driver.sit(CONNECT_FOUR, 0)
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    driver.frame()
    assert not driver.room.running


def test_the_menu_works_with_the_mouse(driver: Driver) -> None:
    room = driver.room
    driver.click(room.tiles()[DOTS].center)
    mode, level, start = room.buttons()
    medium = driver.picture()
    driver.click(level.center)
    assert driver.picture() != medium
    driver.click(mode.center)
    driver.click(start.center)
    assert room.table.level.name == "strong"
    assert room.table.people == {1}
    assert room.board.title == "Dots and boxes"


def test_a_game_without_an_agent_says_how_to_train_one(driver: Driver, demo: Any, tmp_path: Path, agents: Path) -> None:
    (tmp_path / "othello.myoshu").write_bytes((agents / "tic_tac_toe.myoshu").read_bytes())
    (tmp_path / "connect_four.myoshu").write_bytes(b"not a bundle")
    empty = Driver(demo, tmp_path)
    empty.key(pygame.K_1, pygame.K_RETURN)
    assert empty.room.table is None
    excuses = empty.room.excuses
    assert f'myoshu train "openspiel:tic_tac_toe" --out {tmp_path / "tic_tac_toe.myoshu"}' in excuses[TIC_TAC_TOE]
    assert "connect_four.myoshu: " in excuses[CONNECT_FOUR]
    assert "got one for openspiel:tic_tac_toe" in excuses[OTHELLO]
    assert empty.picture()


def test_the_program_runs_until_its_window_is_closed(
    program: Any, agents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["board_room", "--agents", str(agents)])
    pygame.display.init()
    pressed = [pygame.event.Event(pygame.KEYDOWN, key=key) for key in (pygame.K_TAB, pygame.K_RETURN)]
    for event in pressed:
        pygame.event.post(event)
    closing = threading.Timer(1.0, lambda: pygame.event.post(pygame.event.Event(pygame.QUIT)))
    closing.start()
    program.main()
    closing.join()
    assert not pygame.display.get_init()


def test_a_game_is_watched_and_recorded(
    program: Any, agents: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gif = tmp_path / "game.gif"
    options = ["--watch", "tic_tac_toe", "--frames", "45", "--record", str(gif)]
    monkeypatch.setattr(sys, "argv", ["board_room", "--agents", str(agents), *options])
    program.main()
    told = capsys.readouterr().out
    assert f"recorded {gif}" in told
    assert "first frame after " in told
    assert "first move after " in told
    assert 0 < gif.stat().st_size <= 2_000_000


def test_what_cannot_be_watched_is_said(program: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "argv", ["board_room", "--agents", str(tmp_path), "--watch", "othello"])
    with pytest.raises(SystemExit, match=r'myoshu train "openspiel:othello"'):
        program.main()
    pygame.quit()
