"""What an environment must do, as checks against one that listens; the texts are those of ``bindings/PROTOCOL.md``."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Literal, TypeVar

import numpy as np

from myoshu.client.address import Address
from myoshu.client.raw_talk import RawTalk
from myoshu.client.slot_row import SlotRow
from myoshu.client.sync.wire import SilenceError
from myoshu.errors import ArgumentError, ConnectionLostError, RemoteProtocolError
from myoshu.protocol.mask import unpack_masks
from myoshu.protocol.messages import (
    DEFAULT_FRAME,
    DEFAULT_HEARTBEAT,
    Description,
    Error,
    Message,
    Ping,
    Pong,
    Spec,
    States,
    Welcome,
)
from myoshu.spec import GameSpec, Movers

__all__ = ["EnvironmentChecks", "Outcome"]

AnyMessage = TypeVar("AnyMessage", bound=Message)

LONGEST = 10_000
"""Moves after which a game without an end is left, where its specification names no bound."""
HANDSHAKE = 10.0
"""Seconds that a handshake may take."""
SILENCE = 0.5
"""Seconds of silence after which an environment is asked to ping."""
ALIKE = 10
"""Positions that must all look alike before it is said that an environment shows nothing."""
TOLERANCE = 1e-4
"""How far sums of rewards, which are float32, may be from what was announced."""


class Failed(Exception):  # noqa: N818 -- it is what a check says, never an error of myoshu's
    """A check found the environment wrong."""


class Skipped(Exception):  # noqa: N818 -- as above
    """A check does not concern this environment."""


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
        self._address, self._token, self._timeout, self._handshake = address, token, timeout, handshake
        self._rng = np.random.default_rng(seed)
        self._spec: GameSpec
        self._found: Spec

    def run(self) -> Iterator[Outcome]:
        """Every check's outcome, one after the other. Without a handshake and a specification there are no others.

        Raises:
            ConnectionLostError: nobody answers there.
        """
        with RawTalk(self._address, self._timeout):
            pass
        for needed in (self._greets, self._says_its_game):
            outcome = self._run(needed)
            yield outcome
            if outcome.result != "ok":
                return
        for check in (
            self._ignores_unknown_keys,
            self._refuses_other_versions,
            self._refuses_other_roles,
            self._refuses_other_tokens,
            self._answers_pings,
            self._takes_frames_in_pieces,
            self._takes_frames_at_once,
            self._refuses_what_is_no_map,
            self._refuses_great_lengths,
            self._refuses_requests_before_hello,
            self._answers_unknown_types,
            self._answers_missing_fields,
            self._answers_wrong_slots,
            self._begins_games,
            self._plays_games_to_their_end,
            self._repeats_games,
            self._draws_chance_only_where_it_says,
            self._begins_games_with_moves,
            self._refuses_illegal_actions,
            self._refuses_games_that_ended,
            self._describes,
            self._ends_after_bye,
            self._pings_after_silence,
            self._gives_up_silent_handshakes,
            self._serves_on,
        ):
            yield self._run(check)

    def _run(self, check: Callable[[], None]) -> Outcome:
        name = (check.__doc__ or "").rstrip(".")
        try:
            check()
        except Skipped as reason:
            return Outcome(name, "skip", str(reason))
        except Failed as error:
            return Outcome(name, "FAIL", str(error))
        except (ConnectionLostError, RemoteProtocolError) as error:
            return Outcome(name, "FAIL", str(error).removeprefix(f"{self._address.url}: "))
        return Outcome(name, "ok", "")

    # The connection.

    def _greets(self) -> None:
        """A trainer's hello is answered by an environment's welcome."""
        with RawTalk(self._address, self._timeout) as talk:
            welcome = _expect(talk.hello(token=self._token), Welcome)
            _same("welcome.role", "environment", welcome.role)
            _same("welcome.proto", 1, welcome.proto)

    def _says_its_game(self) -> None:
        """The game's specification is sound."""
        with self._talk() as talk:
            self._found = _expect(talk.ask({"t": "env_spec", "id": 1}), Spec, 1)
        try:
            self._spec = self._found.game.spec()
        except ArgumentError as error:
            raise Failed(f"spec.game: {error}") from error
        if self._found.mode == "realtime" and self._found.tick is None:
            raise Failed("spec.tick: expected seconds from one tick to the next, got none")

    def _ignores_unknown_keys(self) -> None:
        """Unknown keys are ignored."""
        with RawTalk(self._address, self._timeout) as talk:
            _expect(talk.hello(token=self._token, later=[1, {"a": 2}]), Welcome)
            _expect(talk.ask({"t": "ping", "id": 1, "later": "x"}), Pong, 1)

    def _refuses_other_versions(self) -> None:
        """A hello of other versions is refused."""
        with RawTalk(self._address, self._timeout) as talk:
            _refused(talk, talk.hello(token=self._token, proto=[65534, 65535]), "version")

    def _refuses_other_roles(self) -> None:
        """A hello of an environment is refused."""
        with RawTalk(self._address, self._timeout) as talk:
            _refused(talk, talk.hello("environment", token=self._token), "role")

    def _refuses_other_tokens(self) -> None:
        """A hello with another token is refused."""
        if self._token is None:
            raise Skipped("no token is needed; MYOSHU_TOKEN has the one to be shown")
        for wrong in (f"{self._token}x", None):
            with RawTalk(self._address, self._timeout) as talk:
                _refused(talk, talk.hello(token=wrong), "unauthorized")

    def _answers_pings(self) -> None:
        """A ping is answered by a pong with its id."""
        with self._talk() as talk:
            for number in (1, 7, 0xFFFFFFFF, 1):
                _expect(talk.ask({"t": "ping", "id": number}), Pong, number)

    def _takes_frames_in_pieces(self) -> None:
        """A frame may come byte by byte."""
        with self._talk() as talk:
            if not talk.framed:
                raise Skipped("a WebSocket keeps messages whole")
            for byte in talk.pack({"t": "ping", "id": 3}):
                talk.write(bytes([byte]))
            _expect(talk.hear(), Pong, 3)

    def _takes_frames_at_once(self) -> None:
        """Several frames may come at once, and each is answered."""
        with self._talk() as talk:
            if not talk.framed:
                raise Skipped("a WebSocket keeps messages apart")
            talk.write(b"".join(talk.pack({"t": "ping", "id": number}) for number in range(1, 21)))
            heard = {_expect(talk.hear(), Pong).id for _ in range(20)}
            _same("ids answered", set(range(1, 21)), heard)

    def _refuses_what_is_no_map(self) -> None:
        """A payload that is no map ends the connection."""
        for payload in (b"\x93\x01\x02\x03", b"\xc1", b"\x81\x01\x02"):
            with self._talk() as talk:
                talk.write(len(payload).to_bytes(4, "little") + payload if talk.framed else payload)
                _refused(talk, talk.hear(), "malformed")

    def _refuses_great_lengths(self) -> None:
        """A length above what was announced ends the connection before anything is read."""
        with RawTalk(self._address, self._timeout) as talk:
            welcome = _expect(talk.hello(token=self._token), Welcome)
            if not talk.framed:
                raise Skipped("a WebSocket has lengths of its own")
            talk.write(((welcome.frame or DEFAULT_FRAME) + 1).to_bytes(4, "little"))
            _refused(talk, talk.hear(), "too_large")

    def _refuses_requests_before_hello(self) -> None:
        """A request before hello ends the connection."""
        with RawTalk(self._address, self._timeout) as talk:
            _refused(talk, talk.ask({"t": "env_spec", "id": 1}), "unexpected")

    def _ends_after_bye(self) -> None:
        """A trainer's bye ends the connection."""
        with self._talk() as talk:
            talk.say({"t": "bye"})
            if not talk.ended():
                raise Failed(f"expected the end of the connection within {self._timeout:g} s, it is open")

    def _pings_after_silence(self) -> None:
        """After a silence it pings, as it says in welcome.heartbeat."""
        with RawTalk(self._address, self._timeout) as talk:
            welcome = _expect(talk.hello(token=self._token, heartbeat=SILENCE), Welcome)
            beat = DEFAULT_HEARTBEAT if welcome.heartbeat is None else welcome.heartbeat
            if not beat:
                raise Skipped("it says that it does not ping (welcome.heartbeat is 0)")
            try:
                ping = _expect(talk.hear(beat + self._timeout), Ping)
            except SilenceError as error:
                raise Failed(f"expected a ping after {beat:g} s of silence (welcome.heartbeat), got none") from error
            talk.say({"t": "pong", "id": ping.id})
            _expect(talk.ask({"t": "env_spec", "id": 1}), Spec, 1)

    def _gives_up_silent_handshakes(self) -> None:
        """A handshake that does not come is given up."""
        with RawTalk(self._address, self._timeout) as talk:
            try:
                _refused(talk, talk.hear(self._handshake + self._timeout), "timeout")
            except SilenceError as error:
                raise Failed(
                    f"expected error timeout after {self._handshake:g} s without a hello, the connection is open"
                ) from error

    def _serves_on(self) -> None:
        """After all that it still serves."""
        with self._talk() as talk:
            _expect(talk.ask({"t": "env_spec", "id": 1}), Spec, 1)

    # Requests that are wrong.

    def _answers_unknown_types(self) -> None:
        """A request of an unknown type is answered, and the connection goes on."""
        with self._talk() as talk:
            _answered(talk.ask({"t": "of_a_later_version", "id": 5}), 5, "unknown_type")
            _expect(talk.ask({"t": "ping", "id": 6}), Pong, 6)

    def _answers_missing_fields(self) -> None:
        """A request with a field missing or of another type is answered, and the connection goes on."""
        with self._talk() as talk:
            _answered(talk.ask({"t": "reset", "id": 5}), 5, "invalid")
            _answered(talk.ask({"t": "reset", "id": 6, "slots": "all", "seeds": [1]}), 6, "invalid")
            _expect(talk.ask({"t": "ping", "id": 7}), Pong, 7)

    def _answers_wrong_slots(self) -> None:
        """Slots that are twice, too many or too few are answered, and no slot has changed."""
        outside = self._found.slots
        with self._talk() as talk:
            (before,) = self._reset(talk, [0], [11])
            action = int(np.flatnonzero(before.legal)[0])
            _answered(talk.ask({"t": "reset", "id": 5, "slots": [outside], "seeds": [1]}), 5, "invalid")
            _answered(talk.ask({"t": "reset", "id": 6, "slots": [0, 0], "seeds": [1, 2]}), 6, "invalid")
            _answered(talk.ask({"t": "reset", "id": 7, "slots": [0], "seeds": [1, 2]}), 7, "invalid")
            _answered(talk.ask({"t": "reset", "id": 8, "slots": [], "seeds": []}), 8, "invalid")
            _answered(talk.ask({"t": "step", "id": 9, "slots": [0, 0], "actions": [action] * 2}), 9, "invalid")
            _answered(talk.ask({"t": "step", "id": 10, "slots": [0, outside], "actions": [action] * 2}), 10, "invalid")
            if self._found.mode == "realtime":
                return
            (after,) = self._step(talk, [0], [action])
            (again,) = self._reset(talk, [0], [11], [[action]])
            _alike("the slot after refused requests", again, after)

    # Games.

    def _begins_games(self) -> None:
        """Reset begins games, in the order asked for."""
        slots = list(range(min(4, self._found.slots)))[::-1]
        with self._talk() as talk:
            for slot, row in zip(slots, self._reset(talk, slots, [5 + slot for slot in slots]), strict=True):
                if row.over:
                    raise Failed(f"slot {slot}: expected a game that goes on after a reset, got one that has ended")
                if row.rewards.any():
                    raise Failed(f"states.rewards: expected 0 after a reset, got {row.rewards.tolist()}")

    def _plays_games_to_their_end(self) -> None:
        """Games played at random end as the specification says."""
        spec, slots = self._spec, list(range(min(16, self._found.slots)))
        most = spec.max_length or LONGEST
        with self._talk() as talk:
            rows = self._reset(talk, slots, [int(seed) for seed in self._rng.integers(1 << 31, size=len(slots))])
            returns = np.zeros((len(slots), spec.players))
            seen, looks = {row.observation.tobytes() for row in rows}, 0
            for length in range(1, most + 1):
                playing = [slot for slot in slots if not rows[slot].over]
                if not playing:
                    break
                actions = [self._draw(rows[slot]) for slot in playing]
                for slot, row in zip(playing, self._step(talk, playing, actions), strict=True):
                    self._check_move(slot, length, rows[slot], row)
                    rows[slot] = row
                    returns[slot] += row.rewards
                    if not row.over:
                        seen.add(row.observation.tobytes())
                        looks += 1
            if len(seen) == 1 and looks >= ALIKE:
                raise Failed(
                    f"states.obs: expected observations that tell positions apart, got one {looks + len(slots)} times"
                )
            if spec.max_length is not None and any(not row.over for row in rows):
                raise Failed(
                    f"expected games of at most {spec.max_length} actions (spec.game.max_length), got a longer one"
                )
            low, high = spec.returns
            for slot in slots:
                if rows[slot].terminated and not (
                    (returns[slot] >= low - TOLERANCE).all() and (returns[slot] <= high + TOLERANCE).all()
                ):
                    raise Failed(
                        f"expected sums of rewards from {low:g} to {high:g} (spec.game.returns), got {returns[slot]}"
                    )

    def _repeats_games(self) -> None:
        """The same seed and the same actions make the same game."""
        if self._found.mode == "realtime":
            raise Skipped("a game in realtime goes by its own clock")
        with self._talk() as talk, self._talk() as other:
            (row,), (twin,) = self._reset(talk, [0], [17]), self._reset(other, [0], [17])
            for length in range(200):
                _alike(f"the same game after {length} actions", row, twin)
                if row.over:
                    return
                action = self._draw(row)
                (row,), (twin,) = self._step(talk, [0], [action]), self._step(other, [0], [action])

    def _draws_chance_only_where_it_says(self) -> None:
        """A game without chance is the same whatever its seed, from its beginning on."""
        if self._found.mode == "realtime":
            raise Skipped("a game in realtime goes by its own clock")
        if self._spec.stochastic:
            raise Skipped("the rules draw chance (spec.game.stochastic)")
        with self._talk() as talk:
            moves: list[int] = []
            (row,) = self._reset(talk, [0], [41])
            while not row.over and len(moves) < 30:
                moves.append(self._draw(row))
                (row,) = self._step(talk, [0], moves[-1:])
            for length in (0, len(moves)):
                (first,) = self._reset(talk, [0], [41], [moves[:length]])
                for seed in range(42, 50):
                    (other,) = self._reset(talk, [0], [seed], [moves[:length]])
                    _alike(
                        f"spec.game.stochastic is false: the game after {length} actions with seeds 41 and {seed}",
                        first,
                        other,
                    )

    def _begins_games_with_moves(self) -> None:
        """A reset with moves is a reset and then those moves."""
        if self._found.mode == "realtime":
            raise Skipped("a game in realtime goes by its own clock")
        with self._talk() as talk:
            (row,) = self._reset(talk, [0], [23])
            moves: list[int] = []
            paid = np.zeros(self._spec.players, np.float32)
            while not row.over and len(moves) < 30:
                moves.append(self._draw(row))
                (row,) = self._step(talk, [0], moves[-1:])
                paid += row.rewards
                (brought,) = self._reset(talk, [0], [23], [moves])
                if not np.allclose(brought.rewards, paid, atol=TOLERANCE):
                    raise Failed(
                        f"states.rewards: expected the sums over moves, {paid.tolist()}, got {brought.rewards}"
                    )
                _alike(f"a reset with {len(moves)} moves", dataclasses.replace(row, rewards=brought.rewards), brought)

    def _refuses_illegal_actions(self) -> None:
        """An illegal action is an error of its slot, which is as it was; other slots are played."""
        with self._talk() as talk:
            realtime = self._found.mode == "realtime"
            slots = [1, 0, 2][: self._found.slots] if self._found.slots > 1 and not realtime else [0]
            before, row = self._short_of_some_action(talk)
            self._reset(talk, slots, [29] * len(slots), None if realtime else [before] * len(slots))
            legal = self._draw(row)
            illegal = np.flatnonzero(~row.legal)
            if illegal.size:
                actions = [int(illegal[0]) if slot == 0 else legal for slot in slots]
                states = _expect(talk.ask({"t": "step", "id": 3, "slots": slots, "actions": actions}), States, 3)
                codes = {error.slot: error.code for error in states.errors or ()}
                _same("states.errors, by slot", {0: "illegal_action"}, codes)
                if len(slots) > 1:
                    played = self._rows(states, slots, wrong=frozenset({0}))
                    (right,) = self._reset(talk, [1], [29], [before])
                    (right,) = self._step(talk, [1], [legal])
                    for slot, row in played.items():
                        _alike(f"slot {slot} beside one with an illegal action", right, row)
                if not realtime:
                    moves = [[*before, int(illegal[0])]]
                    made = talk.ask({"t": "reset", "id": 5, "slots": [0], "seeds": [29], "moves": moves})
                    _same("errors of a reset with an illegal action", 1, len(_expect(made, States, 5).errors or ()))
                    left = talk.ask({"t": "step", "id": 6, "slots": [0], "actions": [legal]})
                    codes = {error.slot: error.code for error in _expect(left, States, 6).errors or ()}
                    _same("states.errors after a reset with an illegal action, by slot", {0: "ended"}, codes)
                    self._reset(talk, [0], [29], [before])
            said = talk.ask({"t": "step", "id": 4, "slots": [0], "actions": [self._spec.actions]})
            if isinstance(said, Error):
                _answered(said, 4, "invalid")
            else:
                codes = {error.slot: error.code for error in _expect(said, States, 4).errors or ()}
                _same(f"states.errors for action {self._spec.actions}, by slot", {0: "illegal_action"}, codes)
            if self._found.mode != "realtime":
                (after,) = self._step(talk, [0], [legal])
                self._reset(talk, [0], [29], [before])
                (right,) = self._step(talk, [0], [legal])
                _alike("the slot after an illegal action", right, after)

    def _short_of_some_action(self, talk: RawTalk) -> tuple[list[int], SlotRow]:
        """Moves to a position in which some action is not legal, if there is one, and the position."""
        moves: list[int] = []
        (row,) = self._reset(talk, [0], [29])
        if self._found.mode == "realtime":
            return moves, row
        there = (moves[:], row)
        while row.legal.all() and len(moves) < 30:
            moves.append(self._draw(row))
            (row,) = self._step(talk, [0], moves[-1:])
            if row.over:
                return there
            there = (moves[:], row)
        return there

    def _refuses_games_that_ended(self) -> None:
        """A step where no game goes on is an error of its slot."""
        with self._talk() as talk:
            states = _expect(talk.ask({"t": "step", "id": 2, "slots": [0], "actions": [0]}), States, 2)
            _same("errors before any reset", [(0, "ended")], [(e.slot, e.code) for e in states.errors or ()])
            (row,) = self._reset(talk, [0], [31])
            for _ in range(self._spec.max_length or LONGEST):
                if row.over:
                    break
                (row,) = self._step(talk, [0], [self._draw(row)])
            if not row.over:
                raise Skipped("no game ended")
            states = _expect(talk.ask({"t": "step", "id": 3, "slots": [0], "actions": [0]}), States, 3)
            _same("errors after the end", [(0, "ended")], [(e.slot, e.code) for e in states.errors or ()])

    def _describes(self) -> None:
        """Positions are drawn where that was agreed upon, and only there."""
        with self._talk() as talk:
            _answered(talk.ask({"t": "describe", "id": 1, "slot": 0}), 1, "unsupported")
        with RawTalk(self._address, self._timeout) as talk:
            welcome = _expect(talk.hello(token=self._token, caps=["describe"]), Welcome)
            if "describe" not in (welcome.caps or ()):
                raise Skipped("it does not draw positions")
            (row,) = self._reset(talk, [0], [37])
            described = _expect(talk.ask({"t": "describe", "id": 2, "slot": 0}), Description, 2)
            _same("names, one for each legal action", int(row.legal.sum()), len(described.names))

    def _talk(self) -> RawTalk:
        """A connection after the handshake, without capabilities."""
        talk = RawTalk(self._address, self._timeout)
        _expect(talk.hello(token=self._token), Welcome)
        return talk

    def _draw(self, row: SlotRow) -> int:
        return int(self._rng.choice(np.flatnonzero(row.legal)))

    def _reset(
        self, talk: RawTalk, slots: list[int], seeds: list[int], moves: list[list[int]] | None = None
    ) -> list[SlotRow]:
        answer = talk.ask({"t": "reset", "id": 1, "slots": slots, "seeds": seeds, "moves": moves})
        return list(self._rows(answer, slots).values())

    def _step(self, talk: RawTalk, slots: list[int], actions: list[int]) -> list[SlotRow]:
        return list(self._rows(talk.ask({"t": "step", "id": 2, "slots": slots, "actions": actions}), slots).values())

    def _rows(self, answer: Message, slots: list[int], wrong: frozenset[int] = frozenset()) -> dict[int, SlotRow]:
        """The rows of an answer by slot, without those of slots that are known to be wrong; no other may be."""
        states, spec = _expect(answer, States), self._spec
        for error in states.errors or ():
            if error.slot in wrong:
                continue
            raise Failed(f"slot {error.slot}: expected no error, got {error.code}: {error.msg}")
        _same("states.slots", slots, list(states.slots))
        _same("states.obs.sh", [len(slots), *spec.observation], list(states.obs.sh))
        if states.obs.dt not in ("f32", "u8"):
            raise Failed(f"states.obs.dt: expected f32 or u8, got {states.obs.dt}")
        _same("states.rewards.sh", [len(slots), spec.players], list(states.rewards.sh))
        _same("states.rewards.dt", "f32", states.rewards.dt)
        try:
            legal = unpack_masks(states.legal, len(slots), spec.actions)
        except ValueError as error:
            raise Failed(f"states.legal: {error}") from error
        if self._found.mode == "realtime" and states.ticks is None:
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
            raise Failed(f"slot {slot}: states.legal: expected a legal action in a game that goes on, got none")
        if not row.over and not row.to_play < self._spec.players:
            raise Failed(
                f"slot {slot}: states.to_play: expected a player below {self._spec.players}, got {row.to_play}"
            )

    def _check_move(self, slot: int, length: int, before: SlotRow, after: SlotRow) -> None:
        """What the specification promises about each move."""
        spec = self._spec
        if spec.zero_sum and abs(float(after.rewards.sum())) > TOLERANCE:
            raise Failed(f"slot {slot}: expected rewards that add up to 0 (spec.game.zero_sum), got {after.rewards}")
        if spec.final_rewards_only and not after.over and after.rewards.any():
            raise Failed(f"slot {slot}: expected no reward before the end (final_rewards_only), got {after.rewards}")
        if spec.movers is Movers.ALTERNATE and not after.over:
            expected = (before.to_play + 1) % spec.players
            if after.to_play != expected:
                raise Failed(
                    f"slot {slot}, move {length}: expected player {expected} (spec.game.movers), got {after.to_play}"
                )


