"""Result tables as checks read them: what one model came to on one set or class, whatever rows and columns hold it.

Metrics may stand in columns (the usual case), in the labels of rows (`sensitivity | 0.93 | 0.91`), or in the names of
columns together with a class or set (`recall_covid`): each becomes the same kind of entry.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from workflow_scripts.claims.arithmetic.ways_of_writing import ANY, before
from workflow_scripts.claims.tables.named_metrics import key_of_metrics, parts_of_columns
from workflow_scripts.claims.tables.printed_scales import (
    SMALL_SHARES,
    exact_unit,
    scale_of_cell,
    scale_of_column,
    scale_of_row,
)
from workflow_scripts.claims.tables.table_words import (
    PER_CLASS,
    TWO_CLASSES,
    aggregate_kind,
    are_statistics,
    average_kind,
    class_key,
    class_number,
    sums_up,
)
from workflow_scripts.contracts.paper_tables.metric_spellings import canonical, is_share
from workflow_scripts.contracts.paper_tables.result_tables import PaperTables, PrintedValue, ResultTable, Row

# The kind of name that a column's own class or set gets.
PART = "part of the column"
# Digits after the point of a fraction among percents, and shares of a row that are such.
_DECIMALS, _FEWEST = 2, 2
# Parts of a unit below which a printed number is one of floating point.
_FINEST = 1e-9


@dataclass(frozen=True)
class Cell:
    """A printed number: where it stands, and what it is as a share.

    metric: the canonical name, or the column's own; scale: what 1 is printed as; exact_unit: one unit of the last digit
    that carries information, where that is not the last one printed, as of a plain 100, 1 or 0 among decimals;
    heading: what the paper calls the metric, where that is not the column's name.
    """

    row: str
    column: str
    metric: str
    value: PrintedValue
    scale: float
    exact_unit: float | None = None
    heading: str = ""

    @property
    def called(self) -> str:
        """What a sentence calls the metric: as printed."""
        return self.heading or self.column

    @property
    def number(self) -> float:
        """The number as a share (a count or a ratio as it is)."""
        assert self.value.number is not None
        return self.value.number / self.scale

    @property
    def unit(self) -> float:
        """One unit of the last digit, in the scale of `number`."""
        return max(self.value.unit if self.exact_unit is None else self.exact_unit, _FINEST) / self.scale

    def span(self, way: str = ANY) -> tuple[float, float]:
        """The lowest and highest number that may stand behind the printed one."""
        if self.number >= 0:
            return before(self.number, self.unit, way)
        # Digits are cut off towards zero.
        low, high = before(-self.number, self.unit, way)
        return -high, -low

    def printed(self, number: float) -> str:
        """A share as this cell would print it, with one digit more."""
        return f"{number * self.scale:.{min(self.value.decimals + 1, 6)}f}"


@dataclass(frozen=True)
class Entry:
    """What one model came to on one set or class. label: all names, by kind; sums_up: whether it sums up others."""

    name: str
    label: Mapping[str, str]
    cells: Mapping[str, Cell]
    sums_up: bool = False

    def get(self, metric: str) -> Cell | None:
        """The cell of a metric, None where it is not printed."""
        return self.cells.get(metric)

    def has(self, *metrics: str) -> bool:
        """Whether all of these are printed."""
        return all(metric in self.cells for metric in metrics)

    def count(self, metric: str) -> int | None:
        """A printed whole number."""
        cell = self.cells.get(metric)
        number = cell.value.number if cell is not None else None
        return int(number) if number is not None and number == int(number) else None


@dataclass(frozen=True)
class ReadTable:
    """A table and its entries."""

    table: ResultTable
    entries: tuple[Entry, ...]

    @property
    def place(self) -> str:
        """What the paper calls it."""
        return self.table.place

    @cached_property
    def average(self) -> str:
        """How values of several classes were put together: one of `table_words`."""
        return average_kind(self.table.average)

    @cached_property
    def aggregate(self) -> str:
        """SINGLE, MEANS or UNSAID."""
        return aggregate_kind(self.table.aggregation)

    @cached_property
    def class_key(self) -> str:
        """The kind of name by which entries are told apart as classes of one task, empty where they are not."""
        keys = tuple(dict.fromkeys(key for entry in self.entries for key in entry.label))
        named = class_key(keys)
        if self.average == PER_CLASS or named == "class":
            if PART in keys and not named:
                return PART
            return named or (keys[-1] if self.average == PER_CLASS and keys else "")
        return PART if self.average == PER_CLASS and PART in keys else ""

    @property
    def of_one_class(self) -> bool:
        """Whether its rates are of one class against the other or the rest, by what the paper says."""
        return self.average in (TWO_CLASSES, PER_CLASS)

    def plain_entries(self) -> list[Entry]:
        """The entries that sum up no others."""
        return [entry for entry in self.entries if not entry.sums_up]

    def groups(self, key: str) -> dict[tuple[str, ...], list[Entry]]:
        """Entries by all their names but the one of this kind."""
        groups_by_name: dict[tuple[str, ...], list[Entry]] = {}
        for entry in self.entries:
            if key in entry.label:
                groups_by_name.setdefault(tuple(name for kind, name in entry.label.items() if kind != key), []).append(
                    entry
                )
        return groups_by_name


@dataclass(frozen=True)
class ReadPaper:
    """A paper's tables, read for the checks."""

    paper: PaperTables
    tables: tuple[ReadTable, ...]

    def class_numbers(self, table: ReadTable) -> set[int]:
        """How many classes there are, by each thing that a table or its paper says; empty where nothing does."""
        sizes = [table.table.class_sizes] if table.table.class_sizes else list(self.paper.test_n_by_class)
        numbers = (table.table.n_classes, class_number(self.paper.task), *(len(given.sizes) for given in sizes))
        return {number for number in numbers if number is not None}


