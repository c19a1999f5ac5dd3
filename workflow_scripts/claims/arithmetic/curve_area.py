"""The area under the curve of one score for two classes, of which one point is known."""

Span = tuple[float, float]
# What may be so where an area does not fit the point: a curve is that of one score and one threshold.
NO_THRESHOLD = (
    "the answers are not those of one threshold on the score whose area is printed, but for example of votes or of the "
    "highest of several scores"
)


def curve_area(sensitivity: Span, specificity: Span) -> Span:
    """Lowest and highest area, in 0 to 1, of a curve through a point: Se·Sp and 1 − (1 − Se)(1 − Sp).

    sensitivity, specificity: lowest and highest value of each, in 0 to 1. Holds where answers are those of a threshold
    on the score; of more than two classes, where the highest score decides, it does not. Reference: own derivation,
    from the lowest and the highest curve that never falls and holds the point.
    """
    low = max(0.0, sensitivity[0]) * max(0.0, specificity[0])
    return low, 1 - max(0.0, 1 - sensitivity[1]) * max(0.0, 1 - specificity[1])


def mean_curve_area(sensitivity: Span, specificity: Span) -> Span:
    """The same of means over trainings, folds or both classes: at least Se + Sp − 1, since each Se·Sp is; at most 1."""
    return max(0.0, sensitivity[0] + specificity[0] - 1), 1.0
