"""Small datasets of slides as ingest leaves them: overviews, the table of slides, and the manifest of their tiles."""

from pathlib import Path

import numpy as np
import pandas as pd

from tests.vouched import vouch
from workflow_scripts.contracts.slide_overviews import PADDING, PEN, TISSUE, Overview, write_overviews
from workflow_scripts.contracts.slide_table import SLIDES

# Pixels of the full level in one of an overview, and sides of a tile in pixels of the overview.
DOWNSAMPLE, SQUARE = 20, 20


def overview(height: int, width: int) -> Overview:
    """Tissue in the middle, a stroke of a pen above it, black at the right."""
    mask = np.zeros((height, width), np.uint8)
    mask[height // 4 : -(height // 4), width // 4 : -(width // 4)] = TISSUE
    mask[height // 8 : height // 8 + 4, width // 4 : width // 2] = PEN
    mask[:, -width // 20 :] = PADDING
    colours = np.array([[250, 250, 250], [200, 120, 180], [30, 60, 160], [0, 0, 0]], np.uint8)
    return Overview(colours[mask], mask)


def tiles(slide: str, label: str, seen: Overview) -> pd.DataFrame:
    """Rows of the manifest: the squares that are all tissue."""
    height, width = seen.mask.shape
    places = [
        (row, column)
        for row in range(height // SQUARE)
        for column in range(width // SQUARE)
        if (seen.mask[row * SQUARE : (row + 1) * SQUARE, column * SQUARE : (column + 1) * SQUARE] == TISSUE).all()
    ]
    side = SQUARE * DOWNSAMPLE
    rows = pd.DataFrame(places, columns=["row", "column"])
    return rows.assign(
        id=[f"{slide}/{row:04d}-{column:04d}" for row, column in places],
        unit=slide,
        group=slide,
        label=label,
        left=rows["column"] * side,
        top=rows["row"] * side,
        side=side,
        width=width * DOWNSAMPLE,
        height=height * DOWNSAMPLE,
        microns=0.5,
    )


def write_slides(dataset: Path, shapes: dict[str, tuple[str, int, int]], blank: str = "") -> pd.DataFrame:
    """Write the overviews and the table of slides, and their record; the manifest of their tiles.

    shapes: slide → label, height and width of its overview; blank: a slide that was not taken.
    """
    rows, listed = [], []
    with write_overviews(dataset / "slides.npz") as overviews:
        for slide, (label, height, width) in shapes.items():
            seen = overview(height, width)
            overviews.add(slide, seen)
            rows.append(tiles(slide, label, seen))
            listed.append(_listed(slide, len(rows[-1])))
        if blank:
            overviews.add(blank, Overview(np.full((80, 100, 3), 245, np.uint8), np.zeros((80, 100), np.uint8)))
            listed.append({**_listed(blank, 0), "reason": "blank", "detail": "saturation 3 of 255", "grid": 0})
    SLIDES.write(dataset / "slides.csv", pd.DataFrame(listed, columns=list(SLIDES.columns)))
    vouch(dataset / "record.json", "slides.npz", "slides.csv")
    return pd.concat(rows, ignore_index=True)


def _listed(slide: str, count: int) -> dict[str, object]:
    """A row of the table of slides."""
    zeros = {name: 0 for name, kind in SLIDES.columns.items() if kind in ("int", "float")}
    texts = {name: "" for name, kind in SLIDES.columns.items() if kind == "str"}
    counts = {"tiles": count, "grid": count + 12, "background": 9, "pen": 3, "tissue_share": 0.25}
    size = {"microns": 0.5, "tile_side": SQUARE * DOWNSAMPLE}
    return {**zeros, **texts, "slide": slide, "reason": "taken", **counts, **size}
