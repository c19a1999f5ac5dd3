"""Make a run of another whose probabilities are calibrated on its validation units, see kinds.calibrated."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.run_finish import Combined
from workflow_scripts.contracts.run_record import Calibration
from workflow_scripts.contracts.run_tables import class_columns, classes_of, unit_weights
from workflow_scripts.evaluation.metric_tables import arrays
from workflow_scripts.evaluation.metrics import normalised
from workflow_scripts.evaluation.recalibration import SMALLEST, log_odds
from workflow_scripts.kinds.calibrated import Calibrated
from workflow_scripts.runtime.errors import UserError

# Between these temperatures the best is looked for.
COLDEST, HOTTEST = 0.01, 100.0


@dataclass(frozen=True)
class Fitted:
    """N×K probabilities → calibrated ones, and by class the numbers that say how."""

    apply: Callable[[np.ndarray], np.ndarray]
    parameters: dict[str, tuple[float, ...]]


def combine(run: Calibrated, units: Mapping[str, pd.DataFrame]) -> Combined:
    """The units of the source with calibrated probabilities; the record says by which numbers.

    Nothing but the validation rows decides, each with its weight. UserError where there are none of some class.
    """
    table = units[run.source]
    classes = classes_of(table)
    rows = table[(table["subset"] == "validation") & (unit_weights(table) > 0)]
    missing = [name for name in classes if not (rows["label"] == name).any()]
    if missing:
        raise UserError(
            f"{run.source} has no validation units of {missing[0]!r} to calibrate on; give the protocol a larger "
            "validation share, or remove the calibrated run"
        )
    labels, p = arrays(rows)
    fitted = _FITS[run.method](labels, normalised(p), unit_weights(rows), classes)
    changed = fitted.apply(normalised(arrays(table)[1]))
    numbers = {name: tuple(float(f"{value:.9g}") for value in line) for name, line in fitted.parameters.items()}
    facts = {"calibration": plain(Calibration(run.method, len(rows), numbers))}
    return Combined(table.assign(**dict(zip(class_columns(classes), changed.T, strict=True))), facts)


def _platt(labels: np.ndarray, p: np.ndarray, weights: np.ndarray, classes: list[str]) -> Fitted:
    """Platt, Advances in Large Margin Classifiers 61, 1999: its targets keep a perfect run from infinite slopes."""
    numbers = {name: platt_line(labels == k, p[:, k], weights) for k, name in _modelled(classes)}

    def scaled(values: np.ndarray, name: str) -> np.ndarray:
        intercept, slope = numbers[name]
        return 1 / (1 + np.exp(-(intercept + slope * log_odds(values))))

    return Fitted(_against_the_rest(scaled, classes), dict(numbers))


def platt_line(happened: np.ndarray, risk: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Intercept and slope on the scale of log odds."""
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    positive, negative = weights[happened].sum(), weights[~happened].sum()
    target = np.where(happened, (positive + 1) / (positive + 2), 1 / (negative + 2))
    x = np.tile(log_odds(risk), 2)[:, None]
    outcome = np.repeat([1, 0], len(risk))
    model = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000)
    # One thread: sums depend on the number of threads.
    with threadpool_limits(1):
        model.fit(x, outcome, sample_weight=np.concatenate([weights * target, weights * (1 - target)]))
    return float(model.intercept_[0]), float(model.coef_[0, 0])


def _isotonic(labels: np.ndarray, p: np.ndarray, weights: np.ndarray, classes: list[str]) -> Fitted:
    """Zadrozny & Elkan, KDD 2002."""
    from sklearn.isotonic import IsotonicRegression

    models = {}
    for k, name in _modelled(classes):
        model = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
        models[name] = model.fit(p[:, k], (labels == k).astype(float), sample_weight=weights)
    steps = {name: (*model.X_thresholds_.tolist(), *model.y_thresholds_.tolist()) for name, model in models.items()}
    return Fitted(_against_the_rest(lambda values, name: models[name].predict(values), classes), steps)


def _temperature(labels: np.ndarray, p: np.ndarray, weights: np.ndarray, classes: list[str]) -> Fitted:
    """Guo et al., ICML 2017."""
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    def scaled(values: np.ndarray, logarithm: float) -> np.ndarray:
        logs: np.ndarray = log_softmax(np.log(np.clip(values, SMALLEST, 1)) / np.exp(logarithm), axis=1)
        return logs

    def loss(logarithm: float) -> float:
        return float(-np.average(scaled(p, logarithm)[np.arange(len(p)), labels], weights=weights))

    best = float(minimize_scalar(loss, bounds=(np.log(COLDEST), np.log(HOTTEST)), method="bounded").x)
    return Fitted(lambda values: np.exp(scaled(values, best)), {"temperature": (float(np.exp(best)),)})


_Fit = Callable[[np.ndarray, np.ndarray, np.ndarray, list[str]], Fitted]
_FITS: dict[str, _Fit] = {"platt": _platt, "isotonic": _isotonic, "temperature": _temperature}


def _modelled(classes: list[str]) -> list[tuple[int, str]]:
    """Classes that are calibrated, with their numbers: of two the last, the other has the rest."""
    numbered = list(enumerate(classes))
    return numbered[1:] if len(classes) == 2 else numbered


def _against_the_rest(
    scaled: Callable[[np.ndarray, str], np.ndarray], classes: list[str]
) -> Callable[[np.ndarray], np.ndarray]:
    """N×K → N×K by what is done to the probabilities of each class; a row without any is even."""

    def apply(p: np.ndarray) -> np.ndarray:
        columns = np.stack([scaled(p[:, k], name) for k, name in _modelled(classes)], axis=1)
        if len(classes) == 2:
            return np.concatenate([1 - columns, columns], axis=1)
        total = columns.sum(axis=1, keepdims=True)
        return np.where(total > 0, columns / np.where(total > 0, total, 1), 1 / len(classes))

    return apply
