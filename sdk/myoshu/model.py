"""Which graphs a model has, with their inputs and outputs: the one table that all code that handles graphs reads.

Elsewhere, graphs are named only where each is used in its own way: by the evaluator and the planner, and by the code
for parity vectors (the trainer's export gate and the test kit), which continues from the one's latent states with the
other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np

from myoshu.spec import ModelSpec, Movers

__all__ = ["TABLE", "Graph", "Port", "Ports", "find_fault", "played", "ports"]


class Port(NamedTuple):
    """One input or output of a graph: an array whose first dimension is the batch."""

    shape: tuple[int, ...]
    """Its dimensions after the batch."""
    dtype: type[np.generic]
    """Its type: float32, or int64 where it holds indices."""
    below: int | None = None
    """An input of indices takes those from 0 to this, exclusive; None for other ports."""


class Ports(NamedTuple):
    """A graph's inputs and outputs, by name."""

    inputs: Mapping[str, Port]
    """The inputs, by name."""
    outputs: Mapping[str, Port]
    """The outputs, by name."""


class Graph(NamedTuple):
    """A row of the table: one graph that models may have."""

    name: str
    """Its name, in bundles too."""
    ports: Callable[[ModelSpec], Ports | None]
    """Its ports in a model; None if the model does not have the graph."""
    parts: tuple[str, ...] = ()
    """The graphs that it is composed of, in order: each takes the first output of the previous one."""

    @property
    def networks(self) -> tuple[str, ...]:
        """The graphs it is made of, or itself."""
        return self.parts or (self.name,)

    @property
    def required(self) -> bool:
        """Whether play runs it, so that each bundle of a model that has it holds it.

        The others are the parts of these: for hosts that run them separately, and for comparison with the whole.
        """
        return bool(self.parts)


def _float32(*shape: int) -> Port:
    return Port(shape, np.float32)


def _into_dynamics(model: ModelSpec) -> dict[str, Port]:
    return {"latent": _float32(*model.latent), "action": Port((), np.int64, model.actions)}


def _predicted(model: ModelSpec) -> dict[str, Port]:
    return {"prior": _float32(model.actions), "value": _float32(model.value_columns)}


def _happened(model: ModelSpec) -> dict[str, Port]:
    reward = {"reward": _float32(model.reward_columns)} if model.reward_columns else {}
    mover = {"mover": Port((), np.int64)} if model.movers is Movers.PREDICTED else {}
    return reward | mover


def _representation(model: ModelSpec) -> Ports:
    return Ports({"observation": _float32(*model.observation)}, {"latent": _float32(*model.latent)})


def _dynamics(model: ModelSpec) -> Ports:
    return Ports(_into_dynamics(model), {"next_latent": _float32(*model.latent), **_happened(model)})


def _prediction(model: ModelSpec) -> Ports:
    return Ports({"latent": _float32(*model.latent)}, _predicted(model))


def _initial(model: ModelSpec) -> Ports:
    inputs, outputs = _representation(model)
    return Ports(inputs, {**outputs, **_predicted(model)})


def _recurrent(model: ModelSpec) -> Ports:
    outputs = {"next_latent": _float32(*model.latent), **_predicted(model), **_happened(model)}
    return Ports(_into_dynamics(model), outputs)


TABLE = (
    Graph("representation", _representation),
    Graph("dynamics", _dynamics),
    Graph("prediction", _prediction),
    Graph("initial", _initial, ("representation", "prediction")),
    Graph("recurrent", _recurrent, ("dynamics", "prediction")),
)
"""The graphs, in the order in which bundles store them: MuZero's three networks, and what search runs of them."""


def ports(model: ModelSpec) -> dict[str, Ports]:
    """The graphs that a model has, in the order in which they are stored, with their inputs and outputs."""
    found = {graph.name: graph.ports(model) for graph in TABLE}
    return {name: each for name, each in found.items() if each is not None}


def played(model: ModelSpec) -> dict[str, Ports]:
    """The same for the graphs that play runs."""
    required = {graph.name for graph in TABLE if graph.required}
    return {name: each for name, each in ports(model).items() if name in required}


def find_fault(model: ModelSpec, names: Iterable[str]) -> str | None:
    """What is wrong with a set of graphs as a model's: ``expected …, got …``; None if nothing is wrong."""
    known, needed, got = ports(model), played(model), set(names)
    if set(needed) <= got <= set(known):
        return None
    spare = ", ".join(name for name in known if name not in needed)
    return f"expected {', '.join(known)} (without {spare} if need be), got {', '.join(sorted(got)) or 'none'}"
