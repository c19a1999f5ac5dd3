"""Sensitivity and specificity that are adjusted for verification bias, beside the counts of those who were verified.

Where fewer with a negative test are verified, by a factor r below 1, the odds of the sensitivity fall by r and those of
the specificity rise by it; predictive values stay (C. B. Begg, R. A. Greenes, Biometrics 39(1):207-215, 1983).
"""

import math
from collections.abc import Mapping

from workflow_scripts.claims.tables.printed_entries import Cell

ADJUSTED = "sensitivity and specificity are adjusted for verification bias"
RATES = ("sensitivity", "specificity")


def may_be_adjusted(verified: Mapping[Cell, float]) -> bool:
    """Whether one factor below 1 turns both shares of the verified into the printed ones; of one alone some would.

    verified: cell of a sensitivity or specificity → its share, in [0, 1], of those who were verified.
    """
    low, high = 0.0, 1.0
    for cell, share in verified.items():
        if not 0 < share < 1:
            return False
        least, most = (_odds(end) / _odds(share) for end in cell.span())
        if cell.metric == "specificity":
            least, most = (1 / end if end > 0 else math.inf for end in (most, least))
        low, high = max(low, least), min(high, most)
    return len(verified) == len(RATES) and low <= high and low < 1


def _odds(share: float) -> float:
    """The odds of a share; infinite from 1 on, and nothing below 0."""
    inside = max(0.0, share)
    return inside / (1 - inside) if inside < 1 else math.inf
