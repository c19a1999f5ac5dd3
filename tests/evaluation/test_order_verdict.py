"""Verdicts on printed orders: the best of several runs, one above another."""

import math
from dataclasses import replace

import numpy as np
import pytest

from workflow_scripts.contracts.verdict_table import CANNOT_TELL, FAILS, HOLDS
from workflow_scripts.evaluation.order_verdict import decide_leads, fraction_in_order
from workflow_scripts.evaluation.uncertainty import Uncertain, with_common_spread


def test_an_order_holds_by_the_share_of_draws():
    rng = np.random.default_rng(0)
    part = Uncertain(0.01, 0.01, 0.0, 10**6, 10**6)
    draws = rng.normal(0.01, 0.01, 20_000)
    assert fraction_in_order([draws], [part], 0, True) == pytest.approx(0.841, abs=0.01)
    # Above both of two rivals is rarer than above one; second: above just one of them.
    other = rng.normal(0.01, 0.01, 20_000)
    assert fraction_in_order([draws, other], [part, part], 0, True) == pytest.approx(0.841**2, abs=0.01)
    assert fraction_in_order([draws, other], [part, part], 1, True) == pytest.approx(2 * 0.841 * 0.159, abs=0.01)
    # Of three seeds the same draws say less.
    assert fraction_in_order([draws], [Uncertain(0.01, 0.0, 0.01, 10**6, 3)], 0, True) < 0.78


def test_as_high_is_not_above_but_no_rival_is_higher():
    part, level = Uncertain(0.0, 0.0, 0.0, 100, 100), np.zeros(50)
    assert fraction_in_order([level], [part], 0, strict=True) == 0
    assert fraction_in_order([level], [part], 0, strict=False) == 1


def lead(value, error=0.01, trainings=10**6):
    return Uncertain(value, error, 0.0, 10**6, trainings)


@pytest.mark.parametrize(
    ("leads", "above", "word"),
    [
        ([0.0165], 0, HOLDS),  # 1.645 standard errors
        ([0.0164], 0, CANNOT_TELL),
        ([0.0165, 0.0164], 0, CANNOT_TELL),  # every lead must be above zero
        ([-0.0165], 0, FAILS),
        ([-0.0165, 0.05], 0, CANNOT_TELL),  # of two rivals 1.96 standard errors are asked for
        ([-0.0197, 0.05], 0, FAILS),
        ([-0.0197] + 21 * [0.05], 0, CANNOT_TELL),
        ([-0.05] + 21 * [0.05], 0, FAILS),
        ([-0.05, 0.05], 1, HOLDS),
        ([-0.05, 0.01], 1, CANNOT_TELL),
        ([-0.05, -0.05], 1, FAILS),
        ([0.05, 0.05], 1, FAILS),
        ([-0.01, 0.05], 1, CANNOT_TELL),
        ([math.nan], 0, CANNOT_TELL),
        ([], 0, CANNOT_TELL),
    ],
)
def test_the_leads_over_all_rivals_decide_on_an_order(leads, above, word):
    assert decide_leads([lead(value) for value in leads], above, strict=True).verdict == word


def test_an_order_of_two_trainings_cannot_tell_and_equal_runs_are_not_above_each_other():
    assert decide_leads([lead(0.5, trainings=2)], 0, True).verdict == CANNOT_TELL
    assert decide_leads([lead(0.0, error=0.0)], 0, strict=True).verdict == CANNOT_TELL
    assert decide_leads([lead(0.0, error=0.0)], 0, strict=False).verdict == HOLDS


def test_the_p_value_of_an_order_counts_all_rivals():
    one, many = decide_leads([lead(-0.03)], 0, True), decide_leads([lead(-0.03), *[lead(0.05)] * 21], 0, True)
    assert one.p_value == pytest.approx(0.00135, rel=0.02) and many.p_value == pytest.approx(22 * one.p_value)


def test_runs_of_one_order_share_what_is_known_of_their_spread():
    points = [np.array([[0.90, 0.91, 0.92]]), np.array([[0.80, 0.82, 0.84]]), np.array([[0.7, 0.7, 0.7]])]
    leads = [Uncertain(0.1, 0.01, 0.004, 300, 3), Uncertain(0.2, 0.01, 0.001, 300, 3)]
    together = with_common_spread(leads, points)
    mean = (0.01**2 + 0.02**2) / 3 / 3  # variance of a mean of three, averaged over three runs
    assert [entry.training for entry in together] == [pytest.approx(math.sqrt(2 * mean))] * 2
    assert together[0].trainings == 7 and together[0].sampling == 0.01
    unknown = [replace(leads[0], trainings=2)]
    assert with_common_spread(unknown, points[:2]) == unknown
