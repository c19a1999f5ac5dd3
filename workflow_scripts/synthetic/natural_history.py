"""Infections with human papillomavirus (HPV) and lesions of the cervix of many women at once, in continuous time.

Forms and the course of an infection are those of HPVsim (Stuart et al., PLOS Comput Biol 2024;20(7):e1012181): an
infection lasts a lognormal time and is cleared, or becomes a lesion, the likelier the longer it lasted; the severity of
a lesion grows by a logistic curve, whose cut-offs 0.33 and 0.67 (HPVsim 1) tell grades; a lesion regresses, or becomes
cancer. Infections come at a rate of age, not of partners. The numbers are set so that prevalence by age, types and
persistence come near a cohort that was drawn from HPVsim 3.2.1, not those of a country.
"""

from dataclasses import dataclass

import numpy as np

NONE, INFECTION, CIN1, CIN2, CIN3, CANCER = range(6)
# Severity from which on a lesion is CIN2, and CIN3; years at which the curve of severity reaches 1.
CUTS, TO_ONE = (0.33, 0.67), 50.0
# Of a lesion: severity times years, to the rate of becoming cancer.
TRANSFORMED = 0.012
# Lesions that begin from this age on last so many times longer (HPVsim's `age_risk`).
LONGER_FROM, LONGER = 30.0, 2.0
# How much less likely an infection is: with a type that was cleared before, after vaccination against it, and with
# another type after any was cleared.
OWN_IMMUNITY, VACCINE, CROSS_IMMUNITY = 0.75, 0.95, 0.1
# Age in years → infections with any type in a susceptible year of a woman with ordinary contacts.
RATE_AGES = (14.0, 16.0, 19.0, 23.0, 26.0, 29.0, 32.0, 37.0, 45.0, 57.0, 70.0)
RATES = (0.0, 0.12, 0.62, 0.62, 0.33, 0.15, 0.086, 0.050, 0.026, 0.010, 0.006)


@dataclass(frozen=True)
class TypeGroup:
    """A type of HPV, or a group. share: of infections; duration, lesion: mean and standard deviation in years.

    growth: of the curves of severity and of the chance of a lesion, a year.
    """

    name: str
    share: float
    duration: tuple[float, float]
    growth: float
    lesion: tuple[float, float]


TYPES = (
    TypeGroup("hpv16", 0.24, (2.0, 2.4), 0.58, (2.2, 3.2)),
    TypeGroup("hpv18", 0.12, (1.9, 2.2), 0.54, (2.2, 3.2)),
    TypeGroup("hi5", 0.34, (1.6, 1.9), 0.32, (1.8, 2.8)),
    TypeGroup("ohr", 0.30, (1.4, 1.7), 0.24, (1.8, 2.8)),
)
SHARES = np.array([group.share for group in TYPES])
GROWTH = np.array([group.growth for group in TYPES])
_VACCINATED_AGAINST = np.array([True, True, False, False])


def severity(years: np.ndarray, growth: np.ndarray) -> np.ndarray:
    """HPVsim's logistic curve through 0 at 0 years and 1 at TO_ONE (its `logf2` with the inflexion at 0)."""
    return np.minimum(1.0, np.tanh(growth * years / 2) / np.tanh(growth * TO_ONE / 2))


