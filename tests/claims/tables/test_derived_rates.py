"""What follows from sensitivity and specificity of a row: shares of wrong answers, ratios, means, areas."""

import numpy as np
import pytest
from made_tables import TWO, altered, outcomes, paper_of, reading
from sklearn.metrics import roc_auc_score


def test_shares_of_wrong_answers_are_one_less_the_rate():
    row = {
        "sensitivity": "84.8",
        "specificity": "91.8",
        "healthy_misclassified": "8.2",
        "patients_misclassified": "15.2",
    }
    paper = paper_of({"a": row}, **TWO)
    assert outcomes(paper, "derived rates") == []
    wrong = altered(paper, "a", "patients_misclassified", "12.5")
    assert outcomes(wrong, "derived rates") == [("contradiction", "a", "patients_misclassified")]
    exchanged = altered(altered(paper, "a", "patients_misclassified", "8.2"), "a", "healthy_misclassified", "15.2")
    assert {outcome for outcome, _, _ in outcomes(exchanged, "derived rates")} == {"fits only if"}


def test_likelihood_ratios_follow_from_the_rates():
    row = {"sensitivity": "80.0", "specificity": "88.0", "lr_positive": "6.67", "lr_negative": "0.227"}
    paper = paper_of({"a": row}, **TWO)
    assert outcomes(paper, "derived rates") == []
    assert outcomes(altered(paper, "a", "lr_positive", "7.67"), "derived rates") == [
        ("contradiction", "a", "lr_positive")
    ]


def test_a_ratio_beside_a_rate_of_one_may_be_of_counts_with_a_half_added():
    # 18 of 20 and 40 of 40: (18.5/21) / (0.5/41) and (18.5 · 40.5) / (2.5 · 0.5).
    row = {"sensitivity": "90.0", "specificity": "100.0", "lr_positive": "72.2", "dor": "599.4"}
    assert "0.5" in reading(paper_of({"a": row}, **TWO), "derived rates")


def test_an_odds_ratio_and_a_geometric_mean_follow_from_the_rates():
    row = {"sensitivity": "80.0", "specificity": "88.0", "dor": "29.3", "g_mean": "83.9"}
    paper = paper_of({"a": row}, **TWO)
    assert outcomes(paper, "derived rates") == []
    assert outcomes(altered(paper, "a", "dor", "19.3"), "derived rates") == [("contradiction", "a", "dor")]
    assert outcomes(altered(paper, "a", "g_mean", "89.3"), "derived rates") == [("contradiction", "a", "g_mean")]
    folds = paper_of({"a": {**row, "dor": "91.4"}}, unit="percent", average="two classes")
    assert "folds" in reading(folds, "derived rates")
    assert "macro" in reading(paper_of({"a": {**row, "g_mean": "70.1"}}, unit="percent"), "derived rates")


def test_of_rates_that_are_no_shares_nothing_follows():
    row = {"sensitivity": "-0.85", "specificity": "268.4", "g_mean": "24", "dor": "3.0", "lr_negative": "0.2"}
    assert outcomes(paper_of({"a": row}, **TWO), "derived rates") == []


@pytest.mark.parametrize("seed", range(20))
def test_an_honest_area_is_what_the_point_of_its_row_allows(seed):
    rng = np.random.default_rng(seed)
    truth = rng.random(60) < rng.uniform(0.2, 0.8)
    scores = rng.normal(truth * rng.uniform(0, 3), 1)
    answers = scores > rng.normal()
    rates = (answers[truth].mean(), (~answers[~truth]).mean(), roc_auc_score(truth, scores))
    row = dict(zip(("sensitivity", "specificity", "auc"), (f"{rate:.3f}" for rate in rates), strict=True))
    words = {"unit": "fraction", "average": "two classes", "aggregation": "single"}
    assert outcomes(paper_of({"a": row}, **words), "areas under curves") == []


def test_an_area_that_the_point_does_not_allow_needs_answers_without_a_threshold():
    row = {"sensitivity": "0.95", "specificity": "0.94", "auc": "0.78"}
    assert "threshold" in reading(paper_of({"a": row}, unit="fraction"), "areas under curves")
    assert "threshold" in reading(
        paper_of({"a": {**row, "auc": "0.999"}}, **{**TWO, "unit": "fraction"}), "areas under curves"
    )
    mean = {**row, "sensitivity": "0.75", "specificity": "0.74", "auc": "0.52"}
    assert "folds" in reading(paper_of({"a": mean}, unit="fraction"), "areas under curves")
    assert outcomes(paper_of({"a": mean}, unit="fraction", aggregation="mean of 5 folds"), "areas under curves") == []


@pytest.mark.parametrize(
    "words",
    [
        {"average": "macro"},
        {"average": "per class"},
        {"aggregation": "medians over 5 folds"},
        {"paper": {"task": "a three-class task"}},
    ],
)
def test_of_several_classes_and_of_medians_no_area_follows_from_a_point(words):
    row = {"sensitivity": "0.95", "specificity": "0.94", "auc": "0.78"}
    assert outcomes(paper_of({"a": row}, unit="fraction", **words), "areas under curves") == []
