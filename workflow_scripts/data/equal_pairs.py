"""Samples that show the same picture: equal bytes, equal pixels, or near-equal, also across classes and groups.

Near-equal: both pictures as 16×16 grey pixels, mean and scale removed; with r their correlation, the distance is
sqrt((1 - r) / 2), half the root mean square of the difference, 0 for equal and 1 for inverse pictures. It sees copies
that were saved again, resized or brightened, and a cell photographed twice; it does not see flips and turns.
"""

from itertools import combinations

import numpy as np
import pandas as pd
from PIL import Image

from workflow_scripts.contracts.dataset import EQUAL_PAIRS
from workflow_scripts.contracts.errors import UserError

KINDS = ("equal_bytes", "equal_pixels", "near_equal")
SIDE = 16
# Below this standard deviation (grey levels of 255) a picture is empty: what is left after scaling is noise.
FLAT = 2.0
# Copies keep their aspect ratio; pictures whose ratios differ by more than this factor are not compared.
ASPECT = 1.1
# So many equal samples are listed pair by pair; more (a thousand blank pictures) as pairs with the first only.
ALL_PAIRS = 30
# More near-equal pairs a sample than that: the threshold tells nothing apart.
CROWD = 20
BLOCK = 500


def thumbnail(image: Image.Image) -> np.ndarray:
    """float32 vector of length SIDE², norm 1 and mean 0, of an RGB image; all NaN where the image is flat."""
    grey = image.convert("L")
    # Bounds the memory of the next line; a picture of ordinary size is left as it is.
    grey = grey.reduce(max(1, min(grey.size) // 512))
    values = np.asarray(grey.convert("F").resize((SIDE, SIDE), Image.Resampling.BILINEAR), dtype=np.float64).ravel()
    values -= values.mean()
    if values.std() < FLAT:
        return np.full(SIDE * SIDE, np.nan, dtype=np.float32)
    return (values / np.linalg.norm(values)).astype(np.float32)


def equal_pairs(samples: pd.DataFrame, thumbnails: np.ndarray, near_equal: float) -> pd.DataFrame:
    """Table of equal pairs (contracts.dataset.EQUAL_PAIRS), id_a < id_b, sorted.

    `samples` has the columns id, label, width, height, sha256 (of the bytes), pixels (digest of the pixels) and
    whole_file (a part of a file has no bytes of its own), and is sorted by id; `thumbnails` is N×SIDE², rows as in
    `samples`. `near_equal` in [0, 1] is the largest distance of a near-equal pair, 0: none are looked for.
    UserError when so many pairs are near-equal that the threshold is meaningless.
    """
    found = {}
    bytes_known = samples["sha256"].where(samples["whole_file"])
    for kind, keys in zip(KINDS[:2], (bytes_known, samples["pixels"]), strict=True):
        for rows in samples.groupby(keys.to_numpy()).indices.values():
            for pair in combinations(rows, 2) if len(rows) <= ALL_PAIRS else ((rows[0], row) for row in rows[1:]):
                found.setdefault((int(pair[0]), int(pair[1])), (kind, 0.0))
    if near_equal > 0:
        aspect = np.log(samples["width"].to_numpy() / samples["height"].to_numpy())
        for first, second, distance in _near_pairs(thumbnails, aspect, near_equal):
            # A star of equal samples already joins these two.
            if samples["pixels"].iat[first] != samples["pixels"].iat[second]:
                found.setdefault((first, second), (KINDS[2], distance))
    ids, labels = samples["id"].to_numpy(), samples["label"].to_numpy()
    rows = [(ids[a], ids[b], kind, gap, labels[a], labels[b]) for (a, b), (kind, gap) in sorted(found.items())]
    return pd.DataFrame(rows, columns=list(EQUAL_PAIRS.columns))


def _near_pairs(thumbnails: np.ndarray, aspect: np.ndarray, limit: float) -> list[tuple[int, int, float]]:
    """(row, row, distance) of all pairs within `limit`.

    Blocks of correlations: 20,000 pictures take seconds and 40 MB; a search tree was slower in as many dimensions.
    """
    rows = np.flatnonzero(~np.isnan(thumbnails[:, 0]))
    vectors = thumbnails[rows]
    pairs = []
    for start in range(0, len(rows), BLOCK):
        block = vectors[start : start + BLOCK]
        # In single precision only to find candidates, a little too many.
        near = np.argwhere(block @ vectors[start:].T > 1 - 2 * limit**2 - 1e-5) + start
        first, second = rows[near[near[:, 0] < near[:, 1]]].T
        gaps = np.linalg.norm(thumbnails[first].astype(np.float64) - thumbnails[second], axis=1) / 2
        kept = (gaps <= limit) & (np.abs(aspect[first] - aspect[second]) <= np.log(ASPECT))
        pairs += zip(first[kept].tolist(), second[kept].tolist(), gaps[kept].round(6).tolist(), strict=True)
        if len(pairs) > CROWD * len(rows):
            raise UserError(
                f"ingest.near_equal: at {limit:g} more than {len(pairs)} pairs of {len(rows)} images count as equal, "
                "which tells nothing apart; choose a smaller number, 0 to look for equal pixels only"
            )
    return pairs
