"""A screening register of women who do not exist: what they were tested for, what became of them, and the truth.

One generator draws all of a cohort: infections and lesions (natural_history), the programme (screening_programme), and
what women leave it for. Times are calendar years of a fictional calendar; the register records from 2005 to the end of
2019, the programme runs since 1990. A woman's outcome is her first CIN2 or worse that a biopsy confirmed.
"""

from dataclasses import dataclass, replace

import numpy as np

from workflow_scripts.synthetic import screening_tests as tests
from workflow_scripts.synthetic.natural_history import Infections
from workflow_scripts.synthetic.screening_programme import COLPOSCOPY, LAST_AGE, Programme, Visits, joined

RECORDED, ENDS, LANDMARK = 2005.0, 2020.0, 2014.0
PROGRAMME, BURN_IN, STEP = 1990.0, 1980.0, 0.25
BORN = (1947.0, 1994.6)
# Share of women who move here while the register records.
ARRIVE = 0.14
# An index sample is HPV-positive with normal cytology, of these years, and of a woman who is invited for three years
# more: else all but those with an event would be lost at one age, and the age would tell the event.
INDEX_YEARS, INDEX_AGE = (2012.0, 2017.0), LAST_AGE - 3.0
END_REASONS = END_OF_STUDY, MOVED, AGED_OUT, DEATH, HYSTERECTOMY, CANCER_FOUND = range(6)
END_WORDS = ("end_of_study", "moved", "aged_out", "death", "hysterectomy", "cancer")
# Rates a year of moving, of hysterectomy from an age on, and of death at an age (Gompertz).
MOVES, HYSTERECTOMIES, FROM_AGE = 0.0115, 0.006, 32.0
DEATH_AT, DEATH_AGE, DEATH_GROWS = 0.0006, 40.0, 0.095
SMOKING = ("never", "former", "current")
# Girls are vaccinated from 2007 on, and some of those who were out of school by then.
VACCINATED_BORN, VACCINATED_SHARE = 1989.5, 0.45
# Of all women that are drawn, so many more, because some never come.
SPARE = 1.12


@dataclass(frozen=True)
class Women:
    """What does not change: calendar year of birth; numbers of LABS and SMOKING; severity: the speed of lesions."""

    births: np.ndarray
    lab: np.ndarray
    smoking: np.ndarray
    vaccinated: np.ndarray
    severity: np.ndarray

    def rows(self, chosen: np.ndarray) -> "Women":
        """Those at positions."""
        return Women(
            self.births[chosen],
            self.lab[chosen],
            self.smoking[chosen],
            self.vaccinated[chosen],
            self.severity[chosen],
        )


@dataclass(frozen=True)
class Outcomes:
    """A row a woman; times NaN where there was none. index: position among all visits, -1 where she has no index."""

    entry: np.ndarray
    cin2: np.ndarray
    cin3: np.ndarray
    cancer: np.ndarray
    end: np.ndarray
    reason: np.ndarray
    index: np.ndarray


@dataclass(frozen=True)
class Cohort:
    """Women, their recorded visits by woman and time, and their outcomes.

    risk: of the event after each woman's landmark, NaN where it was not drawn from a number, see visit_signals.
    """

    women: Women
    visits: Visits
    outcomes: Outcomes
    risk: np.ndarray

    @property
    def index_time(self) -> np.ndarray:
        """The time of each woman's index sample, NaN where she has none."""
        index = self.outcomes.index
        return np.where(index >= 0, self.visits.time[index], np.nan)


def draw_cohort(patients: int, rng: np.random.Generator) -> Cohort:
    """A register of so many women who came at least once."""
    count = int(np.ceil(patients * SPARE)) + 20
    women = _women(count, rng)
    contacts = np.exp(rng.normal(-0.5, 1.0, count))
    infections = Infections(women.births, women.severity, contacts, women.vaccinated, rng)
    leaves, reasons = _leaving(women.births, rng)
    arrives = np.where(rng.random(count) < ARRIVE, rng.uniform(RECORDED, ENDS, count), -np.inf)
    programme = Programme(infections, arrives, leaves, women.lab, PROGRAMME, rng)
    for begin in np.arange(BURN_IN, ENDS, STEP):
        infections.infect(begin, STEP)
        if begin >= PROGRAMME:
            programme.step(begin, STEP)
    reasons = np.where(programme.has_cancer, CANCER_FOUND, reasons)
    return _recorded(patients, women, programme, reasons, rng)


