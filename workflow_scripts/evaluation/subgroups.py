"""Accuracy, sensitivity and specificity in subgroups: the values of columns that an adapter added to the manifest.

A subgroup is called column=value. Units of all folds are taken together before a metric is computed, because a small
subgroup may be missing from a fold; seeds are averaged.
"""

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from workflow_scripts.contracts.metric_names import SUBGROUP_METRICS
from workflow_scripts.contracts.run_tables import of_known_outcome
from workflow_scripts.evaluation.bootstrap import Resampler, from_confusion
from workflow_scripts.evaluation.estimates import Estimate
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.metric_tables import Dataset, arrays
from workflow_scripts.evaluation.metrics import Values, normalised
from workflow_scripts.evaluation.observed import Observed, observed
from workflow_scripts.evaluation.parts import on_part

ACCURACY, SENSITIVITY, SPECIFICITY = SUBGROUP_METRICS
UNKNOWN = "unknown"
MOST_VALUES = 6  # a numeric column of more values is cut at its tertiles
SMALL = 10  # of fewer units no interval is given


def members(dataset: Dataset, columns: Sequence[str], aggregate: str) -> dict[str, pd.Index]:
    """Subgroup → ids of what is judged (samples, or units where samples are aggregated), in the order of the columns.

    A column that the manifest lacks has no subgroups; of several samples of a unit the first one with a value counts.
    """
    manifest, ids_of = dataset.manifest, {}
    key = "id" if aggregate == "none" else "unit"
    for column in (name for name in columns if name in manifest):
        labels, order = _labels(manifest[column])
        value_of = labels.groupby(manifest[key].to_numpy(), sort=False).first().fillna(UNKNOWN)
        for label in [*order, UNKNOWN]:
            if (ids := value_of.index[value_of == label]).size:
                ids_of[f"{column}={label}"] = ids
    return ids_of


def _labels(values: pd.Series) -> tuple[pd.Series, list[str]]:
    """Each row's label, None where the cell is empty, and the labels in their order."""
    if not pd.api.types.is_numeric_dtype(values):
        kept = values.where(values != "", None)
        return kept, sorted(set(kept.dropna()))
    numbers = values.dropna()
    if numbers.nunique() <= MOST_VALUES:
        return values.map(lambda value: f"{value:g}", na_action="ignore").astype(object), [
            f"{value:g}" for value in sorted(numbers.unique())
        ]
    ends = list(dict.fromkeys(np.quantile(numbers, [1 / 3, 2 / 3])))
    names = [f"≤ {ends[0]:g}", *(f"> {low:g} to {high:g}" for low, high in itertools.pairwise(ends))]
    names.append(f"> {ends[-1]:g}")
    bins = np.searchsorted(ends, values.to_numpy(), side="left")
    return pd.Series(np.where(values.isna(), None, np.array(names, dtype=object)[bins.clip(max=len(ends))])), names


def by_subgroup(
    grid: Grid, resampler: Resampler, groups: dict[str, pd.Index], classes: list[str]
) -> dict[str, dict[str, Estimate]]:
    """Subgroup → metric → estimate over all folds and seeds of one subset; subgroups without units are left out.

    `groups`: of `members`. With two classes sensitivity and specificity are of the last, the positive one, and n is the
    number of units of that or of the other class; with more they are macro averages over the classes in the subgroup.
    Of fewer than SMALL units there is no interval.
    """
    together = grid.together()
    first = together.values()[0]
    by_name = {}
    for name, ids in groups.items():
        units = first[first["id"].isin(ids)]
        if not len(units):
            continue
        sizes = dict.fromkeys(SUBGROUP_METRICS, len(units))
        if len(classes) == 2:
            labels = units.loc[of_known_outcome(units), "label"]
            positive = int((labels == classes[-1]).sum())
            sizes |= {SENSITIVITY: positive, SPECIFICITY: len(labels) - positive}
        estimates = on_part(together, ids, _measure, _behind, resampler)
        by_name[name] = {metric: _sized(estimate, sizes[metric]) for metric, estimate in estimates.items()}
    return by_name


def _sized(estimate: Estimate, n: int) -> Estimate:
    return replace(estimate, n=n) if n >= SMALL else Estimate(estimate.value, np.nan, np.nan, n)


def _measure(units: pd.DataFrame, weights: np.ndarray) -> dict[str, np.ndarray]:
    labels, p = arrays(units)
    return _chosen(*from_confusion(labels, normalised(p), weights), p.shape[1])


def _behind(units: pd.DataFrame) -> dict[str, Observed]:
    behind = observed([units])
    if len(behind.per_class[SENSITIVITY]) == 2:
        positive = {name: behind.per_class[name][1] for name in (SENSITIVITY, SPECIFICITY)}
        return {ACCURACY: behind.overall["accuracy"], **positive}
    return {name: behind.overall[f"macro_{name}" if name != ACCURACY else name] for name in SUBGROUP_METRICS}


def _chosen(overall: dict[str, Values], per_class: dict[str, np.ndarray], classes: int) -> dict[str, Values]:
    """What a subgroup is given of all metrics; `per_class` …×K."""
    rates = (SENSITIVITY, SPECIFICITY)
    if classes == 2:
        return {ACCURACY: overall["accuracy"], **{name: per_class[name].T[1] for name in rates}}
    return {ACCURACY: overall["accuracy"], **{name: overall[f"macro_{name}"] for name in rates}}
