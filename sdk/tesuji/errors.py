"""Every error tesuji raises, as one tree.

::

    TesujiError
    ├── ArgumentError (ValueError)      a call's argument is not what the function takes
    │   ├── ObservationError            wrong shape or type, or not finite
    │   ├── LegalActionsError           empty, or an action the game does not have
    │   └── LimitError                  a limit that allows nothing
    ├── CapacityError                   more simulations, slots or edges than were opened for
    ├── EvaluationError                 a network answered with NaN, infinity or a wrong shape
    ├── BundleError                     a bundle file is damaged, hostile or inconsistent
    │   └── BundleVersionError          it was written by a newer tesuji
    ├── ProviderError                   an execution provider is absent, failed, or computes wrong results
    ├── ExportError                     the exported graphs do not reproduce the trained network
    ├── TrainingError                   a training run cannot start, go on or be resumed
    ├── GameError                       a game broke its contract
    │   ├── GameStringError             a game's name does not parse or is not known
    │   └── IllegalActionError          an action was applied that is not legal in the state
    ├── RecordError                     a game record is damaged, or does not fit its game
    ├── MatchError                      a match cannot be played as asked
    └── DependencyError (ImportError)   an optional package is not installed

    ProviderWarning (UserWarning)       a provider was passed over; the message names the cause

Messages say where, what was expected and what came:
``manifest.model.latent: expected at least 1 integer, got []``.
"""

from __future__ import annotations

__all__ = [
    "ArgumentError",
    "BundleError",
    "BundleVersionError",
    "CapacityError",
    "DependencyError",
    "EvaluationError",
    "ExportError",
    "GameError",
    "GameStringError",
    "IllegalActionError",
    "LegalActionsError",
    "LimitError",
    "MatchError",
    "ObservationError",
    "ProviderError",
    "ProviderWarning",
    "RecordError",
    "TesujiError",
    "TrainingError",
]


class TesujiError(Exception):
    """The root of every error tesuji raises on purpose."""


class ArgumentError(TesujiError, ValueError):
    """A call's argument is not what the function takes."""


class ObservationError(ArgumentError):
    """An observation has the wrong shape or type, or is not finite."""


class LegalActionsError(ArgumentError):
    """The legal actions are empty or name an action the game does not have."""


class LimitError(ArgumentError):
    """A limit allows nothing, or is not a number."""


class CapacityError(TesujiError):
    """More simulations, slots or edges were asked for than memory was opened for."""


class EvaluationError(TesujiError):
    """A network answered with NaN, infinity or a wrong shape."""


class BundleError(TesujiError):
    """A bundle file is damaged, hostile or inconsistent with itself."""


class BundleVersionError(BundleError):
    """A bundle was written in a newer format than this tesuji reads."""


class ProviderError(TesujiError):
    """An execution provider is absent, failed to start, or computes wrong results."""


class ExportError(TesujiError):
    """The exported graphs do not reproduce the trained network."""


class TrainingError(TesujiError):
    """A training run cannot start, go on or be resumed."""


class GameError(TesujiError):
    """A game broke its contract."""


class GameStringError(GameError, ValueError):
    """A game's name does not parse or is not known."""


class IllegalActionError(GameError):
    """An action was applied that is not legal in the state."""


class RecordError(TesujiError):
    """A game record is damaged, or does not fit its game."""


class MatchError(TesujiError):
    """A match cannot be played as asked."""


class DependencyError(TesujiError, ImportError):
    """An optional package is not installed; the message says which extra brings it."""


class ProviderWarning(UserWarning):
    """An execution provider was passed over; the message names the cause."""
