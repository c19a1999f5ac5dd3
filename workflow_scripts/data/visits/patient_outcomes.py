"""When a patient had the event and when follow-up ended, from a table of outcomes or from the visits themselves."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workflow_scripts.contracts.missing_words import comparable
from workflow_scripts.contracts.patient_flow import COMPETING, EVENT, EVENT_FREE, LOST
from workflow_scripts.contracts.step_settings.visit_settings import VisitOutcome, VisitTable
from workflow_scripts.data.visits.visit_sheets import (
    SETTING,
    Fault,
    PatientRows,
    VisitSheets,
    moment,
    no_moment,
)
from workflow_scripts.runtime.entry import log
from workflow_scripts.runtime.errors import UserError

# In a column of the outcome hardly a word for "no event".
_UNCLEAR = frozenset(("?", "??", ".", "unknown", "missing"))


@dataclass(frozen=True)
class PatientOutcome:
    """happened: whether there was an event; event: its time, None where there was none or outcomes have no time.

    end: when follow-up ended, None where outcomes have no time; reason: the word for it, empty where nobody says it.
    """

    happened: bool
    event: float | None
    end: float | None
    reason: str

    def within(self, landmark: float, horizon: float | None, competing: frozenset[str]) -> tuple[str, float | None]:
        """What became of the patient up to the horizon, and how long after the landmark; see OUTCOMES.

        As in estimates that weight by the chance to be followed, who left at the horizon itself is lost, and an event
        at the horizon counts. Times and horizon are in one unit.
        """
        if horizon is None:
            return (EVENT if self.happened else EVENT_FREE), None
        assert self.end is not None
        if self.event is not None and self.event - landmark <= horizon:
            return EVENT, self.event - landmark
        left = self.end - landmark
        if left > horizon:
            return EVENT_FREE, horizon
        return (COMPETING if comparable(self.reason) in competing else LOST), left


class FaultError(Exception):
    """The outcome of a patient cannot be used."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.detail)
        self.fault = fault


def event_rows(sheets: VisitSheets, rule: VisitOutcome) -> np.ndarray:
    """Bool, a row of visits each: whether it is the event and no visit."""
    if not rule.row_is_event:
        return np.zeros(len(sheets.visits.sheet.rows), dtype=bool)
    words = {comparable(word) for word in rule.values or ()}
    return np.array([comparable(cell) in words for cell in sheets.visits.sheet.columns[rule.event]])


def patient_outcomes(sheets: VisitSheets, table: VisitTable) -> tuple[dict[str, PatientOutcome], dict[str, Fault]]:
    """Outcome or fault of every patient of the visits.

    UserError where no row has a word that is the event, and where one is written in two ways.
    """
    _check_words(sheets.outcomes, table.outcome)
    outcomes: dict[str, PatientOutcome] = {}
    faults: dict[str, Fault] = {}
    for patient, lines in sheets.visits.lines_of.items():
        try:
            outcomes[patient] = _outcome(sheets, table, lines, sheets.outcomes.lines_of.get(patient, []))
        except FaultError as error:
            faults[patient] = error.fault
    return outcomes, faults


def _check_words(rows: PatientRows, rule: VisitOutcome) -> None:
    """Say what each word of the outcome counts as. UserError for words that are none of the settings', but nearly."""
    if rule.reason:
        _check_spelling(rows, rule.reason, rule.competing, "competing", "would be lost to follow-up")
    if rule.values is None:
        return
    words = {comparable(word) for word in rule.values}
    seen = Counter(cell for line in range(len(rows.sheet.rows)) if (cell := rows.cell(rule.event, line)))
    if words.isdisjoint(map(comparable, seen)):
        common = ", ".join(repr(word) for word, _ in seen.most_common(5)) or "nothing"
        raise UserError(
            f"{SETTING}.outcome: no row has {' or '.join(rule.values)} in {rule.event}, which holds {common}; "
            "correct values"
        )
    _check_spelling(rows, rule.event, rule.values, "values", "would count as no event")
    unlisted = {word: count for word, count in seen.items() if comparable(word) not in words}
    if unclear := [word for word in unlisted if word.casefold() in _UNCLEAR]:
        log.warning(
            "%s.outcome: in %s %s counts as no event; add it to missing if it says that nothing is known",
            *(SETTING, rule.event, ", ".join(f"{word!r} ({unlisted[word]} rows)" for word in sorted(unclear))),
        )


