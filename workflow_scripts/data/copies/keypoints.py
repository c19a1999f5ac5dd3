"""What near copies of a picture are found by: its keypoints (SIFT), a small grey picture, and its colours.

A keypoint is a place with a description of the edges around it, in the direction and size in which they lie: what
turns, crops, brighter light and another stain leave as it is. Pictures are first brought to one size and contrast,
small ones enlarged up to ENLARGED times. See docs/explanation/near_copies.md.
"""

from functools import cache

import cv2
import numpy as np

# Side in pixels of the frame in which keypoints lie, and of the grey picture in which registered pixels are compared:
# both are those of the longer side. Recall of made copies was the same at 128, 192 and 256 px, the cost a quarter.
SIDE, GREY = 128, 96
ENLARGED = 4.0
# Keypoints of the strongest edges that are kept of a picture; of fewer than FEW no copy is proven.
POINTS, FEW = 128, 12
# Side of the colours, which lie over the whole picture whatever its shape.
COLOURS = 12
# Part of the pixels below and above the greys that become black and white.
TAILS = (1.0, 99.0)
# Grey levels that a picture spans at least: less is noise, and is not stretched to the full range.
SPAN = 8.0
# points: x, y in pixels of the frame; descriptors: square roots of SIFT's histograms, times SCALE; grey: its first
# height × width pixels; size: width and height of the picture itself.
RECORD = np.dtype(
    [
        ("points", "<f4", (POINTS, 2)),
        ("descriptors", "u1", (POINTS, 128)),
        ("grey", "u1", (GREY, GREY)),
        ("colours", "u1", (COLOURS, COLOURS, 3)),
        ("size", "<u4", (2,)),
        ("count", "<u2"),
        ("height", "<u2"),
        ("width", "<u2"),
    ]
)
SCALE = 512
# Whoever changes what a record holds counts on: records of another version are made anew.
VERSION = 1


def record_of(pixels: np.ndarray) -> np.ndarray:
    """Record (dtype RECORD, no dimensions) of a picture: uint8 H×W×3 RGB, or H×W×1 of any depth."""
    cv2.setNumThreads(1)
    record = np.zeros((), RECORD)
    height, width = pixels.shape[:2]
    grey = _stretched(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) if pixels.shape[2] == 3 else pixels[..., 0])
    frame = _resized(grey, SIDE)
    points, descriptors = _keypoints(frame)
    small = _resized(grey, GREY)
    colours = pixels if pixels.shape[2] == 3 else np.repeat(grey[..., None], 3, axis=2)
    record["size"] = width, height
    record["count"] = len(points)
    record["points"][: len(points)] = points
    record["descriptors"][: len(points)] = descriptors
    record["height"], record["width"] = small.shape
    record["grey"][: small.shape[0], : small.shape[1]] = small
    record["colours"] = cv2.resize(colours, (COLOURS, COLOURS), interpolation=cv2.INTER_AREA)
    return record


def grey_of(record: np.ndarray) -> np.ndarray:
    """uint8 h×w grey picture of a record, its longer side at most GREY."""
    return record["grey"][: record["height"], : record["width"]]


def _stretched(grey: np.ndarray) -> np.ndarray:
    """uint8 H×W of full contrast."""
    low, high = np.percentile(grey[:: max(1, grey.shape[0] // 256), :: max(1, grey.shape[1] // 256)], TAILS)
    scaled = (grey.astype(np.float32) - low) * (255 / max(high - low, SPAN))
    return np.clip(scaled, 0, 255).astype(np.uint8)


def _resized(grey: np.ndarray, side: int) -> np.ndarray:
    """The picture with that longer side; where it would be enlarged too much, in proportion less."""
    factor = min(side / max(grey.shape), ENLARGED * side / SIDE)
    shape = tuple(max(1, round(length * factor)) for length in grey.shape[::-1])
    return cv2.resize(grey, shape, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)


@cache
def _sift() -> cv2.SIFT:
    # Weak edges count too: a pale cell has no others. More than are kept are asked for, since one place may give two.
    return cv2.SIFT.create(nfeatures=POINTS + 32, contrastThreshold=0.003, edgeThreshold=40, sigma=1.6)


def _keypoints(frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """float32 n×2 places, uint8 n×128 descriptors, strongest first."""
    keypoints, histograms = _sift().detectAndCompute(frame, None)
    if histograms is None:
        return np.zeros((0, 2), np.float32), np.zeros((0, 128), np.uint8)
    kept = np.argsort([-point.response for point in keypoints], kind="stable")[:POINTS]
    points = np.array([keypoints[number].pt for number in kept], dtype=np.float32)
    # Square roots of shares: a Euclidean distance of these is one of distributions (Arandjelović and Zisserman 2012).
    shares = histograms[kept] / np.maximum(histograms[kept].sum(axis=1, keepdims=True), 1e-6)
    return points, np.clip(np.sqrt(shares) * SCALE, 0, 255).astype(np.uint8)
