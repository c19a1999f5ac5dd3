"""What the tests of cervical screening show of a woman's true state: HPV test, cytology, stain, colposcopy, biopsy.

Chances by the worst state of a woman, from none to cancer. They are the shares in a register that was simulated with
HPVsim (see natural_history; sensitivity of the HPV test for CIN2 and worse 0.98, specificity 0.92; of cytology from
ASC-US on 0.72 and 0.94), which were set near published ones there. A number of -1 stands for what was not done
or is not known.
"""

from dataclasses import dataclass

import numpy as np

UNKNOWN = -1
HPV_RESULTS = NEGATIVE, POSITIVE, INVALID = range(3)
HPV_WORDS = ("negative", "positive", "invalid")
# What is shown of the types: the most dangerous one.
SHOWN_TYPES = ("none", "16", "18", "other_hr")
TYPE_16, TYPE_18, TYPE_OTHER = 1, 2, 3
CYTOLOGY = ("NILM", "ASC-US", "LSIL", "ASC-H", "HSIL", "AGC", "SCC", "unsatisfactory")
NILM, ASC_US, LSIL, ASC_H, _HSIL, _AGC, SCC, UNSATISFACTORY = range(8)
IMPRESSIONS = ("normal", "low_grade", "high_grade", "cancer")
BIOPSIES = ("none", "negative", "CIN1", "CIN2", "CIN3", "cancer")
NOT_TAKEN, BENIGN, BIOPSY_CIN1, BIOPSY_CIN2, BIOPSY_CIN3, BIOPSY_CANCER = range(6)
LABS = ("A", "B", "C", "D")
LAB_SHARES = (0.37, 0.28, 0.20, 0.15)
# Labs call minor changes ASC-US or LSIL more or less readily; two of them stain from a year on.
LAB_MINOR = np.array([1.0, 0.75, 1.5, 0.95])
STAINING, STAIN_FROM = np.array([True, False, True, False]), 2012.0

HPV_POSITIVE = np.array([0.0135, 0.905, 0.935, 0.95, 0.96, 0.85])
HPV_INVALID, UNTYPED, TYPE_SEEN = 0.013, 0.036, 0.8
UNSATISFACTORY_SHARE = 0.022
# Types of a positive test without an infection: 16, 18, other.
_FALSE_TYPES = np.array([0.2, 0.12, 0.68])
_CYTOLOGY = np.array(
    [
        [0.957, 0.026, 0.008, 0.002, 0.001, 0.006, 0.0],
        [0.805, 0.097, 0.083, 0.003, 0.005, 0.007, 0.0],
        [0.540, 0.150, 0.265, 0.018, 0.020, 0.007, 0.0],
        [0.340, 0.155, 0.190, 0.085, 0.220, 0.010, 0.0],
        [0.175, 0.085, 0.125, 0.130, 0.475, 0.010, 0.0],
        [0.050, 0.030, 0.030, 0.140, 0.450, 0.050, 0.25],
    ]
)
_STAIN_POSITIVE = np.array([0.18, 0.34, 0.45, 0.78, 0.97, 1.0])
_IMPRESSION = np.array(
    [
        [0.674, 0.312, 0.014, 0.0],
        [0.587, 0.394, 0.019, 0.0],
        [0.466, 0.504, 0.030, 0.0],
        [0.218, 0.364, 0.418, 0.0],
        [0.098, 0.341, 0.561, 0.0],
        [0.100, 0.050, 0.270, 0.580],
    ]
)
# By state and impression: as BIOPSIES.
_BIOPSY = np.array(
    [
        [[0.779, 0.195, 0.026, 0, 0, 0], [0.080, 0.716, 0.204, 0, 0, 0], [0, 0.3, 0.3, 0.35, 0.05, 0]],
        [[0.732, 0.195, 0.073, 0, 0, 0], [0.010, 0.655, 0.311, 0.024, 0, 0], [0, 0.15, 0.35, 0.40, 0.10, 0]],
        [[0.557, 0.164, 0.279, 0, 0, 0], [0.012, 0.300, 0.655, 0.028, 0.005, 0], [0, 0.05, 0.25, 0.55, 0.15, 0]],
        [[0.626, 0.136, 0.238, 0, 0, 0], [0.020, 0.178, 0.355, 0.327, 0.120, 0], [0, 0.0, 0.0, 0.785, 0.215, 0]],
        [[0.449, 0.172, 0.379, 0, 0, 0], [0.040, 0.178, 0.168, 0.160, 0.454, 0], [0, 0.0, 0.0, 0.255, 0.745, 0]],
        [[0.0, 0.7, 0.0, 0, 0, 0.3], [0.0, 0.2, 0.0, 0.2, 0.2, 0.4], [0, 0.0, 0.0, 0.1, 0.4, 0.5]],
    ]
)
# Of the specimen that a loop takes out, by state: as BIOPSIES.
_SPECIMEN = np.array(
    [
        [0.0, 0.83, 0.10, 0.07, 0.0, 0.0],
        [0.0, 0.37, 0.54, 0.09, 0.0, 0.0],
        [0.0, 0.11, 0.60, 0.17, 0.12, 0.0],
        [0.0, 0.05, 0.12, 0.61, 0.22, 0.0],
        [0.0, 0.02, 0.05, 0.17, 0.76, 0.0],
        [0.0, 0.0, 0.0, 0.0, 0.30, 0.70],
    ]
)


