"""Proven pairs for people to look at: the first picture registered on the second, the second, and where they differ.

A PNG alone, unlike figures: what is looked at are single pixels, which a drawing would resample.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from workflow_scripts.data.copies.keypoints import GREY, grey_of
from workflow_scripts.data.copies.proof import warped
from workflow_scripts.runtime.files import atomic_path

# Pairs of a page, pairs beside each other; pixels around a picture and of the line above it.
SHOWN, ACROSS, MARGIN, LINE = 24, 2, 4, 14
PAPER, INK, OUTSIDE = 255, 40, 225


@dataclass(frozen=True)
class ShownPairs:
    """Pairs in the order in which they are shown.

    records: of all pictures (dtype RECORD); pairs: int n×2 rows of them; proofs: dtype PROOF; names: a line above each.
    """

    records: np.ndarray
    pairs: np.ndarray
    proofs: np.ndarray
    names: list[str]


def write_pairs(path: Path, shown: ShownPairs) -> None:
    """Write a PNG of the first SHOWN pairs."""
    count = min(len(shown.pairs), SHOWN)
    width, height = 3 * (GREY + MARGIN), GREY + LINE + MARGIN
    rows = -(-count // ACROSS)
    page = Image.new("L", (ACROSS * (width + 2 * MARGIN), rows * (height + MARGIN)), PAPER)
    draw = ImageDraw.Draw(page)
    for number in range(count):
        left, top = number % ACROSS * (width + 2 * MARGIN), number // ACROSS * (height + MARGIN)
        draw.text((left, top), shown.names[number][: width // 6], fill=INK)
        first, second = (shown.records[row] for row in shown.pairs[number])
        for column, pixels in enumerate(_panels(first, second, shown.proofs[number])):
            page.paste(Image.fromarray(pixels), (left + column * (GREY + MARGIN), top + LINE))
    with atomic_path(path) as temporary:
        page.save(temporary)


def _panels(first: np.ndarray, second: np.ndarray, proof: np.ndarray) -> list[np.ndarray]:
    """uint8 pictures of one size: the first registered on the second, the second, and their difference (grey: none)."""
    there = grey_of(second)
    values, covered = warped(grey_of(first), proof["matrix"], there.shape)
    laid = np.where(covered, values, OUTSIDE)
    apart = np.where(covered, np.clip(128 + (values - there) / 2, 0, 255), OUTSIDE)
    return [laid.astype(np.uint8), there, apart.astype(np.uint8)]
