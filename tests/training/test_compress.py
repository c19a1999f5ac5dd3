"""A compressed run: the smaller file is what predicts, it is as small as it says, and it nearly agrees."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from tests import made
from workflow_scripts.models import compression
from workflow_scripts.models.compression import STEP, _expanded, _to_int8
from workflow_scripts.models.input_shape import square
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file
from workflow_scripts.steps import finish_run, train

MEMBER = made.settings(epochs=3, spec=made.fusion())
# Largest difference of a probability that each form may make (float32 rounding, 11, 8 and 7 bits of a weight).
TOLERANCES = {"onnx": 1e-5, "float16": 5e-3, "bfloat16": 5e-2, "int8": 1e-1}
SHARES = {"onnx": (0.9, 1.3), "float16": (0.5, 0.62), "bfloat16": (0.5, 0.62), "int8": (0.25, 0.5)}


def settings(to):
    run = {"kind": "compressed", "of": "tiny", "to": to}
    job = {key: MEMBER[key] for key in ("study", "protocol", "fold", "seed")}
    return {**job, "run": f"tiny-{to}", "spec": run, "member": MEMBER, "aggregate": "none"}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    inputs = made.make_inputs(tmp_path_factory.mktemp("made"))
    train.main(inputs.arguments(out=inputs.root / "run", settings=MEMBER))
    finish_run.main(inputs.arguments(run=inputs.root / "run", settings={**MEMBER, "aggregate": "none"}))
    for to in TOLERANCES:
        inputs.make_run(settings(to), inputs.root / to, inputs.root / "run")
    return inputs.root


def probabilities(folder):
    table = pd.read_csv(folder / "predictions.csv")
    return table[[f"p_{name}" for name in made.CLASSES]].to_numpy()


@pytest.mark.parametrize("to", TOLERANCES)
def test_predictions_stay_close_and_the_record_says_how_close(trained, to):
    before, after = probabilities(trained / "run"), probabilities(trained / to)
    difference = np.abs(before - after).max()
    assert difference <= TOLERANCES[to]
    record = json.loads((trained / to / "record.json").read_text())["compression"]
    assert max(record["largest_difference"].values()) == pytest.approx(difference, rel=0.02, abs=1e-8)
    subset = pd.read_csv(trained / to / "predictions.csv")["subset"].to_numpy()
    for name in ("validation", "test"):
        same = before.argmax(1) == after.argmax(1)
        assert record["agreement"][name] == pytest.approx(same[subset == name].mean())


@pytest.mark.parametrize("to", TOLERANCES)
def test_the_file_is_as_small_as_its_form_promises(trained, to):
    record = json.loads((trained / to / "record.json").read_text())
    file = next((trained / to / "model").iterdir())
    low, high = SHARES[to]
    assert record["compression"]["bytes"] == file.stat().st_size
    assert low <= file.stat().st_size / (trained / "run" / "weights.safetensors").stat().st_size <= high
    assert record["outputs"][f"model/{file.name}"] == digest_file(file)


def test_16_bit_weights_do_change_the_predictions(trained):
    """Otherwise the network would have predicted with its own weights, not with those of the file."""
    assert np.abs(probabilities(trained / "run") - probabilities(trained / "bfloat16")).max() > 0
    assert np.abs(probabilities(trained / "run") - probabilities(trained / "int8")).max() > 0


@pytest.mark.parametrize("to", ["float16", "onnx"])
def test_equal_trainings_are_compressed_to_equal_bytes(trained, tmp_path, to):
    inputs = made.Inputs(trained)
    inputs.make_run(settings(to), tmp_path, trained / "run")
    for name in ("predictions.csv", f"model/{next((tmp_path / 'model').iterdir()).name}"):
        assert (tmp_path / name).read_bytes() == (trained / to / name).read_bytes()


def test_time_per_image_of_both_networks_is_kept(trained):
    ledger = json.loads((trained / "float16" / "ledger.json").read_text())
    assert ledger["predict_images_per_second"] > 0 and ledger["predict_images_per_second_before"] > 0


def test_no_8_bit_weight_is_off_by_more_than_half_a_step(trained):
    before = load_file(trained / "run" / "weights.safetensors")
    small = _to_int8(before)
    after = _expanded(small)
    assert set(after) == set(before)
    for key, value in before.items():
        if STEP + key in small:
            half = small[STEP + key].view(-1, *[1] * (value.ndim - 1)) / 2
            assert ((after[key] - value).abs() <= half * 1.0001).all()
        else:
            assert (after[key] == value).all()


class FixedCount(torch.nn.Module):
    """Takes the number of images for a number, which tracing makes a constant of: the file's shape, or its outputs."""

    def __init__(self, shape: bool):
        super().__init__()
        self.weight, self.shape = torch.nn.Linear(3, 2), shape

    def forward(self, images):
        features = images.mean((2, 3))
        count = len(images)
        return self.weight(features.reshape(count, 3) + torch.zeros(count, 3) if self.shape else features / count)


@pytest.mark.parametrize(("shape", "says"), [(True, "cannot be run with any number of images"), (False, "gives other")])
def test_an_onnx_file_for_one_number_of_images_only_is_refused(tmp_path, shape, says):
    with pytest.raises(UserError, match=says) as caught:
        compression._write_onnx(FixedCount(shape), tmp_path / "model.onnx", square(8))
    assert "\n" not in str(caught.value) and not list(tmp_path.iterdir())


def test_what_onnx_cannot_say_is_one_line(tmp_path, capfd):
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.AdaptiveAvgPool2d(5), torch.nn.Flatten())
    with pytest.raises(UserError, match="as ONNX for images of 9 pixels: .*adaptive.*; choose float16") as caught:
        compression._write_onnx(network, tmp_path / "model.onnx", square(9))
    assert "\n" not in str(caught.value) and not list(tmp_path.iterdir())
    assert capfd.readouterr().out == ""


def test_weights_of_another_training_are_refused(trained, tmp_path):
    inputs = made.Inputs(trained)
    other = settings("float16") | {"member": {**MEMBER, "seed": 1}}
    with pytest.raises(UserError, match="trained with other settings"):
        inputs.make_run(other, tmp_path, trained / "run")
