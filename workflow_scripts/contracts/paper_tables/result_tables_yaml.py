"""Result tables in YAML: the keys, what they mean, and their reading; all mistakes of a file are told at once.

A number may stand without quotes: its text is taken as it is typed, `0.40` keeps its last digit. The schema for editors
is made of the same table of keys (`settings.result_tables_schema`).
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import yaml

from workflow_scripts.contracts.paper_tables.metric_spellings import averaged, canonical, column_names, without_unit
from workflow_scripts.contracts.paper_tables.printed_yaml import value, values_by_name
from workflow_scripts.contracts.paper_tables.result_table_keys import DATA_KEYS, PAPER_KEYS, ROW_KEYS, TABLE_KEYS
from workflow_scripts.contracts.paper_tables.result_tables import (
    MatrixTotals,
    PaperTables,
    PrintedValue,
    ResultTable,
    Row,
    distinct_places,
    said_aggregation,
)
from workflow_scripts.contracts.yaml_nodes import Mistakes, Values, read_mapping
from workflow_scripts.runtime.errors import UserError

# Keys whose words a reader should know and no check reads.
_NOTES = ("note", "also", "checks", "ci_printed", "text_trap", "columns_are")


def read_result_tables(path: Path) -> PaperTables:
    """The tables of a YAML file; UserError with one line for each mistake in it: file, line, what, and what to do."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(f"{path} is not UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None
    return result_tables_of(text, path.name, path.stem)


def result_tables_of(text: str, name: str, id_: str) -> PaperTables:
    """The tables that a text in YAML holds; `name` is its file's, `id_` counts where it names no id itself."""
    mistakes = Mistakes(name)
    try:
        node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise UserError(f"{name}{_mark(error)}: not valid YAML: {_problem(error)}") from None
    except RecursionError:
        raise UserError(f"{name}: its lists are nested too deeply to be read; no table needs that") from None
    if not isinstance(node, yaml.MappingNode):
        raise UserError(f"{name} holds no keys and values; it begins with `tables:`, a list of tables")
    paper = _paper(read_mapping(node, "", PAPER_KEYS, mistakes, needed=("tables",)), id_, mistakes)
    mistakes.raise_all()
    return paper


