"""The core agrees with the plain Python reference: tests/conformance/search_agreement.py, for a limited time."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SCRIPT = Path(__file__).parents[2] / "conformance" / "search_agreement.py"


@pytest.fixture(scope="module")
def agreement() -> ModuleType:
    spec = importlib.util.spec_from_file_location("search_agreement", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_thousands_of_random_searches_agree(agreement: ModuleType, record_property: pytest.RecordProperty) -> None:
    searches, mismatches, traits = agreement.run(3000, seconds=60)
    record_property("searches compared", searches)
    print(f"{searches} searches compared, {len(mismatches)} mismatches")
    assert mismatches == []
    assert searches >= 500
    assert (
        min(traits[kind] for kind in ("puct", "gumbel", "chance", "terminal", "sparse", "rerooted", "leaf-parallel"))
        > 0
    )


@given(seed=st.integers(min_value=0, max_value=1 << 40))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_episode_agrees(agreement: ModuleType, seed: int) -> None:
    agreement.Episode(seed).run()
