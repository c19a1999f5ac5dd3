"""Micrometres per pixel, from the numbers that files give: only where both axes agree and the value can be one."""

import math
import re

# Both axes of a scanner differ by less; more is a field that was never filled in.
_AGREE = 1.05
# What a resolution in a TIFF tag can mean: most are 72 or 96 dots an inch, a default of a program.
_LEAST, _MOST = 0.1, 2.0
_CENTIMETRE = 10_000.0
_UNITS = {2: 25_400.0, 3: _CENTIMETRE}
# As OME writes units, the micro sign and the Greek letter.
_OME_UNITS = {"": 1.0, "µm": 1.0, "μm": 1.0, "um": 1.0, "micron": 1.0, "nm": 0.001, "mm": 1000.0, "cm": _CENTIMETRE}
_FIRST_PIXELS = re.compile(r"<(?:\w+:)?Pixels\b[^>]*>")
_NUMBER = r"([0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)"


def agreed(across: float | None, down: float | None) -> float | None:
    """µm per pixel of both axes, their mean; None where one is missing, impossible, or unlike the other."""
    if across is None or down is None or not (math.isfinite(across) and math.isfinite(down)):
        return None
    if not (0 < across <= 100 and 0 < down <= 100) or max(across, down) / min(across, down) > _AGREE:
        return None
    return (across + down) / 2


def of_resolution(across: float, down: float, unit: int) -> float | None:
    """µm per pixel of a TIFF's resolution, pixels a unit; None without a unit of length or a plausible value."""
    if unit not in _UNITS or not across or not down:
        return None
    return plausible(agreed(_UNITS[unit] / across, _UNITS[unit] / down))


def plausible(microns: float | None) -> float | None:
    """A value that a slide can have; None for others."""
    return microns if microns is not None and _LEAST <= microns <= _MOST else None


def of_ome_xml(text: str) -> float | None:
    """µm per pixel of the first image of OME-XML; None where it says none."""
    pixels = _FIRST_PIXELS.search(text)
    return agreed(_physical(pixels[0], "X"), _physical(pixels[0], "Y")) if pixels else None


def _physical(pixels: str, axis: str) -> float | None:
    size = re.search(rf'\bPhysicalSize{axis}\s*=\s*["\']\s*{_NUMBER}\s*["\']', pixels)
    unit = re.search(rf'\bPhysicalSize{axis}Unit\s*=\s*["\']([^"\']*)["\']', pixels)
    factor = _OME_UNITS.get(_plain(unit[1]) if unit else "")
    return float(size[1]) * factor if size and factor else None


def _plain(unit: str) -> str:
    return re.sub("&#(?:x[bB]5|181);", "µ", unit)


def aperio_number(text: str, name: str) -> float | None:
    """A number of an Aperio description, such as MPP or AppMag; None where it says none."""
    number = re.search(rf"\|\s*{name}\s*=\s*{_NUMBER}\s*(?:\||$)", text)
    return float(number[1]) if number else None


def ome_objective(text: str) -> float | None:
    """The nominal magnification of the first objective of OME-XML."""
    number = re.search(rf'\bNominalMagnification\s*=\s*["\']{_NUMBER}["\']', text)
    return float(number[1]) if number else None
