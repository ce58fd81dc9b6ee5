"""Engines in C keep to the protocol, whatever a trainer does."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import msgpack
import numpy as np
import pytest

from myoshu.client.address import Address
from myoshu.client.asking import with_id
from myoshu.client.environment_checks import EnvironmentChecks
from myoshu.client.raw_talk import RawTalk
from myoshu.client.sync.link import Link
from myoshu.errors import GameError, IllegalActionError, RequestError
from myoshu.planes import Planes, planes_of
from myoshu.protocol import Role
from myoshu.protocol.messages import Bye, EnvSpec, Error, Ping, Reset, Spec, States, Step
from myoshu.spec import Movers
from myoshu.testing.games import check_game
from myoshu_engines import load_game
from myoshu_engines.remote import RemoteGame

Start = Callable[..., tuple[subprocess.Popen[str], int]]


def test_an_engine_keeps_to_the_protocol(start: Start) -> None:
    _, port = start("dots_engine", MYOSHU_TOKEN="s3cret")
    outcomes = list(EnvironmentChecks(Address.of(f"tcp://127.0.0.1:{port}"), "s3cret").run())
    assert [outcome for outcome in outcomes if outcome.result != "ok"] == []
    assert len(outcomes) > 20


def test_dots_and_boxes_is_the_game_that_openspiel_has(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MYOSHU_TOKEN", raising=False)
    _, port = start("dots_engine")
    ours, theirs = load_game(f"tcp://127.0.0.1:{port}"), load_game("openspiel:dots_and_boxes(num_rows=2,num_cols=2)")
    assert isinstance(ours, RemoteGame)
    spec = ours.spec
    assert (spec.players, spec.actions, spec.observation, spec.returns) == (2, 12, (20,), (-1.0, 1.0))
    assert (spec.zero_sum, spec.movers, spec.final_rewards_only, spec.max_length) == (True, Movers.PREDICTED, True, 12)
    check_game(ours, games=3)
    rng = np.random.default_rng(1)
    for _ in range(20):
        mine, other = ours.new_state(rng), theirs.new_state(rng)
        while not other.is_terminal():
            assert list(mine.legal_actions()) == list(other.legal_actions())
            assert mine.to_play() == other.to_play()
            action = int(rng.choice(mine.legal_actions()))
            assert ours.action_name(mine, action) == "abcdefghijkl"[action]
            assert mine.apply(action).tolist() == other.apply(action).tolist()
        assert mine.is_terminal()
    assert str(ours.new_state(rng)) == "+ a + b +\ng   h   i\n+ c + d +\nj   k   l\n+ e + f +"
    ours.close()


@pytest.mark.parametrize(
    ("seed", "actions", "said"),
    [
        (1, [], "begin: expected it to succeed for the seed, got 1"),
        (2, [1], "play: expected it to succeed and rewards to be finite for the action, got 1"),
        (3, [1], "look: expected a legal action in a game that is not over, got 0"),
        (4, [], "look: expected a finite observation, got 0"),
        (5, [], "look: expected a player to move, got 2"),
        (7, [0], "play: expected it to succeed and rewards to be finite for the action, got 0"),
    ],
)
def test_rules_that_fail_are_told_of_and_spoil_nothing(start: Start, seed: int, actions: list[int], said: str) -> None:
    _, port = start("rules")
    link = Link(Address.of(f"tcp://127.0.0.1:{port}"), Role.TRAINER)
    assert link.ask(with_id(EnvSpec), Spec).slots == 8
    states = link.ask(with_id(Reset, slots=(5, 2), seeds=(seed, 1000)), States)
    for action in actions:
        assert states.errors is None
        states = link.ask(with_id(Step, slots=(5, 2), actions=(action, 0)), States)
    assert states.errors is not None
    (error,) = states.errors
    assert (error.slot, error.code, error.msg) == (5, "environment", f"slot 5: {said}")
    assert states.obs.array()[1].tolist() == [len(actions), 0.0]
    assert states.legal[1] == 0b0111
    again = link.ask(with_id(Step, slots=(5,), actions=(0,)), States)
    assert again.errors is not None
    assert again.errors[0].code == "ended"
    link.close()


def test_games_that_are_cut_off_and_requests_that_are_wrong(start: Start) -> None:
    _, port = start("rules", TOKEN="s3cret")
    link = Link(Address.of(f"tcp://127.0.0.1:{port}"), Role.TRAINER, token="s3cret")
    link.ask(with_id(Reset, slots=(0,), seeds=(6,)), States)
    states = link.ask(with_id(Step, slots=(0,), actions=(0,)), States)
    assert (states.truncated, states.terminated, states.legal) == ((True,), (False,), b"\0")
    states = link.ask(with_id(Reset, slots=(1,), seeds=(9,), moves=((0, 3),)), States)
    assert states.errors is not None
    assert (states.errors[0].code, states.errors[0].msg) == (
        "illegal_action", "slot 1: action: expected a legal one, got 3",
    )  # fmt: skip
    with pytest.raises(RequestError, match=r"reset\.slots: expected slots below 8, got 8"):
        link.ask(with_id(Reset, slots=(8,), seeds=(1,)), States)
    link.close()
    with pytest.raises(RequestError, match=r"hello\.token: expected the environment's token, got another"):
        Link(Address.of(f"tcp://127.0.0.1:{port}"), Role.TRAINER, token="another")


def test_a_trainer_that_is_silent_is_asked_and_then_left(start: Start) -> None:
    _, port = start("rules")
    with RawTalk(Address.of(f"tcp://127.0.0.1:{port}"), 10.0) as talk:
        talk.hello(heartbeat=1.0)
        ping = talk.hear()
        assert isinstance(ping, Ping)
        talk.say({"t": "pong", "id": ping.id})
        assert isinstance(talk.hear(), Ping)
        error = talk.hear()
        assert isinstance(error, Error)
        assert (error.code, error.msg) == ("timeout", "connection: expected an answer to a ping, got none")
        assert talk.ended()


def test_a_trainer_that_does_not_read_is_not_read_from(start: Start) -> None:
    process, port = start("rules")
    with RawTalk(Address.of(f"tcp://127.0.0.1:{port}"), 10.0) as talk:
        talk.hello(heartbeat=0.0)
        request = talk.pack({"t": "reset", "id": 1, "slots": list(range(8)), "seeds": list(range(1000, 1008))})
        with socket.create_connection(("127.0.0.1", port), 10) as held:
            hello = msgpack.packb({"t": "hello", "proto": [1, 1], "role": "trainer", "heartbeat": 0.0})
            held.sendall(struct.pack("<I", len(hello)) + hello)
            held.settimeout(0.5)
            sent = 0
            with contextlib.suppress(TimeoutError):
                while sent < 1 << 26:
                    sent += held.send(request * 1000)
            assert sent < 1 << 26
            assert isinstance(talk.ask({"t": "env_spec", "id": 2}), Spec)  # others are served on
            resident = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            assert resident < 1 << 29  # of which the sanitizer keeps up to 256 MiB that were freed
            held.settimeout(10)
            heard = 0
            while heard < 1 << 20:
                heard += len(held.recv(1 << 16))


def test_an_engine_that_was_killed_is_waited_for(start: Start) -> None:
    process, port = start("dots_engine")
    address = Address.of(f"tcp://127.0.0.1:{port}")
    game = RemoteGame(address, patience=120.0)
    state = game.new_state(np.random.default_rng(0))
    state.apply(3)
    process.kill()
    process.wait()
    timer = threading.Timer(0.5, start, ("dots_engine", port))
    timer.start()
    state.apply(0)
    timer.join()
    assert state.history == [3, 0]
    with pytest.raises(IllegalActionError):
        state.apply(3)
    game.close()


def test_an_engine_says_what_its_observations_hold(start: Start) -> None:
    _, port = start("rules")
    address = Address.of(f"tcp://127.0.0.1:{port}")
    game = RemoteGame(address)
    assert planes_of(game) == Planes(words=("moves played", "the seed modulo 1000"), layout="two numbers")
    game.close()


def test_an_engine_says_goodbye(start: Start) -> None:
    process, port = start("rules")
    with RawTalk(Address.of(f"tcp://127.0.0.1:{port}"), 10.0) as talk:
        talk.hello()
        talk.ask({"t": "reset", "id": 1, "slots": [0, 1], "seeds": [9, 9]})
        process.send_signal(signal.SIGTERM)
        assert isinstance(talk.hear(), Bye)
        assert talk.ended()
    assert process.wait(20) == 0
    assert process.stdout is not None
    assert process.stdout.readline() == "0 games are still held\n"


def test_an_engine_that_is_not_there_is_said(built: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(GameError, match="Connection refused"):
        load_game(f"tcp://127.0.0.1:{port}")
