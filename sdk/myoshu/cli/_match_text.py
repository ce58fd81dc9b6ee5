"""Where a match stands, as tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from myoshu.cli._seats import Seats
from myoshu.cli._text import seconds, share, table
from myoshu.counted import counted
from myoshu.rating.intervals import margin

if TYPE_CHECKING:
    from myoshu.arena.sprt import SprtState
    from myoshu.arena.standings import Standings
    from myoshu.game import Game

__all__ = ["match_text", "progress_text"]


def match_text(game: Game, seed: int, standings: Standings, test: SprtState | None) -> str:
    """All that is to be said of a match that is over."""
    parts = [f"{game.spec.name}: {counted(standings.games, 'game')}, seed {seed}"]
    if standings.seats == 2 and len(standings.names) == 2:
        parts += [_scores(standings, Seats(game)), _verdict(standings)]
    elif standings.seats == 2:
        parts += [_pool(standings), _cross_table(standings)]
    else:
        parts.append(_returns(standings, Seats(game)))
    if test is not None:
        parts.append(f"SPRT: {test}")
    parts.append(_conduct(standings))
    distinct = standings.summaries[0].distinct
    games = sum(tally.games for tally in standings.summaries[0].by_seat)
    if distinct <= games // 2:
        parts.append(
            f"Only {distinct} of the {games} games differ, but the intervals take them all for independent: "
            "--random-plies begins games with random moves."
        )
    return "\n\n".join(parts)


def progress_text(standings: Standings, games: int, test: SprtState | None) -> str:
    """How far a running match is; its last line stands alone."""
    name, done = standings.names[0], f"{standings.games}/{games} games"
    if standings.seats != 2:
        return f"{done}   {name} is paid {standings.summaries[0].mean_return:+.3f} on average"
    duel = standings.duels.get((0, 1))
    if len(standings.names) > 2 or duel is None:
        ratings = standings.ratings
        leader = standings.names[standings.order[0]]
        return f"{_pool(standings)}\n{done}" + (f"   {leader} leads" if ratings is not None else "")
    low, high = share(duel.interval.low), share(duel.interval.high)
    said = f"{done}   {name} {duel.tally}   {share(duel.tally.score)} ({low} to {high})   Elo {duel.elo}"
    return said + (f"   {test}" if test is not None else "")


def _scores(standings: Standings, seats: Seats) -> str:
    """The first player's score, in all and at each seat; the other's figures are these, turned round."""
    name, summary = standings.names[0], standings.summaries[0]
    tallies = [(name, summary.overall), *((f"  {seats.labels[seat]}", summary.by_seat[seat]) for seat in seats.order)]
    rows = []
    for label, tally in tallies:
        interval = tally.interval()
        if label == name and (0, 1) in standings.duels:
            interval = standings.duels[0, 1].interval
        row = [label, str(tally.games), str(tally), share(tally.score)]
        rows.append([*row, f"{share(interval.low)} to {share(interval.high)}"])
    return table(["", "games", "W/D/L", "score", "95% interval"], rows)


def _verdict(standings: Standings) -> str:
    duel = standings.duels[0, 1]
    pairs = f"; pairs of games by points 0–½–1–1½–2: {duel.pairs}" if duel.pairs.pairs else ""
    return f"Elo difference {duel.elo}, stronger with probability {share(duel.superiority)}{pairs}"


def _pool(standings: Standings) -> str:
    rows = []
    for rank, player in enumerate(standings.order, 1):
        tally = standings.summaries[player].overall
        row = [f"{rank}. {standings.names[player]}"]
        if standings.ratings is not None:
            rating = standings.ratings.players[player]
            row += [f"{rating.elo:+.0f}", f"± {margin(rating.error):.0f}" if rating.error else "anchor"]
        else:
            row += ["–", "–"]
        rows.append([*row, str(tally.games), str(tally), share(tally.score)])
    return table(["", "Elo", "95%", "games", "W/D/L", "score"], rows)


def _cross_table(standings: Standings) -> str:
    order = standings.order
    rows = []
    for rank, one in enumerate(order, 1):
        duels = [standings.duels.get((one, other)) for other in order]
        rows.append([f"{rank}. {standings.names[one]}", *("–" if d is None else share(d.tally.score) for d in duels)])
    return table(["score against", *(f"{rank}." for rank in range(1, len(order) + 1))], rows)


def _returns(standings: Standings, seats: Seats) -> str:
    """Games of one or of many: what was paid, and who came in where."""
    many = standings.seats > 1
    rows = []
    for player in standings.order:
        summary = standings.summaries[player]
        low, high = summary.mean_return_interval.low, summary.mean_return_interval.high
        row = [standings.names[player], str(summary.overall.games)]
        row += [f"{summary.mean_return:+.3f}", f"{low:+.3f} to {high:+.3f}"]
        if many:
            placed = standings.placements[player]
            first, last = placed.interval.low, placed.interval.high
            row += [share(placed.first), f"{placed.mean:.2f}", f"{first:.2f} to {last:.2f}"]
        rows.append(row)
        if many:
            for seat in seats.order:
                tally = summary.by_seat[seat]
                rows.append([f"  {seats.labels[seat]}", str(tally.games), f"{tally}", *[""] * 4])
    head = ["", "games", "mean return", "95% interval"]
    return table([*head, *(["came first", "mean place", "95% interval"] if many else [])], rows)


def _conduct(standings: Standings) -> str:
    rows = [
        [
            name,
            str(own.times.moves),
            seconds(own.times.p50),
            seconds(own.times.p99),
            *map(str, (own.timeouts, own.illegal, own.crashed)),
        ]
        for name, own in zip(standings.names, standings.summaries, strict=True)
    ]
    return table(["", "moves", "p50", "p99", "lost on time", "illegal", "errors"], rows)
