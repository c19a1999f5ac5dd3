"""What a search for near copies was: what was compared, and how sure its pairs are."""

from dataclasses import dataclass

from workflow_scripts.runtime.wording import listed

# Pairs that may be expected by chance in all of a study, or between two sets; where more would be, more is asked for.
ALLOWED = 0.5


@dataclass(frozen=True)
class CopyFindings:
    """What was compared, what was not, and from where on a pair counts.

    pictures: all that were to be compared; unread: those left when the time was over; too_few_keypoints: those in
    which too little is seen for a proof; unmatched: keypoints that were left then; compared, uncompared: pairs of
    candidates that were looked at, and that were left; impossible: candidates that cannot be copies, on which the
    threshold was measured (0: too few, all were used); threshold: least score; correlation: least agreement of
    registered pixels; by_chance: pairs expected to reach the threshold without a copy; proven: pairs.
    """

    pictures: int
    unread: int
    too_few_keypoints: int
    unmatched: int
    compared: int
    uncompared: int
    impossible: int
    threshold: float
    correlation: float
    by_chance: float
    proven: int

    @property
    def left_words(self) -> str:
        """What was not looked at when the time was over, in words; empty where all was."""
        counts = ((self.unread, "pictures"), (self.unmatched, "keypoints"), (self.uncompared, "pairs"))
        words = [f"{count:,} {what}" for count, what in counts if count]
        return listed(words) if words else ""
