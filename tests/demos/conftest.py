"""A Pygame demo's modules, found as the program finds them."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest


@pytest.fixture(scope="module")
def demo(request: pytest.FixtureRequest) -> Iterator[Any]:
    """The modules of the folder that the test module names ``FOLDER``, as attributes."""
    folder: Path = request.module.FOLDER
    names = [file.stem for file in folder.glob("*.py") if not file.stem.startswith("_")]
    sys.path.insert(0, str(folder))
    yield SimpleNamespace(**{name: importlib.import_module(name) for name in names})
    sys.path.remove(str(folder))
    for name in names:
        sys.modules.pop(name, None)


@pytest.fixture
def program(demo: Any, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The folder's ``__main__``, not yet run; its window is one without a screen."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    folder: Path = request.module.FOLDER
    spec = importlib.util.spec_from_file_location(f"{folder.name}_main", folder / "__main__.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
