"""Logs as lines of JSON."""

from __future__ import annotations

import datetime
import logging
import sys

import msgspec

__all__ = ["log_to_stderr"]

FIELDS = ("event", "peer", "client", "request")


class _Lines(logging.Formatter):
    """One object per line: time, level, event, further fields, message."""

    def format(self, record: logging.LogRecord) -> str:
        when = datetime.datetime.fromtimestamp(record.created, datetime.UTC).isoformat(timespec="milliseconds")
        held = {"time": when, "level": record.levelname.lower()}
        held |= {field: str(getattr(record, field)) for field in FIELDS if hasattr(record, field)}
        held["message"] = record.getMessage()
        if record.exc_info:
            held["trace"] = self.formatException(record.exc_info)
        return msgspec.json.encode(held).decode()


def log_to_stderr(level: str) -> None:
    """Log to standard error, from this level on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    held = logging.getLogger("myoshu")
    held.handlers[:] = [handler]
    held.setLevel(level.upper())
    held.propagate = False
