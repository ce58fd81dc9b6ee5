"""Makes mctx.npz: searches by outside implementations, which the core and its reference must reproduce.

    python -m venv /tmp/mctx && /tmp/mctx/bin/pip install mctx && /tmp/mctx/bin/python tests/vectors/search/generate.py

Each case is a small random model given by tables over numbered states, and what came of searching it:

- ``muzero`` and ``gumbel``: DeepMind's mctx library, ``muzero_policy`` and ``gumbel_muzero_policy``;
- ``pseudocode``: :func:`muzero_search` below, the search of MuZero's Appendix B written down plainly with scalars, for
  what mctx does not have: normalisation over the whole tree (eq. 5) and a root that begins unvisited.

A negative discount means that the other of two players moves next, as mctx has it. The tables hold multiples of 2^-12,
which are exact in float32; values are drawn at random, so near-ties do not occur.
"""

from __future__ import annotations

import functools
import json
import math
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import mctx
import numpy as np

STATES = 24
GRAIN = 4096

# (how, actions, simulations, discount ("-1", "positive" or "mixed"), options)
CASES: list[tuple[str, int, int, str, dict[str, Any]]] = [
    *(
        ("gumbel", actions, simulations, discount, {"considered": considered, "invalid": invalid})
        for actions, simulations, considered in [
            (2, 16, 16),
            (3, 24, 2),
            (7, 50, 16),
            (9, 32, 4),
            (30, 48, 16),
            (82, 64, 16),
        ]
        for discount, invalid in [("-1", 0.0), ("positive", 0.3), ("mixed", 0.3)]
    ),
    ("gumbel", 7, 50, "-1", {"considered": 8, "invalid": 0.2, "scale": 1.0}),
    ("gumbel", 7, 50, "mixed", {"considered": 16, "invalid": 0.0, "scale": 1.0}),
    ("gumbel", 9, 40, "-1", {"considered": 16, "invalid": 0.0, "rescale": False}),
    ("gumbel", 5, 40, "mixed", {"considered": 4, "invalid": 0.3, "rescale": False}),
    ("gumbel", 5, 20, "positive", {"considered": 1, "invalid": 0.0}),
    ("gumbel", 6, 30, "mixed", {"considered": 16, "invalid": 0.99}),
    *(
        ("muzero", actions, simulations, discount, {"invalid": invalid, "noise": noise})
        for actions, simulations in [(2, 16), (3, 24), (7, 50), (9, 32), (30, 48), (82, 64)]
        for discount, invalid, noise in [("-1", 0.0, 0.25), ("positive", 0.3, 0.0), ("mixed", 0.3, 0.25)]
    ),
    ("muzero", 7, 50, "-1", {"invalid": 0.2, "noise": 0.0, "range": [-3.0, 3.0]}),
    ("muzero", 9, 50, "mixed", {"invalid": 0.0, "noise": 0.25, "range": [-4.0, 4.0]}),
    ("muzero", 4, 60, "mixed", {"invalid": 0.0, "noise": 0.0, "c1": 3.0, "c2": 20.0}),
    *(
        ("pseudocode", actions, simulations, discount, {"invalid": invalid, "root_counts": root_counts, "tree": tree})
        for actions, simulations in [(2, 16), (7, 50), (30, 48)]
        for discount, invalid in [("-1", 0.0), ("positive", 0.3), ("mixed", 0.3)]
        for root_counts, tree in [(False, True), (True, True), (False, False)]
    ),
]


