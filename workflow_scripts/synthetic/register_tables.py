"""A cohort as the tables of a register: words, dates, and empty cells where nobody wrote anything down.

The columns are those of docs/examples/hpvsim.yaml. What is recorded anew at each visit (parity, contraception) is
noise.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workflow_scripts.synthetic import cohort as cohorts
from workflow_scripts.synthetic import screening_programme as programme
from workflow_scripts.synthetic import screening_tests as tests
from workflow_scripts.synthetic.cohort import Cohort

CONTRACEPTION, CONTRACEPTION_SHARES = ("none", "pill", "iud", "condom", "other"), (0.35, 0.28, 0.155, 0.12, 0.095)
# Share of cells that nobody filled in.
EMPTY = {"smoking": 0.23, "parity": 0.12, "contraception": 0.27, "vaccinated": 0.10}
_DAY, _DAYS_A_YEAR = np.datetime64("2000-01-01"), 365.25


def register_tables(
    cohort: Cohort, names: Sequence[str], rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Visits and outcomes as text; `names`: what each woman is called."""
    visits, women = cohort.visits, cohort.women
    called = np.array(names)
    number = numbers_of_visits(visits.woman)
    age = visits.time - women.births[visits.woman]
    colposcopy = visits.reason == programme.COLPOSCOPY
    table = {
        "patient": called[visits.woman],
        "visit": number,
        "date": dates(visits.time),
        "age": np.char.mod("%.1f", age),
        "visit_type": np.array(programme.KINDS)[visits.reason],
        "hpv_result": _words(tests.HPV_WORDS, visits.hpv),
        "hpv_type": _words(tests.SHOWN_TYPES, visits.shown),
        "hpv_multiple": _words(("no", "yes"), visits.multiple),
        "cytology": _words(tests.CYTOLOGY, visits.cytology),
        "p16_ki67": _words(("negative", "positive"), visits.stain),
        "colposcopy_done": colposcopy.astype(int),
        "colposcopy_impression": _words(tests.IMPRESSIONS, visits.impression),
        "biopsy": _words(tests.BIOPSIES, visits.biopsy),
        "treatment": _words(programme.TREATMENT_WORDS, visits.treatment),
        "lab": _words(tests.LABS, women.lab[visits.woman]),
        "smoking": _words(cohorts.SMOKING, women.smoking[visits.woman]),
        "parity": _parity(age, visits.woman, rng),
        "contraception": rng.choice(CONTRACEPTION, len(age), p=CONTRACEPTION_SHARES),
        "vaccinated": _words(("no", "yes"), women.vaccinated[visits.woman].astype(int)),
    }
    frame = pd.DataFrame(table).astype(str)
    for column, share in EMPTY.items():
        frame.loc[rng.random(len(frame)) < share, column] = ""
    return frame, _outcome_table(cohort, called, number)


def _outcome_table(cohort: Cohort, called: np.ndarray, number: np.ndarray) -> pd.DataFrame:
    """A row a woman, as text."""
    outcomes = cohort.outcomes
    has_index = outcomes.index >= 0
    followed = (outcomes.entry < cohorts.LANDMARK) & (outcomes.end > cohorts.LANDMARK)
    table = {
        "patient": called,
        "entry_date": dates(outcomes.entry),
        "n_visits": np.bincount(cohort.visits.woman, minlength=len(called)),
        "cin2plus_date": dates(outcomes.cin2),
        "cin3plus_date": dates(outcomes.cin3),
        "cancer_date": dates(outcomes.cancer),
        "end_of_followup": dates(outcomes.end),
        "end_reason": _words(cohorts.END_WORDS, outcomes.reason),
        "at_landmark": (followed & ~(outcomes.cin2 < cohorts.LANDMARK)).astype(int),
        "index_visit": np.where(has_index, number[outcomes.index].astype(str), ""),
        "index_date": dates(cohort.index_time),
    }
    return pd.DataFrame(table).astype(str)


def dates(times: np.ndarray) -> np.ndarray:
    """Calendar years as ISO dates, empty for NaN; what ends with the calendar ends on its last day."""
    days = np.floor((np.nan_to_num(times, nan=2000.0) - 2000.0) * _DAYS_A_YEAR).astype(int)
    last = (np.datetime64("2019-12-31") - _DAY).astype(int)
    text = np.datetime_as_string(_DAY + np.minimum(days, last), unit="D")
    return np.where(np.isnan(times), "", text)


def numbers_of_visits(woman: np.ndarray) -> np.ndarray:
    """1 to n of each woman, of visits by woman and time."""
    first = np.searchsorted(woman, woman)
    return np.arange(len(woman)) - first + 1


def _words(words: tuple[str, ...], numbers: np.ndarray) -> np.ndarray:
    """The word of each number; -1 is an empty cell."""
    return np.array([*words, ""])[numbers]


def _parity(age: np.ndarray, woman: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Children born so far, of what a woman has in all, at the age of each visit."""
    families = rng.choice(5, int(woman.max(initial=-1)) + 1, p=(0.18, 0.20, 0.40, 0.16, 0.06))
    born = np.clip((age - 22.0) / 3.5, 0, None).astype(int)
    return np.minimum(families[woman], born)
