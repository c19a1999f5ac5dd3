"""Every network that a shipped study trains at the scale of its paper can be built and has a layer for Grad-CAM."""

from pathlib import Path

import pytest
import torch

from workflow_scripts.contracts.blocks import plain
from workflow_scripts.explanation.target_layers import target_layer
from workflow_scripts.models.build import build
from workflow_scripts.models.input_shape import square
from workflow_scripts.runtime.files import canonical_json
from workflow_scripts.settings.load import settings
from workflow_scripts.settings.steps import Steps

STEPS = Steps(settings(Path(__file__).resolve().parents[2], {"scale": "paper"}))
# One run of each network and size; the 22 rivals of CVM-Cervix have tests of their own.
NETWORKS = {
    canonical_json([plain(STEPS.spec(study, name)), chosen.preprocess.size]): (study, name)
    for study, chosen in STEPS.config.studies.items()
    for name, run in chosen.runs.items()
    if STEPS.kind(study, name).leaves_weights and STEPS.kind(study, name).reads == "pixels"
    if run.kind != "network" or study != "cvm_cervix"
}


@pytest.mark.parametrize(("study", "run"), NETWORKS.values())
def test_it_is_built_and_has_a_layer_to_explain(study, run):
    size = STEPS.study(study).preprocess.size
    # Shapes only: no memory, no time.
    with torch.device("meta"):
        model = build(STEPS.spec(study, run), 3, square(size), seed=0)
        parts = list(model.branches.values()) if hasattr(model, "branches") else [model]
        assert model(torch.zeros(2, 3, size, size)).shape == (2, 3)
        for part in parts:
            assert min(target_layer(part, square(size)).shape) > 1
