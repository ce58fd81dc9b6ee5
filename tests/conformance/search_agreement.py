"""The native search against the plain Python one, over random searches of every kind.

    python tests/conformance/search_agreement.py --searches 20000

Every wave's requests must be the same, in the same order; visit counts, the choice, the principal variation and what a
rerooted tree keeps must be the same; values, Q and policies must agree to 1e-5. One search is one tree, opened or
rerooted. A mismatch is reported with the seed of its episode, and `--seed` runs it alone.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import itertools
import sys
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import CapacityError
from myoshu.search import CHANCE, Algorithm, Forest, Normalization, SearchConfig, SearchResult
from myoshu.search.reference import ReferenceForest

TOLERANCE = 1e-5


class MismatchError(AssertionError):
    """The two searches differ."""


@dataclasses.dataclass
class Episode:
    """One forest of random shape, searched side by side in the core and the reference."""

    seed: int

    def __post_init__(self) -> None:
        self.rng = rng = np.random.default_rng(self.seed)
        self.config = random_config(rng)
        self.players = int(rng.integers(1, 6))
        self.actions = int(
            rng.choice([1, 2, int(rng.integers(3, 13)), int(rng.integers(3, 13)), int(rng.integers(13, 501))])
        )
        self.slots = int(rng.integers(1, 5))
        self.sparse = rng.random() < 0.2
        self.masked = rng.random() < 0.3
        self.chance = 0.3 if rng.random() < 0.25 else 0.0
        self.terminal = 0.3 if rng.random() < 0.25 else 0.0
        self.rewards = rng.random() < 0.6
        self.discounts = rng.random() < 0.3
        self.movers = self.chance > 0 or rng.random() < 0.4
        self.coarse = rng.random() < 0.3
        self.most = 6 if self.actions > 50 else 24
        nodes = int(rng.integers(1, 3)) * (self.most + 1)
        sizes = {"slots": self.slots, "actions": self.actions, "players": self.players, "nodes": nodes}
        self.pair: tuple[Any, Any] = (Forest(self.config, **sizes), ReferenceForest(self.config, **sizes))
        self.searches = 0
        self.traits = collections.Counter(
            {
                self.config.algorithm.value: 1,
                self.config.normalization.value: 1,
                "sparse": int(self.sparse),
                "masked": int(self.masked),
                "chance": int(self.chance > 0),
                "terminal": int(self.terminal > 0),
                "leaf-parallel": int(self.config.leaves > 1),
                "over 50 actions": int(self.actions > 50),
                "3 to 5 players": int(self.players > 2),
            }
        )

    def run(self) -> None:
        """Open, search, close and reroot trees at random, comparing all the while."""
        rng = self.rng
        live: set[int] = set()
        for _ in range(int(rng.integers(2, 5)) * self.most):
            for slot in range(self.slots):
                if slot not in live and rng.random() < 0.4:
                    self.open(slot)
                    live.add(slot)
            chosen = [slot for slot in rng.permutation(sorted(live)).tolist() if rng.random() < 0.9]
            self.wave(chosen)
            for slot in sorted(live):
                spent = self.both("remaining", slot) == 0
                if spent or rng.random() < 0.02:
                    self.compare(slot)
                    if not (rng.random() < 0.5 and self.reroot(slot)):
                        self.both("close", slot)
                        live.discard(slot)
        for slot in live:
            self.compare(slot)

    def both(self, method: str, *args: Any, **keywords: Any) -> Any:
        """Call both; they must return equal values, or raise equal errors."""
        answers = []
        for forest in self.pair:
            try:
                answers.append(getattr(forest, method)(*args, **keywords))
            except CapacityError as error:
                answers.append(type(error))
        core, reference = answers
        same = np.array_equal(core, reference) if isinstance(core, np.ndarray) else core == reference
        self.require(same, f"{method}{args}: core {core}, reference {reference}")
        return core

    def open(self, slot: int) -> None:
        """Begin a tree with a random root."""
        rng = self.rng
        sparse = self.sparse and rng.random() < 0.7
        width = int(rng.integers(1, self.actions + 1)) if sparse else self.actions
        keywords: dict[str, Any] = {"to_play": self.mover() if self.movers else int(rng.integers(self.players))}
        if sparse:
            keywords["actions"] = np.sort(rng.choice(4 * self.actions, width, replace=False)).astype(np.int32)
        if rng.random() < 0.5:
            keywords["legal"] = self.mask(width)
        self.noise(keywords, width)
        keywords["simulations"] = int(rng.integers(0, self.most + 1))
        if rng.random() < 0.2:
            keywords["planned"] = int(rng.integers(1, self.most))
        self.both("open", slot, self.prior(width), self.value(self.players), **keywords)
        self.searches += 1

    def reroot(self, slot: int) -> bool:
        """Go on from the subtree of a random visited action, if there is one and it fits."""
        rng = self.rng
        result = self.pair[1].result(slot)
        visited = np.flatnonzero(result.visits)
        if len(visited) == 0:
            return False
        place = int(rng.choice(visited))
        action = place if result.actions is None else int(result.actions[place])
        keywords: dict[str, Any] = {"simulations": int(rng.integers(0, self.most // 2 + 1))}
        width, _ = self.pair[0]._core.child_set(slot, action)
        if width and rng.random() < 0.5:
            keywords["legal"] = self.mask(width)
        self.noise(keywords, width)
        kept = self.both("reroot", slot, action, **keywords)
        if not isinstance(kept, np.ndarray):
            return False
        self.compare(slot)
        self.searches += 1
        self.traits["rerooted"] += 1
        return True

    def noise(self, keywords: dict[str, Any], width: int) -> None:
        """Add Dirichlet or Gumbel noise, or none."""
        if width and self.rng.random() < 0.6:
            keywords["noise"] = self.rng.dirichlet(np.ones(width)).astype(np.float32)
            keywords["gumbel"] = self.rng.gumbel(size=width).astype(np.float32)

    def wave(self, slots: list[int]) -> None:
        """Select in both, and expand both with the same random evaluations."""
        rng = self.rng
        core, reference = (forest.select(slots) for forest in self.pair)
        for field in ("slots", "rows", "actions"):
            a, b = getattr(core, field), getattr(reference, field)
            self.require(np.array_equal(a, b), f"requests.{field}: core {a}, reference {b}")
        count = len(core)
        if count and rng.random() < 0.03:
            self.both("cancel")
            return
        keywords: dict[str, Any] = {}
        if self.movers:
            keywords["to_play"] = np.array([self.mover() for _ in range(count)], np.int32)
        if self.discounts:
            keywords["discounts"] = rng.choice(np.array([0, 0.5, 0.9, 1], np.float32), count)
        if self.terminal:
            keywords["terminal"] = rng.random(count) < self.terminal
        if self.sparse:
            sizes = rng.integers(1, self.actions + 1, count)
            sets = [np.sort(rng.choice(4 * self.actions, size, replace=False)) for size in sizes]
            keywords["counts"] = sizes.astype(np.int32)
            keywords["actions"] = np.concatenate([*sets, np.empty(0)]).astype(np.int32)
            priors = np.concatenate([*(self.prior(size) for size in sizes), np.empty(0)]).astype(np.float32)
        else:
            if self.masked:
                keywords["legal"] = np.array([self.mask(self.actions) for _ in range(count)], np.bool_)
                keywords["legal"] = keywords["legal"].reshape(count, self.actions)
            priors = np.array([self.prior(self.actions) for _ in range(count)], np.float32).reshape(count, self.actions)
        rewards = self.value((count, self.players)) if self.rewards else None
        self.both("expand", rewards, self.value((count, self.players)), priors, **keywords)

    def compare(self, slot: int) -> None:
        """The results of one tree must agree."""
        found: tuple[SearchResult, SearchResult] = tuple(forest.result(slot) for forest in self.pair)  # type: ignore[assignment]  # a pair gives a pair
        core, reference = found
        for field in ("visits", "action", "principal_variation", "simulations", "actions"):
            a, b = getattr(core, field), getattr(reference, field)
            self.require(np.array_equal(a, b) if a is not None else b is None, f"{field}: core {a}, reference {b}")
        for field in ("q", "value", "policy"):
            a, b = getattr(core, field), getattr(reference, field)
            self.require(np.allclose(a, b, rtol=TOLERANCE, atol=TOLERANCE), f"{field}: core {a}, reference {b}")

    def require(self, same: bool, what: str) -> None:
        """Complain of a difference."""
        if not same:
            raise MismatchError(f"episode {self.seed}: {what}\n{self.config}")

    def mover(self) -> int:
        """A random player, or chance."""
        return CHANCE if self.rng.random() < self.chance else int(self.rng.integers(self.players))

    def mask(self, width: int) -> NDArray[np.bool_]:
        """Random legal actions, at least one."""
        mask = self.rng.random(width) < 0.7
        mask[self.rng.integers(width)] = True
        return mask

    def prior(self, width: int) -> NDArray[np.float32]:
        """Random probabilities; coarse ones have many ties and zeros."""
        rng = self.rng
        if self.coarse:
            return rng.choice([0, 1, 1, 1, 2, 4], width).astype(np.float32) / 8
        return rng.dirichlet(np.full(width, rng.choice([0.3, 1, 10]))).astype(np.float32)

    def value(self, shape: int | tuple[int, ...]) -> NDArray[np.float32]:
        """Random values; coarse ones have many ties."""
        if self.coarse:
            return self.rng.integers(-1, 2, shape).astype(np.float32)
        return self.rng.normal(size=shape).astype(np.float32)


def random_config(rng: np.random.Generator) -> SearchConfig:
    """A search of any kind."""
    return SearchConfig(
        algorithm=list(Algorithm)[rng.integers(len(Algorithm))],
        normalization=list(Normalization)[rng.integers(len(Normalization))],
        discount=float(rng.choice([1.0, 0.97, 0.5])),
        value_range=(-3.0, float(rng.choice([2.0, 3.0]))),
        c1=float(rng.choice([1.25, 0.5, 3.0])),
        c2=float(rng.choice([19652.0, 10.0])),
        dirichlet_fraction=float(rng.choice([0.0, 0.25, 1.0])),
        root_counts=bool(rng.random() < 0.7),
        considered_actions=int(rng.choice([1, 2, 4, 16])),
        c_visit=float(rng.choice([50.0, 1.0, 0.0])),
        c_scale=float(rng.choice([1.0, 0.1, 0.02])),
        max_depth=int(rng.choice([128, 128, 128, 1, 3, 6])),
        leaves=int(rng.choice([1, 1, 1, 2, 4, 7])),
        virtual_loss=float(rng.choice([0.0, 0.3, 1.0])),
    )


def run(searches: int, first: int = 0, seconds: float | None = None) -> tuple[int, list[str], collections.Counter[str]]:
    """Compare so many searches, or for so many seconds: how many there were, the mismatches, what occurred."""
    done, mismatches = 0, []
    traits: collections.Counter[str] = collections.Counter()
    begun = time.perf_counter()
    for seed in itertools.count(first):
        if done >= searches or (seconds is not None and time.perf_counter() - begun > seconds):
            break
        episode = Episode(seed)
        try:
            episode.run()
        except MismatchError as error:
            mismatches.append(str(error))
        done += episode.searches
        for trait, present in episode.traits.items():
            traits[trait] += episode.searches * present if trait != "rerooted" else present
    return done, mismatches, traits


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--searches", type=int, default=20000, help="how many to compare at least")
    parser.add_argument("--seed", type=int, default=0, help="of the first episode")
    options = parser.parse_args()
    done, mismatches, traits = run(options.searches, options.seed)
    for mismatch in mismatches[:5]:
        print(mismatch)
    print(f"{done} searches compared, {len(mismatches)} mismatches")
    print("of these " + ", ".join(f"{traits[trait]} {trait}" for trait in sorted(traits)))
    return 1 if mismatches else 0


if __name__ == "__main__":
    sys.exit(main())
