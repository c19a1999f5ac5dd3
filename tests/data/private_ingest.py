"""Ingest of files that bear names of people, and all that can be read of what it leaves and says."""

import io
import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.copied_project import ROOT
from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.step_settings.ingest_settings import Ingest


def ingested(source: tuple[str, Path], ingest: Ingest, folder: Path, **changes: object) -> tuple[int, str]:
    """Ingest in a process of its own: its status, and all that it wrote or said, names of files included.

    `source`: an adapter and its folder of files. `folder` is made: tables lie in its folder `out`, the key in
    private/k. `changes`: settings of ingest, as a user writes them.
    """
    adapter, root = source
    settings = {"study": "test", "adapters": [adapter], "synthetic": False, "scale": "demo", "listing": None}
    settings |= {"attributes": ["age"], "ingest": {**plain(replace(ingest, max_refused=0.9)), **changes}}
    folder.mkdir()
    out, log = folder / "out", folder / "log"
    command = [sys.executable, "-m", "workflow_scripts.steps.ingest", "--settings", json.dumps(settings), "--log", log]
    command += ["--source", f"{adapter}={root}", "--out", out, "--key", folder / "private" / "k"]
    command += ["--jobs", "2", "--work", ".work"]
    environment = {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([*map(str, command)], cwd=folder, env=environment, capture_output=True, text=True)
    texts = [f"{path}\n{text_of(path)}" for path in [log, *sorted(out.rglob("*"))] if path.is_file()]
    return done.returncode, "\n".join([*texts, done.stdout, done.stderr])


def text_of(path: Path) -> str:
    """All that can be read in a file, of an archive in its members, too."""
    text = path.read_bytes().decode("latin-1")
    if path.suffix == ".npz":
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                assert np.load(io.BytesIO(archive.read(name))).dtype == np.uint8, name
                text += f"{name} {archive.read(name).decode('latin-1')}"
    return text
