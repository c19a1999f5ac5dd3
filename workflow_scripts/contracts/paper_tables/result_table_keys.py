"""The keys of a file of result tables: what each means, how its value is read, and its JSON schema."""

from collections.abc import Mapping
from typing import Any

from workflow_scripts.contracts.paper_tables import printed_yaml as read
from workflow_scripts.contracts.paper_tables.printed_yaml import COUNT, COUNTS, TEXT, TOTALS, VALUE
from workflow_scripts.contracts.yaml_nodes import (
    Key,
    by_name,
    count,
    items,
    named,
    node_itself,
    schema_of,
    texts,
    words,
)

_TEXTS = {"anyOf": [{"type": "array", "items": TEXT}, TEXT]}
_WORDS = {"anyOf": [TEXT, {"type": "array", "items": TEXT}]}
_NUMBERS = {"anyOf": [COUNT, named(COUNT)]}
_SIZES = {"anyOf": [named(COUNT), COUNTS, named({"anyOf": [COUNTS, named(COUNT)]})]}
_MATRIX = {"type": "array", "items": {"type": "array", "items": TEXT}}
_CLASSES = {"anyOf": [COUNT, {"type": "array", "items": TEXT}]}


def _text(about: str) -> Key:
    return Key(about, words, _WORDS)


def _texts(about: str) -> Key:
    return Key(about, texts, _TEXTS)


ROW_KEYS = {
    "label": Key(
        "What names the row, by kind: {model: A, set: external}, or one name.",
        read.label,
        {"anyOf": [named(TEXT), TEXT]},
    ),
    "values": Key(
        "Column → number: a cell as printed, `0.92 (0.87–0.96)`, or {printed: '0.92', interval: ['0.87', '0.96']}.",
        by_name(read.value),
        named(VALUE),
    ),
}
_ROWS = {"type": "array", "items": schema_of(ROW_KEYS, ("values",))}
TABLE_KEYS = {
    "place": _text("What the paper calls it: Table 2."),
    "unit": _text("In words that begin with percent, fraction or count."),
    "average": _text("What the paper says of averages over classes: two classes, macro, weighted, micro, per class."),
    "aggregation": _text("Of how many trainings a number is: one training, mean of 5 folds, pooled over 5 folds."),
    "interval_level": _text("Of the printed intervals: 95 %."),
    "ci_level": _text("Another name of `interval_level`."),
    "same_samples_within": _text("Rows with the same name of this kind share their test samples; `table`: all rows."),
    "classes": Key("Names of the classes, or how many there are.", read.classes, _CLASSES),
    "rows": Key("The rows of the table.", items, _ROWS),
    "confusion_matrix": Key("A confusion matrix, row by row as printed.", read.matrix, _MATRIX),
    "confusion_matrix_rows_as_shares": Key("The same, printed as shares of each row.", read.matrix, _MATRIX),
    "rows_are": _text("What the rows of the matrix are: truth, or predicted class."),
    "columns_are": _text("What the columns of the matrix are."),
    "entries_are": _text("What the matrix holds: counts, or shares of the row."),
    "row_percent_printed": Key("Percent of each row, printed beside the counts.", read.matrix, _MATRIX),
    "totals_printed": Key("Totals printed beside the matrix.", read.totals, TOTALS),
    "per_class_printed": Key(
        "Metric → a number for each class, printed beside the matrix.",
        by_name(read.values_of_classes),
        named({"type": "array", "items": VALUE}),
    ),
    "printed_beside": Key(
        "Metric → what is printed about the whole table: {accuracy: '0.91'}.", by_name(read.value), named(VALUE)
    ),
    "class_sizes": Key("Test samples of each class, where this table has its own.", read.class_sizes, _SIZES),
    "n": Key("Test samples of this table.", count, COUNT),
    "n_by_set": Key("Name of a set → its samples.", read.count_by_name, named(COUNT)),
    "positives": Key("Positive samples, or name of a row or set → its positive samples.", read.count_by_name, _NUMBERS),
    "positives_printed": Key("Another name of `positives`.", read.count_by_name, _NUMBERS),
    "percent_columns": _texts("Columns in percent, where that cannot be seen from the unit."),
    "fraction_columns": _texts("Columns printed as fractions in a table of percent."),
    "stated": _text("A formula or a rule that the paper states about this table."),
    "note": _text("What a reader should know."),
    "also": _text("What the paper says besides."),
    "checks": _text("What was already looked at."),
    "ci_printed": _text("Intervals that are printed in another form."),
    "text_trap": _text("What goes wrong when the text is read by machine."),
}
# Metrics printed with the table: `overall_accuracy`, `macro_f1`.
_BESIDE = {"^(overall|macro|micro|weighted)_": {"anyOf": [VALUE, named(VALUE)]}}
_TABLE = {**schema_of(TABLE_KEYS, ("place",)), "patternProperties": _BESIDE}
DATA_KEYS = {
    "name": _text("The data set: Herlev, ISIC 2018, own."),
    "n": Key("Test samples, or name of a set → its test samples.", read.count_or_sets, {"anyOf": [_NUMBERS, TEXT]}),
    "test_n": Key("Another name of `n`.", read.count_or_sets, {"anyOf": [_NUMBERS, TEXT]}),
    "classes": Key("Test samples of each class.", read.class_sizes, _SIZES),
    "test_n_by_class": Key("Another name of `classes`.", read.class_sizes, _SIZES),
    "positives": Key("Positive test samples of two classes.", count, COUNT),
    "public_size": Key("Samples of the whole public data set.", read.count_or_sets, {"anyOf": [_NUMBERS, TEXT]}),
    "public_size_by_class": Key("The same for each class.", read.class_sizes, _SIZES),
    "split": _text("How test samples were chosen."),
    "split_unit": _text("What was split: patient, image."),
    "patients": _text("How many patients."),
    "note": _text("What a reader should know."),
}
PAPER_KEYS = {
    "id": _text("A short name of the paper."),
    "citation": Key(
        "Authors, title, journal, year: words, or parts by name.", read.citation, {"anyOf": [TEXT, named(TEXT)]}
    ),
    "task": _text("What is told from what."),
    "domain": _text("The field: cervix, skin, radiology."),
    "data": Key("What the numbers rest on.", node_itself, schema_of(DATA_KEYS)),
    "tables": Key("The printed tables.", items, {"type": "array", "items": _TABLE}),
    "not_stated": _texts("What the paper does not say."),
    "not_visible": _texts("Another name of `not_stated`."),
}


def document_schema() -> dict[str, Any]:
    """JSON schema (draft 2020-12) of a file of result tables."""
    head: Mapping[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Result tables of a paper",
        "description": "For `python -m workflow_scripts.check_paper FILE`.",
    }
    return {**head, **schema_of(PAPER_KEYS, ("tables",))}