def _women(count: int, rng: np.random.Generator) -> Women:
    births = rng.uniform(*BORN, count)
    smoking = rng.choice(3, count, p=(0.72, 0.06, 0.22))
    speed = rng.normal(1.0, 0.2, count) + np.where(smoking == SMOKING.index("current"), 0.05, -0.01)
    vaccinated = (births >= VACCINATED_BORN) & (rng.random(count) < VACCINATED_SHARE)
    return Women(births, rng.choice(4, count, p=tests.LAB_SHARES), smoking, vaccinated, np.maximum(speed, 0.2))


def _leaving(births: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """When each woman leaves the register, and the reason: what comes first."""
    count, age = len(births), RECORDED - births
    moved = np.maximum(RECORDED, births + 25.0) + rng.exponential(1 / MOVES, count)
    uterus = np.maximum(RECORDED, births + FROM_AGE) + rng.exponential(1 / HYSTERECTOMIES, count)
    # Inverse of the Gompertz distribution, of those who are alive when the register begins.
    rate = DEATH_AT * np.exp(DEATH_GROWS * (age - DEATH_AGE))
    death = RECORDED + np.log1p(DEATH_GROWS * rng.exponential(1.0, count) / rate) / DEATH_GROWS
    times = np.column_stack([np.full(count, ENDS), moved, births + LAST_AGE, death, uterus])
    return times.min(axis=1), times.argmin(axis=1)


def _recorded(
    patients: int, women: Women, programme: Programme, reasons: np.ndarray, rng: np.random.Generator
) -> Cohort:
    """What the register has of the first women who came since it records."""
    visits = joined(programme.visits)
    visits = visits.rows(visits.time >= RECORDED)
    came = np.unique(visits.woman)[:patients]
    visits = visits.rows(np.isin(visits.woman, came))
    visits = replace(visits, woman=np.searchsorted(came, visits.woman))
    chosen = women.rows(came)
    outcomes = _outcomes(visits, chosen.births, programme.leaves[came], reasons[came], rng)
    return Cohort(chosen, visits, outcomes, np.full(len(came), np.nan))


def _outcomes(
    visits: Visits, births: np.ndarray, end: np.ndarray, reason: np.ndarray, rng: np.random.Generator
) -> Outcomes:
    count = len(end)
    cin2 = first_time(visits, visits.biopsy >= tests.BIOPSY_CIN2, count)
    index = np.full(count, -1)
    # A random one among hers: the last that is written, in a random order.
    candidates = rng.permutation(np.flatnonzero(_index_samples(visits, births, cin2)))
    index[visits.woman[candidates]] = candidates
    return Outcomes(
        entry=first_time(visits, np.ones(len(visits.woman), dtype=bool), count),
        cin2=cin2,
        cin3=first_time(visits, visits.biopsy >= tests.BIOPSY_CIN3, count),
        cancer=first_time(visits, visits.biopsy == tests.BIOPSY_CANCER, count),
        end=end,
        reason=reason,
        index=index,
    )


def _index_samples(visits: Visits, births: np.ndarray, cin2: np.ndarray) -> np.ndarray:
    """Bool a visit: HPV-positive with normal cytology, in the years of the index, before any CIN2 of the woman."""
    begin, end = INDEX_YEARS
    dated = (visits.time >= begin) & (visits.time < end)
    dated &= visits.time - births[visits.woman] < INDEX_AGE
    free = ~(cin2[visits.woman] <= visits.time)
    sample = visits.reason < COLPOSCOPY
    return dated & free & sample & (visits.hpv == tests.POSITIVE) & (visits.cytology == tests.NILM)


def first_time(visits: Visits, chosen: np.ndarray, count: int) -> np.ndarray:
    """The time of the first chosen visit of each woman, NaN where she has none."""
    times = np.full(count, np.inf)
    np.minimum.at(times, visits.woman[chosen], visits.time[chosen])
    return np.where(np.isfinite(times), times, np.nan)
