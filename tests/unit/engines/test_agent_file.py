"""A game's agent, or what its player is told instead."""

from __future__ import annotations

from pathlib import Path

from myoshu.testing.networks import mlp, write_bundle
from myoshu_engines import load_game
from myoshu_engines.agent_file import agent_for


def test_an_agent_or_a_sentence(tmp_path: Path) -> None:
    spec = load_game("openspiel:tic_tac_toe").spec
    file = tmp_path / "own.myoshu"
    assert agent_for("tic_tac_toe", file, "myoshu train openspiel:tic_tac_toe") == (
        None,
        f"No agent: one is trained by myoshu train openspiel:tic_tac_toe --out {file}",
    )
    write_bundle(file, mlp(spec.observation, spec.actions, 16, movers=spec.movers), game=spec)
    for name in ("openspiel:tic_tac_toe", "tic_tac_toe"):
        agent, said = agent_for(name, file, "")
        assert agent is not None
        assert agent.provider == "cpu"
        assert not said
    assert agent_for("toe", file, "") == (
        None,
        "own.myoshu: expected an agent for toe, got one for openspiel:tic_tac_toe",
    )
    file.write_bytes(file.read_bytes()[:100])
    nothing, said = agent_for("tic_tac_toe", file, "")
    assert nothing is None
    assert said.startswith("own.myoshu: ")
