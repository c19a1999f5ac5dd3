"""Make a run of a logistic regression on the scores of others, see kinds.stacked."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.run_finish import Combined
from workflow_scripts.contracts.run_record import Stack
from workflow_scripts.contracts.run_tables import class_columns, classes_of, probabilities, unit_weights
from workflow_scripts.evaluation.metric_tables import arrays
from workflow_scripts.evaluation.recalibration import log_odds
from workflow_scripts.evaluation.voting import require_same
from workflow_scripts.kinds.stacked import Stacked
from workflow_scripts.runtime.errors import UserError

ITERATIONS = 5000


def combine(run: Stacked, units: Mapping[str, pd.DataFrame]) -> Combined:
    """The units with the probabilities of the regression; the record says its coefficients.

    Nothing but the validation rows of `units` is fitted on, each by its weight where units have one. UserError where
    a class has no validation unit, or where the tables are of other units or classes.
    """
    sources = dict(units)
    require_same(sources)
    first = next(iter(sources.values()))
    classes = classes_of(first)
    scores = np.concatenate([_scores(probabilities(table)) for table in sources.values()], axis=1)
    labels, _ = arrays(first)
    weights = unit_weights(first)
    fitted_on = (first["subset"] == "validation").to_numpy() & (weights > 0)
    for number, name in enumerate(classes):
        if not (labels[fitted_on] == number).any():
            raise UserError(
                f"no validation unit is of the class {name}, and a stacked run is fitted on them; give the protocol a "
                "larger validation share"
            )
    model = LogisticRegression(C=run.C, max_iter=ITERATIONS)
    # One thread: sums depend on the number of threads.
    with threadpool_limits(1):
        model.fit(scores[fitted_on], labels[fitted_on], sample_weight=weights[fitted_on])
        stacked = first.copy()
        stacked[class_columns(classes)] = model.predict_proba(scores)
    return Combined(stacked, {"stacked": plain(_stack(model, list(sources), classes))})


def _scores(p: np.ndarray) -> np.ndarray:
    """float64 N×(K-1): log odds of each class against the first, of N×K probabilities."""
    return log_odds(p[:, 1:], p[:, :1])


def _stack(model: LogisticRegression, sources: list[str], classes: list[str]) -> Stack:
    """What was fitted. Of two classes there is one row: that of the second against the first."""
    rows = classes if len(classes) > 2 else classes[1:]
    coefficients = model.coef_.reshape(len(rows), len(sources), len(classes) - 1)
    return Stack(
        intercepts={name: float(f"{value:.9g}") for name, value in zip(rows, model.intercept_, strict=True)},
        coefficients={
            source: {
                name: tuple(float(f"{value:.9g}") for value in coefficients[row, number])
                for row, name in enumerate(rows)
            }
            for number, source in enumerate(sources)
        },
    )
