"""Counters, as text in Prometheus' exposition format (version 0.0.4)."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable

__all__ = ["Metrics"]

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the histogram of answers' durations, in seconds."""


class Metrics:
    """A server's counters."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        """Number of requests by type."""
        self.errors: Counter[str] = Counter()
        """Errors sent by code."""
        self.connections = 0
        """Connections accepted since the start."""
        self.open_connections = 0
        """Connections open now."""
        self.open_sessions = 0
        """Sessions open now."""
        self.infos_left_out = 0
        """Infos that slow readers missed."""
        self._durations = [0] * (len(BOUNDS) + 1)
        self._total = 0.0

    def note_search(self, seconds: float) -> None:
        """Take note of how long an answer took."""
        self._durations[bisect_left(BOUNDS, seconds)] += 1
        self._total += seconds

    def text(self, gauges: Iterable[tuple[str, str, str, float]]) -> str:
        """All counters.

        Args:
            gauges: further metrics: name without ``myoshu_``, kind (``counter`` or ``gauge``), help, value.
        """
        lines: list[str] = []

        def add(name: str, kind: str, said: str, samples: Iterable[tuple[str, float]]) -> None:
            lines.append(f"# HELP myoshu_{name} {said}")
            lines.append(f"# TYPE myoshu_{name} {kind}")
            lines.extend(f"myoshu_{name}{labels} {value:g}" for labels, value in samples)

        add("connections_total", "counter", "Connections accepted.", [("", self.connections)])
        add("connections", "gauge", "Connections now.", [("", self.open_connections)])
        add("sessions", "gauge", "Sessions open now.", [("", self.open_sessions)])
        add("infos_left_out_total", "counter", "Infos that slow readers missed.", [("", self.infos_left_out)])
        add("requests_total", "counter", "Requests by type.", _by("type", self.requests))
        add("errors_total", "counter", "Errors sent by code.", _by("code", self.errors))
        for name, kind, said, value in gauges:
            add(name, kind, said, [("", value)])
        below, buckets = 0, []
        for bound, count in zip((*BOUNDS, float("inf")), self._durations, strict=True):
            below += count
            buckets.append((f'_bucket{{le="{"+Inf" if bound == float("inf") else f"{bound:g}"}"}}', float(below)))
        add("answer_seconds", "histogram", "Seconds from a request to its answer.",
            [*buckets, ("_sum", self._total), ("_count", below)])  # fmt: skip
        return "\n".join(lines) + "\n"


def _by(label: str, counts: Counter[str]) -> list[tuple[str, float]]:
    return [(f'{{{label}="{key}"}}', count) for key, count in sorted(counts.items())]
