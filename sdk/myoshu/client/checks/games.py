"""What an environment must do with games."""

from __future__ import annotations

import dataclasses

import numpy as np

from myoshu.client.checks.expectations import Failed, Skipped, alike, answered, expect, same
from myoshu.client.checks.probe import Probe
from myoshu.client.raw_talk import RawTalk
from myoshu.client.slot_row import SlotRow
from myoshu.errors import ArgumentError
from myoshu.protocol.messages import Description, Error, Spec, States, Welcome
from myoshu.spec import GameSpec, Movers

__all__ = [
    "begins_games",
    "begins_games_with_moves",
    "describes",
    "draws_chance_only_where_it_says",
    "plays_games_to_their_end",
    "refuses_games_that_ended",
    "refuses_illegal_actions",
    "repeats_games",
    "says_its_game",
]

LONGEST = 10_000
"""Moves after which a game without an end is left, where its specification names no bound."""
ALIKE = 10
"""Positions that must all look alike before it is said that an environment shows nothing."""
TOLERANCE = 1e-4
"""How far sums of rewards, which are float32, may be from what was announced."""


def says_its_game(probe: Probe) -> None:
    """The game's specification is sound."""
    with probe.talk() as talk:
        probe.found = expect(talk.ask({"t": "env_spec", "id": 1}), Spec, 1)
    try:
        probe.spec = probe.found.game.spec()
    except ArgumentError as error:
        raise Failed(f"spec.game: {error}") from error
    if probe.found.mode == "realtime" and probe.found.tick is None:
        raise Failed("spec.tick: expected seconds from one tick to the next, got none")


def begins_games(probe: Probe) -> None:
    """Reset begins games, in the order asked for."""
    slots = list(range(min(4, probe.found.slots)))[::-1]
    with probe.talk() as talk:
        for slot, row in zip(slots, probe.reset(talk, slots, [5 + slot for slot in slots]), strict=True):
            if row.over:
                raise Failed(f"slot {slot}: expected a game in progress after a reset, got one that is over")
            if row.rewards.any():
                raise Failed(f"states.rewards: expected 0 after a reset, got {row.rewards.tolist()}")


def plays_games_to_their_end(probe: Probe) -> None:
    """Games played at random end as the specification says."""
    spec, slots = probe.spec, list(range(min(16, probe.found.slots)))
    most = spec.max_length or LONGEST
    with probe.talk() as talk:
        rows = probe.reset(talk, slots, [int(seed) for seed in probe.rng.integers(1 << 31, size=len(slots))])
        returns = np.zeros((len(slots), spec.players))
        seen, looks = {row.observation.tobytes() for row in rows}, 0
        for length in range(1, most + 1):
            playing = [slot for slot in slots if not rows[slot].over]
            if not playing:
                break
            actions = [probe.draw(rows[slot]) for slot in playing]
            for slot, row in zip(playing, probe.step(talk, playing, actions), strict=True):
                _check_move(probe.spec, slot, length, rows[slot], row)
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


def repeats_games(probe: Probe) -> None:
    """The same seed and the same actions make the same game."""
    if probe.found.mode == "realtime":
        raise Skipped("a game in realtime goes by its own clock")
    with probe.talk() as talk, probe.talk() as other:
        (row,), (twin,) = probe.reset(talk, [0], [17]), probe.reset(other, [0], [17])
        for length in range(200):
            alike(f"the same game after {length} actions", row, twin)
            if row.over:
                return
            action = probe.draw(row)
            (row,), (twin,) = probe.step(talk, [0], [action]), probe.step(other, [0], [action])


def draws_chance_only_where_it_says(probe: Probe) -> None:
    """A game without chance is the same whatever its seed, from its beginning on."""
    if probe.found.mode == "realtime":
        raise Skipped("a game in realtime goes by its own clock")
    if probe.spec.stochastic:
        raise Skipped("the rules draw chance (spec.game.stochastic)")
    with probe.talk() as talk:
        moves: list[int] = []
        (row,) = probe.reset(talk, [0], [41])
        while not row.over and len(moves) < 30:
            moves.append(probe.draw(row))
            (row,) = probe.step(talk, [0], moves[-1:])
        for length in (0, len(moves)):
            (first,) = probe.reset(talk, [0], [41], [moves[:length]])
            for seed in range(42, 50):
                (other,) = probe.reset(talk, [0], [seed], [moves[:length]])
                alike(
                    f"spec.game.stochastic is false: the game after {length} actions with seeds 41 and {seed}",
                    first,
                    other,
                )


def begins_games_with_moves(probe: Probe) -> None:
    """A reset with moves is a reset and then those moves."""
    if probe.found.mode == "realtime":
        raise Skipped("a game in realtime goes by its own clock")
    with probe.talk() as talk:
        (row,) = probe.reset(talk, [0], [23])
        moves: list[int] = []
        paid = np.zeros(probe.spec.players, np.float32)
        while not row.over and len(moves) < 30:
            moves.append(probe.draw(row))
            (row,) = probe.step(talk, [0], moves[-1:])
            paid += row.rewards
            (brought,) = probe.reset(talk, [0], [23], [moves])
            if not np.allclose(brought.rewards, paid, atol=TOLERANCE):
                raise Failed(f"states.rewards: expected the sums over moves, {paid.tolist()}, got {brought.rewards}")
            alike(f"a reset with {len(moves)} moves", dataclasses.replace(row, rewards=brought.rewards), brought)


