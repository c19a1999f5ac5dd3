"""What a paper's tables come to: issues are counted once, and honest papers are not accused."""

import pytest
from made_tables import a_paper, altered, paper_of

from workflow_scripts.claims.outcome import CONTRADICTION, FITS_ONLY_IF, NOT_CHECKABLE, NOTE
from workflow_scripts.claims.tables.checked_paper import CHECKS, check_tables, summary
from workflow_scripts.claims.tables.finding import Finding
from workflow_scripts.contracts.paper_tables.result_tables import PaperTables, PrintedValue, ResultTable, Row


def _a_finding(outcome: str, row: str = "a", reading: str = "", check: str = "x") -> Finding:
    return Finding(check, "Table 1", row, "f1", outcome, "why", reading=reading)


def test_a_paper_without_anything_that_is_tied_is_not_checkable():
    table = ResultTable("Table 1", (Row({"model": "a"}, {"auc": PrintedValue("0.91")}),))
    findings = check_tables(PaperTables("made", (table,)))
    assert summary(findings).outcome == NOT_CHECKABLE


def test_contradictions_of_one_row_are_one_issue_and_so_is_one_reading_of_many_rows():
    rows = [_a_finding(CONTRADICTION), _a_finding(CONTRADICTION, check="y")]
    readings = [_a_finding(FITS_ONLY_IF, row, "means") for row in "bcd"]
    result = summary([*rows, *readings, _a_finding(NOTE, "e")])
    assert result.outcome == CONTRADICTION and [len(issue) for issue in result.issues] == [2, 3, 1]


def test_a_note_alone_accuses_nobody():
    assert summary([_a_finding(NOTE)]).outcome == "consistent"


def test_every_check_has_a_module_of_its_own():
    assert len(set(CHECKS.values())) == len(CHECKS)


# The last one is of medians over folds of four samples.
@pytest.mark.parametrize("seed", [*range(40), 21111])
def test_an_honest_paper_is_not_accused(seed: int):
    assert summary(check_tables(a_paper(seed))).outcome != CONTRADICTION


def test_an_altered_number_of_an_honest_paper_is_found():
    cells = {"sensitivity": "87.3", "specificity": "91.2", "precision": "75.9", "npv": "95.8", "accuracy": "90.3"}
    table = ResultTable(
        "Table 1",
        (Row({"model": "a"}, {name: PrintedValue(text) for name, text in cells.items()}),),
        unit="percent",
        average="two classes",
        aggregation="single",
    )
    paper = PaperTables("made", (table,))
    assert summary(check_tables(paper)).outcome == "consistent"
    findings = check_tables(altered(paper, "a", "accuracy", "93.0"))
    assert [finding.column for finding in findings if finding.outcome == CONTRADICTION] == ["accuracy"]


@pytest.mark.parametrize("name", ["Difference", "Δ (A − B)", "p value", "SD", "Max", "95% CI of difference"])
def test_a_row_of_differences_or_p_values_is_not_judged_as_the_rates_of_a_model(name: str):
    row = {"sensitivity": "0.923", "specificity": "0.910", "accuracy": "0.915"}
    words = {"average": "two classes", "aggregation": "single", "unit": "fraction"}
    wrong = {"sensitivity": "0.077", "specificity": "0.013", "accuracy": "0.300"}
    findings = check_tables(paper_of({"A": row, name: wrong}, **words))
    assert [finding.row for finding in findings if finding.outcome != "consistent"] == []
    assert summary(check_tables(paper_of({"A": row, "B": wrong}, **words))).outcome == "contradiction"
    columns = {metric: {"A": text, name: wrong[metric]} for metric, text in row.items()}
    turned = check_tables(paper_of(columns, key="metric", **words))
    assert [finding.row for finding in turned if finding.outcome != "consistent"] == []


