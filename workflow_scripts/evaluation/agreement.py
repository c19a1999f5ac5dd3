"""How far two runs agree beyond chance, whoever of them is right: Cohen's kappa with an interval."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workflow_scripts.contracts.run_tables import WEIGHT, predicted
from workflow_scripts.evaluation.bootstrap import Resampler, defined_mean, replicates_of, taken_once
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.intervals import interval
from workflow_scripts.evaluation.metric_tables import arrays, same_units
from workflow_scripts.evaluation.observed import observed

METRIC = "kappa"


@dataclass(frozen=True)
class Agreement:
    """Cohen's kappa of n units, with the ends of its 95 % interval; NaN where undefined."""

    value: float
    low: float
    high: float
    n: int


def agreement(first: Grid, second: Grid, draws: int, rng: np.random.Generator) -> Agreement:
    """Cohen's kappa (Educ. Psychol. Meas. 20:37, 1960) of the classes that two runs name, mean over seeds.

    Units of all folds are counted together, since kappa of a small fold is mostly noise; the interval is over groups,
    drawn `draws` times, and over seeds. What became of a patient plays no part: those who were lost count as all
    others. Both runs have judged the same units under the same seeds; else UserError.
    """
    mine, yours = (grid.together().map(_unweighted) for grid in (first, second))
    resampler = Resampler(mine.values(), draws, rng)
    values, samples = {}, {}
    for key, table in mine.items():
        same_units(table, yours[key], f"seed {key[1]}")
        chosen = arrays(table)[1].argmax(axis=1)
        p = arrays(yours[key])[1]
        values[key] = replicates_of(METRIC, chosen, p, taken_once(table))[0]
        samples[key] = replicates_of(METRIC, chosen, p, resampler.weights(table))
    # What chance explains follows from the classes that both name; the labels play no part.
    named = [yours[key].assign(label=predicted(table)) for key, table in mine.items()]
    points, behind = mine.arranged(values), observed(named).overall[METRIC]
    low, high = interval(points, mine.arranged(samples), METRIC, behind)
    return Agreement(float(defined_mean(points.ravel(), axis=0)), low, high, mine.n)


def _unweighted(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(columns=WEIGHT, errors="ignore")
