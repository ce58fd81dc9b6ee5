"""``myoshu protocol-check``: the reference passes, and each kind of mistake is found by the check that is about it."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from myoshu.cli import app
from myoshu.client.address import Address
from myoshu.client.environment_checks import EnvironmentChecks, Outcome
from myoshu.game import Game
from myoshu.protocol import Connection, Tensor
from myoshu.protocol.codec import encode
from myoshu.protocol.framing import frame
from myoshu.protocol.messages import Error, Message, Pong, Reply, Request, Reset, Spec, States, Step, Welcome
from myoshu.server import environment_server
from myoshu.server.environment import EnvironmentService
from myoshu_engines.openspiel_game import load


@contextmanager
def serving(game: Game, slots: int = 4, token: str | None = None) -> Iterator[int]:
    """The port of an environment in a thread of its own."""
    loop, ready, end = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    ports: list[int] = []

    async def serve() -> None:
        async with environment_server.EnvironmentServer(game, slots, token) as server:
            ports.append(await server.listen("127.0.0.1", 0))
            ready.set()
            await end.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(10.0)
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join()
        loop.close()


def check(port: int, token: str | None = None) -> list[Outcome]:
    return list(EnvironmentChecks(Address.of(f"tcp://127.0.0.1:{port}"), token, timeout=1.0, handshake=0.2).run())


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Handshakes are given up soon, so that nobody waits for it."""
    monkeypatch.setattr(environment_server, "HANDSHAKE", 0.2)


class Wrong(EnvironmentService):
    """The reference, but for one mistake."""

    mistake = ""
    salt = itertools.count()

    def handle(self, request: Request) -> Reply | Error:
        if self.mistake == "twice" and isinstance(request, Reset) and len(request.slots) == 1 and request.slots[0] > 3:
            return super().handle(msgspec.structs.replace(request, slots=(0,)))
        if self.mistake == "seed" and isinstance(request, Reset):
            action = next(self.salt) % 9
            return super().handle(msgspec.structs.replace(request, moves=((action,),) * len(request.slots)))
        if self.mistake == "moves" and isinstance(request, Reset):
            return super().handle(msgspec.structs.replace(request, moves=None))
        answer = super().handle(request)
        if self.mistake == "drawn" and isinstance(request, Reset):
            return self._draw(request, answer)
        if self.mistake == "bound" and isinstance(answer, Spec):
            return msgspec.structs.replace(answer, game=msgspec.structs.replace(answer.game, max_length=3))
        if not isinstance(answer, States):
            return answer
        return self._spoil(request, answer)

    def _draw(self, request: Reset, answer: States) -> States:
        """A beginning that depends on the seed."""
        observations = answer.obs.array().copy()
        for row, seed in enumerate(request.seeds):
            observations[row].flat[0] = seed % 3
        return msgspec.structs.replace(answer, obs=Tensor.of(observations))

    def _spoil(self, request: Request, answer: States) -> States:
        changes: dict[str, Any] = {}
        rows = len(answer.slots)
        if self.mistake == "shape":
            changes["obs"] = Tensor.of(np.zeros((rows, 2), np.float32))
        elif self.mistake == "nan":
            changes["obs"] = Tensor.of(np.full(answer.obs.sh, np.nan, np.float32))
        elif self.mistake == "blank":
            changes["obs"] = Tensor.of(np.ones(answer.obs.sh, np.float32))
        elif self.mistake == "stops" and isinstance(request, Step) and answer.errors:
            observations = answer.obs.array().copy()
            for row in range(request.slots.index(answer.errors[0].slot) + 1, rows):
                observations[row] = 0.0
            changes["obs"] = Tensor.of(observations)
        elif self.mistake == "mask":
            changes["legal"] = answer.legal[:-1]
        elif self.mistake == "sum" and isinstance(request, Step):
            changes["rewards"] = Tensor.of(np.ones(answer.rewards.sh, np.float32))
        elif self.mistake == "mover":
            changes["to_play"] = (0,) * rows
        elif self.mistake == "silent":
            changes["errors"] = None
        return msgspec.structs.replace(answer, **changes)


class WrongPong(Connection):
    """The reference, but for the ids of its pongs."""

    def send(self, message: Message) -> bytes:
        data = super().send(message)
        return frame(encode(Pong(id=message.id % 7 + 1))) if isinstance(message, Pong) else data


@pytest.mark.parametrize("slots", [1, 2, 64])
@pytest.mark.parametrize("token", [None, "a secret"])
def test_the_reference_passes(slots: int, token: str | None) -> None:
    with serving(load("tic_tac_toe"), slots, token) as port:
        outcomes = check(port, token)
    assert len(outcomes) == 27
    assert [outcome for outcome in outcomes if outcome.result == "FAIL"] == []
    assert [outcome.name for outcome in outcomes if outcome.result == "skip"] == (
        ([] if token else ["A hello with another token is refused"])
        + ["After a silence it pings, as it says in welcome.heartbeat"]
    )


