"""Findings kept line by line while games are tried, so that a run that was ended goes on where it was."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from tests.conformance.openspiel.trial import Effort, Finding

__all__ = ["Logbook"]


class Logbook:
    """A file of JSON lines, one for each game that was tried.

    Args:
        path: the file; nothing is kept if not given.
        effort: how much is tried now: lines of another effort do not count.
    """

    def __init__(self, path: Path | None, effort: Effort) -> None:
        self._path = path
        self._effort = asdict(effort)

    def findings(self) -> dict[str, Finding]:
        """What was found before, by the games' names."""
        if self._path is None or not self._path.exists():
            return {}
        entries = [json.loads(line) for line in self._path.read_text(encoding="utf-8").splitlines()]
        kept = [Finding(**entry["finding"]) for entry in entries if entry["effort"] == self._effort]
        for finding in kept:
            finding.observation = None if finding.observation is None else tuple(finding.observation)
        return {finding.name: finding for finding in kept}

    def add(self, finding: Finding) -> None:
        """Keep what was found."""
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"effort": self._effort, "finding": asdict(finding)}) + "\n")
