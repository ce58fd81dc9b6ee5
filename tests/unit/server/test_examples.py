"""Over a socket: what a model saw, and whether a program shows the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyspiel
import pytest
from numpy.typing import NDArray
from tests.unit.server.running import Running

import myoshu
from myoshu import client as remote
from myoshu.client.asking import with_id
from myoshu.errors import RequestError
from myoshu.protocol.messages import Check, Checked, Open, Opened
from myoshu.protocol.tensor import Tensor
from myoshu.runtime.agent import Agent
from myoshu.server import Settings

TIC_TAC_TOE = Path(__file__).parents[3] / "demos" / "agents" / "tic_tac_toe.myoshu"
SPIEL = pyspiel.load_game("tic_tac_toe")


@pytest.fixture(scope="module")
def player() -> Agent:
    return myoshu.load(TIC_TAC_TOE, "cpu")


@pytest.fixture
def server(player: Agent, agent: Agent) -> Iterator[Running]:
    running = Running({"ttt": player, "untrained": agent}, Settings(), None, ())
    yield running
    running.stop()


def raw(moves: tuple[int, ...]) -> NDArray[np.float32]:
    """OpenSpiel's own tensor: of the right shape, but its planes are others."""
    state = SPIEL.new_initial_state()
    for move in moves:
        state.apply_action(move)
    return np.array(state.observation_tensor(), np.float32).reshape(3, 3, 3)


def right(moves: tuple[int, ...]) -> NDArray[np.float32]:
    """The mover's stones, the opponent's, the empty squares."""
    empty, noughts, crosses = raw(moves)
    return np.stack([crosses, noughts, empty] if len(moves) % 2 == 0 else [noughts, crosses, empty])


def test_a_client_is_told_what_a_model_saw(server: Running, player: Agent) -> None:
    with remote.connect(server.url) as client:
        found = client.examples()
        assert found.planes == player.manifest.planes
        assert len(found.examples) == 8
        for (position, answer), (held, noted) in zip(found.examples, player.examples, strict=True):
            np.testing.assert_array_equal(position.observation, held.observation)
            np.testing.assert_array_equal(answer.prior, noted.prior)
            assert answer.value[0] == pytest.approx(float(noted.value[0]))
            assert answer.action == noted.action
            assert position._replace(observation=held.observation, seed=held.seed) == held
            session = client.new_session(seed=3)
            decision = session.play(
                position.observation, position.legal_actions, myoshu.Limit(simulations=1), position.to_play
            )
            assert decision.action == answer.action
        none = client.examples("untrained")
        assert (none.examples, bool(none.planes)) == ((), False)


def test_a_client_checks_what_it_shows(server: Running, player: Agent) -> None:
    with remote.connect(server.url) as client:
        assert client.check_observations(right).right
        found = client.check_observations(raw, "ttt")
        assert found == player.check_observations(raw)
        assert found.differ == tuple(range(8))
        assert "the agent's plane 0 (the mover's stones) is your plane 2 (player 0 to move) or 1" in found.text
        assert client.check_observations(raw, "untrained").text.endswith("its file has no positions")
        with pytest.raises(RequestError, match=r"examples\.model: expected one of ttt, untrained, got 'none'"):
            client.check_observations(raw, "none")


def test_an_asyncio_client_does_too(server: Running, player: Agent) -> None:
    async def main() -> list[Any]:
        async with await remote.connect_async(server.url) as client:
            return [await client.check_observations(raw), await client.check_observations(right)]

    wrong, fine = asyncio.run(main())
    assert wrong == player.check_observations(raw)
    assert fine.right


def test_the_server_compares_for_clients_that_cannot(server: Running, player: Agent) -> None:
    """What C and JavaScript ask."""

    def shown(observe: Any, rows: tuple[int, ...]) -> Tensor:
        return Tensor.of(np.stack([observe(player.examples[row].position.moves) for row in rows]))

    with remote.connect(server.url) as client:

        def check(rows: tuple[int, ...], obs: Tensor, model: str | None = None) -> Checked:
            return client._link.ask(with_id(Check, model=model, rows=rows, obs=obs), Checked)

        rows = (0, 2, 7)
        fine = check(rows, shown(right, rows))
        assert (fine.differ, fine.text) == ((), "3 positions: the observations are those that the agent learned from")
        wrong = check(rows, shown(raw, rows))
        assert wrong.differ == rows
        assert "the planes are in another order" in wrong.text
        flat = check((1,), Tensor.of(right(player.examples[1].position.moves).reshape(1, 27)))
        assert "the shape is [27] instead of [3, 3, 3]" in flat.text
        assert "expected observations of shape [3, 3, 3], got [5]" in check((1,), Tensor.of(np.zeros((1, 5)))).text
        for rows, obs, model, message in (
            ((8,), Tensor.of(np.zeros((1, 27), np.float32)), None, r"check\.rows: expected positions below 8, got 8"),
            (
                (0,),
                Tensor.of(np.zeros((1, 27), np.float32)),
                "untrained",
                r"check\.rows: expected none, since the model",
            ),
            ((0,), Tensor.of(np.full((1, 27), np.nan)), None, r"check\.obs\.b: expected finite numbers"),
            ((0,), Tensor.of(np.full((1, 27), 1e300)), None, r"check\.obs\.b: expected finite numbers"),
        ):
            with pytest.raises(RequestError, match=message):
                check(rows, obs, model)
        assert isinstance(client._link.ask(with_id(Open), Opened), Opened)  # and the connection goes on
