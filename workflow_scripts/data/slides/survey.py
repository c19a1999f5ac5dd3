"""A slide as a whole: what its file says, what of it is tissue, which tiles it has, or why it is not taken."""

import math
from dataclasses import dataclass
from pathlib import Path

from workflow_scripts.contracts.listed_table import TAKEN
from workflow_scripts.contracts.slide_overviews import PADDING, PEN, TISSUE, Overview
from workflow_scripts.contracts.step_settings.ingest_settings import TileRule
from workflow_scripts.data.readers.reader_interface import RefusedSampleError
from workflow_scripts.data.reading import refusal_of
from workflow_scripts.data.slides.opening import open_slide
from workflow_scripts.data.slides.slide import Slide
from workflow_scripts.data.slides.tiling import MOST_BLOWN_UP, Tiling, tiling_of
from workflow_scripts.data.slides.tissue import Status, TissueMask, tissue_mask

# Where µm per pixel come from if the file does not say them.
FROM_TABLE = "table"
_NO_TILES: dict[Status, str] = {
    "fluorescence": "light on a dark ground; tissue is looked for as what darkens and colours a bright one",
    "blank": "nothing that is coloured as tissue is",
    "only_pen": "marks of a pen, and no tissue",
}


@dataclass(frozen=True)
class Scan:
    """What is known of an open slide without its pixels; numbers as in contracts.slide_table."""

    vendor: str
    width: int
    height: int
    levels: int
    objective: float
    colour_profile: bool
    microns: float
    microns_from: str


@dataclass(frozen=True)
class Survey:
    """What became of a slide: `reason` of contracts.slide_table, and what was seen until that was known.

    files: those that it is read from, the one that was named first.
    """

    reason: str
    detail: str
    files: tuple[Path, ...]
    scan: Scan | None = None
    mask: TissueMask | None = None
    overview: Overview | None = None
    tiling: Tiling | None = None

    @property
    def taken(self) -> bool:
        """Whether it has tiles."""
        return self.reason == TAKEN

    def counted(self) -> dict[str, int | float | str]:
        """The columns of contracts.slide_table beside names and reason."""
        scan, mask, tiling = self.scan, self.mask, self.tiling
        return {
            "vendor": scan.vendor if scan else "",
            "width": scan.width if scan else 0,
            "height": scan.height if scan else 0,
            "levels": scan.levels if scan else 0,
            "objective": scan.objective if scan else math.nan,
            "colour_profile": int(scan is not None and scan.colour_profile),
            "microns": scan.microns if scan else math.nan,
            "microns_from": scan.microns_from if scan else "",
            "mask_level": mask.level if mask else 0,
            "mask_microns": mask.microns if mask else math.nan,
            "saturation_otsu": mask.otsu if mask else math.nan,
            "saturation_limit": mask.limit if mask else math.nan,
            "tissue_share": mask.share(TISSUE) if mask else math.nan,
            "pen_share": mask.share(PEN) if mask else math.nan,
            "padding_share": mask.share(PADDING) if mask else math.nan,
            "tile_side": tiling.side if tiling else 0,
            "grid": tiling.grid if tiling else 0,
            "pen": tiling.pen if tiling else 0,
            "padding": tiling.padding if tiling else 0,
            "background": tiling.background if tiling else 0,
            "over_cap": tiling.over_cap if tiling else 0,
            "tiles": len(tiling.tiles) if tiling else 0,
        }


def survey(path: Path, microns: float | None, rule: TileRule, slide: str) -> Survey:
    """Look at the slide in a file; what a file holds never raises.

    microns: what the user's table says of its pixels, where it does; slide: its pseudonym.
    """
    try:
        with open_slide(path) as opened:
            return _survey(opened, microns, rule, slide)
    except (RefusedSampleError, OSError) as error:
        refusal = refusal_of(error)
        return Survey(refusal.reason, refusal.detail, (path,))


def _survey(opened: Slide, microns: float | None, rule: TileRule, slide: str) -> Survey:
    scan = _scan(opened, microns)
    if math.isnan(scan.microns):
        return Survey("no_microns", "neither its file nor the column microns says µm per pixel", opened.files, scan)
    if scan.microns > rule.microns * MOST_BLOWN_UP:
        coarse = f"{scan.microns:.3g} µm per pixel, and tiles are to have {rule.microns:g}"
        return Survey("too_coarse", coarse, opened.files, scan)
    try:
        mask, overview = tissue_mask(opened, scan.microns)
    except RefusedSampleError as error:
        return Survey(error.reason, error.detail, opened.files, scan)
    if mask.status != "ok":
        return Survey(mask.status, _NO_TILES[mask.status], opened.files, scan, mask, overview)
    tiling = tiling_of(mask, scan.width, scan.height, scan.microns, rule, slide)
    if not tiling.tiles:
        squares = f"of {tiling.grid} squares" if tiling.grid else f"smaller than a tile of {tiling.side} px"
        return Survey("no_tile", squares, opened.files, scan, mask, overview, tiling)
    return Survey(TAKEN, "", opened.files, scan, mask, overview, tiling)


def _scan(opened: Slide, microns: float | None) -> Scan:
    """The file's own word on the size of its pixels counts, the user's where it has none."""
    full = opened.levels[0]
    from_table = opened.microns is None and microns is not None
    value = microns if opened.microns is None else opened.microns
    return Scan(
        vendor=opened.vendor,
        width=full.width,
        height=full.height,
        levels=len(opened.levels),
        objective=math.nan if opened.objective is None else opened.objective,
        colour_profile=opened.has_colour_profile,
        microns=math.nan if value is None else value,
        microns_from=FROM_TABLE if from_table else opened.microns_from,
    )
