"""The text of a Python module, read without running it."""

import ast
from pathlib import Path

from workflow_scripts.runtime.errors import UserError


def syntax_tree(path: Path, text: bytes) -> ast.Module:
    """The syntax tree of a module's text; UserError with file and line where it is no Python."""
    try:
        return ast.parse(text)
    except SyntaxError as error:
        line = f", line {error.lineno}" if error.lineno else ""
        raise UserError(f"{path}{line}: no valid Python: {error.msg}; correct it") from None
