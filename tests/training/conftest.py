"""Data that most trainings of these tests learn from."""

import pytest

from tests import made
from tests.training.applying import PACKING
from workflow_scripts.steps import finish_run, train


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    return made.make_inputs(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def fusion_study(tmp_path_factory):
    """A study called `made` with one finished run of a joint network; its images were packed by cropping."""
    inputs = made.make_inputs(tmp_path_factory.mktemp("results") / "made", per_class=30)
    inputs.vouch({"settings": {"ingest": {"max_megapixels": 1.0}}}, {"settings": {"preprocess": PACKING}})
    folder = inputs.root / "runs" / "published" / "tiny" / "fold0-seed0"
    settings = made.settings(spec=made.fusion(), epochs=2)
    train.main(inputs.arguments(out=folder, settings=settings))
    finish_run.main(inputs.arguments(run=folder, settings={**settings, "aggregate": "none"}))
    return inputs, folder
