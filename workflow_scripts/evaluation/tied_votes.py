"""What units are ranked by: their probabilities, of a hard vote the fractions of its votes.

A units table holds one probability a class, and the largest is the class that is named. Of a hard vote with equally
many votes for two classes the winner's fraction is therefore lifted by TIE. To rank units that lift means nothing: two
units with equally many votes for a class are level, whichever of them had to break a tie.
"""

import numpy as np

TIE = 1e-6  # what the winner of a tied hard vote gets above its fraction
# No vote has more members. What nine digits leave of a fraction is within SAME.
MOST_MEMBERS, SAME = 64, 3e-9


def ranking_scores(p: np.ndarray) -> np.ndarray:
    """N×K scores to rank units by, of N×K probabilities with rows that sum to 1: those, or what ties were broken of.

    A table is a hard vote's where every row holds multiples of one fraction, as they are or with the largest lifted.
    """
    for members in range(2, MOST_MEMBERS + 1):
        # A few rows tell nearly all tables that are none.
        if _broken(p[:8], members) is not None:
            fractions = _broken(p, members)
            if fractions is not None:
                return fractions
    return p


def _broken(p: np.ndarray, members: int) -> np.ndarray | None:
    """The fractions of `members` votes that p are, up to the lift; None of what is no hard vote."""
    fractions = np.round(p * members) / members
    lifted = fractions.copy()
    lifted[np.arange(len(p)), p.argmax(axis=1)] += TIE
    lifted /= 1 + TIE
    same = [np.abs(p - rows).max(axis=1, initial=0.0) <= SAME for rows in (fractions, lifted)]
    return fractions if (same[0] | same[1]).all() else None
