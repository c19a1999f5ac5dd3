"""Accuracy within and across the sources of a study that joins several data sets.

Where each class comes from one data set only, telling the data sets apart is half of telling the classes apart.
Beside the accuracy over all classes: the share of units taken for a class of another source, and the accuracy that is
left when only the classes of a unit's own source are allowed.
"""

import numpy as np
import pandas as pd

from workflow_scripts.contracts.metric_names import SOURCE_METRICS
from workflow_scripts.contracts.runs import METRICS
from workflow_scripts.evaluation.bootstrap import Resampler
from workflow_scripts.evaluation.estimates import ALL, Estimate
from workflow_scripts.evaluation.tables import Dataset, Key, arrays

ACCURACY, WITHIN, CROSSED = SOURCE_METRICS


def by_source(
    frames: dict[Key, pd.DataFrame], resampler: Resampler, dataset: Dataset, aggregate: str
) -> dict[str, dict[str, Estimate]]:
    """Source → metric → estimate over all folds and seeds of one subset; empty where the data have one source.

    accuracy: share of the source's units whose class is found among all classes; within_source_accuracy: among the
    classes of the source; crossed_source: share of its units taken for a class that the source does not have.
    """
    manifest = dataset.manifest
    names = sorted(set(manifest["source"]))
    if len(names) < 2:
        return {}
    source_of = manifest.groupby("id" if aggregate == "none" else "unit")["source"].first()
    folds, seeds = sorted({fold for fold, _ in frames}), sorted({seed for _, seed in frames})
    found: dict[str, dict[str, Estimate]] = {}
    for name in names:
        own = np.array([(manifest.loc[manifest["label"] == label, "source"] == name).any() for label in dataset.classes])
        values: dict[str, list] = {metric: [] for metric in (ACCURACY, WITHIN, CROSSED)}
        draws: dict[str, list] = {metric: [] for metric in values}
        n = 0
        for fold in folds:
            for seed in seeds:
                frame = frames[fold, seed]
                part = frame[(frame["id"].map(source_of) == name).to_numpy()]
                n += len(part) if seed == seeds[0] else 0
                weights = resampler.weights(part)
                for metric, hits in _hits(part, own).items():
                    values[metric].append(hits.mean() if len(hits) else np.nan)
                    total = weights.sum(axis=0, dtype="float64")
                    drawn = hits.astype("float64") @ weights
                    draws[metric].append(np.divide(drawn, total, out=np.full_like(total, np.nan), where=total > 0))
        shape = (len(folds), len(seeds), resampler.draws)
        found[name] = {
            metric: Estimate(
                float(np.nanmean(values[metric])),
                *resampler.interval(resampler.pool(np.array(draws[metric]).reshape(shape)), ACCURACY),
                n,
            )
            for metric in values
            if not np.isnan(values[metric]).all()
        }
    return found


def _hits(units: pd.DataFrame, own: np.ndarray) -> dict[str, np.ndarray]:
    """Of each unit of one source: found among all classes, found among its source's, taken for another source's."""
    labels, p = arrays(units)
    predicted = p.argmax(axis=1)
    return {
        ACCURACY: predicted == labels,
        WITHIN: np.where(own, p, -1.0).argmax(axis=1) == labels,
        CROSSED: ~own[predicted],
    }


def rows(found: dict[str, dict[str, dict[str, Estimate]]], protocol: str, run: str) -> pd.DataFrame:
    """Tidy table (contract METRICS) of {subset: by_source(…)}: level "source", the source's name in column class."""
    lines = [
        (protocol, run, ALL, ALL, subset, "source", source, metric, e.value, e.low, e.high, e.n)
        for subset, sources in found.items()
        for source, metrics in sources.items()
        for metric, e in metrics.items()
    ]
    return pd.DataFrame(lines, columns=list(METRICS.columns))
