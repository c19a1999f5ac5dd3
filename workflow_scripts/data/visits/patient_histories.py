"""From the user's tables to one history a patient: the visits known at the landmark, and what became of the patient."""

import itertools
from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from workflow_scripts.contracts.patient_flow import COMPETING, EVENT, EVENT_FREE, KEPT, LEFT_OUT, LOST, OUTCOME
from workflow_scripts.contracts.step_settings.visit_settings import VisitTable
from workflow_scripts.data.dicom.pseudonyms import Pseudonyms
from workflow_scripts.data.visits.patient_landmarks import LandmarkRule, check_last_visit, landmark_of
from workflow_scripts.data.visits.patient_outcomes import (
    PatientOutcome,
    competing_words,
    event_rows,
    patient_outcomes,
)
from workflow_scripts.data.visits.visit_sheets import SETTING, Fault, VisitSheets, read_visit_sheets
from workflow_scripts.data.visits.visit_values import VisitValues, visit_values
from workflow_scripts.runtime.errors import UserError

NO_VISIT = "no visit up to the landmark"
NO_VISIT_IN_WINDOW = "no visit in the window before the landmark"
NO_LANDMARK = "without a landmark"
EVENT_BEFORE = "event before the landmark"
ENDED_BEFORE = "follow-up ended before the landmark"
NOT_LINKED = "not in the study"
AT_LANDMARK = "at the landmark"
REFUSED = "refused, see quarantine"
_ORDER = (REFUSED, NO_LANDMARK, NO_VISIT, EVENT_BEFORE, ENDED_BEFORE, NO_VISIT_IN_WINDOW)


@dataclass(frozen=True)
class PatientHistory:
    """A patient at the landmark.

    id: the pseudonym; lines: of the visits that are known, in the order of time; years: of each, from the landmark;
    outcome: of contracts.patient_flow.OUTCOMES; followup: years from the landmark to it, None where outcomes have no
    time; reason: the word for what ended the follow-up.
    """

    id: str
    lines: tuple[int, ...]
    years: tuple[float, ...]
    outcome: str
    followup: float | None
    reason: str


@dataclass(frozen=True)
class FlowLine:
    """A line of the flow of patients, see contracts.patient_flow."""

    kept: str
    what: str
    patients: int


@dataclass(frozen=True)
class LateVisits:
    """Visits that were left out because they lie after the landmark, and those of them after the event."""

    after_landmark: int
    after_event: int
    patients_after_event: int


@dataclass(frozen=True)
class Cohort:
    """patients: by id; faults: (id, why) of those who are refused; flow: in its order; late: what was cut."""

    sheets: VisitSheets
    values: VisitValues
    patients: tuple[PatientHistory, ...]
    faults: tuple[tuple[str, Fault], ...]
    flow: tuple[FlowLine, ...]
    late: LateVisits

    @cached_property
    def last_values(self) -> np.ndarray:
        """patients×D: the numbers of each patient's last known visit."""
        return self.values.values[[patient.lines[-1] for patient in self.patients]]

    @cached_property
    def known_shares(self) -> np.ndarray:
        """patients×D: the share of each patient's known visits that tell a number."""
        counts = np.array([len(patient.lines) for patient in self.patients])
        return self._summed(~np.isnan(self.values.values)) / counts[:, None]

    @cached_property
    def mean_values(self) -> np.ndarray:
        """patients×D: the mean of each patient's known visits, NaN where none tells a number."""
        measured = self._summed(~np.isnan(self.values.values))
        sums = self._summed(np.nan_to_num(self.values.values))
        return np.where(measured > 0, sums / np.maximum(measured, 1), np.nan)

    def _summed(self, numbers: np.ndarray) -> np.ndarray:
        """patients×D: sums over the known visits of each patient, of numbers rows×D."""
        lines = [line for patient in self.patients for line in patient.lines]
        first = np.cumsum([0, *(len(patient.lines) for patient in self.patients[:-1])])
        summed: np.ndarray = np.add.reduceat(numbers[lines].astype(float), first, axis=0)
        return summed


