"""Benchmarks start as their docstrings say: by their path, from any folder, without PYTHONPATH."""

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent / "benchmarks"
SCRIPTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.py"))}
_OWN = re.compile(r"^(?:from|import) (?:workflow_scripts|tests)\b", re.MULTILINE)


def finds_this_project(name: str) -> bool:
    """Whether the path to this project is known before the first import from it, or in a script that is imported."""
    before = _OWN.split(SCRIPTS[name])[0]
    imported = re.findall(r"^(?:from|import) (\w+)", before, re.MULTILINE)
    return "sys.path.insert(0" in before or any(finds_this_project(other) for other in imported if other in SCRIPTS)


@pytest.mark.parametrize("name", [name for name, text in SCRIPTS.items() if _OWN.search(text) and "__main__" in text])
def test_a_benchmark_finds_this_project_before_it_imports_from_it(name):
    assert finds_this_project(name)
