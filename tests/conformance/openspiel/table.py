"""What was found, as the page docs/games.md."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from tests.conformance.openspiel.trial import Effort, Finding

__all__ = ["SETTLED", "page", "settled"]

COLUMNS = ("game", "players", "kind", "observation", "actions", "longest game", "moves played", "illegal", "stopped by")
SETTLED = (0, 1, 2, 3, 4, 8)
"""The columns that do not depend on how much was played."""


def page(findings: Sequence[Finding], effort: Effort) -> str:
    """The whole page."""
    playable = [finding for finding in findings if not finding.stopped]
    moves, illegal = sum(finding.moves for finding in findings), sum(finding.illegal for finding in findings)
    games = sum(finding.games for finding in findings)
    lines = [
        "# OpenSpiel's games",
        "",
        f"Of the {len(findings)} games that OpenSpiel {version('open_spiel')} registers, myoshu plays {len(playable)};",
        "for each of the others the table says why not. Agents with untrained networks of the right shape made",
        f"{moves:,} moves, finishing {games:,} games, with {effort.simulations} simulations a move and each seat a "
        "session of its own:",
        f"**{illegal} of the moves were illegal**. Before that, the clauses of the game protocol (see",
        f"`myoshu.testing.games`) were checked in {effort.checked_games} random games of each.",
        "",
        "This page is written by a command, which runs each game in a process of its own:",
        "",
        f"    python -m tests.conformance.openspiel --moves {effort.moves} --out docs/games.md",
        "",
        "*Kind*: whether everything is seen (perfect) or not (imperfect, one-shot), whether players move at the same",
        "time (OpenSpiel's own conversion then has them choose one after the other, unseen), whether there is chance.",
        "*Longest game*: the most moves that a game had, and the bound that the rules are known to set.",
        "",
        "| " + " | ".join(COLUMNS) + " |",
        "|" + "---|" * len(COLUMNS),
    ]
    lines += ["| " + " | ".join(_cells(finding)) + " |" for finding in sorted(findings, key=lambda each: each.name)]
    return "\n".join(lines) + "\n"


def settled(page: str) -> dict[str, tuple[str, ...]]:
    """Of each game's row, by its name, the cells that do not depend on how much was played."""
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in row] for row in rows]
    return {row[0].strip("`").partition("(")[0]: tuple(row[column] for column in SETTLED) for row in cells}


def _cells(finding: Finding) -> tuple[str, ...]:
    shown = finding.string
    if "filename=" in shown:
        shown = f"{finding.name}(filename=…)"
    shape = "–" if finding.observation is None else "×".join(map(str, finding.observation))
    longest = "–" if not finding.moves else f"{finding.longest:,}"
    if finding.bound is not None:
        longest += f" of {finding.bound:,}"
    return (
        f"`{shown}`",
        "–" if finding.players is None else str(finding.players),
        finding.kind,
        shape,
        "–" if finding.actions is None else f"{finding.actions:,}",
        longest,
        f"{finding.moves:,}",
        str(finding.illegal),
        _reason(finding) or "–",
    )


def _reason(finding: Finding) -> str:
    reason = finding.stopped.removeprefix(f"openspiel:{finding.string}: ").removeprefix(f"openspiel:{finding.name}: ")
    return " ".join(reason.replace("|", "/").split())
