"""Checks of the rates of a row: each lets an honest row be, finds an altered number, and names an innocent reading."""

from dataclasses import replace

from made_tables import HONEST, TWO, altered, outcomes, paper_of, reading

from workflow_scripts.contracts.paper_tables.result_tables import ClassSizes, PaperTables, PrintedValue


def test_an_accuracy_of_one_training_is_no_mean_over_folds():
    rows = {name: {"sensitivity": recall} for name, recall in (("x", "0.903"), ("y", "0.805"), ("z", "0.701"))}
    sizes = ClassSizes((100, 100, 100), ("x", "y", "z"))
    about = {"unit": "fraction", "average": "per class", "class_sizes": sizes}
    about["printed_beside"] = {"accuracy": PrintedValue("0.809")}
    assert "folds" in reading(paper_of(rows, "class", **about), "classes against the whole")
    single = paper_of(rows, "class", **about, aggregation="single")
    assert outcomes(single, "classes against the whole") == [("contradiction", "all", "accuracy")]


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
