"""How a number may have got its printed form: rounded (half up or half even), cut off, or rounded more than once."""

from dataclasses import dataclass

from workflow_scripts.claims.arithmetic.ways_of_writing import ANY, CUT, SLACK, TWICE, before
from workflow_scripts.contracts.claims import UNITS, Claim

# How many units make one, of those that are shares.
_ONE = {"percent": 100, "percentage_points": 100, "tenths": 10, "fraction": 1}
SIGNS = {
    "percent": " %",
    "percentage_points": " points",
    "tenths": " tenths",
    "MB": " MB",
    "seconds": " s",
    "minutes": " min",
    "hours": " h",
}


@dataclass(frozen=True)
class Interval:
    """All numbers from low to high, both ends included up to SLACK; in this project's units."""

    low: float
    high: float

    def contains(self, value: float) -> bool:
        """Whether a number lies inside."""
        return self.low - SLACK <= value <= self.high + SLACK

    def overlaps(self, interval: "Interval") -> bool:
        """Whether the two have a number in common."""
        return self.low <= interval.high + SLACK and interval.low <= self.high + SLACK


def unit_step(claim: Claim) -> float:
    """One unit in the last digit that carries information, in this project's units."""
    return 2 * claim.rounding_error


def interval(claim: Claim, mode: str = ANY) -> Interval:
    """The numbers that would be printed like this, by one mode or by any; counts are exact.

    "About" is taken as one unit in the last digit to either side: about 1 % is anything from 0 to 2 %.
    """
    step = unit_step(claim)
    if claim.relation == "about":
        return Interval(claim.scaled - step, claim.scaled + step)
    if claim.unit == "count":
        return Interval(claim.scaled, claim.scaled)
    return Interval(*before(claim.scaled, step, mode))


def numerators(claim: Claim, n: int, mode: str) -> list[int]:
    """Every k for which k/n is printed like the claim: exact, in whole numbers.

    Both roundings of a tie are allowed, half up and half even.
    """
    printed, scale = _whole(claim)
    first = max(0, (9 * printed - 5) * n // (9 * scale) - 1)
    last = min(n, (printed + 1) * n // scale + 1)
    if mode == CUT:
        return [k for k in range(first, last + 1) if 0 <= k * scale - printed * n < n]
    if mode == TWICE:
        return [k for k in range(first, last + 1) if 9 * abs(k * scale - printed * n) < 5 * n]
    return [k for k in range(first, last + 1) if 2 * abs(k * scale - printed * n) <= n]


def _whole(claim: Claim) -> tuple[int, int]:
    """The printed digits as one whole number, and how many of its units make one: 91.7 % is 917 of 1000."""
    return round(claim.value * 10**claim.known_decimals), _ONE[claim.unit] * 10**claim.known_decimals


def written(value: float, claim: Claim, more: int = 0) -> str:
    """A number of this project as the claim would write it, with `more` further digits."""
    decimals = claim.known_decimals + more if claim.unit != "count" else 0
    return f"{value / UNITS[claim.unit]:.{decimals}f}{SIGNS.get(claim.unit, '')}"


def near(value: float, claim: Claim) -> str:
    """A possible value beside the printed one: with a digit more, at least hundredths of a percent."""
    return written(value, claim, max(1, 2 - claim.known_decimals))


def distance(value: float, claim: Claim) -> str:
    """How far a possible value is from the printed number, in the claim's own unit; empty of a number as printed."""
    difference = abs(value - claim.scaled)
    sign = " points" if claim.unit in ("percent", "percentage_points") else SIGNS.get(claim.unit, "")
    decimals = 0 if claim.unit == "count" else claim.known_decimals + 1
    text = f"{difference / UNITS[claim.unit]:.{decimals}f}"
    return f"{text}{sign}" if float(text) else ""


def shown(claim: Claim) -> str:
    """The claim as printed, with its unit."""
    return f"{'about ' if claim.relation == 'about' else ''}{claim.printed}{SIGNS.get(claim.unit, '')}"
