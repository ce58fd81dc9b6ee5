"""The agents that a server plays with, by name."""

from __future__ import annotations

from collections.abc import Mapping

from myoshu.errors import ArgumentError
from myoshu.protocol.messages import GameMap, Model, Option
from myoshu.runtime.agent import Agent

__all__ = ["OPTIONS", "Models"]

OPTIONS = (
    Option(name="temperature", type="float", default=0.0, min=0.0),
    Option(name="keep_tree", type="bool", default=True),
)
"""The options of ``open``."""


class Models:
    """Agents by name; the first is the default.

    Raises:
        ArgumentError: there are none.
    """

    def __init__(self, agents: Mapping[str, Agent]) -> None:
        if not agents:
            raise ArgumentError("models: expected at least one agent, got none")
        self._agents = dict(agents)

    def __contains__(self, name: object) -> bool:
        """Whether there is such a model."""
        return name in self._agents

    def __getitem__(self, name: str) -> Agent:
        """The agent of a name."""
        return self._agents[name]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all models."""
        return tuple(self._agents)

    @property
    def first(self) -> str:
        """The name of the default model."""
        return next(iter(self._agents))

    def described(self) -> tuple[Model, ...]:
        """The models as ``welcome`` describes them."""
        return tuple(
            Model(
                name=name,
                hash=agent.manifest.spec_hash,
                game=GameMap.of(agent.game),
                levels=tuple(strength.level for strength in agent.manifest.strength),
                elo=_points(agent),
                simulations=agent.manifest.search.simulations,
                provider=agent.provider,
            )
            for name, agent in self._agents.items()
        )


def _points(agent: Agent) -> tuple[float, ...] | None:
    """The measured strength of each level, if all were measured."""
    points = tuple(strength.elo for strength in agent.manifest.strength if strength.elo is not None)
    return points if points and len(points) == len(agent.manifest.strength) else None
