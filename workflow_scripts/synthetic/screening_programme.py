"""A screening programme that follows many women at once: who is invited when, who comes, and what it leads to.

Cytology every three years, every five from 50 on, with an HPV test of minor changes; from 2008 on the HPV test first. A
positive test with normal cytology leads to recall after a year, and to colposcopy where it stains positive, shows 16
or 18 for the second time, or is positive for the third time. Lesions from CIN2 on are treated, with a test of cure half
a year later. Ages, intervals and the shares of who comes are those of the simulated register that
natural_history names.
"""

from dataclasses import dataclass, fields

import numpy as np

from workflow_scripts.synthetic import screening_tests as tests
from workflow_scripts.synthetic.natural_history import CANCER, CIN2, Infections

ROUTINE, EARLY_RECALL, REPEAT, TEST_OF_CURE, COLPOSCOPY, TREATMENT, SYMPTOMS = range(7)
KINDS = ("sample", "sample", "sample", "sample", "colposcopy", "treatment", "symptoms")
TREATMENTS = NO_TREATMENT, LLETZ, ABLATION, CANCER_TREATMENT = range(4)
TREATMENT_WORDS = ("none", "LLETZ", "ablation", "cancer_treatment")
HPV_FIRST, FIRST_AGE, LATER_AGE, LAST_AGE = 2008.0, 24.7, 50.0, 65.0
ROUTINE_YEARS, LATER_YEARS = 3.0, 5.0
# Shortest delay, and mean of what comes on top of it, in years; colposcopy and treatment: between the two.
_DELAYS = {ROUTINE: (0.02, 0.33), EARLY_RECALL: (0.9, 0.18), REPEAT: (0.22, 0.17), TEST_OF_CURE: (0.48, 0.13)}
_SOON = {COLPOSCOPY: (0.05, 0.28), TREATMENT: (0.04, 0.22)}
# Who does not come is invited again after so many years, between the two.
_AGAIN, _AGAIN_ROUTINE = (0.25, 0.6), (0.6, 2.0)
# How often women of three groups come, and the shares of the groups.
ATTENDANCE, ATTENDANCE_SHARES = np.array([0.97, 0.82, 0.5]), (0.7, 0.2, 0.1)
LESS_TREATED, ABLATED, RESIDUE, CLEARED_WITH_LESION = 0.76, 0.065, 0.07, 0.8
# Rate at which a cancer that nobody knows of is noticed, a year.
NOTICED = 0.35


@dataclass(frozen=True)
class Visits:
    """A row a visit; numbers as in screening_tests, -1 where nothing was done. time: calendar years; reason: above.

    state and infected are the truth: the worst state of natural_history, and years with the longest infection.
    """

    woman: np.ndarray
    time: np.ndarray
    reason: np.ndarray
    hpv: np.ndarray
    shown: np.ndarray
    multiple: np.ndarray
    cytology: np.ndarray
    stain: np.ndarray
    impression: np.ndarray
    biopsy: np.ndarray
    treatment: np.ndarray
    state: np.ndarray
    infected: np.ndarray

    def rows(self, chosen: np.ndarray) -> "Visits":
        """Those of a mask, or in the order of positions."""
        return Visits(*(getattr(self, field.name)[chosen] for field in fields(self)))


def joined(parts: list[Visits]) -> Visits:
    """All visits, by woman and time."""
    whole = Visits(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Visits)))
    return whole.rows(np.lexsort((whole.time, whole.woman)))


