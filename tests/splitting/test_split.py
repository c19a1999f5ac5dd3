"""The split step: its files, its record, its refusals."""

import argparse
import json

import pandas as pd
import pytest

from tests.vouched import vouch
from workflow_scripts.contracts.dataset import EQUAL_PAIRS
from workflow_scripts.contracts.splits import LEAKS, SPLIT
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import SEAL
from workflow_scripts.steps import split

BY_SAMPLE = {"kind": "holdout", "fractions": [0.6, 0.2, 0.2], "by": "sample"}
BY_GROUP = {**BY_SAMPLE, "by": "group"}


def run(dataset, rule, file=None, name="p", seed=0, units_judged=False, **more):
    settings = {"study": "made", "seed": seed, "protocol": name, "rule": rule, "units_judged": units_judged, **more}
    out = dataset.parent / "splits"
    args = argparse.Namespace(settings=settings, code="c0de", dataset=dataset, out=out, split_file=file)
    split.main(args)
    record = json.loads((out / f"{name}.json").read_text())
    return SPLIT.read(out / f"{name}.csv"), LEAKS.read(out / f"{name}.leaks.csv"), record


def test_by_sample_leaks_and_says_how_much(dataset):
    table, leaks, record = run(dataset, BY_SAMPLE)
    assert record["counts"]["0"] == {
        "train": {"b": 24, "a": 48},
        "validation": {"b": 8, "a": 16},
        "test": {"b": 8, "a": 16},
    }
    assert not record["leak_free"] and record["leaks"]["group"] > 0
    leaking = set(leaks.loc[leaks["subset_a"] == "test", "id_a"])
    assert record["test_samples_with_a_leak"] == {"0": len(leaking)} and record["test_samples"] == {"0": 24}
    assert record["test_share_with_a_leak"] == pytest.approx(len(leaking) / 24, abs=1e-6)
    assert f"{len(leaking)} of 24 test samples" in record["note"]
    assert set(record["inputs"]) == {"dataset/manifest.csv", "dataset/equal_pairs.csv"}
    assert str(dataset.parent) not in json.dumps(record)


@pytest.mark.parametrize("rule", [BY_SAMPLE, BY_GROUP, {**BY_GROUP, "fractions": [0.8, 0.2, 0.0]}])
def test_smote_before_the_split_is_a_leak_of_the_same_split(dataset, rule):
    results = {way: run(dataset, rule, resample=way) for way in ("none", "smote", "smote_before_split")}
    plain, within, before = results.values()
    told_apart = ("settings", "leak_free", "note", SEAL)
    for table, leaks, record in (within, before):
        assert table.equals(plain[0]) and leaks.equals(plain[1])
        assert {**record, **{key: plain[2][key] for key in told_apart}} == plain[2]
    assert within[2]["leak_free"] == plain[2]["leak_free"] == (rule["by"] == "group") and not before[2]["leak_free"]
    reported = "validation" if 0.0 in rule["fractions"] else "test"
    said = f"Trained networks also learn from synthetic samples that are made of {reported} samples"
    assert before[2]["note"].startswith(said) and before[2]["note"].endswith(plain[2]["note"])
    assert "between training samples of one class" in within[2]["note"]


@pytest.mark.parametrize("by", ["sample", "group"])
def test_without_a_test_subset_the_validation_images_are_counted_and_called_what_they_are(dataset, by):
    table, leaks, record = run(dataset, {"kind": "holdout", "fractions": [0.8, 0.2, 0.0], "by": by})
    assert set(table["subset"]) == {"train", "validation"} and sum(record["counts"]["0"]["test"].values()) == 0
    assert record["counts"]["0"]["validation"] == {"b": 8, "a": 16}
    leaking = set(leaks["id_a"])
    assert set(leaks["subset_a"]) <= {"validation"} and bool(leaking) == (by == "sample")
    assert record["validation_samples"] == {"0": 24}
    assert record["validation_samples_with_a_leak"] == {"0": len(leaking)}
    assert not {key for key in record if key.startswith("test")}
    assert "none of its numbers is a test result" in record["note"]
    assert by == "group" or f"{len(leaking)} of 24 validation samples share" in record["note"]


@pytest.mark.parametrize(
    "rule", [BY_GROUP, {"kind": "kfold", "folds": 3, "validation": 0.2}, {**BY_GROUP, "fractions": [0.8, 0.2, 0.0]}]
)
def test_where_nothing_clusters_both_protocols_are_one_split_and_say_so(dataset, rule):
    table = pd.read_csv(dataset / "manifest.csv").assign(group="")
    table.to_csv(dataset / "manifest.csv", index=False)
    vouch(dataset / "record.json")
    by = {by: run(dataset, {**rule, "by": by}) for by in ("sample", "group")}
    assert not by["sample"][0].equals(by["group"][0])  # one equal pair is left
    EQUAL_PAIRS.write(dataset / "equal_pairs.csv", EQUAL_PAIRS.read(dataset / "equal_pairs.csv")[:0])
    vouch(dataset / "record.json")
    by = {by: run(dataset, {**rule, "by": by}) for by in ("sample", "group")}
    assert by["sample"][0].equals(by["group"][0])
    for _, leaks, record in by.values():
        assert record["nothing_clusters"] and record["leak_free"] and leaks.empty
        assert "the same split, so the leak premium cannot be measured" in record["note"]
        assert "No groups are known" in record["note"]


