"""The keys of published.yaml: frozen data classes that say what a person may write there, see published_yaml."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Annotated

from workflow_scripts.contracts.blocks import about, key_of, limit
from workflow_scripts.contracts.claims import UNITS, PaperSetting, PaperStudy
from workflow_scripts.contracts.metric_names import CLASS_METRICS, POOLED_METRICS, SUBSET_METRICS
from workflow_scripts.contracts.paper_answers import Answer, Reference, TextRead
from workflow_scripts.contracts.paper_premises import Assumed, FitsIf, Inferred, Stated
from workflow_scripts.contracts.printed_metrics import OTHER_METRICS, RELATIONS, SUBSETS, WORD_RELATIONS
from workflow_scripts.runtime.wording import listed, nearest

_METRICS = (*SUBSET_METRICS, *POOLED_METRICS, *CLASS_METRICS, *OTHER_METRICS)
Number = int | float
Ends = tuple[Number, Number]


def _of(names: tuple[str, ...]) -> Callable[[str], str]:
    """A check that a name is one of these."""

    def check(name: str) -> str:
        if name not in names:
            raise ValueError(f"{name!r} is unknown; {nearest(name, names)}")
        return name

    return check


Metric = Annotated[str, limit(check=_of(_METRICS))]
Unit = Annotated[str, limit(check=_of(tuple(UNITS)))]
Subset = Annotated[str, limit(check=_of(SUBSETS))]
Relation = Annotated[str, limit(check=_of(RELATIONS))]
WordRelation = Annotated[str, limit(check=_of(WORD_RELATIONS))]


def layer_size(text: int | str) -> tuple[int, ...]:
    """`224 x 224 x 64` as numbers; ValueError where it is no such text."""
    try:
        return tuple(int(part) for part in str(text).split("x"))
    except ValueError:
        raise ValueError(f"{text!r} is no size such as 224 x 224 x 64, or 1000") from None


def _sized(text: int | str) -> int | str:
    layer_size(text)
    return text


@dataclass(frozen=True, kw_only=True)
class NumberBlock:
    """What is said of a number, or at once of all numbers of a row, a column or a table; see claims.Claim."""

    study: Annotated[str | None, about("Whose data it is about: a name of `studies`.")] = None
    metric: Annotated[Metric | None, about("What it measures.")] = None
    unit: Annotated[Unit | None, about("Unit as printed.")] = None
    decimals: Annotated[int | None, about("Digits printed after the point.", ge=0)] = None
    exact_decimals: Annotated[int | None, about("Of these, those that carry information.", ge=0)] = None
    subset: Annotated[Subset | None, about("Of which subset.")] = None
    class_: Annotated[str | None, about("Of which class.")] = None
    run: Annotated[str | None, about("Of which run.")] = None
    predicted: Annotated[str | None, about("For `confusions`, the class that they were taken for.")] = None
    n: Annotated[int | None, about("How many samples or units it rests on.", ge=1)] = None
    trainings: Annotated[
        int | None, about("Of how many trainings on the same split it is the mean, where the paper says so.", ge=1)
    ] = None
    quote: Annotated[str | None, about("The paper's words around it.")] = None
    stated: Stated = field(default_factory=dict)
    assumed: Assumed = field(default_factory=dict)
    inferred: Inferred = field(default_factory=dict)
    fits_if: FitsIf = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ColumnBlock(NumberBlock):
    """A column of a table."""

    printed: Annotated[str, about("Its head as printed.")]


@dataclass(frozen=True, kw_only=True)
class RowBlock(NumberBlock):
    """A row of a table."""

    values: Annotated[tuple[Number, ...], about("The numbers as printed, one a column.")]
    printed: Annotated[str, about("Its head as printed; a table of one row may have none.")] = ""
    intervals: Annotated[
        dict[str, Ends], about("Column → the two ends printed with its number, with as many digits: [88.1, 95.2].")
    ] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TableBlock(NumberBlock):
    """A printed table, each of whose cells is a claim."""

    place: Annotated[str, about("What the paper calls it.")]
    columns: Annotated[dict[str, ColumnBlock], about("Name → column, in order.")]
    rows: Annotated[dict[str, RowBlock], about("Name → row, in order.")]


@dataclass(frozen=True)
class ReplacedBlock:
    """The fields in which the number that a difference is taken to is another one."""

    study: Annotated[str | None, about("Another study.")] = None
    metric: Annotated[Metric | None, about("Another metric.")] = None
    subset: Annotated[Subset | None, about("Another subset.")] = None
    class_: Annotated[str | None, about("Another class.")] = None
    run: Annotated[str | None, about("Another run.")] = None
    source: Annotated[str | None, about("Another data set.")] = None
    predicted: Annotated[str | None, about("Another predicted class.")] = None


@dataclass(frozen=True, kw_only=True)
class ClaimBlock(NumberBlock):
    """A number that is printed outside the tables."""

    id: Annotated[str, about("Unique in the paper.")]
    place: Annotated[str, about("Where it is printed.")]
    value: Annotated[Number, about("As printed, in `unit`.")]
    interval: Annotated[Ends | None, about("The two ends printed with it, in `unit`, with as many digits.")] = None
    source: Annotated[str | None, about("Of which of the study's data sets.")] = None
    relation: Annotated[Relation, about("How the number is meant.")] = "equal"
    among: Annotated[tuple[str, ...], about("The runs of which it is the highest.")] = ()
    against: Annotated[ReplacedBlock, about("What a difference is taken to.")] = ReplacedBlock()


@dataclass(frozen=True)
class ComparedBlock:
    """What a claim in words is set against: one of the three."""

    run: Annotated[tuple[str, ...] | None, about("Other runs.")] = None
    subset: Annotated[tuple[Subset, ...] | None, about("Other subsets.")] = None
    class_: Annotated[tuple[str, ...] | None, about("Other classes.")] = None

    def __post_init__(self) -> None:
        if len(self.given) != 1:
            raise ValueError("one of run, subset, class and a list is wanted, e.g. {run: [expert_1]}")

    @property
    def given(self) -> dict[str, tuple[str, ...]]:
        """Field → values, of those that are given."""
        values = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True)
class StatementBlock:
    """A claim in words; see claims.Statement."""

    id: Annotated[str, about("Unique in the paper.")]
    place: Annotated[str, about("Where it is printed.")]
    study: Annotated[str, about("Whose data it is about.")]
    words: Annotated[str, about("As printed.")]
    relation: Annotated[WordRelation, about("Above or below each, or second to one.")]
    against: Annotated[ComparedBlock, about("What it is set against.")]
    metric: Annotated[Metric | None, about("By which metric; null: the paper does not say.")] = None
    subset: Annotated[Subset | None, about("Of which subset.")] = None
    class_: Annotated[str | None, about("Of which class.")] = None
    run: Annotated[str | None, about("Of which run.")] = None
    assumed: Assumed = field(default_factory=dict)
    inferred: Inferred = field(default_factory=dict)
    fits_if: FitsIf = field(default_factory=dict)

    def __post_init__(self) -> None:
        absent = [name for name in self.against.given if getattr(self, name) is None]
        if absent:
            key = key_of(absent[0])
            raise ValueError(f"against names {key}, but the statement itself has no {key}")


@dataclass(frozen=True)
class LayersBlock:
    """A printed table of a network's layers."""

    place: Annotated[str, about("What the paper calls it.")]
    study: Annotated[str, about("Whose network it is.")]
    rows: Annotated[
        tuple[tuple[str, Annotated[int | str, limit(check=_sized)]], ...],
        about("Name and size of each: [Pool, 112 x 112 x 64] or [FC, 1000]."),
    ]
    network: Annotated[str, about("Which network the paper says that it is.")] = ""


