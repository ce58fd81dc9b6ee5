"""Games in processes of their own, with limits of time and memory: a game that crashes takes nothing else along."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Iterator, Mapping
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess

from tests.conformance.openspiel.trial import Effort, Finding, try_game

__all__ = ["try_games"]

MEMORY = 8 << 30
"""Bytes of address space that are enough for every game that can be played."""
GRACE = 60.0
"""Seconds after which a game that has not ended when its own time was over is ended."""


def try_games(strings: Mapping[str, str], effort: Effort, processes: int, memory: int = MEMORY) -> Iterator[Finding]:
    """Try every game, several at a time, and yield what is found as each ends.

    Args:
        strings: the games' strings by their names.
        effort: how much is tried of each.
        processes: how many at a time.
        memory: bytes of address space that a game may take.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["myoshu", "myoshu.testing.games", "onnx.reference", "myoshu_engines.openspiel_game"]
    )
    waiting = list(strings.items())[::-1]
    running: dict[Connection, tuple[ForkServerProcess, Finding, float]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < processes:
                name, string = waiting.pop()
                reader, writer = context.Pipe(duplex=False)
                process = context.Process(target=_main, args=(name, string, effort, memory, writer), daemon=True)
                process.start()
                writer.close()
                running[reader] = process, Finding(name, string), time.monotonic() + effort.seconds + GRACE
            for reader in [*wait(list(running), timeout=1.0)]:
                assert isinstance(reader, Connection)
                process, _, deadline = running[reader]
                try:
                    running[reader] = process, reader.recv(), deadline
                except EOFError:
                    yield _ended(*running.pop(reader)[:2])
                    reader.close()
            for reader, (process, finding, deadline) in list(running.items()):
                if time.monotonic() > deadline:
                    process.kill()
                    process.join()
                    del running[reader]
                    reader.close()
                    finding.stopped = f"no end within {effort.seconds + GRACE:.0f} seconds"
                    yield finding
    finally:
        for process, _, _ in running.values():
            process.kill()


def _ended(process: ForkServerProcess, finding: Finding) -> Finding:
    """What is known of a game whose process is over."""
    process.join()
    code = process.exitcode
    if code:
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        finding.stopped = finding.stopped or f"its process was ended by {how} after {finding.moves} moves"
    return finding


def _main(name: str, string: str, effort: Effort, memory: int, writer: Connection) -> None:
    with contextlib.suppress(ValueError, OSError):  # not every system limits it
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    silence = os.open(os.devnull, os.O_WRONLY)  # OpenSpiel prints its errors as well as raising them
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    try_game(name, string, effort, writer.send)
    writer.close()
