"""Splits: the paper's class counts, whole clusters, balance, determinism, refusals."""

import re

import numpy as np
import pytest

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.splitting.assign import assign
from workflow_scripts.splitting.protocols import Samples, holdout, kfold, subset_counts

# Training, validation, test and total as printed in CVM-Cervix.
TABLE_1 = {
    "ASC-H": (484, 161, 161, 806),
    "ASC-US": (446, 148, 148, 742),
    "SCC": (413, 137, 137, 687),
    "HSIL": (525, 175, 174, 874),
    "LSIL": (491, 164, 163, 818),
    "NILM": (518, 172, 172, 862),
    "Dyskeratotic": (488, 163, 162, 813),
    "Koilocytotic": (495, 165, 165, 825),
    "Metaplastic": (476, 159, 158, 793),
    "Parabasal": (473, 157, 157, 787),
    "Superficial-Intermediate": (499, 166, 166, 831),
}
# Table 4 counts the training subset after fourfold augmentation, and so do its totals: 1620 / 4 = 405, 584 / 4 = 146.
TABLE_4 = {"Abnormal": (1620 // 4, 135, 135, 1890 - 1620 + 405), "Normal": (584 // 4, 48, 48, 680 - 584 + 146)}
TABLE_5 = {
    "Basophil": (731, 244, 243, 1218),
    "Eosinophil": (1871, 623, 623, 3117),
    "Erythroblast": (931, 310, 310, 1551),
    "Immature granulocyte": (1737, 579, 579, 2895),
    "Lymphocyte": (729, 243, 242, 1214),
    "Monocyte": (852, 284, 284, 1420),
    "Neutrophil": (1998, 666, 665, 3329),
    "Platelet": (1409, 470, 469, 2348),
}
SHARES = [0.6, 0.2, 0.2]


def made(counts: dict[str, int], clusters: np.ndarray | None = None, units: np.ndarray | None = None) -> Samples:
    labels = np.repeat(np.arange(len(counts)), list(counts.values()))
    ids = np.array([f"s{number:05d}" for number in range(len(labels))])
    alone = np.arange(len(labels))
    clusters, units = (alone if codes is None else codes for codes in (clusters, units))
    return Samples(ids, labels, list(counts), clusters, units)


def obtained(samples: Samples, split) -> np.ndarray:
    """K×3 samples of fold 0, in the order training, validation, test."""
    split = split[split["fold"] == 0]
    return np.array(
        [
            [
                ((split["subset"] == subset).to_numpy() & (samples.labels == k)).sum()
                for subset in ("train", "validation", "test")
            ]
            for k in range(len(samples.classes))
        ]
    )


@pytest.mark.parametrize("table", [TABLE_1, TABLE_4, TABLE_5], ids=["table 1", "table 4", "table 5"])
@pytest.mark.parametrize("by", ["sample", "group"])
def test_class_counts_are_those_of_the_paper(table, by):
    samples = made({name: row[3] for name, row in table.items()})
    split = holdout(samples, SHARES, by, np.random.default_rng(0))
    assert obtained(samples, split).tolist() == [list(row[:3]) for row in table.values()]


def test_table_4_is_the_917_images_of_herlev():
    assert sum(row[3] for row in TABLE_4.values()) == 917


def test_rounding_is_exact_where_floating_point_is_not():
    # 0.7 * 30 is 21.000000000000004 and 0.1 * 3 is 0.30000000000000004 in floating point
    assert subset_counts(30, [0.7, 0.2, 0.1]) == (21, 6, 3)
    assert subset_counts(10, [0.1 + 0.2, 0.4, 0.3]) == (3, 4, 3)
    assert subset_counts(9, [1 / 3, 1 / 3, 1 / 3]) == (3, 3, 3)
    for total in range(400):
        train, validation, test = subset_counts(total, SHARES)
        assert train == -(-6 * total // 10) and test == 2 * total // 10 and train + validation + test == total


def test_every_sample_is_in_each_fold_once_and_tested_once():
    samples = made({"a": 53, "b": 31, "c": 17})
    for by in ("sample", "group"):
        split = kfold(samples, 5, 0.2, by, np.random.default_rng(0))
        assert not split.duplicated(["id", "fold"]).any() and len(split) == 5 * 101
        assert sorted(split.loc[split["subset"] == "test", "id"]) == sorted(samples.ids)


def test_folds_differ_by_at_most_one_sample_a_class_and_in_all():
    samples = made({"a": 53, "b": 31, "c": 17})
    split = kfold(samples, 5, 0.2, "sample", np.random.default_rng(0))
    tests = split[split["subset"] == "test"].assign(
        label=lambda t: samples.labels[np.searchsorted(samples.ids, t["id"])]
    )
    table = tests.groupby(["label", "fold"]).size().unstack()
    assert (table.max(axis=1) - table.min(axis=1)).max() <= 1
    assert np.ptp(table.sum()) <= 1


def test_validation_of_a_fold_is_its_share_of_the_training_part():
    samples = made({"a": 100, "b": 50})
    split = kfold(samples, 5, 0.1, "sample", np.random.default_rng(0))
    assert obtained(samples, split).tolist() == [[72, 8, 20], [36, 4, 10]]


@pytest.mark.parametrize("seed", range(6))
def test_no_cluster_is_torn_and_shares_are_near(seed):
    rng = np.random.default_rng(seed)
    counts = {"a": 400, "b": 250, "c": 90}
    clusters = np.unique(rng.integers(0, 160, 740), return_inverse=True)[1]  # a cluster may hold several classes
    samples = made(counts, clusters)
    of = dict(zip(samples.ids, clusters, strict=True))
    for split in (
        holdout(samples, SHARES, "group", rng),
        kfold(samples, 4, 0.2, "group", rng),
    ):
        sides = split.assign(cluster=split["id"].map(of)).groupby(["fold", "cluster"])["subset"].nunique()
        assert sides.max() == 1
    got = obtained(samples, holdout(samples, SHARES, "group", rng))
    wanted = np.array([subset_counts(n, SHARES) for n in counts.values()])
    assert np.abs(got - wanted).max() <= 3


def test_uneven_groups_come_nearest_to_the_shares():
    # One class in groups of 50, 30, 10, 5, 5 for 60 / 20 / 20: no division is nearer than 55 / 30 / 15.
    samples = made({"a": 100}, np.repeat(np.arange(5), [50, 30, 10, 5, 5]))
    got = obtained(samples, holdout(samples, SHARES, "group", np.random.default_rng(0)))
    assert got[0, 0] == 55 and sorted(got[0, 1:]) == [15, 30]


def test_assignment_is_about_as_good_as_the_best_of_all():
    rng = np.random.default_rng(0)
    every = np.stack(np.meshgrid(*[np.arange(3)] * 7, indexing="ij"), axis=-1).reshape(-1, 7)
    excess = []
    for _ in range(12):
        counts = rng.integers(0, 9, (7, 2)) + 1
        targets = np.outer(SHARES, counts.sum(axis=0))
        sums = np.stack([(every == subset).astype(float) @ counts for subset in range(3)], axis=1)
        loss = (((sums - targets) / counts.sum(axis=0)) ** 2).sum(axis=(1, 2))
        loss[(sums == 0).any(axis=(1, 2))] = np.inf
        chosen = assign(counts, targets, rng)
        excess.append(np.sqrt(loss[(every == chosen).all(axis=1)][0]) - np.sqrt(loss.min()))
    assert max(excess) < 0.08 and np.median(excess) < 0.02  # in shares of a class


def test_three_large_groups_fill_three_subsets():
    # The counts would be nearer to the shares with an empty subset; a class must be in all of them.
    clusters = np.repeat(np.arange(3), 100)
    got = obtained(
        made({"a": 300}, clusters), holdout(made({"a": 300}, clusters), SHARES, "group", np.random.default_rng(0))
    )
    assert got.tolist() == [[100, 100, 100]]


def test_equal_seeds_give_equal_splits_and_others_do_not():
    samples = made({"a": 60, "b": 60}, np.arange(120) // 3)
    for by in ("sample", "group"):
        first, again, other = (holdout(samples, SHARES, by, np.random.default_rng(seed)) for seed in (1, 1, 2))
        assert first.equals(again) and not first.equals(other)


@pytest.mark.parametrize(
    ("split", "says"),
    [
        (lambda s: holdout(s, SHARES, "sample", np.random.default_rng(0)), "class 'few' has 2 samples"),
        (lambda s: holdout(s, SHARES, "group", np.random.default_rng(0)), r"class 'few' has 2 group"),
        (lambda s: kfold(s, 4, 0.2, "sample", np.random.default_rng(0)), "class 'few' has 2 samples"),
        (lambda s: kfold(s, 4, 0.2, "group", np.random.default_rng(0)), r"class 'few' has 2 group"),
        (lambda s: kfold(s, 2, 0.2, "sample", np.random.default_rng(0)), "class 'few' has 1 samples"),
    ],
)
def test_a_class_too_small_is_named_with_its_count(split, says):
    with pytest.raises(UserError, match=says):
        split(made({"many": 40, "few": 2}, np.r_[0, np.arange(41)]))


@pytest.mark.parametrize(
    ("split", "says"),
    [
        # As many folds as images: nobody wrote shares.
        (
            lambda s: kfold(s, 6, 0.1, "sample", np.random.default_rng(0)),
            "class 'few' has 5 samples beside its test fold (6 folds), too few for a validation fraction of 0.1: it "
            "would get 5 / 0 (train / validation); `validation: 0.2` would do, or leave the class out, with null",
        ),
        (
            lambda s: kfold(s, 7, 0.1, "sample", np.random.default_rng(0)),
            "too few for 7 folds; `folds: 6` would do; of 5 samples beside a fold `validation: 0.2` would do, or leave",
        ),
        (
            lambda s: holdout(s, [0.9, 0.05, 0.05], "sample", np.random.default_rng(0)),
            "too few for fractions 0.9 / 0.05 / 0.05: it would get 6 / 0 / 0 (train / validation / test); change the",
        ),
    ],
)
def test_what_is_said_of_a_small_class_speaks_of_what_was_written(split, says):
    with pytest.raises(UserError) as caught:
        split(made({"many": 40, "few": 6}))
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("sizes", "folds", "validation", "says"),
    [
        ({"a": 4, "b": 3, "c": 9}, 5, 0.2, "'b' has 3 samples, too few for 5 folds, as has 'a' with 4; `folds: 3`"),
        (
            dict.fromkeys("abcdef", 5), 5, 0.2,
            "'a' has 4 samples beside its test fold (5 folds), too few for a validation fraction of 0.2: it would "
            "get 4 / 0 (train / validation), as have 'b' with 4, 'c' with 4, 'd' with 4 and 2 more; `validation: 0.25`",
        ),
        ({"a": 9, "b": 2}, 5, 0.2, "class 'b' has 2 samples, too few for 5 folds; each class needs 3 samples at least"),
        ({"a": 9, "b": 3}, 2, 0.5, "(train / validation); each class needs 3 samples at least, and 3 folds"),
    ],
)  # fmt: skip
def test_all_classes_that_are_too_small_are_told_at_once_with_what_would_do(sizes, folds, validation, says):
    with pytest.raises(UserError) as caught:
        kfold(made(sizes), folds, validation, "sample", np.random.default_rng(0))
    assert says in str(caught.value)


@pytest.mark.parametrize("smallest", [3, 4, 6, 11])
def test_what_a_message_says_would_do_does(smallest):
    samples, folds, validation = made({"many": 40, "few": smallest}), 12, 0.05
    for _ in range(2):
        with pytest.raises(UserError) as caught:
            kfold(samples, folds, validation, "sample", np.random.default_rng(0))
        folds = int((re.findall(r"`folds: (\d+)`", str(caught.value)) or [folds])[0])
        validation = float((re.findall(r"`validation: ([\d.]+)`", str(caught.value)) or [validation])[0])
        if "`folds" in str(caught.value):
            break
    assert len(kfold(samples, folds, validation, "sample", np.random.default_rng(0))) == folds * (40 + smallest)


def test_copies_of_one_picture_are_named_as_what_may_hold_a_class_together():
    with pytest.raises(UserError) as caught:
        holdout(made({"a": 9, "b": 9}, np.r_[np.zeros(9), np.arange(1, 10)]), SHARES, "group", np.random.default_rng(0))
    assert "class 'a' has 1 group(s) of samples that must stay together" in str(caught.value)
    assert "copies of one picture, see equal_pairs.csv" in str(caught.value)


def test_an_empty_validation_share_is_allowed():
    samples = made({"a": 7, "b": 8})
    got = obtained(samples, holdout(samples, [0.8, 0.0, 0.2], "sample", np.random.default_rng(0)))
    assert got[:, 1].tolist() == [0, 0]


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
