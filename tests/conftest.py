"""What all tests share: the working copy on the path, no waiting threads, no network by accident, who runs where."""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("DO_NOT_TRACK", "true")

WORKFLOW = ROOT / "tests" / "workflow"


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say which tests go to one process: those of a file, and all that share the finished workflow.

    Whole workflows come first: begun last, they would keep one core busy while the others have nothing left to do.
    """
    for item in items:
        shared = item.path.is_relative_to(WORKFLOW) and "finished" in item.fixturenames
        item.add_marker(pytest.mark.xdist_group("workflow" if shared else str(item.path.relative_to(ROOT))))
    items.sort(key=lambda item: not item.path.is_relative_to(WORKFLOW))
