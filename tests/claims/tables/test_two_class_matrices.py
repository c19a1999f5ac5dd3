"""Rates beside a confusion matrix of two classes."""

import pytest
from made_tables import outcomes, paper_of, reading

from workflow_scripts.claims.tables.checked_paper import check_tables
from workflow_scripts.claims.tables.finding import OTHER_RUN
from workflow_scripts.contracts.paper_tables.plain_tables import plain_tables_of

# 48 of 52 CIN2+ and 71 of 78 others are right.
HEAD, ROWS = "| | CIN2+ | other |\n|-|-|-|\n", ("| CIN2+ | 48 | 4 |\n| other | 7 | 71 |\n")
TURNED = "| CIN2+ | 48 | 7 |\n| other | 4 | 71 |\n"


def said(rates: str, rows: str = ROWS, above: str = "confusion matrix: rows are truth") -> list[tuple[str, str, str]]:
    findings = check_tables(plain_tables_of(f"{above}\n{HEAD}{rows}{rates}", "table.txt", "table"))
    return [(f.outcome, f.column, f.reading) for f in findings if f.check == "confusion matrices"]


@pytest.mark.parametrize(
    "rates",
    ["Sensitivity 92.3%\nSpecificity 91.0%\nPPV 87.3%\nMCC 0.826\n", "Sensitivity 91.0%\nSpecificity 92.3%\n"],
)
def test_rates_of_either_class_follow_from_the_matrix(rates: str):
    assert [outcome for outcome, _, _ in said(rates)] == ["consistent"]
    assert [outcome for outcome, _, _ in said(rates, TURNED, "note: no word on the rows")] == ["consistent"]


def test_a_rate_of_neither_class_is_a_contradiction():
    assert said("Sensitivity 95.3%\nSpecificity 91.0%\n") == [("contradiction", "sensitivity", "")]


@pytest.mark.parametrize(
    "beside", ["Accuracy 93.8%\n", "Sensitivity 95.3%\nSpecificity 93.0%\n", "n: 130\nAccuracy 93.8%\n"]
)
def test_a_matrix_may_be_of_another_run_than_all_that_is_printed_beside_it(beside: str):
    found = said(beside)
    assert {(outcome, reading) for outcome, _, reading in found} == {("fits only if", OTHER_RUN)}
    single = said(beside, above="one training\nconfusion matrix: rows are truth")
    assert "contradiction" in {outcome for outcome, _, _ in single}
    # What follows from the matrix is of its run, and so is what stands with it.
    together = said(f"{beside}NPV 94.7%\nKappa 0.83\n")
    assert "contradiction" in {outcome for outcome, _, _ in together}


def test_counts_of_a_row_may_be_of_another_run_than_its_rates():
    row = {"tp": "48", "fn": "4", "fp": "7", "tn": "71", "sensitivity": "95.3", "accuracy": "93.8"}
    paper = paper_of({"a": row}, unit="percent", average="two classes")
    assert reading(paper, "rates against counts") == OTHER_RUN
    mixed = paper_of({"a": {**row, "specificity": "91.0"}}, unit="percent", average="two classes")
    assert {outcome for outcome, _, _ in outcomes(mixed, "rates against counts")} == {"contradiction"}


def test_rates_of_the_matrix_may_be_of_two_classes_averages_or_means_over_folds():
    (mixed,) = said("Sensitivity 92.3%\nSpecificity 92.3%\n")
    assert mixed[0] == "fits only if" and "different classes" in mixed[2]
    (macro,) = said("F1 0.913\n")
    assert macro[0] == "fits only if" and "macro" in macro[2]
    (folds,) = said("F1 0.893\n", above="mean of 5 folds\nconfusion matrix: rows are truth")
    assert folds[0] == "fits only if" and "folds" in folds[2]
