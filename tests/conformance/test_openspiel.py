"""Every game that OpenSpiel registers is played a few moves by untrained agents, and docs/games.md tells the truth."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyspiel
import pytest
from tests.conformance.openspiel import trial
from tests.conformance.openspiel.catalogue import catalogue
from tests.conformance.openspiel.isolation import try_games
from tests.conformance.openspiel.logbook import Logbook
from tests.conformance.openspiel.table import page, settled
from tests.conformance.openspiel.trial import Effort, Finding, try_game

PAGE = Path(__file__).parents[2] / "docs" / "games.md"
FEW = Effort(moves=12, checked_games=1, checked_moves=8, simulations=2, seconds=120.0)


@pytest.fixture(scope="module")
def findings() -> dict[str, Finding]:
    return {finding.name: finding for finding in try_games(catalogue(), FEW, processes=2)}


@pytest.mark.slow
def test_every_game_is_played_or_the_reason_why_not_is_documented(findings: dict[str, Finding]) -> None:
    documented = settled(PAGE.read_text(encoding="utf-8"))
    assert settled(page(list(findings.values()), FEW)) == documented


@pytest.mark.slow
def test_no_move_is_illegal_and_every_game_with_a_tensor_is_played(findings: dict[str, Finding]) -> None:
    assert sorted(findings) == sorted(pyspiel.registered_names())
    assert sum(finding.illegal for finding in findings.values()) == 0
    for kind in pyspiel.registered_games():
        finding = findings[kind.short_name]
        has_tensor = kind.provides_observation_tensor or kind.provides_information_state_tensor
        mean_field = kind.dynamics == pyspiel.GameType.Dynamics.MEAN_FIELD
        if has_tensor and not mean_field and finding.name != "crossword":  # which names a tensor that it has not
            assert not finding.stopped, finding
            assert finding.moves > 0


def tried(string: str, effort: Effort = FEW) -> Finding:
    reports: list[Finding] = []
    try_game(string.partition("(")[0], string, effort, reports.append)
    return reports[-1]


def test_what_is_found_of_a_game() -> None:
    found = tried("kuhn_poker")
    assert (found.kind, found.players, found.observation, found.actions) == ("imperfect, chance", 2, (13,), 2)
    assert (found.moves, found.illegal, found.stopped) == (12, 0, "")
    assert 4 <= found.games <= 6
    assert 2 <= found.longest <= 3


def test_an_illegal_move_and_a_broken_bound_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    real: Callable[..., Any] = trial.load_game

    def but(change: Callable[[Any], None]) -> None:
        def load(string: str) -> Any:
            game = real(string)
            change(game)
            return game

        monkeypatch.setattr(trial, "load_game", load)
        monkeypatch.setattr(trial, "check_game", lambda *given, **named: None)

    class Lying:
        """A state that offers more than there is."""

        def __init__(self, state: Any) -> None:
            self._state = state

        def __getattr__(self, name: str) -> Any:
            return getattr(self._state, name)

        def legal_actions(self) -> list[int]:
            return list(range(9))

    def lie(game: Any) -> None:
        begin = game.new_state
        game.new_state = lambda rng: Lying(begin(rng))

    but(lie)
    found = tried("tic_tac_toe", Effort(moves=500, checked_games=1, checked_moves=1, simulations=2, seconds=60.0))
    assert found.illegal == 1
    assert "is not legal" in found.stopped

    def narrow(game: Any) -> None:
        game._spec = type(game.spec)(**{**{name: getattr(game.spec, name) for name in game.spec.__struct_fields__},
                                        "returns": (-0.5, 0.5)})  # fmt: skip

    but(narrow)
    assert "expected returns within [-0.5, 0.5]" in tried("nim(pile_sizes=1;2)").stopped


def test_a_game_that_crashes_or_hangs_takes_nothing_along() -> None:
    hopeless = Effort(moves=10**9, checked_games=1, checked_moves=1, simulations=1, seconds=0.5)
    strings = {"go": "go(board_size=5)", "nim": "nim(pile_sizes=2;1)"}
    found = {finding.name: finding for finding in try_games(strings, hopeless, processes=2)}
    assert found["go"].moves > 0
    assert found["nim"].moves > 0
    assert not found["go"].stopped
    too_large = try_games({"tic_tac_toe": "tic_tac_toe"}, FEW, processes=1, memory=1 << 20)
    assert next(iter(too_large)).stopped


def test_a_log_is_gone_on_with_only_for_the_same_effort(tmp_path: Path) -> None:
    log = Logbook(tmp_path / "log", FEW)
    assert log.findings() == {}
    finding = Finding("nim", "nim", players=2, observation=(3, 4), moves=7)
    log.add(finding)
    assert Logbook(tmp_path / "log", FEW).findings() == {"nim": finding}
    other = Effort(moves=13, checked_games=1, checked_moves=8, simulations=2, seconds=120.0)
    assert Logbook(tmp_path / "log", other).findings() == {}
    assert Logbook(None, FEW).findings() == {}
    assert json.loads((tmp_path / "log").read_text())["finding"]["moves"] == 7


def test_the_page_counts_what_was_found() -> None:
    found = [
        Finding("b", "b(x=1)", kind="perfect", players=2, observation=(2, 3), actions=4, bound=9, games=3, moves=1500,
                longest=8),
        Finding("a", "a", kind="imperfect", stopped="openspiel:a: it has no\n tensor | at all"),
    ]  # fmt: skip
    text = page(found, FEW)
    assert "Of the 2 games" in text
    assert "plays 1;" in text
    assert "1,500 moves, finishing 3 games" in text
    assert "**0 of the moves were illegal**" in text
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert rows == [
        "| `a` | – | imperfect | – | – | – | 0 | 0 | it has no tensor / at all |",
        "| `b(x=1)` | 2 | perfect | 2×3 | 4 | 8 of 9 | 1,500 | 0 | – |",
    ]
    assert settled(text)["b"] == ("`b(x=1)`", "2", "perfect", "2×3", "4", "–")
    assert np.array_equal(sorted(settled(text)), ["a", "b"])
