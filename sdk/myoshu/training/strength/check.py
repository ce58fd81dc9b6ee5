"""Checks of a run's strength against opponents and earlier snapshots, on file, as points and Elo."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from myoshu.errors import BundleError, TrainingError
from myoshu.game import Game
from myoshu.rating.intervals import Interval
from myoshu.rating.ratings import Rating, rate_by_name
from myoshu.rating.returns import Returns
from myoshu.rating.tally import Tally
from myoshu.runtime.evaluator import Evaluator
from myoshu.runtime.planner import Planner
from myoshu.training.config import TrainingConfig
from myoshu.training.folder import EVALUATIONS, SNAPSHOTS
from myoshu.training.footprint import search_slots
from myoshu.training.networks.architecture import Architecture
from myoshu.training.networks.onnx_writer import played_graphs
from myoshu.training.networks.torch_network import Weights
from myoshu.training.playing.failures import AbandonedGame
from myoshu.training.strength.baseline import random_returns
from myoshu.training.strength.games import Evaluation, play_games
from myoshu.training.strength.opponents import BundleOpponent, Opponent, RandomOpponent
from myoshu.training.telling.metrics import Table, read_table
from myoshu.traits import Traits

__all__ = ["COLUMNS", "Check", "Strength", "read_ratings"]

ANCHOR = "random"
"""The opponent rated 0."""
FIRST_SECONDS = 0.3
"""Seconds that the first check is expected to take, at least."""
UNFINISHED = 2.0
"""Factor by which games count as longer than estimated if none was over within the time."""
BASELINE_SECONDS = 1.0
"""Seconds that the random games for comparison may take in a game of one player."""
FEW = 20
"""The least number of games with which a check passes ``until``, or all of a check's games if it has fewer."""
OPENING_PLIES = 4
"""The most random plies at the beginning of games of more than one player; at most a quarter of the game."""
COLUMNS = {
    "seconds": "seconds learned so far",
    "step": "learning steps done; the agent of that step is the player step-N",
    "opponent": "who was played: an opponent by its name, or an earlier agent as step-N; empty if none. In games of "
    "one player, one row, random at step 0, is random play itself",
    "games": "games that were finished",
    "wins": "games in which the agent alone was paid the most",
    "draws": "games in which no player was paid more than the agent, and at least one as much",
    "losses": "games in which another player was paid more than the agent",
    "score": "the agent's points per game: the players paid the most share one point",
    "mean_return": "the agent's mean return per game",
    "return_low": "lower end of that mean's 95% interval",
    "return_high": "upper end of that mean's 95% interval",
    "return_least": "the agent's return in its worst game",
    "return_greatest": "the agent's return in its best game",
    "took": "how long the games took, in seconds",
}
"""The columns of ``evaluations.csv`` and what they mean."""


