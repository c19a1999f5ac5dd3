"""docs/reference/results_files.md: every file of results/ with its columns, what writes and what reads it.

Columns and their types come from the contracts, what they mean from the comment above a contract, and who writes and
reads a table from the modules that import it.
"""

import ast
import importlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from workflow_scripts.contracts.tables import Table
from workflow_scripts.documentation.output_files import OUTPUT_FILES, OutputFile

PAGE = Path("docs") / "reference" / "results_files.md"
_CONTRACTS = "workflow_scripts.contracts"
# What makes files that no rule asks for.
COMMANDS = ("apply",)
_TYPES = {"str": "text", "int": "whole number", "float": "number"}
_HEAD = """<!-- Made by `make settings`; edit documentation/output_files.py and the contracts instead. -->
# Files of the results

Every file below `results/` has one step that writes it. Its columns are declared in one place, and a reader refuses a
file that is not what its record says ([what a record says](../how-to/restore.md#is-every-file-what-its-record-says)).
`<name>` stands for a name. Numbers in tables have nine significant digits, shares lie in [0, 1]. A log and the cost of
every job lie in `logs/` under the same names; what lies in `.work/` may be deleted when nothing runs.
"""
_FOLDERS = {
    "": "All studies together",
    "<study>": "A study",
    "dataset": "What was found in the raw files",
    "arrays": "Rows of all samples",
    "masks": "Masks",
    "examples": "Examples",
    "embeddings": "What networks make of pictures",
    "splits": "Splits",
    "runs": "Runs",
    "evaluation": "Evaluation",
    "explanation": "Explanation",
    "paper": "The paper's figures and tables",
    "predict": "New images",
    "curves": "A study",
    "headline": "A study",
}


@dataclass(frozen=True)
class Users:
    """Rooms of the package whose modules write a table, and those whose modules read it."""

    writing: frozenset[str]
    reading: frozenset[str]


def contract(file: OutputFile) -> Table:
    """The contract of a file that has one."""
    module, name = file.table.split(".")
    table: Table = getattr(importlib.import_module(f"{_CONTRACTS}.{module}"), name)
    return table


@cache
def _text(module: str) -> str:
    path = importlib.import_module(f"{_CONTRACTS}.{module}").__file__
    assert path is not None
    return Path(path).read_text(encoding="utf-8")


def meaning(table: str) -> str:
    """The comments above a contract, up to an empty line, as one paragraph; empty where it has none."""
    module, name = table.split(".")
    lines = _text(module).splitlines()
    end = next(number for number, line in enumerate(lines) if line.startswith(f"{name} = "))
    start = max(number for number, line in enumerate(lines[:end]) if not line)
    return " ".join(line.removeprefix("# ") for line in lines[start:end] if line.startswith("# "))


@cache
def _names_of(table: str) -> tuple[frozenset[str], frozenset[str]]:
    """Functions of a contract's module that write its table, and those that read it."""
    module, name = table.split(".")
    writing, reading = {f"write_{name.lower()}"}, {f"read_{name.lower()}"}
    for node in ast.parse(_text(module)).body:
        if isinstance(node, ast.FunctionDef):
            called = {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute) and _is(part.value, name)}
            writing |= {node.name} if "write" in called else set()
            reading |= {node.name} if called & {"read", "as_text", "typed"} else set()
    return frozenset(writing), frozenset(reading)


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


@dataclass(frozen=True)
class _Module:
    """Of a module outside the contracts: its room, (module, name) of what it imports of them, names that it writes."""

    room: str
    imported: frozenset[tuple[str, str]]
    written: frozenset[str]


@cache
def _modules() -> tuple[_Module, ...]:
    package = Path(__file__).resolve().parents[1]
    paths = [path for path in sorted(package.glob("*/**/*.py")) if path.parent != Path(__file__).parent]
    rooms = {path: path.relative_to(package).parts[0] for path in paths}
    return tuple(_read(path, room) for path, room in rooms.items() if room != "contracts")


def _read(path: Path, room: str) -> _Module:
    imported, written = set(), set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(f"{_CONTRACTS}."):
            imported |= {(node.module.removeprefix(f"{_CONTRACTS}."), alias.name) for alias in node.names}
        elif isinstance(node, ast.Attribute) and node.attr == "write" and isinstance(node.value, ast.Name):
            written.add(node.value.id)
    return _Module(room, frozenset(imported), frozenset(written))


@cache
def users(table: str) -> Users:
    """Who writes and who reads a table: a room counts if a module of it imports the contract or a function of it."""
    module, name = table.split(".")
    write_functions, read_functions = _names_of(table)
    writing, reading = set(), set()
    for user in _modules():
        imported = {imported for contract, imported in user.imported if contract == module}
        writes = name in imported and name in user.written
        writing |= {user.room} if writes or imported & write_functions else set()
        reading |= {user.room} if (name in imported and not writes) or imported & read_functions else set()
    return Users(frozenset(writing), frozenset(reading))


def columns(table: Table) -> str:
    """The columns as one line, with types and with what else a row may hold."""
    words = [f"`{name}` {_TYPES[kind]}" for name, kind in table.columns.items()]
    if table.optional:
        words.append("not always: " + ", ".join(f"`{name}` {_TYPES[kind]}" for name, kind in table.optional.items()))
    if table.shares:
        words.append(f"`{table.shares}<class>` a probability for each class")
    elif table.open:
        words.append("further columns")
    return " · ".join(words)


def values(table: Table) -> list[str]:
    """A line for each column that holds nothing but certain words."""
    return [
        f"`{column}` is one of: {', '.join(value or '(empty)' for value in held)}."
        for column, held in table.values.items()
    ]


def described(table: str) -> list[str]:
    """A table of what each column is, where the contract's module has the words for it."""
    module, _ = table.split(".")
    words = getattr(importlib.import_module(f"{_CONTRACTS}.{module}"), "COLUMNS", {})
    rows = [f"| `{name}` | {kind_and_words[1]} |" for name, kind_and_words in words.items()]
    return ["| column | what |", "|---|---|", *rows, ""] if rows else []


def _entry(file: OutputFile) -> list[str]:
    of_step = "command" if file.step in COMMANDS else "step"
    lines = [f"### {Path(file.path).name}", "", f"`results/{file.path}`: {file.meaning}"]
    reading = ", ".join(f"`{room}`" for room in sorted(users(file.table).reading)) or "nothing here"
    table, words = contract(file), meaning(file.table)
    closed = [part for line in values(table) for part in (line, "")]
    return [
        *lines,
        f"*Written by* the {of_step} `{file.step}`. *Read by* {reading}.",
        "",
        columns(table),
        "",
        *([words, ""] if words else []),
        *closed,
        *described(file.table),
    ]


def _heading(file: OutputFile) -> str:
    parts = Path(file.path).parts
    folder = parts[1] if len(parts) > 2 else "<study>" if len(parts) > 1 else ""
    return _FOLDERS[folder]


def page() -> str:
    """The page: a heading a folder, a part a file that has a contract, a list of the others."""
    headings = dict.fromkeys(map(_heading, OUTPUT_FILES))
    lines = [_HEAD]
    for heading in headings:
        files = [file for file in OUTPUT_FILES if _heading(file) == heading]
        lines += [f"## {heading}", "", "| file | what | written by |", "|---|---|---|"]
        lines += [f"| `{file.path}` | {file.meaning} | `{file.step}` |" for file in files]
        lines.append("")
        for file in files:
            if file.table:
                lines += _entry(file)
    return "\n".join(lines).rstrip() + "\n"
