"""A digest of the code a step runs, so that editing a module re-runs what uses it and editing a comment nothing."""

import ast
import hashlib
import json
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from workflow_scripts.runtime.files import atomic_path
from workflow_scripts.runtime.python_text import syntax_tree

PACKAGE = "workflow_scripts"
ROOT = Path(__file__).resolve().parents[2]
# What lies beside modules and is none: compiled ones, and what editors leave.
_NO_COMPANIONS = ("*.py", "*.pyc", "*~", ".*")
_WITH_DOCSTRING = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
MEMO = ROOT / ".work" / "modules.json"
# Another Python has other syntax trees; another way to read them is in this file.
_WRITTEN_BY = f"{sys.version} {hashlib.sha256(Path(__file__).read_bytes()).hexdigest()}"


@cache
def _path_of(module: str) -> Path | None:
    """File of a module of this project, or None if there is no such module; that of a package need not be there."""
    base = ROOT.joinpath(*module.split("."))
    if base.with_suffix(".py").exists():
        return base.with_suffix(".py")
    return base / "__init__.py" if base.is_dir() else None


def _file_of(module: str) -> Path:
    """File of a module; LookupError when there is no such module."""
    path = _path_of(module)
    if path is None:
        raise LookupError(f"no module {module} under {ROOT}")
    return path


@dataclass(frozen=True)
class _Module:
    """What is known of a module's text. tree: digest of its syntax tree; imports: all names that it imports."""

    source: str
    tree: str
    imports: tuple[str, ...]


@cache
def _module(name: str) -> _Module:
    """The module as it is now; read from its text unless the memo knows that very text."""
    file = _file_of(name)
    text = file.read_bytes() if file.exists() else b""
    source = hashlib.sha256(text).hexdigest()
    kept = _memo().get(name)
    return kept if kept and kept.source == source else _read(name, file, text, source)


def _read(name: str, file: Path, text: bytes, source: str) -> _Module:
    """Imports wherever they stand; the syntax tree without docstrings, so that comments and layout do not count."""
    tree = syntax_tree(file, text)
    imported: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            raise LookupError(f"{name}, line {node.lineno}: a relative import is not followed; write the whole name")
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None  # only a relative import may have none
            imported.add(node.module)
            imported.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, _WITH_DOCSTRING) and ast.get_docstring(node, clean=False):
            node.body = node.body[1:] or [ast.Pass()]
    digest = hashlib.sha256(ast.dump(tree).encode()).hexdigest()
    own = sorted(name for name in imported if name.split(".")[0] == PACKAGE)
    return _Module(source, digest, tuple(own))


@cache
def _memo() -> dict[str, _Module]:
    """What earlier calls found: to parse all modules takes two thirds of the time before a workflow begins."""
    try:
        kept = json.loads(MEMO.read_text(encoding="utf-8"))
        entries = kept.get(_WRITTEN_BY, {}).items()
        return {name: _Module(entry[0], entry[1], tuple(entry[2])) for name, entry in entries}
    except (OSError, ValueError):
        return {}  # made anew


def _keep(names: set[str]) -> None:
    """Add modules to the memo. Where it cannot be written, each call takes a little longer."""
    new = {name: _module(name) for name in names if _memo().get(name) != _module(name)}
    if not new:
        return
    _memo().update(new)
    entries = {name: [module.source, module.tree, module.imports] for name, module in sorted(_memo().items())}
    with suppress(OSError), atomic_path(MEMO) as temporary:
        temporary.write_text(json.dumps({_WRITTEN_BY: entries}), encoding="utf-8")


@cache
def _imports(module: str) -> frozenset[str]:
    """Modules of this project that a module imports, wherever in its text."""
    return frozenset(name for name in _module(module).imports if _path_of(name))


@cache
def closure(module: str) -> frozenset[str]:
    """The module and every module of this project that it imports, directly or not."""
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(_imports(name) - seen)
    return frozenset(seen)


def _companions(folder: Path) -> list[Path]:
    """Templates, style sheets and tables beside the modules of a folder, and in its folders without modules."""
    companions: list[Path] = []
    for path in sorted(folder.iterdir()):
        if any(path.match(pattern) for pattern in _NO_COMPANIONS):
            continue
        if path.is_file():
            companions.append(path)
        elif path.name != "__pycache__" and not any(path.rglob("*.py")):
            companions += _companions(path)
    return companions


@cache
def code_digest(*modules: str) -> str:
    """Digest over the import closures of `modules` and the files beside them that are no Python, which they may read.

    Raises LookupError when a module does not exist, or imports by a relative name: a rule that names a module wrongly,
    or whose digest would miss one, must not run. UserError for one that is no valid Python.
    """
    names: set[str] = set()
    for module in modules:
        names |= closure(module)
    total = hashlib.sha256()
    for name in sorted(names):
        total.update(f"{name} {_module(name).tree}\n".encode())
    for folder in sorted({_file_of(name).parent for name in names}):
        for companion in _companions(folder):
            total.update(companion.name.encode() + companion.read_bytes())
    _keep(names)
    return total.hexdigest()
