"""Each test of this folder runs twice: on the processor, which stands in at tiny size, and on a GPU, if there is one.

`pytest tests/gpu -k cuda` on a machine with a GPU runs the second half alone. It needs neither Snakemake nor pydantic;
what config.yaml declares is read from the file that DECLARED names (see tests/benchmarks/declared.py) where it is set.
"""

import os
import sys
from pathlib import Path

import pytest
import torch

from tests import made
from workflow_scripts.steps import train
from workflow_scripts.training import devices

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
NO_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=NO_GPU)])
def device(request) -> str:
    return request.param


@pytest.fixture(autouse=True)
def reserves_nothing(monkeypatch):
    """A test reserves no GPU: its process would keep it to the end, and what later tests start would wait for it."""
    for module in (devices, train):
        monkeypatch.setattr(module, "process_gpus", lambda uuids, count, jobs_per_gpu=1: list(range(count)))


@pytest.fixture(scope="module")
def inputs(tmp_path_factory) -> made.Inputs:
    return made.make_inputs(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def declared():
    """Networks and trainings of the paper, from the file of home or from the settings."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        from declared import Declared
    finally:
        sys.path.remove(str(BENCHMARKS))
    path = os.environ.get("DECLARED")
    return Declared.read(Path(path) if path else None)
