"""docs/client.md: its blocks of code run as they are, one after the other; they find the server by themselves."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from tests.pages import blocks
from tests.unit.server.running import Running

from myoshu.discovery import Discovery, default_path
from myoshu.runtime.agent import load
from myoshu.server import Settings

ROOT = Path(__file__).resolve().parents[3]


def test_every_block_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    names = ("tic_tac_toe", "connect_four")
    agents = {name: load(ROOT / "demos" / "agents" / f"{name}.myoshu", "cpu") for name in names}
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    running = Running(agents, Settings(token="a secret"), None, ())
    said: dict[str, str] = {}
    try:
        Discovery(pid=os.getpid(), tcp=running.url, token="a secret").write(default_path())
        held: dict[str, Any] = {}
        for block in blocks(ROOT / "docs" / "client.md", "python"):
            exec(compile(block, "docs/client.md", "exec"), held)
            said[block] = capsys.readouterr().out
    finally:
        running.stop()
    game, crowd, many, wrong = said
    assert said[game].startswith("['tic_tac_toe', 'connect_four']\n")
    assert 6 <= said[game].count("\n") <= 10
    assert said[crowd].count(",") == 7
    assert said[many].count(",") == 9
    assert said[wrong].strip() == wrong.rpartition("# ")[2].strip()
