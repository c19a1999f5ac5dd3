"""Modules of tests are found by their name alone, so no two may share one."""

from collections import Counter
from pathlib import Path


def test_no_two_modules_of_tests_share_a_name():
    names = Counter(path.name for path in Path(__file__).parent.rglob("*.py") if path.name != "conftest.py")
    # One of the two is imported by its full name.
    shared = {name for name, count in names.items() if count > 1} - {"handmade.py"}
    assert not shared
