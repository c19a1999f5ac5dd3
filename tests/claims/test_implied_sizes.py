"""Class sizes that are printed nowhere follow from shares, and shares that no class sizes give are found."""

from workflow_scripts.claims.checks import check_all
from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF
from workflow_scripts.contracts.claims import Cell, Claim, PaperStudy, Published

NAME = "class sizes that follow"
STATED = {"one_training": "One training."}
# Right positives, missed ones, false alarms, right negatives: 132 and 168.
TABLES = {"a": (110, 22, 13, 155), "b": (100, 32, 8, 160), "c": (120, 12, 38, 130)}


def numbers(tp, fn, fp, tn):
    values = {
        "accuracy": (tp + tn) / (tp + fn + fp + tn),
        "sensitivity": tp / (tp + fn),
        "specificity": tn / (tn + fp),
        "precision": tp / (tp + fp),
    }
    return {name: round(value, 3) for name, value in values.items()}


def paper(rows, total=None, stated=STATED, class_name="case"):
    claims = [Claim("n", "T", "s", "samples", total, "count", subset="test")] if total else []
    for run, row in rows.items():
        for metric, value in row.items():
            of_class = None if metric == "accuracy" else class_name
            about = {"subset": "test", "run": run, "class_name": of_class, "stated": stated}
            claims.append(
                Claim(
                    *(f"{run}.{metric}", "T1", "s", metric, value, "fraction", 3),
                    cell=Cell("T1", run, metric),
                    **about,
                )
            )
    return Published("p", "x", {"s": PaperStudy("S", (), {})}, (), tuple(claims))


def outcomes(*args, **more):
    return {o.claim: o for o in check_all(paper(*args, **more)) if o.check == NAME}


def test_class_sizes_follow_from_three_rows_and_the_total():
    found = outcomes({run: numbers(*table) for run, table in TABLES.items()}, 300)
    assert {o.outcome for o in found.values()} == {CONSISTENT} and len(found) == 12
    assert "132 of case and 168 of the other" in found["a.accuracy"].why
    assert found["a.accuracy"].strength == "exact"


def test_without_a_total_the_smallest_sizes_and_how_many_others_fit_are_told():
    found = outcomes({run: numbers(*table) for run, table in TABLES.items()})
    assert "132 of case and 168 of the other, the smallest of" in found["a.accuracy"].why


def test_an_accuracy_outside_sensitivity_and_specificity_is_found_without_any_size():
    row = {"accuracy": 0.95, "sensitivity": 0.91, "specificity": 0.93}
    found = outcomes({"a": row})
    assert {o.outcome for o in found.values()} == {CONTRADICTION}
    assert "No two classes of any size" in found["a.accuracy"].why
    # It may be the median of several trainings where the paper does not say that it is one.
    assert {o.outcome for o in outcomes({"a": row}, stated={}).values()} == {FITS_ONLY_IF}


def test_an_altered_number_leaves_no_class_sizes_in_common():
    rows = {run: numbers(*table) for run, table in TABLES.items()}
    rows["b"]["sensitivity"] = 0.721
    found = outcomes(rows, 300)
    assert CONTRADICTION in {o.outcome for o in found.values()}


def test_numbers_of_a_class_that_is_not_named_may_be_means():
    # 180 + 60 and 40 + 20: macro sensitivity .708, specificity .708, precision .694; accuracy .733.
    row = {"accuracy": 0.733, "sensitivity": 0.708, "specificity": 0.708}
    found = outcomes({"a": row}, class_name=None)
    assert {o.outcome for o in found.values()} == {FITS_ONLY_IF}
    assert "means over the classes" in found["a.accuracy"].reading
