"""From trained weights to a bundle, behind a gate: the exported graphs must compute what PyTorch computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray

from myoshu.errors import ExportError
from myoshu.graph_writer import OPSET
from myoshu.model import TABLE, Ports, played, ports
from myoshu.runtime.bundle import Bundle
from myoshu.runtime.evaluator import Evaluator
from myoshu.runtime.manifest import Manifest
from myoshu.runtime.parity import Parity, Vectors
from myoshu.search.config import Algorithm, SearchConfig
from myoshu.search.forest import Forest
from myoshu.spec import GameSpec, ModelSpec
from myoshu.training.networks.architecture import Architecture
from myoshu.training.networks.examples import Shown, examples_for
from myoshu.training.networks.onnx_writer import write_graph
from myoshu.training.networks.support import Support
from myoshu.training.networks.torch_network import PlainOperations, Weights
from myoshu.version import __version__

__all__ = ["TOLERANCE", "check_parity", "export_bundle", "torch_evaluation"]

TOLERANCE = 1e-4
"""How far an output of the exported graphs may be from PyTorch's: |a − b| ≤ TOLERANCE · its unit. That is max(1, |b|),
but for values and rewards the size of the terms that they are sums of (:data:`TERMS`): where categories cancel, the
error is that of the terms, not of the small sum."""
TERMS = {"value": "value_terms", "reward": "reward_terms"}
"""For each value and reward PyTorch also gives its size without cancellation: Σ probability · |atom|."""
LEAST_UNIT = 0.01
"""The least unit of values and rewards, as a share of the greatest that can be represented."""
BESIDE = {"mover_logits", *TERMS.values()}
"""Outputs that PyTorch gives, and the graphs do not."""
VECTORS = 16
"""Observations among the vectors that are compared; twice as many moves from latent states."""
SHIPPED = 8
"""Observations among the bundle's parity vectors, and twice as many moves; those of a large board take much space."""
DEPTH = 5
"""How many moves latent states are unrolled for the comparison."""
SEARCHES = 8
"""Searches that are run twice, with PyTorch and with ONNX Runtime."""
SIMULATIONS = 32
"""Simulations of each of these searches."""
PERTURBATIONS = 32
"""How often a search that ended differently is repeated with tiny errors, to see whether it was a tie."""

Arrays = dict[str, NDArray[Any]]
Initial = Callable[[NDArray[np.float32]], Arrays]
Recurrent = Callable[[NDArray[np.float32], NDArray[np.int64]], Arrays]


def torch_evaluation(architecture: Architecture, weights: Weights) -> tuple[Initial, Recurrent]:
    """PyTorch's outputs for observations, and for latent states and actions, by the graphs' names.

    They include what no graph has: ``mover_logits`` float32 [n, players] where movers are predicted, and the
    :data:`TERMS` float32 [n, columns] of values and rewards.
    """
    ops = PlainOperations(weights)
    model = architecture.model

    def predicted(latent: torch.Tensor) -> dict[str, torch.Tensor]:
        logits = architecture.predict(ops, latent)
        terms = _terms(logits["value"], architecture.value, model.value_columns)
        return {**architecture.decode(ops, logits), "value_terms": terms}

    @torch.no_grad()
    def initial(observation: NDArray[np.float32]) -> Arrays:
        latent = architecture.represent(ops, torch.from_numpy(np.array(observation)))
        return _arrays({"latent": latent, **predicted(latent)})

    @torch.no_grad()
    def recurrent(latent: NDArray[np.float32], action: NDArray[np.int64]) -> Arrays:
        logits = architecture.advance(ops, torch.from_numpy(np.array(latent)), torch.from_numpy(np.array(action)))
        after = logits["latent"]
        outputs = {"next_latent": after, **predicted(after), **architecture.decode(ops, logits)}
        if "reward" in logits:
            outputs["reward_terms"] = _terms(logits["reward"], architecture.reward, model.reward_columns)
        if "mover" in logits:
            outputs["mover_logits"] = logits["mover"]
        return _arrays(outputs)

    return initial, recurrent


