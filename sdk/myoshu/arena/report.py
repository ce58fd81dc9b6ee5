"""A match as one self-contained HTML page: ratings and their plot, the cross table, every game."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import numpy as np

from myoshu.arena.match import Ending, GameResult, Outcome
from myoshu.arena.standings import Standings, stand
from myoshu.game import Game
from myoshu.rating.intervals import margin
from myoshu.version import __version__

__all__ = ["html_report"]

_STYLE = """
:root{color-scheme:light dark;--ink:#1d2330;--soft:#667085;--line:#e2e6ee;--page:#f6f7fa;--card:#fff;--mark:#2f6fde;
--win:47,145,84;--loss:200,65,60}
@media (prefers-color-scheme:dark){:root{--ink:#e7eaf1;--soft:#98a2b5;--line:#323947;--page:#14171d;--card:#1c2129;
--mark:#7fa9ff;--win:80,190,120;--loss:235,100,95}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1240px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:26px;margin:0 0 4px}h2{font-size:17px;margin:0 0 12px}
p{margin:4px 0}.soft{color:var(--soft);overflow-wrap:anywhere}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:18px 20px;margin-top:18px;
overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;width:100%}
th,td{padding:5px 8px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th{color:var(--soft);font-weight:600;font-size:13px}
th:first-child,td:first-child{text-align:left}
tr:last-child td{border-bottom:0}
.cross td{text-align:center;padding:5px 3px}
.cross td:first-child{text-align:left;white-space:normal;overflow-wrap:anywhere;min-width:120px}
.cross th{text-align:center}
.cross th:first-child{text-align:left}
.cross small{display:block;color:var(--soft);font-size:11.5px}
.cross nav{display:flex;flex-wrap:wrap;justify-content:center;gap:1px;width:65px;margin:5px auto 0}
.cross nav a{width:10px;height:10px;border-radius:2px;background:var(--soft);opacity:.75}
.cross nav a:hover,.cross nav a:focus{opacity:1;outline:2px solid var(--ink)}
.cross nav .won{background:rgb(var(--win))}.cross nav .lost{background:rgb(var(--loss))}
svg{display:block;width:100%;height:auto}
svg text{font:13px system-ui,sans-serif;fill:var(--ink)}svg .soft{fill:var(--soft)}
details{border-bottom:1px solid var(--line);padding:5px 0}details:last-child{border-bottom:0}
summary{cursor:pointer}summary b{font-weight:600}
.moves{scroll-margin-top:60px}:target{outline:2px solid var(--mark);outline-offset:4px;border-radius:3px}
.moves{margin:6px 0 6px 18px;font:13px/1.7 ui-monospace,monospace;overflow-wrap:anywhere}
pre{margin:6px 0 6px 18px;font:13px/1.25 ui-monospace,monospace}
.bad{color:rgb(var(--loss))}
"""


def html_report(
    game: Game, results: Sequence[GameResult], names: Sequence[str], conditions: str, test: str = ""
) -> str:
    """The page's HTML.

    Args:
        game: the rules, which name the moves.
        results: the games.
        names: the names of the match's players.
        conditions: what determined the games.
        test: the state of the sequential test, if there was one.
    """
    spec = game.spec
    standings = stand(results, names, spec.players)
    parts = [
        f"<h1>{escape(spec.name)}</h1>",
        f"<p>{len(results)} games of {len(names)} players</p>",
        f'<p class="soft">{escape(conditions)}. myoshu {escape(__version__)}.</p>',
    ]
    if test:
        parts.append(f"<p>Sequential test: {escape(test)}</p>")
    if standings.ratings is not None:
        parts.append(_section("Ratings", _plot(standings)))
    parts.append(_section("Players", _players(standings)))
    if standings.duels:
        note = (
            '<p class="soft">Score of the row against the column with its 95% interval; won/drawn/lost. Each square is '
            "a game, as it went for the row: a click shows its moves.</p>"
        )
        parts.append(_section("Cross table", _cross_table(standings, results) + note))
    parts.append(_section("Games", "\n".join(_game(game, result, names) for result in results)))
    title = f"{spec.name}: {len(results)} games"
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n" + "\n".join(parts) + "\n</main>\n</body>\n</html>\n"
    )


def _section(title: str, inside: str) -> str:
    return f"<section>\n<h2>{title}</h2>\n{inside}\n</section>"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], kind: str = "") -> str:
    lines = ["".join(f"<th>{cell}</th>" for cell in head)]
    lines += ["".join(cell if cell.startswith("<td") else f"<td>{cell}</td>" for cell in row) for row in rows]
    return f'<table class="{kind}">' + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


def _plot(standings: Standings) -> str:
    """Ratings as points, their 95% intervals as bars, the best on top."""
    assert standings.ratings is not None
    rated = [(standings.names[player], standings.ratings.players[player]) for player in standings.order]
    ends = [end for _, rating in rated for end in (rating.interval().low, rating.interval().high)]
    step = _step(max(ends) - min(ends))
    low, high = math.floor(min(ends) / step) * step, math.ceil(max(ends) / step) * step
    if low == high:
        low, high = low - step, high + step
    left, right, row = 30 + 7.5 * max(len(_short(name)) for name, _ in rated), 960, 30
    bottom = 10 + row * len(rated)

    def across(points: float) -> float:
        return left + (points - low) / (high - low) * (right - left)

    lines = []
    for number in range(round((high - low) / step) + 1):
        x = across(low + number * step)
        label = f"{low + number * step:.0f}"
        lines.append(f'<line x1="{x:.1f}" y1="6" x2="{x:.1f}" y2="{bottom}" stroke="var(--line)"/>')
        lines.append(f'<text class="soft" x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">{label}</text>')
    for index, (name, rating) in enumerate(rated):
        y = 10 + row * index + row / 2
        there = rating.interval()
        start, end = across(there.low), across(there.high)
        lines.append(f'<text x="{left - 14}" y="{y + 4.5:.1f}" text-anchor="end">{escape(_short(name))}</text>')
        lines.append(
            f'<line x1="{start:.1f}" y1="{y}" x2="{end:.1f}" y2="{y}" stroke="var(--mark)" stroke-width="4" '
            'stroke-linecap="round" opacity=".35"/>'
        )
        lines.append(
            f'<circle cx="{across(rating.elo):.1f}" cy="{y}" r="5" fill="var(--mark)">'
            f"<title>{escape(name)}: {rating.elo:.0f}</title></circle>"
        )
        lines.append(f'<text x="{right + 16}" y="{y + 4.5:.1f}">{rating.elo:+.0f}</text>')
    return (
        f'<svg viewBox="0 0 1040 {bottom + 32}" role="img" aria-label="Ratings in Elo points">' + "".join(lines) +
        "</svg>\n<p class=\"soft\">Elo points with 95% intervals; "
        f"{escape(next(n for n, r in rated if r.error == 0))} is zero.</p>"
    )  # fmt: skip


def _step(span: float) -> float:
    """A round distance between grid lines, about a seventh of the span."""
    rough = max(span, 1.0) / 7
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)


def _players(standings: Standings) -> str:
    two, many = standings.seats == 2, standings.seats > 2
    head = ["", "games"]
    head += ["Elo", "95%", "W/D/L", "score"] if two else ["mean return", "95%"]
    head += ["came first", "mean place", "95%"] if many else []
    head += ["time a move", "99%", "on time", "illegal", "errors"]
    rows = []
    for player in standings.order:
        own, name = standings.summaries[player], escape(standings.names[player])
        row = [name, str(own.overall.games)]
        if two:
            rating = None if standings.ratings is None else standings.ratings.players[player]
            if rating is None:
                row += ["–", "–"]
            else:
                row += [f"{rating.elo:+.0f}", f"± {margin(rating.error):.0f}" if rating.error else "anchor"]
            tally = own.overall
            row += [str(tally), _share(tally.score)]
        else:
            low, high = own.mean_return_interval.low, own.mean_return_interval.high
            row += [f"{own.mean_return:+.3f}", f"{low:+.3f} to {high:+.3f}"]
        if many:
            placed = standings.placements[player]
            row += [_share(placed.first), f"{placed.mean:.2f}"]
            row.append(f"{placed.interval.low:.2f} to {placed.interval.high:.2f}")
        row += [_seconds(own.times.p50), _seconds(own.times.p99)]
        row += [f'<td class="bad">{count}</td>' if count else "0" for count in (own.timeouts, own.illegal, own.crashed)]
        rows.append(row)
    return _table(head, rows)


def _cross_table(standings: Standings, results: Sequence[GameResult]) -> str:
    met: dict[tuple[int, int], list[GameResult]] = {}
    for result in results:
        one, other = result.seats
        met.setdefault((one, other), []).append(result)
        met.setdefault((other, one), []).append(result)
    order, rows = standings.order, []
    for rank, one in enumerate(order, 1):
        row = [f"{rank}. {escape(standings.names[one])}"]
        for other in order:
            duel = standings.duels.get((one, other))
            if duel is None:
                row.append("<td></td>")
                continue
            score, interval = duel.tally.score, duel.interval
            tint = f"rgba(var({'--win' if score >= 0.5 else '--loss'}),{abs(score - 0.5) * 0.8:.2f})"
            links = "".join(_link(result, one) for result in met[one, other])
            row.append(
                f'<td style="background:{tint}">{_share(score)}<small>{_share(interval.low)} – {_share(interval.high)}'
                f"</small><small>{duel.tally}</small><nav>{links}</nav></td>"
            )
        rows.append(row)
    return _table(["", *(f"{rank}." for rank in range(1, len(order) + 1))], rows, "cross")


def _link(result: GameResult, player: int) -> str:
    """A game as a square that links to it."""
    kind = {Outcome.WIN: "won", Outcome.DRAW: "drawn", Outcome.LOSS: "lost"}[result.outcome(player)]
    number = result.number + 1
    return f'<a class="{kind}" href="#game-{number}" title="game {number}: {kind}" aria-label="game {number}"></a>'


def _game(game: Game, result: GameResult, names: Sequence[str]) -> str:
    """One game: who sat where, how it ended, its moves by name and the last position."""
    state = game.new_state(np.random.default_rng(result.seed))
    count = len(result.seats)
    order = [(int(state.to_play()) + number) % count for number in range(count)]  # who begins is named first
    said = []
    for ply, action in enumerate(result.actions):
        name = escape(game.action_name(state, action))
        said.append(f'<span class="soft">{name}</span>' if ply < len(result.opening) else name)
        state.apply(action)
    seated = " – ".join(escape(names[result.seats[seat]]) for seat in order)
    paid = " : ".join(f"{result.returns[seat]:g}" for seat in order)
    end = ""
    if result.ending is not Ending.FINISHED and result.offender is not None:
        who = escape(names[result.seats[result.offender]])
        end = f' <span class="bad">{who}: {escape(result.ending)}: {escape(result.reason)}</span>'
    number, played = result.number + 1, len(result.actions)
    moves = f"{played} move{'' if played == 1 else 's'}"
    return (
        f"<details><summary>{number}. <b>{seated}</b> &nbsp; {paid} "
        f'<span class="soft">({moves})</span>{end}</summary>'
        f'<div class="moves" id="game-{number}">{" ".join(said)}</div><pre>{escape(str(state))}</pre></details>'
    )


def _short(name: str) -> str:
    return name if len(name) <= 34 else name[:16] + "…" + name[-17:]


def _share(value: float) -> str:
    return "–" if math.isnan(value) else f"{100 * value:.0f}%"


def _seconds(value: float) -> str:
    if math.isnan(value):
        return "–"
    return f"{value * 1e3:.2f} ms" if value < 1 else f"{value:.2f} s"
