"""Names of adapters → modules, as text: to name one imports none, to load one imports only it.

An adapter is a module of this package, or `adapter.py` in the folder of a study, which then has the study's name.
"""

import ast
import importlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

from workflow_scripts.runtime.errors import UserError

PACKAGE = Path(__file__).resolve().parents[2]
_NO_ADAPTERS = ("__init__", "interface", "adapter_registry")
# Draws the made data of adapters that name no generator of their own.
GENERATOR = "workflow_scripts.synthetic.smears"


@dataclass(frozen=True)
class Adapter:
    """Where an adapter's code is, whether its layout always says which samples belong together, who draws its data."""

    module: str
    knows_groups: bool
    generator: str


@cache
def adapters() -> dict[str, Adapter]:
    """Name → adapter, in the order of names; reads the files' constants and imports nothing."""
    files = {path.stem: path for path in (PACKAGE / "data" / "adapters").glob("*.py") if path.stem not in _NO_ADAPTERS}
    files |= {path.parent.name: path for path in (PACKAGE / "studies").glob("*/adapter.py")}
    return {name: _adapter(files[name]) for name in sorted(files)}


def load(name: str) -> ModuleType:
    """The adapter of that name, see data.adapters.base; UserError when there is none."""
    return importlib.import_module(known(name).module)


def load_generator(name: str) -> ModuleType:
    """The module that draws made data for the adapter of that name, see synthetic.pictures."""
    return importlib.import_module(known(name).generator)


def known(name: str) -> Adapter:
    """The entry of that name; UserError when there is none."""
    if name not in adapters():
        raise UserError(f"no adapter is called {name!r}; there are {', '.join(adapters())}")
    return adapters()[name]


def _adapter(path: Path) -> Adapter:
    module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    assigned = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.Assign)]
    constants = {
        target.id: node.value.value
        for node in assigned
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value, ast.Constant)
    }
    return Adapter(module, bool(constants.get("KNOWS_GROUPS", False)), constants.get("GENERATOR", GENERATOR))
