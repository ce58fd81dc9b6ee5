"""The core and its reference reproduce searches by outside implementations: tests/vectors/search/generate.py."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from myoshu.search import Algorithm, Forest, Normalization, SearchConfig
from myoshu.search.reference import ReferenceForest

VECTORS = Path(__file__).parents[2] / "vectors" / "search" / "mctx.npz"


@functools.cache
def load() -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    with np.load(VECTORS) as file:
        return json.loads(str(file["about"])), {name: file[name] for name in file.files if name != "about"}


CASES = list(enumerate(load()[0]["cases"]))


def configure(case: dict[str, Any]) -> SearchConfig:
    common: dict[str, Any] = {"simulations": case["simulations"], "discount": 1.0}
    if case["how"] == "gumbel":
        return SearchConfig(
            algorithm=Algorithm.GUMBEL,
            normalization=Normalization.NODE if case.get("rescale", True) else Normalization.NONE,
            considered_actions=case["considered"],
            c_scale=case.get("scale", 0.1),
            **common,
        )
    if case["how"] == "pseudocode":
        normalization = Normalization.TREE if case["tree"] else Normalization.NONE
        return SearchConfig(
            algorithm=Algorithm.PUCT, normalization=normalization, root_counts=case["root_counts"], **common
        )
    return SearchConfig(
        algorithm=Algorithm.PUCT,
        normalization=Normalization.RANGE if "range" in case else Normalization.NODE,
        value_range=tuple(case.get("range", (-1.0, 1.0))),
        c1=case.get("c1", 1.25),
        c2=case.get("c2", 19652.0),
        dirichlet_fraction=case["noise"],
        **common,
    )


def softmax(logits: np.ndarray) -> np.ndarray:
    weights = np.exp(logits.astype(np.float64) - logits.max(-1, keepdims=True))
    return np.asarray(weights / weights.sum(-1, keepdims=True), np.float32)


def both(values: float, player: int, players: int) -> np.ndarray:
    """One player's number, as a vector of all: the other has its negative."""
    vector = np.full(players, -values, np.float32)
    vector[player] = values
    return vector


@pytest.mark.parametrize("forest_type", [Forest, ReferenceForest])
@pytest.mark.parametrize(("number", "case"), CASES, ids=[f"{i}-{c['how']}-{c['actions']}" for i, c in CASES])
def test_same_tree_as_outside(forest_type: type[Forest], number: int, case: dict[str, Any]) -> None:
    arrays = load()[1]
    expected = {name.split("/")[1]: array for name, array in arrays.items() if name.startswith(f"{number}/")}
    players = 1 if case["discount"] == "positive" else 2
    simulations = case["simulations"]
    forest = forest_type(configure(case), slots=1, actions=case["actions"], players=players, nodes=simulations + 1)
    priors = softmax(expected["logits"])
    first, noise = priors[0], expected.get("noise")
    if noise is not None and not expected["legal"].all():
        # mctx mixes before it masks, myoshu masks before it mixes: here the mixture is handed over ready-made.
        first = (1 - case["noise"]) * first + case["noise"] * noise
        noise = None
    forest.open(
        0,
        first,
        both(expected["values"][0], 0, players),
        legal=expected["legal"],
        noise=noise,
        gumbel=expected.get("gumbel"),
    )
    states, movers = [0], [0]
    parents, actions = [], []
    while len(requests := forest.select([0])):
        (row,), (action,) = requests.rows.tolist(), requests.actions.tolist()
        parents.append(row)
        actions.append(action)
        state = states[row]
        discount = float(expected["discounts"][state, action])
        actor = movers[row]
        mover = (actor + (discount < 0)) % players
        following = int(expected["next"][state, action])
        forest.expand(
            both(expected["rewards"][state, action], actor, players)[np.newaxis],
            both(expected["values"][following], mover, players)[np.newaxis],
            priors[following][np.newaxis],
            to_play=[mover],
            discounts=[abs(discount)],
        )
        states.append(following)
        movers.append(mover)
    result = forest.result(0)
    assert parents == expected["parents"].tolist()
    assert actions == expected["actions"].tolist()
    assert result.visits.tolist() == expected["visits"].tolist()
    visited = result.visits > 0
    np.testing.assert_allclose(result.q[visited], expected["q"][visited], atol=1e-5, rtol=1e-5)
    np.testing.assert_allclose(result.value[0], expected["value"], atol=1e-5, rtol=1e-5)
    np.testing.assert_allclose(result.policy, expected["policy"], atol=1e-5, rtol=1e-5)
    if "action" in expected:
        assert result.action == expected["action"]


def test_vectors_say_what_made_them() -> None:
    made_by = load()[0]["made_by"]
    assert set(made_by) == {"mctx", "jax", "numpy"}
    assert {case["how"] for _, case in CASES} == {"muzero", "gumbel", "pseudocode"}
