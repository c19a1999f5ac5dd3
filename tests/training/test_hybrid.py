"""Visits and images of the same patients in one network: better than each alone, and blind to test patients."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import roc_auc_score

from tests.linked import EMBEDDING, linked_studies
from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.dataset import MANIFEST
from workflow_scripts.contracts.record import read_view
from workflow_scripts.contracts.run_record import LinkedPatients, RunRecord
from workflow_scripts.contracts.run_tables import PREDICTIONS, UNITS, probabilities
from workflow_scripts.data.linked_features import read_linked
from workflow_scripts.kinds.kind import RunKind
from workflow_scripts.models.joined_branches import BranchWidths, JoinedBranches, JoinedShape
from workflow_scripts.runtime.errors import UserError

INPUTS = {"joined": ["visits", "images"], "visits": ["visits"], "images": ["images"]}


def auc(out):
    units = UNITS.read(out / "units.csv").query("subset == 'test'")
    return roc_auc_score(units["label"] == "high_risk", units["p_high_risk"])


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    made = linked_studies(tmp_path_factory.mktemp("linked"), 300)
    folder = made.visits / "runs" / "grouped"
    return made, {
        name: made.make_run(folder / name / "fold0-seed0", run=name, inputs=inputs) for name, inputs in INPUTS.items()
    }


def test_two_branches_that_each_tell_half_of_the_risk_are_better_joined(runs):
    _, made = runs
    reached = {name: auc(out) for name, out in made.items()}
    assert reached["joined"] > max(reached["visits"], reached["images"]) + 0.05
    assert min(reached["visits"], reached["images"]) > 0.65


def test_each_branch_alone_judges_the_same_patients(runs):
    _, made = runs
    tables = [UNITS.read(out / "units.csv")[["id", "subset", "label", "n_samples"]] for out in made.values()]
    assert all(table.equals(tables[0]) for table in tables) and len(tables[0]) == 150


def test_the_record_names_what_was_read_there_and_the_report_says_how_many_have_both(runs):
    linked, made = runs
    record = json.loads((made["joined"] / "record.json").read_text())
    there = {"../tiles/dataset/record.json", "../tiles/dataset/manifest.csv"}
    assert there | {f"../tiles/embeddings/{EMBEDDING}/record.json"} <= set(record["inputs"])
    view = read_view(RunRecord, made["joined"] / "record.json")
    samples = len(MANIFEST.read(linked.images / "dataset" / "manifest.csv"))
    assert view.linked == LinkedPatients("tiles", EMBEDDING, 300, samples)
    joined = parse(RunKind, {"kind": "hybrid", "images": {"study": "tiles", "embedding": EMBEDDING}})
    assert joined.words("joined", view) == (
        "LSTM on visits and attention over the stored images vgg of tiles, joined and trained together; 300 patients "
        "have both"
    )
    alone = read_view(RunRecord, made["visits"] / "record.json")
    assert alone.linked is None
    assert parse(RunKind, {"kind": "hybrid", "inputs": ["visits"]}).words("visits", alone) == "LSTM on visits alone"


def test_equal_settings_give_equal_bytes_whatever_was_drawn_before(runs, tmp_path):
    linked, made = runs
    torch.manual_seed(5)
    again = linked.make_run(linked.visits / "runs" / "grouped" / "again" / "fold0-seed0", run="joined")
    assert (again / "predictions.csv").read_bytes() == (made["joined"] / "predictions.csv").read_bytes()


def test_test_patients_and_their_images_and_labels_change_nothing_of_validation_patients(runs, tmp_path):
    _, made = runs
    linked = linked_studies(tmp_path, 300)
    split = pd.read_csv(linked.split)
    test = set(split.loc[split["subset"] == "test", "id"])
    images = np.load(linked.embedding / "data.npy")
    groups = MANIFEST.read(linked.images / "dataset" / "manifest.csv")["group"]
    images[groups.isin(test).to_numpy()] = 50
    np.save(linked.embedding / "data.npy", images)
    index = pd.read_csv(linked.visits / "arrays" / "index.csv")
    visits = np.load(linked.visits / "arrays" / "data.npy")
    for row in index[index["id"].isin(test)].itertuples():
        visits[row.first : row.first + row.count, 1] = 50
    np.save(linked.visits / "arrays" / "data.npy", visits)
    path = linked.visits / "dataset" / "manifest.csv"
    manifest = pd.read_csv(path)
    manifest["label"] = manifest["label"].mask(manifest["id"].isin(test), "high_risk")
    manifest.to_csv(path, index=False)
    linked.vouch()
    out = linked.make_run(linked.visits / "runs" / "grouped" / "joined" / "fold0-seed0", run="joined")
    poisoned, before = (UNITS.read(folder / "units.csv") for folder in (out, made["joined"]))
    validation = before["subset"] == "validation"
    assert poisoned[validation].equals(before[validation]) and not poisoned.equals(before)


def test_nothing_is_learned_from_patients_of_weight_0_who_are_judged_all_the_same(runs, tmp_path):
    _, made = runs
    tables = {}
    for name, turned in (("as_it_is", False), ("turned", True)):
        linked = linked_studies(tmp_path / name, 300)
        split = pd.read_csv(linked.split)
        lost = np.random.default_rng(0).random(len(split)) < 0.2
        split.assign(weight=np.where(lost, 0.0, 1.25)).to_csv(linked.split, index=False)
        if turned:
            path = linked.visits / "dataset" / "manifest.csv"
            manifest = pd.read_csv(path)
            of_lost = manifest["id"].isin(split.loc[lost, "id"])
            manifest["label"] = manifest["label"].mask(of_lost, "high_risk")
            manifest.to_csv(path, index=False)
        linked.vouch()
        out = linked.make_run(linked.visits / "runs" / "grouped" / "joined" / "fold0-seed0", run="joined")
        tables[name] = UNITS.read(out / "units.csv")
    probability = tables["as_it_is"]["p_high_risk"]
    assert tables["turned"]["p_high_risk"].equals(probability)
    unweighted = UNITS.read(made["joined"] / "units.csv")
    assert tables["as_it_is"]["id"].equals(unweighted["id"]) and not probability.equals(unweighted["p_high_risk"])


def test_images_are_those_of_the_patient_whatever_the_order_of_either_study(tmp_path):
    linked = linked_studies(tmp_path, 20)
    names = pd.read_csv(linked.visits / "arrays" / "index.csv")["id"].tolist()
    features = read_linked(linked.images, EMBEDDING, names)
    turned = read_linked(linked.images, EMBEDDING, names[::-1])
    manifest, data = MANIFEST.read(linked.images / "dataset" / "manifest.csv"), np.load(linked.embedding / "data.npy")
    for number, name in enumerate(names):
        own = slice(features.first[number], features.first[number] + features.count[number])
        place = len(names) - 1 - number
        other = slice(turned.first[place], turned.first[place] + turned.count[place])
        expected = data[(manifest["group"] == name).to_numpy()]
        np.testing.assert_array_equal(features.values[own], expected)
        np.testing.assert_array_equal(turned.values[other], expected)


def test_a_patient_without_images_and_a_study_of_nobody_here_are_refused_in_a_line(tmp_path):
    linked = linked_studies(tmp_path, 20)
    names = pd.read_csv(linked.visits / "arrays" / "index.csv")["id"].tolist()
    with pytest.raises(
        UserError, match=r"2 of 22 patients have no sample in the study tiles, the first is Pa; write `i"
    ):
        read_linked(linked.images, EMBEDDING, [*names, "Pa", "Pb"])


def test_behind_the_last_visit_and_the_last_image_nothing_is_seen():
    torch.manual_seed(0)
    network = JoinedBranches(BranchWidths(3, 5), 2, JoinedShape("gru", 4, 3, 0.5)).eval()
    steps, images = torch.randn(2, 4, 3), torch.randn(2, 6, 5)
    lengths, counts = torch.tensor([2, 4]), torch.tensor([6, 3])
    before = network(steps, lengths, images, counts)
    steps[0, 2:], images[1, 3:] = 99, 99
    torch.testing.assert_close(network(steps, lengths, images, counts), before)
    steps[0, 1] = 5
    assert not torch.allclose(network(steps, lengths, images, counts), before)


def test_without_validation_patients_nothing_is_trained(tmp_path):
    linked = linked_studies(tmp_path, 20)
    split = pd.read_csv(linked.split)
    split.assign(subset=split["subset"].replace("validation", "test")).to_csv(linked.split, index=False)
    linked.vouch()
    with pytest.raises(UserError, match="joined stops by its validation loss, and the validation subset is empty"):
        linked.make_run(tmp_path / "run")


def test_probabilities_are_those_of_the_patients_one_row_each(runs):
    _, made = runs
    predictions = PREDICTIONS.read(made["joined"] / "predictions.csv")
    assert predictions["id"].is_unique and (predictions["id"] == predictions["unit"]).all()
    np.testing.assert_allclose(probabilities(predictions).sum(axis=1), 1)
