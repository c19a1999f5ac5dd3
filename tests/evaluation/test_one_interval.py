"""A number has one interval: in metrics.csv, where a verdict is made of it, in a comparison."""

import numpy as np
import pytest
from fabricated import units

from workflow_scripts.contracts.run_tables import ALL
from workflow_scripts.evaluation.bootstrap import subset_draws
from workflow_scripts.evaluation.estimates import Measuring, estimate
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.intervals import difference, difference_interval, interval
from workflow_scripts.evaluation.paired import compare
from workflow_scripts.evaluation.quantities import Measured

CLASSES = ["a", "b", "c"]


def made(skill: float, salt: int) -> Grid:
    tables = {}
    for fold, seed in ((0, 0), (0, 1), (1, 0), (1, 1)):
        rng = np.random.default_rng([salt, fold, seed])
        tables[fold, seed] = units(rng, np.arange(120) % 3, skill, CLASSES, fold, first=120 * fold)
    return Grid(tables)


def draws(grid: Grid):
    return subset_draws(grid.values(), 200, "study", "grouped", "test", 0)


@pytest.mark.parametrize(("metric", "label"), [("accuracy", ""), ("macro_auc", ""), ("kappa", ""), ("f1", "b")])
def test_a_verdict_stands_on_the_interval_of_the_metrics_table(metric, label):
    grid = made(1.5, 0)
    result = estimate(grid, draws(grid), Measuring(CLASSES, 10))[ALL]
    cell = result.per_class[label][metric] if label else result.overall[metric]
    measured = Measured({"run": grid}, CLASSES, 200, 10, np.random.default_rng(5), {"test": draws(grid)})
    quantity = measured.quantity("run", metric, "test", label)
    ends = interval(quantity.points, quantity.draws, metric, quantity.behind)
    assert ends == pytest.approx((cell.low, cell.high), abs=1e-6)


def test_a_difference_has_the_interval_of_the_comparison():
    runs = {"x": made(1.0, 0), "y": made(1.5, 1)}
    row = compare(runs, "x", "accuracy", "grouped", draws(runs["x"])).set_index("seed").loc[ALL]
    measured = Measured(runs, CLASSES, 200, 10, np.random.default_rng(5), {"test": draws(runs["x"])})
    lead = measured.quantity("y", "accuracy", "test") - measured.quantity("x", "accuracy", "test")
    ends = difference_interval(difference(lead.points, lead.draws, lead.behind), "accuracy", lead.behind.size)
    assert ends == pytest.approx((row["low"], row["high"]), abs=1e-6)
