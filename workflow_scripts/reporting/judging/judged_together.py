"""A line of verdict.csv, and which words against a paper are left when all its numbers are judged at once."""

from dataclasses import dataclass, replace

from workflow_scripts.contracts import verdict_table
from workflow_scripts.contracts.claims import Claim, Layer, Statement
from workflow_scripts.evaluation.multiplicity import FALSE_SHARE, adjusted
from workflow_scripts.reporting import formatting
from workflow_scripts.reporting.judging.decisions import Evidence
from workflow_scripts.reporting.reproduced import Value

Entry = Claim | Statement | Layer


@dataclass(frozen=True)
class VerdictRow:
    """A line of verdict.csv; obtained: under the protocol as published, leak_free: under the one without leaks.

    p_value, evidence: of what was decided and not counted. p_adjusted: of a word against the paper. alone: the word for
    itself; `verdict` is that of the paper's numbers together.
    """

    entry: Entry
    published: str
    obtained: Value
    leak_free: Value
    verdict: str
    why: str
    p_value: float | None = None
    evidence: Evidence | None = None
    p_adjusted: float | None = None
    alone: str = ""


def judged_together(rows: list[VerdictRow], elsewhere: int) -> list[VerdictRow]:
    """The rows with the words that are left when all numbers of the paper are judged at once.

    elsewhere: how many numbers the paper prints about other data that may be judged in their studies.
    """
    judged = {number: row.p_value for number, row in enumerate(rows) if row.p_value is not None}
    against = {number: p for number, p in judged.items() if rows[number].verdict in verdict_table.AGAINST}
    family = len(judged) + elsewhere
    together = [replace(row, alone=row.verdict if row.verdict in verdict_table.JUDGED else "") for row in rows]
    for number, p_value in zip(against, adjusted([*against.values()], family), strict=True):
        row = replace(together[number], p_adjusted=p_value)
        if p_value > FALSE_SHARE:
            chance = f"where {formatting.grouped(family)} numbers are judged that may be chance"
            why = f"For itself it would be called {row.verdict}; {chance}. {row.why}"
            row = replace(row, verdict=verdict_table.CANNOT_TELL, why=why)
        together[number] = row
    return together
