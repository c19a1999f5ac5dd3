"""Names of adapters → modules, as text: to name one imports none, to load one imports only it.

An adapter is a module of this package, or `adapter.py` in the folder of a study, which then has the study's name.
"""

import ast
import importlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from workflow_scripts.data.readers import reader_registry
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.python_text import syntax_tree

if TYPE_CHECKING:
    from workflow_scripts.data.readers.reader_interface import Reader

PACKAGE = Path(__file__).resolve().parents[2]
# Draws the synthetic data of studies without a generator of their own, as pictures.
SMEARS = "workflow_scripts.synthetic.smears"
# The modality of files that are no pictures.
TABLE = "table"
# What is read of an adapter without importing it.
_CONSTANTS = ("MODALITY", "PRIVATE", "KNOWS_GROUPS", "NEEDS", "KEYS", "IN_DATASET")


@dataclass(frozen=True)
class Adapter:
    """Where an adapter's code is, and whether its layout always says which samples belong together.

    `modality`: the name of the reader of its files; `private`: whether they bear names of people; `needs`: the key of
    `ingest` that it cannot do without, empty where there is none; `keys`: those that nobody else reads. `in_dataset`:
    whether samples are read from tables that ingest writes.
    """

    module: str
    knows_groups: bool
    modality: str
    private: bool = False
    needs: str = ""
    keys: tuple[str, ...] = ()
    in_dataset: bool = False

    def generator(self, paper: str) -> str:
        """The module that draws the synthetic data of a paper's studies for this adapter, see synthetic.pictures.

        It lies in the folder of the paper, or of the study that the adapter belongs to: synthetic_<modality>.py where
        there is one, else, of pictures, synthetic.py; without one, cells are drawn. Empty where the adapter's files are
        no pictures and nobody draws them.
        """
        folders = [PACKAGE / "studies" / paper] if paper else []
        folders.append(PACKAGE.parent.joinpath(*self.module.split(".")).parent)
        names = [f"synthetic_{self.modality}", *(["synthetic"] if self.modality != TABLE else [])]
        for folder in folders:
            for name in names:
                if (folder / f"{name}.py").is_file():
                    return ".".join((folder / name).relative_to(PACKAGE.parent).parts)
        return SMEARS if self.modality == reader_registry.DEFAULT else ""


@cache
def adapters() -> dict[str, Adapter]:
    """Name → adapter, in the order of names; reads the files' constants and imports nothing."""
    files = {path.stem: path for path in (PACKAGE / "data" / "adapters").glob("*.py")}
    files |= {path.parent.name: path for path in (PACKAGE / "studies").glob("*/adapter.py")}
    parsed = {name: syntax_tree(path, path.read_bytes()).body for name, path in sorted(files.items())}
    return {name: _adapter(files[name], body) for name, body in parsed.items() if _is_adapter(body)}


def load(name: str) -> ModuleType:
    """The adapter of that name, see data.adapters.interface; UserError when there is none."""
    return importlib.import_module(entry_called(name).module)


def options_of(name: str) -> dict[str, Any]:
    """What the adapter of that name says to the reader of its files."""
    return dict(getattr(load(name), "OPTIONS", {}))


def load_reader(name: str) -> "Reader":
    """The reader of an adapter's files, see data.readers.reader_interface; UserError when there is none."""
    return reader_registry.load(entry_called(name).modality, options_of(name))


def entry_called(name: str) -> Adapter:
    """The entry of that name; UserError when there is none."""
    if name not in adapters():
        raise UserError(f"no adapter is called {name!r}; there are {', '.join(adapters())}")
    return adapters()[name]


def is_private(name: str) -> bool:
    """Whether the files of the adapter of that name bear names of people."""
    return name in adapters() and adapters()[name].private


def is_in_dataset(name: str) -> bool:
    """Whether the samples of the adapter of that name are read from tables that ingest writes."""
    return entry_called(name).in_dataset


def _is_adapter(body: list[ast.stmt]) -> bool:
    """Whether a module is an adapter, and not this one or the interface: adapters define `samples`."""
    return any(isinstance(node, ast.FunctionDef) and node.name == "samples" for node in body)


def _adapter(path: Path, body: list[ast.stmt]) -> Adapter:
    module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    constants = {
        target.id: ast.literal_eval(node.value)
        for node in body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id in _CONSTANTS
    }
    return Adapter(
        module,
        knows_groups=bool(constants.get("KNOWS_GROUPS", False)),
        modality=str(constants.get("MODALITY", reader_registry.DEFAULT)),
        private=bool(constants.get("PRIVATE", False)),
        needs=str(constants.get("NEEDS", "")),
        keys=tuple(constants.get("KEYS", ())),
        in_dataset=bool(constants.get("IN_DATASET", False)),
    )