@dataclass(frozen=True)
class HpvTest:
    """Results of women: of HPV_RESULTS; type of SHOWN_TYPES, UNKNOWN where not typed; multiple: several groups."""

    result: np.ndarray
    shown: np.ndarray
    multiple: np.ndarray


def categories(chances: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A number a row of chances N×K, whose rows sum to 1."""
    drawn = rng.random((len(chances), 1)) * chances.sum(axis=1, keepdims=True)
    return (chances.cumsum(axis=1) <= drawn).sum(axis=1).clip(max=chances.shape[1] - 1)


def hpv_test(states: np.ndarray, untyped: float, rng: np.random.Generator) -> HpvTest:
    """HPV test of women, states women×types; `untyped`: share of the positive ones without a type."""
    count, worst = len(states), states.max(axis=1)
    positive = rng.random(count) < HPV_POSITIVE[worst]
    seen = (states > 0) & (rng.random(states.shape) < TYPE_SEEN)
    # A positive test of an infected woman shows one of her types at least: the most advanced one.
    seen[np.arange(count), states.argmax(axis=1)] |= worst > 0
    groups = np.column_stack([seen[:, 0], seen[:, 1], seen[:, 2:].any(axis=1)])
    none = ~groups.any(axis=1)
    false_type = categories(np.tile(_FALSE_TYPES, (count, 1)), rng)
    groups[none, false_type[none]] = True
    shown = np.where(positive, groups.argmax(axis=1) + 1, 0)
    multiple = np.where(positive, seen.sum(axis=1) > 1, False).astype(int)
    hidden = positive & (rng.random(count) < untyped)
    invalid = rng.random(count) < HPV_INVALID
    result = np.where(invalid, INVALID, np.where(positive, POSITIVE, NEGATIVE))
    unknown = hidden | invalid
    return HpvTest(result, np.where(unknown, UNKNOWN, shown), np.where(unknown, UNKNOWN, multiple))


def cytology(worst: np.ndarray, labs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A smear of each woman, of CYTOLOGY, as her lab reads it."""
    chances = _CYTOLOGY[worst].copy()
    minor = chances[:, ASC_US] + chances[:, LSIL]
    wanted = np.minimum(minor * LAB_MINOR[labs], minor + 0.8 * chances[:, NILM])
    chances[:, ASC_US : LSIL + 1] *= (wanted / minor)[:, None]
    chances[:, NILM] -= wanted - minor
    read = categories(chances, rng)
    return np.where(rng.random(len(worst)) < UNSATISFACTORY_SHARE, UNSATISFACTORY, read)


def dual_stain(worst: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """0 or 1 of each woman: whether the stain for p16 and Ki-67 is positive."""
    return (rng.random(len(worst)) < _STAIN_POSITIVE[worst]).astype(int)


def colposcopy(worst: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Impression, of IMPRESSIONS, and biopsy, of BIOPSIES, of each woman."""
    impression = categories(_IMPRESSION[worst], rng)
    chances = _BIOPSY[worst, np.minimum(impression, _BIOPSY.shape[1] - 1)].copy()
    sure = impression == len(IMPRESSIONS) - 1
    chances[sure] = np.eye(len(BIOPSIES))[BIOPSY_CANCER]
    return impression, categories(chances, rng)


def specimen(worst: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What the pathologist finds in what a loop took out, of BIOPSIES."""
    return categories(_SPECIMEN[worst], rng)