@pytest.mark.parametrize(
    ("mistake", "found", "said"),
    [
        ("twice", "Slots that are twice", "expected error invalid with id 5"),
        ("shape", "Reset begins", "states.obs.sh: expected [4,"),
        ("nan", "Reset begins", "expected finite observations"),
        ("mask", "Reset begins", "states.legal: expected 8 bytes"),
        ("bound", "Games played at random", "max_length"),
        ("sum", "Games played at random", "zero_sum"),
        ("mover", "Games played at random", "expected player 1"),
        ("seed", "The same seed", "the same game after 0 actions"),
        ("moves", "A reset with moves", "a reset with 1 moves"),
        ("drawn", "A game without chance", "spec.game.stochastic is false: the game after 0 actions with seeds 41 and"),
        ("blank", "Games played at random", "expected observations that tell positions apart"),
        ("stops", "An illegal action", "slot 2 beside one with an illegal action: expected the same observation"),
        ("silent", "An illegal action", "illegal_action"),
        ("silent", "A step where no game", "ended"),
    ],
)
def test_a_mistake_is_found(monkeypatch: pytest.MonkeyPatch, mistake: str, found: str, said: str) -> None:
    monkeypatch.setattr(Wrong, "mistake", mistake)
    monkeypatch.setattr(Wrong, "salt", itertools.count())
    monkeypatch.setattr(environment_server, "EnvironmentService", Wrong)
    with serving(load("tic_tac_toe")) as port:
        outcomes = check(port)
    (outcome,) = [outcome for outcome in outcomes if outcome.name.startswith(found)]
    assert outcome.result == "FAIL"
    assert said in outcome.said


def test_a_wrong_pong_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment_server, "Connection", WrongPong)
    with serving(load("tic_tac_toe")) as port:
        outcomes = check(port)
    (outcome,) = [outcome for outcome in outcomes if outcome.name.startswith("A ping is answered")]
    assert (outcome.result, outcome.said) == ("FAIL", "id: expected 1, got 2")


def test_a_handshake_without_an_end_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment_server, "HANDSHAKE", 3600.0)
    with serving(load("tic_tac_toe")) as port:
        outcomes = check(port)
    (outcome,) = [outcome for outcome in outcomes if outcome.name.startswith("A handshake")]
    assert outcome.result == "FAIL"
    assert outcome.said == "expected error timeout after 0.2 s without a hello, the connection is open"


def test_a_heartbeat_that_is_only_announced_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    class Announced(Connection):
        def send(self, message: Message) -> bytes:
            return super().send(
                msgspec.structs.replace(message, heartbeat=0.1) if isinstance(message, Welcome) else message
            )

    monkeypatch.setattr(environment_server, "Connection", Announced)
    with serving(load("tic_tac_toe")) as port:
        outcomes = check(port)
    (outcome,) = [outcome for outcome in outcomes if outcome.name.startswith("After a silence")]
    assert outcome.result == "FAIL"
    assert outcome.said == "expected a ping after 0.1 s of silence (welcome.heartbeat), got none"


def test_without_the_token_nothing_else_is_checked() -> None:
    with serving(load("tic_tac_toe"), token="a secret") as port:
        (outcome,) = check(port)
    assert (outcome.result, "unauthorized" in outcome.said) == ("FAIL", True)


def test_the_command_says_a_line_a_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MYOSHU_TOKEN", raising=False)
    with serving(load("tic_tac_toe")) as port:
        right = CliRunner().invoke(app, ["protocol-check", f"127.0.0.1:{port}"])
        monkeypatch.setattr(Wrong, "mistake", "mask")
        monkeypatch.setattr(environment_server, "EnvironmentService", Wrong)
        wrong = CliRunner().invoke(app, ["protocol-check", f"tcp://127.0.0.1:{port}", "--timeout", "1"])
    assert right.exit_code == 0, right.output
    assert right.output.splitlines()[0] == "ok    A trainer's hello is answered by an environment's welcome"
    assert right.output.splitlines()[-1] == "25 right, 0 wrong, 2 not for this environment"
    assert wrong.exit_code == 1
    assert "FAIL  Reset begins games, in the order asked for: states.legal: expected 8 bytes" in wrong.output


def test_nobody_there_is_one_line() -> None:
    answer = CliRunner().invoke(app, ["protocol-check", "127.0.0.1:1"])
    assert answer.exit_code == 2
    assert "tcp://127.0.0.1:1: expected a server" in answer.output
