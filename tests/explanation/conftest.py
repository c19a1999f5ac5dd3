"""Three tiny runs of synthetic data, explained once for all tests."""

import pytest

from tests import made
from workflow_scripts.steps import explain, train

SPECS = {"cnn": made.network(), "vit": made.network(made.VIT), "joint": made.fusion()}


@pytest.fixture(scope="session")
def explained(tmp_path_factory):
    """Inputs, folder of explanations, and the settings of the explain step."""
    inputs = made.make_inputs(tmp_path_factory.mktemp("made"))
    blocks = {}
    for run, spec in SPECS.items():
        settings = made.settings(spec=spec, run=run, epochs=1)
        train.main(inputs.arguments(out=inputs.root / "runs" / run / "fold0-seed0", settings=settings))
        blocks[run] = {"spec": spec, "train": settings["train"]}
    shared = {"study": "made", "protocol": "published", "fold": 0, "seed": 0, "reported": "test", "specs": blocks}
    shared["preprocess"] = {"size": 32, "fit": "squash", "pixel_size": None}
    settings = {**shared, "explain": {"runs": list(SPECS), "images": 4, "errors": 3, "embedding": True}}
    out = inputs.root / "explanation"
    explain.main(inputs.arguments(runs=inputs.root / "runs", out=out, settings=settings))
    return inputs, out, settings
