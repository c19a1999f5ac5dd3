"""New image files, read and packed as a finished run's study packed its own."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from workflow_scripts.data.raw_folders import printable
from workflow_scripts.data.readers.image_reader import ImageReader
from workflow_scripts.data.readers.reader_interface import RefusedSampleError
from workflow_scripts.preprocessing.packing import packed
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.training.finished import FinishedRun

AT_A_TIME = 64


@dataclass(frozen=True)
class PackedPicture:
    """An image file: its path in the folder, its packed pixels (uint8 S×S×3), and its width / height."""

    path: str
    pixels: np.ndarray
    ratio: float


@dataclass
class PictureReader:
    """Reads files of a folder for a run, and notes those that cannot be read.

    refused: path, reason, detail of each; digest: of paths and contents of the images that were read.
    """

    folder: Path
    run: FinishedRun
    refused: list[tuple[str, str, str]] = field(default_factory=list)
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def batches(self, paths: Sequence[str]) -> Iterator[list[PackedPicture]]:
        """The readable files of these, a few at a time, in their order; no empty list."""
        for start in range(0, len(paths), AT_A_TIME):
            if pictures := list(self._readable(paths[start : start + AT_A_TIME])):
                yield pictures

    def again(self, path: str) -> PackedPicture:
        """A file that was read before; UserError where it no longer can be."""
        try:
            return self._read(path)[0]
        except RefusedSampleError as refusal:
            raise UserError(
                f"{self.folder / path} has changed since it was read ({refusal.detail}); start again"
            ) from None

    def _readable(self, paths: Sequence[str]) -> Iterator[PackedPicture]:
        for path in paths:
            try:
                if printable(path) != path:
                    raise RefusedSampleError("unreadable", "the file's name is not UTF-8")
                picture, digest = self._read(path)
                self.digest.update(f"{path} {digest}\n".encode())
                yield picture
            except RefusedSampleError as refusal:
                self.refused.append((printable(path), refusal.reason, refusal.detail))

    def _read(self, path: str) -> tuple[PackedPicture, str]:
        packer = self.run.packer
        limits = replace(packer.limits(None), max_megapixels=self.run.max_megapixels)
        with ImageReader().open(self.folder / path, limits) as opened:
            picture, digest = opened.picture(None), opened.digest(None)
        return PackedPicture(path, packed(picture, packer.packing), picture.width / picture.height), digest
