"""A module has a name of its own: tests are found by it alone, and a reader asks for a file by it."""

from collections import Counter
from pathlib import Path


def test_no_two_modules_of_tests_share_a_name():
    names = Counter(path.name for path in Path(__file__).parent.rglob("*.py") if path.name != "conftest.py")
    # One of the two is imported by its full name.
    shared = {name for name, count in names.items() if count > 1} - {"handmade.py"}
    assert not shared


def test_no_two_modules_of_the_package_share_a_name():
    package = Path(__file__).resolve().parents[1] / "workflow_scripts"
    modules = [path for path in package.rglob("*.py") if path.name != "__init__.py"]
    # A study's own modules are found by their name in its folder; a kind of run may have the name of its step.
    names = Counter(
        path.name for path in modules if path.parent.parent.name != "studies" and path.parent.name != "kinds"
    )
    assert len(names) > 200
    assert not {name for name, count in names.items() if count > 1}


def test_a_module_is_read_in_one_sitting():
    package = Path(__file__).resolve().parents[1] / "workflow_scripts"
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in package.rglob("*.py")}
    assert not {str(path) for path, count in lines.items() if count > 300}