def _terms(logits: torch.Tensor, support: Support, columns: int) -> torch.Tensor:
    """The size of each number without cancellation, at least :data:`LEAST_UNIT`: [n, columns]."""
    reach = max(-support.low, support.high)
    if not support.bins:
        return torch.full((len(logits), columns), reach)
    atoms = torch.from_numpy(np.abs(support.atoms()))
    return (logits.view(-1, columns, support.bins).softmax(-1) @ atoms).clamp(min=LEAST_UNIT * reach)


def export_bundle(
    path: Path,
    *,
    game: GameSpec,
    architecture: Architecture,
    weights: Weights,
    search: SearchConfig,
    observations: NDArray[np.float32],
    provenance: Mapping[str, Any],
    shown: Shown | None = None,
) -> Manifest:
    """Write the five graphs with their parity vectors and provenance as one file.

    Args:
        path: the file.
        game: what is fixed about the game.
        architecture: the networks.
        weights: folded weights.
        search: the search's settings in play.
        observations: float32 [n, *observation], some that occurred in games; may be empty.
        provenance: what to record about the training; the versions used are added.
        shown: the game's observations, for programs to check theirs.

    Raises:
        ExportError: ONNX Runtime and PyTorch disagree.
        BundleError: the file cannot be written.
    """
    graphs = {name: write_graph(name, architecture, weights) for name in ports(architecture.model)}
    parity = check_parity(architecture, weights, graphs, search, observations)
    manifest = Manifest.of(
        game=game,
        model=architecture.model,
        search=search,
        opset=OPSET,
        provenance={**_versions(), **provenance},
        planes=None if shown is None else shown.planes,
    )
    examples = () if shown is None else examples_for(shown, Bundle(manifest, graphs, parity))
    return Bundle.write(path, manifest=manifest, graphs=graphs, parity=parity, examples=examples)


def check_parity(
    architecture: Architecture,
    weights: Weights,
    graphs: Mapping[str, bytes],
    search: SearchConfig,
    observations: NDArray[np.float32],
) -> Parity:
    """The gate: all outputs agree within :data:`TOLERANCE`, and searches take the same paths.

    Compared over random observations and those given, and over latent states unrolled :data:`DEPTH` random moves. Who
    moves next must be the same, except where PyTorch's two greatest logits are within :data:`TOLERANCE`.

    Returns:
        Parity vectors for the bundle: inputs with PyTorch's outputs.

    Raises:
        ExportError: they disagree; the message names the output or the search.
    """
    model = architecture.model
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((VECTORS, *model.observation)).astype(np.float32)
    seen = np.concatenate([observations[:VECTORS].astype(np.float32), noise])[:VECTORS]
    by_torch, by_onnx = torch_evaluation(architecture, weights), _onnx_evaluation(model, graphs)
    worst = 0.0
    expected = by_torch[0](seen)
    everything = np.concatenate([observations.astype(np.float32), noise])
    worst = max(worst, _compare("initial", by_torch[0](everything), by_onnx[0](everything)))
    latents, actions, latent = [], [], expected["latent"]
    for _ in range(DEPTH):
        action = rng.integers(0, model.actions, len(latent))
        latents.append(latent)
        actions.append(action)
        latent = by_torch[1](latent, action)["next_latent"]
    rows = rng.permutation(DEPTH * len(seen))[: 2 * VECTORS]
    states, chosen = np.concatenate(latents)[rows], np.concatenate(actions)[rows]
    recurrent = by_torch[1](states, chosen)
    worst = max(worst, _compare("recurrent", recurrent, by_onnx[1](states, chosen)))
    vectors = {
        "initial": Vectors({"observation": seen}, expected),
        "recurrent": Vectors({"latent": states, "action": chosen}, recurrent),
    }
    _compare_parts(model, graphs, vectors)
    _compare_searches(model, search, everything[:SEARCHES], by_torch, by_onnx, worst)
    kept = {"initial": np.arange(len(seen))[:SHIPPED], "recurrent": _clear(recurrent)[: 2 * SHIPPED]}
    return Parity({name: _shipped(each, vectors[name], kept[name]) for name, each in played(model).items()})


