"""F scores against precision and recall, and IoU against Dice."""

import numpy as np
import pytest
from made_tables import HONEST, TWO, altered, outcomes, paper_of, reading


def test_an_f_score_is_the_harmonic_mean_of_one_class():
    paper = paper_of({"a": HONEST}, **TWO)
    assert outcomes(paper, "F scores") == []
    assert outcomes(altered(paper, "a", "f1", "73.1"), "F scores") == [("contradiction", "a", "f1")]


def test_no_average_of_f_scores_is_above_precision_and_recall():
    row = {"precision": "0.61", "sensitivity": "0.59", "f1": "0.78"}
    for average in ("two classes", "macro", "weighted"):
        single = paper_of({"a": row}, unit="fraction", average=average, aggregation="single", n_classes=2)
        assert outcomes(single, "F scores") == [("contradiction", "a", "f1")]
    micro = paper_of({"a": {**row, "accuracy": "0.78"}}, unit="fraction")
    assert "micro" in reading(micro, "F scores")


def test_a_weighted_f_score_may_stand_beside_plain_means_of_precision_and_recall():
    row = {"accuracy": "0.961", "precision": "0.865", "sensitivity": "0.848", "f1": "0.966"}
    assert "weighted" in reading(paper_of({"a": row}, unit="fraction"), "F scores")
    single = {"unit": "fraction", "aggregation": "single"}
    assert outcomes(paper_of({"a": {**row, "f1": "0.93"}}, **single), "F scores") == [("contradiction", "a", "f1")]
    two = paper_of({"a": row}, unit="fraction", average="two classes", aggregation="single")
    assert outcomes(two, "F scores") == [("contradiction", "a", "f1")]


@pytest.mark.parametrize(
    "row",
    [
        {"precision": "0.61", "sensitivity": "0.59", "f1": "0.93"},  # plain means beside a weighted F1
        {"precision": "0.93", "sensitivity": "0.94", "f1": "0.61"},  # weighted means beside a macro F1
        {"accuracy": "0.94", "precision": "0.93", "sensitivity": "0.94", "f1": "0.61"},
        {
            "accuracy": "0.91",
            "precision": "0.61",
            "sensitivity": "0.59",
            "f1": "0.77",
        },  # of one class beside a macro F1
        {
            "accuracy": "0.90",
            "precision": "0.95",
            "sensitivity": "0.70",
            "f1": "0.55",
        },  # the precision alone is weighted
    ],
)
def test_precision_recall_and_f1_may_each_be_averaged_in_its_own_way(row):
    rows = {"a": row} if "accuracy" in row else {"a": row, "b": row}
    assert reading(paper_of(rows, unit="fraction"), "F scores").startswith("precision, recall and F1 are not")
    stated = paper_of({"a": row}, unit="fraction", average="macro", aggregation="single", n_classes=2)
    assert [issue for issue in outcomes(stated, "F scores") if issue[0] == "contradiction"] == [
        ("contradiction", "a", "f1")
    ]


def test_without_an_accuracy_half_of_the_rows_must_say_that_averages_are_mixed():
    odd, fitting = ({"precision": "0.61", "sensitivity": "0.59", "f1": f1} for f1 in ("0.93", "0.60"))
    for rows in ({"a": odd}, {"a": odd, "b": odd, "c": fitting, "d": fitting, "e": fitting}):
        issues = outcomes(paper_of(rows, unit="fraction"), "F scores")
        assert {outcome for outcome, _, _ in issues} == {"contradiction"}
    half = paper_of({"a": odd, "b": odd, "c": fitting, "d": fitting}, unit="fraction")
    assert "averaged alike" in reading(half, "F scores")


def test_an_f1_that_no_mix_of_averages_gives_with_the_accuracy_is_a_contradiction():
    row = {"accuracy": "0.91", "precision": "0.61", "sensitivity": "0.59", "f1": "0.97"}
    single = paper_of({"a": row}, unit="fraction", aggregation="single")
    assert outcomes(single, "F scores") == [("contradiction", "a", "f1")]


