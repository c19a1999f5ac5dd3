"""dataset/columns.csv: what each column of a table of visits is, as ingest wrote it, in the order of visits.csv.

The arrays keep the same columns in the same order: `years` first.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from workflow_scripts.contracts.step_settings.visit_settings import PATIENT, VISIT, YEARS
from workflow_scripts.contracts.tables import Table

TIME, NUMBER, FLAG, LEVEL = KINDS = ("time", "number", "flag", "level")
FEATURE, ON_REQUEST = USES = ("feature", "on_request")

# column: its name in visits.csv; source: the column of the user's table; kind: a level is one of the 0/1 columns that a
# category becomes; use: a column on request is no feature unless a run names it; missing: empty cells, of all visits;
# values: distinct numbers.
VISIT_COLUMNS = Table(
    "columns of visits",
    {
        "column": "str",
        "source": "str",
        "kind": "str",
        "use": "str",
        "unit": "str",
        "missing": "int",
        "values": "int",
    },
    key=("column",),
    values={"kind": KINDS, "use": USES},
)
# dataset/visits.csv: the visits of every patient up to the landmark, by patient and time. years: of the visit, from the
# landmark, at most 0; then numbers in the order of columns.csv, empty where nothing is known.
VISITS = Table("visits", {PATIENT: "str", VISIT: "int", YEARS: "float"}, open=True, key=(PATIENT, VISIT))


@dataclass(frozen=True)
class VisitColumn:
    """A column of visits. kind: of KINDS; source: the user's column; on_request: no feature unless a run names it."""

    name: str
    source: str
    kind: str
    on_request: bool = False


def level_name(column: str, level: str) -> str:
    """The name of the 0/1 column of a category's level."""
    return f"{column}={level}"


def read_visit_columns(path: Path) -> tuple[VisitColumn, ...]:
    """The columns of visits.csv behind id and visit, in their order. UserError where the table is missing or broken."""
    rows = VISIT_COLUMNS.read(path).itertuples()
    return tuple(VisitColumn(row.column, row.source, row.kind, row.use == ON_REQUEST) for row in rows)


def sources_of(columns: Iterable[VisitColumn]) -> dict[str, tuple[int, ...]]:
    """The user's column → positions of what it became, in their order; the time of the visit is not among them."""
    positions: dict[str, list[int]] = {}
    for position, column in enumerate(columns):
        if column.kind != TIME:
            positions.setdefault(column.source, []).append(position)
    return {source: tuple(members) for source, members in positions.items()}
