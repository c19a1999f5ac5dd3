"""Image files: whole pictures, or boxes of them, as uint8 RGB pixels. See data.images for what is refused."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from PIL import Image

from workflow_scripts.data.equal_pairs import thumbnail
from workflow_scripts.data.images import Box, crop, decode, pixel_digest, read_bytes
from workflow_scripts.data.readers.reader_interface import Limits, OpenFile, Part, Picture, Seen


class ImageFile(OpenFile):
    """A decoded image; `data` are the bytes of its file."""

    def __init__(self, path: Path, data: bytes, image: Image.Image) -> None:
        super().__init__(path)
        self.data = data
        self.image = image

    def inspect(self, part: Part | None) -> Seen:
        """Width and height in pixels, upright, and the picture's digest and thumbnail."""
        window = self.picture(part)
        picture = Picture(pixel_digest(window), window.width / window.height, thumbnail(window))
        sha256 = self.digest(None) if part is None else picture.digest
        return Seen({"width": window.width, "height": window.height}, sha256, picture)

    def digest(self, part: Part | None) -> str:
        """sha256 of the file's bytes; of a box, of its size and RGB values."""
        return hashlib.sha256(self.data).hexdigest() if part is None else pixel_digest(self.picture(part))

    def rows(self, part: Part | None) -> np.ndarray:
        """uint8 H×W×3 RGB pixels (0-255)."""
        return np.asarray(self.picture(part))

    def picture(self, part: Part | None) -> Image.Image:
        """The same pixels as Pillow holds them, mode RGB: an array of a photograph takes longer than to resize it."""
        assert part is None or isinstance(part, Box), part
        return self.image if part is None else crop(self.image, part)


@dataclass(frozen=True)
class ImageReader:
    """Image files of eight bits a sample."""

    modality: ClassVar[str] = "image"
    columns: ClassVar[Mapping[str, str]] = {"width": "int", "height": "int"}
    part: ClassVar[type[Part]] = Box
    symmetries: ClassVar[bool] = True

    @contextmanager
    def open(self, path: Path, limits: Limits) -> Iterator[ImageFile]:
        """Read and decode a file once, for all of its boxes. Raises RefusedSampleError."""
        data = read_bytes(path, limits.max_megapixels)
        yield ImageFile(path, data, decode(data, limits.max_megapixels, limits.at_least))
