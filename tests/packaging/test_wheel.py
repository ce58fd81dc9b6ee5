"""A built wheel, installed in an empty environment, plays a game with nothing but its base dependencies."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from myoshu.testing.networks import write_bundle

ROOT = Path(__file__).resolve().parents[2]

PLAY = """
import sys
import numpy as np
import myoshu

agent = myoshu.load(sys.argv[1])
session = agent.new_session(seed=1)
decision = session.play(np.zeros(agent.model.observation, np.float32), limit=myoshu.Limit(simulations=16))
assert 0 <= decision.action < agent.model.actions
assert decision.simulations == 16
print(myoshu.__file__)
loaded = {name.partition(".")[0] for name in sys.modules}
print(sorted(loaded & {"torch", "pyspiel", "pygame", "onnx", "typer", "rich"}))
"""


def run(*command: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, cwd=cwd, env=env, check=False
    )
    assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_wheel_installs_and_plays_in_an_empty_environment(tmp_path: Path) -> None:
    constraints = {**os.environ, "PIP_CONSTRAINT": str(ROOT / "constraints.txt")}
    constraints.pop("PYTHONPATH", None)
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, ROOT, env=constraints)
    (wheel,) = tmp_path.glob("*.whl")
    names = run(sys.executable, "-m", "zipfile", "--list", wheel)
    for expected in (
        "myoshu/py.typed",
        "myoshu/search/_core.pyi",
        "myoshu_engines/__init__.py",
        "myoshu_engines/py.typed",
    ):
        assert expected in names
    for stray in ("CMakeLists", "tests/", "constraints"):
        assert stray not in names
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel, env=constraints)
    bundle = tmp_path / "random.myoshu"
    write_bundle(bundle)
    place, loaded = run(python, "-c", PLAY, bundle, cwd=tmp_path, env=constraints).splitlines()
    assert place.startswith(str(tmp_path))
    assert loaded == "[]"
    command = tmp_path / "venv" / "bin" / "myoshu"
    assert "myoshu" in run(command, "--version", cwd=tmp_path)
    assert "train" in run(command, "--help", cwd=tmp_path)
    assert run(command, "inspect", bundle, cwd=tmp_path)


def test_a_missing_compiler_is_named(tmp_path: Path) -> None:
    env = {**os.environ, "CXX": str(tmp_path / "no-such-compiler"), "CMAKE_BUILD_DIR": str(tmp_path)}
    done = subprocess.run(
        ["cmake", "-S", str(ROOT / "bindings" / "python"), "-B", str(tmp_path / "build")],
        capture_output=True,
        text=True,
        env=env,
        check=False,
    )
    assert done.returncode != 0
    assert "C++ compiler" in done.stderr
    assert "apt install" in done.stderr


WITHOUT_LTO = """#!/bin/sh
for argument; do
  case $argument in
    -c) compiles=1 ;;
    -flto*) optimises=1 ;;
  esac
done
if [ "$optimises" ] && [ ! "$compiles" ]; then
  echo "fatal error: -fuse-linker-plugin, but liblto_plugin.so not found" >&2
  exit 1
fi
exec "$COMPILER" "$@"
"""
"""A compiler whose link-time optimiser cannot start: it says so as late as when it links."""


@pytest.mark.parametrize("way", ["cannot", "off"])
def test_a_compiler_that_cannot_optimise_at_link_time_builds_all_the_same(tmp_path: Path, way: str) -> None:
    compiler = shutil.which(os.environ.get("CXX", "c++"))
    assert compiler is not None
    wrapper = tmp_path / "c++"
    wrapper.write_text(WITHOUT_LTO)
    wrapper.chmod(0o755)
    env = {**os.environ, "CXX": str(wrapper), "COMPILER": compiler}
    command = [
        "cmake",
        "-S",
        ROOT / "bindings" / "python",
        "-B",
        tmp_path / "build",
        f"-DPython_EXECUTABLE={sys.executable}",
    ]
    options = ["-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", *(["-DMYOSHU_LTO=OFF"] if way == "off" else [])]
    said = run(*command, *options, env=env)
    assert ("built without link-time optimisation" in said) == (way == "cannot")
    flags = (tmp_path / "build" / "compile_commands.json").read_text()
    assert "wave.cpp" in flags
    assert "-flto" not in flags
