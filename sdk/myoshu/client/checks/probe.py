"""An environment that is checked: connections to it, and games in its slots."""

from __future__ import annotations

import numpy as np

from myoshu.client.address import Address
from myoshu.client.checks.expectations import Failed, expect, same
from myoshu.client.raw_talk import RawTalk
from myoshu.client.slot_row import SlotRow
from myoshu.protocol.mask import unpack_masks
from myoshu.protocol.messages import Message, Spec, States, Welcome
from myoshu.spec import GameSpec

__all__ = ["Probe"]


class Probe:
    """Asks an environment, and looks through what it answers.

    Args:
        address: where it listens.
        token: what it must be shown.
        seed: of the games that are played.
        timeout: seconds that each reply may take.
        handshake: seconds that a handshake may take.
    """

    found: Spec
    """What it says of itself, once it was asked."""
    spec: GameSpec
    """Its game, likewise."""

    def __init__(self, address: Address, token: str | None, seed: int, timeout: float, handshake: float) -> None:
        self.address = address
        """Where it listens."""
        self.token = token
        """What it must be shown."""
        self.timeout = timeout
        """Seconds that each reply may take."""
        self.handshake = handshake
        """Seconds that a handshake may take."""
        self.rng = np.random.default_rng(seed)
        """Draws the games."""

    def dial(self) -> RawTalk:
        """A connection before the handshake."""
        return RawTalk(self.address, self.timeout)

    def talk(self) -> RawTalk:
        """A connection after the handshake, without capabilities."""
        talk = self.dial()
        expect(talk.hello(token=self.token), Welcome)
        return talk

    def draw(self, row: SlotRow) -> int:
        """A legal action at random."""
        return int(self.rng.choice(np.flatnonzero(row.legal)))

    def reset(
        self, talk: RawTalk, slots: list[int], seeds: list[int], moves: list[list[int]] | None = None
    ) -> list[SlotRow]:
        """Begin games, with moves made at once if there are any; one row a slot, which may not be wrong."""
        answer = talk.ask({"t": "reset", "id": 1, "slots": slots, "seeds": seeds, "moves": moves})
        return list(self.rows(answer, slots).values())

    def step(self, talk: RawTalk, slots: list[int], actions: list[int]) -> list[SlotRow]:
        """Play an action in each slot; one row a slot, which may not be wrong."""
        return list(self.rows(talk.ask({"t": "step", "id": 2, "slots": slots, "actions": actions}), slots).values())

    def rows(self, answer: Message, slots: list[int], wrong: frozenset[int] = frozenset()) -> dict[int, SlotRow]:
        """The rows of an answer by slot, without those of slots that are known to be wrong; no other may be."""
        states, spec = expect(answer, States), self.spec
        for error in states.errors or ():
            if error.slot in wrong:
                continue
            raise Failed(f"slot {error.slot}: expected no error, got {error.code}: {error.msg}")
        same("states.slots", slots, list(states.slots))
        same("states.obs.sh", [len(slots), *spec.observation], list(states.obs.sh))
        if states.obs.dt not in ("f32", "u8"):
            raise Failed(f"states.obs.dt: expected f32 or u8, got {states.obs.dt}")
        same("states.rewards.sh", [len(slots), spec.players], list(states.rewards.sh))
        same("states.rewards.dt", "f32", states.rewards.dt)
        try:
            legal = unpack_masks(states.legal, len(slots), spec.actions)
        except ValueError as error:
            raise Failed(f"states.legal: {error}") from error
        if self.found.mode == "realtime" and states.ticks is None:
            raise Failed("states.ticks: expected tick numbers in realtime, got none")
        observations, rewards = states.obs.array(), states.rewards.array().astype(np.float32)
        rows = {
            slot: SlotRow(
                observations[i], legal[i], states.to_play[i], rewards[i], states.terminated[i], states.truncated[i]
            )
            for i, slot in enumerate(slots)
            if slot not in wrong
        }
        for slot, row in rows.items():
            self._check_row(slot, row)
        return rows

    def _check_row(self, slot: int, row: SlotRow) -> None:
        if not np.isfinite(row.observation.astype(np.float64)).all() or not np.isfinite(row.rewards).all():
            raise Failed(f"slot {slot}: expected finite observations and rewards, got others")
        if row.terminated and row.truncated:
            raise Failed(f"slot {slot}: expected terminated or truncated, got both")
        if row.over and row.legal.any():
            raise Failed(
                f"slot {slot}: states.legal: expected a mask of 0 for a game that has ended, got legal actions"
            )
        if not row.over and not row.legal.any():
            raise Failed(f"slot {slot}: states.legal: expected a legal action in a game that is not over, got none")
        if not row.over and not row.to_play < self.spec.players:
            raise Failed(f"slot {slot}: states.to_play: expected a player below {self.spec.players}, got {row.to_play}")