class Programme:
    """The state of the programme: what each woman waits for, and when.

    arrives, leaves: when each woman comes into its reach, and out of it; labs: who reads her smears; begin: when the
    programme begins. Times are calendar years. The visits of every step are in `visits`.
    """

    def __init__(
        self,
        infections: Infections,
        arrives: np.ndarray,
        leaves: np.ndarray,
        labs: np.ndarray,
        begin: float,
        rng: np.random.Generator,
    ) -> None:
        count = len(leaves)
        self.infections, self.labs, self.rng = infections, labs, rng
        self.leaves = leaves.copy()
        self.attendance = ATTENDANCE[rng.choice(3, count, p=ATTENDANCE_SHARES)]
        self.waits_for = np.full(count, ROUTINE)
        first = infections.births + FIRST_AGE + rng.exponential(0.45, count)
        # Those who are older when the programme begins come in their turn.
        self.due = np.maximum(first, np.maximum(begin, arrives) + rng.uniform(0, ROUTINE_YEARS, count))
        self.positives = np.zeros(count, dtype=int)
        self.has_cancer = np.zeros(count, dtype=bool)
        self.visits: list[Visits] = []

    def step(self, begin: float, years: float) -> None:
        """All that is due before the end of the step; who does not come is invited again."""
        self._notice_cancers(begin, years)
        women = np.flatnonzero(self.due < np.minimum(begin + years, self.leaves))
        women = women[self.due[women] < self.infections.births[women] + LAST_AGE]
        comes = self.rng.random(len(women)) < self.attendance[women]
        comes |= np.isin(self.waits_for[women], (TREATMENT, SYMPTOMS))
        self._invite_again(women[~comes])
        women = women[comes]
        kind = self.waits_for[women]
        for members, act in (
            (kind < COLPOSCOPY, self._sample),
            (kind == COLPOSCOPY, self._colposcopy),
            (kind == TREATMENT, self._treat),
            (kind == SYMPTOMS, self._diagnose),
        ):
            if members.any():
                act(women[members])

    def _invite_again(self, women: np.ndarray) -> None:
        low, high = (
            np.where(self.waits_for[women] == ROUTINE, late, soon)
            for late, soon in zip(_AGAIN_ROUTINE, _AGAIN, strict=True)
        )
        self.due[women] += self.rng.uniform(low, high)

    def _notice_cancers(self, begin: float, years: float) -> None:
        unknown = (self.infections.cancer <= begin).any(axis=1) & (self.waits_for < COLPOSCOPY) & (self.leaves > begin)
        women = np.flatnonzero(unknown & (self.rng.random(len(unknown)) < NOTICED * years))
        self.waits_for[women] = SYMPTOMS
        self.due[women] = begin + self.rng.uniform(0.05, 0.2, len(women))

    def _sample(self, women: np.ndarray) -> None:
        """HPV test and smear, and what follows from them."""
        times, rng = self.due[women], self.rng
        states = self.infections.states(women, times)
        worst, cure = states.max(axis=1), self.waits_for[women] == TEST_OF_CURE
        hpv_first = times >= HPV_FIRST
        smear = tests.cytology(worst, self.labs[women], rng)
        minor = np.isin(smear, (tests.ASC_US, tests.LSIL))
        tested = hpv_first | cure | (minor & (rng.random(len(women)) < 0.95))
        hpv = tests.hpv_test(states, tests.UNTYPED, rng)
        untyped = ~hpv_first & (rng.random(len(women)) < 0.7)
        result = np.where(tested, hpv.result, tests.UNKNOWN)
        positive = result == tests.POSITIVE
        read = ~hpv_first | cure | (rng.random(len(women)) < np.where(positive, 0.975, 0.042))
        smear = np.where(read, smear, tests.UNKNOWN)
        stains = tests.STAINING[self.labs[women]] & (times >= tests.STAIN_FROM) & positive & (smear == tests.NILM)
        stains &= ~cure
        stain = np.where(stains, tests.dual_stain(worst, rng), tests.UNKNOWN)
        hidden = ~tested | (untyped & positive)
        shown, multiple = (np.where(hidden, tests.UNKNOWN, value) for value in (hpv.shown, hpv.multiple))
        self._record(women, hpv=result, shown=shown, multiple=multiple, cytology=smear, stain=stain)
        kept = self.positives[women] * (result == tests.INVALID)
        self.positives[women] = np.where(positive, self.positives[women] + 1, kept)
        dangerous = np.isin(shown, (tests.TYPE_16, tests.TYPE_18))
        self._after_sample(women, result, smear, dangerous, stain == 1, cure)

    def _after_sample(
        self,
        women: np.ndarray,
        result: np.ndarray,
        smear: np.ndarray,
        dangerous: np.ndarray,
        stained: np.ndarray,
        cure: np.ndarray,
    ) -> None:
        positive, hpv_first = result == tests.POSITIVE, self.due[women] >= HPV_FIRST
        changed = (smear >= tests.ASC_US) & (smear <= tests.SCC)
        severe = (smear >= tests.ASC_H) & (smear <= tests.SCC)
        times = self.positives[women]
        referred = positive & (changed | stained | cure | (dangerous & (times >= 2)) | (times >= 3))
        referred |= severe | (cure & changed)
        unclear = (result == tests.INVALID) | (~hpv_first & (smear == tests.UNSATISFACTORY))
        unclear |= positive & ((smear == tests.UNKNOWN) | (smear == tests.UNSATISFACTORY))
        recalled = positive | (changed & (result == tests.UNKNOWN))
        follows = np.select([referred, unclear, recalled], [COLPOSCOPY, REPEAT, EARLY_RECALL], ROUTINE)
        self._plan(women, follows)

    def _colposcopy(self, women: np.ndarray) -> None:
        times, rng = self.due[women], self.rng
        worst = self.infections.states(women, times).max(axis=1)
        impression, biopsy = tests.colposcopy(worst, rng)
        self._record(women, impression=impression, biopsy=biopsy)
        chance = np.select([biopsy >= tests.BIOPSY_CIN3, biopsy == tests.BIOPSY_CIN2], [1.0, LESS_TREATED], 0.037)
        treated = rng.random(len(women)) < chance
        watched = ~treated & (biopsy == tests.BIOPSY_CIN2)
        self._plan(women, np.select([treated, watched], [TREATMENT, COLPOSCOPY], EARLY_RECALL))
        self.due[women[watched]] += 0.45
        cancer = biopsy == tests.BIOPSY_CANCER
        self._treat_cancer(women[cancer], times[cancer])

    def _treat(self, women: np.ndarray) -> None:
        times, rng = self.due[women], self.rng
        worst = self.infections.states(women, times).max(axis=1)
        ablated = (rng.random(len(women)) < ABLATED) & (worst < CANCER)
        biopsy = np.where(ablated, tests.NOT_TAKEN, tests.specimen(worst, rng))
        self._record(women, biopsy=biopsy, treatment=np.where(ablated, ABLATION, LLETZ))
        clean = (rng.random(len(women)) >= RESIDUE) | (worst < CIN2)
        self.infections.remove_lesions(women[clean], times[clean], CLEARED_WITH_LESION)
        self.positives[women] = 0
        self._plan(women, np.full(len(women), TEST_OF_CURE))
        cancer = biopsy == tests.BIOPSY_CANCER
        self._treat_cancer(women[cancer], times[cancer])

    def _diagnose(self, women: np.ndarray) -> None:
        """Cancer that showed itself."""
        self._record(women, biopsy=np.full(len(women), tests.BIOPSY_CANCER))
        self._treat_cancer(women, self.due[women])

    def _treat_cancer(self, women: np.ndarray, times: np.ndarray) -> None:
        """Treat a cancer that became known; the follow-up ends with it."""
        self.waits_for[women] = TREATMENT
        self.due[women] = times + self.rng.uniform(0.04, 0.12, len(women))
        treatment = np.full(len(women), CANCER_TREATMENT)
        self._record(women, treatment=treatment)
        self.leaves[women] = np.minimum(self.leaves[women], self.due[women])
        self.has_cancer[women] = True
        self.due[women] = np.inf

    def _plan(self, women: np.ndarray, follows: np.ndarray) -> None:
        """What each woman waits for from now on, and when it is due."""
        now, rng = self.due[women], self.rng
        later = now - self.infections.births[women] >= LATER_AGE
        interval = np.where(later, LATER_YEARS, ROUTINE_YEARS)
        delay = np.zeros(len(women))
        for kind, (shortest, mean) in _DELAYS.items():
            drawn = shortest + rng.exponential(mean, len(women))
            delay = np.where(follows == kind, drawn + (interval if kind == ROUTINE else 0.0), delay)
        for kind, (shortest, longest) in _SOON.items():
            delay = np.where(follows == kind, rng.uniform(shortest, longest, len(women)), delay)
        self.waits_for[women] = follows
        self.due[women] = now + delay

    def _record(self, women: np.ndarray, **results: np.ndarray) -> None:
        """Keep the visits of women; what was not done is -1, no biopsy and no treatment are 0."""
        usual = dict.fromkeys(("hpv", "shown", "multiple", "cytology", "stain", "impression"), tests.UNKNOWN)
        columns = {name: np.full(len(women), value) for name, value in (usual | {"biopsy": 0, "treatment": 0}).items()}
        times = self.due[women]
        columns["state"] = self.infections.states(women, times).max(axis=1)
        columns["infected"] = self.infections.years_infected(women, times).max(axis=1)
        self.visits.append(Visits(women, times, self.waits_for[women], **(columns | results)))
