"""An area under the curve is held against one point of the curve."""

import numpy as np
import pytest
from sklearn.metrics import recall_score, roc_auc_score

from workflow_scripts.claims.checks import check_all
from workflow_scripts.claims.outcome import CONSISTENT, FITS_ONLY_IF
from workflow_scripts.contracts.claims import Cell, Claim, PaperStudy, Published

STATED = {"one_training": "One training."}


def outcomes(area, sensitivity, specificity, stated=STATED, macro="", classes=()):
    values = {f"{macro}auc": area, f"{macro}sensitivity": sensitivity, f"{macro}specificity": specificity}
    claims = [
        Claim(
            *(metric, "T1", "s", metric, value, "fraction", 2),
            subset="test",
            run="r",
            class_name=None if macro else "A",
            stated=stated,
            cell=Cell("T1", "r", metric),
        )
        for metric, value in values.items()
    ]
    counts = [
        Claim(f"n.{name}", "T1", "s", "samples", 10, "count", 0, subset="test", class_name=name) for name in classes
    ]
    paper = Published("p", "x", {"s": PaperStudy("S", (), {})}, (), (*claims, *counts))
    return [said.outcome for said in check_all(paper) if said.check == "area and one point of its curve"]


# Through (0.19, 0.91): at least 0.737, at most 0.983; less and more as the digits allow.
@pytest.mark.parametrize(
    ("area", "kind"), [(0.86, CONSISTENT), (0.71, FITS_ONLY_IF), (0.74, CONSISTENT), (1.0, FITS_ONLY_IF)]
)
def test_an_area_lies_between_the_lowest_and_the_highest_curve_through_the_point(area, kind):
    assert outcomes(area, 0.91, 0.81) == [kind]


def test_of_means_it_is_at_least_sensitivity_and_specificity_less_one():
    assert outcomes(0.69, 0.91, 0.81, macro="macro_") == [FITS_ONLY_IF]
    assert outcomes(0.73, 0.91, 0.81, macro="macro_") == [CONSISTENT]
    assert outcomes(1.0, 0.91, 0.81, {}) == [CONSISTENT]
    assert outcomes(0.6, 0.91, 0.81, {}) == [FITS_ONLY_IF]


def test_where_the_highest_of_three_scores_decides_an_area_may_be_anything():
    # Each A has a higher score than every rival, and a lower one than each B has for A.
    scores = np.array([[0.4, 0.3, 0.3]] * 10 + [[0.45, 0.55, 0.0]] * 10 + [[0.45, 0.0, 0.55]] * 10)
    truth = np.repeat([0, 1, 2], 10)
    is_a, called_a = truth == 0, scores.argmax(axis=1) == 0
    honest = (roc_auc_score(is_a, scores[:, 0]), recall_score(is_a, called_a), recall_score(~is_a, ~called_a))
    assert honest == (0, 1, 1)
    assert outcomes(*honest, classes="ABC") == []
    assert outcomes(*honest, classes="AB") == [FITS_ONLY_IF]