def _mark(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""


def _problem(error: yaml.YAMLError) -> str:
    problem = " ".join(str(getattr(error, "problem", None) or error).split())
    return problem + ("; indent with spaces, YAML takes no tabs" if "'\\t'" in problem else "")


def _paper(values: Values, id_: str, mistakes: Mistakes) -> PaperTables:
    data = read_mapping(values["data"], "data", DATA_KEYS, mistakes) if values["data"] else Values(0)
    not_stated = values.first("not_stated", "not_visible", default=())
    test_n, public_size = data.first("n", "test_n"), data["public_size"]
    not_stated += tuple(
        f"{what}: {words}"
        for what, words in (("test samples", test_n), ("public size", public_size))
        if isinstance(words, str)
    )
    nodes = values.first("tables", default=())
    tables = distinct_places(_table(node, f"tables[{number}]", mistakes) for number, node in enumerate(nodes, 1))
    citation = values.first("citation", default="")
    return PaperTables(
        id=values.first("id", default=id_),
        tables=tables,
        citation=citation if isinstance(citation, str) else _cited(citation),
        task=values.first("task", default=""),
        data_name=data.first("name", default=""),
        test_n=None if isinstance(test_n, str) else test_n,
        test_n_by_class=data.first("classes", "test_n_by_class", default=()),
        positives=data["positives"],
        public_size=None if isinstance(public_size, str) else public_size,
        not_stated=not_stated,
        remarks=tuple(mistakes.remarks),
    )


def _cited(citation: Mapping[str, str]) -> str:
    """A citation in words: authors, title, journal, year, and a number by which it can be looked up."""
    visible = {key: text for key, text in citation.items() if not text.startswith("not visible")}
    ends = [f"{key} {visible[key]}" for key in ("doi", "pmcid", "pmid", "arxiv") if key in visible]
    middle = [visible[key] for key in ("authors", "title", "name", "journal", "volume", "year") if key in visible]
    return ", ".join([*middle, *ends])


def _table(node: yaml.Node, path: str, mistakes: Mistakes) -> ResultTable:
    values = read_mapping(node, path, TABLE_KEYS, mistakes, needed=("place",), metrics=True)
    if not values.given & {"rows", "confusion_matrix", "confusion_matrix_rows_as_shares"}:
        mistakes.add(node, path, "holds no numbers: add `rows`, or a `confusion_matrix`")
    nodes = values.first("rows", default=())
    rows = [_row(row, f"{path}.rows[{number}]", mistakes) for number, row in enumerate(nodes, 1)]
    names = column_names(dict.fromkeys(column for row in rows for column in row.values))
    stated = {key: _stated(values[key]) for key in ("average", "aggregation")}
    sizes = values["class_sizes"]
    table = ResultTable(
        place=values.first("place", default=path),
        rows=tuple(Row(row.label, {names[name]: row.values[name] for name in row.values}, row.line) for row in rows),
        unit=values["unit"],
        average=stated["average"],
        aggregation=said_aggregation(stated["aggregation"]),
        interval_level=values.first("interval_level", "ci_level"),
        same_samples_within=values["same_samples_within"],
        class_sizes=sizes[0] if sizes else None,
        n=values["n"],
        n_by_set=values.first("n_by_set", default={}),
        positives=values.first("positives", "positives_printed", default={}),
        percent_columns=_columns(values.first("percent_columns", default=()), names),
        fraction_columns=_columns(values.first("fraction_columns", default=()), names),
        headings={name: without_unit(heading) for heading, name in names.items() if heading != name},
        stated=values["stated"],
        notes=(
            *(f"{key}: {values[key]}" for key in stated if stated[key] is None and values[key]),
            *(values[key] for key in _NOTES if values[key]),
        ),
        line=values.line,
    )
    return _with_matrix(table, values, path, mistakes)


def _with_matrix(table: ResultTable, values: Values, path: str, mistakes: Mistakes) -> ResultTable:
    """The table with its confusion matrix, and what is printed about the table as a whole."""
    classes = values.first("classes", default=())
    matrix = values.first("confusion_matrix", "confusion_matrix_rows_as_shares", default=())
    as_shares = values["confusion_matrix"] is None and values["confusion_matrix_rows_as_shares"]
    per_class = values.first("per_class_printed", default={})
    class_columns = column_names(per_class)
    return replace(
        table,
        classes=classes if isinstance(classes, tuple) else (),
        n_classes=classes if isinstance(classes, int) else len(classes) or len(matrix) or None,
        confusion_matrix=matrix,
        rows_are=values["rows_are"],
        entries_are="shares of the row" if as_shares else values["entries_are"],
        row_percent=values.first("row_percent_printed", default=()),
        totals=values.first("totals_printed", default=MatrixTotals()),
        printed_beside={**values.first("printed_beside", default={}), **_printed_beside(values, path, mistakes)},
        per_class_printed={class_columns[metric]: printed for metric, printed in per_class.items()},
    )


def _stated(words: str | None) -> str | None:
    """What the paper says; None for words such as `not said`."""
    return None if words is None or re.match(r"not (?:said|stated|given|visible)\b", words) else words


def _columns(written: tuple[str, ...], names: Mapping[str, str]) -> tuple[str, ...]:
    """Columns that a person named by heading, by the names that they have here."""
    return tuple(names.get(column, canonical(column)) for column in written)


def _row(node: yaml.Node, path: str, mistakes: Mistakes) -> Row:
    values = read_mapping(node, path, ROW_KEYS, mistakes, needed=("values",), metrics=True)
    further = {key: value(item, f"{path}.{key}", mistakes) for key, item in values.with_table.items()}
    cells = {**values.first("values", default={}), **{key: cell for key, cell in further.items() if cell}}
    return Row(values.first("label", default={}), cells, values.line)


def _printed_beside(values: Values, path: str, mistakes: Mistakes) -> dict[str, PrintedValue]:
    """What is printed about a table as a whole, under keys such as `overall_accuracy_percent`: metric → value."""
    by_metric: dict[str, PrintedValue] = {}
    for key, node in values.with_table.items():
        metric, average = averaged(key.removesuffix("_printed").removesuffix("_percent"))
        name = f"{average}_{metric}" if average else metric
        for part, printed in values_by_name(node, f"{path}.{key}", mistakes).items():
            in_percent = "_percent" in key and not printed.percent
            by_metric[f"{name} ({part})" if part else name] = (
                replace(printed, text=f"{printed.text} %") if in_percent else printed
            )
    return by_metric
