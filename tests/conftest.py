"""What every test shares: on CI nothing is skipped but what needs a device that no package brings."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where CI runs, everything a test needs is installed first: a skip there hides a failure, so it is one.

    Tests marked ``gpu`` need a machine that has one.
    """
    report = yield
    excused = hasattr(report, "wasxfail") or item.get_closest_marker("gpu") is not None
    if report.skipped and not excused and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"skipped on CI, where nothing may be: {report.longrepr}"
    return report
