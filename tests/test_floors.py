"""Imports run downwards only, as docs/explanation/architecture.md says."""

import ast
import re
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "workflow_scripts"
PAGE = ROOT / "docs" / "explanation" / "architecture.md"


def floors() -> dict[str, int]:
    """Room, or module outside the rooms → floor, from the page's table."""
    table = re.search(r"<!-- floors -->\n(.*?)<!-- /floors -->", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", table[1], re.MULTILINE)
    return {room: int(floor) for floor, rooms in rows for room in re.findall(r"`([a-z_]+)`", rooms)}


@cache
def imported(path: Path) -> frozenset[str]:
    """Every module of the package that a module imports, wherever in its text, with the names taken from it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("workflow_scripts"):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names if alias.name.startswith("workflow_scripts.")}
    return frozenset(names)


def test_the_table_names_every_room():
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    # A module outside the rooms is what people type behind `python -m`.
    rooms |= {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    assert set(floors()) == rooms and len(rooms) > 15


def test_no_import_runs_up_or_along_a_floor():
    floor = floors()
    wrong = [
        f"{path.relative_to(PACKAGE)} imports {module}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for module in sorted(imported(path))
        for room, other in [(path.relative_to(PACKAGE).parts[0].removesuffix(".py"), module.split(".")[1])]
        if room != other and floor[other] >= floor[room]
    ]
    assert not wrong, "\n".join(wrong)


def module_of(path: Path) -> str:
    """The dotted name of a module's file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_no_modules_import_each_other_in_a_circle():
    # An import for the types alone, or inside a function, ties two modules together as much as any other.
    modules = {module_of(path): path for path in PACKAGE.rglob("*.py")}
    imports = {
        module: {name if name in modules else name.rpartition(".")[0] for name in imported(path)} & modules.keys()
        for module, path in modules.items()
    }
    TopologicalSorter(imports).prepare()  # CycleError names a circle
