"""The block `ingest.visits`: a table of visits, what its columns are, when a patient is predicted, and what."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from workflow_scripts.contracts.blocks import Filled, UserPath, about, distinct, limit
from workflow_scripts.contracts.missing_words import comparable, missing_words, says_nothing

Words = tuple[Filled, ...]
# Columns of dataset/visits.csv that ingest fills: whose row it is, its place in the order of time, and its time, years
# from the landmark, at most 0.
PATIENT, VISIT, YEARS = OWN_COLUMNS = ("id", "visit", "years")


@dataclass(frozen=True)
class VisitTime:
    """When a visit was."""

    column: Annotated[Filled, about("Column of the time of a visit.")]
    unit: Annotated[
        Literal["date", "days", "months", "years"],
        about(
            "date: ISO dates, such as 2014-01-31; else numbers since a moment of each patient's own. All times of the "
            "table, of the outcomes and of the landmark are in this unit."
        ),
    ] = "date"


@dataclass(frozen=True)
class VisitColumnRule:
    """What a column of the table is."""

    kind: Annotated[
        Literal["number", "flag", "category"],
        about("number; flag: one of two words; category: one of `levels`, each of which becomes a 0/1 column."),
    ]
    levels: Annotated[
        Annotated[Words, limit(check=distinct, min_length=2)] | None,
        about("The words of a category. Another word stops the run, and the message names row and column."),
    ] = None
    words: Annotated[
        Annotated[tuple[Filled, Filled], limit(check=distinct)],
        about('The two words of a flag, that of 0 and that of 1; "yes" and "no" stand in quotation marks.'),
    ] = ("0", "1")
    unit: Annotated[str, about("Unit of a number, for the report.")] = ""
    use: Annotated[
        Literal["feature", "on_request"],
        about("on_request: no feature of any run that does not name the column, such as another diagnosis."),
    ] = "feature"
    missing: Annotated[Words, about("Further words of this column that say that nothing is known.")] = ()

    def __post_init__(self) -> None:
        if (self.kind == "category") != (self.levels is not None):
            raise ValueError(f"kind is {self.kind}; categories have levels, and nothing else has")
        first: dict[str, str] = {}
        for word in self.coded():
            if (earlier := first.setdefault(comparable(word), word)) != word:
                raise ValueError(f"{earlier!r} and {word!r} are one word to the file; keep one of them")

    def coded(self) -> Words:
        """The words that cells of a category or flag may hold."""
        return {"category": self.levels or (), "flag": self.words}.get(self.kind, ())


@dataclass(frozen=True)
class VisitOutcome:
    """What is predicted, and what ends the follow-up; columns of `outcomes` where it is named, else of the visits."""

    event: Annotated[
        Filled,
        about("Column that tells the event: its time, empty where there was none; with `values`, one of these words."),
    ]
    values: Annotated[Words | None, about("Words of `event` that are the event. null: `event` holds its time.")] = None
    time: Annotated[Filled | None, about("With `values`: column of the time of the event.")] = None
    row_is_event: Annotated[
        bool,
        about("With `values`: a row of visits with one of them is the event, no visit; its own time is the event's."),
    ] = False
    end: Annotated[
        Filled | None, about("Column of the time when follow-up ended. null: it ended with the last visit.")
    ] = None
    reason: Annotated[Filled | None, about("Column of what ended the follow-up.")] = None
    competing: Annotated[
        Annotated[Words, limit(check=distinct)],
        about("Words of `reason` that are competing events, such as death; with all others the patient is lost."),
    ] = ()

    def __post_init__(self) -> None:
        if self.values is None and (self.time or self.row_is_event):
            raise ValueError("time and row_is_event go with values, the words of `event` that are the event")
        if self.time and self.row_is_event:
            raise ValueError("time is given and row_is_event is true; the row's own time is the event's")
        if self.competing and self.reason is None:
            raise ValueError("competing is given without reason, the column in which these words stand")

    @property
    def timed(self) -> bool:
        """Whether the time of an event is known."""
        return self.values is None or self.time is not None or self.row_is_event

    def roles(self) -> dict[str, str]:
        """Key → the column that it names."""
        named = {key: getattr(self, key) for key in ("event", "time", "end", "reason")}
        return {key: column for key, column in named.items() if column is not None}


@dataclass(frozen=True)
class Landmark:
    """The moment of each patient at which the prediction is made: what came later is not known."""

    kind: Annotated[
        Literal["date", "age", "time", "column", "last_visit"],
        about(
            "date: one day for all; age: of `years`; time: `years` after the zero of the time column; column: a moment "
            "of each patient's own, such as a screening test; last_visit: the last row, where the table ends there."
        ),
    ]
    date: Annotated[str | None, about('Kind date: the day, in quotation marks, such as "2014-01-01".')] = None
    years: Annotated[float | None, about("Kinds age and time: years.", ge=0)] = None
    column: Annotated[
        Filled | None,
        about(
            "Kind age: column of the visits with the age in years. Kind column: column with the moment, of `outcomes` "
            "where it is named, else of the visits; who has none is left out."
        ),
    ] = None

    def __post_init__(self) -> None:
        needs = {"date": ("date",), "age": ("years", "column"), "time": ("years",), "column": ("column",)}
        wanted = needs.get(self.kind, ())
        given = tuple(key for key in ("date", "years", "column") if getattr(self, key) is not None)
        if set(wanted) != set(given):
            raise ValueError(
                f"kind is {self.kind}, which has {' and '.join(wanted) or 'no further key'}; given: "
                f"{', '.join(given) or 'none'}"
            )
        if self.date is not None:
            try:
                date.fromisoformat(self.date)
            except ValueError:
                raise ValueError(f"date {self.date!r} is no day; write it as 2014-01-31") from None


@dataclass(frozen=True)
class VisitTable:
    """A table of visits, and the question that is asked of it: the event within the horizon, from the landmark on."""

    file: Annotated[UserPath, about("CSV file, inside the source, with a row a visit; .csv.gz, too.")]
    columns: Annotated[
        Annotated[dict[str, VisitColumnRule], limit(min_length=1)],
        about("Column → what it is. Columns that are not named here are not read."),
    ]
    outcome: Annotated[VisitOutcome, about("What is predicted.")]
    landmark: Annotated[Landmark, about("When it is predicted.")]
    patient: Annotated[
        Filled | None, about("Column that says whose visit a row is, in both tables. null: each row is a patient.")
    ] = None
    time: Annotated[VisitTime | None, about("When a visit was. null: every patient has one visit.")] = None
    outcomes: Annotated[
        UserPath | None,
        about("CSV file, inside the source, with a row a patient that tells the outcome. null: the visits tell it."),
    ] = None
    horizon: Annotated[
        float | None,
        about(
            "Years after the landmark within which the event counts. Who leaves earlier is lost, and weighted. null: "
            "the outcome has no time, it is the state of the patient.",
            gt=0,
        ),
    ] = None
    window: Annotated[
        float | None, about("Years of history before the landmark that are used, of all patients. null: all.", gt=0)
    ] = None
    after_landmark: Annotated[
        Literal["cut", "refuse"],
        about("Visits after the landmark: cut, they are left out and counted; refuse: the run stops."),
    ] = "cut"
    in_order: Annotated[
        bool,
        about(
            "A patient whose rows do not stand in the order of their time is refused: a date may be mistyped. false: "
            "rows may stand in any order."
        ),
    ] = True
    missing: Annotated[Words, about("Words in any column that say that nothing is known, besides empty and NA.")] = ()
    linked: Annotated[
        Filled | None,
        about("Another study of this project: only patients that it has, too, are taken. null: all patients."),
    ] = None

    def __post_init__(self) -> None:
        for mistake in self._mistakes():
            raise ValueError(mistake)

    def roles(self) -> dict[str, str]:
        """Key → the column that it names, of columns that are no features."""
        named = {"patient": self.patient, "time.column": self.time.column if self.time else None}
        if self.landmark.kind == "column":
            named["landmark.column"] = self.landmark.column
        own = {key: column for key, column in named.items() if column is not None}
        return own | {f"outcome.{key}": column for key, column in self.outcome.roles().items()}

    def _mistakes(self) -> Iterator[str]:
        """What of the block does not fit together."""
        if self.patient is None and (self.time or self.outcomes):
            yield "time or outcomes is given without patient, the column that says whose visit a row is"
        if self.time is None and self.landmark.kind != "last_visit":
            yield f"landmark.kind is {self.landmark.kind} without time; write last_visit, or name the time's column"
        if self.time is None and (self.window or self.horizon or self.outcome.row_is_event):
            yield "window, horizon and outcome.row_is_event need time, the column that says when a visit was"
        if self.landmark.kind == "date" and self.time and self.time.unit != "date":
            yield f"landmark.kind is date and time.unit {self.time.unit}; a day needs dates"
        if self.horizon is not None and not self.outcome.timed:
            yield "horizon is given, and the event has no time: name outcome.time, or take out the horizon"
        if self.horizon is None and (self.outcome.timed or self.outcome.end or self.outcome.reason):
            yield "outcome has times or an end, and horizon is null; say within how many years the event counts"
        if self.outcomes and self.outcome.row_is_event:
            yield "outcome.row_is_event speaks of rows of visits, and outcomes names another table; take one out"
        yield from self._column_mistakes()

    def _column_mistakes(self) -> Iterator[str]:
        for name, rule in self.columns.items():
            missing = missing_words(self.missing, rule.missing)
            if word := next((word for word in rule.coded() if says_nothing(word, missing)), None):
                yield (
                    f"columns.{name} names {word!r}, which says that nothing is known, as NA and the words of "
                    "`missing` do; take it out of one of them, or write another word in the file"
                )
        taken = [name for name in OWN_COLUMNS if name in self.columns]
        if taken:
            yield f"columns names {taken[0]!r}, a name that the project fills itself; rename the column in the file"
        of_rows = {"outcome.event"} if self.outcome.row_is_event else set()
        for key, column in self.roles().items():
            elsewhere = self.outcomes and key.startswith(("outcome.", "landmark."))
            if column in self.columns and key not in of_rows and not elsewhere:
                yield f"columns names {column!r}, which is {key}: it would be a feature that knows; take it out"
