"""The verdict on a printed order of several runs, subsets or classes: pure functions, no files.

Each lead of the subject over a rival has an interval, with the same groups and seeds drawn for all. The order holds if
every lead is above zero with 95 %, one-sided (an intersection-union test: Berger, Technometrics 24:295, 1982); it fails
if some lead is below zero with 95 % over all rivals together (Bonferroni; Holm's procedure asks for the same of the
first lead, and one is enough). Cannot tell otherwise. The fraction of bootstrap draws in the order that is printed
decides nothing: of 23 equal runs one is the highest in one of 23 draws.
"""

import math
from dataclasses import dataclass

import numpy as np

from workflow_scripts.contracts.verdict_table import CANNOT_TELL, FAILS, HOLDS
from workflow_scripts.evaluation.equivalence import SLACK
from workflow_scripts.evaluation.uncertainty import Uncertain

ALPHA = 0.05


@dataclass(frozen=True)
class OrderDecision:
    """holds, fails or cannot tell; p_value: of no lead but those that are printed, small where the order fails."""

    verdict: str
    p_value: float


def fraction_in_order(leads: list[np.ndarray], parts: list[Uncertain], above: int, strict: bool) -> float:
    """Share of draws in which the subject is above its rivals, all but `above` of them; shown, it decides nothing.

    leads: for each rival D draws of subject minus rival, all of the same groups and seeds; parts: the same differences
    with their uncertainty: few seeds or groups move the draws outwards, as their t distribution does. strict: as high
    as a rival is not above it. NaN where no draw is defined.
    """
    by_rival = []
    for draws, part in zip(leads, parts, strict=True):
        moved = part.value + part.t_to_normal_ratio(1 - ALPHA) * (draws - part.value)
        by_rival.append(np.where(np.isnan(draws), np.nan, (moved > SLACK) if strict else (moved >= -SLACK)))
    ahead = np.array(by_rival)
    ahead = ahead[:, ~np.isnan(ahead).any(axis=0)]
    return float((ahead.sum(axis=0) == len(leads) - above).mean()) if ahead.shape[1] else np.nan


def decide_leads(leads: list[Uncertain], above: int, strict: bool) -> OrderDecision:
    """holds, fails or cannot tell of an order; see the module's docstring.

    leads: subject minus each rival; above: how many rivals are said to be above the subject, none or one; strict: as
    high as a rival is not above it. Where a part of a lead's uncertainty is unknown, cannot tell.
    """
    if not leads or any(math.isnan(lead.value) or not lead.is_known for lead in leads):
        return OrderDecision(CANNOT_TELL, 1.0)
    # "Second" can be wrong at either end, each of which gets half.
    ends = 1 + above
    behind = sorted(_p_below(lead, -SLACK) for lead in leads)
    p_value = min(1.0, ends * len(leads) * behind[above]) if len(behind) > above else 1.0
    if above:
        p_value = min(p_value, ends * max(_p_above(lead, SLACK if strict else -SLACK) for lead in leads))
    if p_value < ALPHA:
        return OrderDecision(FAILS, p_value)
    level = SLACK if strict else -SLACK
    ahead = sum(_p_above(lead, level) < ALPHA for lead in leads)
    certainly_behind = sum(p < ALPHA for p in behind)
    split = ahead == len(leads) - above and (above == 0 or certainly_behind == above)
    return OrderDecision(HOLDS if split else CANNOT_TELL, p_value)


def _p_above(lead: Uncertain, level: float) -> float:
    """One-sided p of a lead that is not above `level`."""
    from scipy.stats import t

    if not lead.error:
        return 0.0 if lead.value > level else 1.0
    return float(t.sf((lead.value - level) / lead.error, lead.degrees_of_freedom))


def _p_below(lead: Uncertain, level: float) -> float:
    """One-sided p of a lead that is not below `level`."""
    from scipy.stats import t

    if not lead.error:
        return 0.0 if lead.value < level else 1.0
    return float(t.cdf((lead.value - level) / lead.error, lead.degrees_of_freedom))
