"""A file of result tables says what is printed; every mistake in it is told with its line."""

import os
from pathlib import Path

import jsonschema
import pytest
import yaml

from workflow_scripts.contracts.paper_tables.metric_spellings import averaged, canonical
from workflow_scripts.contracts.paper_tables.printed_cells import read_cell
from workflow_scripts.contracts.paper_tables.result_table_keys import document_schema
from workflow_scripts.contracts.paper_tables.result_tables import ClassSizes, PrintedValue, ResultTable, Row
from workflow_scripts.contracts.paper_tables.result_tables_yaml import read_result_tables, result_tables_of
from workflow_scripts.runtime.errors import UserError

WHOLE = """
id: made
citation: {authors: Made A, journal: Made Journal, year: 2020, doi: not visible}
data: {name: own, n: 130, classes: {positive: 52, negative: 78}, public_size: not known}
tables:
- place: Table 2
  unit: percent (AUC fraction)
  average: two classes
  aggregation: not said
  interval_level: 95 %
  rows:
  - label: {model: A, set: external}
    values:
      Sens.: 92.30 (87.1–96.0)
      ppv: {printed: '90.0', fraction: [45, 50]}
      AUC: 0.91
  - label: B
    values: {Sens.: n/a, odd column: '1,036', AUC: 0.90 ± 0.01}
- place: Table 3
  classes: [first, second]
  confusion_matrix: [[40, 12], [8, 70]]
  rows_are: truth
  overall_accuracy_percent: '84.6'
  per_class_printed: {recall: ['0.77', '0.90']}
  totals_printed: {rows: [52, 78], all: 130}
not_stated: [split]
"""


def test_everything_of_a_file_arrives_where_it_belongs():
    paper = result_tables_of(WHOLE, "made.yaml", "file")
    first, second = paper.tables
    assert (paper.id, paper.citation) == ("made", "Made A, Made Journal, 2020")
    assert (paper.test_n, paper.test_n_by_class) == (130, (ClassSizes((52, 78), ("positive", "negative")),))
    assert paper.not_stated == ("split", "public size: not known")
    assert first.rows[0].name == "A, external" and first.rows[1].label == {"row": "B"}
    assert first.aggregation is None and "aggregation: not said" in first.notes
    assert first.columns == ("sensitivity", "precision", "auc", "odd column")
    assert first.rows[0].values["sensitivity"] == PrintedValue("92.30", ("87.1", "96.0"))
    assert first.rows[0].values["sensitivity"].decimals == 2
    assert first.rows[0].values["precision"].fraction == (45, 50)
    assert first.rows[1].values["auc"].plus_minus == "0.01" and "sensitivity" not in first.rows[1].values
    assert [first.scale(column) for column in ("sensitivity", "auc")] == [100.0, 1.0]
    assert [[cell.number for cell in row] for row in second.confusion_matrix] == [[40, 12], [8, 70]]
    assert second.printed_beside == {"accuracy": PrintedValue("84.6 %")} and second.n_classes == 2
    assert second.per_class_printed == {"sensitivity": (PrintedValue("0.77"), PrintedValue("0.90"))}
    assert (second.totals.rows, second.totals.all) == ((52, 78), 130)


def test_all_mistakes_are_told_at_once_with_their_lines():
    text = WHOLE.replace("n: 130,", "n: 13O,").replace("average:", "averge:").replace("8, 70", "8")
    with pytest.raises(UserError) as raised:
        result_tables_of(text, "made.yaml", "file")
    lines = str(raised.value).splitlines()
    assert len(lines) == 3
    assert lines[0] == "made.yaml, line 4: data.n: a whole number is wanted, '13O' was found"
    assert lines[1] == "made.yaml, line 8: tables[1]: unknown key averge; did you mean average?"
    assert lines[2].startswith("made.yaml, line 21: tables[2].confusion_matrix: rows of one length are wanted")


def test_a_key_like_no_other_is_told_and_passed_over():
    paper = result_tables_of(WHOLE + "sponsor: nobody\n", "made.yaml", "file")
    assert len(paper.remarks) == 1 and paper.remarks[0].startswith("line 27, sponsor: this key is not known")


def test_a_table_without_numbers_and_a_repeated_key_are_mistakes():
    with pytest.raises(UserError, match=r"line 2: tables\[1\]: holds no numbers"):
        result_tables_of("tables:\n- place: Table 1\n", "made.yaml", "file")
    with pytest.raises(UserError, match="line 2: the key id is given twice"):
        result_tables_of("id: a\nid: b\ntables: []\n", "made.yaml", "file")


@pytest.mark.parametrize(
    ("heading", "name"),
    [("Se", "sensitivity"), ("Sens. (%)", "sensitivity"), ("Recall", "sensitivity"), ("TPR", "sensitivity"),
     ("Spec", "specificity"), ("PPV", "precision"), ("Acc.", "accuracy"), ("F-score", "f1"), ("F1-Score", "f1"),
     ("F0.5", "f_beta(0.5)"), ("κ", "kappa"), ("LR+", "lr_positive"), ("LR−", "lr_negative"), ("f05", "f_beta(0.5)"),
     ("hip accuracy", "hip accuracy"), ("Sp", "specificity"), ("AUC-ROC", "auc")],
)  # fmt: skip
def test_the_spellings_of_a_metric_are_one_name(heading, name):
    assert canonical(heading) == name


