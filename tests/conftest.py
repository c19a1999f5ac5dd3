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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole workflows come first: begun last, they would keep one core busy while the others have nothing to do."""
    items.sort(key=lambda item: not item.path.is_relative_to(WORKFLOW))
