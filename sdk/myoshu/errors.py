"""Every error myoshu raises, as one tree.

::

    MyoshuError
    ├── ArgumentError (ValueError)      a call's argument is not what the function takes
    │   ├── ObservationError            wrong shape or type, or not finite
    │   ├── LegalActionsError           empty, or an action that the game does not have
    │   └── LimitError                  a limit that allows no search
    ├── CapacityError                   more simulations, slots or edges than memory was allocated for
    ├── SessionBusyError                a session was called by a thread while another is in a call of it
    ├── EvaluationError                 a network answered with NaN, infinity or a wrong shape
    ├── BundleError                     a bundle file is damaged, hostile or inconsistent
    │   └── BundleVersionError          it was written by a newer myoshu
    ├── ProviderError                   an execution provider is absent, failed, or computes wrong results
    ├── ExportError                     the exported graphs do not reproduce the trained network
    ├── TrainingError                   a training run cannot start, continue or be resumed
    ├── GameError                       a game broke its contract
    │   ├── GameStringError             a game's name does not parse or is not known
    │   └── IllegalActionError          an action was applied that is not legal in the state
    ├── RecordError                     a game record is damaged, or does not fit its game
    ├── MatchError                      a match cannot be played as requested
    ├── ProtocolError                   the socket protocol is broken
    │   ├── LocalProtocolError          by this side: a message that may not be sent
    │   └── RemoteProtocolError         by the peer: bytes or a message that may not come
    ├── RequestError                    the peer answered a request with an error
    ├── ConnectionLostError (ConnectionError)   the peer is gone, or does not answer
    └── DependencyError (ImportError)   an optional package is not installed

    ObservationWarning (UserWarning)    a game's observations are not what an agent learned from
    ProviderWarning (UserWarning)       a provider was not used; the message names the cause

Messages name the field, what was expected and what came:
``manifest.model.latent: expected at least 1 integer, got []``.
"""

from __future__ import annotations

__all__ = [
    "ArgumentError",
    "BundleError",
    "BundleVersionError",
    "CapacityError",
    "ConnectionLostError",
    "DependencyError",
    "EvaluationError",
    "ExportError",
    "GameError",
    "GameStringError",
    "IllegalActionError",
    "LegalActionsError",
    "LimitError",
    "LocalProtocolError",
    "MatchError",
    "MyoshuError",
    "ObservationError",
    "ObservationWarning",
    "ProtocolError",
    "ProviderError",
    "ProviderWarning",
    "RecordError",
    "RemoteProtocolError",
    "RequestError",
    "SessionBusyError",
    "TrainingError",
]


class MyoshuError(Exception):
    """The root of every error myoshu raises on purpose."""


class ArgumentError(MyoshuError, ValueError):
    """A call's argument is not what the function takes."""


class ObservationError(ArgumentError):
    """An observation has the wrong shape or type, or is not finite."""


class LegalActionsError(ArgumentError):
    """The legal actions are empty or name an action the game does not have."""


class LimitError(ArgumentError):
    """A limit allows no search, or is not a number."""


class CapacityError(MyoshuError):
    """More simulations, slots or edges were requested than memory was allocated for."""


class SessionBusyError(MyoshuError):
    """A session was called by a thread while another is in a call of it; each thread needs its own session."""


class EvaluationError(MyoshuError):
    """A network answered with NaN, infinity or a wrong shape."""


class BundleError(MyoshuError):
    """A bundle file is damaged, hostile or inconsistent with itself."""


class BundleVersionError(BundleError):
    """A bundle was written in a newer format than this myoshu reads."""


class ProviderError(MyoshuError):
    """An execution provider is absent, failed to start, or computes wrong results."""


class ExportError(MyoshuError):
    """The exported graphs do not reproduce the trained network."""


class TrainingError(MyoshuError):
    """A training run cannot start, continue or be resumed."""


class GameError(MyoshuError):
    """A game broke its contract."""


class GameStringError(GameError, ValueError):
    """A game's name does not parse or is not known."""


class IllegalActionError(GameError):
    """An action was applied that is not legal in the state."""


class RecordError(MyoshuError):
    """A game record is damaged, or does not fit its game."""


class MatchError(MyoshuError):
    """A match cannot be played as requested."""


class ProtocolError(MyoshuError):
    """The socket protocol is broken.

    Args:
        code: what is wrong, one of the codes in ``bindings/PROTOCOL.md``.
        field: the field's path, as ``think.obs.sh``.
        expected: what was expected there.
        got: what came instead.
        request: the request's id, if the message had one.
        kind: the message's type, if it had one.
    """

    def __init__(
        self, code: str, field: str, expected: str, got: str, *, request: int | None = None, kind: str | None = None
    ) -> None:
        super().__init__(f"{field}: expected {expected}, got {got}")
        self.code = code
        """What is wrong: one of the protocol's codes."""
        self.field = field
        """The field's path, as ``think.obs.sh``."""
        self.expected = expected
        """What was expected there."""
        self.got = got
        """What came instead."""
        self.request = request
        """The request's id, if the message had one."""
        self.kind = kind
        """The message's type, if it had one."""


class LocalProtocolError(ProtocolError):
    """This side would break the protocol: nothing was sent."""


class RemoteProtocolError(ProtocolError):
    """The peer broke the protocol."""


class RequestError(MyoshuError):
    """The peer answered a request with an error.

    Args:
        code: what is wrong, one of the codes in ``bindings/PROTOCOL.md``.
        message: the peer's own words.
        retry: seconds after which to try again, if the peer said so.
    """

    def __init__(self, code: str, message: str, retry: float | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        """What is wrong: one of the protocol's codes."""
        self.retry = retry
        """Seconds after which to try again, if the peer said so."""


class ConnectionLostError(MyoshuError, ConnectionError):
    """The peer is gone, or does not answer; the message says which."""


class DependencyError(MyoshuError, ImportError):
    """An optional package is not installed; the message says which extra installs it."""


class ObservationWarning(UserWarning):
    """A game's observations are not what an agent learned from; the message says how they differ, if known."""


class ProviderWarning(UserWarning):
    """An execution provider was not used; the message names the cause."""