@dataclass(frozen=True)
class Check:
    """One check of strength."""

    step: int
    """Learning steps done by then."""
    evaluations: tuple[Evaluation, ...]
    """The results, opponent by opponent: the fixed ones first, then the latest snapshot."""
    fixed: int
    """How many of the evaluations are against fixed opponents."""
    rating: Rating | None
    """The agent's Elo by all games of the run so far; None unless there are two players."""
    seconds: float
    """How long the check took, in seconds."""
    abandoned: tuple[AbandonedGame, ...] = field(default=())
    """Games that were abandoned, and do not count."""
    baseline: Returns | None = None
    """In games of one player: the returns of random play; None if none of its games ended."""
    players: int = 2
    """Number of players of the game."""

    @property
    def games(self) -> int:
        """Number of games that count."""
        return sum(evaluation.games for evaluation in self.evaluations)

    @property
    def first(self) -> Evaluation:
        """The games against random play, or alone."""
        return self.evaluations[0]

    @property
    def last(self) -> Evaluation:
        """The games against the last of the fixed opponents."""
        return self.evaluations[self.fixed - 1]

    @property
    def measure(self) -> float:
        """The figure compared with ``until``: the score against the last opponent or, alone, the mean return."""
        return self.last.score if self.last.opponent else self.last.mean_return

    @property
    def ahead(self) -> Interval | None:
        """The 95% interval of how much better the agent is than random play.

        In Elo for two players, in score beyond an equal share for more, in return for one; None if unknown.
        """
        if not self.first.games:
            return None
        if not self.first.opponent:
            return None if self.baseline is None else self.first.paid.ahead_of(self.baseline)
        if self.rating is not None:
            return self.rating.interval()
        there, equal = self.first.score_interval, 1.0 / self.players
        return Interval(there.low - equal, there.high - equal)

    @property
    def verdict(self) -> str | None:
        """A sentence about an agent that is not better than random play, with what to try; None about a better one."""
        ahead = self.ahead
        if ahead is None or ahead.low > 0.0:
            return None
        if ahead.high < 0.0:
            what = "It plays worse than random play"
        else:
            what = "It has not been shown to play better than random play"
        return (
            f"{what} (95% interval): let it learn longer (--minutes), search deeper (--simulations) or begin from "
            "another --seed"
        )

    def lines(self) -> tuple[str, ...]:
        """The check in short lines, one for each opponent."""
        lines = [f"Elo {self.rating}"] if self.rating is not None else []
        for evaluation in self.evaluations:
            if not evaluation.games:
                continue
            if not evaluation.opponent:
                lines.append(str(evaluation))
                if self.baseline is not None:
                    lines.append(f"random play: {self.baseline}")
                continue
            there = evaluation.score_interval
            lines.append(
                f"{evaluation.score:.0%} ({there.low:.0%} to {there.high:.0%}) against {evaluation.opponent} "
                f"in {evaluation.games} games"
            )
        return (*lines, f"at step {self.step:,}")

    def __str__(self) -> str:
        rating = [] if self.rating is None else [f"Elo {self.rating}"]
        alone = [] if self.baseline is None else [f"random play {self.baseline}"]
        told = [*rating, *map(str, self.evaluations), *alone]
        return ", ".join(told) + " (won/drawn/lost)" * bool(self.last.opponent)