def test_an_average_in_a_heading_is_told_apart_from_the_metric():
    assert averaged("Macro-F1") == ("f1", "macro") and averaged("F1 (weighted)") == ("f1", "weighted")
    assert averaged("overall_accuracy") == ("accuracy", "") and averaged("shoe size") == ("", "")


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.92 (0.87–0.96)", PrintedValue("0.92", ("0.87", "0.96"))),
     ("92.3% (120/130)", PrintedValue("92.3%", fraction=(120, 130))),
     ("0.91 ± 0.02", PrintedValue("0.91", plus_minus="0.02")),
     ("92.3 [88.1, 95.2]", PrintedValue("92.3", ("88.1", "95.2"))),
     ("92,3 (88,1–95,2)", PrintedValue("92,3", ("88,1", "95,2"))),
     ("0,92 (0,87)", PrintedValue("0,92", in_brackets="0,87")),
     ("92.3 (120/130; 95% CI 86.2–96.1)", PrintedValue("92.3", ("86.2", "96.1"), (120, 130))),
     ("120/130 (92.3%)", PrintedValue("92.3%", fraction=(120, 130))),
     ("120/130", PrintedValue("120/130", fraction=(120, 130))),
     ("0.91 (±0.02)", PrintedValue("0.91", plus_minus="0.02")),
     ("0.91 (0.87–0.95) [± 0.02]", PrintedValue("0.91", ("0.87", "0.95"), plus_minus="0.02")),
     ("0.92<sup>a</sup>", PrintedValue("0.92")), ("TP = 48", PrintedValue("48")),
     ("**0.92**†", PrintedValue("0.92")), ("0.92a", PrintedValue("0.92"))],
)  # fmt: skip
def test_a_cell_is_understood_with_what_is_printed_beside_its_number(text, value):
    assert read_cell(text) == (value, "")


def test_what_a_cell_holds_besides_is_left_over():
    assert read_cell("0.92 (p<0.01)") == (PrintedValue("0.92"), "p<0.01")
    assert read_cell("good") == (None, "good")
    assert read_cell("92/91") == (None, "92/91")


@pytest.mark.parametrize(
    ("text", "number", "decimals"),
    [("92,3 %", 92.3, 1), ("1,036", 1036, 0), ("0,917", 0.917, 3), ("·870", 0.87, 3), ("−0.12", -0.12, 2),
     ("<0.001", None, 0), ("n/a", None, 0), ("0.40*", 0.4, 2), ("1,036.5", 1036.5, 1)],
)  # fmt: skip
def test_a_printed_number_keeps_its_digits(text, number, decimals):
    value = PrintedValue(text)
    assert (value.number, value.decimals, value.unit) == (number, decimals, 10.0**-decimals)


def test_percent_is_seen_from_signs_columns_and_size():
    row = Row({}, {"accuracy": PrintedValue("91.2"), "error": PrintedValue("0.7"), "tp": PrintedValue("90")})
    table = ResultTable("Table 1", (row,), unit="percent", percent_columns=("error",))
    assert [table.scale(column) for column in table.columns] == [100.0, 100.0, 1.0]


def test_the_schema_takes_what_the_reading_takes():
    validator = jsonschema.Draft202012Validator(document_schema())
    assert not list(validator.iter_errors(yaml.safe_load(WHOLE)))
    assert list(validator.iter_errors(yaml.safe_load(WHOLE.replace("average:", "averge:"))))


def test_real_tables_are_read_without_a_mistake():
    folder = Path(os.environ.get("REAL_DATA", "/nowhere")) / "printed_tables" / "tables"
    if not folder.is_dir():
        pytest.skip("printed_tables is not here; REAL_DATA names the folder of such data sets")
    papers = [read_result_tables(path) for path in sorted(folder.glob("*.yaml"))]
    values = [
        value for paper in papers for table in paper.tables for row in table.rows for value in row.values.values()
    ]
    assert not [paper.id for paper in papers if paper.remarks or not paper.tables]
    assert len(values) > 3000 and all(value.number is not None for value in values)


def test_words_where_a_number_could_stand_are_told_and_are_no_mistake():
    text = """
data:
  n: about 300 women
  classes: {positive: 52, negative: not visible}
  patients: 120 women
tables:
- place: Table 1
  n_by_set: {internal: 80, external: not said}
  note: [first, second]
  rows:
  - label: A
    n: 120
    values: {accuracy: 0.91}
"""
    paper = result_tables_of(text, "made.yaml", "file")
    assert paper.test_n is None and paper.test_n_by_class == ()
    assert paper.not_stated == ("test samples: about 300 women",)
    assert paper.tables[0].n_by_set == {"internal": 80} and paper.tables[0].notes == ("first; second",)
    assert paper.tables[0].rows[0].values["n"] == PrintedValue("120")
    assert [remark.split(":")[0] for remark in paper.remarks] == [
        "line 4, data.classes.negative",
        "line 8, tables[1].n_by_set.external",
    ]


def test_a_matrix_that_is_not_square_is_told_and_passed_over():
    text = "tables:\n- place: T\n  confusion_matrix: [[4, 1, 0], [2, 5, 1]]\n  overall_accuracy: 0.9\n"
    paper = result_tables_of(text, "made.yaml", "file")
    assert paper.tables[0].confusion_matrix == () and "are no confusion matrix" in paper.remarks[0]