@pytest.mark.parametrize("rule", [BY_GROUP, {"kind": "kfold", "folds": 3, "validation": 0.2, "by": "group"}])
def test_by_group_leaks_nothing(dataset, rule):
    table, leaks, record = run(dataset, rule)
    assert record["leak_free"] and not len(leaks) and sum(record["leaks"].values()) == 0
    assert record["note"].startswith("Split by group: no sample shares")
    ends = table[table["id"].isin(["s000", "s119"])]
    assert (ends.groupby("fold")["subset"].nunique() == 1).all()
    assert record["clusters"]["largest"] == 8 and record["clusters"]["clusters"] == 29


def test_the_split_follows_from_seed_and_rule_not_from_the_name(dataset):
    first, again, other = (
        run(dataset, BY_SAMPLE)[0],
        run(dataset, BY_SAMPLE, name="q")[0],
        run(dataset, BY_SAMPLE, seed=1)[0],
    )
    assert first.equals(again) and not first.equals(other)


def test_unknown_groups_are_said(dataset):
    table = pd.read_csv(dataset / "manifest.csv").assign(group="")
    table.to_csv(dataset / "manifest.csv", index=False)
    vouch(dataset / "record.json", groups_known=False)
    _, _, record = run(dataset, BY_GROUP)
    assert record["groups_known"] is False and "a patient may be in several subsets" in record["note"]
    assert "duplicate free only" in record["note"] and "patients may repeat" in record["note"]
    assert "duplicate free" not in run(dataset, BY_SAMPLE)[2]["note"]


def test_a_users_split_that_leaks_stops_unless_it_is_by_sample(dataset, tmp_path):
    table, _, _ = run(dataset, BY_SAMPLE)
    mine = tmp_path / "mine.csv"
    table.to_csv(mine, index=False)
    rule = {"kind": "file", "path": "mine.csv", "by": "group", "folds": 1}
    with pytest.raises(UserError, match=r"protocol user.*leaks are left; first, fold 0"):
        run(dataset, rule, mine, name="user")
    assert not (dataset.parent / "splits" / "user.json").exists()
    again, _, record = run(dataset, {**rule, "by": "sample"}, mine, name="user")
    assert again.equals(table) and record["inputs"]["split file mine.csv"]


def test_a_file_without_the_protocol_and_the_protocol_without_a_file_are_refused(dataset, tmp_path):
    with pytest.raises(UserError, match="kind file, --split-file not given"):
        run(dataset, {"kind": "file", "path": "x", "by": "group", "folds": 1})
    with pytest.raises(UserError, match="kind holdout"):
        run(dataset, BY_SAMPLE, tmp_path / "mine.csv")


def test_a_small_class_is_named_with_the_protocol(dataset):
    with pytest.raises(UserError, match=r"protocol p: class 'b' has 10 group\(s\)"):
        run(dataset, {"kind": "kfold", "folds": 12, "validation": 0.2, "by": "group"})


def test_a_label_that_is_no_class_is_refused(dataset):
    vouch(dataset / "record.json", classes=["b"])
    with pytest.raises(UserError, match="label 'a'"):
        run(dataset, BY_SAMPLE)


def rewrite(dataset, pairs, group=None):
    """Other equal pairs (id, id, kind), and one group for all samples where it is given."""
    manifest = pd.read_csv(dataset / "manifest.csv", keep_default_na=False)
    label = manifest.set_index("id")["label"]
    rows = [(a, b, kind, 0.01, label[a], label[b]) for a, b, kind in pairs]
    pd.DataFrame(rows, columns=list(EQUAL_PAIRS.columns)).to_csv(dataset / "equal_pairs.csv", index=False)
    if group is not None:
        manifest.assign(group=group).to_csv(dataset / "manifest.csv", index=False)
    vouch(dataset / "record.json")


def test_where_a_class_is_copies_of_one_picture_the_message_says_so(dataset):
    rewrite(dataset, [("s080", f"s{n:03d}", "equal_pixels") for n in range(81, 120)], group="")
    with pytest.raises(UserError, match="class 'b' has 1 .*copies of one picture, see equal_pairs.csv"):
        run(dataset, BY_GROUP)


@pytest.mark.parametrize("kind", ["flipped", "turned"])
def test_flipped_and_turned_copies_are_kept_together_or_counted_as_leaks(dataset, kind):
    rewrite(dataset, [(f"s{n:03d}", f"s{n + 40:03d}", kind) for n in range(40)], group="")
    _, leaks, record = run(dataset, BY_SAMPLE)
    assert record["leaks"][kind] > 0 and not record["leak_free"]
    assert record["leaks"][kind] + record["leaks_train_validation"][kind] == (leaks["why"] == kind).sum()
    table, leaks, record = run(dataset, BY_GROUP)
    subset = table.set_index("id")["subset"]
    assert all(subset[f"s{n:03d}"] == subset[f"s{n + 40:03d}"] for n in range(40))
    assert leaks.empty and record["leak_free"]


