"""Mistakes that somebody could make, one line each, and the tests that must turn red when it is made.

A list a file: `file`, the text `old` that stands there once, `new` in its place, and the narrow `tests` that see it.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.copied_project import ROOT, copy_parts

COPIED = ("workflow_scripts", "tests", "rules", "docs", "config.yaml", "pyproject.toml", "Snakefile")
TESTS_FAILED = 1  # what pytest exits with; 2 and more: it could not run them


def _listed() -> list:
    found = []
    for path in sorted(Path(__file__).parent.glob("*.yaml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
            found.append(pytest.param(entry, id=f"{Path(entry['file']).stem}: {entry['new']}"[:60]))
    return found


MUTATIONS = _listed()


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """The project, to be broken."""
    return copy_parts(COPIED, tmp_path_factory.mktemp("mutated"))


def test_the_list_is_long_and_each_mistake_is_on_it_once():
    entries = [param.values[0] for param in MUTATIONS]
    assert len(entries) >= 30
    assert len({(entry["file"], entry["old"], entry["new"]) for entry in entries}) == len(entries)


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_each_mistake_can_still_be_made(mutation):
    """A text that moved would leave its tests unproven; so would a test that is not there."""
    assert set(mutation) == {"file", "old", "new", "tests"}
    text = (ROOT / mutation["file"]).read_text(encoding="utf-8")
    assert text.count(mutation["old"]) == 1, f"{mutation['file']} has {mutation['old']!r} not once"
    for named in mutation["tests"].split():
        path, _, function = named.partition("::")
        assert f"def {function.partition('[')[0]}" in (ROOT / path).read_text(encoding="utf-8"), named


@pytest.mark.slow
@pytest.mark.parametrize("mutation", MUTATIONS)
def test_the_tests_see_each_mistake(copy, mutation):
    path = copy / mutation["file"]
    right = path.read_text(encoding="utf-8")
    path.write_text(right.replace(mutation["old"], mutation["new"], 1), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *mutation["tests"].split()]
    # Compiled modules are told apart by second and size, which a mistake of one letter leaves as they are.
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)
    finally:
        path.write_text(right, encoding="utf-8")
    said = done.stdout[-1500:] + done.stderr[-500:]
    assert done.returncode == TESTS_FAILED, f"{mutation['tests']} did not fail:\n{said}"
