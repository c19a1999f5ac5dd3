"""Rates beside a confusion matrix of two classes."""

import pytest

from workflow_scripts.claims.tables.checked_paper import check_tables
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


def test_rates_of_the_matrix_may_be_of_two_classes_averages_or_means_over_folds():
    (mixed,) = said("Sensitivity 92.3%\nSpecificity 92.3%\n")
    assert mixed[0] == "fits only if" and "different classes" in mixed[2]
    (macro,) = said("F1 0.913\n")
    assert macro[0] == "fits only if" and "macro" in macro[2]
    (folds,) = said("F1 0.893\n", above="mean of 5 folds\nconfusion matrix: rows are truth")
    assert folds[0] == "fits only if" and "folds" in folds[2]
