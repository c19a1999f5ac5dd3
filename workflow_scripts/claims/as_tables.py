"""Printed numbers of published.yaml as cells of tables, and what the checks of tables say of them.

A cell's row is the id of its number: by it a finding names what it is about.
"""

from collections.abc import Iterable, Iterator, Sequence

from workflow_scripts.claims.outcome import Outcome
from workflow_scripts.claims.printed import SIGNS
from workflow_scripts.claims.tables.finding import Finding
from workflow_scripts.claims.tables.printed_entries import Cell, ReadTable
from workflow_scripts.claims.trainings import is_open
from workflow_scripts.contracts.claims import UNITS, Claim
from workflow_scripts.contracts.paper_tables.result_tables import PrintedValue, ResultTable, said_aggregation


def cell(claim: Claim) -> Cell:
    """The number as a cell, with the digits that carry information."""
    text = f"{claim.printed}{' %' if claim.unit == 'percent' else ''}"
    low, high = claim.interval or (0.0, 0.0)
    ends = (f"{low:.{claim.decimals}f}", f"{high:.{claim.decimals}f}") if claim.interval else None
    name = claim.metric.removeprefix("macro_")
    return Cell(claim.id, name, name, PrintedValue(text, ends), 1 / UNITS[claim.unit], 10.0**-claim.known_decimals)


def table(claims: Sequence[Claim], average: str = "", n_classes: int | None = None) -> ReadTable:
    """A table that says of its numbers what is said of these; average: in words, empty where that is left open."""
    aggregation = None if is_open(claims) else said_aggregation("one training")
    printed = ResultTable(claims[0].place, average=average, aggregation=aggregation, n_classes=n_classes)
    return ReadTable(printed, ())


def outcomes(check: str, findings: Iterable[Finding], claims: Sequence[Claim]) -> Iterator[Outcome]:
    """The findings, an outcome for each number that they name; claims: all that were held against each other."""
    by_id = {claim.id: claim for claim in claims}
    for finding in findings:
        for name in finding.row.split("; "):
            sign = SIGNS.get(by_id[name].unit, "")
            yield Outcome(
                name,
                check,
                finding.outcome,
                finding.why,
                f"{finding.computed}{sign}" if finding.computed else "",
                tuple(compared for compared in by_id if compared != name),
                finding.innocent,
                f"{finding.size}{' points' if sign == SIGNS['percent'] else sign}" if finding.size else "",
                finding.reading,
                finding.tried,
                finding.strength,
            )
