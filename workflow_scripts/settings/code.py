"""A digest of the code a step runs, so that editing a module re-runs what uses it and editing a comment nothing."""

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = "workflow_scripts"
ROOT = Path(__file__).resolve().parents[2]
# Files that are no Python but shape a step's output belong to the package that reads them.
_COMPANIONS = ("*.j2", "*.css", "*.yaml", "*.md")


def _path_of(module: str) -> Path | None:
    """File of a module of this project, or None if there is no such module."""
    base = ROOT.joinpath(*module.split("."))
    for candidate in (base.with_suffix(".py"), base / "__init__.py"):
        if candidate.exists():
            return candidate
    return None


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@cache
def _imports(module: str) -> frozenset[str]:
    """Modules of this project that a module imports, wherever in its text."""
    path = _path_of(module)
    found: set[str] = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(name for name in found if name.split(".")[0] == PACKAGE and _path_of(name))


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


@cache
def _digest(path: Path) -> str:
    """Digest of one module's syntax tree without docstrings: comments and layout do not count."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node, clean=False
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


@cache
def code_digest(*modules: str) -> str:
    """Digest over the import closures of `modules` and the templates and style sheets beside them.

    Raises LookupError when a module does not exist: a rule that names a module wrongly must not run.
    """
    names: set[str] = set()
    for module in modules:
        if _path_of(module) is None:
            raise LookupError(f"no module {module} under {ROOT}")
        names |= closure(module)
    total = hashlib.sha256()
    for name in sorted(names):
        path = _path_of(name)
        total.update(f"{name} {_digest(path)}\n".encode())
    for folder in sorted({_path_of(name).parent for name in names}):
        for place in (folder, folder / "templates"):
            for companion in sorted(found for pattern in _COMPANIONS for found in place.glob(pattern)):
                total.update(companion.name.encode() + companion.read_bytes())
    return total.hexdigest()
