"""Hold-out and k-fold splits, by sample, unit or group, from a manifest and its clusters."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import pandas as pd

from workflow_scripts.contracts.subsets import SUBSETS
from workflow_scripts.runtime.errors import LEAVE_OUT, UserError
from workflow_scripts.splitting.assign import assign, empty_cells

# Share of the samples up to which clusters of several are put into a split of single samples afterwards.
FEW = 0.02
# Of classes that are too small a message names the smallest and so many further.
NAMED = 3


@dataclass(frozen=True)
class Samples:
    """What a split needs: ids (N), class number of each (N), class names, cluster and unit number of each (N).

    A unit is what is judged (a patient, a slide); a cluster, of whole units, is what must not be torn apart.
    """

    ids: np.ndarray
    labels: np.ndarray
    classes: list[str]
    clusters: np.ndarray
    units: np.ndarray

    def kept_together(self, by: str) -> "Samples":
        """The samples with the clusters that a split by "sample", "unit" or "group" keeps whole."""
        clusters = {"sample": np.arange(len(self.ids)), "unit": self.units, "group": self.clusters}[by]
        return replace(self, clusters=clusters)

    @property
    def single(self) -> "Samples":
        """The same with each sample a cluster of its own."""
        return self.kept_together("sample")

    @property
    def few_together(self) -> bool:
        """Whether some samples lie in clusters of several, but few."""
        sizes = np.bincount(np.unique(self.clusters, return_inverse=True)[1])
        return 0 < sizes[sizes > 1].sum() <= FEW * len(self.ids)

    @property
    def apart(self) -> bool:
        """Whether no cluster holds two samples: then each sample is placed for itself."""
        return len(np.unique(self.clusters)) == len(self.ids)

    def counts(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Cluster numbers present in `rows`, and G×K units of each class in each; a unit of two classes is in both."""
        present, codes = np.unique(self.clusters[rows], return_inverse=True)
        judged = np.unique(np.stack([codes, self.units[rows], self.labels[rows]]), axis=1)
        table = np.zeros((len(present), len(self.classes)), dtype="int64")
        np.add.at(table, (judged[0], judged[2]), 1)
        return present, table


def subset_counts(total: int, fractions: list[float]) -> tuple[int, int, int]:
    """Training, validation and test samples out of `total`: the training fraction rounded up, the test fraction down.

    The validation subset takes the rest. Exact for decimal fractions and for thirds, without floating-point error.
    Reproduces every class count in Tables 1, 4 and 5 of CVM-Cervix (Liu et al. 2022) with fractions 0.6, 0.2, 0.2.
    """
    train, _, test = (Fraction(fraction).limit_denominator(10_000) for fraction in fractions)
    first, last = math.ceil(train * total), math.floor(test * total)
    return first, total - first - last, last


def holdout(samples: Samples, fractions: list[float], by: str, rng: np.random.Generator) -> pd.DataFrame:
    """One split by fractions of each class; UserError when a class is too small for the subsets.

    by "sample": exact counts of samples (subset_counts); by "unit" and "group": units or clusters stay whole, and the
    counts of units come nearest to these. Where nothing is kept together all are the same split; where few samples are,
    it is changed for these alone.
    """

    def divided(clustered: Samples) -> list[np.ndarray]:
        return [divide(clustered, np.arange(len(clustered.ids)), fractions, rng)]

    samples = samples.kept_together(by)
    return _frame(samples, _nearest_to_single(samples, divided) or divided(samples))


def kfold(samples: Samples, folds: int, validation: float, by: str, rng: np.random.Generator) -> pd.DataFrame:
    """`folds` disjoint test subsets; from each fold's training part a fraction `validation` is its validation subset.

    Both divisions keep whole what `by` says, as holdout does. UserError when a class is too small for the subsets.
    """

    def divided(clustered: Samples) -> list[np.ndarray]:
        rows = np.arange(len(clustered.ids))
        folds_of = _folds_by_sample if clustered.apart else _folds_by_cluster
        test = folds_of(clustered, folds, rng)
        columns = []
        for fold in range(folds):
            rest = rows[test != fold]
            chosen = np.full(len(rows), SUBSETS.index("test"))
            chosen[rest] = divide(clustered, rest, [1 - validation, validation, 0.0], rng, folds)
            columns.append(chosen)
        return columns

    samples = samples.kept_together(by)
    return _frame(samples, _nearest_to_single(samples, divided) or divided(samples))


