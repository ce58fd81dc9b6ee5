"""A shipped game loads neither a training framework nor a game library nor the command line's helpers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from myoshu.testing.networks import write_bundle

HEAVY = (
    "torch",
    "onnx",
    "onnxscript",
    "pyspiel",
    "open_spiel",
    "gymnasium",
    "pygame",
    "typer",
    "rich",
    "matplotlib",
    "tensorboard",
)

PROGRAM = """
import sys
import myoshu
import numpy as np

agent = myoshu.load(sys.argv[1])
session = agent.new_session(seed=3)
observation = np.zeros(agent.model.observation, np.float32)
session.play(observation, limit=myoshu.Limit(simulations=8))
thinking = session.think(observation, limit=myoshu.Limit(simulations=8))
while thinking.step(0.001):
    pass
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_a_games_process_loads_no_framework(tmp_path: Path) -> None:
    bundle = tmp_path / "random.myoshu"
    write_bundle(bundle)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(bundle)], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert "numpy" in loaded
    assert loaded.isdisjoint({*HEAVY, "onnxruntime"})  # its library does


def test_the_command_line_starts_without_the_frameworks() -> None:
    program = "import sys, myoshu.cli; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()).isdisjoint({"torch", "pyspiel", "open_spiel", "onnx", "pygame", "matplotlib"})
