"""The permutation test of two runs on the same groups: were they equally good, the sign of a group's lead is a toss.

Groups are turned round whole, because units of one patient share their fate: a test that takes them as independent
finds differences where there are none. Of groups of one unit each and of whole numbers this is McNemar's exact test.
"""

from itertools import product

import numpy as np
import pandas as pd

from workflow_scripts.runtime.seeds import seed_for

# So many groups are turned round in every way there is; of more a sample of ways is drawn.
MOST_ENUMERATED, DRAWN = 12, 9999
BLOCK = 500
# Sums that should be equal differ by rounding.
ROUNDING = 1e-9


def by_group(values: np.ndarray, groups: pd.Series) -> np.ndarray:
    """G sums of N values, or G×R of N×R, over the units of each group."""
    codes, names = pd.factorize(groups)
    sums = np.zeros((len(names), *values.shape[1:]))
    np.add.at(sums, codes, values)
    return sums


def sign_flip_p(leads: np.ndarray, purpose: tuple[str, ...]) -> np.ndarray:
    """R two-sided p of the sums of G×R leads, were every sign a toss; 1 without a lead, NaN where one is undefined.

    Exact for whole numbers and for few groups; else the share of drawn sign changes whose sum is as far from zero, with
    the observed one among them. `purpose` seeds the draws, which all R share.
    """
    result = np.full(leads.shape[1], np.nan)
    drawn = []
    for number, lead in enumerate(leads.T):
        some = lead[lead != 0]
        if np.isnan(lead).any():
            continue
        if np.array_equal(some, np.round(some)):
            result[number] = _of_whole_numbers(some.astype(int))
        elif len(some) <= MOST_ENUMERATED:
            signs = np.array(list(product((-1.0, 1.0), repeat=len(some))))
            result[number] = float(np.mean(_as_far(signs @ some, some.sum(), np.abs(some).sum())))
        else:
            drawn.append(number)
    if drawn:
        result[drawn] = _sampled(leads[:, drawn], purpose)
    return result


def mcnemar(first: int, second: int) -> float:
    """Exact two-sided p of `first` against `second` discordant units under even odds; 1 without any."""
    from scipy.stats import binomtest

    return float(binomtest(first, first + second).pvalue) if first + second else 1.0


def _of_whole_numbers(leads: np.ndarray) -> float:
    """By the distribution of the sum, one lead after the other."""
    sizes = np.abs(leads)
    if (sizes == 1).all():
        return mcnemar(int((leads > 0).sum()), int((leads < 0).sum()))
    total = int(sizes.sum())
    chances = np.zeros(2 * total + 1)
    chances[total] = 1.0
    for size in sizes:
        moved = np.zeros_like(chances)
        moved[size:] += chances[:-size] / 2
        moved[:-size] += chances[size:] / 2
        chances = moved
    far = np.abs(np.arange(-total, total + 1)) >= abs(int(leads.sum()))
    return float(min(chances[far].sum(), 1.0))


def _sampled(leads: np.ndarray, purpose: tuple[str, ...]) -> np.ndarray:
    generator = np.random.default_rng(seed_for(*purpose, "sign flips"))
    sums, sizes = leads.sum(axis=0), np.abs(leads).sum(axis=0)
    count = np.zeros(leads.shape[1])
    for start in range(0, DRAWN, BLOCK):
        signs = generator.integers(0, 2, (min(BLOCK, DRAWN - start), len(leads)), dtype="int8") * 2.0 - 1
        count += _as_far(signs @ leads, sums, sizes).sum(axis=0)
    return (1 + count) / (1 + DRAWN)


def _as_far(sums: np.ndarray, observed: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    far: np.ndarray = np.abs(sums) >= np.abs(observed) - ROUNDING * sizes
    return far
