"""A served agent's example positions, in the form that bundles have."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import RemoteProtocolError
from myoshu.planes import Planes
from myoshu.protocol.mask import unpack_masks
from myoshu.protocol.messages import Positions
from myoshu.protocol.tensor import Tensor
from myoshu.runtime.positions import Answer, Example, Position

__all__ = ["RemoteExamples", "examples_of"]


class RemoteExamples(NamedTuple):
    """A served agent's observations of a few positions."""

    examples: tuple[Example, ...]
    """The positions, possibly none. Values are only those of the player to move, and seeds are 0."""
    planes: Planes
    """What observations hold, in words."""


def examples_of(reply: Positions) -> RemoteExamples:
    """Read the reply about an agent's positions.

    Raises:
        RemoteProtocolError: an array does not have the protocol's type or size.
    """
    count = len(reply.moves)
    observations, priors = _floats("obs", reply.obs), _floats("prior", reply.prior)
    if priors.ndim != 2:
        raise RemoteProtocolError("invalid", "positions.prior.sh", "[n, actions]", str(list(priors.shape)))
    try:
        legal = unpack_masks(reply.legal, count, priors.shape[1])
    except ValueError as error:
        raise RemoteProtocolError("invalid", "positions.legal", f"{count} masks", str(error)) from error
    return RemoteExamples(
        tuple(
            Example(
                Position(
                    moves=reply.moves[row],
                    seed=0,
                    drawn=reply.drawn[row],
                    to_play=reply.to_play[row],
                    legal_actions=tuple(int(action) for action in np.flatnonzero(legal[row])),
                    observation=observations[row],
                ),
                Answer(priors[row], np.array([reply.values[row]], np.float32), reply.actions[row]),
            )
            for row in range(count)
        ),
        Planes(words=reply.planes or (), layout=reply.layout or ""),
    )


def _floats(field: str, tensor: Tensor) -> NDArray[np.float32]:
    if tensor.dt != "f32":
        raise RemoteProtocolError("invalid", f"positions.{field}.dt", "f32", tensor.dt)
    array: NDArray[np.float32] = tensor.array().astype(np.float32)
    return array
