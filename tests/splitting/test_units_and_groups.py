"""Splits by unit, and by group where there are few groups."""

import numpy as np
import pytest
from made_samples import SHARES, made, obtained

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.splitting.protocols import Samples, holdout, kfold


def slices(patients: dict[str, int], per_patient: int) -> Samples:
    """Samples of patients, `per_patient` each but for the first of every class, which has ten times as many."""
    sizes = np.concatenate([[10 * per_patient] + [per_patient] * (n - 1) for n in patients.values()])
    labels = np.repeat(np.repeat(np.arange(len(patients)), list(patients.values())), sizes)
    units = np.repeat(np.arange(len(sizes)), sizes)
    ids = np.array([f"s{number:05d}" for number in range(len(units))])
    return Samples(ids, labels, list(patients), units, units)


def units_in(samples: Samples, split, fold: int = 0) -> np.ndarray:
    """K×3 units of a fold in training, validation and test subset; no unit may be in two."""
    subset = split.loc[split["fold"] == fold, "subset"].to_numpy()
    held = {(unit, label, name) for unit, label, name in zip(samples.units, samples.labels, subset, strict=True)}
    assert len(held) == len(np.unique(samples.units))
    names = ("train", "validation", "test")
    return np.array([[sum(h[1:] == (k, name) for h in held) for name in names] for k in range(len(samples.classes))])


@pytest.mark.parametrize("by", ["unit", "group"])
def test_a_unit_counts_once_however_many_samples_it_has(by):
    samples = slices({"a": 20, "b": 10}, 3)
    assert units_in(samples, holdout(samples, SHARES, by, np.random.default_rng(0))).tolist() == [[12, 4, 4], [6, 2, 2]]
    split = kfold(samples, 5, 0.25, by, np.random.default_rng(0))
    for fold in range(5):
        assert units_in(samples, split, fold).tolist() == [[12, 4, 4], [6, 2, 2]]


def test_by_unit_keeps_units_whole_and_tears_groups():
    samples = slices({"a": 20, "b": 10}, 3)
    patients = Samples(samples.ids, samples.labels, samples.classes, samples.units // 2, samples.units)
    split = holdout(patients, SHARES, "unit", np.random.default_rng(0))
    units_in(patients, split)
    subsets = split.groupby(patients.clusters)["subset"].nunique()
    assert (subsets > 1).any()
    whole = holdout(patients, SHARES, "group", np.random.default_rng(0))
    assert (whole.groupby(patients.clusters)["subset"].nunique() == 1).all()


def test_where_groups_are_units_both_ways_are_one_split_and_where_units_are_samples_all_three():
    samples, rng = slices({"a": 20, "b": 10}, 3), np.random.default_rng
    assert holdout(samples, SHARES, "unit", rng(0)).equals(holdout(samples, SHARES, "group", rng(0)))
    alone = made({"a": 20, "b": 10})
    by_sample = holdout(alone, SHARES, "sample", rng(0))
    assert all(holdout(alone, SHARES, by, rng(0)).equals(by_sample) for by in ("unit", "group"))


def test_a_unit_of_two_classes_counts_in_both():
    samples = Samples(np.array(list("abcd")), np.array([0, 1, 0, 0]), ["x", "y"], *[np.array([0, 0, 1, 1])] * 2)
    present, counts = samples.counts(np.arange(4))
    assert present.tolist() == [0, 1] and counts.tolist() == [[1, 1], [1, 0]]


def few_pairs(samples: int, pairs: list[tuple[int, int]], classes: int = 2) -> Samples:
    clusters = np.arange(samples)
    for first, second in pairs:
        clusters[second] = first
    return made({f"class {number}": samples // classes for number in range(classes)}, clusters)


def test_a_split_by_group_with_few_groups_is_that_by_sample_but_for_what_was_torn():
    samples = few_pairs(400, [(3, 150), (220, 399)])
    splits = {by: kfold(samples, 5, 0.2, by, np.random.default_rng(7)) for by in ("sample", "group")}
    other = splits["sample"]["subset"] != splits["group"]["subset"]
    assert 0 < other.sum() <= 2 * 5 and set(splits["group"].loc[other, "id"]) <= {"s00150", "s00399"}
    columns = splits["group"].pivot(index="id", columns="fold", values="subset")
    assert (columns.loc["s00003"] == columns.loc["s00150"]).all()
    assert (columns.loc["s00220"] == columns.loc["s00399"]).all()
    assert ((columns == "test").sum(axis=1) == 1).all()
    unchanged = {fold for fold, part in other.groupby(splits["sample"]["fold"]) if not part.any()}
    assert unchanged


def test_a_holdout_by_group_with_few_groups_is_that_by_sample_but_for_what_was_torn():
    samples = few_pairs(400, [(number, number + 150) for number in range(4)])
    by_sample, by_group = (holdout(samples, SHARES, by, np.random.default_rng(2)) for by in ("sample", "group"))
    subsets = by_group.set_index("id")["subset"]
    assert all(subsets[f"s{number:05d}"] == subsets[f"s{number + 150:05d}"] for number in range(4))
    assert 0 < (by_sample["subset"] != by_group["subset"]).sum() <= 4


@pytest.mark.parametrize("seed", range(12))
def test_few_groups_take_no_class_out_of_a_subset(seed):
    """Of the third class one sample is tested; it may belong to one of another class that is not."""
    labels = np.repeat([0, 1, 2], [197, 198, 5])
    clusters = np.arange(400)
    clusters[[396, 399]] = [0, 1]
    samples = Samples(np.array([f"s{n:05d}" for n in range(400)]), labels, ["a", "b", "c"], clusters, np.arange(400))
    split = holdout(samples, SHARES, "group", np.random.default_rng(seed))
    assert (obtained(samples, split)[2] > 0).all()
    subsets = split.set_index("id")["subset"]
    assert subsets["s00000"] == subsets["s00396"] and subsets["s00001"] == subsets["s00399"]


def test_a_class_too_small_to_be_dealt_sample_by_sample_is_split_by_group_all_the_same():
    samples = Samples(
        np.array([f"s{n:05d}" for n in range(400)]),
        np.repeat([0, 1, 2], [197, 198, 5]),
        ["a", "b", "c"],
        np.where(np.arange(400) == 1, 0, np.arange(400)),
        np.arange(400),
    )
    with pytest.raises(UserError, match="too few"):
        kfold(samples, 5, 0.2, "sample", np.random.default_rng(1))
    split = kfold(samples, 5, 0.2, "group", np.random.default_rng(1))
    assert (obtained(samples, split)[2] > 0).all()


def test_many_groups_are_divided_evenly_instead():
    samples = few_pairs(400, [(number, number + 200) for number in range(100)])
    split = kfold(samples, 5, 0.2, "group", np.random.default_rng(3))
    sizes = split[split["subset"] == "test"].groupby("fold").size()
    assert sizes.max() - sizes.min() <= 2
