"""Checks of several rows together: each lets an honest table be, finds an altered number, names an innocent reading."""

from dataclasses import replace

import pytest
from made_tables import altered, outcomes, paper_of, reading

from workflow_scripts.claims.tables.checked_paper import check_tables
from workflow_scripts.claims.tables.printed_intervals import usual_intervals
from workflow_scripts.contracts.paper_tables.result_tables import (
    ClassSizes,
    MatrixTotals,
    PaperTables,
    PrintedValue,
    ResultTable,
)

TWO = {"unit": "percent", "average": "two classes"}


def rates(tp: int, tn: int, positives: int = 43, negatives: int = 17) -> dict[str, str]:
    """Rates of two classes in percent, with two decimals."""
    fn, fp = positives - tp, negatives - tn
    shares = {
        "accuracy": (tp + tn) / (positives + negatives),
        "precision": tp / (tp + fp),
        "sensitivity": tp / positives,
        "f1": 2 * tp / (2 * tp + fp + fn),
    }
    return {name: f"{100 * share:.2f}" for name, share in shares.items()}


ROWS = {"a": rates(40, 14), "b": rates(42, 14), "c": rates(43, 14), "d": rates(41, 16), "e": rates(39, 13)}


def test_class_sizes_that_all_rows_share_are_found_and_a_row_that_has_others_is_wrong():
    paper = paper_of(ROWS, same_samples_within="table", **TWO)
    why = [finding.why for finding in check_tables(paper) if finding.check == "sizes of the classes"]
    assert "43 and 17" in why[0]
    wrong = altered(altered(paper, "e", "sensitivity", "91.50"), "e", "precision", "92.00")
    assert outcomes(wrong, "sizes of the classes")[0][:2] == ("contradiction", "e")


def test_a_row_with_a_sample_less_and_rows_of_other_samples_are_not_accused():
    fewer = paper_of({**ROWS, "e": rates(39, 13, 43, 16)}, same_samples_within="table", **TWO)
    assert "other samples" in reading(fewer, "sizes of the classes")
    rows = {"a": rates(40, 14), "b": rates(30, 14, 33, 17), "c": rates(43, 34, 43, 37), "d": rates(41, 16)}
    assert "other samples" in reading(paper_of(rows, same_samples_within="table", **TWO), "sizes of the classes")


COUNTS = {
    "a": {"x": "12", "y": "30", "all": "42"},
    "b": {"x": "7", "y": "11", "all": "18"},
    "Total": {"x": "19", "y": "41", "all": "60"},
}


def test_a_total_is_the_sum_of_its_parts():
    paper = paper_of(COUNTS, unit="count")
    assert outcomes(paper, "totals") == []
    wide = {name: {**cells, "z": "5", "all": str(int(cells["all"]) + 5)} for name, cells in COUNTS.items()}
    wide["Total"] = {**wide["Total"], "z": "10", "all": "70"}
    paper = paper_of(wide, unit="count")
    assert outcomes(paper, "totals") == []
    assert ("contradiction", "Total", "y") in outcomes(altered(paper, "Total", "y", "44"), "totals")


def test_parts_that_overlap_are_no_contradiction():
    rows = {"Overall": {"x": "19", "y": "41"}, "a": {"x": "12", "y": "30"}, "b": {"x": "9", "y": "14"}}
    assert outcomes(paper_of(rows, unit="count"), "totals") == []


def test_levels_that_add_to_another_head_are_named():
    rows = {
        "head / n": {"reader": "100", "network": "90"},
        "grade / 1": {"reader": "60", "network": "50"},
        "grade / missing": {"reader": "40", "network": "50"},
        "size / small": {"reader": "70", "network": "60"},
        "size / missing": {"reader": "30", "network": "40"},
    }
    assert "those not found" in reading(paper_of(rows, "item / level", unit="count"), "totals")


def test_models_on_the_same_samples_have_classes_of_one_size():
    rows = {
        name: {"tp": str(tp), "fn": str(20 - tp), "fp": str(30 - tn), "tn": str(tn)}
        for name, tp, tn in (("a", 15, 22), ("b", 18, 25), ("c", 12, 29), ("d", 17, 20))
    }
    paper = paper_of(rows, unit="count", same_samples_within="table")
    assert outcomes(paper, "totals") == []
    assert outcomes(altered(paper, "d", "tn", "26"), "totals") == [("contradiction", "d", "tn; fp")]