def tables(rng: np.random.Generator, actions: int, discount: str) -> dict[str, np.ndarray]:
    """A random model; the root is state 0."""
    shape = (STATES, actions)

    def grain(values: np.ndarray) -> np.ndarray:
        return (np.round(values * GRAIN) / GRAIN).astype(np.float32)

    if discount == "-1":
        discounts = np.full(shape, -1.0)
    elif discount == "positive":
        discounts = np.full(shape, 0.97)
    else:
        discounts = rng.choice([-1.0, -0.9, 1.0, 0.9, 0.0], shape)
    rewards = rng.normal(size=shape) * 0.5 * (rng.random(shape) < 0.6)
    return {
        "logits": grain(rng.normal(size=shape) * 1.5),
        "values": grain(np.tanh(rng.normal(size=STATES))),
        "rewards": grain(rewards),
        "discounts": discounts.astype(np.float32),
        "next": rng.integers(0, STATES, shape).astype(np.uint8),
    }


def softmax(logits: np.ndarray) -> np.ndarray:
    """In double precision."""
    weights = np.exp(logits.astype(np.float64) - logits.max())
    return weights / weights.sum()


def search_mctx(
    how: str,
    model: dict[str, np.ndarray],
    simulations: int,
    options: dict[str, Any],
    rng: np.random.Generator,
    key: Any,
) -> dict[str, np.ndarray]:
    """Search with mctx; the arrays the tests compare."""
    logits, values, rewards, discounts, following = (
        jnp.asarray(model[name]) for name in ("logits", "values", "rewards", "discounts", "next")
    )
    actions = logits.shape[1]

    def recurrent(params: Any, key: Any, action: Any, state: Any) -> Any:
        after = following[state, action].astype(jnp.int32)
        output = mctx.RecurrentFnOutput(
            reward=rewards[state, action],
            discount=discounts[state, action],
            prior_logits=logits[after],
            value=values[after],
        )
        return output, after

    root = mctx.RootFnOutput(prior_logits=logits[:1], value=values[:1], embedding=jnp.zeros(1, jnp.int32))
    invalid = rng.random((1, actions)) < options["invalid"]
    invalid[0, rng.integers(actions)] = False
    found: dict[str, np.ndarray] = {"legal": ~invalid[0]}
    common = {
        "params": (),
        "rng_key": key,
        "root": root,
        "recurrent_fn": recurrent,
        "num_simulations": simulations,
        "invalid_actions": jnp.asarray(invalid),
    }
    if how == "gumbel":
        output = mctx.gumbel_muzero_policy(
            **common,
            max_num_considered_actions=options["considered"],
            qtransform=functools.partial(
                mctx.qtransform_completed_by_mix_value,
                value_scale=options.get("scale", 0.1),
                rescale_values=options.get("rescale", True),
            ),
        )
        found["gumbel"] = np.asarray(output.search_tree.extra_data.root_gumbel[0], np.float32)
        found["action"] = np.asarray(output.action[0], np.int32)
    else:
        qtransform = mctx.qtransform_by_parent_and_siblings
        if "range" in options:
            low, high = options["range"]
            qtransform = functools.partial(mctx.qtransform_by_min_max, min_value=low, max_value=high)
        output = mctx.muzero_policy(
            **common,
            qtransform=qtransform,
            dirichlet_fraction=options["noise"],
            dirichlet_alpha=0.5,
            pb_c_init=options.get("c1", 1.25),
            pb_c_base=options.get("c2", 19652.0),
        )
        # The noise that mctx drew: it splits its key in three and uses the second.
        _, noise_key, _ = jax.random.split(key, 3)
        noise = jax.random.dirichlet(noise_key, alpha=jnp.full([actions], 0.5), shape=(1,))
        found["noise"] = np.asarray(noise[0], np.float32)
    tree = output.search_tree
    summary = tree.summary()
    return {
        **found,
        "parents": np.asarray(tree.parents[0, 1:], np.int16),
        "actions": np.asarray(tree.action_from_parent[0, 1:], np.int16),
        "visits": np.asarray(summary.visit_counts[0], np.int32),
        "q": np.asarray(summary.qvalues[0], np.float32),
        "value": np.asarray(summary.value[0], np.float32),
        "policy": np.asarray(output.action_weights[0], np.float32),
    }


