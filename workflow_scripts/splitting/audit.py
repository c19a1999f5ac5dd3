"""The leak audit: which samples on both sides of a split share a patient, a unit or a picture.

A sample of the test subset leaks when a training or validation sample shares its group or its unit, or shows the same
picture (equal_pairs.csv); a validation sample when a training sample does. Equal pictures are listed pair by pair. Of
group and unit, whose pairs grow with the square of their size, the list names one partner for each evaluated sample
(the first training sample, else the first validation sample, in manifest order); the counts are of all pairs.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workflow_scripts.contracts.dataset import PAIR_KINDS
from workflow_scripts.contracts.splits import LEAK_PROOF, LEAKS
from workflow_scripts.contracts.subsets import SUBSETS
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.splitting.clusters import pair_positions

WHYS = ("group", "unit", *PAIR_KINDS)
TRAIN, VALIDATION, TEST = range(3)


@dataclass(frozen=True)
class Audit:
    """Leaks of a split: the listed pairs (contract LEAKS), and counts.

    `test`, `validation`: all pairs per reason between test and the rest, and between validation and training, summed
    over folds. `samples`, `tested`: of the reported subset, samples with a leak and all samples, per fold.
    """

    pairs: pd.DataFrame
    test: dict[str, int]
    validation: dict[str, int]
    samples: dict[int, int]
    tested: dict[int, int]

    def against(self, by: str) -> pd.DataFrame:
        """The leaks that a split by "sample", "unit" or "group" must not have: none, those of units, all."""
        forbidden = {"sample": (), "unit": ("unit",), "group": WHYS}[by]
        return self.pairs[self.pairs["why"].isin(forbidden)]

    def require_none(self, by: str, where: str) -> None:
        """Raise UserError that names the first leak that a split `by` this must not have, if there is any."""
        leaks = self.against(by)
        if not len(leaks):
            return
        first = leaks.iloc[0]
        what = "nothing" if by == "group" else f"no {by}"
        raise UserError(
            f"{where}: a split by {by} must tear {what} apart, but {len(leaks)} leaks are left; first, fold "
            f"{first['fold']}: {first['id_a']!r} ({first['subset_a']}) and {first['id_b']!r} ({first['subset_b']}) "
            f"share {first['why']}; move one of them, or say by: sample"
        )


def audit(manifest: pd.DataFrame, split: pd.DataFrame, pairs: pd.DataFrame, reported: str = "test") -> Audit:
    """Find every leak of `split` (contract SPLIT) given the equal pairs (contract EQUAL_PAIRS) that count.

    `reported`: the subset whose samples are counted, test or (where there is none) validation.
    """
    counted = SUBSETS.index(reported)
    ids = manifest["id"].to_numpy()
    first, second = pair_positions(manifest, pairs)
    names = {why: _codes(manifest[why]) for why in ("group", "unit")}
    tables, tested, samples = [], {}, {}
    totals = {TEST: dict.fromkeys(WHYS, 0), VALIDATION: dict.fromkeys(WHYS, 0)}
    for fold, rows in split.groupby("fold", sort=True):
        subset = pd.Series(rows["subset"].to_numpy(), index=rows["id"]).reindex(ids)
        subset = subset.map({name: code for code, name in enumerate(SUBSETS)}).fillna(-1).to_numpy(dtype="int64")
        leaks = [_shared(codes, subset, why, totals) for why, codes in names.items()]
        leaks.append(_equal(first, second, pairs, subset, totals))
        table = pd.concat(leaks, ignore_index=True).assign(fold=fold)
        samples[int(fold)] = int(table.loc[subset[table["a"]] == counted, "a"].nunique())
        tested[int(fold)] = int((subset == counted).sum())
        for end in "ab":
            table[f"id_{end}"] = ids[table[end]]
            table[f"subset_{end}"] = np.array(SUBSETS)[subset[table[end]]]
        tables.append(table)
    listed = _ordered(pd.concat(tables, ignore_index=True), manifest["label"].to_numpy())
    return Audit(listed, totals[TEST], totals[VALIDATION], samples, tested)


def _ordered(listed: pd.DataFrame, labels: np.ndarray) -> pd.DataFrame:
    """The leaks (contract LEAKS) with the labels of both ends, what matters most first in every fold."""
    for end in "ab":
        listed[f"label_{end}"] = labels[listed[end]]
    pictures = listed["why"].isin(PAIR_KINDS)
    listed["one_label"] = ~(pictures & (listed["label_a"] != listed["label_b"]))
    listed["besides"] = (listed["subset_a"] != SUBSETS[TEST]) | (listed["subset_b"] != SUBSETS[TRAIN])
    listed["order"] = listed["why"].map({why: rank for rank, why in enumerate(WHYS)})
    listed = listed.sort_values(["fold", "one_label", "besides", "order", "a", "b"], kind="stable", ignore_index=True)
    if "changes" in listed:
        listed["changes"] = listed["changes"].fillna("")
    return listed[[*LEAKS.columns, *(name for name in LEAK_PROOF if name in listed)]]


def _codes(names: pd.Series) -> np.ndarray:
    """Number of each name; -1 where it is empty."""
    return pd.factorize(names.where(names != "", None))[0]


def _shared(codes: np.ndarray, subset: np.ndarray, why: str, totals: dict[int, dict[str, int]]) -> pd.DataFrame:
    """One partner for each evaluated sample whose code is also on the other side; all pairs are counted."""
    rows = np.flatnonzero((codes >= 0) & (subset >= 0))
    size = int(codes.max(initial=-1)) + 1
    counts = np.zeros((3, size), dtype="int64")
    np.add.at(counts, (subset[rows], codes[rows]), 1)
    totals[TEST][why] += int((counts[TEST] * (counts[TRAIN] + counts[VALIDATION])).sum())
    totals[VALIDATION][why] += int((counts[VALIDATION] * counts[TRAIN]).sum())
    partner = np.full((3, size), -1)
    for side in (TRAIN, VALIDATION):
        members = rows[subset[rows] == side][::-1]  # backwards: the first one stays
        partner[side, codes[members]] = members
    partner[TEST] = np.where(partner[TRAIN] >= 0, partner[TRAIN], partner[VALIDATION])
    wanted = {TEST: partner[TEST], VALIDATION: partner[TRAIN]}
    a, b = [], []
    for side, partners in wanted.items():
        evaluated = rows[subset[rows] == side]
        evaluated = evaluated[partners[codes[evaluated]] >= 0]
        a.append(evaluated)
        b.append(partners[codes[evaluated]])
    return pd.DataFrame({"why": why, "a": np.concatenate(a), "b": np.concatenate(b), "distance": 0.0})


def _equal(
    first: np.ndarray, second: np.ndarray, pairs: pd.DataFrame, subset: np.ndarray, totals: dict[int, dict[str, int]]
) -> pd.DataFrame:
    """Every equal pair with its ends in two subsets; `a` is the end that is evaluated later (test, validation)."""
    sides = np.stack([subset[first], subset[second]])
    torn = (sides[0] != sides[1]) & (sides >= 0).all(axis=0)
    later = sides[0] > sides[1]
    table = pd.DataFrame(
        {
            "why": pairs["kind"].to_numpy(),
            "a": np.where(later, first, second),
            "b": np.where(later, second, first),
            "distance": pairs["distance"].to_numpy(dtype="float64"),
            **{name: pairs[name].to_numpy() for name in LEAK_PROOF if name in pairs},
        }
    )[torn]
    for side, counts in totals.items():
        for why, n in table.loc[subset[table["a"]] == side, "why"].value_counts().items():
            counts[why] += int(n)
    return table
