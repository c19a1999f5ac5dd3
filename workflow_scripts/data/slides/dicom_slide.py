"""DICOM whole-slide images: a file a level, read frame by frame, so that none is in memory as a whole.

The file that is opened is the full level; smaller ones of its series in the same folder are the levels below it. Of the
header an allow-list of tags is read.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from pydicom import dcmread
from pydicom.dataset import FileDataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, VLWholeSlideMicroscopyImageStorage

from workflow_scripts.data.quiet import quiet
from workflow_scripts.data.readers.reader_interface import RefusedSampleError
from workflow_scripts.data.slides import microns
from workflow_scripts.data.slides.dicom_frames import Frames
from workflow_scripts.data.slides.dicom_order import MISSING, frame_numbers
from workflow_scripts.data.slides.slide import SlideFacts
from workflow_scripts.data.slides.tiled_slide import Grid, TiledSlide

_TAGS = [
    "SOPClassUID",
    "SeriesInstanceUID",
    "ImageType",
    "SpecimenLabelInImage",
    "InConcatenationNumber",
    "DimensionOrganizationType",
    "NumberOfFrames",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "PixelRepresentation",
    "TotalPixelMatrixColumns",
    "TotalPixelMatrixRows",
    "ImagedVolumeWidth",
    "ImagedVolumeHeight",
    "OpticalPathSequence",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
]
# Kinds of images of a slide that show its label, or its glass as a whole.
_NO_LEVELS = {"LABEL", "OVERVIEW", "LOCALIZER", "THUMBNAIL"}
_PREAMBLE = 132


@dataclass(frozen=True)
class _File:
    """A file that holds a level: `numbers` are the frames of its tiles, row by row."""

    path: Path
    series: str
    header: FileDataset
    frames: Frames
    grid: Grid
    numbers: np.ndarray


class DicomSlide(TiledSlide):
    """The frames of DICOM files of a series."""

    def __init__(self, path: Path) -> None:
        full = _read(path)
        self._levels = [full, *_smaller(full)]
        files = tuple(level.path for level in self._levels)
        super().__init__(files, [level.grid for level in self._levels], _facts(full.header))

    def close(self) -> None:
        """Close its files."""
        for level in self._levels:
            level.frames.close()

    def _decoded(self, level: int, index: int) -> np.ndarray | None:
        number = self._levels[level].numbers[index]
        return None if number == MISSING else self._levels[level].frames.frame(number)


def _read(path: Path) -> _File:
    with quiet(), ExitStack() as stack:
        file = stack.enter_context(path.open("rb"))
        header = dcmread(file, stop_before_pixels=True, specific_tags=_TAGS)
        _check(header)
        width, height = int(header.TotalPixelMatrixColumns), int(header.TotalPixelMatrixRows)
        grid = Grid(width, height, int(header.Columns), int(header.Rows))
        if min(width, height, grid.across, grid.down) < 1:
            raise RefusedSampleError("incomplete", "its header says no size")
        frames = Frames(file, header)
        numbers = frame_numbers(header, grid, frames)
        # From here on the frames close it.
        stack.pop_all()
        return _File(path, str(header.get("SeriesInstanceUID", "")), header, frames, grid, numbers)


def _check(header: FileDataset) -> None:
    """Refuse what is no level of a slide, and what is not decoded."""
    if header.get("SOPClassUID") != VLWholeSlideMicroscopyImageStorage:
        raise RefusedSampleError("not_a_slide", "a DICOM file of another kind")
    if _NO_LEVELS & set(header.get("ImageType", ())) or header.get("SpecimenLabelInImage") == "YES":
        raise RefusedSampleError("not_a_slide", "a picture of the label or of the whole glass")
    if header.file_meta.TransferSyntaxUID in (DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian):
        raise RefusedSampleError("unsupported_mode", "a transfer syntax that no slide is expected to have")
    if header.SamplesPerPixel != 3 or header.BitsAllocated != 8:
        raise RefusedSampleError("unsupported_mode", "its pixels are not three colours of eight bits")
    if header.get("InConcatenationNumber", 1) > 1 or "TotalPixelMatrixColumns" not in header:
        raise RefusedSampleError("incomplete", "it is a part of an image, or does not say the size of the whole")


def _smaller(full: _File) -> list[_File]:
    """Files of the same series with smaller pictures of the same shape, the largest first; none that is refused."""
    files = []
    for path in sorted(full.path.parent.iterdir()):
        if path == full.path or not _of_series(path, full.series):
            continue
        try:
            level = _read(path)
        except RefusedSampleError:
            continue
        ratio = full.grid.width / level.grid.width
        if ratio > 1 and abs(full.grid.height / ratio - level.grid.height) <= 1.5 + 0.01 * level.grid.height:
            files.append(level)
    return sorted(files, key=lambda level: -level.grid.width)


def _of_series(path: Path, series: str) -> bool:
    if not series or not path.is_file():
        return False
    try:
        with quiet(), path.open("rb") as file:
            if not _is_dicom(file):
                return False
            header = dcmread(file, stop_before_pixels=True, specific_tags=["SeriesInstanceUID"])
            return str(header.get("SeriesInstanceUID", "")) == series
    except RefusedSampleError:
        return False


def _is_dicom(file: BinaryIO) -> bool:
    start = file.read(_PREAMBLE)
    file.seek(0)
    return start[128:] == b"DICM"


def _facts(header: FileDataset) -> SlideFacts:
    with quiet():
        value = _spacing(header)
        if value is None and "ImagedVolumeWidth" in header and "ImagedVolumeHeight" in header:
            across = 1000 * header.ImagedVolumeWidth / header.TotalPixelMatrixColumns
            value = microns.agreed(across, 1000 * header.ImagedVolumeHeight / header.TotalPixelMatrixRows)
        paths = header.get("OpticalPathSequence") or ()
        power = paths[0].get("ObjectiveLensPower") if paths else None
        profile = any("ICCProfile" in path for path in paths)
    return SlideFacts("dicom", value, "dicom" if value else "", float(power) if power else None, profile)


def _spacing(header: FileDataset) -> float | None:
    """µm per pixel of the shared functional groups."""
    shared = header.get("SharedFunctionalGroupsSequence")
    measures = shared[0].get("PixelMeasuresSequence") if shared else None
    spacing = measures[0].get("PixelSpacing") if measures else None
    return microns.agreed(*(1000 * float(number) for number in spacing)) if spacing and len(spacing) == 2 else None