def _nearest_to_single(samples: Samples, divided: Callable[[Samples], list[np.ndarray]]) -> list[np.ndarray] | None:
    """Columns of the split of single samples, but with each cluster where its first sample is; None: not to be had.

    Two protocols then differ in what is kept together and in nothing else, and folds without a torn cluster are equal.
    Only where few samples lie in clusters: more would leave the subsets uneven. No class may lose its last sample.
    """
    if not samples.few_together:
        return None
    firsts, codes = np.unique(samples.clusters, return_index=True, return_inverse=True)[1:]
    try:
        single = divided(samples.single)
    except UserError:  # a class too small to be dealt sample by sample has a place in every subset as clusters
        return None
    moved = [chosen[firsts[codes]] for chosen in single]

    def filled(columns: list[np.ndarray]) -> list[int]:
        """Of each fold, in how many subsets how many classes are, together."""
        return [np.unique(np.stack([chosen, samples.labels]), axis=1).shape[1] for chosen in columns]

    return moved if filled(moved) == filled(single) else None


def divide(
    samples: Samples,
    rows: np.ndarray,
    fractions: list[float],
    rng: np.random.Generator,
    folds: int | None = None,
) -> np.ndarray:
    """Subset number (0 train, 1 validation, 2 test) of each of `rows`, stratified by class; clusters stay whole.

    `folds`: of how many folds `rows` are the part that is not tested; None for a hold-out.
    """
    totals = _totals(samples, rows)
    targets = np.array([subset_counts(int(total), fractions) for total in totals]).T
    wanted = "fractions " + " / ".join(f"{fraction:g}" for fraction in fractions)
    besides, parts, remedy = "", "train / validation / test", "change the fractions"
    if folds is not None:
        wanted, besides = f"a validation fraction of {fractions[1]:g}", f" beside its test fold ({folds} folds)"
        parts, remedy = "train / validation", "use fewer folds or a larger validation"
    if samples.apart:
        short = [k for k in range(len(totals)) if any(f > 0 and targets[s, k] < 1 for s, f in enumerate(fractions))]
        if short:
            k, further = _smallest(samples.classes, totals, short)
            counts = " / ".join(map(str, targets[: len(parts.split(" / ")), k]))
            if folds is not None:
                remedy = _enough_validation(totals[k])
            raise UserError(
                f"class {samples.classes[k]!r} has {totals[k]} samples{besides}, too few for {wanted}: it would get "
                f"{counts} ({parts}){further}; {remedy}, or {LEAVE_OUT}"
            )
        return _divide_by_sample(samples.labels[rows], targets, rng)
    # A small class has a place in every subset that has a fraction, even where its own count rounds to none.
    floor = np.array([1e-9 if fraction > 0 else 0.0 for fraction in fractions])
    return _by_cluster(samples, rows, np.maximum(targets, floor[:, None]), wanted + besides, remedy, rng)


