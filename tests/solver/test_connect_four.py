"""The solver of connect four agrees with plain minimax over OpenSpiel's rules, near the end of games."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pyspiel
import pytest

SOURCE = Path(__file__).with_name("connect_four.cpp")
POSITIONS = 40
LEAST_PLIES = 28


@pytest.fixture(scope="module")
def solver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = tmp_path_factory.mktemp("solver") / "connect_four"
    subprocess.run(["c++", "-O2", "-std=c++17", str(SOURCE), "-o", str(program)], check=True)
    return program


def value(state: Any, known: dict[str, int]) -> int:
    """What the game is worth to player 0, by plain minimax."""
    if state.is_terminal():
        return int(state.returns()[0])
    drawn = str(state)
    if drawn not in known:
        values = [value(state.child(action), known) for action in state.legal_actions()]
        known[drawn] = max(values) if state.current_player() == 0 else min(values)
    return known[drawn]


def test_it_agrees_with_plain_minimax(solver: Path) -> None:
    rng = np.random.default_rng(5)
    game = pyspiel.load_game("connect_four")
    lines: list[str] = []
    expected: list[str] = []
    while len(lines) < POSITIONS:
        state, columns = game.new_initial_state(), []
        for _ in range(int(rng.integers(LEAST_PLIES, 41))):
            if state.is_terminal():
                break
            columns.append(int(rng.choice(state.legal_actions())))
            state.apply_action(columns[-1])
        if state.is_terminal():
            continue
        sign = 1 if state.current_player() == 0 else -1
        known: dict[str, int] = {}
        legal = state.legal_actions()
        values = [str(sign * value(state.child(column), known)) if column in legal else "x" for column in range(7)]
        lines.append(" ".join(map(str, columns)))
        expected.append(" ".join(values))
    done = subprocess.run([str(solver)], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == expected
    assert {"1", "0", "-1"} <= {each for line in expected for each in line.split()}


def test_a_position_that_cannot_be_is_refused(solver: Path) -> None:
    done = subprocess.run([str(solver)], input="0 0 0 0 0 0 0\n", capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no such position" in done.stderr
