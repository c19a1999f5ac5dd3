"""The leak audit of a table of visits: what knows the outcome, depends on it, or was computed over all rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from workflow_scripts.contracts.patient_flow import EVENT, EVENT_FREE
from workflow_scripts.contracts.visit_audit import (
    AFTER_OUTCOME,
    LOOKS_IMPUTED,
    LOOKS_MISSING,
    TELLS_THE_OUTCOME,
    WINDOW_DEPENDS_ON_OUTCOME,
)
from workflow_scripts.contracts.visit_columns import sources_of
from workflow_scripts.data.visits.imputed_cells import imputed_cells
from workflow_scripts.data.visits.missing_codes import missing_codes
from workflow_scripts.data.visits.patient_histories import Cohort
from workflow_scripts.data.visits.visit_sheets import SETTING
from workflow_scripts.runtime.entry import log
from workflow_scripts.runtime.errors import UserError

# AUC of one column beyond which it is listed; honest ones reach 0.91: HPV in a screening register, of CIN2+.
MOST_TELLING = 0.93
# AUC of a number of the window: at least so far from 1/2, and beyond what chance gives in 99 of 100 tables.
WINDOW_DIFFERS, _CONFIDENCE = 0.1, 0.99
# Of each class so many patients are needed before a column is said to tell it.
FEWEST = 5
# Numbers with at most so many values, each of so many patients on average, may be codes, whose order says nothing.
_MOST_CODES, _PATIENTS_A_CODE = 20, 10
WINDOW = {
    "visits": "number of visits",
    "years_of_history": "years from the first visit to the landmark",
    "years_since_last_visit": "years from the last visit to the landmark",
}


@dataclass(frozen=True)
class Finding:
    """A row of contracts.visit_audit."""

    column: str
    finding: str
    value: float
    limit: float
    detail: str


def audit_visits(cohort: Cohort) -> list[Finding]:
    """All findings, in the order of contracts.visit_audit.FINDINGS.

    UserError where the last value of a feature, its mean, or its being missing tells the outcome of every patient.
    """
    return [*_telling(cohort), *_window(cohort), *_imputed(cohort), *_missing(cohort), *_after_outcome(cohort)]


def auc(scores: np.ndarray, positive: np.ndarray) -> float:
    """Chance that one of the positive has the higher score, ties by half; both classes must be there."""
    ranks = pd.Series(scores).rank().to_numpy()
    first = int(positive.sum())
    return float((ranks[positive].sum() - first * (first + 1) / 2) / (first * (len(scores) - first)))


def _judged(cohort: Cohort) -> tuple[np.ndarray, np.ndarray]:
    """Which patients have the event or are free of it to the horizon, and which of these have it."""
    outcomes = np.array([patient.outcome for patient in cohort.patients])
    judged = np.isin(outcomes, (EVENT, EVENT_FREE))
    return judged, outcomes[judged] == EVENT


def _enough(positive: np.ndarray) -> bool:
    return min(int(positive.sum()), int((~positive).sum())) >= FEWEST


def _telling(cohort: Cohort) -> Iterator[Finding]:
    judged, positive = _judged(cohort)
    last, means = cohort.last_values[judged], cohort.mean_values[judged]
    shares = cohort.known_shares[judged]
    for source, positions in sources_of(cohort.values.columns).items():
        candidates = [
            ("its last value", _of_level(last[:, positions], positive)),
            ("its last value", _of_code(last[:, positions], positive)),
            *(("its mean over the visits", means[:, position]) for position in positions),
            ("its being missing at the last visit", np.isnan(last[:, positions[0]]).astype(float)),
            ("how often it is known", shares[:, positions[0]]),
        ]
        areas = [(_distance(scores, positive), -rank) for rank, (_, scores) in enumerate(candidates)]
        area, rank = max(areas)
        what = candidates[-rank][0]
        if area == 1.0 and cohort.values.rules[source].use == "feature":
            raise UserError(
                f"{SETTING}.columns: {source}: {what} alone tells the outcome of every patient; if it is a copy of the "
                "outcome, take it out of columns, or write use: on_request"
            )
        if area > MOST_TELLING:
            detail = f"{what} alone separates the event from no event"
            yield Finding(source, TELLS_THE_OUTCOME, area, MOST_TELLING, detail)


def _distance(scores: np.ndarray, positive: np.ndarray) -> float:
    """AUC of the better direction, of those whose score is known; 1/2 where these are too few to be judged."""
    scored = ~np.isnan(scores)
    if not _enough(positive[scored]):
        return 0.5
    area = auc(scores[scored], positive[scored])
    return max(area, 1 - area)


def _of_level(own: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """A number a patient: that of a number or flag; of a category the share of events at the level."""
    if own.shape[1] == 1:
        return own[:, 0]
    missing = np.isnan(own).all(axis=1)
    return _shares(np.where(missing, np.nan, np.nan_to_num(own).argmax(axis=1)), positive)


def _of_code(own: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """The share of events at the value of a number that has few of them; else unknown of everybody."""
    values = np.unique(own[~np.isnan(own)])
    n_known = int((~np.isnan(own)).sum())
    if own.shape[1] > 1 or len(values) > min(_MOST_CODES, n_known / _PATIENTS_A_CODE):
        return np.full(len(own), np.nan)
    return _shares(own[:, 0], positive)


def _shares(values: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """The share of events among all who have the value of a patient; unknown where this is."""
    shares: np.ndarray = pd.Series(positive.astype(float)).groupby(values).transform("mean").to_numpy()
    return shares


def _window(cohort: Cohort) -> Iterator[Finding]:
    judged, positive = _judged(cohort)
    if not _enough(positive):
        return
    patients = [patient for patient, use in zip(cohort.patients, judged, strict=True) if use]
    measured = {
        "visits": np.array([len(patient.years) for patient in patients], dtype=float),
        "years_of_history": np.array([-patient.years[0] for patient in patients]),
        "years_since_last_visit": np.array([-patient.years[-1] for patient in patients]),
    }
    for name, numbers in measured.items():
        area = auc(numbers, positive)
        limit = max(WINDOW_DIFFERS, _of_chance(numbers, positive))
        if abs(area - 0.5) > limit:
            means = f"{numbers[positive].mean():.3g} with the event, {numbers[~positive].mean():.3g} free of it"
            detail = f"{WINDOW[name]}, on average {means}: care that follows risk, or a window that follows the class"
            yield Finding(name, WINDOW_DEPENDS_ON_OUTCOME, area, 0.5 + limit, detail)


def _of_chance(numbers: np.ndarray, positive: np.ndarray) -> float:
    """How far from 1/2 an AUC is by chance: normal approximation of Mann and Whitney's test, with ties."""
    n, first = len(numbers), int(positive.sum())
    _, ties = np.unique(numbers, return_counts=True)
    tied = float((ties.astype(float) ** 3 - ties).sum()) / (n * (n - 1))
    deviation = np.sqrt(max(n + 1 - tied, 0.0) / (12 * first * (n - first)))
    return float(NormalDist().inv_cdf((1 + _CONFIDENCE) / 2) * deviation)


def _imputed(cohort: Cohort) -> Iterator[Finding]:
    for source, cells in cohort.values.written.items():
        if imputed := imputed_cells(cells):
            yield Finding(source, LOOKS_IMPUTED, imputed.cells, 0.0, imputed.words)


def _missing(cohort: Cohort) -> Iterator[Finding]:
    """Codes for missing values that no setting names. They are said at once: they spoil every run."""
    for source, cells in cohort.values.written.items():
        if codes := missing_codes(cells):
            log.warning(
                "%s.columns: %s: %s; if such a number says that nothing is known, add it to missing",
                *(SETTING, source, codes.words),
            )
            yield Finding(source, LOOKS_MISSING, codes.cells, 0.0, codes.words)


def _after_outcome(cohort: Cohort) -> Iterator[Finding]:
    late = cohort.late
    if late.after_event:
        words = f"visits of {late.patients_after_event} patients after the event, left out; one of them would know it"
        yield Finding("time of the visit", AFTER_OUTCOME, late.after_event, 0.0, words)
