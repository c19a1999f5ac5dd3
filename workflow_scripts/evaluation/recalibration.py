"""How far predicted risks must be moved and stretched, on the scale of log odds, to fit what happened.

Cox, Biometrika 45:562, 1958; Van Calster et al., BMC Medicine 17:230, 2019. A slope below 1: high risks are too high
and low ones too low, as of a model that overfits; an intercept above 0: more happened than was predicted.
"""

import numpy as np

# The tables keep nine digits; a risk of 0 or 1 would be infinitely far out.
SMALLEST = 1e-6
MOST_STEPS, LARGEST_STEP, SAME = 40, 4.0, 1e-9


def log_odds(p: np.ndarray, against: np.ndarray | None = None) -> np.ndarray:
    """Natural log odds of probabilities, of all else or of those `against`; all cut at SMALLEST and 1 - SMALLEST."""
    cut = np.clip(p, SMALLEST, 1 - SMALLEST)
    return np.log(cut / (1 - cut if against is None else np.clip(against, SMALLEST, 1 - SMALLEST)))


def slopes(happened: np.ndarray, risk: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """D slopes of the logistic regression of what happened (N, bool) on the log odds of its risk (N).

    `weights` N×D. NaN where it is undefined: all risks equal, or what happened parted perfectly by them.
    """
    x = log_odds(risk)
    spread = x.std()
    if not len(x) or spread < SAME:
        return np.full(weights.shape[1], np.nan)
    standard = (x - x.mean()) / spread
    return _newton(happened, np.stack([np.ones_like(standard), standard]), np.zeros_like(x), weights)[1] / spread


def intercepts(happened: np.ndarray, risk: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """D intercepts with the slope held at 1 (calibration in the large); NaN where only one outcome was drawn."""
    x = log_odds(risk)
    return _newton(happened, np.ones((1, len(x))), x, weights)[0]


def influences(happened: np.ndarray, risk: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What one more of each unit adds to slope and to intercept, to first order: N numbers each (the sandwich's parts).

    `weights` N. NaN where slope or intercept is undefined.
    """
    x = log_odds(risk)
    slope, intercept = slopes(happened, risk, weights[:, None])[0], intercepts(happened, risk, weights[:, None])[0]
    mean = 1 / (1 + np.exp(-(intercept + x)))
    of_intercept: np.ndarray = weights * (happened - mean) / (weights * mean * (1 - mean)).sum()
    if np.isnan(slope):
        return np.full(len(x), np.nan), of_intercept
    level = intercepts_beside(happened, slope * x, weights)
    mean = 1 / (1 + np.exp(-(level + slope * x)))
    spread = weights * mean * (1 - mean)
    centred = x - np.average(x, weights=spread)
    of_slope: np.ndarray = weights * (happened - mean) * centred / (spread * centred**2).sum()
    return of_slope, of_intercept


def intercepts_beside(happened: np.ndarray, offset: np.ndarray, weights: np.ndarray) -> float:
    """The intercept of a logistic regression beside a given offset (N)."""
    return float(_newton(happened, np.ones((1, len(offset))), offset, weights[:, None])[0, 0])


def _newton(happened: np.ndarray, columns: np.ndarray, offset: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """P×D coefficients of weighted logistic regressions on P×N columns, P 1 or 2; NaN where none converged."""
    drawn = weights.astype("float64")
    size, draws = len(columns), drawn.shape[1]
    fitted, current = np.full((size, draws), np.nan), np.zeros((size, draws))
    pending = np.flatnonzero(_both_sides(happened, drawn))
    for _ in range(MOST_STEPS):
        if not len(pending):
            break
        chosen = drawn[:, pending]
        mean = 1 / (1 + np.exp(-(offset[:, None] + columns.T @ current[:, pending])))
        gradient = columns @ (chosen * (happened[:, None] - mean))
        step = _solved(columns, chosen * mean * (1 - mean), gradient)
        current[:, pending] += np.clip(step, -LARGEST_STEP, LARGEST_STEP)
        done = np.abs(step).max(axis=0) < SAME
        fitted[:, pending[done]] = current[:, pending[done]]
        # What cannot be solved has no finite answer.
        pending = pending[~done & np.isfinite(step).all(axis=0)]
    return fitted


def _both_sides(happened: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """D: whether something that happened and something that did not were drawn."""
    events = happened.astype("float64") @ drawn
    both: np.ndarray = (events > 0) & ((~happened).astype("float64") @ drawn > 0)
    return both


def _solved(columns: np.ndarray, curvature: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """P×D Newton steps; `curvature` N×D, `gradient` P×D. Not finite where the equations are singular."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if len(columns) == 1:
            step: np.ndarray = gradient / curvature.sum(axis=0)
            return step
        first, second = columns
        a, b, d = curvature.sum(axis=0), (first * second) @ curvature, (second**2) @ curvature
        determinant = a * d - b**2
        determinant = np.where(determinant > 1e-12 * a * d, determinant, np.nan)
        return np.stack([d * gradient[0] - b * gradient[1], a * gradient[1] - b * gradient[0]]) / determinant
