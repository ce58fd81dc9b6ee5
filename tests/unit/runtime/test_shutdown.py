"""Programs that end while something thinks: they end well."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BEGIN = """
import sys, threading, time
import numpy as np, myoshu
agent = myoshu.load(sys.argv[1], providers="cpu")
see, going = np.zeros(agent.game.observation, np.float32), threading.Event()
def forever(do):
    def loop():
        while True:
            do()
            going.set()
    threading.Thread(target=loop, daemon=True).start()
"""
WAYS = {
    "in the background": """
thinking = agent.new_session().think(see, limit=myoshu.Limit(simulations=100_000)).start()
while thinking.best().simulations < 50:
    time.sleep(0.001)
""",
    "daemon threads that play": """
def play(session=None):
    agent.new_session().play(see, limit=myoshu.Limit(simulations=8))
for _ in range(3):
    forever(play)
assert going.wait(60)
""",
    "a daemon thread in a long search": """
began = threading.Event()
def play():
    thinking = agent.new_session().think(see, limit=myoshu.Limit(simulations=100_000))
    thinking.step(0.001)
    began.set()
    thinking.result()
threading.Thread(target=play, daemon=True).start()
assert began.wait(60)
""",
    "a daemon thread that loads": "forever(lambda: myoshu.load(sys.argv[1], providers='cpu'))",
    "a daemon thread that evaluates": "forever(lambda: agent.evaluator.initial([see]))\nassert going.wait(60)",
    "a last move at the very end": """
import atexit
thinking = agent.new_session().think(see, limit=myoshu.Limit(simulations=100_000)).start()
def last():
    assert agent.new_session().play(see, limit=myoshu.Limit(simulations=4)).simulations == 4
    assert not thinking.done or thinking.result().stop_reason == "stopped"
    print("played")
atexit.register(last)
""",
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("end", ["", "sys.exit(3)", "raise SystemExit(3)"])
def test_a_program_may_end_in_mid_thought(bundle_path: Path, way: str, end: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"{BEGIN}{WAYS[way]}\n{end}", str(bundle_path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (3 if end else 0, "")
    assert done.stdout == ("played\n" if "last move" in way else "")
