"""Names say what they hold: found, one, other and their like are of the past in every room."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "workflow_scripts"
RETIRED = {
    *("found", "known", "one", "each", "other", "others", "ours", "theirs", "said", "told"),
    *("place", "places", "seat", "seats", "team"),
}
ROOMS = tuple(sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py")))
# Where a place is one in a paper: a table, a figure, a section.
OF_PAPERS = (
    *("claims", "reporting"),
    *("contracts/claims.py", "contracts/published_blocks.py", "contracts/published_yaml.py"),
)


def _modules(names: tuple[str, ...]) -> set[Path]:
    paths = [PACKAGE / name for name in names]
    return {module for path in paths for module in ([path] if path.suffix else path.rglob("*.py"))}


def bound(source: str) -> Iterator[tuple[int, str]]:
    """(line, name) of all that a module gives a name to: variables, parameters, attributes, functions, classes."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield node.lineno, name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name


@pytest.mark.parametrize("name", ROOMS)
def test_no_retired_name_comes_back_into_a_room(name):
    modules = _modules((name,))
    assert modules
    faults = []
    for path in sorted(modules):
        retired = RETIRED - ({"place"} if path in _modules(OF_PAPERS) else set())
        lines = bound(path.read_text(encoding="utf-8"))
        faults += [f"{path.relative_to(PACKAGE)}:{line} {word}" for line, word in lines if word in retired]
    assert not faults


@pytest.mark.parametrize(
    "source",
    [
        "found = 1",
        "for one in rows: pass",
        "[each for each in rows]",
        "def draw(place): pass",
        "def told(): pass",
        "class Sum:\n    other: int",
        "self.known = 1",
        "if (said := read()): pass",
    ],
)
def test_every_way_of_giving_a_name_is_seen(source):
    assert any(name in RETIRED for _, name in bound(source))