@dataclass(frozen=True)
class AspectsBlock:
    """A printed comparison of studies in words, an aspect a row."""

    place: Annotated[str, about("What the paper calls it.")]
    columns: Annotated[dict[str, str], about("Study → the head of its column.")]
    rows: Annotated[dict[str, tuple[str, ...]], about("Aspect → a cell for each column, as printed.")]

    def __post_init__(self) -> None:
        for aspect, cells in self.rows.items():
            if len(cells) != len(self.columns):
                raise ValueError(
                    f"rows.{aspect}: {len(cells)} cells for {len(self.columns)} columns ({listed(self.columns)})"
                )


@dataclass(frozen=True)
class PublishedBlock:
    """What a paper prints."""

    paper: Annotated[str, about("The name of its folder.")]
    citation: Annotated[str, about("Authors, title, journal.")]
    studies: Annotated[dict[str, PaperStudy], about("Name → a data set of the paper.")]
    settings: Annotated[tuple[PaperSetting, ...], about("How the paper says it worked.")]
    tables: Annotated[dict[str, TableBlock], about("Name → a table of numbers.")] = field(default_factory=dict)
    claims: Annotated[tuple[ClaimBlock, ...], about("Numbers outside the tables.")] = ()
    statements: Annotated[tuple[StatementBlock, ...], about("Claims in words.")] = ()
    layers: Annotated[dict[str, LayersBlock], about("Name → a table of layers.")] = field(default_factory=dict)
    aspects: Annotated[dict[str, AspectsBlock], about("Name → a comparison of studies in words.")] = field(
        default_factory=dict
    )
    public: Annotated[tuple[ClaimBlock, ...], about("What others print of the same data.")] = ()
    variants: Annotated[dict[str, str], about("Run → the run that all else is stated of.")] = field(
        default_factory=dict
    )
    title: Annotated[str, about("A short name of the paper.")] = ""
    run_names: Annotated[dict[str, str], about("Run → what the paper calls it.")] = field(default_factory=dict)
    text_read: Annotated[TextRead | None, about("Which text was read.")] = None
    numbered: Annotated[
        dict[str, tuple[str, ...]], about("Table, Figure or Equation → what the first, second, … shows.")
    ] = field(default_factory=dict)
    references: Annotated[tuple[Reference, ...], about("Where the text refers to these.")] = ()
    answers: Annotated[tuple[Answer, ...], about("What the authors answered.")] = ()

    def __post_init__(self) -> None:
        for name, table in self.tables.items():
            for row, entry in table.rows.items():
                if len(entry.values) != len(table.columns):
                    raise ValueError(
                        f"tables.{name}.rows.{row}: {len(entry.values)} values for {len(table.columns)} columns "
                        f"({listed(table.columns)})"
                    )
                for column in entry.intervals:
                    if column not in table.columns:
                        raise ValueError(
                            f"tables.{name}.rows.{row}.intervals: {column!r} is no column; "
                            f"{nearest(column, table.columns)}"
                        )