def test_cells_of_a_class_add_to_its_size_for_every_model():
    rows = {
        f"{model} / {answer}": {
            "covid": str(c if answer == "positive" else 50 - c),
            "none": str(n if answer == "positive" else 30 - n),
        }
        for model, c, n in (("a", 40, 3), ("b", 45, 6), ("c", 31, 2), ("d", 39, 5))
        for answer in ("positive", "negative")
    }
    paper = paper_of(rows, "model / answer", unit="count", paper={"test_n_by_class": (ClassSizes((50, 30)),)})
    assert outcomes(paper, "totals") == []
    wrong = outcomes(altered(paper, "d / negative".replace(" / ", ", "), "none", "20"), "totals")
    assert wrong == [("contradiction", "d, positive; d, negative", "none")]


CLASSES = {
    "x": {"precision": "0.857", "sensitivity": "0.900", "f1": "0.878", "support": "20"},
    "y": {"precision": "0.815", "sensitivity": "0.733", "f1": "0.772", "support": "30"},
    "z": {"precision": "0.865", "sensitivity": "0.900", "f1": "0.882", "support": "50"},
    "macro avg": {"precision": "0.846", "sensitivity": "0.844", "f1": "0.844", "support": "100"},
    "weighted avg": {"precision": "0.849", "sensitivity": "0.850", "f1": "0.848", "support": "100"},
}
PER_CLASS = {"unit": "fraction", "average": "per class", "printed_beside": {"accuracy": PrintedValue("0.85")}}


def test_recalls_and_class_sizes_give_the_accuracy():
    paper = paper_of(CLASSES, "class", **PER_CLASS)
    assert outcomes(paper, "classes against the whole") == []
    beside = {**PER_CLASS, "printed_beside": {"accuracy": PrintedValue("0.88")}}
    assert outcomes(paper_of(CLASSES, "class", **beside), "classes against the whole") == [
        ("contradiction", "all", "accuracy")
    ]
    macro = {**PER_CLASS, "printed_beside": {"accuracy": PrintedValue("0.844")}}
    assert "macro recall" in reading(paper_of(CLASSES, "class", **macro), "classes against the whole")


def test_recall_above_precision_in_every_class_is_of_folds_or_lacks_a_class():
    rows = {
        name: {"sensitivity": r, "precision": p}
        for name, r, p in (("x", "0.91", "0.86"), ("y", "0.89", "0.85"), ("z", "0.93", "0.91"))
    }
    assert "means over folds" in reading(
        paper_of(rows, "class", unit="fraction", average="per class"), "classes against the whole"
    )


def test_an_average_is_that_of_the_rows():
    paper = paper_of(CLASSES, "class", **PER_CLASS)
    assert outcomes(paper, "means of rows") == []
    wrong = altered(paper, "macro avg", "sensitivity", "0.884")
    assert outcomes(wrong, "means of rows") == [("contradiction", "macro avg", "sensitivity")]
    shown = {name: cells for name, cells in CLASSES.items() if name in ("x", "y", "macro avg")}
    assert "a class that is not shown" in reading(paper_of(shown, "class", **PER_CLASS), "means of rows")


def test_a_pooled_row_that_is_the_plain_mean_of_sets_of_different_size_is_named():
    rows = {"one": {"sensitivity": "100"}, "two": {"sensitivity": "90"}, "over all": {"sensitivity": "95"}}
    paper = paper_of(rows, "set", unit="percent", paper={"test_n": {"one": 80, "two": 50}})
    assert "plain mean of sets of different size" in reading(paper, "means of rows")


def test_spreads_that_are_far_from_those_of_the_rows_are_wrong_where_others_are_right():
    rows = {
        "Overall mean": {"sensitivity": "85.0 ± 5.0", "specificity": "99.0 ± 3.2", "precision": "80.0 ± 10.0"},
        "a": {"sensitivity": "80.0", "specificity": "98.7", "precision": "70.0"},
        "b": {"sensitivity": "85.0", "specificity": "99.0", "precision": "80.0"},
        "c": {"sensitivity": "90.0", "specificity": "99.3", "precision": "90.0"},
    }
    paper = paper_of(rows, "comparison", unit="percent")
    assert outcomes(paper, "means of rows") == [("contradiction", "Overall mean", "specificity")]


