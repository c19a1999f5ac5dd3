"""Names of kinds of run → their classes: every module beside this one is a kind, loaded when it is asked for."""

import importlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from workflow_scripts.contracts.blocks import parse
from workflow_scripts.kinds.kind import RunKind

_FOLDER = Path(__file__).parent
_NO_KINDS = ("__init__", "kind", "kind_registry")


@cache
def kinds() -> dict[str, type[RunKind]]:
    """Name → class of every kind, in the order in which they are listed."""
    names = sorted(path.stem for path in _FOLDER.glob("*.py") if path.stem not in _NO_KINDS)
    return {name: kind_of(name) for name in sorted(names, key=lambda name: (kind_of(name).position, name))}


@cache
def kind_of(name: str) -> type[RunKind]:
    """The class of the kind of that name, see kinds.kind. TypeError where its module does not declare one."""
    module = importlib.import_module(module_of_kind(name))
    declared = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, RunKind) and value.__module__ == module.__name__
    ]
    if len(declared) != 1:
        raise TypeError(f"{module.__name__} declares {len(declared)} kinds of run; a module declares one")
    return declared[0]


def module_of_kind(name: str) -> str:
    """The module of the kind of that name."""
    return f"{__name__.rpartition('.')[0]}.{name}"


def read_spec(spec: Mapping[str, Any]) -> RunKind:
    """The settings of a run, as JSON holds them, as its kind; without the key `train`, which is the training's."""
    return parse(kind_of(spec["kind"]), spec)
