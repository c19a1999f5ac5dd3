"""Whether precision, recall and an F score of one row may each be averaged in a way of its own.

scikit-learn takes `average=` at each metric: of one class where nothing is said, `macro`, `weighted`, `micro`. With n
samples, A of them right, a weighted F lies between 1 - 1.5 (1 - A) and 2A/(1 + A). Of class k with n_k samples, a of
them missed and b of others taken for it, 1 - F = (a + b)/(2 n_k - a + b) lies between a/(2 n_k - a) and (a + b/2)/n_k;
over all classes a and b add to n (1 - A) each. No F of one of two classes is above that upper end either.
"""

from itertools import product
from typing import TYPE_CHECKING

from workflow_scripts.claims.arithmetic.two_class_metrics import known_metric
from workflow_scripts.claims.tables.f_score import FScore
from workflow_scripts.claims.tables.last_digits import within
from workflow_scripts.claims.tables.printed_entries import Cell

if TYPE_CHECKING:
    import numpy as np

# Logarithm of the odds of two classes among the right answers, and in how many steps it is tried.
_ODDS, _STEPS = 10.0, 2_000
UNLIKE = (
    "precision, recall and F1 are not averaged alike: some are support-weighted or of one class and some are plain "
    "means over classes"
)


def may_be_weighted(score: Cell, accuracy: Cell) -> bool:
    """Whether an F score can be a support-weighted one at this accuracy."""
    low, high = accuracy.span()
    return within(score, 1 - 1.5 * (1 - low), 2 * high / (1 + high))


def may_be_unlike(score: FScore, accuracy: Cell | None, n_classes: int | None, of_table: bool) -> bool:
    """Whether the numbers fit where each may be averaged in its own way; n_classes: None where it is not known.

    With an accuracy, a weighted or micro recall is the accuracy. Without one any numbers would fit: one class that all
    samples but a few are of has any weighted mean beside any plain one. Then the rows of the table must say so
    (`of_table`), for a script averages all rows in one way, and one odd number among rows that fit is more likely
    misprinted.
    """
    recall = score.recall
    if accuracy is None or score.precision is None or recall is None or score.beta != 1:
        return of_table
    if within(recall, *accuracy.span()) or may_be_weighted(score.score, accuracy):
        return True
    if n_classes != 2 and (
        score.score.number < score.nearest or score.score.span()[0] <= score.of(1, recall.span()[1])
    ):
        # The precision alone is weighted.
        return True
    return n_classes in (None, 2) and _of_two_classes(score, accuracy)


def _of_two_classes(score: FScore, accuracy: Cell) -> bool:
    """Whether two classes give all numbers, each of one class or the plain mean of both.

    Looked for among boxes of accuracy, odds of the classes among the right answers, and share of the wrong ones that
    are missed: a box may hold what its corners enclose.
    """
    import numpy as np

    right = np.clip(accuracy.span(), 0, 1)[:, None, None]
    odds, missed = np.linspace(-_ODDS, _ODDS, _STEPS)[:, None], np.linspace(0, 1, _STEPS // 20)
    tp, fn = right / (1 + np.exp(-odds)), (1 - right) * missed
    fp, tn = (1 - right) - fn, right - tp
    fits = {}
    for metric, cell in (("precision", score.precision), ("sensitivity", score.recall), ("f1", score.score)):
        if cell is not None:
            of_one, of_other = (known_metric(metric).value(*counts) for counts in ((tp, fn, fp, tn), (tn, fp, fn, tp)))
            fits[metric] = [_enclosed(values, *cell.span()) for values in (of_one, (of_one + of_other) / 2)]
    kinds = product((0, 1), repeat=len(fits))
    return any(
        np.logical_and.reduce([of_kind[kind] for of_kind, kind in zip(fits.values(), chosen, strict=True)]).any()
        for chosen in kinds
        if len(set(chosen)) > 1
    )


def _enclosed(values: "np.ndarray", low: float, high: float) -> "np.ndarray":
    """Of each box of a grid (accuracy × odds × missed) whether its corners reach from one end to the other."""
    import numpy as np

    least, most = values.min(0), values.max(0)
    for _ in range(2):
        least, most = np.minimum(least[1:], least[:-1]).T, np.maximum(most[1:], most[:-1]).T
    return (least <= high) & (most >= low)
