"""Attention over the samples of a unit: it finds the few that tell, sees no test sample, and gives the same bytes."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

from tests import made
from tests.stored import class_numbers, store
from workflow_scripts.contracts.attention_table import ATTENTION, ATTENTION_FILE
from workflow_scripts.contracts.dataset import MANIFEST
from workflow_scripts.contracts.run_tables import PREDICTIONS, UNITS, probabilities
from workflow_scripts.models.attention_pooling import AttentionPooling
from workflow_scripts.runtime.errors import UserError

PER_UNIT = 6
COLUMNS = [f"p_{name}" for name in made.CLASSES]


def slides(root, telling=1, by="unit"):
    """45 units of six samples, 15 of a class; in each `telling` samples show the class, the others nothing."""
    inputs = made.make_inputs(root, per_class=15 * PER_UNIT, size=8)
    path = inputs.root / "dataset" / "manifest.csv"
    manifest = MANIFEST.read(path)
    number = np.arange(len(manifest)) // PER_UNIT
    MANIFEST.write(path, manifest.assign(unit=[f"slide_{unit:02d}" for unit in number]))
    place = number % 15 if by == "unit" else np.arange(len(manifest)) % PER_UNIT * 2.5
    subset = np.select([place < 9, place < 12], ["train", "validation"], "test")
    inputs.resplit(pd.read_csv(inputs.split).assign(subset=subset))
    values = np.random.default_rng(0).normal(size=(len(manifest), 1, 12)).astype("float32")
    shows = np.arange(len(manifest)) % PER_UNIT < telling
    values[shows, 0, :3] += 8 * np.eye(3)[class_numbers(inputs)][shows]
    return store(inputs, values)


def settings(**changes):
    job = {"study": "made", "protocol": "published", "run": "pooled", "fold": 0, "seed": 0, "aggregate": "mean"}
    spec = {"kind": "attention", "embedding": "vgg", "hidden": 16, "gate": 8, "epochs": 12, "learning_rate": 0.005}
    return {**job, "spec": {**spec, **changes}}


def run(inputs, out, **changes):
    inputs.make_run(settings(**changes), out)
    return out


@pytest.fixture(scope="module")
def pooled(tmp_path_factory):
    root = tmp_path_factory.mktemp("pooled")
    inputs = slides(root / "made")
    return inputs, run(inputs, root / "run")


def test_it_finds_the_samples_that_tell_the_class(pooled):
    _, out = pooled
    units = UNITS.read(out / "units.csv").query("subset == 'test'")
    assert (units[COLUMNS].idxmax(axis=1).str.removeprefix("p_") == units["label"]).mean() > 0.9
    attention = ATTENTION.read(out / ATTENTION_FILE)
    shows = attention["id"].str[-3:].astype(int) % PER_UNIT == 0
    assert attention.loc[shows, "weight"].mean() > 0.6 and attention.loc[~shows, "weight"].mean() < 0.1


def test_every_sample_gets_the_probabilities_of_its_unit_and_a_share_of_its_attention(pooled):
    _, out = pooled
    predictions, units, attention = (
        PREDICTIONS.read(out / "predictions.csv"),
        UNITS.read(out / "units.csv"),
        ATTENTION.read(out / ATTENTION_FILE),
    )
    assert attention["id"].tolist() == predictions["id"].tolist()
    assert attention["unit"].tolist() == predictions["unit"].tolist()
    np.testing.assert_allclose(attention.groupby("unit")["weight"].sum(), 1, atol=1e-7)
    own = units.set_index("unit").loc[predictions["unit"], COLUMNS]
    np.testing.assert_allclose(probabilities(predictions), own, atol=1e-8)
    assert (units["n_samples"] == PER_UNIT).all()


def test_its_record_vouches_for_the_attention_and_says_which_epoch_was_kept(pooled):
    _, out = pooled
    record = json.loads((out / "record.json").read_text())
    assert set(record["outputs"]) == {"predictions.csv", "units.csv", "attention.csv"}
    facts = record["attention"]
    assert 1 <= facts["epoch"] <= facts["epochs"] <= 12 and facts["validation_loss"] > 0


def test_equal_settings_give_equal_bytes_and_another_seed_others(pooled, tmp_path):
    inputs, out = pooled
    torch.manual_seed(5)
    again = run(inputs, tmp_path / "again")
    for name in ("predictions.csv", "units.csv", "attention.csv"):
        assert (again / name).read_bytes() == (out / name).read_bytes(), name
    inputs.make_run({**settings(), "seed": 1}, tmp_path / "seed")
    assert (tmp_path / "seed" / "attention.csv").read_bytes() != (out / "attention.csv").read_bytes()


def test_test_samples_and_their_labels_change_nothing_of_validation_units(pooled, tmp_path):
    _, out = pooled
    inputs = slides(tmp_path / "made")
    test = (pd.read_csv(inputs.split)["subset"] == "test").to_numpy()
    values = np.load(inputs.images)
    values[test] = 50
    np.save(inputs.images, values)
    path = inputs.root / "dataset" / "manifest.csv"
    manifest = MANIFEST.read(path)
    MANIFEST.write(path, manifest.assign(label=manifest["label"].mask(test, "blob")))
    poisoned = UNITS.read(run(inputs.vouch(), tmp_path / "run") / "units.csv")
    before = UNITS.read(out / "units.csv")
    validation = before["subset"] == "validation"
    assert poisoned[validation].equals(before[validation]) and not poisoned.equals(before)


def test_of_maps_the_mean_over_positions_is_pooled(pooled, tmp_path):
    inputs = slides(tmp_path / "made")
    features = np.load(inputs.images).reshape(-1, 1, 12).astype("float16").astype("float32")
    change = np.random.default_rng(1).normal(size=(len(features), 1, 2, 12)).astype("float16").astype("float32")
    maps = np.stack([features[:, :, None] + change, features[:, :, None] - change], axis=2)
    # Of the flips and turns nothing is read.
    others = np.full((len(features), 7, 2, 2, 12), 99, "float32")
    run(store(inputs, np.concatenate([maps, others], axis=1)), tmp_path / "maps", epochs=4)
    run(store(inputs, features), tmp_path / "means", epochs=4)
    first, second = (UNITS.read(tmp_path / name / "units.csv") for name in ("maps", "means"))
    np.testing.assert_allclose(probabilities(first), probabilities(second), atol=1e-4)


def test_training_stops_by_the_validation_loss_and_the_best_epoch_is_kept(pooled, tmp_path):
    inputs, _ = pooled
    out = run(inputs, tmp_path / "long", epochs=40, learning_rate=0.03, patience=4)
    facts = json.loads((out / "record.json").read_text())["attention"]
    assert facts["epochs"] == facts["epoch"] + 4 < 40
    kept = run(inputs, tmp_path / "kept", epochs=facts["epoch"], learning_rate=0.03)
    assert (kept / "units.csv").read_bytes() == (out / "units.csv").read_bytes()


def test_a_unit_that_the_split_tears_apart_is_judged_within_each_subset(tmp_path):
    inputs = slides(tmp_path / "made", telling=PER_UNIT, by="sample")
    out = run(inputs, tmp_path / "run", epochs=3)
    units = UNITS.read(out / "units.csv")
    assert units.groupby("unit")["subset"].nunique().eq(2).all() and (units["n_samples"] == 1).all()
    np.testing.assert_allclose(ATTENTION.read(out / ATTENTION_FILE)["weight"], 1)


def test_units_of_one_sample_and_a_missing_validation_subset_are_refused(tmp_path):
    inputs = slides(tmp_path / "made")
    split = pd.read_csv(inputs.split)
    inputs.resplit(split.assign(subset=split["subset"].replace("validation", "test")))
    with pytest.raises(UserError, match="pooled stops by its validation loss, and the validation subset is empty"):
        run(inputs, tmp_path / "run")
    inputs.resplit(split)
    path = inputs.root / "dataset" / "manifest.csv"
    manifest = MANIFEST.read(path)
    MANIFEST.write(path, manifest.assign(unit=manifest["id"]))
    with pytest.raises(UserError, match="no unit of the training subset has several; give several samples one unit"):
        run(inputs.vouch(), tmp_path / "run")


def test_the_gate_is_that_of_the_paper():
    torch.manual_seed(0)
    network = AttentionPooling(5, 2, 4, 3, 0.5).eval()
    samples = torch.randn(7, 5)
    h = torch.relu(samples @ network.reduce[0].weight.T + network.reduce[0].bias)
    v, u, w = network.scores.content, network.scores.gate, network.scores.score
    scores = (torch.tanh(h @ v.weight.T + v.bias) * torch.sigmoid(h @ u.weight.T + u.bias)) @ w.weight[0] + w.bias
    weights = torch.exp(scores) / torch.exp(scores).sum()
    logits, given = network(samples)
    torch.testing.assert_close(given, weights)
    torch.testing.assert_close(logits, network.classifier[1]((weights[:, None] * h).sum(0)))
