"""Synthetic slides → files as scanners and archives write them: pyramids of JPEG tiles, full of names.

Every second slide is like an SVS file of Aperio, the others are OME-TIFF, some of them big-endian. Both have a label
and an overview of the glass with a name on it. slides.csv (slide, label, patient, microns, which is left empty, site)
lies beside them.
"""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import imagecodecs
import numpy as np
import tifffile

from workflow_scripts.data.adapters.interface import SyntheticPicture, Written
from workflow_scripts.data.dicom.invented import identity_of
from workflow_scripts.data.dicom.pseudonyms import PUBLIC
from workflow_scripts.data.slides.synthetic_slides import SyntheticSlide
from workflow_scripts.data.slides.written_labels import SlideNames, label_picture, macro_picture

TABLE, COLUMNS = "slides.csv", ("slide", "label", "patient", "microns", "site")
TILE, QUALITY = 256, 90
# How much smaller each further level is than the first.
SVS_LEVELS, OME_LEVELS = (4,), (2, 4)
THUMBNAIL = 512


def write_synthetic(root: Path, pictures: Iterable[SyntheticPicture]) -> Iterator[Written]:
    """Write every slide and, at the end, the table; see data.adapters.interface."""
    rows = []
    slides_of_patients: dict[str, int] = {}
    for picture in pictures:
        assert isinstance(picture, SyntheticSlide)
        patient = identity_of(picture.patient, picture.site, picture.age)
        number = slides_of_patients[picture.patient] = slides_of_patients.get(picture.patient, 0) + 1
        names = SlideNames(patient, number)
        path = names.svs_path if picture.variant % 2 == 0 else names.ome_path
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        if picture.variant % 2 == 0:
            write_svs(root / path, picture, names)
        else:
            write_ome(root / path, picture, names, big_endian=picture.variant % 4 == 3)
        rows.append((path, picture.label, patient.patient_id, "", picture.site))
        yield Written(picture, path, [PUBLIC.slide(path)], PUBLIC.patient(patient.patient_id))
    with open(root / TABLE, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)


def write_svs(path: Path, slide: SyntheticSlide, names: SlideNames) -> None:
    """Write a slide as Aperio's scanners do: levels, thumbnail, label and macro, one page after the other."""
    height, width = slide.mask.shape
    with tifffile.TiffWriter(path, bigtiff=False) as writer:
        _write_level(writer, slide.pixels, names.aperio_description(width, height, _said(slide)))
        share = THUMBNAIL / max(height, width)
        thumbnail = cv2.resize(slide.pixels, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        _write_strips(writer, thumbnail, names.aperio_associated("", thumbnail), 0)
        for factor in SVS_LEVELS:
            level = smaller(slide.pixels, factor)
            _write_level(writer, level, names.aperio_level(width, height, level))
        label, macro = label_picture(names), macro_picture(names, thumbnail)
        _write_strips(writer, label, names.aperio_associated("label", label), 1)
        _write_strips(writer, macro, names.aperio_associated("macro", macro), 9)


def write_ome(path: Path, slide: SyntheticSlide, names: SlideNames, big_endian: bool = False) -> None:
    """Write a slide as OME-TIFF: smaller levels as sub-images of the first page, the label as an image of its own."""
    label = label_picture(names)
    with tifffile.TiffWriter(path, bigtiff=False, byteorder=">" if big_endian else "<") as writer:
        xml = names.ome_xml(slide.mask.shape, label.shape, _said(slide)).encode()
        _write_level(writer, slide.pixels, xml, below=len(OME_LEVELS))
        for factor in OME_LEVELS:
            _write_level(writer, smaller(slide.pixels, factor), None, kind=1)
        _write_strips(writer, label, None, 0)


def smaller(pixels: np.ndarray, factor: int) -> np.ndarray:
    """uint8 pixels whose every one is the mean of factor×factor of the given ones; what is left over is cut off."""
    height, width = (side // factor for side in pixels.shape[:2])
    whole = np.ascontiguousarray(pixels[: height * factor, : width * factor])
    return cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA)


def _said(slide: SyntheticSlide) -> float | None:
    """Micrometres per pixel, where the file says it."""
    return slide.microns if slide.says_microns else None


def _write_level(
    writer: tifffile.TiffWriter, pixels: np.ndarray, description: str | bytes | None, below: int = 0, kind: int = 0
) -> None:
    """A page of JPEG tiles; `below`: how many smaller levels follow as its sub-images, `kind`: its subfile type."""
    writer.write(
        _encoded_tiles(pixels),
        shape=pixels.shape,
        dtype=np.uint8,
        tile=(TILE, TILE),
        photometric="ycbcr",
        compression="jpeg",
        subsampling=(1, 1),
        subifds=below or None,
        subfiletype=kind,
        description=description,
        metadata=None,
        software=False,
    )


def _encoded_tiles(pixels: np.ndarray) -> Iterator[bytes]:
    """The tiles of a level, row by row, as JPEG; those at the borders are filled up with the last pixels."""
    height, width = pixels.shape[:2]
    filled = np.pad(pixels, ((0, -height % TILE), (0, -width % TILE), (0, 0)), mode="edge")
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            tile = np.ascontiguousarray(filled[top : top + TILE, left : left + TILE])
            yield bytes(imagecodecs.jpeg8_encode(tile, level=QUALITY, subsampling="444"))


def _write_strips(writer: tifffile.TiffWriter, pixels: np.ndarray, description: str | bytes | None, kind: int) -> None:
    """A page of strips, as associated images have them."""
    writer.write(
        pixels,
        photometric="rgb",
        compression="lzw",
        rowsperstrip=64,
        subfiletype=kind,
        description=description,
        metadata=None,
        software=False,
    )
