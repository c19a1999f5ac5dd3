"""Which reader opens a slide: the fast one where it is right, OpenSlide for other makers, frames for DICOM."""

from pathlib import Path

from workflow_scripts.data.quiet import quiet
from workflow_scripts.data.readers.reader_interface import RefusedSampleError
from workflow_scripts.data.slides.dicom_slide import DicomSlide
from workflow_scripts.data.slides.openslide_slide import OpenSlideSlide, detected_format
from workflow_scripts.data.slides.slide import Slide
from workflow_scripts.data.slides.tiff_levels import UndecodedError
from workflow_scripts.data.slides.tiff_slide import TiffSlide

# Classic and BigTIFF of both byte orders.
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
# Formats of OpenSlide that are plain tiles in a TIFF file; empty: it refuses the file, as it does big-endian ones.
_PLAIN = ("aperio", "generic-tiff", "")
_START = 132


def open_slide(path: Path) -> Slide:
    """The slide in a file; close it, or use it as a context manager.

    Raises RefusedSampleError: missing_file, empty_file, not_a_slide, unsupported_mode, truncated, unreadable.
    """
    start = _start(path)
    if start[128:] == b"DICM":
        return DicomSlide(path)
    vendor_format = detected_format(path)
    if start[:4] in _TIFF and vendor_format in _PLAIN:
        return _open_tiff(path, vendor_format)
    if not vendor_format:
        raise RefusedSampleError("not_a_slide", "neither TIFF nor DICOM nor a format that OpenSlide knows")
    return OpenSlideSlide(path)


def _start(path: Path) -> bytes:
    with quiet(), path.open("rb") as file:
        start = file.read(_START)
    if not start:
        raise RefusedSampleError("empty_file", "0 bytes")
    return start


def _open_tiff(path: Path, vendor_format: str) -> Slide:
    try:
        return TiffSlide(path)
    except UndecodedError:
        if not vendor_format:
            raise
        return OpenSlideSlide(path)
