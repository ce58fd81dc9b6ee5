"""Where a server says it is: nobody else can say it for it."""

from __future__ import annotations

import os
import socket
import traceback
from pathlib import Path

import pytest

from myoshu.cli.serve import _url
from myoshu.client import connect
from myoshu.discovery import Discovery, default_path
from myoshu.errors import ArgumentError, ConnectionLostError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    return tmp_path / f"myoshu-{os.getuid()}"


def test_the_folder_among_temporary_files_must_be_ones_own(folder: Path, tmp_path: Path) -> None:
    assert default_path() == folder / "server.json"
    Discovery(pid=1).write(default_path())
    assert default_path() == folder / "server.json"
    folder.chmod(0o777)
    with pytest.raises(ArgumentError, match=r"expected a folder that belongs to user .*, got drwxrwxrwx"):
        default_path()
    folder.rename(tmp_path / "real")
    (tmp_path / "real").chmod(0o700)
    folder.symlink_to(tmp_path / "real")
    with pytest.raises(ArgumentError, match="got lrwx"):
        default_path()


def test_a_file_of_a_server_that_answers_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "server.json"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        first = Discovery(pid=1, tcp=f"tcp://127.0.0.1:{listener.getsockname()[1]}")
        first.write(path)
        with pytest.raises(ArgumentError, match="expected a discovery file of no other server, got that of process 1"):
            Discovery(pid=2, tcp="tcp://127.0.0.1:1").write(path)
        assert Discovery.read(path) == first
        Discovery(pid=3, tcp=first.tcp).write(path)  # it listens there itself, on what a killed one has left
    Discovery(pid=2).write(path)
    assert Discovery.read(path).pid == 2
    path.write_text("{")
    Discovery(pid=3).write(path)
    assert [each.name for each in tmp_path.iterdir()] == ["server.json"]


@pytest.mark.parametrize(
    ("host", "url"),
    [("0.0.0.0", "tcp://127.0.0.1:5"), ("::", "tcp://[::1]:5"), ("::1", "tcp://[::1]:5"), ("a.b", "tcp://a.b:5")],
)
def test_an_address_is_one_that_can_be_dialled(host: str, url: str) -> None:
    assert _url("tcp", host, 5) == url


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
