"""An area under the curve is held against one point of the curve."""

import pytest

from workflow_scripts.claims.checks import check_all
from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF
from workflow_scripts.contracts.claims import Cell, Claim, PaperStudy, Published

STATED = {"one_training": "One training."}


def outcome(area, sensitivity, specificity, stated=STATED, macro=""):
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
    paper = Published("p", "x", {"s": PaperStudy("S", (), {})}, (), tuple(claims))
    (said,) = [o for o in check_all(paper) if o.check == "area and one point of its curve"]
    return said


# Through (0.19, 0.91): at least 0.737, at most 0.983; less and more as the digits allow.
@pytest.mark.parametrize(
    ("area", "kind"), [(0.86, CONSISTENT), (0.71, CONTRADICTION), (0.74, CONSISTENT), (1.0, CONTRADICTION)]
)
def test_an_area_lies_between_the_lowest_and_the_highest_curve_through_the_point(area, kind):
    assert outcome(area, 0.91, 0.81).outcome == kind


def test_of_means_it_is_at_least_sensitivity_and_specificity_less_one():
    assert outcome(0.69, 0.91, 0.81, macro="macro_").outcome == CONTRADICTION
    assert outcome(0.73, 0.91, 0.81, macro="macro_").outcome == CONSISTENT
    assert outcome(1.0, 0.91, 0.81, {}).outcome == CONSISTENT
    assert outcome(0.6, 0.91, 0.81, {}).outcome == FITS_ONLY_IF
