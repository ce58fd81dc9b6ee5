"""What a server is told: one frozen value."""

from __future__ import annotations

import dataclasses

from myoshu.protocol.messages import DEFAULT_FRAME, DEFAULT_HEARTBEAT, Limits

__all__ = ["Settings"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The bounds of a server. Durations in seconds, sizes in bytes."""

    token: str | None = None
    """What clients must show; nothing if not given."""
    sessions: int = 4096
    """Sessions open at once on one connection."""
    total_sessions: int = 16384
    """Sessions open at once on all."""
    thinking: int = 1024
    """Searches under way at once for one connection."""
    total_thinking: int = 4096
    """Searches under way at once for all."""
    simulations: int = 65536
    """Simulations of one search where the client limits them."""
    timed_simulations: int | None = None
    """Simulations of one search where only time is limited, and in pondering; as in process if not given: 100,000, or
    what fits into 256 MiB."""
    moves: int = 4096
    """Moves that one request tells of."""
    batch: int = 1024
    """Rows of one ``act_batch``."""
    frame: int = DEFAULT_FRAME
    """The largest payload taken."""
    unfinished: int = 1 << 28
    """What has come of frames that have not come in whole, on all connections; up to 64 KiB of each do not count."""
    connections: int = 4096
    """Connections at once."""
    heartbeat: float = DEFAULT_HEARTBEAT
    """Silence after which a client is pinged, where it does not say."""
    handshake: float = 10.0
    """How long a handshake may take."""
    resume: float = 60.0
    """How long a lost connection's sessions are kept."""
    grace: float = 5.0
    """How long clients may take to read their last replies when the server ends."""
    unread: int = 1 << 20
    """Bytes that wait for a slow reader before nothing more is read from it, and infos are left out."""
    slice: float = 0.003
    """Seconds of search between two looks at the sockets."""

    def limits(self) -> Limits:
        """What ``welcome`` announces."""
        return Limits(sessions=self.sessions, thinking=self.thinking, simulations=self.simulations, batch=self.batch)
