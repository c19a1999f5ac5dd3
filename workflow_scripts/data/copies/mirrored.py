"""Keypoints of a mirrored picture are those of the picture itself, their descriptions in another order.

A SIFT descriptor holds 4 × 4 histograms of 8 directions each. Mirrored, rows run backwards and so do directions.
"""

import numpy as np

_BINS = np.arange(128).reshape(4, 4, 8)
# descriptors[:, MIRROR] are those of the mirrored picture.
MIRROR = _BINS[::-1][:, :, -np.arange(8) % 8].ravel()
_drawn = np.random.default_rng(7).standard_normal(128)
# Changes its sign under MIRROR, so that one of a descriptor and its mirrored one lies on each side. Whole numbers, as
# descriptors are, whose products are exact on every processor.
_SIDES = np.rint(256 * (_drawn - _drawn[MIRROR])).astype(np.float32)


def one_sided(descriptors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """float32 n×128 descriptors, mirrored where need be so that a picture's and its mirror image's agree; which were.

    `descriptors`: uint8 n×128.
    """
    values = descriptors.astype(np.float32)
    turned = values @ _SIDES < 0
    return np.where(turned[:, None], values[:, MIRROR], values), turned
