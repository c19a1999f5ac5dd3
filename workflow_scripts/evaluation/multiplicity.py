"""Many numbers of one paper judged at once: which words against it are kept.

Of numbers that are each judged at 5 % one in twenty is called wrong though right. The procedure of Benjamini and
Hochberg (J. R. Stat. Soc. B 57:289, 1995) keeps words so that of those kept 5 % at most are expected to be false; of a
paper that is right in everything the chance of any word against it is then 5 % at most. It holds for numbers that
depend on each other as those of one test set do (Benjamini & Yekutieli, Ann. Stat. 29:1165, 2001);
docs/explanation/verdicts.md has what was measured, and why not Holm.
"""

from collections.abc import Sequence

import numpy as np

FALSE_SHARE = 0.05


def adjusted(p_values: Sequence[float], family: int) -> list[float]:
    """p-values adjusted by Benjamini and Hochberg, in the order given.

    family: how many numbers are judged in all, at least as many as there are p-values; those that are not here count
    as if nothing spoke against them.
    """
    from scipy.stats import false_discovery_control

    if not len(p_values):
        return []
    of_all = np.concatenate([np.asarray(p_values, dtype="float64"), np.ones(family - len(p_values))])
    return [float(p) for p in false_discovery_control(of_all)[: len(p_values)]]


def expected_false(judged: int) -> float:
    """How many of so many numbers would be called wrong by chance, were each right and judged for itself."""
    return FALSE_SHARE * judged
