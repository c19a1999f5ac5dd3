"""How a number may have got its printed digits, and the interval of what it was before."""

ROUNDED = "rounded"
CUT = "cut off"
# First in a log, then in the paper: 0.91446 to 0.9145 to 91.5 %.
TWICE = "rounded twice"
# The plainest first.
MODES = (ROUNDED, CUT, TWICE)
PLAIN = "rounded or cut off"
ANY = "any way"
# The reading that ANY is, in words.
ANY_IN_WORDS = "some numbers were rounded and others cut off, or rounded twice"
# Metrics are computed in floating point: what lies on the edge of an interval by less than this is inside.
SLACK = 1e-12
# A chain of roundings, each half up, takes a number up that lies less than 5/9 of a unit below: 0.4445 to 0.5.
_CHAIN = 5 / 9
# What is cut off at the next number is not this one; the difference is far above SLACK.
_NEXT = 1 - 1e-6
# Way → how many units of the last digit the number may have been below and above what is printed.
_BELOW_AND_ABOVE = {
    ROUNDED: (0.5, 0.5),
    CUT: (0.0, _NEXT),
    TWICE: (_CHAIN, _CHAIN),
    PLAIN: (0.5, _NEXT),
    ANY: (_CHAIN, _NEXT),
}


def before(number: float, unit: float, way: str = ANY) -> tuple[float, float]:
    """The lowest and highest number that is printed as `number` by one way of writing; half up and half even alike.

    unit: one unit of the last printed digit, in the same scale as the number; way: one of MODES, PLAIN or ANY.
    """
    below, above = _BELOW_AND_ABOVE[way]
    return number - below * unit, number + above * unit
