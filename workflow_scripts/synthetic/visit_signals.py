"""What the risk of a woman depends on: her history as it was drawn, her last visit alone, or nothing.

Where it is not the history, all that happened after the landmark is taken back and drawn anew: CIN2 or worse within
YEARS, of a risk that only what the last visit shows, or nobody, decides on. The landmark is the index sample; of women
without one it is LANDMARK.
"""

from dataclasses import replace

import numpy as np

from workflow_scripts.synthetic import screening_tests as tests
from workflow_scripts.synthetic.cohort import CANCER_FOUND, END_OF_STUDY, ENDS, LANDMARK, Cohort, Outcomes
from workflow_scripts.synthetic.screening_programme import COLPOSCOPY, NO_TREATMENT, Visits, joined

YEARS, SOONEST = 3.0, 0.15
# Log-odds of the event after a visit, by what it shows; the first is that of a visit with nothing to show.
BASE, POSITIVE, OF_16, OF_18, SEVERAL = -5.0, 2.5, 1.2, 0.8, 0.5
STAINED, UNSTAINED, CHANGED = 1.1, -0.4, 1.5
# Where nothing decides: the share of women with the event, after an index sample and after any other visit.
INDEX_SHARE, SHARE = 0.125, 0.02


def with_signal(cohort: Cohort, signal: str, rng: np.random.Generator) -> Cohort:
    """The cohort whose outcomes depend on `signal`: temporal, static, or none."""
    return cohort if signal == "temporal" else _drawn_anew(cohort, signal, rng)


def shown_risk(visits: Visits) -> np.ndarray:
    """The chance of the event within YEARS after each visit, by what it shows."""
    odds = BASE + POSITIVE * (visits.hpv == tests.POSITIVE)
    odds = odds + OF_16 * (visits.shown == tests.TYPE_16) + OF_18 * (visits.shown == tests.TYPE_18)
    odds = odds + SEVERAL * (visits.multiple == 1)
    odds = odds + STAINED * (visits.stain == 1) + UNSTAINED * (visits.stain == 0)
    changed = (visits.cytology >= tests.ASC_US) & (visits.cytology <= tests.SCC)
    return 1 / (1 + np.exp(-(odds + CHANGED * changed)))


def last_known(cohort: Cohort) -> np.ndarray:
    """The position of each woman's last visit at her landmark; -1: she had none, or the event came before."""
    visits, outcomes = cohort.visits, cohort.outcomes
    last = np.full(len(outcomes.end), -1)
    before = np.flatnonzero(visits.time < LANDMARK)
    last[visits.woman[before]] = before
    last[(outcomes.cin2 < LANDMARK) | (outcomes.end < LANDMARK)] = -1
    return np.where(outcomes.index >= 0, outcomes.index, last)


def _drawn_anew(cohort: Cohort, signal: str, rng: np.random.Generator) -> Cohort:
    visits, outcomes, last = cohort.visits, cohort.outcomes, last_known(cohort)
    has_landmark, has_index = last >= 0, outcomes.index >= 0
    share = np.where(has_index, INDEX_SHARE, SHARE)
    risk = np.where(has_landmark, shown_risk(visits)[last] if signal == "static" else share, np.nan)
    landmark = np.where(has_index, visits.time[last], LANDMARK)
    event = landmark + rng.uniform(SOONEST, YEARS, len(last))
    end = np.where(has_landmark & (outcomes.reason == CANCER_FOUND), ENDS, outcomes.end)
    happens = has_landmark & (rng.random(len(last)) < np.nan_to_num(risk)) & (event < end)
    is_cin3 = rng.random(len(last)) < 0.5
    kept = ~has_landmark[visits.woman] | (np.arange(len(visits.woman)) <= last[visits.woman])
    biopsies = _biopsies(np.flatnonzero(happens), event, is_cin3)
    whole = joined([visits.rows(kept), biopsies])
    drawn = Outcomes(
        entry=outcomes.entry,
        cin2=np.where(has_landmark, np.where(happens, event, np.nan), outcomes.cin2),
        cin3=np.where(has_landmark, np.where(happens & is_cin3, event, np.nan), outcomes.cin3),
        cancer=np.where(has_landmark, np.nan, outcomes.cancer),
        end=end,
        reason=np.where(has_landmark & (outcomes.reason == CANCER_FOUND), END_OF_STUDY, outcomes.reason),
        index=np.where(has_index, _positions(whole, landmark), -1),
    )
    return replace(cohort, visits=whole, outcomes=drawn, risk=risk)


def _positions(visits: Visits, times: np.ndarray) -> np.ndarray:
    """Of each woman: the position of her visit at a time of `times`, of visits by woman and time."""
    at = np.full(len(times), -1)
    hits = np.flatnonzero(visits.time == times[visits.woman])
    at[visits.woman[hits]] = hits
    return at


def _biopsies(women: np.ndarray, event: np.ndarray, is_cin3: np.ndarray) -> Visits:
    """The colposcopy of each of these women at which the event is found."""
    unknown, none = np.full(len(women), tests.UNKNOWN), np.zeros(len(women), dtype=int)
    high_grade = np.full(len(women), tests.IMPRESSIONS.index("high_grade"))
    return Visits(
        woman=women,
        time=event[women],
        reason=np.full(len(women), COLPOSCOPY),
        hpv=unknown,
        shown=unknown,
        multiple=unknown,
        cytology=unknown,
        stain=unknown,
        impression=high_grade,
        biopsy=np.where(is_cin3[women], tests.BIOPSY_CIN3, tests.BIOPSY_CIN2),
        treatment=none + NO_TREATMENT,
        state=none,
        infected=none.astype(float),
    )
