"""Whether two registered pictures show the same pixels: how well they agree where they overlap.

Compared are greys without their coarsest and finest parts, which light and compression change. The map of the keypoints
is first made as exact as the pixels allow (enhanced correlation coefficient, Evangelidis and Psarakis 2008).
"""

from dataclasses import dataclass

import cv2
import numpy as np

from workflow_scripts.data.copies.keypoints import GREY, SIDE, grey_of
from workflow_scripts.data.copies.registration import Registration, register, sound
from workflow_scripts.data.copies.time_budget import TimeBudget

# Matches that must agree before pixels are compared.
AGREEING = 5
# Least correlation, and least share of the smaller picture that lies on the other, of a proven pair.
CORRELATION, OVERLAP = 0.75, 0.1
# Standard deviations in pixels of the grey picture between which parts count.
FINEST, COARSEST = 1.0, 4.0
# Pixels of overlap below which nothing is compared.
PIXELS = 150
# What pictures that only look alike reach where they are registered counts for nothing; no correlation counts for more
# than the clearest: the number of matches says the rest.
LOOKALIKE, CLEAREST = 0.5, 0.995
# Parts of a proof, and how they are kept: those of contracts.dataset.PROOF and the map.
PROOF = np.dtype(
    [
        ("agreeing", "<i4"),
        ("mirrored", "?"),
        ("correlation", "<f4"),
        ("overlap", "<f4", (2,)),
        ("matrix", "<f8", (2, 3)),
        ("gain", "<f4", (3,)),
    ]
)


@dataclass(frozen=True)
class Overlap:
    """Correlation of the registered greys, and the share of each picture that lies on the other."""

    correlation: float
    shares: tuple[float, float]


