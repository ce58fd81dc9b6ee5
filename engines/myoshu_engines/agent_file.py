"""An agent's file as a game finds it: present or not, complete or not, for this game or another."""

from __future__ import annotations

from pathlib import Path

import myoshu

__all__ = ["agent_for"]


def agent_for(game: str, file: Path, training: str) -> tuple[myoshu.Agent | None, str]:
    """The agent in a file, or a message for the person instead.

    Args:
        game: the name of the game that the agent must play, or the part of it after the colon.
        file: a bundle.
        training: the command that trains one, without ``--out`` and the file.

    Returns:
        The agent, on the CPU, and an empty message; or None, and a sentence.
    """
    if not file.exists():
        return None, f"No agent: one is trained by {training} --out {file}"
    try:
        agent = myoshu.load(file, "cpu")
    except myoshu.MyoshuError as error:
        return None, f"{file.name}: {error}"
    name = agent.game.name
    if name != game and not name.endswith(f":{game}"):
        return None, f"{file.name}: expected an agent for {game}, got one for {name}"
    return agent, ""
