"""A program that communicates by lines: its input and output, a deadline for every answer, and its end."""

from __future__ import annotations

import queue
import shlex
import subprocess
import threading
import time
import weakref
from contextlib import suppress
from typing import IO

from myoshu.errors import ConnectionLostError, MatchError

__all__ = ["EngineProcess"]

_LONGEST_LINE = 1 << 16
"""Characters after which a line is cut."""
_FAREWELL = 0.5
"""Seconds that a program has to end after its input was closed."""


class EngineProcess:
    """A program that answers lines with lines.

    It gets its own process group, so that interrupting a match does not interrupt it as well, and ends with
    this object. Its standard error is not read.

    Args:
        command: the program and its arguments, as a shell would split them; no shell is run.

    Raises:
        MatchError: it cannot be started.
    """

    def __init__(self, command: str) -> None:
        try:
            words = shlex.split(command)
        except ValueError as error:
            raise MatchError(f"engine: expected a command as a shell takes it, got {command!r}: {error}") from error
        if not words:
            raise MatchError("engine: expected a program to run, got nothing")
        self._name = words[0]
        try:
            self._process = subprocess.Popen(
                words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
                errors="replace",
                bufsize=1,
                start_new_session=True,
            )
        except OSError as error:
            raise MatchError(f"engine: expected to run {words[0]!r}, got: {error.strerror or error}") from error
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input = self._process.stdin
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        reader = threading.Thread(
            target=_read, args=(self._process.stdout, self._lines), name="myoshu-engine", daemon=True
        )
        reader.start()
        self._end = weakref.finalize(self, _end, self._process, reader)

    def send(self, line: str) -> None:
        """Write a line.

        Raises:
            ConnectionLostError: the program is gone.
        """
        try:
            self._input.write(line + "\n")
            self._input.flush()
        except (OSError, ValueError) as error:
            raise self._gone() from error

    def line(self, deadline: float) -> str:
        """The next line, without its end.

        Args:
            deadline: the time by which it is due, as of :func:`time.monotonic`.

        Raises:
            TimeoutError: it did not come.
            ConnectionLostError: the program is gone.
        """
        left = deadline - time.monotonic()
        try:
            line = self._lines.get(timeout=left) if left > 0 else self._lines.get_nowait()
        except queue.Empty:
            raise TimeoutError(f"{self._name} did not answer in time") from None
        if line is None:
            self._lines.put(None)
            raise self._gone()
        return line

    def close(self) -> None:
        """End the program: its input is closed; half a second later it is killed."""
        self._end()

    def _gone(self) -> ConnectionLostError:
        try:
            code: int | None = self._process.wait(_FAREWELL)
        except subprocess.TimeoutExpired:
            code = None
        how = (
            "closed its output" if code is None else f"ended with {f'signal {-code}' if code < 0 else f'status {code}'}"
        )
        return ConnectionLostError(f"{self._name}: expected an engine that answers, got one that {how}")


def _read(output: IO[str], lines: queue.SimpleQueue[str | None]) -> None:
    """The thread: every line, then None."""
    try:
        while line := output.readline(_LONGEST_LINE):
            lines.put(line.rstrip("\r\n"))
    except (OSError, ValueError):
        pass
    lines.put(None)


def _end(process: subprocess.Popen[str], reader: threading.Thread) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(OSError):  # it is gone, with something left to read
        process.stdin.close()
    try:
        process.wait(_FAREWELL)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    reader.join(_FAREWELL)
    if not reader.is_alive():  # else a child of its holds the pipe, and closing it would wait for that
        process.stdout.close()
