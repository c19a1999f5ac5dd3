"""Whether printed shares can be means over several tables of two classes: trainings on one test set, bootstraps."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workflow_scripts.claims.arithmetic.rates import Rate
from workflow_scripts.claims.arithmetic.two_class_metrics import Value, known_metric

if TYPE_CHECKING:
    import numpy as np

# Blocks of tables along each class: within a block metrics are known up to its two corners.
_BLOCKS = 48


def mean_of_tables(rates: Sequence[Rate], positives: int, negatives: int) -> bool:
    """Whether weights of tables exist by which the mean of every metric lies in its rate; never False where they do.

    Tables are taken in blocks, between whose corners each metric may be anything: a narrow miss is called possible.
    rates: one of each printed number; likelihood ratios are infinite somewhere and are left aside.
    """
    import numpy as np
    from scipy.optimize import linprog

    blocks = [_blocks(size) for size in (positives, negatives)]
    tp_low, tn_low = (part.ravel() for part in np.meshgrid(blocks[0][:-1], blocks[1][:-1], indexing="ij"))
    tp_high, tn_high = (part.ravel() for part in np.meshgrid(blocks[0][1:] - 1, blocks[1][1:] - 1, indexing="ij"))
    rows: list[np.ndarray] = []
    limits: list[float] = []
    for rate in rates:
        value, rising = _value(rate)
        ends = [value(tp, positives - tp, negatives - tn, tn) for tp, tn in ((tp_low, tn_low), (tp_high, tn_high))]
        low, high = ends if rising else ends[::-1]
        if np.isfinite(high).all():
            # Of means of rounded class values a table at the very end may lie outside its block by floating point.
            rows += [-high, low]
            limits += [-rate.low + 1e-9, rate.high + 1e-9]
    if not rows:
        return True
    ends = linprog(
        np.zeros(len(tp_low)),
        np.array(rows),
        limits,
        np.ones((1, len(tp_low))),
        [1.0],
        bounds=(0, None),
        method="highs",
    )
    return ends.status != 2


def _blocks(size: int) -> "np.ndarray":
    """First right answer of each block, and one more than the last one of all."""
    import numpy as np

    return np.unique(np.linspace(0, size + 1, min(size + 1, _BLOCKS) + 1).astype(int))


def _value(rate: Rate) -> tuple[Value, bool]:
    if rate.value is not None:
        return rate.value, True
    metric = known_metric(rate.metric)
    return metric.value, metric.rising
