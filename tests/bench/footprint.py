"""What a shipped game pays to have an agent, beside the same with PyTorch.

Time from the first import to the first move, resident memory after it, and the size of what is installed for it:
myoshu and its base dependencies with what these pull in, as their files lie on disk; for PyTorch, torch and what it
pulls in. The network is ``mlp64``; PyTorch's process builds one of the same shape and evaluates it once.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from myoshu.testing.networks import mlp64, write_bundle

RUNS = 5
MEMORY = """
print(perf_counter() - begin)
for line in open("/proc/self/status"):
    if line.startswith("VmRSS"):
        print(int(line.split()[1]) * 1024)
"""
PLAY = (
    """
from time import perf_counter
begin = perf_counter()
import sys
import numpy as np
import myoshu

agent = myoshu.load(sys.argv[1])
session = agent.new_session(seed=1)
session.play(np.zeros(agent.model.observation, np.float32), limit=myoshu.Limit(simulations=50))
"""
    + MEMORY
)
TORCH = (
    """
from time import perf_counter
begin = perf_counter()
import torch

layers = [torch.nn.Linear(27, 64), torch.nn.ReLU()]
for _ in range(5):
    layers += [torch.nn.Linear(64, 64), torch.nn.ReLU()]
network = torch.nn.Sequential(*layers, torch.nn.Linear(64, 10))
with torch.inference_mode():
    network(torch.zeros(1, 27))
"""
    + MEMORY
)


def start(program: str, *arguments: str) -> tuple[float, int]:
    """The best time of a few runs (the others found files not yet cached, or a busy machine), and the memory."""
    times, memory = [], 0
    for _ in range(RUNS):
        done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
        seconds, size = done.stdout.split()
        times.append(float(seconds))
        memory = int(size)
    return min(times), memory


def closure(name: str) -> set[str]:
    """A distribution and everything that its installation pulls in here, extras left aside."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        current = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if current in found:
            continue
        try:
            requires = metadata.requires(current) or []
        except metadata.PackageNotFoundError:
            continue
        found.add(current)
        waiting += [re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0] for line in requires if "extra ==" not in line]
    return found


def installed(names: set[str]) -> int:
    """Bytes of the files of these distributions; myoshu's own are counted where they are, though it is editable."""
    total = 0
    for name in names:
        for file in metadata.files(name) or []:
            path = Path(str(file.locate()))
            if path.is_file() and "__pycache__" not in path.parts:
                total += path.stat().st_size
    return total


def own() -> int:
    """Bytes of myoshu's two packages in the working tree (an editable installation only points there)."""
    root = Path(__file__).resolve().parents[2]
    files = [file for package in ("sdk/myoshu", "engines/myoshu_engines") for file in (root / package).rglob("*.py*")]
    return sum(file.stat().st_size for file in files if "__pycache__" not in file.parts)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        bundle = write_bundle(Path(folder) / "mlp64.myoshu", mlp64())
        ours, our_memory = start(PLAY, str(bundle))
    names = closure("myoshu")
    size = installed(names) + own()
    print(f"                     myoshu  at most   torch   (import to first move, best of {RUNS} processes)")
    rows = [
        ("first move, s", ours, 0.4),
        ("resident, MB", our_memory / 1e6, 120.0),
        ("installed, MB", size / 1e6, 150.0),
    ]
    try:
        theirs, their_memory = start(TORCH)
        others = [theirs, their_memory / 1e6, installed(closure("torch")) / 1e6]
    except subprocess.CalledProcessError:
        others = [float("nan")] * 3
    for (label, figure, most), other in zip(rows, others, strict=True):
        print(f"{label:18} {figure:8.2f} {most:8.1f} {other:7.2f}{'   missed' if figure > most else ''}")
    print(f"installed: {', '.join(sorted(names))}")
    return int(any(figure > most for _, figure, most in rows))


if __name__ == "__main__":
    sys.exit(main())
