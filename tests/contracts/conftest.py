"""A study whose files are what their records say, and a copy to damage."""

import shutil
from pathlib import Path

import pytest

from tests import made
from tests.contracts.finished_training import RUN, SETTINGS
from workflow_scripts.steps import finish_run, train


@pytest.fixture(scope="session")
def original(tmp_path_factory) -> made.Inputs:
    """A study with a trained run that is finished, and a vote of it."""
    inputs = made.make_inputs(tmp_path_factory.mktemp("verified") / "results" / "made", per_class=10)
    inputs.vouch({"settings": {"ingest": {"max_megapixels": 1.0}}, "groups_known": False})
    (inputs.root / "dataset" / "equal_pairs.csv").write_text("id_a,id_b,kind,distance,label_a,label_b\n")
    inputs.vouch()
    train.main(inputs.arguments(out=inputs.root / RUN, settings=SETTINGS))
    out = (inputs.root / RUN).with_name("finished.json")
    finish_run.finish(inputs.arguments(run=[inputs.root / RUN], out=out, settings={**SETTINGS, "aggregate": "none"}))
    return inputs


@pytest.fixture
def study(original, tmp_path) -> made.Inputs:
    return made.Inputs(Path(shutil.copytree(original.root, tmp_path / "results" / "made")))