def refuses_illegal_actions(probe: Probe) -> None:
    """An illegal action is an error of its slot, which is as it was; other slots are played."""
    with probe.talk() as talk:
        realtime = probe.found.mode == "realtime"
        slots = [1, 0, 2][: probe.found.slots] if probe.found.slots > 1 and not realtime else [0]
        before, row = _short_of_some_action(probe, talk)
        probe.reset(talk, slots, [29] * len(slots), None if realtime else [before] * len(slots))
        legal = probe.draw(row)
        illegal = np.flatnonzero(~row.legal)
        if illegal.size:
            actions = [int(illegal[0]) if slot == 0 else legal for slot in slots]
            states = expect(talk.ask({"t": "step", "id": 3, "slots": slots, "actions": actions}), States, 3)
            codes = {error.slot: error.code for error in states.errors or ()}
            same("states.errors, by slot", {0: "illegal_action"}, codes)
            if len(slots) > 1:
                played = probe.rows(states, slots, wrong=frozenset({0}))
                (right,) = probe.reset(talk, [1], [29], [before])
                (right,) = probe.step(talk, [1], [legal])
                for slot, row in played.items():
                    alike(f"slot {slot} beside one with an illegal action", right, row)
            if not realtime:
                moves = [[*before, int(illegal[0])]]
                made = talk.ask({"t": "reset", "id": 5, "slots": [0], "seeds": [29], "moves": moves})
                same("errors of a reset with an illegal action", 1, len(expect(made, States, 5).errors or ()))
                left = talk.ask({"t": "step", "id": 6, "slots": [0], "actions": [legal]})
                codes = {error.slot: error.code for error in expect(left, States, 6).errors or ()}
                same("states.errors after a reset with an illegal action, by slot", {0: "ended"}, codes)
                probe.reset(talk, [0], [29], [before])
        said = talk.ask({"t": "step", "id": 4, "slots": [0], "actions": [probe.spec.actions]})
        if isinstance(said, Error):
            answered(said, 4, "invalid")
        else:
            codes = {error.slot: error.code for error in expect(said, States, 4).errors or ()}
            same(f"states.errors for action {probe.spec.actions}, by slot", {0: "illegal_action"}, codes)
        if probe.found.mode != "realtime":
            (after,) = probe.step(talk, [0], [legal])
            probe.reset(talk, [0], [29], [before])
            (right,) = probe.step(talk, [0], [legal])
            alike("the slot after an illegal action", right, after)


def refuses_games_that_ended(probe: Probe) -> None:
    """A step where no game is in progress is an error of its slot."""
    with probe.talk() as talk:
        states = expect(talk.ask({"t": "step", "id": 2, "slots": [0], "actions": [0]}), States, 2)
        same("errors before any reset", [(0, "ended")], [(e.slot, e.code) for e in states.errors or ()])
        (row,) = probe.reset(talk, [0], [31])
        for _ in range(probe.spec.max_length or LONGEST):
            if row.over:
                break
            (row,) = probe.step(talk, [0], [probe.draw(row)])
        if not row.over:
            raise Skipped("no game ended")
        states = expect(talk.ask({"t": "step", "id": 3, "slots": [0], "actions": [0]}), States, 3)
        same("errors after the end", [(0, "ended")], [(e.slot, e.code) for e in states.errors or ()])


def describes(probe: Probe) -> None:
    """Positions are drawn where that was agreed upon, and only there."""
    with probe.talk() as talk:
        answered(talk.ask({"t": "describe", "id": 1, "slot": 0}), 1, "unsupported")
    with probe.dial() as talk:
        welcome = expect(talk.hello(token=probe.token, caps=["describe"]), Welcome)
        if "describe" not in (welcome.caps or ()):
            raise Skipped("it does not draw positions")
        (row,) = probe.reset(talk, [0], [37])
        described = expect(talk.ask({"t": "describe", "id": 2, "slot": 0}), Description, 2)
        same("names, one for each legal action", int(row.legal.sum()), len(described.names))


def _short_of_some_action(probe: Probe, talk: RawTalk) -> tuple[list[int], SlotRow]:
    """Moves to a position in which some action is not legal, if there is one, and the position."""
    moves: list[int] = []
    (row,) = probe.reset(talk, [0], [29])
    if probe.found.mode == "realtime":
        return moves, row
    there = (moves[:], row)
    while row.legal.all() and len(moves) < 30:
        moves.append(probe.draw(row))
        (row,) = probe.step(talk, [0], moves[-1:])
        if row.over:
            return there
        there = (moves[:], row)
    return there


def _check_move(spec: GameSpec, slot: int, length: int, before: SlotRow, after: SlotRow) -> None:
    """What the specification promises about each move."""
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
