"""Checks of the rates of a row: each lets an honest row be, finds an altered number, and names an innocent reading."""

from dataclasses import replace

import numpy as np
import pytest
from made_tables import altered, outcomes, paper_of, reading

from workflow_scripts.contracts.paper_tables.result_tables import ClassSizes, PaperTables, PrintedValue

TWO = {"unit": "percent", "average": "two classes", "aggregation": "single"}
# 40 of 50 positives and 132 of 150 negatives right.
HONEST = {
    "sensitivity": "80.0",
    "specificity": "88.0",
    "precision": "69.0",
    "npv": "93.0",
    "accuracy": "86.0",
    "f1": "74.1",
}


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
        found = outcomes(paper_of(rows, unit="fraction"), "F scores")
        assert {outcome for outcome, _, _ in found} == {"contradiction"}
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


def test_an_accuracy_of_one_training_is_no_mean_over_folds():
    rows = {name: {"sensitivity": recall} for name, recall in (("x", "0.903"), ("y", "0.805"), ("z", "0.701"))}
    sizes = ClassSizes((100, 100, 100), ("x", "y", "z"))
    about = {"unit": "fraction", "average": "per class", "class_sizes": sizes}
    about["printed_beside"] = {"accuracy": PrintedValue("0.809")}
    assert "folds" in reading(paper_of(rows, "class", **about), "classes against the whole")
    single = paper_of(rows, "class", **about, aggregation="single")
    assert outcomes(single, "classes against the whole") == [("contradiction", "all", "accuracy")]


def test_iou_above_dice_is_of_other_things():
    assert "averaged over different things" in reading(paper_of({"a": {"iou": "0.92", "dice": "0.90"}}), "F scores")
    assert outcomes(paper_of({"a": {"iou": "0.82", "dice": "0.90"}}), "F scores") == []
    best = paper_of({"a": {"iou": "0.93"}, "b": {"dice": "0.91"}}, stated="b is the best of all")
    assert outcomes(best, "F scores") == [("contradiction", "a", "iou")]


def test_accuracy_lies_between_sensitivity_and_specificity():
    paper = paper_of({"a": HONEST}, **TWO)
    assert outcomes(paper, "rates of two classes") == []
    assert outcomes(altered(paper, "a", "accuracy", "91.0"), "rates of two classes") == [
        ("contradiction", "a", "accuracy")
    ]


def test_rates_that_fit_no_two_classes_may_be_averages_or_means_over_folds():
    row = {**HONEST, "npv": "94.0"}
    assert "folds" in reading(paper_of({"a": row}, unit="percent", average="two classes"), "rates of two classes")
    assert "macro" in reading(paper_of({"a": row}, unit="percent"), "rates of two classes")


def test_a_column_that_holds_precision_is_named():
    # Of three classes each, "specificity" is the precision.
    rows = {
        "a / x": {"accuracy": "91.0", "specificity": "92.4", "sensitivity": "80.2", "f1": "85.9"},
        "a / y": {"accuracy": "90.2", "specificity": "80.1", "sensitivity": "93.3", "f1": "86.2"},
        "a / z": {"accuracy": "96.4", "specificity": "92.0", "sensitivity": "91.9", "f1": "91.9"},
        "b / x": {"accuracy": "95.0", "specificity": "93.0", "sensitivity": "91.0", "f1": "92.0"},
    }
    paper = paper_of(rows, "model / class", unit="percent", average="one against all")
    assert reading(paper, "rates of two classes") == 'column "specificity" holds precision'


