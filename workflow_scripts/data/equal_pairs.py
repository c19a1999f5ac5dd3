"""Samples that show the same picture: equal bytes, equal pixels, or near-equal, also across classes and groups.

Near-equal: both pictures as 16×16 grey pixels, mean and scale removed; with r their correlation, the distance is
sqrt((1 - r) / 2), half the root mean square of the difference, 0 for equal and 1 for inverse pictures. It sees copies
that were saved again, resized or brightened, and a cell photographed twice.

Flipped and turned: the same distance to one of the seven other symmetries of the square. What it does not see are parts
of a picture, other angles, and contrast that was changed so much that bright or dark parts ran together.
"""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd
from PIL import Image

from workflow_scripts.contracts.dataset import EQUAL_PAIRS, PAIR_KINDS
from workflow_scripts.runtime.errors import UserError

BYTES, PIXELS, ROWS, NEAR, FLIPPED, TURNED = PAIR_KINDS[:6]
SIDE = 16
# The thumbnail of what is compared with no other by its looks.
UNCOMPARED = np.full(SIDE * SIDE, np.nan, dtype=np.float32)
_PLACES = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
# The seven other symmetries of a thumbnail as orders of its pixels; True: width and height change places.
SYMMETRIES = (
    (_PLACES[:, ::-1].ravel(), False, FLIPPED),
    (_PLACES[::-1].ravel(), False, FLIPPED),
    (_PLACES.T.ravel(), True, FLIPPED),
    (_PLACES[::-1, ::-1].T.ravel(), True, FLIPPED),
    (_PLACES[::-1, ::-1].ravel(), False, TURNED),
    (np.rot90(_PLACES).ravel(), True, TURNED),
    (np.rot90(_PLACES, 3).ravel(), True, TURNED),
)
# 256×36: means over the pixels that the symmetries exchange.
_ORBITS = np.unique(np.min([_PLACES.ravel(), *(order for order, _, _ in SYMMETRIES)], axis=0), return_inverse=True)[1]
_INVARIANTS = np.eye(_ORBITS.max() + 1, dtype=np.float32)[_ORBITS] / np.sqrt(np.bincount(_ORBITS)).astype(np.float32)
# Seven more comparisons find seven times as many look-alikes, and a flipped copy is made from the very same file: a
# share of `near_equal`. Of 7,992 real pictures (cells, tissue, colposcopies) the first wrong pair lay at 0.096 (0.8
# times 0.1 leaves it out), the mirrored copy among them at 0.0003.
STRICTER = 0.8
# Below this standard deviation (grey levels of 255) a picture is empty: what is left after scaling is noise.
FLAT = 2.0
# Copies keep their aspect ratio; pictures whose ratios differ by more than this factor are not compared.
ASPECT = 1.1
# So many equal samples are listed pair by pair; more (a thousand blank pictures) as pairs with the first only.
ALL_PAIRS = 30
# More near-equal pairs a sample than that: the threshold tells nothing apart.
CROWD = 20
BLOCK = 500
PAIRS_AT_A_TIME = 20_000


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

    `samples` has the columns id, label, sha256 (of the bytes), whole_file (a part of a file has no bytes of its own),
    pixels (digest of the pixels, None where a sample is no picture), rows (digest of the numbers of a sample that is
    none, None elsewhere) and aspect (width / height), and is sorted by id;
    `thumbnails` is N×SIDE², rows as in `samples`, NaN where there is no picture. `near_equal` in [0, 1] is the largest
    distance of a near-equal pair, STRICTER times that of a flipped or turned one; 0: none are looked for.
    UserError when so many pairs are near-equal that the threshold is meaningless.
    """
    pairs: dict[tuple[int, int], tuple[str, float]] = {}
    bytes_known = samples["sha256"].where(samples["whole_file"])
    for kind, keys in ((BYTES, bytes_known), (PIXELS, samples["pixels"]), (ROWS, samples["rows"])):
        for rows in samples.groupby(keys.to_numpy()).indices.values():
            for pair in combinations(rows, 2) if len(rows) <= ALL_PAIRS else ((rows[0], row) for row in rows[1:]):
                pairs.setdefault((int(pair[0]), int(pair[1])), (kind, 0.0))
    if near_equal > 0:
        pixels = samples["pixels"].to_numpy()
        aspect = np.log(samples["aspect"].to_numpy(dtype=np.float64))
        for rows, kind, distance in _near_and_turned(thumbnails, aspect, near_equal):
            # A star of equal samples already joins these two.
            if pixels[rows[0]] != pixels[rows[1]]:
                pairs.setdefault(rows, (kind, distance))
    ids, labels = samples["id"].to_numpy(), samples["label"].to_numpy()
    rows = [(ids[a], ids[b], kind, gap, labels[a], labels[b]) for (a, b), (kind, gap) in sorted(pairs.items())]
    return pd.DataFrame(rows, columns=list(EQUAL_PAIRS.columns))


def _near_and_turned(
    thumbnails: np.ndarray, aspect: np.ndarray, near_equal: float
) -> Iterator[tuple[tuple[int, int], str, float]]:
    """((row, row), kind, distance): near-equal pairs, then flipped and turned ones, nearest first."""
    kept = np.flatnonzero(~np.isnan(thumbnails[:, 0]))
    vectors, ratios = thumbnails[kept], aspect[kept]
    as_it_is = ((_PLACES.ravel(), False, NEAR),)
    # What all symmetries leave as it is differs at most as much as the pictures themselves.
    stages = ((as_it_is, vectors, near_equal), (SYMMETRIES, vectors @ _INVARIANTS, STRICTER * near_equal))
    for symmetries, features, limit in stages:
        pairs: list[tuple[float, str, tuple[int, int]]] = []
        for first, second in _candidates(features, limit):
            for order, swapped, kind in symmetries:
                gaps = np.linalg.norm(vectors[first].astype(np.float64) - vectors[second][:, order], axis=1) / 2
                shapes = np.abs(ratios[first] - (-ratios if swapped else ratios)[second])
                near = np.flatnonzero((gaps <= limit) & (shapes <= np.log(ASPECT)))
                ends = zip(kept[first[near]].tolist(), kept[second[near]].tolist(), strict=True)
                pairs += [(gap, kind, rows) for gap, rows in zip(gaps[near].round(6).tolist(), ends, strict=True)]
            if len(pairs) > CROWD * len(kept):
                raise UserError(
                    f"ingest.near_equal: at {near_equal:g} more than {len(pairs)} pairs of {len(kept)} images count as "
                    "equal, which tells nothing apart; choose a smaller number, 0 to look for equal pixels only"
                )
        yield from ((rows, kind, gap) for gap, kind, rows in sorted(pairs))


def _candidates(features: np.ndarray, limit: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(rows, rows) of pairs, first < second, whose features lie within 2 × `limit` of each other, a part at a time.

    Blocks of products: 20,000 pictures take seconds and 40 MB; a search tree was slower in as many dimensions. In
    single precision, a little too many.
    """
    squares = (features.astype(np.float64) ** 2).sum(axis=1).astype(np.float32)
    for start in range(0, len(features), BLOCK):
        block = slice(start, start + BLOCK)
        beyond = squares[block, None] + squares[start:] - 2 * features[block] @ features[start:].T
        near = np.argwhere(beyond < 4 * limit**2 + 2e-5) + start
        near = near[near[:, 0] < near[:, 1]]
        for part in range(0, len(near), PAIRS_AT_A_TIME):
            yield tuple(near[part : part + PAIRS_AT_A_TIME].T)