def _shipped(ports: Ports, vectors: Vectors, rows: NDArray[np.intp]) -> Vectors:
    """Some of the vectors, without outputs that the graph does not have."""
    return Vectors(
        *({name: arrays[name][rows] for name in names} for names, arrays in zip(ports, vectors, strict=True))
    )


def _onnx_evaluation(model: ModelSpec, graphs: Mapping[str, bytes]) -> tuple[Initial, Recurrent]:
    evaluator = Evaluator(model, graphs, providers="cpu")
    return evaluator.initial, evaluator.recurrent


def _compare(graph: str, expected: Arrays, got: Arrays) -> float:
    """The greatest deviation, in units; too great a one is an error."""
    worst = 0.0
    for name, array in expected.items():
        if name in BESIDE:
            continue
        if name == "mover":
            wrong = (got[name] != array) & (_margins(expected["mover_logits"]) > TOLERANCE)
            if wrong.any():
                raise ExportError(
                    f"{graph}.mover: expected ONNX Runtime and PyTorch to agree on who moves next, "
                    f"they differ in {int(wrong.sum())} of {len(array)} rows that are no ties"
                )
            continue
        unit = _unit(name, expected)
        size = float(np.max(np.abs(got[name] - array) / unit, initial=0.0))
        if not size <= TOLERANCE:
            of = f" of {unit:.3g}" if name in TERMS else ""
            raise ExportError(
                f"{graph}.{name}: expected ONNX Runtime and PyTorch to agree within {TOLERANCE:g}{of}, "
                f"they differ by {size:.3g}{of}"
            )
        worst = max(worst, size)
    return worst


def _unit(name: str, outputs: Arrays) -> Any:
    """The unit in which an output is compared: the same for all values, and for all rewards, of a batch."""
    if name in TERMS:
        return float(outputs[TERMS[name]].max(initial=0.0)) or 1.0
    return np.maximum(1.0, np.abs(outputs[name]))


