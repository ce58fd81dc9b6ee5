"""Scalars for TensorBoard, written at once: a full disk is an error here, not in another thread."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["Events"]


class Events:
    """An event file in a folder.

    Args:
        folder: the folder; the file's name is new each time.

    Raises:
        ImportError: TensorBoard is not installed.
        OSError: the file cannot be created.
    """

    def __init__(self, folder: Path) -> None:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.record_writer import RecordWriter

        self.path = folder / f"events.out.tfevents.{time.time_ns() // 10**9}.{os.getpid()}.{time.time_ns() % 10**9}"
        """The path of the event file."""
        self._event, self._summary, self._record = Event, Summary, RecordWriter
        self._append(Event(wall_time=time.time(), file_version="brain.Event:2"))

    def write(self, step: int, scalars: Mapping[str, float]) -> None:
        """Write scalars of one step.

        Raises:
            OSError: they cannot be written.
        """
        values = [self._summary.Value(tag=name, simple_value=value) for name, value in scalars.items()]
        self._append(self._event(wall_time=time.time(), step=step, summary=self._summary(value=values)))

    def _append(self, event: Any) -> None:
        with self.path.open("ab") as file:
            self._record(file).write(event.SerializeToString())
