"""A network of one study applied to another: no refit, other names of classes, and no picture twice in silence."""

import json

import numpy as np
import pandas as pd
import pytest

from tests import made
from workflow_scripts.contracts.dataset import MANIFEST
from workflow_scripts.data.across_studies import translate
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file
from workflow_scripts.steps import train

MEMBER = made.settings(epochs=6, run="tiny") | {"study": "there"}
# Another study that calls a blob a blob and all else something else.
MEANING = {"blob": "blob", "cross": "other", "empty": "other"}


def settings(classes):
    spec = {"kind": "external", "study": "there", "of": "tiny", "protocol": "published", "classes": classes}
    job = {"study": "here", "protocol": "published", "run": "tiny@there", "fold": 0, "seed": 0}
    return {**job, "spec": spec, "member": MEMBER, "aggregate": "none"}


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    root = tmp_path_factory.mktemp("two")
    there, here = made.make_inputs(root / "there"), made.make_inputs(root / "here", seed=1)
    folder = there.root / "runs" / "published" / "tiny" / "fold0-seed0"
    train.main(there.arguments(out=folder, settings=MEMBER))
    manifest = MANIFEST.read(here.root / "dataset" / "manifest.csv")
    manifest["label"] = manifest["label"].map(MEANING)
    manifest["sha256"] = [f"{number:064x}" for number in range(len(manifest))]
    MANIFEST.write(here.root / "dataset" / "manifest.csv", manifest)
    here.vouch({"classes": ["blob", "other"]})
    return there, here, folder


def apply(two, out, classes=MEANING):
    _, here, run = two
    here.make_run(settings(classes), out, run)
    return pd.read_csv(out / "units.csv")


def test_a_network_trained_elsewhere_beats_chance_and_is_left_as_it_was(two, tmp_path):
    before = digest_file(two[2] / "weights.safetensors")
    units = apply(two, tmp_path)
    test = units[units["subset"] == "test"]
    assert ((test["p_blob"] > 0.5) == (test["label"] == "blob")).mean() > 0.85
    np.testing.assert_allclose(test["p_blob"] + test["p_other"], 1, atol=1e-6)
    assert digest_file(two[2] / "weights.safetensors") == before


def test_pictures_that_were_learned_there_are_counted(two, tmp_path):
    there, here, _ = two
    assert json.loads(_record(two, tmp_path / "a"))["seen_in_training"] == {"test": 0, "validation": 0}
    path = there.root / "dataset" / "manifest.csv"
    manifest = MANIFEST.read(path)
    test = pd.read_csv(here.split).query("subset == 'test'")["id"].iloc[0]
    known = MANIFEST.read(here.root / "dataset" / "manifest.csv").set_index("id").loc[test, "sha256"]
    MANIFEST.write(path, manifest.assign(sha256=[known, *manifest["sha256"][1:]]))
    there.vouch()
    assert json.loads(_record(two, tmp_path / "b"))["seen_in_training"] == {"test": 1, "validation": 0}
    MANIFEST.write(path, manifest)
    there.vouch()


def _record(two, out):
    apply(two, out)
    return (out / "record.json").read_text()


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        (None, "'cross' is no class of this study"),
        ({**MEANING, "star": "blob"}, "'star' is no class that the network tells apart"),
        ({"blob": "blob", "cross": "other"}, "'empty' is missing on the left"),
        ({"blob": None, "cross": "other", "empty": "other"}, "'blob' is a class of this study that nothing stands for"),
    ],
)
def test_classes_that_do_not_meet_are_named(two, tmp_path, classes, said):
    with pytest.raises(UserError, match=said):
        apply(two, tmp_path, classes)


def test_left_out_classes_leave_the_rest_scaled_to_one():
    table = pd.DataFrame({"id": ["a", "b"], "p_x": [0.2, 0.0], "p_y": [0.2, 0.0], "p_z": [0.6, 1.0]})
    found = translate(table, ["x", "y", "z"], ["X", "Y"], {"x": "X", "y": "Y", "z": None})
    assert found[["p_X", "p_Y"]].to_numpy().tolist() == [[0.5, 0.5], [0.5, 0.5]]