def averages(matrix: np.ndarray) -> dict[str, dict[str, float]]:
    """Metric → its averages over the classes of a matrix, and its value of the first class of two."""
    right, true, predicted = np.diag(matrix), matrix.sum(1), matrix.sum(0)
    of_classes = {
        "precision": right / np.maximum(predicted, 1),
        "sensitivity": right / true,
        "f1": 2 * right / (true + predicted),
    }
    ways = {name: {"macro": of.mean(), "weighted": (of * true).sum() / true.sum()} for name, of in of_classes.items()}
    for name, of in of_classes.items():
        ways[name] |= {"binary": of[0]} if len(matrix) == 2 else {}
    return {**ways, "accuracy": {"": right.sum() / matrix.sum()}}


def a_mixed_row(rng: np.random.Generator) -> tuple[dict[str, str], int]:
    """Accuracy, precision, recall and F1 of a matrix, each averaged in a way of its own; and its classes."""
    classes = int(rng.integers(2, 6))
    matrix = rng.integers(0, rng.integers(2, 60), (classes, classes)) + np.diag(rng.integers(1, 300, classes))
    decimals, ways = int(rng.integers(2, 5)), averages(matrix)
    return {name: f"{rng.choice(list(values.values())):.{decimals}f}" for name, values in ways.items()}, classes


def test_no_mix_of_averages_is_called_a_contradiction():
    rng = np.random.default_rng(3)
    for _ in range(300):
        row, classes = a_mixed_row(rng)
        known = classes if rng.integers(2) else None
        paper = paper_of({"a": row}, unit="fraction", aggregation="single", n_classes=known)
        assert [issue for issue in outcomes(paper, "F scores") if issue[0] == "contradiction"] == [], row


def test_an_f_score_below_the_harmonic_mean_may_be_a_macro_average_or_a_mean_over_folds():
    row = {"precision": "0.91", "sensitivity": "0.83", "f1": "0.84"}
    assert "macro" in reading(paper_of({"a": row}, unit="fraction"), "F scores")
    assert "folds" in reading(paper_of({"a": row}, unit="fraction", average="two classes"), "F scores")
    assert outcomes(paper_of({"a": row}, unit="fraction", average="macro"), "F scores") == []


def test_an_f_score_beside_recall_alone_is_at_most_that_of_a_precision_of_one():
    paper = paper_of({"a": {"sensitivity": "80.0", "f1": "88.0"}}, **TWO)
    assert outcomes(paper, "F scores") == []
    assert outcomes(altered(paper, "a", "f1", "96.0"), "F scores") == [("contradiction", "a", "f1")]


def test_an_f_score_of_rounded_class_values_may_be_a_little_above_that_of_the_means():
    macro = {**TWO, "average": "macro"}
    assert (
        outcomes(paper_of({"a": {"precision": "80.2", "sensitivity": "80.2", "f1": "80.9"}}, **macro), "F scores") == []
    )
    off = paper_of({"a": {"precision": "80.2", "sensitivity": "80.2", "f1": "81.9"}}, **macro, n_classes=2)
    assert outcomes(off, "F scores") == [("contradiction", "a", "f1")]


def test_classes_that_are_never_predicted_may_be_left_out_of_some_means():
    rows = {"a": {"precision": "90.0", "sensitivity": "60.0", "f1": "84.0"}}
    paper = paper_of(rows, **{**TWO, "average": "macro"}, n_classes=4)
    assert "never predicted" in reading(paper, "F scores")
    assert outcomes(paper_of(rows, **TWO), "F scores") == [("contradiction", "a", "f1")]


def test_iou_above_dice_is_of_other_things():
    assert "averaged over different things" in reading(paper_of({"a": {"iou": "0.92", "dice": "0.90"}}), "F scores")
    assert outcomes(paper_of({"a": {"iou": "0.82", "dice": "0.90"}}), "F scores") == []
    best = paper_of({"a": {"iou": "0.93"}, "b": {"dice": "0.91"}}, stated="b is the best of all")
    assert outcomes(best, "F scores") == [("contradiction", "a", "iou")]