def _divide_by_sample(labels: np.ndarray, targets: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    chosen = np.empty(len(labels), dtype="int64")
    for k in range(targets.shape[1]):
        members = rng.permutation(np.flatnonzero(labels == k))
        chosen[members] = np.repeat(np.arange(len(targets)), targets[:, k])
    return chosen


def _folds_by_sample(samples: Samples, folds: int, rng: np.random.Generator) -> np.ndarray:
    """Deal the shuffled samples class after class: folds differ by at most one sample a class, and one in all."""
    totals = np.bincount(samples.labels, minlength=len(samples.classes))
    short = [k for k in range(len(totals)) if totals[k] < folds]
    if short:
        k, further = _smallest(samples.classes, totals, short)
        raise UserError(
            f"class {samples.classes[k]!r} has {totals[k]} samples, too few for {folds} folds{further}; "
            f"{_enough_folds(totals[k])}, or {LEAVE_OUT}"
        )
    order = np.concatenate([rng.permutation(np.flatnonzero(samples.labels == k)) for k in range(len(totals))])
    test = np.empty(len(order), dtype="int64")
    test[order] = np.arange(len(order)) % folds
    return test


def _smallest(classes: list[str], sizes: np.ndarray, short: list[int]) -> tuple[int, str]:
    """Of the classes that are too small the smallest, and words on the others."""
    first, *further = sorted(short, key=lambda k: (sizes[k], k))
    listed = [f"{classes[k]!r} with {sizes[k]}" for k in further[:NAMED]]
    listed += [f"{len(further) - NAMED} more"] if len(further) > NAMED else []
    words = " and ".join(filter(None, [", ".join(listed[:-1]), *listed[-1:]]))
    return first, f", as {'have' if len(further) > 1 else 'has'} {words}" if further else ""


def _enough_validation(size: int) -> str:
    """How a class with `size` samples beside its test fold has one to validate with: a fraction of two decimals."""
    if size < 2:
        return f"each class needs {len(SUBSETS)} samples at least, and {len(SUBSETS)} folds"
    return f"`validation: {math.ceil(100 / size) / 100:g}` would do"


def _enough_folds(size: int) -> str:
    """How a class of `size` samples has one to learn from, to validate with and to test in every fold."""
    if size < len(SUBSETS):
        return f"each class needs {len(SUBSETS)} samples at least"
    return f"`folds: {size}` would do; of {size - 1} samples beside a fold {_enough_validation(size - 1)}"


def _totals(samples: Samples, rows: np.ndarray) -> np.ndarray:
    """Samples of each class where each is placed for itself, else units of each class (K)."""
    if samples.apart:
        return np.bincount(samples.labels[rows], minlength=len(samples.classes))
    return samples.counts(rows)[1].sum(axis=0)


def _folds_by_cluster(samples: Samples, folds: int, rng: np.random.Generator) -> np.ndarray:
    rows = np.arange(len(samples.ids))
    wanted = np.tile(_totals(samples, rows) / folds, (folds, 1))
    return _by_cluster(samples, rows, wanted, f"{folds} folds", "use fewer folds", rng)


def _by_cluster(
    samples: Samples, rows: np.ndarray, targets: np.ndarray, what: str, remedy: str, rng: np.random.Generator
) -> np.ndarray:
    present, counts = samples.counts(rows)
    groups, needed = (counts > 0).sum(axis=0), (targets > 0).sum(axis=0)
    if (groups < needed).any():
        k, further = _smallest(samples.classes, groups, list(np.flatnonzero(groups < needed)))
        raise UserError(
            f"class {samples.classes[k]!r} has {groups[k]} group(s) of samples that must stay together (one patient's, "
            f"or copies of one picture, see equal_pairs.csv), too few for {what}: {needed[k]} subsets want one "
            f"each{further}; {remedy}, or {LEAVE_OUT}"
        )
    chosen = assign(counts, targets, rng)
    empty = empty_cells(counts, targets, chosen)
    if empty:
        name, groups = samples.classes[empty[0][1]], int((counts[:, empty[0][1]] > 0).sum())
        raise UserError(
            f"class {name!r}: its {groups} groups, which hold other classes too, were not divided so that each subset "
            f"of {what} has one; {remedy}, or {LEAVE_OUT}"
        )
    return chosen[np.searchsorted(present, samples.clusters[rows])]


def _frame(samples: Samples, columns: list[np.ndarray]) -> pd.DataFrame:
    """The split's table: fold after fold, in manifest order."""
    names = np.array(SUBSETS)
    return pd.DataFrame(
        {
            "id": np.tile(samples.ids, len(columns)),
            "fold": np.repeat(np.arange(len(columns)), len(samples.ids)),
            "subset": np.concatenate([names[chosen] for chosen in columns]),
        }
    )
