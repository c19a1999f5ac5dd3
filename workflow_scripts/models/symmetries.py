"""The eight flips and quarter turns of a square picture."""

import numpy as np


def eight_symmetries(picture: np.ndarray) -> tuple[np.ndarray, ...]:
    """H×W×C pictures: as it is, turned by 90°, 180° and 270° against the clock, and these of its mirror image."""
    return tuple(
        np.ascontiguousarray(np.rot90(flipped, turns)) for flipped in (picture, picture[:, ::-1]) for turns in range(4)
    )