class PlainNode:
    """A node of MuZero's pseudocode."""

    def __init__(self, state: int) -> None:
        self.state = state
        self.n = 0
        self.total = 0.0
        self.reward = 0.0
        self.discount = 1.0
        self.number = 0
        self.children: dict[int, PlainNode] = {}

    def q(self) -> float:
        """Of the action that leads here, for whoever took it."""
        return self.reward + self.discount * self.total / self.n


def muzero_search(
    model: dict[str, np.ndarray], simulations: int, options: dict[str, Any], rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """MuZero's Appendix B, plainly: selection by eq. 2, backup by eq. 3 and 4, normalisation by eq. 5."""
    actions = model["logits"].shape[1]
    legal = rng.random(actions) >= options["invalid"]
    legal[rng.integers(actions)] = True
    priors = [softmax(logits) for logits in model["logits"]]
    masked = np.where(legal, priors[0], 0)
    root_prior = masked / masked.sum()
    root = PlainNode(0)
    if options["root_counts"]:
        root.n, root.total = 1, float(model["values"][0])
    least, greatest = math.inf, -math.inf
    parents, taken = [], []
    for number in range(1, simulations + 1):
        path = [root]
        edge: list[int] = []
        while True:
            node = path[-1]
            prior = root_prior if node is root else priors[node.state]
            weight = 1.25 + math.log((node.n + 19652 + 1) / 19652)
            best, best_score = -1, -math.inf
            for a in range(actions):
                if node is root and not legal[a]:
                    continue
                child = node.children.get(a)
                n = child.n if child else 0
                value = child.q() if child else 0.0
                if child and options["tree"] and greatest > least:
                    value = (value - least) / (greatest - least)
                score = value + weight * prior[a] * math.sqrt(node.n) / (1 + n)
                if score > best_score:
                    best, best_score = a, score
            edge.append(best)
            if best not in node.children:
                break
            path.append(node.children[best])
        parent, a = path[-1], edge[-1]
        leaf = PlainNode(int(model["next"][parent.state, a]))
        leaf.reward = float(model["rewards"][parent.state, a])
        leaf.discount = float(model["discounts"][parent.state, a])
        leaf.number = number
        parent.children[a] = leaf
        parents.append(parent.number)
        taken.append(a)
        g = float(model["values"][leaf.state])
        for node in reversed([*path, leaf]):
            node.n += 1
            node.total += g
            g = node.reward + node.discount * g
            if node is not root:
                least, greatest = min(least, node.q()), max(greatest, node.q())
    visits = np.array([root.children[a].n if a in root.children else 0 for a in range(actions)], np.int32)
    return {
        "legal": legal,
        "parents": np.array(parents, np.int16),
        "actions": np.array(taken, np.int16),
        "visits": visits,
        "q": np.array([root.children[a].q() if a in root.children else 0 for a in range(actions)], np.float32),
        "value": np.array(root.total / root.n, np.float32),
        "policy": (visits / visits.sum()).astype(np.float32),
    }


def main() -> None:
    """Write mctx.npz beside this file."""
    arrays: dict[str, np.ndarray] = {}
    about = []
    for number, (how, actions, simulations, discount, options) in enumerate(CASES):
        rng = np.random.default_rng(number)
        model = tables(rng, actions, discount)
        if how == "pseudocode":
            found = muzero_search(model, simulations, options, rng)
        else:
            found = search_mctx(how, model, simulations, options, rng, jax.random.PRNGKey(number))
        about.append({"how": how, "actions": actions, "simulations": simulations, "discount": discount, **options})
        arrays |= {f"{number}/{name}": array for name, array in (model | found).items()}
    made_by = {"mctx": mctx.__version__, "jax": jax.__version__, "numpy": np.__version__}
    arrays["about"] = np.array(json.dumps({"made_by": made_by, "cases": about}))
    np.savez_compressed(Path(__file__).with_name("mctx.npz"), **arrays)


if __name__ == "__main__":
    main()
