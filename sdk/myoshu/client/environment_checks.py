"""What an environment must do, as checks against one that listens; the texts are those of ``bindings/PROTOCOL.md``."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Literal

from myoshu.client.address import Address
from myoshu.client.checks import connections, games, wrong_requests
from myoshu.client.checks.expectations import Failed, Skipped
from myoshu.client.checks.probe import Probe
from myoshu.errors import ConnectionLostError, RemoteProtocolError

__all__ = ["EnvironmentChecks", "Outcome"]

HANDSHAKE = 10.0
"""Seconds that a handshake may take."""

NEEDED = (connections.greets, games.says_its_game)
"""Without these there are no others."""
OTHERS = (
    connections.ignores_unknown_keys,
    connections.refuses_other_versions,
    connections.refuses_other_roles,
    connections.refuses_other_tokens,
    connections.answers_pings,
    connections.takes_frames_in_pieces,
    connections.takes_frames_at_once,
    connections.refuses_what_is_no_map,
    connections.refuses_great_lengths,
    connections.refuses_requests_before_hello,
    wrong_requests.answers_unknown_types,
    wrong_requests.answers_missing_fields,
    wrong_requests.answers_wrong_slots,
    games.begins_games,
    games.plays_games_to_their_end,
    games.repeats_games,
    games.draws_chance_only_where_it_says,
    games.begins_games_with_moves,
    games.refuses_illegal_actions,
    games.refuses_games_that_ended,
    games.describes,
    connections.ends_after_bye,
    connections.pings_after_silence,
    connections.gives_up_silent_handshakes,
    connections.serves_on,
)
"""In the order in which they are made."""


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What one check found."""

    name: str
    """What was checked, in a few words."""
    result: Literal["ok", "FAIL", "skip"]
    """``skip`` where it does not concern this environment."""
    said: str
    """What was expected and what came, or why it was skipped; empty if all is well."""


class EnvironmentChecks:
    """Checks an environment that listens, each check on a connection of its own.

    Args:
        address: where it listens.
        token: what it must be shown.
        seed: of the games that are played.
        timeout: seconds that each reply may take.
        handshake: seconds that a handshake may take; the protocol's 10 unless a test has less patience.
    """

    def __init__(
        self,
        address: Address,
        token: str | None = None,
        seed: int = 0,
        timeout: float = 5.0,
        handshake: float = HANDSHAKE,
    ) -> None:
        self._probe = Probe(address, token, seed, timeout, handshake)

    def run(self) -> Iterator[Outcome]:
        """Every check's outcome, one after the other. Without a handshake and a specification there are no others.

        Raises:
            ConnectionLostError: nobody answers there.
        """
        with self._probe.dial():
            pass
        for check in NEEDED:
            outcome = self._run(check)
            yield outcome
            if outcome.result != "ok":
                return
        for check in OTHERS:
            yield self._run(check)

    def _run(self, check: Callable[[Probe], None]) -> Outcome:
        name = (check.__doc__ or "").rstrip(".")
        try:
            check(self._probe)
        except Skipped as reason:
            return Outcome(name, "skip", str(reason))
        except Failed as error:
            return Outcome(name, "FAIL", str(error))
        except (ConnectionLostError, RemoteProtocolError) as error:
            return Outcome(name, "FAIL", str(error).removeprefix(f"{self._probe.address.url}: "))
        return Outcome(name, "ok", "")
