"""Net benefit: true positives minus false positives times the odds of the threshold, a unit.

Vickers & Elkin, Med. Decis. Making 26:565, 2006; it takes the prediction for a risk.
"""

import numpy as np


def gains(risk: np.ndarray, happened: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """T×N: what each unit adds at each threshold (T, in (0, 1)); their mean is the net benefit."""
    called = risk[None] >= thresholds[:, None]
    return np.where(happened, called, -odds(thresholds)[:, None] * called)


def treat_all(prevalence: float, thresholds: np.ndarray) -> np.ndarray:
    """T net benefits of calling everyone high-risk."""
    benefits: np.ndarray = prevalence - (1 - prevalence) * odds(thresholds)
    return benefits


def odds(thresholds: np.ndarray) -> np.ndarray:
    """T odds of probabilities below 1."""
    ratios: np.ndarray = thresholds / (1 - thresholds)
    return ratios
