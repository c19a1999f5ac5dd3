"""Names of kinds of run → their classes: every module beside this one is a kind, loaded when it is asked for."""

from functools import cache
from pathlib import Path

from workflow_scripts.kinds.kind import RunKind, kind_of

_FOLDER = Path(__file__).parent
_NO_KINDS = ("__init__", "kind", "kind_registry", "made_kind")


@cache
def kinds() -> dict[str, type[RunKind]]:
    """Name → class of every kind, in the order in which they are listed."""
    names = sorted(path.stem for path in _FOLDER.glob("*.py") if path.stem not in _NO_KINDS)
    return {name: kind_of(name) for name in sorted(names, key=lambda name: (kind_of(name).position, name))}
