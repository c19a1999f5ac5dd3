"""One picture registered on another: the similarity or affine map, mirrored or not, on which most keypoints agree.

Matches are pairs of keypoints that are each other's nearest, clearly nearer than the second. Two of them give a
similarity (turn, size, shift); all pairs of the best matches are tried, so that no chance is in it. Where enough agree,
an affine map (which may stretch) is looked for too: pictures that were squeezed to a square are stretched.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from workflow_scripts.data.copies.mirrored import MIRROR

# A match's distance is at most this part of that to the second nearest.
RATIO = 0.85
# Matches of which all pairs are tried; pixels of the frame by which a match may be off.
TRIED, TOLERANCE = 48, 3.0
# Two matches nearer to each other than this give no direction.
APART = 4.0
# Pictures are not enlarged or stretched more than this. A stretched map needs so many matches: fewer fit by chance.
LARGEST, STRETCH, STRETCHED_BY = 3.0, 2.0, 8
AFFINE_TOLERANCE = 2.5


@dataclass(frozen=True)
class Registration:
    """The map from the first picture's frame into the second's: float64 2×3, and how many matches agree on it."""

    matrix: np.ndarray
    agreeing: int
    mirrored: bool


def register(first: np.ndarray, second: np.ndarray) -> Registration | None:
    """The better of the maps with and without a mirror between two records (dtype RECORD); None where none is."""
    maps = [_best_map(first, second, mirrored) for mirrored in (False, True)]
    possible = [candidate for candidate in maps if candidate is not None]
    return max(possible, key=lambda candidate: candidate.agreeing) if possible else None


def sound(matrix: np.ndarray) -> bool:
    """Whether a map enlarges and stretches no more than copies are."""
    long, short = np.linalg.svd(matrix[:, :2], compute_uv=False)
    return bool(short > 0 and long / short < STRETCH and 1 / LARGEST < np.sqrt(long * short) < LARGEST)


def _best_map(first: np.ndarray, second: np.ndarray, mirrored: bool) -> Registration | None:
    rows, columns = _matches(first, second, mirrored)
    if len(rows) < 3:
        return None
    points, targets = first["points"][rows], second["points"][columns]
    similar = _similarity(points, targets, mirrored)
    if similar is None or similar.agreeing < STRETCHED_BY - 3:
        return similar
    matrix, inliers = cv2.estimateAffine2D(
        points, targets, method=cv2.RANSAC, ransacReprojThreshold=AFFINE_TOLERANCE, maxIters=2000, confidence=0.999
    )
    agreeing = 0 if matrix is None else int(inliers.sum())
    if agreeing < max(STRETCHED_BY, similar.agreeing + 1) or not sound(matrix):
        return similar
    if (np.linalg.det(matrix[:, :2]) < 0) != mirrored:
        return similar
    return Registration(matrix, agreeing, mirrored)


def _matches(first: np.ndarray, second: np.ndarray, mirrored: bool) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of matching keypoints of both pictures, the clearest first."""
    there = second["descriptors"][: second["count"]]
    similarity = _cosines(first["descriptors"][: first["count"]], there[:, MIRROR] if mirrored else there)
    if min(similarity.shape) < 3:
        return np.zeros(0, int), np.zeros(0, int)
    rows = np.arange(len(similarity))
    nearest = similarity.argmax(axis=1)
    best = similarity[rows, nearest]
    mutual = similarity.argmax(axis=0)[nearest] == rows
    similarity[rows, nearest] = -1
    ratio = np.sqrt(np.maximum(1 - best, 0) / np.maximum(1 - similarity.max(axis=1), 1e-9))
    kept = np.flatnonzero(mutual & (ratio < RATIO))
    kept = kept[np.argsort(ratio[kept], kind="stable")]
    return kept, nearest[kept]


def _cosines(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """float32 n×m cosines of uint8 descriptors; products of whole numbers are the same on every processor."""
    first, second = here.astype(np.float32), there.astype(np.float32)
    lengths = [np.sqrt(np.maximum((values * values).sum(axis=1), 1)) for values in (first, second)]
    return (first @ second.T) / np.outer(*lengths)


def _similarity(points: np.ndarray, targets: np.ndarray, mirrored: bool) -> Registration | None:
    """The similarity on which most matches agree. Points are complex numbers: a map is factor × point + shift."""
    here, there = _complex(points), _complex(targets)
    here = here.conj() if mirrored else here
    left, right = np.triu_indices(min(len(here), TRIED), 1)
    apart = here[left] - here[right]
    factors = (there[left] - there[right]) / np.where(np.abs(apart) > APART, apart, np.inf)
    size = np.abs(factors)
    usable = (size > 1 / LARGEST) & (size < LARGEST)
    if not usable.any():
        return None
    factors, left = factors[usable], left[usable]
    shifts = there[left] - factors * here[left]
    off = np.abs(factors[:, None] * here + shifts[:, None] - there)
    best = int((off < TOLERANCE).sum(axis=1).argmax())
    agreeing = off[best] < TOLERANCE
    factor, shift = _fitted(here[agreeing], there[agreeing])
    return Registration(_matrix(factor, shift, mirrored), int(agreeing.sum()), mirrored)


def _complex(points: np.ndarray) -> np.ndarray:
    return points[:, 0].astype(np.float64) + 1j * points[:, 1]


def _fitted(here: np.ndarray, there: np.ndarray) -> tuple[complex, complex]:
    """Factor and shift by least squares."""
    centre, target = here.mean(), there.mean()
    around = here - centre
    factor = (around.conj() * (there - target)).sum() / max((np.abs(around) ** 2).sum(), 1e-9)
    return complex(factor), complex(target - factor * centre)


def _matrix(factor: complex, shift: complex, mirrored: bool) -> np.ndarray:
    sign = -1 if mirrored else 1
    turn = [[factor.real, -factor.imag * sign], [factor.imag, factor.real * sign]]
    return np.column_stack([turn, [shift.real, shift.imag]])
