"""Values of the classes are held against the mean, the accuracy and the sizes that are printed beside them."""

import numpy as np
import pytest
from honest import STATED, classification_report, matrix, printed, weighted_report

from workflow_scripts.claims.checks import check_all
from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF
from workflow_scripts.contracts.claims import Cell, Claim, PaperStudy, Published


def report(**altered):
    """A classification report of five classes of 487 samples; altered: metric → another number."""
    sizes, right = [487] * 5, [469, 458, 477, 453, 477]
    wrong = [20, 18, 14, 26, 23]
    recalls = [k / n for k, n in zip(right, sizes, strict=True)]
    precisions = [k / (k + w) for k, w in zip(right, wrong, strict=True)]
    numbers = {f"sensitivity/c{i}": value for i, value in enumerate(recalls)}
    numbers |= {f"precision/c{i}": value for i, value in enumerate(precisions)}
    numbers |= {"macro_precision": float(np.mean(precisions)), "accuracy": sum(right) / sum(sizes)}
    about = {"subset": "test", "run": "r", "stated": STATED}
    claims = [Claim(f"n{i}", "T", "s", "samples", 487, "count", subset="test", class_name=f"c{i}") for i in range(5)]
    for name, value in {**numbers, **altered}.items():
        metric, _, class_name = name.partition("/")
        claims.append(
            Claim(
                *(name, "T1", "s", metric, round(value, 4), "fraction"),
                decimals=4,
                class_name=class_name or None,
                cell=Cell("T1", "r", name),
                **about,
            )
        )
    return Published("p", "x", {"s": PaperStudy("S", (), {})}, (), tuple(claims))


def said(paper, claim, check):
    (outcome,) = [o for o in check_all(paper) if (o.claim, o.check) == (claim, check)]
    return outcome


MEANS, ACCURACY = "means of the class values", "accuracy from the classes"


def test_a_report_that_adds_up_is_consistent_and_that_says_much():
    for claim, check in (("macro_precision", MEANS), ("accuracy", ACCURACY)):
        outcome = said(report(), claim, check)
        assert outcome.outcome == CONSISTENT and outcome.strength in ("exact", "strong")


@pytest.mark.parametrize(("claim", "check"), [("macro_precision", MEANS), ("accuracy", ACCURACY)])
def test_a_mean_or_an_accuracy_that_is_a_point_off_is_found(claim, check):
    value = next(c.value for c in report().claims if c.id == claim)
    outcome = said(report(**{claim: value - 0.01}), claim, check)
    assert outcome.outcome == CONTRADICTION and 0.009 < float(outcome.size) < 0.0101


def test_an_accuracy_that_is_the_mean_over_the_classes_fits_only_so():
    accuracy = next(c.value for c in report().claims if c.id == "accuracy")
    outcome = said(report(accuracy=1 - 2 * (1 - accuracy) / 5), "accuracy", ACCURACY)
    assert outcome.outcome == FITS_ONLY_IF and "one-against-all accuracies" in outcome.reading


def test_weighted_means_beside_class_values_fit_only_as_such():
    weighted = plain = 0
    for number in range(12):
        rng = np.random.default_rng([3, number])
        counts = matrix(rng, 5, 3000)
        for make in (weighted_report, classification_report):
            outcomes = [o for o in check_all(printed(counts, make(rng, counts), STATED)) if o.check == MEANS]
            fits = any(o.outcome == FITS_ONLY_IF and "weighted" in o.reading for o in outcomes)
            weighted, plain = (
                weighted + (fits and make is weighted_report),
                plain + (fits and make is not weighted_report),
            )
            assert not any(o.outcome == CONTRADICTION for o in outcomes)
    assert weighted >= 5 and plain == 0


def several(numbers, stated=STATED, sizes=(480, 120, 40)):
    claims = [
        Claim(f"n{i}", "T", "s", "samples", size, "count", subset="test", class_name=f"c{i}")
        for i, size in enumerate(sizes)
    ]
    claims += [
        Claim(m, "T1", "s", m, v, "fraction", 3, subset="test", run="r", stated=stated, cell=Cell("T1", "r", m))
        for m, v in numbers.items()
    ]
    return Published("p", "x", {"s": PaperStudy("S", (), {})}, (), tuple(claims))


def test_a_mean_specificity_that_no_matrix_gives_fits_only_as_a_weighted_one():
    outcome = said(several({"macro_sensitivity": 0.704, "macro_specificity": 0.685}), "macro_specificity", MATRIX)
    assert outcome.outcome == FITS_ONLY_IF and "weighted by class size" in outcome.reading


def test_three_numbers_that_no_matrix_gives_in_any_average_are_found():
    numbers = {"accuracy": 0.95, "macro_sensitivity": 0.93, "macro_specificity": 0.6}
    outcomes = [o for o in check_all(several(numbers)) if o.check == MATRIX]
    assert CONTRADICTION in {o.outcome for o in outcomes}
    silent = [o for o in check_all(several(numbers, {})) if o.check == MATRIX]
    assert CONTRADICTION not in {o.outcome for o in silent}


MATRIX = "one confusion matrix"


def folded(sensitivity, stated):
    """The sum of five folds of two classes, 20 and 4 samples each, and a mean sensitivity beside it."""
    cells = {("c0", "c0"): 90, ("c0", "c1"): 10, ("c1", "c0"): 2, ("c1", "c1"): 19}
    about = {"subset": "test", "run": "r"}
    claims = [
        Claim(
            *(f"m.{true}.{predicted}", "T3", "s", "confusions", count, "count"),
            class_name=true,
            predicted=predicted,
            cell=Cell("T3", true, predicted),
            **about,
        )
        for (true, predicted), count in cells.items()
    ]
    claims.append(Claim("r", "§1", "s", "macro_sensitivity", sensitivity, "fraction", 4, stated=stated, **about))
    return Published("p", "x", {"s": PaperStudy("S", (), {})}, (), tuple(claims))


def test_a_mean_over_folds_beside_the_sum_of_their_matrices_fits_only_as_such():
    # Of all: (0.9 + 19/21) / 2 = 0.9024. Of folds with 4, 4, 4, 4 and 5: errors in the small ones cost more.
    check = "metrics from the confusion matrix"
    assert said(folded(0.9024, {}), "r", check).outcome == CONSISTENT
    outcome = said(folded(0.9004, {}), "r", check)
    assert outcome.outcome == FITS_ONLY_IF and "mean over 5 stratified folds" in outcome.reading
    assert said(folded(0.9004, STATED), "r", check).outcome == CONTRADICTION