def test_accuracies_that_are_all_the_mean_of_both_rates_are_noticed():
    rows = {
        name: {"accuracy": f"{(s + c) / 2:.3f}", "sensitivity": f"{s:.2f}", "specificity": f"{c:.2f}"}
        for name, s, c in (
            ("a", 0.95, 0.72),
            ("b", 0.88, 0.93),
            ("c", 0.61, 0.92),
            ("d", 0.78, 0.99),
            ("e", 0.92, 0.85),
        )
    }
    paper = paper_of(rows, unit="fraction", average="two classes", aggregation="single")
    assert "(sensitivity + specificity)/2" in reading(paper, "rates of two classes")
    balanced = replace(paper, test_n_by_class=())
    assert outcomes(altered(balanced, "e", "accuracy", "0.881"), "rates of two classes") == []


def test_rates_are_of_whole_numbers_of_a_printed_n():
    row = {"n": "40", "sensitivity": "83.3", "specificity": "78.6", "accuracy": "80.0"}
    assert outcomes(paper_of({"a": row}, **TWO), "rates of two classes") == []
    wrong = paper_of({"a": {**row, "accuracy": "80.9"}}, **TWO)
    assert [outcome for outcome, _, _ in outcomes(wrong, "rates of two classes")] == ["contradiction"]


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


def test_a_number_lies_in_its_interval():
    paper = paper_of({"a": {"sensitivity": "92.3 (86.3–96.2)"}}, unit="percent")
    assert outcomes(paper, "intervals") == []
    assert outcomes(altered(paper, "a", "sensitivity", "82.3"), "intervals") == [("contradiction", "a", "sensitivity")]
    mixed = paper_of({"a": {"sensitivity": "92.3 (0.863–0.962)"}}, unit="percent")
    assert outcomes(mixed, "intervals") == []
    lost = paper_of({"a": {"sensitivity": "92.3 (6.3–94.9)"}}, unit="percent")
    assert outcomes(lost, "intervals") == [("note", "a", "sensitivity")]


def test_a_number_beside_its_interval_may_be_another_estimate_than_that_of_the_interval():
    # scikit-learn's macro F1 of draws with a class lacking is lower: a percentile interval may leave the number out.
    f1 = {"f1": "0.93 (0.80–0.90)"}
    assert "another estimate" in reading(paper_of({"a": f1}, unit="fraction", aggregation="single"), "intervals")
    far = {"f1": "0.91 (0.60–0.65)"}
    assert outcomes(paper_of({"a": far}, unit="fraction"), "intervals") == [("contradiction", "a", "f1")]
    median = {"sensitivity": "0.912 (0.800–0.890)"}
    assert "another estimate" in reading(paper_of({"a": median}, unit="fraction"), "intervals")
    for words in ({"aggregation": "single"}, {}):
        text = "0.912 (0.800–0.890)" if words else "0.909 (10/11) (0.800–0.887)"
        paper = paper_of({"a": {"sensitivity": text}}, unit="fraction", **words)
        assert outcomes(paper, "intervals") == [("contradiction", "a", "sensitivity")], text


def exchanged_tables(again: dict[str, str], **shared: str) -> PaperTables:
    row = {"sensitivity": "0.88", "specificity": "0.81", **shared}
    first, second = (paper_of({"a": values}, unit="fraction").tables[0] for values in (row, again))
    return PaperTables("made", (first, replace(second, place="Abstract")))


def test_sensitivity_and_specificity_that_change_places_between_tables_need_another_positive_class():
    again = {"sensitivity": "0.81", "specificity": "0.88"}
    assert "positive" in reading(exchanged_tables({**again, "auc": "0.90"}, auc="0.90"), "numbers printed twice")
    both = {"auc": "0.90", "precision": "0.79"}
    assert outcomes(exchanged_tables({**again, **both}, **both), "numbers printed twice") == [
        ("contradiction", "a", "sensitivity; specificity")
    ]
    assert outcomes(exchanged_tables({"sensitivity": "0.88", "specificity": "0.81"}), "numbers printed twice") == []


