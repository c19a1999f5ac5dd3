"""The predict step: probabilities of what was not trained on, from weights that belong to the run."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch

from tests import made
from tests.vouched import vouch
from workflow_scripts.contracts.record import processor, read_record, versions
from workflow_scripts.models.input_shape import square
from workflow_scripts.models.weights import load_trained, read_trained
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file
from workflow_scripts.steps import finish_run, train
from workflow_scripts.training import devices, inference
from workflow_scripts.training.feeders.pixels import PixelView
from workflow_scripts.training.samples import read_samples

SETTINGS = made.settings(epochs=1)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    inputs = made.make_inputs(tmp_path_factory.mktemp("made"))
    train.main(inputs.arguments(out=inputs.root / "run", settings=SETTINGS))
    finish_run.main(inputs.arguments(run=inputs.root / "run", settings={**SETTINGS, "aggregate": "none"}))
    return inputs


def test_probabilities_are_the_networks_own(trained):
    table = pd.read_csv(trained.root / "run" / "predictions.csv").set_index("id")
    split = pd.read_csv(trained.split).set_index("id")["subset"]
    assert set(table.index) == set(split.index[split != "train"])
    weights = read_trained(trained.root / "run" / "weights.safetensors", made.training(SETTINGS))
    model = load_trained(made.build(SETTINGS["spec"], 3, square(32), seed=9), weights)
    for name in ("cell_013", "cell_059"):
        pixels = np.load(trained.images)[int(name[-3:])] / 255
        image = torch.tensor((pixels - weights.mean) / weights.std).float().permute(2, 0, 1)[None]
        with torch.no_grad():
            expected = torch.softmax(model(image).double(), 1)[0].numpy()
        row = table.loc[name, [f"p_{label}" for label in made.CLASSES]].to_numpy(dtype="float64")
        np.testing.assert_allclose(row, expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("device", "numbers", "at_once"),
    [("cpu", 3 * 224 * 224, 64), ("cuda", 3 * 32 * 32, 256), ("cuda", 3 * 224 * 224, 27), ("cuda", 2**40, 1)],
)
def test_large_pictures_pass_a_gpu_a_few_at_a_time(device, numbers, at_once):
    assert devices.judged_at_once(torch.device(device), numbers) == at_once


def test_a_subset_passes_in_parts_of_that_size(trained, monkeypatch):
    asked, seen = [], []
    monkeypatch.setattr(devices, "judged_at_once", lambda device, numbers: asked.append(numbers) or 5)
    samples = read_samples(trained.root / "dataset", trained.root / "arrays", trained.split, 0)
    subset = samples.subset("test")
    batches = PixelView(made.train(), 0, [0.5] * 3, [0.25] * 3).applied(samples.arrays, subset, torch.device("cpu"))
    inference.predict(lambda images: seen.append(len(images)) or images.mean((2, 3)), batches, "float32")
    assert asked == [3 * 32 * 32] and sum(seen) == len(subset) and set(seen[:-1]) == {5}


def test_the_record_names_training_and_outputs(trained):
    run = trained.root / "run"
    record, ledger = (json.loads((run / name).read_text()) for name in ("record.json", "ledger.json"))
    assert record["settings"] == {**SETTINGS, "aggregate": "none"}
    assert record["training"] == {
        "settings": SETTINGS,
        "code": "code",
        "versions": versions(),
        "processor": processor(),
    }
    assert record["outputs"]["predictions.csv"] == digest_file(run / "predictions.csv")
    assert record["inputs"]["run/weights.safetensors"] == digest_file(run / "weights.safetensors")
    assert str(trained.root) not in (run / "record.json").read_text()
    assert ledger["train"]["images_per_second"] > 0


@pytest.mark.parametrize(("key", "value"), [("seed", 1), ("run", "other"), ("protocol", "grouped")])
def test_weights_of_another_run_are_refused(trained, key, value):
    with pytest.raises(UserError, match=f"trained with other settings \\({key}: "):
        finish_run.main(
            trained.arguments(run=trained.root / "run", settings={**SETTINGS, key: value, "aggregate": "none"})
        )


def test_weights_of_other_classes_are_refused(trained):
    trained.vouch({"classes": ["cross", "blob", "empty"]})
    with pytest.raises(UserError, match="trained for the classes blob, cross, empty"):
        finish_run.main(trained.arguments(run=trained.root / "run", settings={**SETTINGS, "aggregate": "none"}))
    trained.vouch({"classes": made.CLASSES})


def test_weights_that_say_nothing_are_refused(trained, tmp_path):
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(1)}, tmp_path / "weights.safetensors")
    with pytest.raises(UserError, match="does not say how it was trained"):
        read_trained(tmp_path / "weights.safetensors", made.training(SETTINGS))


def test_a_split_that_does_not_fit_the_data_is_named(trained, tmp_path):
    split = pd.read_csv(trained.split)
    foreign = tmp_path / "foreign.csv"
    pd.concat([split, split.iloc[:1].assign(id="stranger")]).to_csv(foreign, index=False)
    arguments = trained.arguments(run=trained.root / "run", settings={**SETTINGS, "aggregate": "none"})
    arguments.split = foreign
    vouch(foreign.with_suffix(".json"), foreign.name)
    with pytest.raises(UserError, match="'stranger'"):
        finish_run.main(arguments)


def test_predictions_of_other_samples_are_refused_and_nothing_is_finished(trained):
    path = trained.root / "run" / "predictions.csv"
    before = path.read_bytes()
    table = pd.read_csv(path)
    arguments = trained.arguments(run=trained.root / "run", settings={**SETTINGS, "aggregate": "none"})
    for changed in (table.iloc[1:], table.assign(label=table["label"].iloc[::-1].to_numpy())):
        changed.to_csv(path, index=False)
        vouch(path.with_name("train.json"), path.name)
        with pytest.raises(UserError, match="is not of the samples of"):
            finish_run.main(arguments)
    path.write_bytes(before)
    vouch(path.with_name("train.json"), path.name)


def test_finishing_a_run_loads_no_deep_learning_library():
    command = "import sys, workflow_scripts.steps.finish_run, workflow_scripts.settings.code as code; "
    command += "used = code.closure('workflow_scripts.steps.finish_run'); "
    command += "print(sorted(name for name in used if '.models.' in name or '.training.' in name))"
    assert subprocess.check_output([sys.executable, "-c", command], text=True).strip() == "[]"


def test_all_trainings_of_a_run_are_finished_in_one_call_and_one_file_stands_for_them(trained, tmp_path):
    folders = [tmp_path / f"fold0-seed{seed}" for seed in (0, 1)]
    for seed, folder in enumerate(folders):
        train.main(trained.arguments(out=folder, settings={**SETTINGS, "seed": seed}))
    shared = {key: value for key, value in SETTINGS.items() if key not in ("fold", "seed")}
    out = tmp_path / "finished.json"
    finish_run.finish(trained.arguments(run=folders, out=out, settings={**shared, "aggregate": "none"}))
    digests = {f"{folder.name}/record.json": digest_file(folder / "record.json") for folder in folders}
    assert read_record(out)["outputs"] == digests
    records = [json.loads((folder / "record.json").read_text()) for folder in folders]
    assert [record["settings"]["seed"] for record in records] == [0, 1]
    assert digest_file(folders[1] / "weights.safetensors") in records[1]["inputs"].values()
