"""What was done to one picture to make the other, as a proof of two records shows it."""

from dataclasses import dataclass

import numpy as np

# Share of a picture from which on it lies on the other as a whole: the outermost pixels seldom do.
WHOLE = 0.9
# Degrees, and factors of size, stretch, light and colour, below which nothing was changed.
TURN, RESIZED, STRETCHED, BRIGHTER, COLOURED = 3.0, 1.03, 1.06, 1.08, 1.06


@dataclass(frozen=True)
class Changes:
    """From the first picture to the second: mirrored left to right first, then turned clockwise by `turn` degrees.

    scale: size in pixels of what both show; stretch: long to short direction, at least 1; brighter: in light; coloured:
    largest to smallest of the gains in red, green and blue; shares: of each picture that lies on the other.
    """

    mirrored: bool
    turn: float
    scale: float
    stretch: float
    brighter: float
    coloured: float
    shares: tuple[float, float]

    @classmethod
    def of(cls, proof: np.ndarray, first: np.ndarray, second: np.ndarray) -> "Changes":
        """Read from a proof (dtype PROOF) of two records (dtype RECORD)."""
        matrix, mirrored = proof["matrix"], bool(proof["mirrored"])
        turn = np.arctan2(-matrix[1, 0], matrix[1, 1]) if mirrored else np.arctan2(matrix[1, 0], matrix[0, 0])
        long, short = np.linalg.svd(matrix[:, :2], compute_uv=False)
        # Greys are smaller than the pictures, each by a factor of its own.
        smaller = [
            float(record["size"].max()) / max(int(record["height"]), int(record["width"])) for record in (first, second)
        ]
        gain = np.maximum(proof["gain"].astype(np.float64), 1e-3)
        return cls(
            mirrored,
            float(np.degrees(turn)),
            float(np.sqrt(long * short) * smaller[1] / smaller[0]),
            float(long / short),
            float(np.exp(np.log(gain).mean())),
            float(gain.max() / gain.min()),
            (float(proof["overlap"][0]), float(proof["overlap"][1])),
        )

    @property
    def kind(self) -> str:
        """The one of contracts.dataset.PAIR_KINDS that says most: geometry before colours before files."""
        if self.mirrored:
            return "flipped"
        if abs(self.turn) > TURN:
            return "turned"
        if min(self.shares) < WHOLE:
            return "cropped" if max(self.shares) >= WHOLE else "overlapping"
        if self.coloured > COLOURED:
            return "stained"
        if _differs(self.brighter, BRIGHTER):
            return "brightened"
        return "resized" if _differs(self.scale, RESIZED) or self.stretch > STRETCHED else "saved_again"

    def words(self) -> str:
        """All that was changed, in plain words; "saved again" where nothing was."""
        parts = ["mirrored"] if self.mirrored else []
        if abs(self.turn) > TURN:
            parts.append(f"turned {abs(self.turn):.0f}° {'' if self.turn > 0 else 'anti'}clockwise")
        if min(self.shares) < WHOLE:
            parts.append(" and ".join(f"{100 * share:.0f} %" for share in self.shares) + " overlap")
        if _differs(self.scale, RESIZED):
            parts.append(f"{self.scale:.2f} times the size")
        if self.stretch > STRETCHED:
            parts.append(f"stretched {self.stretch:.2f} times")
        if _differs(self.brighter, BRIGHTER):
            parts.append(f"{self.brighter:.2f} times as bright")
        if self.coloured > COLOURED:
            parts.append("other colours")
        return ", ".join(parts) or "saved again"


def _differs(factor: float, by: float) -> bool:
    return max(factor, 1 / max(factor, 1e-6)) > by
