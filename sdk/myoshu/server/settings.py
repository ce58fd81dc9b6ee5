"""A server's settings: one frozen value."""

from __future__ import annotations

import dataclasses

from myoshu.protocol.messages import DEFAULT_FRAME, DEFAULT_HEARTBEAT, Limits

__all__ = ["Settings"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The bounds of a server. Durations in seconds, sizes in bytes."""

    token: str | None = None
    """The token that clients must show; none if not given."""
    sessions: int = 4096
    """Sessions open at once on one connection."""
    total_sessions: int = 16384
    """Sessions open at once on all connections."""
    thinking: int = 1024
    """Searches under way at once for one connection."""
    total_thinking: int = 4096
    """Searches under way at once for all connections."""
    simulations: int = 65536
    """Simulations of one search where the client limits them."""
    timed_simulations: int | None = None
    """Simulations of one search where only time is limited, and in pondering; as in process if not given: 100,000, or
    what fits into 256 MiB."""
    moves: int = 4096
    """Moves in one request."""
    batch: int = 1024
    """Rows of one ``act_batch``."""
    frame: int = DEFAULT_FRAME
    """The largest payload accepted."""
    unfinished: int = 1 << 28
    """Bytes of incomplete frames on all connections; up to 64 KiB of each do not count."""
    connections: int = 4096
    """Connections open at once."""
    heartbeat: float = DEFAULT_HEARTBEAT
    """Silence after which a client is pinged, unless it says otherwise."""
    handshake: float = 10.0
    """How long a handshake may take."""
    resume: float = 60.0
    """How long a lost connection's sessions are kept."""
    grace: float = 5.0
    """How long clients may take to read their last replies when the server ends."""
    unread: int = 1 << 20
    """Bytes that wait for a slow reader before nothing more is read from it, and infos are left out."""
    slice: float = 0.003
    """Seconds of search between two checks of the sockets."""

    def limits(self) -> Limits:
        """What ``welcome`` announces."""
        return Limits(sessions=self.sessions, thinking=self.thinking, simulations=self.simulations, batch=self.batch)
