"""Why a run ended without an agent, or before its time, and what can be done about it."""

from __future__ import annotations

from pathlib import Path

from myoshu.counted import counted
from myoshu.errors import TrainingError
from myoshu.spec import GameSpec
from myoshu.training.config import TrainingConfig
from myoshu.training.folder import CONFIG
from myoshu.training.playing.selfplay import LONGEST
from myoshu.training.playing.source import Source
from myoshu.training.state import RunState

__all__ = ["diverged", "nothing_learned"]


def nothing_learned(
    folder: Path, game: GameSpec, config: TrainingConfig, state: RunState, source: Source, actors: int
) -> TrainingError:
    """The error for a run without an agent, since no step was learned.

    Args:
        folder: the run's folder.
        game: the game to be learned.
        config: the run's configuration.
        state: the run's state.
        source: the source of games.
        actors: how many processes played.
    """
    text = f"{folder}: nothing was learned yet, so there is nothing to export"
    if config.offline is not None:
        return TrainingError(f"{text}; give it more time")
    if state.replay.added:
        wanted = config.learner.first_positions
        return TrainingError(
            f"{text}: in {state.budget.seconds:.0f} s {counted(state.replay.games, 'game')} came to an end, "
            f"with {state.replay.added:,} of the {wanted:,} positions that learning begins with "
            "(learner.first_positions); "
            "give it more --minutes, or a game that ends sooner"
        )
    games = config.selfplay.games * max(1, actors)
    text += f": no game was over, with {source.moves():,} moves played in {games} games side by side"
    if game.max_length is None:
        text += (
            f". Games without end are cut off after {LONGEST:,} moves each: let them end sooner "
            "(is_terminal, and truncated for a limit of time) and say so in the spec's max_length"
        )
    return TrainingError(f"{text}; give it more time, or fewer games at once (selfplay.games)")


def diverged(what: str, folder: Path, config: TrainingConfig, step: int, *, saved: bool) -> TrainingError:
    """The error for networks that diverged.

    Args:
        what: the observed symptom.
        folder: the run's folder.
        config: the run's configuration.
        step: the learning step at which it happened.
        saved: whether there is an earlier checkpoint.
    """
    last = f"the checkpoint in {folder} is from before" if saved else "there is no checkpoint yet"
    return TrainingError(
        f"{what}: the networks diverged at step {step:,}; {last}. "
        f"Make learning_rate or clip under [learner] in {folder / CONFIG} smaller and resume "
        f"(myoshu train '{config.game}' --run {folder}), and check that the game pays what its spec says"
    )