def prove(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Proof (dtype PROOF, no dimensions) of two records (dtype RECORD): what agrees, and how the first is laid.

    matrix: from the grey picture of the first into that of the second; correlation is 0 where too few keypoints agree;
    gain: how much brighter the second is in red, green and blue, where they overlap.
    """
    proof = np.zeros((), PROOF)
    registration = register(first, second)
    if registration is None:
        return proof
    proof["agreeing"], proof["mirrored"] = registration.agreeing, registration.mirrored
    if registration.agreeing < AGREEING:
        return proof
    greys = grey_of(first), grey_of(second)
    matrix, overlap = _exact(*greys, _in_greys(registration))
    proof["correlation"], proof["overlap"], proof["matrix"] = overlap.correlation, overlap.shares, matrix
    proof["gain"] = _gain(first, second, matrix)
    return proof


def prove_all(records: np.ndarray, pairs: np.ndarray, budget: TimeBudget) -> np.ndarray:
    """dtype PROOF of pairs (int n×2 rows of the records), in their order; fewer where the time is over."""
    from threadpoolctl import threadpool_limits

    proofs = np.zeros(len(pairs), PROOF)
    # Products of matrices this small are slower by several threads.
    with threadpool_limits(1):
        for row, (first, second) in enumerate(pairs.tolist()):
            if budget.over(row, len(pairs), "pairs"):
                return proofs[:row]
            proofs[row] = prove(records[first], records[second])
    return proofs


def scores(proofs: np.ndarray) -> np.ndarray:
    """float64 n: how clear each proof (dtype PROOF) is; 0 where pixels were not compared, or too few overlap.

    Matches beyond the two that make a map, times how far the correlation, by Fisher's transformation, is above that of
    pictures that only look alike.
    """
    correlation = np.clip(proofs["correlation"].astype(np.float64), LOOKALIKE, CLEAREST)
    clear = np.arctanh(correlation) - np.arctanh(LOOKALIKE)
    smaller = proofs["overlap"].max(axis=1)
    return np.where(smaller >= OVERLAP, (proofs["agreeing"] - 2.0) * clear, 0.0)


def warped(grey: np.ndarray, matrix: np.ndarray, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The first picture registered on the second, of `shape` h×w: values float32 h×w, and where it covers (bool)."""
    smaller = np.sqrt(abs(np.linalg.det(matrix[:, :2])))
    source: np.ndarray = grey.astype(np.float32)
    if smaller < 0.8:
        source = cv2.GaussianBlur(source, (0, 0), 0.5 / smaller)
    size = shape[::-1]
    values = cv2.warpAffine(source, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    covered = cv2.warpAffine(np.ones(grey.shape, np.float32), matrix, size, flags=cv2.INTER_LINEAR) > 0.99
    return values, covered


def _in_greys(registration: Registration) -> np.ndarray:
    """The map in pixels of the grey pictures, whose centres lie half a pixel off their corners."""
    ratio = GREY / SIDE
    matrix = registration.matrix.copy()
    corner = np.full(2, 0.5)
    matrix[:, 2] = ratio * (matrix[:, 2] + corner) - 0.5 + matrix[:, :2] @ (corner - ratio * corner)
    return matrix


def _exact(first: np.ndarray, second: np.ndarray, matrix: np.ndarray) -> tuple[np.ndarray, Overlap]:
    """The better one of the map and the map that was made more exact, and how the pictures agree under it."""
    overlap = _overlap(first, second, matrix)
    better = _refined(first, second, matrix)
    if better is not None:
        again = _overlap(first, second, better)
        if again.correlation > overlap.correlation:
            return better, again
    return matrix, overlap


def _refined(first: np.ndarray, second: np.ndarray, matrix: np.ndarray) -> np.ndarray | None:
    """The map with the largest correlation nearby; None where none is."""
    start = cv2.invertAffineTransform(matrix).astype(np.float32)
    criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 30, 1e-4)
    bands = [_band(grey.astype(np.float32), FINEST, 2 * COARSEST) for grey in (second, first)]
    try:
        _, back = cv2.findTransformECC(bands[0], bands[1], start, cv2.MOTION_AFFINE, criteria)
    except cv2.error:  # no overlap is left, or nothing in it
        return None
    better = cv2.invertAffineTransform(np.asarray(back, dtype=np.float64))
    return better if sound(better) else None


def _overlap(first: np.ndarray, second: np.ndarray, matrix: np.ndarray) -> Overlap:
    smaller = np.sqrt(abs(np.linalg.det(matrix[:, :2])))
    values, covered = warped(first, matrix, second.shape)
    pixels = int(covered.sum())
    shares = min(1.0, pixels / (smaller**2 * first.size)), pixels / second.size
    if pixels < PIXELS:
        return Overlap(0.0, shares)
    finest = FINEST * max(1.0, smaller)
    inside = cv2.erode(covered.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    inside = inside if inside.sum() >= PIXELS else covered
    bands = [_band(grey, finest, 4 * finest)[inside] for grey in (values, second.astype(np.float32))]
    return Overlap(_correlation(*bands), shares)


def _band(grey: np.ndarray, finest: float, coarsest: float) -> np.ndarray:
    return cv2.GaussianBlur(grey, (0, 0), finest) - cv2.GaussianBlur(grey, (0, 0), coarsest)


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    first, second = first - first.mean(), second - second.mean()
    return float((first * second).mean() / max(first.std() * second.std(), 1e-6))


def _gain(first: np.ndarray, second: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """float64 3: mean colour of the second where the first lies on it, as a multiple of the first's there."""
    shape = grey_of(second).shape
    here = cv2.resize(first["colours"], (int(first["width"]), int(first["height"])), interpolation=cv2.INTER_LINEAR)
    there = cv2.resize(second["colours"], shape[::-1], interpolation=cv2.INTER_LINEAR)
    covered = warped(grey_of(first), matrix, shape)[1]
    if not covered.any():
        return np.ones(3)
    laid = cv2.warpAffine(here, matrix, shape[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.maximum(there[covered].mean(axis=0), 1) / np.maximum(laid[covered].mean(axis=0), 1)