def test_an_npv_of_two_classes_says_that_the_rates_are_of_one_of_them():
    row = {"sensitivity": "80.0", "specificity": "88.0", "precision": "69.0", "npv": "73.0", "accuracy": "86.0"}
    open_ = paper_of({"a": row}, unit="percent", aggregation="single")
    assert "macro" in reading(open_, "rates of two classes")
    known = paper_of({"a": row}, unit="percent", aggregation="single", paper={"positives": 50})
    assert outcomes(known, "rates of two classes")[0][0] == "contradiction"


def test_no_share_is_above_all_or_below_nothing():
    paper = paper_of({"a": HONEST}, **TWO)
    check = "possible values"
    assert outcomes(paper, check) == []
    assert outcomes(altered(paper, "a", "npv", "193.0"), check) == [("contradiction", "a", "npv")]
    fractions = {"sensitivity": "0.80", "specificity": "0.88", "accuracy": "0.86"}
    above = altered(paper_of({"a": fractions}), "a", "sensitivity", "1.05")
    assert outcomes(above, check) == [("fits only if", "a", "sensitivity")] and "percent" in reading(above, check)
    below = altered(paper_of({"a": fractions}), "a", "sensitivity", "-0.80")
    assert "dash" in reading(below, check)
    # Rounded up to a whole, and coefficients that may lie below nought.
    assert outcomes(paper_of({"a": {**fractions, "auc": "1.00", "kappa": "-0.03", "mcc": "-0.10"}}), check) == []


def test_a_column_of_something_else_is_no_impossible_share():
    of_blood = {model: {"auc": auc, "accuracy": "0.9"} for model, auc in (("a", "350"), ("b", "412"))}
    assert outcomes(paper_of(of_blood), "possible values") == []


def test_rates_beside_the_counts_of_all_folds_may_be_means_over_folds():
    row = {
        **{"tp": "223", "fn": "17", "fp": "67", "tn": "293", "sensitivity": "92.92", "specificity": "81.39"},
        **{"accuracy": "86.00", "precision": "77.05", "npv": "94.53", "f1": "84.19"},
    }
    words = {"unit": "percent", "average": "two classes"}
    assert outcomes(paper_of({"a": row}, aggregation="mean of 5 folds", **words), "rates against counts") == []
    assert "folds" in reading(paper_of({"a": row}, **words), "rates against counts")
    spread = {**row, "npv": "94.52", "f1": "84.15", "precision": "77.05 ± 3.94"}
    assert "folds" in reading(paper_of({"a": spread}, **words), "rates against counts")
    one_run = outcomes(paper_of({"a": row}, aggregation="single", **words), "rates against counts")
    assert {column for outcome, _, column in one_run if outcome == "contradiction"} == {"precision", "npv", "f1"}
    far = paper_of({"a": {**row, "accuracy": "68.00"}}, aggregation="mean of 5 folds", **words)
    assert ("contradiction", "a", "accuracy") in outcomes(far, "rates against counts")


def test_predictive_values_may_be_those_of_a_population():
    row = {"sensitivity": "0.923", "specificity": "0.910", "precision": "0.173", "npv": "0.998", "accuracy": "0.915"}
    words = {"unit": "fraction", "average": "two classes", "aggregation": "single"}
    assert "a share of positives of 0.020" in reading(paper_of({"a": row}, **words), "rates of two classes")
    assert "a share of positives of 0.020" in reading(paper_of({"a": row}, unit="fraction"), "rates of two classes")
    wrong = altered(paper_of({"a": row}, **words), "a", "npv", "0.968")
    assert ("contradiction", "a") in [issue[:2] for issue in outcomes(wrong, "rates of two classes")]
    sizes = {"test_n_by_class": (ClassSizes((52, 78)),)}
    elsewhere = {**row, "precision": "0.720", "npv": "0.979"}
    unknown = outcomes(paper_of({"a": elsewhere}, **words), "rates of two classes")
    assert ("contradiction", "a") in [issue[:2] for issue in unknown]
    assert "of 0.2" in reading(paper_of({"a": elsewhere}, paper=sizes, **words), "rates of two classes")
