"""dataset/slides.csv: every slide that lay in the source, what was seen of it, and why it was taken or not."""

from workflow_scripts.contracts.listed_table import TAKEN, ListedTable
from workflow_scripts.contracts.tables import Table
from workflow_scripts.runtime.study_paths import SLIDES_FILE

# The modality of tiles of slides.
SLIDE_MODALITY = "slide"
# A slide that the user's table does not name: nobody opens it.
UNLISTED = "unlisted"
# Why a slide was not taken, in the order in which it is looked at; all but `unlisted` are in the quarantine, too.
REASONS = (
    TAKEN,
    UNLISTED,
    "missing_file",
    "equal_slide",
    "empty_file",
    "not_a_slide",
    "unsupported_mode",
    "incomplete",
    "truncated",
    "unreadable",
    "no_microns",
    "too_coarse",
    "fluorescence",
    "blank",
    "only_pen",
    "no_tile",
)
# width, height, microns: of the full level, in pixels and µm per pixel; colour_profile: 1 where the file has one, which
# is never applied. mask_level, mask_microns: the level in which tissue was looked for, and µm per pixel of the mask;
# saturation_otsu, saturation_limit: Otsu's threshold and the one that counts, of 255; shares: of the whole slide.
# tile_side: in pixels of the full level; grid: squares of the grid, of which those with pen, with padding and with too
# little tissue (background) are dropped, in this order, and those beyond ingest.tiles.max_tiles (over_cap); tiles: what
# is left. Of what nobody saw, counts are 0 and other numbers empty. Names are pseudonyms.
SLIDES = Table(
    "slides",
    {
        "patient": "str",
        "slide": "str",
        "reason": "str",
        "detail": "str",
        "vendor": "str",
        "width": "int",
        "height": "int",
        "levels": "int",
        "objective": "float",
        "colour_profile": "int",
        "microns": "float",
        "microns_from": "str",
        "mask_level": "int",
        "mask_microns": "float",
        "saturation_otsu": "float",
        "saturation_limit": "float",
        "tissue_share": "float",
        "pen_share": "float",
        "padding_share": "float",
        "tile_side": "int",
        "grid": "int",
        "pen": "int",
        "padding": "int",
        "background": "int",
        "over_cap": "int",
        "tiles": "int",
    },
    key=("slide",),
    values={"reason": REASONS},
)
LISTED_SLIDES = ListedTable(SLIDES, SLIDES_FILE, "slides")