def test_a_class_that_is_called_p_is_judged():
    wrong = {"sensitivity": "0.93", "specificity": "0.94", "accuracy": "0.99"}
    rows = {"P": wrong, "QRS": {"sensitivity": "0.93", "specificity": "0.94", "accuracy": "0.935"}}
    words = {"average": "two classes", "aggregation": "single", "unit": "fraction"}
    assert summary(check_tables(paper_of(rows, key="class", **words))).outcome == "contradiction"
    assert summary(check_tables(paper_of(rows, **words))).outcome == "consistent"


def test_a_row_of_fractions_among_percents_is_read_as_fractions():
    percents = {"sensitivity": "92.3", "specificity": "91.0", "precision": "87.3", "npv": "94.7", "accuracy": "91.5"}
    fractions = {"sensitivity": "0.846", "specificity": "0.897", "precision": "0.846", "npv": "0.897"}
    words = {"average": "two classes", "aggregation": "single"}
    mixed = {"another paper": percents, "own": {**fractions, "accuracy": "0.877"}}
    assert summary(check_tables(paper_of(mixed, **words))).outcome == "consistent"
    wrong = {"another paper": percents, "own": {**fractions, "accuracy": "0.957"}}
    ((issue, *_),) = summary(check_tables(paper_of(wrong, **words))).issues
    assert (issue.outcome, issue.row) == ("contradiction", "own") and "about 0.87" in issue.computed


PERCENTS = {"sensitivity": "92.3", "specificity": "91.0", "precision": "87.3", "npv": "94.7", "accuracy": "91.5"}
FRACTIONS = {"sensitivity": "0.923", "specificity": "0.910", "precision": "0.873", "npv": "0.947", "accuracy": "0.915"}


@pytest.mark.parametrize(
    ("row", "text", "words"),
    [
        (PERCENTS, "0.915", "a fraction among percents"),
        (FRACTIONS, "91.5", "in percent among fractions"),
        (FRACTIONS, "91.5%", "in percent among fractions"),
    ],
)
@pytest.mark.parametrize("is_said", [False, True])
def test_a_cell_in_another_unit_than_its_column_is_read_in_its_own_and_told(row, text, words, is_said):
    unit = ("percent" if row is PERCENTS else "fraction") if is_said else None
    about = {"average": "two classes", "aggregation": "single", "unit": unit}
    other = {**row, "npv": row["npv"].replace("7", "8")}
    findings = check_tables(paper_of({"a": other, "b": {**row, "accuracy": text}}, **about))
    told = [finding for finding in findings if finding.outcome == FITS_ONLY_IF]
    assert [(f.row, f.column) for f in told] == [("b", "accuracy")] and words in told[0].reading
    assert summary(findings).outcome == FITS_ONLY_IF
    wrong = check_tables(
        paper_of({"a": other, "b": {**row, "accuracy": text.replace("5", "9").replace("1", "5")}}, **about)
    )
    assert summary(wrong).outcome == CONTRADICTION


def test_one_coefficient_in_percent_beside_rates_in_percent_is_told():
    rows = {name: {"accuracy": acc, "kappa": kappa, "mcc": mcc}
            for name, acc, kappa, mcc in (("a", "91.5", "0.82", "0.83"), ("b", "88.0", "0.75", "0.76"),
                                          ("c", "90.0", "79", "0.80"))}  # fmt: skip
    told = [finding for finding in check_tables(paper_of(rows)) if finding.check == "possible values"]
    assert [(finding.row, finding.column) for finding in told] == [("c", "kappa")]


def test_a_class_that_is_hardly_found_has_low_percents_and_no_fractions():
    rows = {
        "rare": {"sensitivity": "0.85", "precision": "76.0", "f1": "1.68"},
        "common": {"sensitivity": "91.2", "precision": "88.0", "f1": "89.57"},
    }
    findings = check_tables(paper_of(rows, key="class", average="per class", aggregation="single", unit="percent"))
    assert [finding for finding in findings if finding.outcome != "consistent"] == []
