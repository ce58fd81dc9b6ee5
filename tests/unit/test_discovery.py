"""Where a server is: a file that its clients read."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from myoshu.client import connect
from myoshu.errors import ConnectionLostError


def test_a_server_that_is_not_there_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(ConnectionLostError) as caught:
        connect(tmp_path / "server.json")
    assert str(caught.value) == (
        f"{tmp_path}/server.json: expected a server's discovery file, got none: no server is running; start one with "
        "'myoshu serve AGENT', or give its address, such as tcp://127.0.0.1:7777"
    )
    assert "".join(traceback.format_exception(caught.value)).count("Traceback") == 1


def test_a_server_that_is_gone_is_one_traceback(tmp_path: Path) -> None:
    (tmp_path / "server.json").write_text('{"pid": 1, "tcp": "tcp://127.0.0.1:9"}')
    with pytest.raises(ConnectionLostError, match=r"^tcp://127\.0\.0\.1:9: expected a server, got: ") as caught:
        connect(tmp_path / "server.json")
    assert "".join(traceback.format_exception(caught.value)).count("Traceback") == 1
