"""Which images of a TIFF file are levels of its slide, and what is read of its text: numbers alone."""

from collections.abc import Iterable
from dataclasses import dataclass

import tifffile

from workflow_scripts.data.readers.reader_interface import RefusedSampleError
from workflow_scripts.data.slides import microns
from workflow_scripts.data.slides.slide import SlideFacts

# none, LZW, deflate (twice), JPEG, JPEG 2000, and Aperio's JPEG 2000 of RGB; its JPEG 2000 of YCbCr (33003) comes out
# in other colours and is left to OpenSlide.
COMPRESSIONS = (1, 5, 8, 32946, 7, 34712, 33005)
_RGB, _YCBCR, _JPEG = 2, 6, 7
# In bytes: a tile or strip that is decoded at once.
LARGEST_SEGMENT = 64 << 20
# What a level's size may differ by from a fraction of the full one, beside a pixel or two.
_ASPECT = 0.01
_COLOUR_PROFILE = 34675


class UndecodedError(RefusedSampleError):
    """A file whose pixels are not decoded tile by tile; OpenSlide may read them."""


@dataclass(frozen=True)
class TiffLevels:
    """The images of the levels, the full one first, and what the file says."""

    pages: list[tifffile.TiffPage]
    facts: SlideFacts


def levels_of_tiff(tiff: tifffile.TiffFile) -> TiffLevels:
    """The levels of an open TIFF file. Raises RefusedSampleError, of which UndecodedError.

    OME: the first image and the smaller ones inside it, because further ones are labels and overviews. Others: the
    first image, and of those that follow the tiled ones of its shape.
    """
    first, *later = _images(tiff.pages)
    smaller = [] if tiff.is_ome else [page for page in later if page.is_tiled]
    smaller += _images(first.pages or ())
    pages = [first]
    for page in sorted(smaller, key=lambda page: -page.imagewidth):
        if page.imagewidth < pages[-1].imagewidth and _same_shape(first, page):
            pages.append(page)
    for page in pages:
        _check(page)
    return TiffLevels(pages, _facts(tiff, first))


def _images(pages: Iterable[tifffile.TiffPage | tifffile.TiffFrame]) -> list[tifffile.TiffPage]:
    return [page for page in pages if isinstance(page, tifffile.TiffPage)]


def _same_shape(first: tifffile.TiffPage, page: tifffile.TiffPage) -> bool:
    if not (0 < page.imagelength <= first.imagelength):
        return False
    width = first.imagewidth * page.imagelength / first.imagelength
    return abs(page.imagewidth - width) <= 1.5 * max(width / page.imagelength, 1.0) + _ASPECT * width


def _check(page: tifffile.TiffPage) -> None:
    """Refuse an image that is not decoded here, and one that no slide has."""
    if page.dtype != "uint8" or page.samplesperpixel not in (3, 4) or page.planarconfig != 1 or page.imagedepth != 1:
        raise RefusedSampleError("unsupported_mode", "its pixels are not colours of eight bits, side by side")
    if page.compression not in COMPRESSIONS:
        raise UndecodedError("unsupported_mode", f"nothing reads its compression ({int(page.compression)})")
    if page.photometric != _RGB and not (page.photometric == _YCBCR and page.compression == _JPEG):
        raise UndecodedError("unsupported_mode", f"its colours are not red, green and blue ({int(page.photometric)})")
    height, width = (page.tilelength, page.tilewidth) if page.is_tiled else (page.rowsperstrip, page.imagewidth)
    if not 0 < height * width * page.samplesperpixel <= LARGEST_SEGMENT:
        raise UndecodedError("unsupported_mode", f"its pixels lie in pieces of {width}×{height}")


def _facts(tiff: tifffile.TiffFile, first: tifffile.TiffPage) -> SlideFacts:
    text = first.description if tiff.is_ome or tiff.is_svs else ""
    value, source, objective, vendor = None, "", None, "tiff"
    if tiff.is_ome:
        value, source, vendor = microns.of_ome_xml(text), "ome_xml", "ome"
        objective = microns.ome_objective(text)
    elif tiff.is_svs:
        mpp = microns.aperio_number(text, "MPP")
        value, source, vendor = microns.agreed(mpp, mpp), "aperio", "aperio"
        objective = microns.aperio_number(text, "AppMag")
    if value is None:
        value, source = _resolution(first), "tiff_resolution"
    return SlideFacts(vendor, value, source if value else "", objective, _COLOUR_PROFILE in first.tags)


def _resolution(page: tifffile.TiffPage) -> float | None:
    names = ("XResolution", "YResolution", "ResolutionUnit")
    values = [tag.value for name in names if (tag := page.tags.get(name)) is not None]
    if len(values) < len(names):
        return None
    across, down, unit = values
    if not across[1] or not down[1]:
        return None
    return microns.of_resolution(across[0] / across[1], down[0] / down[1], int(unit))