def _expect(message: Message, kind: type[AnyMessage], number: int | None = None) -> AnyMessage:
    """The message, which must be of a kind and for a request."""
    if not isinstance(message, kind):
        said = f"{message.code}: {message.msg}" if isinstance(message, Error) else type(message).__name__.lower()
        raise Failed(f"expected {kind.__struct_config__.tag}, got {said}")
    if number is not None:
        _same("id", number, getattr(message, "id", None))
    return message


def _answered(message: Message, number: int, code: str) -> None:
    """The message must be an error for a request."""
    error = _expect(message, Error) if isinstance(message, Error) else None
    if error is None or error.id != number or error.code != code:
        got = type(message).__name__.lower() if error is None else f"error {error.code} with id {error.id}"
        raise Failed(f"expected error {code} with id {number}, got {got}")


def _refused(talk: RawTalk, message: Message, code: str) -> None:
    """The message must be an error without an id, and the connection's end must follow."""
    if not isinstance(message, Error) or message.id is not None or message.code != code:
        got = f"error {message.code} with id {message.id}" if isinstance(message, Error) else type(message).__name__
        raise Failed(f"expected error {code} without id, got {got}")
    if not talk.ended():
        raise Failed(f"after error {code}: expected the end of the connection, it is open")


def _same(field: str, expected: object, got: object) -> None:
    if expected != got:
        raise Failed(f"{field}: expected {expected}, got {got}")


def _alike(what: str, expected: SlotRow, got: SlotRow) -> None:
    field = expected.difference(got)
    if field is not None:
        raise Failed(
            f"{what}: expected the same {field}, {getattr(expected, field)!s:.80}, got {getattr(got, field)!s:.80}"
        )
