"""Requests as clients make them, from their callers' arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from myoshu.client.decision import legal_of, limit_of, tensor_of
from myoshu.protocol.messages import ActBatch, Open, Request, Think
from myoshu.runtime.limit import Limit

__all__ = ["asking_for_a_crowd", "asking_for_a_move", "asking_for_a_seat", "with_id"]


def with_id(kind: type[Request], **fields: Any) -> Callable[[int], Request]:
    """A function that makes a request of a kind, given its id."""
    return lambda number: kind(id=number, **fields)


def asking_for_a_seat(
    seed: int | None,
    level: float | None,
    temperature: float | None,
    model: str | None,
    spec_hash: str | None,
    *,
    keep_tree: bool,
    elo: float | None = None,
) -> Callable[[int], Request]:
    """``open``; see :meth:`myoshu.client.Client.new_session`."""
    options: dict[str, bool | int | float] = {"keep_tree": keep_tree}
    if temperature is not None:
        options["temperature"] = temperature
    return with_id(Open, model=model, hash=spec_hash, seed=seed, level=level, elo=elo, options=options)


def asking_for_a_move(
    session: int,
    observation: ArrayLike,
    legal_actions: ArrayLike | None,
    limit: Limit | None,
    to_play: int | None,
    every: float | None,
) -> Callable[[int], Request]:
    """``think``; see :meth:`myoshu.client.RemoteSession.play`. Infos are wanted if ``every`` is given."""
    return with_id(
        Think,
        session=session,
        obs=tensor_of(observation),
        legal=legal_of(legal_actions),
        to_play=to_play,
        stream=None if every is None else ("policy", "visits", "pv"),
        every=every,
        **limit_of(limit),
    )


def asking_for_a_crowd(
    observations: ArrayLike,
    legal_actions: NDArray[np.bool_] | None,
    limit: Limit | None,
    to_play: ArrayLike | None,
    seed: int | None,
    temperature: float | None,
    model: str | None,
) -> Callable[[int], Request]:
    """``act_batch``; see :meth:`myoshu.client.Client.act_batch`."""
    return with_id(
        ActBatch,
        model=model,
        obs=tensor_of(observations),
        legal=legal_of(legal_actions),
        to_play=None if to_play is None else tuple(np.asarray(to_play).tolist()),
        seed=seed,
        temperature=temperature,
        **limit_of(limit),
    )
