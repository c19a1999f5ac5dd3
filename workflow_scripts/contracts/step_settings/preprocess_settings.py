"""What the step `preprocess` receives, and the block `preprocess` of a study's settings."""

from dataclasses import dataclass
from typing import Annotated, Literal

from workflow_scripts.contracts.blocks import Size, about, limit, optional

# A percentile.
Percent = Annotated[float, limit(ge=0, le=100)]
Mask = Literal["none", "grey", "haematoxylin", "dab", "stained"]


@dataclass(frozen=True)
class SlicePacking:
    """How a slice of a scan becomes a row of the packed array: window, crop, local contrast, resize, in this order."""

    window: Annotated[
        tuple[Percent, Percent],
        about("Percentiles of all pixels of the whole slice that become black and white; what lies beyond is cut."),
    ] = (1.0, 99.0)
    margin: Annotated[
        float,
        about(
            "How much is taken around the box of a lesion, on each side as a share of the box's own width and height. "
            "It ends at the edge of the slice. A slice without a box is taken whole.",
            ge=0,
            le=2,
        ),
    ] = 0.1
    local_contrast: Annotated[
        Literal["none", "clahe"],
        about(
            "clahe: contrast-limited adaptive histogram equalisation of the crop in 8 bits (Zuiderveld 1994, as OpenCV "
            "has it). CLAHE stands in for the local display method that the paper cites without naming it."
        ),
    ] = "none"
    clip_limit: Annotated[
        float, about("CLAHE: how often a grey level may occur in a tile, in multiples of the mean.", gt=0)
    ] = 2.0
    tiles: Annotated[
        int, about("CLAHE: tiles a side; fewer where one would be smaller than 8 pixels.", ge=1, le=64)
    ] = 8
    resize: Annotated[
        Literal["area", "bilinear"],
        about(
            "How the crop is brought to `size`×`size`, its aspect ratio not kept. area: the mean of the pixels that "
            "fall into a new one; where it is enlarged, and for bilinear everywhere: between the nearest pixels."
        ),
    ] = "area"

    def __post_init__(self) -> None:
        _require_rising(self.window)


@dataclass(frozen=True)
class TilePacking:
    """How a tile of a slide becomes a row of the packed array: brought to its size, then its intensities, if at all."""

    intensity: Annotated[
        Literal["none", "percentiles"],
        about(
            "percentiles: each tile for itself is stretched so that `window` becomes black and white, one window for "
            "all three channels, so that hues stay. Stains are made alike by `train.stain`, not here."
        ),
    ] = "none"
    window: Annotated[
        tuple[Percent, Percent],
        about("intensity percentiles: those of all values of a tile that become black and white."),
    ] = (1.0, 99.0)

    def __post_init__(self) -> None:
        _require_rising(self.window)


@dataclass(frozen=True)
class VisitPacking:
    """How visits become the numbers that a model sees; everything is fitted on training visits of each fold alone."""

    imputation: Annotated[
        Literal["median", "last_value", "iterative"],
        about(
            "What stands for a missing number. median: of the training visits, of a category and of yes or no the most "
            "frequent; last_value: the last one of the same patient, median where there is none yet; iterative: linear "
            "regressions on all other columns, in rounds (scikit-learn's IterativeImputer), kept in the column's range."
        ),
    ] = "last_value"
    indicators: Annotated[
        bool,
        about("Add 0 or 1 for every column, whether it is missing; also where none is missing in training."),
    ] = True
    elapsed: Annotated[
        bool,
        about(
            "Add for every column the years since it was last measured, 0 where it is; since the first visit where it "
            "never was."
        ),
    ] = True


def _require_rising(window: tuple[float, float]) -> None:
    """Raise ValueError unless the first percentile is the lower one."""
    if window[0] >= window[1]:
        raise ValueError(f"window is {window[0]:g} to {window[1]:g}; the first percentile must be lower")


@dataclass(frozen=True)
class Packing:
    """How a sample becomes a row of the packed array.

    `fit`, `interpolation` and `draft` are of images. Samples of another modality have a block of their own, which only
    they have, besides the size where they are pictures: see OWN_BLOCKS.
    """

    size: Annotated[Size, about("Height and width in pixels of what is packed.")] = 224
    fit: Annotated[
        Literal["squash", "pad", "crop"],
        about(
            "squash: both sides to `size`, aspect ratio not kept; pad: longer side to `size`, rest filled with "
            "the border colour; crop: shorter side to `size`, middle taken."
        ),
    ] = "squash"
    interpolation: Annotated[Literal["bilinear", "bicubic", "lanczos"], about("Resampling filter.")] = "bilinear"
    draft: Annotated[
        bool, about("Let the JPEG decoder scale down by 2, 4 or 8 first: faster, but the pixels differ slightly.")
    ] = False

    slices: Annotated[
        SlicePacking | None,
        about(
            "Of DICOM slices alone, which take `size` and this block and no other key; null: the block's own defaults."
        ),
    ] = optional()
    tiles: Annotated[
        TilePacking | None,
        about(
            "Of tiles of slides alone, which take `size` and this block and no other key; null: the block's own "
            "defaults. Where tiles lie, and how large a pixel of them is, is said in `ingest.tiles`."
        ),
    ] = optional()
    visits: Annotated[
        VisitPacking | None,
        about("Of tables of visits alone, which take this block and no other key; null: the block's own defaults."),
    ] = optional()


# Fields of a packing that samples of one modality alone have → their class.
OWN_BLOCKS: dict[str, type] = {"slices": SlicePacking, "tiles": TilePacking, "visits": VisitPacking}


@dataclass(frozen=True)
class Preprocess(Packing):
    """From files to one packed array."""

    mask: Annotated[
        Mask,
        about(
            "Masks of cell nuclei by Otsu's threshold on: darkness (grey), the blue stain, the brown stain, or "
            "either of both stains (stained); kept next to the pixels, `train.mask` applies them."
        ),
    ] = "none"

    pixel_size: Annotated[
        Annotated[float, limit(gt=0)] | None,
        about("Micrometres per pixel of the raw images, for the scale bar in pictures; null: unknown, no bar."),
    ] = None


@dataclass(frozen=True)
class PreprocessSettings:
    """What the step receives."""

    study: str
    preprocess: Packing
