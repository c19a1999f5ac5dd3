"""Splits: the paper's class counts, whole clusters, balance, determinism."""

import numpy as np
import pytest
from made_samples import SHARES, made, obtained

from workflow_scripts.splitting.assign import assign
from workflow_scripts.splitting.protocols import holdout, kfold, subset_counts

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


def test_an_empty_validation_share_is_allowed():
    samples = made({"a": 7, "b": 8})
    got = obtained(samples, holdout(samples, [0.8, 0.0, 0.2], "sample", np.random.default_rng(0)))
    assert got[:, 1].tolist() == [0, 0]
