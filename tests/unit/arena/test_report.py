"""The HTML page: whole, safe, and with every game."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from myoshu.arena.match import GameResult, play_fixture
from myoshu.arena.openings import RandomOpenings
from myoshu.arena.player import Choice
from myoshu.arena.random_player import RandomPlayer
from myoshu.arena.report import html_report
from myoshu.arena.schedule import schedule
from myoshu.game import State
from myoshu_engines import load_game

VOID = {"meta", "line"}


class Page(HTMLParser):
    """Checks that elements nest, and collects what a test asks about."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.outside: list[str] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id" and value:
                assert value not in self.ids
                self.ids.add(value)
            if name == "href" and value:
                self.links.add(value.removeprefix("#"))
            if name in ("src", "href") and value and not value.startswith("#"):
                self.outside.append(value)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID

    def handle_data(self, data: str) -> None:
        self.text += data


def played(game: str, players: int, games: int) -> list[GameResult]:
    rules = load_game(game)
    seated = [RandomPlayer() for _ in range(players)]
    return [play_fixture(rules, seated, f) for f in schedule(rules, players, games=games, openings=RandomOpenings(1))]


def test_a_pool_has_ratings_a_cross_table_and_every_game() -> None:
    game = load_game("openspiel:tic_tac_toe")
    results = played("openspiel:tic_tac_toe", 3, 6)
    names = ["random", "<b>one</b>", "other & co"]
    text = html_report(game, results, names, "conditions <here>", "LLR +1.00")
    page = Page(text)
    assert page.ids == {f"game-{number}" for number in range(1, 19)}
    assert page.links <= page.ids
    assert page.links == page.ids  # the cross table leads to every game
    assert page.outside == []
    assert "http" not in text
    assert "<b>one</b>" not in text.replace("<summary>", "")[: text.index("<h2>Games")]
    for said in ("conditions <here>", "other & co", "Ratings", "Cross table", "random is zero", "x(", "LLR +1.00"):
        assert said in page.text


@pytest.mark.parametrize(("game", "players"), [("openspiel:catch", 1), ("openspiel:pig(players=3,winscore=10)", 3)])
def test_games_for_one_and_for_three_have_no_ratings(game: str, players: int) -> None:
    page = Page(html_report(load_game(game), played(game, players, 3), [f"p{i}" for i in range(players)], ""))
    assert "mean return" in page.text
    assert "Ratings" not in page.text
    assert ("came first" in page.text) is (players == 3)


def test_who_ended_a_game_is_said() -> None:
    class Wrong(RandomPlayer):
        def choose(self, state: State) -> Choice:
            return Choice(99)

    game = load_game("openspiel:tic_tac_toe")
    players = [RandomPlayer(), Wrong()]
    results = [play_fixture(game, players, fixture) for fixture in schedule(game, 2, games=2)]
    assert "wrong: illegal: action 99 after" in Page(html_report(game, results, ["random", "wrong"], "")).text
