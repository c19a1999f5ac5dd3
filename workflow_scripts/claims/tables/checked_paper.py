"""All checks of a paper's result tables, and what they come to."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module

from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF, ISSUES, NOT_CHECKABLE, NOTE, ORDER
from workflow_scripts.claims.tables.finding import Finding
from workflow_scripts.claims.tables.printed_entries import ReadPaper, read_paper
from workflow_scripts.contracts.paper_tables.result_tables import PaperTables

_ROOM = "workflow_scripts.claims.tables"
# Name of a check → the module whose `check` takes a paper and says what it finds.
CHECKS = {
    "F scores": f"{_ROOM}.f_score_bounds",
    "fractions": f"{_ROOM}.printed_fractions",
    "rates of two classes": f"{_ROOM}.two_class_rows",
    "rates against counts": f"{_ROOM}.counted_rates",
    "sizes of the classes": f"{_ROOM}.shared_sizes",
    "totals": f"{_ROOM}.count_totals",
    "shares of counts": f"{_ROOM}.count_shares",
    "classes against the whole": f"{_ROOM}.class_rows",
    "means of rows": f"{_ROOM}.mean_rows",
    "averages over classes": f"{_ROOM}.macro_rates",
    "intervals": f"{_ROOM}.printed_intervals",
    "confusion matrices": f"{_ROOM}.printed_matrices",
    "possible values": f"{_ROOM}.possible_values",
    "derived rates": f"{_ROOM}.derived_rates",
    "areas under curves": f"{_ROOM}.curve_areas",
    "copied rows": f"{_ROOM}.repeated_rows",
    "numbers printed twice": f"{_ROOM}.restated_cells",
}
Check = Callable[[ReadPaper], Iterator[Finding]]


@dataclass(frozen=True)
class Summary:
    """What a paper's tables come to.

    outcome: of the paper, one of `claims.outcome.ORDER`; issues: the distinct ones, those that count most first, each
    with all findings that say so; checked: how many findings say consistent.
    """

    outcome: str
    issues: tuple[tuple[Finding, ...], ...]
    checked: int


def check_tables(paper: PaperTables) -> list[Finding]:
    """What every check says of the tables of a paper: those that count most first, then by check and table."""
    read = read_paper(paper)
    findings: list[Finding] = []
    for module in CHECKS.values():
        check: Check = import_module(module).check
        findings += check(read)
    return sorted(dict.fromkeys(findings), key=lambda finding: ORDER.index(finding.outcome))


def summary(findings: Sequence[Finding]) -> Summary:
    """The outcome of a paper, and its distinct issues.

    Contradictions of one row are one issue; so is what fits only under one reading in one table, and a note of one row.
    A note is no outcome of a paper: what it is about counts as consistent.
    """
    issues = _issues(findings)
    outcomes = {finding.outcome for finding in findings}
    outcome = next((word for word in (CONTRADICTION, FITS_ONLY_IF) if word in outcomes), "")
    if not outcome:
        outcome = CONSISTENT if outcomes & {CONSISTENT, NOTE} else NOT_CHECKABLE
    return Summary(outcome, issues, sum(finding.outcome == CONSISTENT for finding in findings))


def _issues(findings: Sequence[Finding]) -> tuple[tuple[Finding, ...], ...]:
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for outcome in ISSUES:
        for finding in findings:
            if finding.outcome == outcome:
                about = finding.reading if outcome == FITS_ONLY_IF else finding.row
                groups.setdefault((outcome, finding.table, about), []).append(finding)
    return tuple(tuple(group) for group in groups.values())
