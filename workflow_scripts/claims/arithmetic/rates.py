"""What a printed share may have been before it was written, as an interval; the classes exchanged."""

from collections.abc import Sequence
from dataclasses import dataclass

from workflow_scripts.claims.arithmetic.two_class_metrics import Value, known_metric


@dataclass(frozen=True)
class Rate:
    """A metric of two classes and the lowest and highest value that it may have, both included.

    metric: as in `two_class_metrics` (`sensitivity`, `precision`, `npv`, `f1`, `f_beta(0.5)`, `kappa`, `lr_positive`,
    counts `tp` …); shares in [0, 1]; value: of a metric that is none of these, how it follows from the four counts: it
    must not fall with tp and tn, and not rise with fn and fp.
    """

    metric: str
    low: float
    high: float
    value: Value | None = None


def mirrored(rates: Sequence[Rate]) -> list[Rate]:
    """The same rates with positive and negative class exchanged."""
    return [_mirrored(rate) for rate in rates]


def _mirrored(rate: Rate) -> Rate:
    if rate.value is not None:
        value = rate.value
        return Rate(rate.metric, rate.low, rate.high, lambda tp, fn, fp, tn: value(tn, fp, fn, tp))
    metric = known_metric(rate.metric)
    if not metric.inverted:
        return Rate(metric.mirror, rate.low, rate.high)
    low, high = (1 / end if end > 0 else float("inf") for end in (rate.high, rate.low))
    return Rate(metric.mirror, low, high)
