"""Names of metrics → what each is; further ones are modules of evaluation/added_metrics/, named as text.

A module there has METRIC, what the metric is, and `values`, which measures it; docs/how-to/add_a_metric.md shows one.
The settings read the names: nothing is imported for that.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from workflow_scripts.contracts.metric_names import METRICS, Metric
from workflow_scripts.runtime.errors import UserError

if TYPE_CHECKING:
    import numpy as np

# Class numbers (N), probabilities with rows that sum to 1 (N×K), how often each unit was drawn (N×D) → D values, or D×K
# of each class; NaN where undefined.
Values = Callable[["np.ndarray", "np.ndarray", "np.ndarray"], "np.ndarray"]
FOLDER = Path(__file__).resolve().parent / "added_metrics"
PACKAGE = "workflow_scripts.evaluation.added_metrics"


@dataclass(frozen=True)
class AddedMetric:
    """A metric beyond the built-in ones, and how it is measured."""

    metric: Metric
    values: Values


@cache
def added_metrics() -> dict[str, str]:
    """Name → module of every metric that can be added, in the order of names."""
    names = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")
    return {name: f"{PACKAGE}.{name}" for name in names}


@cache
def load(name: str) -> AddedMetric:
    """The added metric of that name; UserError where its module names another metric, or one that is built in."""
    module = importlib.import_module(added_metrics()[name])
    metric = module.METRIC
    if metric.name != name or metric.level not in ("overall", "class"):
        raise UserError(
            f"{module.__file__}: METRIC is {metric.name!r} of level {metric.level!r}; give it the name of its file, "
            f"{name!r}, and the level overall or class"
        )
    if name in METRICS:
        raise UserError(f"{module.__file__}: {name} is a built-in metric; rename the file and its METRIC")
    return AddedMetric(metric, module.values)


def described(name: str) -> Metric | None:
    """What a metric is, built in or added; None of a number that is no metric of predictions."""
    if name in METRICS:
        return METRICS[name]
    return load(name).metric if name in added_metrics() else None


def bounds(name: str) -> tuple[float, float]:
    """Lowest and highest possible value of a metric; of what is not described those of a share."""
    metric = described(name)
    return (metric.low, metric.high) if metric else (0.0, 1.0)


def is_proportion(name: str) -> bool:
    """Whether the exact interval of a proportion holds for it; what is not described is a share."""
    metric = described(name)
    return metric is None or metric.proportion
