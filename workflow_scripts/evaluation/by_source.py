"""Accuracy within and across the sources of a study that joins several data sets.

Where each class comes from one data set only, telling the data sets apart is half of telling the classes apart.
Beside the accuracy over all classes: the share of units taken for a class of another source, and the accuracy that is
left when only the classes of a unit's own source are allowed.
"""

import numpy as np
import pandas as pd

from workflow_scripts.contracts.metric_names import SOURCE_METRICS
from workflow_scripts.evaluation.bootstrap import Resampler
from workflow_scripts.evaluation.estimates import Estimate
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.metric_tables import Dataset, arrays
from workflow_scripts.evaluation.observed import Observed, of_rows
from workflow_scripts.evaluation.parts import on_part

ACCURACY, WITHIN, CROSSED = SOURCE_METRICS


def by_source(grid: Grid, resampler: Resampler, dataset: Dataset, aggregate: str) -> dict[str, dict[str, Estimate]]:
    """Source → metric → estimate over all folds and seeds of one subset; empty where the data have one source.

    accuracy: share of the source's units whose class is found among all classes; within_source_accuracy: among the
    classes of the source; crossed_source: share of its units taken for a class that the source does not have.
    """
    manifest = dataset.manifest
    names = sorted(set(manifest["source"]))
    if len(names) < 2:
        return {}
    source_of = manifest.groupby("id" if aggregate == "none" else "unit")["source"].first()
    estimates: dict[str, dict[str, Estimate]] = {}
    for name in names:
        own = np.isin(dataset.classes, manifest.loc[manifest["source"] == name, "label"].unique())

        def fractions(units: pd.DataFrame, weights: np.ndarray, own: np.ndarray = own) -> dict[str, np.ndarray]:
            return {metric: _share(hits, weights) for metric, hits in _hits(units, own).items()}

        estimates[name] = on_part(grid, source_of.index[source_of == name], fractions, _behind, resampler)
    return estimates


def _behind(units: pd.DataFrame) -> dict[str, Observed]:
    """Each metric is a proportion of all known units of the source."""
    return dict.fromkeys(SOURCE_METRICS, of_rows(units))


def _share(hits: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Share of hits in each draw (D); NaN where nothing was drawn."""
    total = weights.sum(axis=0, dtype="float64")
    drawn = hits.astype("float64") @ weights
    return np.divide(drawn, total, out=np.full_like(total, np.nan), where=total > 0)


def _hits(units: pd.DataFrame, own: np.ndarray) -> dict[str, np.ndarray]:
    """Of each unit of one source: found among all classes, found among its source's, taken for another source's."""
    labels, p = arrays(units)
    predicted = p.argmax(axis=1)
    return {
        ACCURACY: predicted == labels,
        WITHIN: np.where(own, p, -1.0).argmax(axis=1) == labels,
        CROSSED: ~own[predicted],
    }