def read_paper(paper: PaperTables) -> ReadPaper:
    """All tables of a paper with their entries; rows of differences, p-values and spreads are none."""
    tables = [replace(t, rows=tuple(r for r in t.rows if not are_statistics(r.label))) for t in paper.tables]
    return ReadPaper(paper, tuple(ReadTable(table, tuple(_entries(table))) for table in tables))


def _entries(table: ResultTable) -> list[Entry]:
    label_key = key_of_metrics(table)
    if label_key:
        return list(_pivoted(table, label_key))
    parts = parts_of_columns(table.columns)
    scales = {column: scale_of_column(table, column, parts.get(column, (column, ""))[0]) for column in table.columns}
    along = {column: [row.values[column] for row in table.rows if column in row.values] for column in scales}
    exact = {column: exact_unit(values) for column, values in along.items()}
    entries: list[Entry] = []
    for row in table.rows:
        percents = [value for column, value in row.values.items() if scales[column] == 100]
        cells = {
            column: Cell(
                *(row.name, column, (metric := parts.get(column, (column, ""))[0]), value),
                scale_of_cell(metric, value, scales[column], along[column], percents),
                exact[column] if value.unit == 1 else None,
                table.heading(column),
            )
            for column, value in row.values.items()
            if value.number is not None
        }
        entries += _of_row(row, _in_own_unit(cells), parts)
    return entries


def _in_own_unit(cells: Mapping[str, Cell]) -> dict[str, Cell]:
    """The cells of a row, as fractions where all its shares are such among the percents of other rows.

    So are rows of other papers in a comparison. No model has all its shares below one percent.
    """
    shares = {
        column: cell
        for column, cell in cells.items()
        if cell.scale == 100 and is_share(cell.metric) and cell.metric not in SMALL_SHARES
    }
    fractions = [cell for cell in shares.values() if cell.value.decimals >= _DECIMALS and cell.value.number]
    above = [cell for cell in shares.values() if cell.value.percent or abs(cell.value.number or 0) > 1]
    if len(fractions) < _FEWEST or above:
        return dict(cells)
    return {column: replace(cell, scale=1.0) if column in shares else cell for column, cell in cells.items()}


def _of_row(row: Row, cells: Mapping[str, Cell], parts: Mapping[str, tuple[str, str]]) -> Iterator[Entry]:
    """The entry of a row; where columns name parts too, one for each part."""
    by_part: dict[str, dict[str, Cell]] = {}
    for column, cell in cells.items():
        by_part.setdefault(parts.get(column, (column, ""))[1], {})[cell.metric] = cell
    summary = any(map(sums_up, row.label.values()))
    for part, of_part in by_part.items():
        label = {**row.label, PART: part} if part else dict(row.label)
        yield Entry(
            f"{row.name}, {part}" if part else row.name, label, of_part, summary or bool(part and sums_up(part))
        )


def _pivoted(table: ResultTable, key: str) -> Iterator[Entry]:
    """Entries of the columns of a table whose rows are metrics."""
    blocks: dict[tuple[tuple[str, str], ...], list[Row]] = {}
    for row in table.rows:
        blocks.setdefault(tuple((kind, name) for kind, name in row.label.items() if kind != key), []).append(row)
    for names, rows in blocks.items():
        for column in dict.fromkeys(c for row in rows for c in row.values if not are_statistics({PART: c})):
            cells = {}
            for row in rows:
                metric = canonical(row.label[key])
                value = row.values.get(column)
                if value is None or value.number is None:
                    continue
                along = [cell for cell in row.values.values() if cell.number is not None]
                last = exact_unit(along) if value.unit == 1 else None
                scale = scale_of_cell(metric, value, scale_of_row(table.unit, metric, along), along, ())
                cells[metric] = Cell(row.name, column, metric, value, scale, last, row.label[key])
            label = {**dict(names), PART: column}
            yield Entry(", ".join(label.values()), label, cells, sums_up(column))


def cell_beside(row: str, column: str, value: PrintedValue) -> Cell:
    """A number that is printed beside a table: in percent where it says so, or is above 1.5."""
    return Cell(row, column, canonical(column), value, 100.0 if value.percent or (value.number or 0) > 1.5 else 1.0)


def renamed(entry: Entry, metrics: Mapping[str, str]) -> Entry:
    """The entry with columns read as other metrics: old name → new name; a name that is taken is left out."""
    cells = {}
    for metric, cell in entry.cells.items():
        name = metrics.get(metric, metric)
        cells[name] = replace(cell, metric=name)
    return replace(entry, cells=cells)


def listed(cells: Sequence[Cell]) -> str:
    """Numbers as printed: `Sensitivity 0.90, PPV 0.72`."""
    return ", ".join(f"{cell.called} {cell.value.text}" for cell in cells)