class Strength:
    """Checks how strong a run's agent is, and keeps the results.

    With two players, every check leaves the agent as a bundle ``bundles/step-N.myoshu``, and also plays the agent that
    the check before left. All games of the run together give each of these agents its Elo, random play being 0.

    Args:
        game: the rules.
        config: the run's configuration; its ``opponents`` are looked up among those given.
        folder: the run's folder.
        architecture: the networks.
        opponents: those besides random play that the configuration names, in its order.
        seconds: time learned at the checkpoint that the run resumes from.
        step: learning steps done there.
        interrupted: called before each ply; whether to end a check at once.

    Raises:
        TrainingError: an opponent is missing, or the folder cannot be written to.
    """

    def __init__(
        self,
        game: Game,
        config: TrainingConfig,
        folder: Path,
        architecture: Architecture,
        opponents: Sequence[Opponent],
        *,
        seconds: float,
        step: int,
        interrupted: Callable[[], bool] = lambda: False,
    ) -> None:
        self._interrupted = interrupted
        self._game = game
        self._config = config
        self._folder = folder
        self._architecture = architecture
        self._alone = game.spec.players == 1
        self._rated = game.spec.players == 2
        self._opponents: list[Opponent | None] = [None] if self._alone else [RandomOpponent(), *opponents]
        self._path = folder / EVALUATIONS
        self._table = Table(self._path, COLUMNS, seconds=seconds)
        self._costs: dict[str, float] = {}
        self._played: list[str] = []
        self._overhead = FIRST_SECONDS
        self._planner: tuple[Evaluator, Planner] | None = None
        self._baseline = _read_baseline(self._path) if self._alone else None
        length = game.spec.max_length
        self._plies = 0 if self._alone else min(OPENING_PLIES, OPENING_PLIES if length is None else length // 4)
        self._passes = 0
        for path in folder.glob(f"{SNAPSHOTS}/step-*.myoshu"):
            if _step(path) > step:
                path.unlink(missing_ok=True)

    @property
    def least_seconds(self) -> float:
        """Seconds that a check with the fewest games takes, by the time of the last one."""
        return self._overhead + 2 * self._game.spec.players * sum(self._costs.get(name, 0.0) for name in self._played)

    @property
    def enough(self) -> bool:
        """Whether ``until`` was passed in two consecutive checks."""
        return self._passes >= 2

    @property
    def passed(self) -> bool:
        """Whether ``until`` was passed in the last check."""
        return self._passes >= 1

    def check(
        self,
        weights: Weights,
        export: Callable[[Path], None],
        *,
        step: int,
        seconds: float,
        budget: float = math.inf,
    ) -> Check | None:
        """Play the opponents, and write down the results.

        Args:
            weights: the agent's weights.
            export: writes the agent as a bundle to a path.
            step: learning steps done.
            seconds: time learned.
            budget: how many seconds the games may take. What is not over by then is cut off, see
                :attr:`myoshu.training.strength.games.Evaluation.cut`.

        Returns:
            The check; None if it was interrupted.

        Raises:
            EvaluationError: the network's answers are not finite.
            TrainingError: a file cannot be written.
        """
        start = time.perf_counter()
        planner = self._agent(weights)
        if self._alone and self._baseline is None:
            self._baseline = self._play_at_random(seconds)
        opponents, fixed = list(self._opponents), len(self._opponents)
        earlier = self._latest(step)
        if earlier is not None:
            opponents.append(earlier)
        rng = np.random.default_rng((self._config.seed, 3, step))
        evaluations: list[Evaluation] = []
        abandoned: list[AbandonedGame] = []
        for number, opponent in enumerate(opponents):
            left = max(0.0, budget - (time.perf_counter() - start)) / (len(opponents) - number)
            evaluation, failed = self._play(planner, opponent, rng, left)
            if self._interrupted():
                return None
            abandoned += failed
            if evaluation.games or number < fixed:
                evaluations.append(evaluation)
        self._played = [evaluation.opponent for evaluation in evaluations]
        for evaluation in evaluations:
            if evaluation.games:
                self._write(evaluation, step, seconds)
        if self._rated and any(evaluation.games for evaluation in evaluations):
            self._keep(export, step)
        rating = read_ratings(self._folder).get(f"step-{step}") if self._rated else None
        took = time.perf_counter() - start
        self._overhead = took - sum(evaluation.seconds for evaluation in evaluations)
        players = self._game.spec.players
        check = Check(step, tuple(evaluations), fixed, rating, took, tuple(abandoned), self._baseline, players)
        until = self._config.until
        enough = check.last.games - check.last.cut >= min(FEW, self._config.evaluation_games)
        self._passes = self._passes + 1 if until is not None and enough and check.measure >= until else 0
        return check

    def _write(self, evaluation: Evaluation, step: int, seconds: float) -> None:
        paid = evaluation.paid
        self._table.write(
            {
                "seconds": seconds,
                "step": step,
                "opponent": evaluation.opponent,
                "games": evaluation.games,
                "wins": evaluation.wins,
                "draws": evaluation.draws,
                "losses": evaluation.losses,
                "score": evaluation.score,
                "mean_return": evaluation.mean_return,
                "return_low": paid.interval.low,
                "return_high": paid.interval.high,
                "return_least": paid.least,
                "return_greatest": paid.greatest,
                "took": evaluation.seconds,
            }
        )

    def _play_at_random(self, seconds: float) -> Returns | None:
        """Measure and write down the returns of random play; in a timed run within :data:`BASELINE_SECONDS`."""
        begin = time.perf_counter()
        limit = math.inf if self._config.deterministic else BASELINE_SECONDS
        rng = np.random.default_rng((self._config.seed, 4))
        returns = random_returns(self._game, self._config.evaluation_games, rng, limit)
        if not returns:
            return None
        took = time.perf_counter() - begin
        self._write(Evaluation(ANCHOR, returns, (1.0,) * len(returns), took), 0, seconds)
        return Returns.of(returns)

    def _play(
        self, planner: Planner, opponent: Opponent | None, rng: np.random.Generator, seconds: float
    ) -> tuple[Evaluation, list[AbandonedGame]]:
        """Play games in batches, as many as fit into the time; what is not over by then is cut off."""
        name = "" if opponent is None else opponent.name
        least = 2 * self._game.spec.players
        total = Evaluation(name, (), ())
        abandoned: list[AbandonedGame] = []
        wanted, start = self._config.evaluation_games, time.perf_counter()
        while wanted > 0:
            left = seconds - (time.perf_counter() - start)
            cost = self._costs.get(name, 0.0 if seconds == math.inf else math.inf)
            count = wanted if left >= cost * wanted else int(left / cost)
            if count < least:
                if total.games or total.cut or abandoned:
                    break
                count = least
            count = min(count, wanted, Traits.of(self._game).most_games)
            begun = time.perf_counter()
            evaluation, failed = play_games(
                self._game,
                planner,
                opponent,
                count,
                rng=rng,
                opening_plies=self._plies,
                stop=lambda: self._interrupted() or time.perf_counter() - start > seconds,
            )
            took = time.perf_counter() - begun
            over, before = count - evaluation.cut, self._costs.get(name, 0.0)
            self._costs[name] = took / over if over else UNFINISHED * max(took / count, before)
            total += Evaluation(name, evaluation.returns, evaluation.points, took, evaluation.cut)
            abandoned += failed
            wanted -= count
        return total, abandoned

    def _agent(self, weights: Weights) -> Planner:
        if self._planner is None:
            graphs = played_graphs(self._architecture)
            evaluator = Evaluator(self._architecture.model, graphs, providers="cpu", weights=weights)
            slots = search_slots(self._architecture.model, self._config.search, self._config.evaluation_games)
            self._planner = evaluator, Planner(evaluator, self._config.search, slots=slots)
        evaluator, planner = self._planner
        evaluator.replace(weights)
        return planner

    def _keep(self, export: Callable[[Path], None], step: int) -> None:
        folder = self._folder / SNAPSHOTS
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise TrainingError(f"{folder}: expected to make a folder, got: {error.strerror or error}") from error
        export(folder / f"step-{step}.myoshu")

    def _latest(self, step: int) -> Opponent | None:
        """The latest snapshot before a step."""
        if not self._rated:
            return None
        found = [path for path in self._folder.glob(f"{SNAPSHOTS}/step-*.myoshu") if _step(path) < step]
        if not found:
            return None
        path = max(found, key=_step)
        try:
            slots = search_slots(self._architecture.model, self._config.search, self._config.evaluation_games)
            return BundleOpponent(path.stem, path, self._game, slots=slots)
        except (BundleError, TrainingError):  # another file was put there: it is not one of the run's
            return None


def read_ratings(folder: Path) -> dict[str, Rating]:
    """Every player's Elo by all games so far of a run with two players; agents are called ``step-N``.

    Raises:
        TrainingError: the file of evaluations cannot be read.
    """
    results = []
    for row in read_table(folder / EVALUATIONS):
        if row["opponent"]:
            tally = Tally(*(int(float(row[name] or 0)) for name in ("wins", "draws", "losses")))
            results.append((f"step-{row['step']}", row["opponent"], tally))
    return rate_by_name(results, ANCHOR)


def _read_baseline(path: Path) -> Returns | None:
    """The returns of random play, if they were written down."""
    for row in read_table(path):
        if row["opponent"] == ANCHOR and row["step"] == "0":
            least, mean, greatest, low, high = (
                float(row.get(name) or "nan")
                for name in ("return_least", "mean_return", "return_greatest", "return_low", "return_high")
            )
            return Returns(int(float(row["games"])), mean, Interval(low, high), least, greatest)
    return None


def _step(path: Path) -> int:
    """The step of a snapshot; 0 for a file of another name."""
    number = path.stem.removeprefix("step-")
    return int(number) if number.isdecimal() else 0
