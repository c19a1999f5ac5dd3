"""What a number rests on: how many observations, in how many groups, and how uneven these are.

Images of one patient resemble each other, so groups are the observations; where they are of unequal size, they are
worth as much as (Σw)²/Σw² equal ones (Kish, Survey Sampling, 1965). The number follows its
largest groups, so the spread over bootstrap draws of groups is too small where these are few: of G effective groups the
variance is widened by G/(G-1), and has G-1 degrees of freedom.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workflow_scripts.contracts.run_tables import of_known_outcome, unit_weights
from workflow_scripts.evaluation.bootstrap import group_names
from workflow_scripts.evaluation.metric_tables import arrays


@dataclass(frozen=True)
class Observed:
    """What stands behind a number.

    size: independent observations where all bootstrap draws agree, see `observed`; predictions: how many, of all
    trainings, by their weights; groups: effective number of groups; widening: factor of the variance over the draws,
    infinite of a single group.
    """

    size: float
    predictions: float
    groups: float
    widening: float


@dataclass(frozen=True)
class ObservedBy:
    """What stands behind every metric: `overall` by metric, `per_class` by metric and class number."""

    overall: dict[str, Observed]
    per_class: dict[str, list[Observed]]


def of_groups(weights: np.ndarray, predictions: float) -> Observed:
    """What a mean over groups of these weights (G) rests on; those of 0 are no groups."""
    present = weights[weights > 0]
    if not len(present):
        return Observed(0.0, predictions, 0.0, np.inf)
    shares = present / present.sum()
    effective = 1 / float((shares**2).sum())
    widening = effective / (effective - 1) if len(present) > 1 else np.inf
    return Observed(float(len(present)), predictions, effective, widening)


def of_rows(table: pd.DataFrame) -> Observed:
    """What a mean over the rows of known outcome of a units table rests on."""
    rows = table[of_known_outcome(table)]
    codes, _ = pd.factorize(group_names(rows))
    weights = unit_weights(rows)
    return of_groups(np.bincount(codes, weights=weights), float(weights.sum()))


def together(parts: Sequence[Observed], whole: Observed, size: float) -> Observed:
    """What a mean of numbers rests on that rest on `parts`; `whole`: on all units.

    The variance of each part falls with its groups; degrees of freedom are Satterthwaite's, at most those of the whole,
    because one group may be in all parts.
    """
    groups = np.array([part.groups for part in parts])
    if not len(parts) or (groups <= 1).any():
        return Observed(size, whole.predictions, 1.0, np.inf)
    variances = 1 / groups
    freedom = variances.sum() ** 2 / (variances**2 / (groups - 1)).sum()
    widening = np.average([part.widening for part in parts], weights=variances)
    return Observed(size, whole.predictions, min(float(freedom) + 1, whole.groups), float(widening))


def observed(frames: Iterable[pd.DataFrame]) -> ObservedBy:
    """What stands behind every metric of units tables (contract UNITS) of folds and seeds.

    Observations are groups: images of one patient may share their fate, and so do the trainings that judge them; of
    patients who were lost nothing is observed. Sensitivity rests on the groups with units of the class, specificity on
    those with others, precision on those with units called so, F1 on those with either, AUC on the smaller of the two
    sides (so many pairs share no group). The size of a macro average of K classes is K times the smallest of them:
    errors that were not seen may all lie in that class, where they weigh 1/K. Of macro AUC it is half as many, because
    a unit counts for its own class and against another; of kappa 2 (1 - chance) times the groups, since it lies in
    [-1, 1] and an error costs 1 / (1 - chance).
    """
    table = pd.concat(list(frames), ignore_index=True)
    table = table[of_known_outcome(table)]
    labels, p = arrays(table)
    predicted, classes = p.argmax(axis=1), p.shape[1]
    codes, _ = pd.factorize(group_names(table))
    sums = _Sums(codes, unit_weights(table), classes)
    labelled, called = sums.by(labels), sums.by(predicted)
    right = labels == predicted
    both = sums.by(np.where(right, labels, classes))[:, :classes]
    all_units = labelled.sum(axis=1)
    predictions = float(all_units.sum())
    whole = of_groups(all_units, predictions)

    def by_class(weights: np.ndarray) -> list[Observed]:
        return [of_groups(weights[:, k], predictions) for k in range(classes)]

    # What is left of subtracted weights is no group.
    without = np.where(_some(all_units[:, None], labelled), all_units[:, None] - labelled, 0.0)
    positive, negative = by_class(labelled), by_class(without)
    per_class = {
        "precision": by_class(called),
        "sensitivity": positive,
        "specificity": negative,
        "f1": by_class(labelled + called - both),
        "auc": [_two_sides(*sides, whole) for sides in zip(positive, negative, strict=True)],
    }
    present = [k for k in range(classes) if positive[k].size > 0]
    overall = {
        f"macro_{name}": together(
            [parts[k] for k in present], whole, len(present) * min(parts[k].size for k in present)
        )
        for name, parts in per_class.items()
    }
    area = overall["macro_auc"]
    overall["macro_auc"] = overall["pooled_macro_auc"] = Observed(
        area.size / 2, area.predictions, area.groups, area.widening
    )
    overall["balanced_accuracy"] = overall["macro_sensitivity"]
    overall |= dict.fromkeys(("accuracy", "log_loss", "brier", "ece"), whole)
    fractions = [sums.sum(axis=0)[:classes] / predictions for sums in (labelled, called)]
    size = 2 * whole.size * (1 - float(fractions[0] @ fractions[1]))
    overall["kappa"] = Observed(size, whole.predictions, whole.groups, whole.widening)
    return ObservedBy(overall, per_class)


@dataclass(frozen=True)
class _Sums:
    """Weights of units, to be summed by group and class number."""

    groups: np.ndarray
    weights: np.ndarray
    classes: int

    def by(self, numbers: np.ndarray) -> np.ndarray:
        """G×K, with a further column where `numbers` reach K."""
        columns = max(self.classes, int(numbers.max(initial=0)) + 1)
        size = (int(self.groups.max(initial=-1)) + 1) * columns
        flat = np.bincount(self.groups * columns + numbers, weights=self.weights, minlength=size)
        return flat.reshape(-1, columns)


def _some(whole: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Whether the part is less than the whole, by more than rounding."""
    less: np.ndarray = whole - part > 1e-9 * whole
    return less


def _two_sides(positive: Observed, negative: Observed, whole: Observed) -> Observed:
    return together([positive, negative], whole, min(positive.size, negative.size))