def test_a_column_of_means_lies_among_the_columns():
    rows = {"a": {"hip": "0.82", "rib": "0.58", "mean": "0.70"}, "b": {"hip": "0.90", "rib": "0.70", "mean": "0.80"}}
    paper = paper_of(rows, unit="fraction")
    assert outcomes(paper, "means of rows") == []
    assert outcomes(altered(paper, "b", "mean", "0.93"), "means of rows") == [("contradiction", "b", "mean")]
    assert "weighted" in reading(altered(paper, "b", "mean", "0.85"), "means of rows")


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"accuracy": "0.9733", "precision": "0.9733", "sensitivity": "0.9733", "f1": "0.9733"}, "micro average"),
        ({"accuracy": "0.975", "sensitivity": "0.950"}, "one-against-all accuracies"),
        ({"sensitivity": "0.920", "specificity": "0.973"}, "macro average of four balanced classes"),
        ({"accuracy": "0.950", "kappa": "0.970"}, "averaged or weighted kappa"),
    ],
)
def test_an_average_over_classes_that_is_not_stated_is_named(cells: dict[str, str], words: str):
    assert words in reading(paper_of({"a": cells}, unit="fraction", n_classes=4), "averages over classes")


MATRIX = ((18, 1, 1), (2, 22, 6), (1, 4, 45))


def of_matrix(counts=MATRIX, **words) -> PaperTables:
    printed = tuple(tuple(PrintedValue(str(count)) for count in row) for row in counts)
    table = ResultTable("Figure 1", confusion_matrix=printed, classes=("x", "y", "z"), rows_are="truth", **words)
    return PaperTables("made", (table,))


def test_all_that_is_printed_about_a_matrix_follows_from_it():
    per_class = {"sensitivity": tuple(map(PrintedValue, ("0.90", "0.73", "0.90")))}
    paper = of_matrix(
        totals=MatrixTotals((20, 30, 50), (21, 27, 52), 100),
        printed_beside={"accuracy": PrintedValue("85.0 %")},
        per_class_printed=per_class,
    )
    assert outcomes(paper, "confusion matrices") == []
    table = paper.tables[0]
    wrong = replace(table, totals=MatrixTotals((20, 30, 51)), printed_beside={"accuracy": PrintedValue("86.0 %")})
    assert outcomes(replace(paper, tables=(wrong,)), "confusion matrices") == [
        ("contradiction", "row 3", "total"),
        ("contradiction", "all", "accuracy"),
    ]
    turned = replace(table, per_class_printed={"sensitivity": tuple(map(PrintedValue, ("0.86", "0.81", "0.87")))})
    assert "transposed" in reading(replace(paper, tables=(turned,)), "confusion matrices")


def test_a_matrix_and_the_rows_of_its_classes_agree():
    rows = paper_of(CLASSES, "class", **PER_CLASS)
    both = PaperTables("made", (*rows.tables, *of_matrix().tables))
    assert outcomes(both, "confusion matrices") == []
    wrong = altered(both, "y", "sensitivity", "0.833")
    assert ("contradiction", "y", "sensitivity") in outcomes(wrong, "confusion matrices")


def test_rows_that_are_copies_are_a_note():
    row = {"sensitivity": "76.7", "specificity": "77.1", "precision": "78.2", "npv": "74.3", "f1": "77.4"}
    paper = paper_of({"a": row, "b": {**row, "sensitivity": "76.6"}}, **TWO)
    assert [outcome for outcome, _, _ in outcomes(paper, "copied rows")] == ["note"]
    assert outcomes(paper_of({"a": row, "b": {**row, "npv": "71.3"}}, **TWO), "copied rows") == []


def test_usual_intervals_are_those_of_statsmodels_and_textbooks():
    ways = usual_intervals(13, 15)
    shown = {name: tuple(round(end, 3) for end in ends) for name, ends in ways.items()}
    assert shown["exact (Clopper-Pearson)"] == (0.595, 0.983)
    assert shown["Wilson"] == (0.621, 0.963)
    assert shown["Wilson, corrected"] == (0.584, 0.977)


