"""The answers about an agent's example positions, and about a client's observations of them."""

from __future__ import annotations

import numpy as np

from myoshu.protocol.mask import pack_masks
from myoshu.protocol.messages import Check, Checked, Positions
from myoshu.protocol.tensor import Tensor
from myoshu.runtime.agent import Agent
from myoshu.runtime.observation_check import compare
from myoshu.server.arguments import Refusal, finite

__all__ = ["checked", "positions_of"]


def positions_of(request: int, name: str, agent: Agent) -> Positions:
    """An agent's positions, possibly none."""
    model, planes, examples = agent.model, agent.manifest.planes, agent.examples
    legal = np.zeros((len(examples), model.actions), np.bool_)
    observations = np.zeros((len(examples), *model.observation), np.float32)
    priors = np.zeros((len(examples), model.actions), np.float32)
    for row, (position, answer) in enumerate(examples):
        legal[row, list(position.legal_actions)] = True
        observations[row], priors[row] = position.observation, answer.prior
    return Positions(
        id=request,
        model=name,
        planes=planes.words or None,
        layout=planes.layout or None,
        moves=tuple(position.moves for position, _ in examples),
        drawn=tuple(position.drawn for position, _ in examples),
        to_play=tuple(position.to_play for position, _ in examples),
        legal=pack_masks(legal),
        obs=Tensor.of(observations),
        prior=Tensor.of(priors),
        values=tuple(float(answer.value[0]) for _, answer in examples),
        actions=tuple(answer.action for _, answer in examples),
    )


def checked(request: Check, agent: Agent) -> Checked:
    """Compare a client's observations with those that the agent saw.

    Raises:
        Refusal: there are no such positions, or the numbers are not finite.
    """
    count = len(agent.examples)
    for row in request.rows:
        if row >= count:
            expected = f"positions below {count}" if count else "none, since the model has no positions"
            raise Refusal("invalid", "check.rows", expected, str(row))
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused
        numbers = np.ascontiguousarray(request.obs.array(), np.float32)
    shown = finite("check.obs", Tensor.of(numbers), request.obs.sh)
    found = compare(agent.examples, agent.manifest.planes, request.rows, list(shown.astype(np.float32)))
    return Checked(id=request.id, differ=found.differ, text=found.text)