class Infections:
    """The infection of every woman with every type: when it began, became a lesion, became cancer, and ends.

    All times are calendar years, arrays women×types; an infection that is over has its end in the past. severities:
    how fast the lesions of each woman grow, 1 on average; contacts: factor of her rate of infections.
    """

    def __init__(
        self,
        births: np.ndarray,
        severities: np.ndarray,
        contacts: np.ndarray,
        vaccinated: np.ndarray,
        rng: np.random.Generator,
    ) -> None:
        shape = (len(births), len(TYPES))
        self.births, self.severities, self.rng = births, severities, rng
        self.start, self.lesion, self.cancer = (np.full(shape, np.inf) for _ in range(3))
        self.end = np.full(shape, -np.inf)
        protected = vaccinated[:, None] & _VACCINATED_AGAINST
        self._susceptible = contacts[:, None] * SHARES * np.where(protected, 1 - VACCINE, 1.0)
        self._immune = np.zeros(shape, dtype=bool)

    def infect(self, begin: float, years: float) -> None:
        """Draw the infections that begin in `years` from `begin` on."""
        rates = np.interp(begin - self.births, RATE_AGES, RATES) * years
        over = self.end <= begin
        self._immune |= over & np.isfinite(self.end)
        factor = self._susceptible * np.where(self._immune, 1 - OWN_IMMUNITY, 1.0)
        factor *= np.where(self._immune.any(axis=1, keepdims=True), 1 - CROSS_IMMUNITY, 1.0)
        new = over & (self.rng.random(over.shape) < rates[:, None] * factor)
        women, types = np.nonzero(new)
        self._begin(women, types, begin + years * self.rng.random(len(women)))

    def _begin(self, women: np.ndarray, types: np.ndarray, start: np.ndarray) -> None:
        """Draw the course of new infections."""
        speed = self.severities[women]
        duration = self._lognormal(types, [group.duration for group in TYPES])
        is_lesion = self.rng.random(len(women)) < severity(duration * speed, GROWTH[types])
        lasting = self._lognormal(types, [group.lesion for group in TYPES])
        lasting *= np.where(start + duration - self.births[women] >= LONGER_FROM, LONGER, 1.0)
        # The mean severity over a lesion that grows from 0 is near half of that at its end.
        burden = lasting * severity(lasting * speed, GROWTH[types]) / 2
        is_cancer = is_lesion & (self.rng.random(len(women)) < 1 - np.exp(-TRANSFORMED * burden))
        lesion = np.where(is_lesion, start + duration, np.inf)
        end = start + duration + np.where(is_lesion, lasting, 0.0)
        at = (women, types)
        self.start[at], self.lesion[at] = start, lesion
        self.cancer[at] = np.where(is_cancer, end, np.inf)
        self.end[at] = np.where(is_cancer, np.inf, end)

    def _lognormal(self, types: np.ndarray, moments: list[tuple[float, float]]) -> np.ndarray:
        """Lognormal years with the mean and the standard deviation of each type."""
        mean, deviation = np.array(moments).T
        spread = np.log1p((deviation / mean) ** 2)
        middle = np.log(mean) - spread / 2
        return np.exp(middle[types] + np.sqrt(spread)[types] * self.rng.standard_normal(len(types)))

    def states(self, women: np.ndarray, times: np.ndarray) -> np.ndarray:
        """int women×types: NONE to CANCER, of each woman at a time of her own."""
        at = times[:, None]
        present = (self.start[women] <= at) & (at < self.end[women])
        lesion = present & (self.lesion[women] <= at)
        years = np.where(lesion, at - np.where(lesion, self.lesion[women], at), 0.0)
        grown = severity(years * self.severities[women][:, None], GROWTH)
        grade = CIN1 + (grown > CUTS[0]).astype(int) + (grown > CUTS[1])
        state = np.where(lesion, grade, np.where(present, INFECTION, NONE))
        return np.where(self.cancer[women] <= at, CANCER, state)

    def years_infected(self, women: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Years women×types since the infection began, 0 where there is none."""
        at = times[:, None]
        present = (self.start[women] <= at) & (at < self.end[women])
        return np.where(present, at - np.where(present, self.start[women], at), 0.0)

    def remove_lesions(self, women: np.ndarray, times: np.ndarray, cleared: float) -> None:
        """Take out the lesions of women, each at her time; `cleared`: the share whose infections end with them."""
        at = times[:, None]
        present = (self.start[women] <= at) & (at < self.end[women])
        lesion = present & (self.lesion[women] <= at)
        ends = (present & (self.rng.random((len(women), 1)) < cleared)) | lesion
        # Where the infection outlasts the lesion, it goes on as one that has just begun.
        lasts = lesion & (self.rng.random(lesion.shape) >= cleared)
        self.end[women] = np.where(ends, at, self.end[women])
        self.cancer[women] = np.where(lesion, np.inf, self.cancer[women])
        rows, types = np.nonzero(lasts)
        self._begin(women[rows], types, times[rows])
