"""The result tables of any paper, as data classes: what is printed, and what the paper says of it.

A number is kept as the text that is printed. What the paper does not say is None, an empty text or an empty tuple:
nothing is filled in here. `read_result_tables` (result_tables_yaml.py) and `read_plain_table` (plain_tables.py) make
these of files.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from workflow_scripts.contracts.paper_tables.metric_spellings import COUNTS

# What stands around a number and is no part of it: marks of footnotes, signs of percent, kinds of spaces.
_AROUND = re.compile(r"[\s%‰\u00a0\u2009\u202f*†‡§¶#|]+")
_DASHES = re.compile(r"[\u2010-\u2015\u2212\ufe63\uff0d]")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?")

# Digits after the point of a share of which the fraction alone is printed.
_EXACT = 6


def plain_number(text: str) -> str:
    """A printed number as Python writes it, empty where the text is none: `92,3 %` → 92.3, `1,036` → 1036, `·87` → .87.

    A comma is a sign of thousands where three digits follow it and no single nought precedes it, or where a point
    follows. `<0.001` is no number.
    """
    kept = _DASHES.sub("-", _AROUND.sub("", text)).replace("·", ".").replace("∙", ".")
    if re.fullmatch(r"[+-]?(?!0,)\d{1,3}(?:,\d{3})+(?:\.\d*)?", kept):
        kept = kept.replace(",", "")
    elif "." not in kept:
        kept = kept.replace(",", ".", 1)
    return kept if _NUMBER.fullmatch(kept) else ""


@dataclass(frozen=True)
class PrintedValue:
    """A printed number.

    text: as printed; interval: the two ends printed with it; fraction: part and whole (120/130); plus_minus: what
    follows ±; in_brackets: another number in brackets, of which the paper does not say what it is.
    """

    text: str
    interval: tuple[str, str] | None = None
    fraction: tuple[int, int] | None = None
    plus_minus: str | None = None
    in_brackets: str | None = None

    @cached_property
    def _plain(self) -> str:
        # A fraction that stands alone is exact.
        part, whole = self.fraction or (0, 0)
        share = f"{part / whole:.{_EXACT}f}" if whole and "/" in self.text else ""
        return plain_number(self.text) or share

    @property
    def number(self) -> float | None:
        """The number, in the unit of its column; None where the text is none (`n/a`, `<0.001`)."""
        return float(self._plain) if self._plain else None

    @property
    def decimals(self) -> int:
        """Digits printed after the point."""
        return len(self._plain.partition("e")[0].partition(".")[2])

    @property
    def unit(self) -> float:
        """One unit in the last digit."""
        return float(f"1e-{self.decimals}")

    @property
    def percent(self) -> bool:
        """Whether a percent sign stands at the number."""
        return "%" in self.text

    def __str__(self) -> str:
        """The number with what is printed beside it."""
        extras = [
            f" ± {self.plus_minus}" if self.plus_minus else "",
            f" ({self.interval[0]}–{self.interval[1]})" if self.interval else "",
            f" ({self.fraction[0]}/{self.fraction[1]})" if self.fraction else "",
            f" ({self.in_brackets})" if self.in_brackets else "",
        ]
        return self.text + "".join(extras)


@dataclass(frozen=True)
class Row:
    """A row: what names it, by what kind of name (`model`, `class`, `set`, …), and its values by column.

    line: where it stands in the file, from 1; 0 where that is not known.
    """

    label: Mapping[str, str]
    values: Mapping[str, PrintedValue]
    line: int = 0

    @property
    def name(self) -> str:
        """All names of the row."""
        return ", ".join(self.label.values())


@dataclass(frozen=True)
class ClassSizes:
    """Test samples of each class; set_name: of which test set, empty for the only one; names: empty where not named."""

    sizes: tuple[int, ...]
    names: tuple[str, ...] = ()
    set_name: str = ""

    @property
    def total(self) -> int:
        """Samples of all classes."""
        return sum(self.sizes)


def said_aggregation(words: str | None) -> str | None:
    """What a paper says of trainings and folds; `one training` and the like begin with the word `single`."""
    single = words and re.match(
        r"(?:only )?(?:one|1|a single) (?:training|run|model|split|fit|repeat)s?\b", words.lower()
    )
    return f"single: {words}" if single else words


def two_classes(positives: int | None, n: int | None) -> ClassSizes | None:
    """Sizes of a positive and a negative class, where both follow."""
    if positives is None or n is None or not 0 <= positives <= n:
        return None
    return ClassSizes((positives, n - positives), ("positive", "negative"))


@dataclass(frozen=True)
class MatrixTotals:
    """Totals printed beside a confusion matrix; empty or None where they are not."""

    rows: tuple[int, ...] = ()
    columns: tuple[int, ...] = ()
    all: int | None = None


@dataclass(frozen=True)
class ResultTable:
    """A printed table.

    place: what the paper calls it. unit: in words that begin with `percent`, `fraction` or `count`. average: how the
    values of several classes were put together, in the paper's words; `two classes` for values of the positive class.
    aggregation: of how many trainings or folds a number is, `single …` for one. interval_level: of its intervals.
    same_samples_within: the kind of name (a key of the rows' labels) within which rows share their test samples, or
    `table`. classes: their names; n_classes: how many. confusion_matrix: rows as printed, counts or shares;
    rows_are: `truth` or `predicted class`; entries_are: `counts`, `shares of the row`, …. row_percent: the shares
    printed beside the counts of a matrix. printed_beside: metric → what is printed about the table as a whole,
    `accuracy`, `macro_f1`, or `accuracy (first)` of several. per_class_printed: metric → a value for each class of the
    matrix. class_sizes: test samples of each class; n: of all; n_by_set: name of a set → its samples; positives: name
    of a row, set or class (empty: of all) → positive samples. percent_columns, fraction_columns: columns in another
    unit than the table's. headings: name of a column → its heading as printed, where that is another. stated: a formula
    or rule that the paper states. notes: what a reader should know besides.
    """

    place: str
    rows: tuple[Row, ...] = ()
    unit: str | None = None
    average: str | None = None
    aggregation: str | None = None
    interval_level: str | None = None
    same_samples_within: str | None = None
    classes: tuple[str, ...] = ()
    n_classes: int | None = None
    confusion_matrix: tuple[tuple[PrintedValue, ...], ...] = ()
    rows_are: str | None = None
    entries_are: str | None = None
    row_percent: tuple[tuple[PrintedValue, ...], ...] = ()
    totals: MatrixTotals = MatrixTotals()
    printed_beside: Mapping[str, PrintedValue] = field(default_factory=dict)
    per_class_printed: Mapping[str, tuple[PrintedValue, ...]] = field(default_factory=dict)
    class_sizes: ClassSizes | None = None
    n: int | None = None
    n_by_set: Mapping[str, int] = field(default_factory=dict)
    positives: Mapping[str, int] = field(default_factory=dict)
    percent_columns: tuple[str, ...] = ()
    fraction_columns: tuple[str, ...] = ()
    headings: Mapping[str, str] = field(default_factory=dict)
    stated: str | None = None
    notes: tuple[str, ...] = ()
    line: int = 0

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of all columns, in the order in which rows have them."""
        return tuple(dict.fromkeys(column for row in self.rows for column in row.values))

    def heading(self, column: str) -> str:
        """The heading of a column as printed."""
        return self.headings.get(column, column)

    def scale(self, column: str) -> float:
        """What 1 is printed as in a column: 100 in percent, 1 as a fraction, a ratio or a count.

        Said by `percent_columns`, `fraction_columns` and percent signs; else the table's unit and the largest number
        of the column decide: a share above 1.5 is in percent.
        """
        if column in self.fraction_columns or column in COUNTS:
            return 1.0
        values = [row.values[column] for row in self.rows if column in row.values]
        if column in self.percent_columns or any(value.percent for value in values):
            return 100.0
        largest = max((abs(value.number) for value in values if value.number is not None), default=0.0)
        unit = (self.unit or "").lower()
        if unit.startswith("fraction") and not ("percent" in unit and largest > 1.5):
            return 1.0
        return 100.0 if largest > 1.5 else 1.0


def distinct_places(tables: Iterable[ResultTable]) -> tuple[ResultTable, ...]:
    """The tables, of those that are called alike the later ones numbered: a table is known by its place."""
    times: Counter[str] = Counter()
    distinct = []
    for table in tables:
        times[table.place] += 1
        again = f"{table.place} ({times[table.place]})" if times[table.place] > 1 else table.place
        distinct.append(replace(table, place=again))
    return tuple(distinct)


@dataclass(frozen=True)
class PaperTables:
    """What a paper prints of its results.

    id: a short name; citation: in words; task; data_name: of the data, where it has one; test_n: test samples, or set →
    test samples; test_n_by_class: those of each class, of each set; positives: positive test samples; public_size: of
    the public data set, or name → size; not_stated: what the paper does not say; remarks: what of the file was not
    understood, a sentence each.
    """

    id: str
    tables: tuple[ResultTable, ...]
    citation: str = ""
    task: str = ""
    data_name: str = ""
    test_n: int | Mapping[str, int] | None = None
    test_n_by_class: tuple[ClassSizes, ...] = ()
    positives: int | None = None
    public_size: int | Mapping[str, int] | None = None
    not_stated: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
