"""The project's own kernels compute the same bits on another processor: the shipped agents, there and here.

    python tests/conformance/other_processor.py COMMAND [ARGUMENT …]

The command is ``evaluate.cpp``, built for that processor, and what runs it here (``tests/aarch64.sh``). Each agent's
initial graph sees random observations; its recurrent graph takes random actions in the latent states of these.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myoshu.model import Ports, played
from myoshu.runtime.bundle import Bundle
from myoshu.search import _core

FOLDER = Path(__file__).parents[2] / "demos" / "agents"
POSITIONS = {1: 1_600, 3: 256}
"""Of each agent, by the dimensions of its latent states: convolutions take long on a processor that is emulated."""
BATCHES = (1, 64)
"""Rows that are computed at once."""

Arrays = dict[str, NDArray[Any]]


def here(graph: bytes, ports: Ports, inputs: Arrays, kernels: str, batch: int) -> Arrays:
    """What this processor computes with these kernels."""
    positions = len(next(iter(inputs.values())))
    outputs: Arrays = {name: np.zeros((positions, *port.shape), port.dtype) for name, port in ports.outputs.items()}
    network = _core.Network(graph, {}, kernels)
    for first in range(0, positions, batch):
        rows = slice(first, first + batch)
        network.bind({name: array[rows] for name, array in {**inputs, **outputs}.items()})
        network.run(batch)
    return outputs


def there(command: list[str], graph: bytes, inputs: list[NDArray[Any]], batch: int) -> tuple[str, bytes]:
    """Which kernels the other processor has, and all that it computes."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("graph", "inputs", "outputs")]
        paths[0].write_bytes(graph)
        paths[1].write_bytes(b"".join(array.tobytes() for array in inputs))
        sizes = [str(len(inputs[0])), str(batch)]
        done = subprocess.run(
            [*command, str(paths[0]), *sizes, str(paths[1]), str(paths[2])], capture_output=True, text=True, check=True
        )
        return done.stdout.strip(), paths[2].read_bytes()


def main() -> int:
    """Compare; 1 where a bit differs."""
    command = sys.argv[1:]
    agents = sorted(FOLDER.glob("*.myoshu"))
    rng = np.random.default_rng(0)
    total, differing, name = 0, 0, ""
    for path in agents:
        bundle = Bundle.read(path)
        model = bundle.manifest.model
        positions = POSITIONS[len(model.latent)]
        total += positions
        latent = np.zeros(0, np.float32)
        for graph, ports in played(model).items():
            inputs: Arrays = {
                "observation": rng.standard_normal((positions, *model.observation)).astype(np.float32),
                "latent": latent,
                "action": rng.integers(model.actions, size=positions),
            }
            inputs = {key: inputs[key] for key in ports.inputs}
            data = bundle.graphs[graph]
            for batch in BATCHES:
                found = [here(data, ports, inputs, kernels, batch) for kernels in _core.kernel_names()]
                name, other = there(command, data, list(inputs.values()), batch)
                wanted = [b"".join(each[key].tobytes() for key in output_names(data)) for each in found]
                if any(each != other for each in wanted):
                    differing += 1
                    print(f"{path.stem}: {graph}, {batch} rows at once: expected the same bits, got others")
                latent = found[0].get("latent", latent)
    kernels = ", ".join(_core.kernel_names())
    at_once = " and ".join(str(batch) for batch in BATCHES)
    print(f"{name} against {kernels}: {total} positions of {len(agents)} agents, {at_once} at once")
    print("some bits differ" if differing else "the same bits everywhere")
    return int(differing > 0)


def output_names(graph: bytes) -> list[str]:
    """The outputs in the graph's own order."""
    import onnx

    return [port.name for port in onnx.load_from_string(graph).graph.output]


if __name__ == "__main__":
    sys.exit(main())
