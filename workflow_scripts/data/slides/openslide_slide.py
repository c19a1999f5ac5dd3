"""Slides of all other makers, by OpenSlide: NDPI, MRXS, SCN, BIF and more. Of their properties four are read."""

import math
from pathlib import Path

import numpy as np
import openslide

from workflow_scripts.data.quiet import quiet
from workflow_scripts.data.slides import microns
from workflow_scripts.data.slides.slide import Slide, SlideFacts, on_white

# OpenSlide's name of the format → what it is called here.
_VENDORS = {"generic-tiff": "tiff"}
_PROFILE = "openslide.icc-size"
# Hamamatsu's lists of pictures.
_KEPT_BESIDE = (".vms", ".vmu")


class OpenSlideSlide(Slide):
    """A slide that OpenSlide has opened."""

    def __init__(self, path: Path) -> None:
        with quiet():
            self._slide = openslide.OpenSlide(path)
            facts = _facts(self._slide)
            super().__init__(files_of(path, facts.vendor), list(self._slide.level_dimensions), facts)

    def close(self) -> None:
        """Close its files."""
        self._slide.close()

    def _pixels(self, level: int, left: int, top: int, width: int, height: int) -> np.ndarray:
        # OpenSlide wants the corner in pixels of the full level, and divides it by this number again.
        downsample = self._slide.level_downsamples[level]
        corner = (round(left * downsample), round(top * downsample))
        with quiet():
            return on_white(np.asarray(self._slide.read_region(corner, level, (width, height))))


def detected_format(path: Path) -> str:
    """OpenSlide's name of the file's format; empty where it knows none."""
    with quiet():
        return openslide.OpenSlide.detect_format(path) or ""


def files_of(path: Path, vendor: str) -> tuple[Path, ...]:
    """The file and, where its format keeps the pixels beside it, the files that hold them."""
    further: list[Path] = []
    if vendor == "mirax":
        further = sorted(file for file in path.with_suffix("").rglob("*") if file.is_file())
    elif path.suffix.lower() in _KEPT_BESIDE:
        further = sorted(file for file in path.parent.glob("*") if file.name.startswith(path.stem) and file != path)
    return (path, *further)


def _facts(slide: openslide.OpenSlide) -> SlideFacts:
    properties = slide.properties
    vendor = properties.get(openslide.PROPERTY_NAME_VENDOR, "")
    across = _number(properties.get(openslide.PROPERTY_NAME_MPP_X))
    value = microns.agreed(across, _number(properties.get(openslide.PROPERTY_NAME_MPP_Y)))
    if vendor == "generic-tiff":
        # There it is made from the resolution, whatever that is.
        value = microns.plausible(value)
    objective = _number(properties.get(openslide.PROPERTY_NAME_OBJECTIVE_POWER))
    return SlideFacts(
        _VENDORS.get(vendor, vendor), value, "openslide" if value else "", objective, _PROFILE in properties
    )


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None
