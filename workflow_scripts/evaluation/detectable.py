"""How large a difference of two accuracies a number of samples shows at all."""

import math
from collections.abc import Callable

POWER = 0.8
ALPHA = 0.05


def detectable_paired(discordant: float, n: int) -> float:
    """Smallest difference of two accuracies on the same n units that a test finds; as fractions.

    With 80 % power at 5 %, two-sided, where `discordant` of the units are right in one of both only (Connor, Biometrics
    43:207, 1987). Infinite where not even the largest is found, the discordance itself.
    """
    a, b = _quantiles()
    return _smallest(lambda d: (a * math.sqrt(discordant) + b * math.sqrt(discordant - d * d)) / d, n, discordant)


def detectable_unpaired(accuracy: float, n: int) -> float:
    """The same of two accuracies about which no more is known than one of them, as if on n units each.

    Two proportions with the normal approximation (Fleiss, Statistical Methods for Rates and Proportions, 1981, ch. 3);
    for pairs that agree more than by chance an upper bound. The other accuracy lies towards one half; infinite where
    the largest difference on that side is not found.
    """
    a, b = _quantiles()
    sign = -1 if accuracy >= 0.5 else 1

    def root(d: float) -> float:
        second = accuracy + sign * d
        mean = (accuracy + second) / 2
        return (
            a * math.sqrt(2 * mean * (1 - mean)) + b * math.sqrt(accuracy * (1 - accuracy) + second * (1 - second))
        ) / d

    return _smallest(root, n, accuracy if sign < 0 else 1 - accuracy)


def _quantiles() -> tuple[float, float]:
    from scipy.stats import norm

    return float(norm.ppf(1 - ALPHA / 2)), float(norm.ppf(POWER))


def _smallest(root: Callable[[float], float], n: int, largest: float) -> float:
    """The difference in (0, largest] at which the falling √n of `root` comes down to the n there are; else infinite."""
    low, high = 1e-9, largest
    if high <= low or root(high) ** 2 > n:
        return math.inf
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (low, middle) if root(middle) ** 2 <= n else (middle, high)
    return high