def read_cohort(root: Path, table: VisitTable, names: Pseudonyms, linked: Container[str] | None = None) -> Cohort:
    """The patients of the tables below `root`; of `linked`, ids of another study's patients, only these are taken.

    UserError where a table is none, a column is missing or holds an unknown word, nobody is left at the landmark, or a
    visit lies where the settings say there is none.
    """
    sheets = read_visit_sheets(root, table)
    events = event_rows(sheets, table.outcome)
    values = visit_values(sheets.visits, table, ~events)
    outcomes, faults = patient_outcomes(sheets, table)
    chooser = _Chooser(sheets, table, values, events, outcomes, faults, names, linked)
    # In the order of pseudonyms: that of names is one of people.
    for name, patient in sorted((chooser.name(patient), patient) for patient in sheets.visits.lines_of):
        chooser.add(name, patient)
    chooser.add_nobody()
    return chooser.cohort()


class _Chooser:
    """Goes through the patients and says of each what became of it."""

    def __init__(
        self,
        sheets: VisitSheets,
        table: VisitTable,
        values: VisitValues,
        events: np.ndarray,
        outcomes: Mapping[str, PatientOutcome],
        faults: Mapping[str, Fault],
        names: Pseudonyms,
        linked: Container[str] | None,
    ) -> None:
        self.sheets, self.table, self.values, self.events = sheets, table, values, events
        self.outcomes, self.own_faults, self.names, self.linked = outcomes, faults, names, linked
        self.competing = competing_words(outcomes, table.outcome)
        self.histories: list[PatientHistory] = []
        self.faults: list[tuple[str, Fault]] = []
        self.left_out: Counter[str] = Counter()
        self.late: list[tuple[int, int]] = []

    def name(self, patient: str) -> str:
        """What a patient is called; rows without a column of patients are nobody's name."""
        return self.names.patient(patient) if self.table.patient else patient

    def add(self, name: str, patient: str) -> None:
        """Take a patient, or say why not."""
        chosen = self._chosen(name, patient)
        if isinstance(chosen, Fault):
            self.faults.append((name, chosen))
            self.left_out[REFUSED] += 1
        elif isinstance(chosen, str):
            self.left_out[chosen] += 1
        else:
            self.histories.append(chosen)

    def add_nobody(self) -> None:
        """Refuse the rows that say of no patient."""
        visits = self.sheets.visits
        for line, patient in enumerate(visits.patients):
            if not patient:
                fault = Fault("no_patient", f"{visits.where(line, self.table.patient or '')}: empty")
                self.faults.append((f"row{visits.sheet.rows[line]}", fault))

    def _chosen(self, name: str, patient: str) -> PatientHistory | Fault | str:
        lines = self.sheets.visits.lines_of[patient]
        if fault := next((self.sheets.faults[line] for line in lines if line in self.sheets.faults), None):
            return fault
        if patient in self.own_faults:
            return self.own_faults[patient]
        outcome = self.outcomes[patient]
        visits = [line for line in lines if not self.events[line]]
        if not visits:
            return NO_VISIT
        check_last_visit(self.sheets, self.table, visits, outcome)
        landmark = landmark_of(self.sheets, self.table.landmark, patient, visits)
        if landmark is None:
            return NO_LANDMARK
        return landmark if isinstance(landmark, Fault) else self._at_landmark(name, visits, landmark, outcome)

    def _at_landmark(
        self, name: str, visits: list[int], landmark: LandmarkRule, outcome: PatientOutcome
    ) -> PatientHistory | Fault | str:
        times, per_year = self.sheets.times, self.sheets.per_year
        earlier = [line for line in visits if landmark.before(float(times[line]))]
        if not earlier:
            return NO_VISIT
        if outcome.event is not None and landmark.before(outcome.event):
            return EVENT_BEFORE
        if outcome.end is not None and outcome.end < landmark.at:
            return ENDED_BEFORE
        self._count_late(visits, earlier, outcome)
        if self.table.window is not None:
            earliest = landmark.at - self.table.window * per_year
            earlier = [line for line in earlier if times[line] >= earliest]
        if not earlier:
            return NO_VISIT_IN_WINDOW
        if fault := self._fault_of_order(earlier):
            return fault
        if self.linked is not None and name not in self.linked:
            return NOT_LINKED
        earlier.sort(key=lambda line: float(times[line]))
        years = tuple((float(times[line]) - landmark.at) / per_year for line in earlier)
        horizon = None if self.table.horizon is None else self.table.horizon * per_year
        what, after = outcome.within(landmark.at, horizon, self.competing)
        followup = None if after is None else after / per_year
        return PatientHistory(name, tuple(earlier), years, what, followup, outcome.reason)

    def _count_late(self, visits: list[int], earlier: list[int], outcome: PatientOutcome) -> None:
        late = sorted(set(visits) - set(earlier))
        if late and self.table.after_landmark == "refuse":
            assert self.table.time is not None
            raise UserError(
                f"{SETTING}: {self.sheets.visits.where(late[0], self.table.time.column)}: a visit after the landmark, "
                "which nobody knew then; take such rows out, or write after_landmark: cut"
            )
        event = outcome.event
        after_event = 0 if event is None else sum(bool(self.sheets.times[line] > event) for line in late)
        self.late.append((len(late), after_event))

    def _fault_of_order(self, earlier: list[int]) -> Fault | None:
        """Whether visits stand in another order than that of their time, or are of one time. Lines come ascending."""
        if self.table.time is None:
            return None
        times, column = self.sheets.times, self.table.time.column
        for above, line in itertools.pairwise(earlier):
            if self.table.in_order and times[line] < times[above]:
                return Fault("out_of_order", f"{self.sheets.visits.where(line, column)}: before the row above it")
        by_time = sorted(earlier, key=lambda line: float(times[line]))
        for before, line in itertools.pairwise(by_time):
            if times[line] == times[before]:
                first = self.sheets.visits.sheet.rows[before]
                where = self.sheets.visits.where(line, column)
                return Fault("duplicate_visit", f"{where}: another visit of the patient, row {first}, has this time")
        return None

    def cohort(self) -> Cohort:
        """What came of all. UserError where nobody is left."""
        if not self.histories and self.left_out[NOT_LINKED]:
            raise UserError(
                f"ingest.visits.linked: of {self.left_out[NOT_LINKED]} patients at the landmark 0 are in the study "
                f"{self.table.linked}; write patients alike in the tables of both studies, and where "
                "private/pseudonyms.key has changed since one was read, make both datasets anew"
            )
        if not self.histories:
            reasons = ", ".join(
                f"{count} {self._refused_words() if what == REFUSED else what}"
                for what, count in self.left_out.most_common()
            )
            raise UserError(f"{SETTING}: no patient is left at the landmark ({reasons}); correct landmark or columns")
        late = LateVisits(
            sum(visits for visits, _ in self.late),
            sum(visits for _, visits in self.late),
            sum(visits > 0 for _, visits in self.late),
        )
        return Cohort(self.sheets, self.values, tuple(self.histories), tuple(self.faults), tuple(self._flow()), late)

    def _refused_words(self) -> str:
        """Why patients are refused, where the run stops before there is a quarantine to look at."""
        counts = Counter(fault.reason for _, fault in self.faults).most_common()
        reasons = ", ".join(f"{count} {reason}" for reason, count in counts)
        return f"refused: {reasons}, such as {self.faults[0][1].detail}"

    def _at_the_landmark(self) -> list[FlowLine]:
        """Who is there, and of them, where another study is named, who is in both."""
        here, alone = len(self.histories), self.left_out[NOT_LINKED]
        if self.linked is None:
            return [FlowLine(KEPT, AT_LANDMARK, here)]
        return [
            FlowLine(KEPT, AT_LANDMARK, here + alone),
            FlowLine(LEFT_OUT, f"{NOT_LINKED} {self.table.linked}", alone),
            FlowLine(KEPT, f"also in the study {self.table.linked}", here),
        ]

    def _flow(self) -> list[FlowLine]:
        patients = self.sheets.visits.lines_of.keys() | self.sheets.outcomes.lines_of.keys()
        flow = [FlowLine(KEPT, "in the tables", len(patients))]
        without = len(patients) - len(self.sheets.visits.lines_of)
        flow += [FlowLine(LEFT_OUT, "no visit in the table", without)] if without else []
        flow += [FlowLine(LEFT_OUT, what, self.left_out[what]) for what in _ORDER if self.left_out[what]]
        flow += self._at_the_landmark()
        outcomes = Counter(history.outcome for history in self.histories)
        flow += [FlowLine(OUTCOME, EVENT, outcomes[EVENT]), FlowLine(OUTCOME, EVENT_FREE, outcomes[EVENT_FREE])]
        if self.table.horizon is None:
            return flow
        flow.append(FlowLine(OUTCOME, LOST, outcomes[LOST]))
        reasons = Counter(history.reason for history in self.histories if history.outcome == COMPETING)
        return flow + [
            FlowLine(OUTCOME, f"{COMPETING}: {word}", reasons[word]) for word in self.table.outcome.competing
        ]
