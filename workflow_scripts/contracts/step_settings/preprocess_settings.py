"""What the step `preprocess` receives, and the block `preprocess` of a study's settings."""

from dataclasses import dataclass
from typing import Annotated, Literal

from workflow_scripts.contracts.blocks import Size, about, limit

Mask = Literal["none", "grey", "haematoxylin", "dab", "stained"]


@dataclass(frozen=True)
class Packing:
    """How an image becomes a row of the packed array."""

    size: Annotated[Size, about("Height and width in pixels of the packed images.")] = 224
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
