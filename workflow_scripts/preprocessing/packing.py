"""How images are packed: rows are uint8 S×S×3 RGB pixels."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from PIL import Image, ImageOps

from workflow_scripts.contracts.arrays import PIXELS, ArrayDescription
from workflow_scripts.contracts.step_settings.preprocess_settings import Packing
from workflow_scripts.data.images import Box, crop
from workflow_scripts.data.readers.image_reader import ImageFile
from workflow_scripts.data.readers.reader_interface import Limits, OpenFile, Part
from workflow_scripts.data.reading import FileSample
from workflow_scripts.data.selecting import changed
from workflow_scripts.preprocessing.packer import PicturePacker

FILTERS = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
# In a mask that was resized with its picture: more is inside.
HALF = 127
WHITE = 255


@dataclass(frozen=True)
class ImagePacker(PicturePacker):
    """Packs image files, or boxes of them."""

    packing: Packing

    @classmethod
    def of(cls, packing: Packing) -> Self:
        """As PicturePacker.of."""
        return cls(packing)

    @property
    def array(self) -> ArrayDescription:
        """As Packer.array."""
        return ArrayDescription(PIXELS, "uint8", (self.packing.size, self.packing.size, 3), 255)

    def order(self) -> tuple[str, ...]:
        """As Packer.order."""
        size = self.packing.size
        return "decode, 8 bits RGB", "box", "turn of a copy", f"{self.words()} to {size}×{size}"

    def words(self) -> str:
        """As PicturePacker.words."""
        return f"{self.packing.fit}, {self.packing.interpolation}"

    def limits(self, part: Part | None) -> Limits:
        """A box is given in pixels of the whole picture, so that only a picture without one is scaled down."""
        return Limits(at_least=self.packing.size if self.packing.draft and part is None else None)

    def row(self, opened: OpenFile, sample: FileSample) -> np.ndarray:
        """As PicturePacker.row."""
        assert isinstance(opened, ImageFile)
        return packed(opened.picture(sample.part), self.packing, sample.change)

    def shown(self, opened: OpenFile, part: Part | None) -> np.ndarray:
        """As PicturePacker.shown."""
        return opened.rows(part)

    def region(self, mask: np.ndarray, sample: FileSample) -> np.ndarray:
        """As PicturePacker.region."""
        assert sample.part is None or isinstance(sample.part, Box)
        image = Image.fromarray(np.repeat(np.where(mask > 0, WHITE, 0).astype(np.uint8)[..., None], 3, axis=2))
        window = image if sample.part is None else crop(image, sample.part)
        return packed(window, self.packing, sample.change)[..., 0] > HALF


def fitted(image: Image.Image, packing: Packing) -> Image.Image:
    """The RGB image as size×size pixels, antialiased.

    squash: both sides to `size`; pad: the longer side to `size`, the rest in the median colour of the image's border;
    crop: the shorter side to `size`, the middle taken.
    """
    target = (packing.size, packing.size)
    resample = FILTERS[packing.interpolation]
    if packing.fit == "squash":
        return image.resize(target, resample)
    if packing.fit == "crop":
        return ImageOps.fit(image, target, resample)
    scale = packing.size / max(image.size)
    inner = image.resize(scaled(image, scale), resample)
    canvas = Image.new("RGB", target, border_colour(image))
    canvas.paste(inner, ((packing.size - inner.width) // 2, (packing.size - inner.height) // 2))
    return canvas


def packed(picture: Image.Image, packing: Packing, change: str = "") -> np.ndarray:
    """Pixels (uint8 size×size×3) of an RGB picture; `change` says how a copy is turned, see data.selecting."""
    return np.asarray(fitted(changed(picture, change), packing))


def scaled(image: Image.Image, scale: float) -> tuple[int, int]:
    """Width and height of an image made larger or smaller, a pixel at least."""
    return max(1, round(image.width * scale)), max(1, round(image.height * scale))


def border_colour(image: Image.Image) -> tuple[int, int, int]:
    """Median red, green and blue (0-255) of the outermost pixels."""
    pixels = np.asarray(image)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    red, green, blue = (int(value) for value in np.median(border, axis=0))
    return red, green, blue
