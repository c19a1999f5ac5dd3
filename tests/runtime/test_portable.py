"""Where a user's files lie stands in no record and in no setting that a step receives."""

import json
from pathlib import Path

import pytest

from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.record import make_record
from workflow_scripts.runtime.portable import without_folders
from workflow_scripts.settings.load import settings
from workflow_scripts.settings.steps import Steps

ROOT = Path(__file__).resolve().parents[2]
SECRET = "/mnt/klinik/anna.mueller"


@pytest.mark.parametrize(
    "folder", [SECRET, "~/anna.mueller", "../anna.mueller", "C:\\anna.mueller\\x", "\\\\klinik\\anna.mueller"]
)
def test_a_file_is_named_without_its_folder(folder):
    separator = "\\" if "\\" in folder else "/"
    stated = {"spec": {"branches": {"cnn": {"weights": f"{folder}{separator}start.safetensors"}}}}
    assert without_folders(stated) == {"spec": {"branches": {"cnn": {"weights": "start.safetensors"}}}}


def test_what_is_no_file_stays():
    stated = {"weights": None, "a": {"weights": [0.5, 0.5]}, "b": [{"weights": "published"}], "labels": {"path": "a/b"}}
    assert without_folders(stated) == stated
    assert without_folders({"weights": "x/published"}) == {"weights": "file published"}


def test_no_step_and_no_record_holds_a_users_folder():
    network = {"kind": "network", "model": "resnet18", "weights": f"{SECRET}/start.safetensors"}
    branches = {"a": {"model": "resnet18", "weights": f"{SECRET}/a.safetensors"}, "b": {"model": "resnet18"}}
    runs = {"one": network, "two": {"kind": "fusion", "branches": branches}}
    runs["small"] = {"kind": "compressed", "of": "one", "to": "float16"}
    study = {
        "source": f"{SECRET}/images",
        "ingest": {"groups": f"{SECRET}/groups.csv", "ids": f"{SECRET}/ids.csv"},
        "protocols": {"own": {"kind": "file", "path": f"{SECRET}/split.csv"}},
        "runs": runs,
        "explain": {"runs": ["one"]},
    }
    steps = Steps(settings(ROOT, {"studies": {"mine": study}}))
    received = [
        steps.report("mine"),
        steps.paper_figures("mine"),
        steps.split("mine", "own"),
        steps.evaluate("mine", "own"),
    ]
    received += [steps.explain("mine", "own"), steps.ground_truth("mine")]
    received += [steps.track("mine"), steps.preprocess("mine")]
    received += [steps.predicting("mine", "own", run, 0, 0) for run in runs]
    received += [steps.train("mine", "own", run, 0, 0) for run in ("one", "two")]
    assert "klinik" not in json.dumps(plain(received)) and "split.csv" in json.dumps(plain(received))
    ingest = steps.ingest("mine", {"folder": "digest"})
    record = make_record(plain(ingest), "c0de", {})
    assert "klinik" not in json.dumps(record)
    assert record["settings"]["ingest"]["groups"] == ingest.ingest.groups == "groups.csv"
