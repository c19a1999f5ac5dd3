"""The pages on adapters and readers, followed in a copy: each is one new file, and nothing else is edited."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.workflow.conftest import ROOT
from workflow_scripts.contracts.dataset import QUARANTINE, read_manifest
from workflow_scripts.runtime.files import read_json
from workflow_scripts.settings.data_blocks import Ingest

BLOCK = re.compile(r"^```python\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
STACKS = """
from workflow_scripts.data.adapters.interface import Sample
from workflow_scripts.data.readers.stack_reader import Frame

MODALITY = "stack"
LABELS = None


def samples(root, ingest):
    for path in sorted(root.glob("*.npy")):
        for frame in range(3):
            yield Sample(path.name, f"{path.stem}/{frame}", path.stem[0], group=path.stem, part=Frame(frame))
"""


def follow(page: str, package: Path) -> None:
    """Write the file that a page shows into a copy of the project."""
    [(name, text)] = BLOCK.findall((ROOT / "docs" / "how-to" / page).read_text(encoding="utf-8"))
    assert not (package / name).exists()
    (package / name).write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """A copy of the package with the adapter and the reader of the pages, and an adapter that names that reader."""
    folder = tmp_path_factory.mktemp("copy")
    compiled = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "workflow_scripts", folder / "workflow_scripts", ignore=compiled)
    follow("add_an_adapter.md", folder)
    follow("add_a_reader.md", folder)
    (folder / "workflow_scripts/data/adapters/stacks.py").write_text(STACKS, encoding="utf-8")
    return folder


def ingested(copy: Path, adapter: str, source: Path, **changes: object) -> Path:
    """The dataset that the step ingest of the copy makes of a folder."""
    settings = {"study": "test", "adapters": [adapter], "synthetic": False, "scale": "demo", "listing": None}
    settings |= {"attributes": [], "ingest": Ingest(**changes).model_dump(mode="json")}
    out = copy / f"dataset-{adapter}"
    command = [sys.executable, "-m", "workflow_scripts.steps.ingest", "--settings", json.dumps(settings), "--code", "c"]
    command += [
        "--log",
        str(copy / "log"),
        "--source",
        f"{adapter}={source}",
        "--out",
        str(out),
        "--work",
        str(copy / "work"),
    ]
    done = subprocess.run(command, cwd=copy, env={"PYTHONPATH": str(copy)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out


def test_an_adapter_of_visits_is_one_new_file(copy: Path, tmp_path: Path) -> None:
    names = ["ann", "bea", "cleo", "dora"]
    outcomes = pd.DataFrame({"patient": names, "outcome": ["none", "CIN2+", "none", "CIN2+"]})
    outcomes.to_csv(tmp_path / "outcomes.csv", index=False)
    visits = [
        ("bea", "2012-03-01", 41, "positive"),
        ("ann", "2015-01-01", 33.5, "negative"),
        ("ann", "2010-01-01", 28.5, ""),
        ("dora", "2012-01-01", 50, "unsure"),
    ]
    pd.DataFrame(visits, columns=["patient", "date", "age", "hpv"]).to_csv(tmp_path / "visits.csv", index=False)
    dataset = ingested(copy, "register", tmp_path, max_refused=0.6)
    manifest = read_manifest(dataset)
    assert list(manifest.columns)[-4:] == ["source", "visits", "sha256", "patient"]
    assert manifest[["id", "visits", "patient"]].to_numpy().tolist() == [["ann", 2, "ann"], ["bea", 1, "bea"]]
    assert QUARANTINE.read(dataset / "quarantine.csv")[["reason", "detail"]].to_numpy().tolist() == [
        ["incomplete", "cleo: no visit in the table"],
        ["not_a_number", "dora: row 5: hpv 'unsure' is neither a number nor one of its codes"],
    ]
    assert pd.read_csv(dataset / "equal_pairs.csv").empty


def test_a_reader_is_one_new_file(copy: Path, tmp_path: Path) -> None:
    for number, name in enumerate(["a1", "b1"]):
        stack = np.arange(3 * 5 * 4, dtype=np.uint16).reshape(3, 5, 4) + 60_000 + number
        np.save(tmp_path / f"{name}.npy", stack)
    dataset = ingested(copy, "stacks", tmp_path)
    manifest = read_manifest(dataset)
    assert list(manifest.columns)[-4:] == ["height", "width", "sha256", "frame"]
    assert manifest["frame"].tolist() == [0, 1, 2, 0, 1, 2] and set(manifest["height"]) == {5}
    assert manifest["sha256"].nunique() == 6
    assert read_json(dataset / "record.json")["modality"]["name"] == "stack"
