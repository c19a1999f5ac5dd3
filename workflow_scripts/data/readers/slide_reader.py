"""Whole slides: tiles of them as uint8 RGB pixels of the full level. See data.slides for what is refused.

Where tiles lie, how much tissue they hold and how large their pixels are is known to the adapter, which has looked at
the slide as a whole.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np

from workflow_scripts.data.readers.reader_interface import Limits, OpenFile, Part, RefusedSampleError, Seen
from workflow_scripts.data.slides.opening import open_slide
from workflow_scripts.runtime.files import digest_file, digest_text


@dataclass(frozen=True)
class Tile(Part):
    """A square of a slide: its corner and side in pixels of the full level."""

    left: int
    top: int
    side: int


class SlideFile(OpenFile):
    """An open slide; `slide` gives its tiles in the size that is asked for, from the level that is best for it."""

    def __init__(self, path: Path, limits: Limits) -> None:
        super().__init__(path)
        self.limits = limits
        self.slide = open_slide(path)

    def inspect(self, part: Part | None) -> Seen:
        """Width and height of the slide in pixels; tiles are not compared by looks. A tile beside it is refused."""
        full = self.slide.levels[0]
        tile = self._tile(part)
        if tile.left >= full.width or tile.top >= full.height or min(tile.left, tile.top) + tile.side <= 0:
            raise RefusedSampleError("outside_image", f"a tile beside the {full.width}×{full.height} pixels")
        return Seen({"width": full.width, "height": full.height}, self.digest(part))

    def rows(self, part: Part | None) -> np.ndarray:
        """uint8 side×side×3 RGB of a tile at the full level; white outside the slide. None: the whole full level."""
        full = self.slide.levels[0]
        tile = self._tile(part)
        width, height = (full.width, full.height) if part is None else (tile.side, tile.side)
        if width * height > self.limits.max_megapixels * 1e6:
            limit = self.limits.max_megapixels
            raise RefusedSampleError("too_large", f"{width}×{height} px, more than ingest.max_megapixels ({limit:g})")
        return self.slide.region(0, tile.left, tile.top, width, height)

    def digest(self, part: Part | None) -> str:
        """sha256 of the slide's bytes; of a tile, of that and where it lies: no tile is decoded for it."""
        if part is None:
            return self._bytes
        tile = self._tile(part)
        return digest_text(f"{self._bytes} {tile.left} {tile.top} {tile.side}")

    @cached_property
    def _bytes(self) -> str:
        """Of its one file, or of the names and bytes of all of its files; once as long as it is open."""
        files = self.slide.files
        if len(files) == 1:
            return digest_file(files[0])
        total = hashlib.sha256()
        for path in files:
            total.update(f"{path.name} {digest_file(path)}\n".encode())
        return total.hexdigest()

    def _tile(self, part: Part | None) -> Tile:
        assert part is None or isinstance(part, Tile), part
        full = self.slide.levels[0]
        return Tile(0, 0, max(full.width, full.height)) if part is None else part


@dataclass(frozen=True)
class SlideReader:
    """Whole slides.

    Columns: width, height: of the slide; microns: µm per pixel of its full level; tile_microns: µm per pixel of the
    packed tile; tissue: share of the tile that is tissue; column, row: its place in the grid, from 0.
    """

    modality: ClassVar[str] = "slide"
    columns: ClassVar[Mapping[str, str]] = {
        "width": "int",
        "height": "int",
        "microns": "float",
        "tile_microns": "float",
        "tissue": "float",
        "column": "int",
        "row": "int",
    }
    part: ClassVar[type[Part]] = Tile
    symmetries: ClassVar[bool] = False

    @contextmanager
    def open(self, path: Path, limits: Limits) -> Iterator[SlideFile]:
        """Open a slide for as long as tiles of it are read. Raises RefusedSampleError."""
        file = SlideFile(path, limits)
        with file.slide:
            yield file