def _margins(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much the greatest logit of each row exceeds the next: [n]."""
    ordered = np.sort(logits, -1)
    margins: NDArray[np.float32] = ordered[:, -1] - ordered[:, -2]
    return margins


def _clear(recurrent: Arrays) -> NDArray[np.intp]:
    """The rows whose mover any correct arithmetic finds, so that providers can be held to them; at least one row."""
    if "mover" not in recurrent:
        return np.arange(len(recurrent["value"]))
    margins = _margins(recurrent["mover_logits"])
    return np.flatnonzero(margins >= min(10.0 * TOLERANCE, float(margins.max())))


def _compare_parts(model: ModelSpec, graphs: Mapping[str, bytes], vectors: Mapping[str, Vectors]) -> None:
    """Check that the separate networks give the same as the graphs composed of them."""
    every = ports(model)
    for graph in TABLE:
        if graph.name not in vectors:
            continue
        feed, expected = vectors[graph.name]
        for part in graph.parts:
            names = every[part].outputs
            got = _run(graphs[part], dict(zip(every[part].inputs, feed.values(), strict=True)))
            _compare(part, {name: array for name, array in expected.items() if name in names or name in BESIDE}, got)
            feed = {name: expected[name] for name in list(names)[:1]}


def _compare_searches(
    model: ModelSpec,
    search: SearchConfig,
    observations: NDArray[np.float32],
    by_torch: tuple[Initial, Recurrent],
    by_onnx: tuple[Initial, Recurrent],
    deviation: float,
) -> None:
    """Check that the same search makes the same visits with either; one that does not must be a tie.

    A tie is a search that also ends differently when PyTorch's own outputs are disturbed by no more than the
    measured difference of the two.
    """
    rng = np.random.default_rng(1)
    gumbel = rng.gumbel(size=(len(observations), model.actions)).astype(np.float32)
    expected = _search(model, search, observations, gumbel, by_torch)
    got = _search(model, search, observations, gumbel, by_onnx)
    for row in np.flatnonzero((expected != got).any(-1)):
        scale = 2.0 * max(deviation, float(np.finfo(np.float32).eps))
        one = slice(row, row + 1)
        for _ in range(PERTURBATIONS):
            disturbed = _disturbed(by_torch, scale, rng)
            if (_search(model, search, observations[one], gumbel[one], disturbed)[0] != expected[row]).any():
                break
        else:
            raise ExportError(
                f"search: expected the visits {expected[row].tolist()} that PyTorch leads to, "
                f"ONNX Runtime led to {got[row].tolist()}, and it is no tie"
            )


def _search(
    model: ModelSpec,
    search: SearchConfig,
    observations: NDArray[np.float32],
    gumbel: NDArray[np.float32],
    evaluation: tuple[Initial, Recurrent],
) -> NDArray[np.int32]:
    """One search from each observation; the visits of the root actions, int32 [n, actions]."""
    count, players = len(observations), model.players
    config = msgspec.structs.replace(search, simulations=SIMULATIONS, leaves=1)
    forest = Forest(config, slots=count, actions=model.actions, players=players, nodes=SIMULATIONS + 1)
    pool = np.zeros((count, SIMULATIONS + 1, *model.latent), np.float32)
    movers = np.zeros((count, SIMULATIONS + 1), np.int64)
    slots = np.arange(count)
    initial, recurrent = evaluation
    roots = initial(observations)
    pool[:, 0] = roots["latent"]
    noise = {"gumbel": gumbel} if config.algorithm is Algorithm.GUMBEL else {}
    forest.open_many(slots, roots["prior"], _absolute(roots["value"], movers[:, 0], players), **noise)
    for node in range(1, SIMULATIONS + 1):
        requests = forest.select(slots)
        parents = requests.rows % (SIMULATIONS + 1)
        actors = movers[slots, parents]
        leaves = recurrent(pool[slots, parents], requests.actions.astype(np.int64))
        movers[:, node] = (actors + leaves.get("mover", 1)) % players
        pool[:, node] = leaves["next_latent"]
        rewards = _absolute(leaves["reward"], actors, players) if "reward" in leaves else None
        values = _absolute(leaves["value"], movers[:, node], players)
        forest.expand(rewards, values, leaves["prior"], to_play=movers[:, node] if "mover" in leaves else None)
    return forest.results(slots).visits


def _absolute(columns: NDArray[np.float32], movers: NDArray[np.int64], players: int) -> NDArray[np.float32]:
    """From columns relative to the mover to the players': float32 [n, players]."""
    if columns.shape[1] < players:
        columns = np.concatenate([columns, -columns], -1)
    absolute: NDArray[np.float32] = np.take_along_axis(columns, (np.arange(players) - movers[:, None]) % players, -1)
    return absolute


def _disturbed(
    evaluation: tuple[Initial, Recurrent], scale: float, rng: np.random.Generator
) -> tuple[Initial, Recurrent]:
    def disturb(outputs: Arrays) -> Arrays:
        disturbed = {}
        for name, array in outputs.items():
            unit = _unit(name, outputs) if name in TERMS else array
            error = scale * rng.uniform(-1.0, 1.0, array.shape) * unit
            disturbed[name] = (array + error).astype(np.float32)
        if "mover" in outputs:
            disturbed["mover"] = disturbed["mover_logits"].argmax(-1)
        return disturbed

    initial, recurrent = evaluation
    return lambda observation: disturb(initial(observation)), lambda latent, action: disturb(recurrent(latent, action))


def _run(graph: bytes, inputs: Arrays) -> Arrays:
    import onnxruntime

    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    return dict(zip((output.name for output in session.get_outputs()), session.run(None, inputs), strict=True))


def _arrays(tensors: Mapping[str, torch.Tensor]) -> Arrays:
    return {name: tensor.numpy() for name, tensor in tensors.items()}


def _versions() -> dict[str, str]:
    return {"myoshu": __version__} | {name: version(name) for name in ("torch", "onnx", "onnxruntime", "numpy")}