def test_a_copy_whose_share_of_positives_is_that_of_another_set_is_a_contradiction():
    # 100 of 200 positive in one set, 100 of 600 in the other.
    def row(tp: int, tn: int, negatives: int) -> dict[str, str]:
        fn, fp = 100 - tp, negatives - tn
        shares = (tp / 100, tn / negatives, tp / (tp + fp), tn / (tn + fn), (tp + tn) / (100 + negatives))
        names = ("sensitivity", "specificity", "precision", "npv", "accuracy")
        return {name: f"{100 * share:.1f}" for name, share in zip(names, shares, strict=True)}

    rows = {
        f"one / {name}": row(tp, tn, 100)
        for name, tp, tn in (("a", 71, 83), ("b", 77, 78), ("c", 64, 91), ("d", 81, 69))
    }
    rows |= {
        f"two / {name}": row(tp, tn, 500)
        for name, tp, tn in (("a", 66, 451), ("b", 79, 423), ("c", 71, 488), ("d", 58, 476))
    }
    honest = paper_of(rows, "set / model", same_samples_within="set", **TWO)
    assert outcomes(honest, "copied rows") == []
    copied = paper_of({**rows, "two / b": rows["one / b"]}, "set / model", same_samples_within="set", **TWO)
    assert [(outcome, row) for outcome, row, _ in outcomes(copied, "copied rows")] == [("contradiction", "two, b")]


def test_shares_in_brackets_follow_one_rule():
    rows = {
        name: {"missed": f"{m} ({100 * m / (m + d):.1f})", "found": f"{d} ({100 * d / (m + d):.1f})"}
        for name, m, d in (("hip", 22, 368), ("rib", 23, 124), ("spine", 5, 25))
    }
    paper = paper_of(rows, unit="count (percent)")
    assert outcomes(paper, "shares of counts") == []
    assert outcomes(altered(paper, "rib", "found", "134"), "shares of counts") == []
    wrong = paper_of({**rows, "rib": {"missed": "23 (15.6)", "found": "124 (94.4)"}}, unit="count (percent)")
    assert outcomes(wrong, "shares of counts") == [("contradiction", "rib", "found")]


def test_a_column_that_is_one_count_over_another_is_so_in_every_row():
    rows = {
        name: {"tested": str(n), "positive": str(k), "positive_percent": f"{100 * k / n:.1f}"}
        for name, k, n in (("a", 8, 19), ("b", 15, 19), ("c", 16, 17), ("d", 13, 14), ("e", 5, 23), ("f", 7, 31))
    }
    paper = paper_of(rows, unit="percent")
    assert outcomes(paper, "shares of counts") == []
    wrong = altered(paper, "e", "positive_percent", "27.1")
    assert outcomes(wrong, "shares of counts") == [("contradiction", "e", "positive_percent")]


def test_classes_of_one_model_share_their_samples_and_those_of_another_set_have_their_own():
    def counts(n: int, tp: int, fn: int, fp: int) -> dict[str, str]:
        return {"tp": str(tp), "fn": str(fn), "fp": str(fp), "tn": str(n - tp - fn - fp)}

    of_sets = {
        f"{name} / {k}": counts(n, 20 + k, 3, 4) for name, n in (("large", 400), ("small", 120)) for k in range(4)
    }
    words = {"unit": "count", "average": "one against all"}
    assert outcomes(paper_of(of_sets, "set / class", **words), "totals") == []
    wrong = paper_of({**of_sets, "large / 2": counts(390, 22, 3, 4)}, "set / class", **words)
    assert {(outcome, row) for outcome, row, _ in outcomes(wrong, "totals")} == {("contradiction", "large, 2")}


def test_models_whose_class_sizes_differ_are_of_other_samples():
    rows = {"a": {"tp": "15", "fn": "5", "fp": "3", "tn": "22"}, "b": {"tp": "18", "fn": "6", "fp": "3", "tn": "22"}}
    assert "other samples" in reading(paper_of(rows, unit="count", same_samples_within="table"), "totals")


def test_sentences_call_a_metric_as_the_paper_does():
    row = {"sensitivity": "85.0", "specificity": "93.0", "precision": "72.0", "npv": "95.0", "accuracy": "90.0"}
    paper = paper_of({"a": row})
    headings = {"sensitivity": "Recall (%)", "precision": "PPV (%)", "npv": "NPV (%)"}
    headed = replace(paper, tables=tuple(replace(table, headings=headings) for table in paper.tables))
    (why,) = (finding.why for finding in check_tables(headed) if finding.check == "rates of two classes")
    assert "Recall (%) 85.0, specificity 93.0, PPV (%) 72.0, NPV (%) 95.0, accuracy 90.0" in why
