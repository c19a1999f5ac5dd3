"""Names of modalities → readers, as text: to name one imports none, to load one imports only it.

A reader is the class `<Modality>Reader` of a module `<modality>_reader.py` in this package, see reader_interface.
"""

import importlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workflow_scripts.runtime.errors import UserError

if TYPE_CHECKING:
    from workflow_scripts.data.readers.reader_interface import Reader

PACKAGE = "workflow_scripts.data.readers"
ENDING = "_reader"
DEFAULT = "image"


@cache
def readers() -> dict[str, str]:
    """Modality → "module:class", in the order of names; from the names of the files, none is imported."""
    modalities = sorted(path.stem.removesuffix(ENDING) for path in Path(__file__).parent.glob(f"*{ENDING}.py"))
    return {name: f"{PACKAGE}.{name}{ENDING}:{_class_name(name)}" for name in modalities}


def module_of(modality: str) -> str:
    """The module of a modality's reader; UserError when there is none."""
    if modality not in readers():
        raise UserError(f"no reader is called {modality!r}; there are {', '.join(readers())}")
    return readers()[modality].partition(":")[0]


def load(modality: str, options: Mapping[str, Any]) -> "Reader":
    """The reader of that modality, made with an adapter's options; UserError when there is none."""
    module = importlib.import_module(module_of(modality))
    return getattr(module, _class_name(modality))(**options)


def _class_name(modality: str) -> str:
    return "".join(word.capitalize() for word in modality.split("_")) + "Reader"