def _check_spelling(rows: PatientRows, column: str, words: Sequence[str], key: str, otherwise: str) -> None:
    """UserError for a cell that differs from one of the words in case or inner white space alone."""
    exact = {comparable(word) for word in words}
    loose = {_loose(word): word for word in words}
    for line in range(len(rows.sheet.rows)):
        cell = rows.cell(column, line)
        if comparable(cell) not in exact and (word := loose.get(_loose(cell))):
            raise UserError(
                f"{SETTING}.outcome.{key}: {rows.where(line, column)}: {cell!r} is not {word!r} and {otherwise}; add "
                f"it to {key}, or correct the row"
            )


def _loose(word: str) -> str:
    return "".join(word.casefold().split())


def _outcome(sheets: VisitSheets, table: VisitTable, visits: list[int], lines: list[int]) -> PatientOutcome:
    rows, rule = sheets.outcomes, table.outcome
    if not lines:
        raise FaultError(Fault("no_outcome", f"{sheets.visits.where(visits[0])}: no row of outcomes is of the patient"))
    happened, event = _event(sheets, rule, lines)
    if table.horizon is None:
        return PatientOutcome(happened, None, None, "")
    end = _last_moment(sheets, rule.end, lines) if rule.end else float(np.nanmax(sheets.times[visits]))
    if event is not None and rule.end is None:
        end = max(end, event)
    if event is not None and event > end:
        column = rule.time or rule.event
        detail = f"{rows.where(lines[0], column)}: the event lies after the end of follow-up, {rule.end}"
        raise FaultError(Fault("impossible_date", detail))
    reasons = [cell for line in lines if rule.reason and (cell := rows.cell(rule.reason, line))]
    return PatientOutcome(happened, event, end, reasons[-1] if reasons else "")


def _event(sheets: VisitSheets, rule: VisitOutcome, lines: list[int]) -> tuple[bool, float | None]:
    """Whether there was an event, and when the first one was."""
    rows = sheets.outcomes
    cells = {line: cell for line in lines if (cell := rows.cell(rule.event, line))}
    if rule.values is None:
        moments = [_moment(sheets, rule.event, line) for line in cells]
        return bool(moments), min(moments, default=None)
    if not cells:
        raise FaultError(Fault("no_outcome", f"{rows.where(lines[0], rule.event)}: empty"))
    words = {comparable(word) for word in rule.values}
    hits = [line for line, cell in cells.items() if comparable(cell) in words]
    if rule.row_is_event:
        return bool(hits), min((float(sheets.times[line]) for line in hits), default=None)
    if rule.time is None:
        return bool(hits), None
    return bool(hits), min((_moment(sheets, rule.time, line) for line in hits), default=None)


def _last_moment(sheets: VisitSheets, column: str, lines: list[int]) -> float:
    filled = [line for line in lines if sheets.outcomes.cell(column, line)]
    if not filled:
        raise FaultError(Fault("no_outcome", f"{sheets.outcomes.where(lines[0], column)}: empty"))
    return max(_moment(sheets, column, line) for line in filled)


def _moment(sheets: VisitSheets, column: str, line: int) -> float:
    cell, where = sheets.outcomes.cell(column, line), sheets.outcomes.where(line, column)
    if not cell:
        raise FaultError(Fault("no_outcome", f"{where}: empty, and there was an event"))
    try:
        return moment(cell, sheets.unit)
    except (ValueError, OverflowError):
        raise FaultError(no_moment(where, sheets.unit)) from None


def competing_words(outcomes: Mapping[str, PatientOutcome], rule: VisitOutcome) -> frozenset[str]:
    """The words of competing events, as they are compared; one that no patient has is logged."""
    seen = {comparable(outcome.reason) for outcome in outcomes.values()}
    for word in rule.competing:
        if comparable(word) not in seen:
            words = ", ".join(sorted(map(repr, filter(None, seen)))[:8]) or "nothing"
            log.warning(
                "%s.outcome.competing: no patient has %r in %s, which holds %s", SETTING, word, rule.reason, words
            )
    return frozenset(map(comparable, rule.competing))
