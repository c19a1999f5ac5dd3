"""Means and shares that an innocent reading explains, and the same altered."""

import pytest
from made_tables import altered, medians_paper, outcomes, paper_of, reading

from workflow_scripts.claims.tables.checked_paper import check_tables


def test_a_share_of_a_total_may_be_of_those_who_have_a_value():
    shares = {"Total": "200", "HPV": "120 (60.0)", "Smoker": "40 (20.2)", "CIN1": "50 (25.0)", "CIN2": "31 (15.5)"}
    rows = {name: {"patients": text} for name, text in {**shares, "CIN3": "22 (11.0)", "Pregnant": "7 (3.5)"}.items()}
    assert "no value" in reading(paper_of(rows, key="row"), "shares of counts")
    below = {**rows, "Smoker": {"patients": "40 (17.2)"}}
    assert outcomes(paper_of(below, key="row"), "shares of counts") == [("contradiction", "Smoker", "patients")]


def test_the_average_of_readers_may_have_the_precision_of_all_answers_together():
    rows = {
        "A": {"sensitivity": "96.2", "specificity": "60.3", "precision": "61.7"},
        "B": {"sensitivity": "78.8", "specificity": "94.9", "precision": "91.1"},
        "C": {"sensitivity": "82.7", "specificity": "84.6", "precision": "78.2"},
        "D": {"sensitivity": "96.2", "specificity": "73.1", "precision": "70.4"},
        "Average": {"sensitivity": "88.5", "specificity": "78.2", "precision": "73.0"},
    }
    paper = paper_of(rows, "who", unit="percent", average="two classes")
    assert "all answers together" in reading(paper, "means of rows")
    wrong = altered(paper, "Average", "precision", "78.9")
    assert outcomes(wrong, "means of rows") == [("contradiction", "Average", "precision")]


def test_medians_over_folds_may_be_off_the_mean_of_medians_in_one_column_alone():
    names = ("precision", "sensitivity", "f1", "specificity", "support")
    texts = {
        "a": ("0.863", "0.917", "0.868", "0.978", "218"),
        "b": ("0.823", "0.658", "0.744", "0.980", "218"),
        "c": ("0.801", "0.930", "0.896", "0.970", "218"),
        "macro avg": ("0.836", "0.835", "0.836", "0.976", "654"),
    }
    rows = {name: dict(zip(names, cells, strict=True)) for name, cells in texts.items()}
    paper = paper_of(rows, "class", unit="fraction", average="per class")
    assert reading(paper, "means of rows").startswith("the mean has weights")
    single = paper_of(rows, "class", unit="fraction", average="per class", aggregation="single")
    assert outcomes(single, "means of rows") == [("contradiction", "macro avg", "precision")]


def test_a_patient_may_have_images_in_two_sets_and_a_class_is_in_all_of_them():
    rows = {
        "Train": {"CIN": "300", "normal": "410"},
        "Test": {"CIN": "100", "normal": "90"},
        "Total": {"CIN": "400", "normal": "500"},
    }

    def with_column(name, *counts):
        wider = {row: {**cells, name: count} for (row, cells), count in zip(rows.items(), counts, strict=True)}
        return paper_of(wider, unit="count", key="set")

    for paper in (with_column("patients", "95", "30", "118"), with_column("classes", "2", "2", "2")):
        assert reading(paper, "totals") == "some are in several parts and counted once in the total"
    for paper in (with_column("patients", "95", "30", "131"), with_column("images", "95", "30", "118")):
        assert [outcome for outcome, _, _ in outcomes(paper, "totals")] == ["contradiction"]


def test_medians_over_small_folds_are_not_accused():
    for seed in range(100):
        findings = check_tables(medians_paper(seed))
        assert [finding for finding in findings if finding.outcome == "contradiction"] == [], seed


@pytest.mark.parametrize(
    ("row", "words", "outcome"),
    [
        ({"sensitivity": "1.0000", "specificity": "1.0000", "accuracy": "0.8750"}, {}, "fits only if"),
        # No share of few samples.
        ({"sensitivity": "0.9990", "specificity": "0.9993", "accuracy": "0.7543"}, {}, "contradiction"),
        ({"sensitivity": "1.000", "specificity": "1.000", "accuracy": "0.875"}, {"n": 900}, "contradiction"),
    ],
)
def test_medians_over_small_folds_are_shares_of_few_samples(row, words, outcome):
    paper = paper_of({"a": row}, unit="fraction", average="two classes", **words)
    assert [said for said, _, _ in outcomes(paper, "rates of two classes")] == [outcome]
    if outcome != "contradiction":
        assert "medians" in reading(paper, "rates of two classes")
    single = paper_of({"a": row}, unit="fraction", average="two classes", aggregation="single", **words)
    assert outcomes(single, "rates of two classes")[0][0] == "contradiction"


def test_a_median_of_f_is_bounded_by_that_of_precision():
    row = {"precision": "0.30", "sensitivity": "0.30", "f1": "0.60"}
    assert "medians" in reading(paper_of({"a": row}, unit="fraction", average="two classes", n=60), "F scores")
    above = paper_of({"a": {**row, "f1": "0.97"}}, unit="fraction", average="two classes", n=60)
    assert outcomes(above, "F scores") == [("contradiction", "a", "f1")]


def test_a_mean_of_likelihood_ratios_over_folds_may_be_far_above_the_ratio_of_the_means():
    row = {"sensitivity": "0.90", "specificity": "0.90", "lr_positive": "17.2"}
    assert "folds" in reading(paper_of({"a": row}, unit="fraction", average="two classes"), "derived rates")
    single = paper_of({"a": row}, unit="fraction", average="two classes", aggregation="single")
    assert outcomes(single, "derived rates") == [("contradiction", "a", "lr_positive")]
