"""Rates against the fractions and counts that are printed beside them."""

import pytest
from made_tables import TWO, altered, outcomes, paper_of, reading


def test_a_share_is_that_of_the_fraction_beside_it():
    paper = paper_of({"a": {"sensitivity": "92.3 (120/130)"}}, unit="percent")
    assert outcomes(paper, "fractions") == []
    assert outcomes(altered(paper, "a", "sensitivity", "93.2"), "fractions") == [("contradiction", "a", "sensitivity")]
    assert "cut off" in reading(paper_of({"a": {"sensitivity": "93.5 (73/78)"}}, unit="percent"), "fractions")
    assert "rounded twice" in reading(paper_of({"a": {"sensitivity": "60.9 (115/189)"}}, unit="percent"), "fractions")
    assert "rest" in reading(paper_of({"a": {"sensitivity": "7.7 (120/130)"}}, unit="percent"), "fractions")
    folds = {"unit": "percent", "aggregation": "mean of 5 folds"}
    assert "mean" in reading(paper_of({"a": {"sensitivity": "92.8 (48/52)"}}, **folds), "fractions")
    far = paper_of({"a": {"sensitivity": "82.3 (48/52)"}}, **folds)
    assert outcomes(far, "fractions") == [("contradiction", "a", "sensitivity")]


def test_cases_that_are_counted_twice_are_noticed():
    row = {"accuracy": "85", "sensitivity": "80 (40/50)", "specificity": "82 (45/55)"}
    paper = paper_of({"a": row}, unit="percent", paper={"test_n": 100})
    assert reading(paper, "fractions") == "cases are counted twice"


def test_rates_follow_from_the_counts_beside_them():
    row = {
        "tp": "40",
        "fn": "10",
        "fp": "18",
        "tn": "132",
        "sensitivity": "80.0",
        "specificity": "88.0",
        "accuracy": "86.0",
    }
    paper = paper_of({"a": row}, **TWO)
    assert outcomes(paper, "rates against counts") == []
    assert outcomes(altered(paper, "a", "accuracy", "82.0"), "rates against counts") == [
        ("contradiction", "a", "accuracy")
    ]
    exchanged = paper_of({"a": {**row, "specificity": "12.0", "accuracy": "29.0"}}, **TWO)
    assert reading(exchanged, "rates against counts") == "TN and FP are exchanged"


# All 105 with a positive test and one in six of 870 with a negative one were verified.
VERIFIED = {"tp": "45", "fn": "5", "fp": "60", "tn": "140"}


@pytest.mark.parametrize("aggregation", [None, "single"])
def test_rates_beside_the_counts_of_the_verified_may_be_adjusted_for_verification_bias(aggregation):
    words = {"unit": "percent", "average": "two classes", "aggregation": aggregation}
    rates = {"sensitivity": "60.0", "specificity": "93.3", "precision": "42.9"}
    assert "verification bias" in reading(paper_of({"a": {**VERIFIED, **rates}}, **words), "rates against counts")
    fractions = {"sensitivity": "60.0 (45/50)", "specificity": "93.3 (140/200)"}
    assert "verification bias" in reading(paper_of({"a": fractions}, **words), "fractions")
    # The specificity of the verified, the wrong direction, another factor, and a precision that does not stay.
    for metric, text in (
        ("specificity", "70.0"),
        ("sensitivity", "96.0"),
        ("specificity", "97.3"),
        ("precision", "44.9"),
    ):
        single = {**words, "aggregation": "single"}
        wrong = outcomes(paper_of({"a": {**VERIFIED, **rates, metric: text}}, **single), "rates against counts")
        assert "contradiction" in {outcome for outcome, _, _ in wrong}


def test_a_ratio_may_be_of_counts_with_a_half_added():
    row = {"tp": "20", "fn": "5", "fp": "0", "tn": "10", "sensitivity": "80", "lr_positive": "17.3", "dor": "78.3"}
    assert outcomes(paper_of({"a": row}, **TWO), "rates against counts") == []


def test_a_mark_of_a_footnote_at_a_number_is_no_contradiction():
    rows = {
        "a": {"tp": "30", "fn": "2", "fp": "20", "tn": "48", "sensitivity": "93.81"},
        "b": {"tp": "24", "fn": "8", "fp": "14", "tn": "54", "sensitivity": "75.0"},
        "c": {"tp": "23", "fn": "9", "fp": "3", "tn": "65", "sensitivity": "71.9"},
    }
    assert outcomes(paper_of(rows, **TWO), "rates against counts") == [("note", "a", "sensitivity")]


def test_rates_of_a_matrix_in_columns_may_be_of_different_classes():
    row = {"true0_pred0": "73", "true0_pred1": "5", "true1_pred0": "8", "true1_pred1": "17", "sensitivity": "93.6"}
    assert outcomes(paper_of({"a": {**row, "ppv": "90.1"}}, unit="percent"), "rates against counts") == []
    mixed = paper_of({"a": {**row, "precision": "77.3"}}, unit="percent")
    assert "different classes" in reading(mixed, "rates against counts")