def test_a_split_by_sample_that_tears_nothing_apart_is_free_of_leaks_like_its_equal_by_group(dataset):
    rewrite(dataset, [], group="")
    table = run(dataset, BY_SAMPLE)[0]
    trained = table.loc[table["subset"] == "train", "id"].iloc[:2]
    rewrite(dataset, [(*trained, "turned")], group="")
    by_sample, by_group = (run(dataset, rule) for rule in (BY_SAMPLE, BY_GROUP))
    assert by_sample[0].equals(by_group[0])
    assert [record["leak_free"] for _, _, record in (by_sample, by_group)] == [True, True]
    assert not by_sample[2]["nothing_clusters"] and by_sample[1].empty


@pytest.fixture
def slices(dataset):
    """The samples are slices: two to a unit, two units to a group."""
    manifest = pd.read_csv(dataset / "manifest.csv", keep_default_na=False)
    manifest.assign(unit=[f"v{n // 2}" for n in range(120)]).to_csv(dataset / "manifest.csv", index=False)
    EQUAL_PAIRS.write(dataset / "equal_pairs.csv", EQUAL_PAIRS.read(dataset / "equal_pairs.csv")[:0])
    vouch(dataset / "record.json")
    return dataset


def test_by_unit_tears_groups_and_says_so(slices):
    table, leaks, record = run(slices, {**BY_SAMPLE, "by": "unit"})
    assert not record["leak_free"] and set(leaks["why"]) == {"group"} and record["leaks"]["unit"] == 0
    assert "Split by unit: " in record["note"] and "of 24 test samples share a group" in record["note"]
    assert "The shares of each class are of its 60 units, which hold 120 samples." in record["note"]
    assert table["subset"].value_counts().to_dict() == {"train": 72, "validation": 24, "test": 24}


def test_by_unit_is_free_of_leaks_where_every_group_is_a_unit(slices):
    manifest = pd.read_csv(slices / "manifest.csv", keep_default_na=False)
    manifest.assign(group=manifest["unit"]).to_csv(slices / "manifest.csv", index=False)
    vouch(slices / "record.json")
    by = {by: run(slices, {**BY_SAMPLE, "by": by}) for by in ("unit", "group")}
    assert by["unit"][0].equals(by["group"][0])
    assert by["unit"][2]["leak_free"] and by["unit"][2]["note"].startswith("Split by unit: no sample shares")


def test_a_users_split_by_unit_that_tears_one_stops(slices, tmp_path):
    table, _, _ = run(slices, BY_SAMPLE)
    table.to_csv(tmp_path / "mine.csv", index=False)
    rule = {"kind": "file", "path": "mine.csv", "by": "unit", "folds": 1}
    with pytest.raises(UserError, match=r"a split by unit must tear no unit apart, but .* share unit; move one"):
        run(slices, rule, tmp_path / "mine.csv")
    whole, _, _ = run(slices, {**BY_SAMPLE, "by": "unit"})
    whole.to_csv(tmp_path / "mine.csv", index=False)
    assert run(slices, rule, tmp_path / "mine.csv")[0].equals(whole)


def test_units_of_several_labels_stop_the_split_where_units_are_judged(slices):
    manifest = pd.read_csv(slices / "manifest.csv", keep_default_na=False)
    manifest.loc[79, "label"] = "b"
    manifest.to_csv(slices / "manifest.csv", index=False)
    vouch(slices / "record.json")
    run(slices, BY_GROUP)
    with pytest.raises(UserError, match="protocol p: unit 'v39' has samples of several labels"):
        run(slices, BY_GROUP, units_judged=True)


def test_repeats_shuffle_anew_number_the_folds_on_and_leak_nothing(dataset):
    rule = {"kind": "kfold", "folds": 3, "validation": 0.2, "by": "group"}
    alone, _, _ = run(dataset, rule)
    table, leaks, record = run(dataset, {**rule, "repeats": 3})
    assert record["folds"] == 9 and set(table["fold"]) == set(range(9)) and record["leak_free"] and leaks.empty
    parts = [table[table["fold"] // 3 == repeat] for repeat in range(3)]
    assert parts[0].reset_index(drop=True).equals(alone)
    tested = []
    for part in parts:
        test = part[part["subset"] == "test"]
        assert sorted(test["id"]) == sorted(set(table["id"]))
        tested.append(test.assign(fold=test["fold"] % 3).sort_values("id")["fold"].tolist())
    assert tested[0] != tested[1] != tested[2] != tested[0]
    assert "tested 3 times, and counted each time" in record["note"]
    _, leaks, record = run(dataset, {**rule, "repeats": 3, "by": "sample"})
    assert set(leaks["fold"]) == set(range(9)) and set(record["test_samples_with_a_leak"]) == set(map(str, range(9)))
