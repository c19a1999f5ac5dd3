"""From which score on two pictures are copies, and how many pairs would reach it by chance.

Measured on pairs that cannot be copies: candidates whose classes and groups differ. Their scores fall off as an
exponential does. Those that reach FLOOR are set aside: a picture with two labels is what is looked for, not chance.
"""

from dataclasses import dataclass

import numpy as np

from workflow_scripts.contracts.copy_findings import ALLOWED, CopyFindings
from workflow_scripts.data.copies.keypoints import FEW
from workflow_scripts.data.copies.proof import CORRELATION

# Least score of a proven pair. Of 26,000 candidates of real cells, tissue and colposcopies none that was no copy
# reached it.
FLOOR = 4.0
# Fewer impossible pairs measure nothing: all candidates are taken for them, which asks for more.
ENOUGH = 500
# No smaller number of pairs is said to be expected.
RAREST = 1e-6
# Scores do not fall off faster or slower than that, whatever few of them say.
STEEPEST, FLATTEST = 0.35, 10.0


@dataclass(frozen=True)
class Left:
    """What was not compared when the time was over: keypoints with each other, and pairs of candidates."""

    keypoints: int
    pairs: int


@dataclass(frozen=True)
class Calibration:
    """From where on a pair counts.

    threshold, correlation: least score and agreement of pixels of a proven pair; compared: all candidates;
    impossible: those that it was measured on, 0 if too few; lookalikes: expected candidates of a score above 0 that
    are no copies; decay: by which score their number falls to 37 %.
    """

    threshold: float
    correlation: float
    compared: int
    impossible: int
    lookalikes: float
    decay: float

    def by_chance(self, scores: np.ndarray) -> np.ndarray:
        """float64 n: pairs of at least such a score that are expected in the study without there being a copy.

        At least RAREST: what was measured on thousands of pairs says nothing of less.
        """
        return np.maximum(self.lookalikes * np.exp(-scores / self.decay), RAREST)

    def proven(self, proofs: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """bool n: which pairs are copies; proofs: dtype PROOF."""
        return (scores >= self.threshold) & (proofs["correlation"] >= self.correlation)

    def findings(self, counts: np.ndarray, pictures: int, left: Left, proven: int) -> CopyFindings:
        """What a record says of the search; counts: keypoints of each picture that was read, of so many pictures."""
        return CopyFindings(
            pictures=pictures,
            unread=pictures - len(counts),
            too_few_keypoints=int((counts < FEW).sum()),
            compared=self.compared,
            unmatched=left.keypoints,
            uncompared=left.pairs,
            impossible=self.impossible,
            threshold=round(self.threshold, 3),
            correlation=round(self.correlation, 3),
            by_chance=float(f"{self.by_chance(np.array([self.threshold]))[0]:.2g}"),
            proven=proven,
        )


def calibrate(scores: np.ndarray, impossible: np.ndarray, alike: np.ndarray) -> Calibration:
    """The calibration of a study's candidates; impossible (bool n): those whose classes and groups differ.

    `alike`: correlations of pictures that look alike and are no copies, such as slices that follow each other; a
    proven pair must differ by half of what the most alike of them differ by, or less.
    """
    measured = scores[impossible] if impossible.sum() >= ENOUGH else scores
    chance = measured[measured < FLOOR]
    above = chance[chance > 0]
    decay = _decay(float(above.mean())) if len(above) else STEEPEST
    share = (len(above) + 1) / (len(chance) + 1)
    lookalikes = share * len(scores)
    threshold = max(FLOOR, decay * float(np.log(max(lookalikes, ALLOWED) / ALLOWED)))
    used = int(impossible.sum()) if impossible.sum() >= ENOUGH else 0
    correlation = max(CORRELATION, 1 - (1 - float(alike.max(initial=0))) / 2)
    return Calibration(threshold, correlation, len(scores), used, lookalikes, decay)


def _decay(mean: float) -> float:
    """Of an exponential of which only the part below FLOOR is seen, with that mean (most likely value)."""
    decay = mean
    for _ in range(50):
        decay = min(mean + FLOOR / np.expm1(FLOOR / decay), FLATTEST)
    return float(max(STEEPEST, decay))
