"""Where two protocols are one split, one training serves both; where they are not, each is trained."""

import shutil

import pandas as pd
import pytest

from tests import made
from tests.vouched import vouch
from workflow_scripts.contracts.record import read_record
from workflow_scripts.contracts.verified import require
from workflow_scripts.contracts.weights_file import head_of, read_header
from workflow_scripts.kinds.step_settings.training_settings import TrainSettings
from workflow_scripts.models.weights import read_trained
from workflow_scripts.runtime.files import digest_file
from workflow_scripts.steps import finish_run, train

TABLES = ("history.csv", "predictions.csv")


@pytest.fixture
def inputs(tmp_path):
    """A study whose split `by_group` has the bytes of `published`."""
    inputs = made.make_inputs(tmp_path / "made")
    for ending in (".csv", ".json"):
        shutil.copy(inputs.split.with_suffix(ending), inputs.root / "splits" / f"by_group{ending}")
    vouch(inputs.root / "splits" / "by_group.json", outputs={})
    return inputs


def trained(inputs, protocol, origin=None, **changes):
    """The folder of a training under a protocol; `changes` of its `train` block."""
    settings = made.settings(**changes) | {"protocol": protocol}
    out = inputs.root / "runs" / protocol / "tiny" / "fold0-seed0"
    arguments = inputs.arguments(settings=settings, out=out)
    arguments.split = inputs.root / "splits" / f"{protocol}.csv"
    arguments.origin = None if origin is None else inputs.root / "runs" / origin / "tiny"
    train.main(arguments)
    return out


def settings_of(protocol) -> TrainSettings:
    return made.training(made.settings() | {"protocol": protocol})


def seconds(folder):
    return read_record(folder / "train.json")["training_seconds"]


def test_a_training_of_the_same_split_is_taken_over_and_is_what_training_would_have_left(inputs):
    first = trained(inputs, "published")
    by_training = trained(inputs, "by_group")
    expected = {name: (by_training / name).read_bytes() for name in (*TABLES, "weights.safetensors")}
    shutil.rmtree(by_training)
    taken = trained(inputs, "by_group", origin="published")
    assert seconds(first) > 0 and seconds(taken) == 0
    assert {name: (taken / name).read_bytes() for name in expected} == expected
    record = require(taken / "train.json", *expected)
    assert record["copied_from"] == "published" and "copied_from" not in read_record(first / "train.json")
    assert read_trained(taken / "weights.safetensors", settings_of("by_group")).settings.protocol == "by_group"


def test_the_record_of_a_run_names_the_protocol_that_its_training_is_from(inputs):
    trained(inputs, "published")
    taken = trained(inputs, "by_group", origin="published")
    settings = made.settings() | {"protocol": "by_group", "aggregate": "none"}
    arguments = inputs.arguments(settings=settings, run=taken)
    arguments.split = inputs.root / "splits" / "by_group.csv"
    finish_run.main(arguments)
    assert read_record(taken / "record.json")["copied_from"] == "published"


def test_another_split_other_settings_and_other_start_weights_are_trained(inputs):
    trained(inputs, "published")
    path = inputs.root / "splits" / "by_group.csv"
    split = pd.read_csv(path)
    rows = [split.index[split["subset"] == name][0] for name in ("train", "test")]
    split.loc[rows, "subset"] = split.loc[rows[::-1], "subset"].to_numpy()
    split.to_csv(path, index=False)
    vouch(path.with_suffix(".json"))
    assert seconds(trained(inputs, "by_group", origin="published")) > 0
    shutil.copy(inputs.split, path)
    vouch(path.with_suffix(".json"))
    assert seconds(trained(inputs, "by_group", origin="published", learning_rate=0.001)) > 0


def test_a_fold_that_is_the_same_is_taken_over_from_a_split_that_is_another(inputs):
    trained(inputs, "published")
    path = inputs.root / "splits" / "by_group.csv"
    split = pd.read_csv(path)
    more = split.assign(fold=split["fold"] + 1, subset=split["subset"].to_numpy()[::-1])
    pd.concat([split, more]).to_csv(path, index=False)
    vouch(path.with_suffix(".json"))
    taken = trained(inputs, "by_group", origin="published")
    assert read_record(taken / "train.json")["copied_from"] == "published"


@pytest.mark.parametrize("damage", ["missing", "changed", "half"])
def test_a_training_whose_files_are_not_whole_is_not_taken_over(inputs, damage):
    first = trained(inputs, "published")
    if damage == "missing":
        (first / "train.json").unlink()
    else:
        raw = (first / "weights.safetensors").read_bytes()
        broken = raw[: len(raw) // 2] if damage == "half" else raw[:-1] + bytes([raw[-1] ^ 1])
        (first / "weights.safetensors").write_bytes(broken)
    assert seconds(trained(inputs, "by_group", origin="published")) > 0


def test_a_copy_that_was_cut_off_is_made_again(inputs):
    trained(inputs, "published")
    taken = trained(inputs, "by_group", origin="published")
    expected = {name: (taken / name).read_bytes() for name in TABLES}
    # Killed before the last file.
    (taken / "train.json").unlink()
    (taken / "history.csv").unlink()
    assert seconds(trained(inputs, "by_group", origin="published")) == 0
    assert {name: (taken / name).read_bytes() for name in TABLES} == expected
    assert read_header(taken / "weights.safetensors").metadata


def test_a_training_whose_weights_stayed_elsewhere_is_not_taken_over(inputs):
    first = trained(inputs, "published")
    weights = first / "weights.safetensors"
    came = {"answer": "0" * 64, "weights_elsewhere": digest_file(weights)}
    weights.write_bytes(head_of(weights))
    vouch(first / "train.json", weights.name, taken_in=came)
    second = trained(inputs, "by_group", origin="published")
    assert seconds(second) > 0 and "copied_from" not in read_record(second / "train.json")
