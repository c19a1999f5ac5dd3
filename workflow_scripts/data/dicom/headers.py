"""Headers of DICOM files: every file below a folder opened once, and nothing kept of it but an allow-list of tags.

Nothing that pydicom says is passed on: its warnings and errors may quote names.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from pydicom import dcmread
from pydicom.charset import default_encoding
from pydicom.filereader import data_element_generator
from pydicom.tag import BaseTag
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from workflow_scripts.data.dicom import tags
from workflow_scripts.data.dicom.tags import Elements
from workflow_scripts.data.quiet import quiet
from workflow_scripts.data.readers.reader_interface import RefusedSampleError
from workflow_scripts.runtime.walking import Item, walk

DIRECTORY = "1.2.840.10008.1.3.10"
ENDINGS = (".dcm", ".dicom", ".ima")
_UID_SIGNS = frozenset("0123456789.")
# In the file's own part of a header: classes without functional groups, of which nothing is wanted after group 0028.
_SINGLE = (b"1.2.840.10008.5.1.4.1.1.4\0", b"1.2.840.10008.5.1.4.1.1.2\0")
_LAST = 0x0028FFFF
_TAGS: list[BaseTag | int] = [BaseTag(tag) for tag in tags.TAGS]
_SYNTAX = 0x00020010
# Transfer syntaxes whose headers are neither explicit nor implicit little-endian as they lie in the file.
_OTHERWISE = (DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian)


@dataclass(frozen=True, slots=True)
class Frame:
    """Where one image lies and how it was taken; NaN and None where the file does not say.

    `orientation`: direction cosines of its rows and columns; `position`: of its first pixel, in mm.
    """

    index: int
    orientation: tuple[float, ...] | None
    position: tuple[float, ...] | None
    spacing_mm: float
    thickness_mm: float
    echo_time_ms: float


@dataclass(frozen=True, slots=True)
class Header:
    """What is known of a file. `patient`, `study`, `series`, `instance` are what stands in it, never to be written.

    `file`: relative to the walked folder; `number`: its instance number; `localizer`: whether the description calls it
    one; `image_type`, `sequence`: in capitals.
    """

    file: str
    sop_class: str
    patient: str
    study: str
    series: str
    instance: str
    number: int
    modality: str
    localizer: bool
    captured: bool
    image_type: tuple[str, ...]
    sequence: tuple[str, ...]
    repetition_time_ms: float
    field_strength_t: float
    width: int
    height: int
    photometric: str
    frames: tuple[Frame, ...]


@dataclass(frozen=True)
class RefusedFile:
    """A file that looks like DICOM and cannot be used; reason of contracts.dataset.REASONS."""

    file: str
    reason: str
    detail: str


def read_headers(folder: Path) -> Iterator[Header | RefusedFile]:
    """The header of every DICOM file below a folder, in a fixed order; what is none, and directories, are passed over.

    What has the ending of a DICOM file and is none is refused.
    """
    for item in walk(folder):
        if item.kind == "folder_link":
            continue
        named = item.path.lower().endswith(ENDINGS)
        try:
            header = _header_of(folder, item)
        except RefusedSampleError as error:
            if named or error.reason not in ("not_dicom", "empty_file", "special_file", "missing_file"):
                yield RefusedFile(item.path, error.reason, error.detail)
            continue
        if header is not None:
            yield header


def _header_of(folder: Path, item: Item) -> Header | None:
    """The header of a file; None for a directory of a medium."""
    if item.kind != "file":
        reason = "missing_file" if item.kind == "broken_link" else "special_file"
        raise RefusedSampleError(reason, "no file stands there")
    with quiet(), open(f"{folder}/{item.path}", "rb") as file:
        start, bare = tags.start_of(file)
        data = None if bare else _single_image(file, start)
        data = data or Elements.of(dcmread(file, stop_before_pixels=True, force=bare, specific_tags=[*_TAGS]))
    sop_class, series = data.text(tags.SOP_CLASS), data.text(tags.SERIES_UID)
    if sop_class == DIRECTORY or DIRECTORY.encode() in start:
        return None
    if bare and not (_is_uid(sop_class) and _is_uid(series)):
        raise RefusedSampleError("not_dicom", "neither a preamble nor a header")
    if not sop_class or not series:
        raise RefusedSampleError("incomplete", "the header names no class of object or no series")
    with quiet():
        return _header(item.path, data, sop_class, series)


def _single_image(file: BinaryIO, start: bytes) -> Elements | None:
    """The tags of the allow-list in a file of one image, as most are; None, at the file's begin, where it is no such.

    No data set is made of them, and what comes after the last one is not even passed over.
    """
    if not any(uid in start for uid in _SINGLE):
        return None
    file.seek(tags.PREAMBLE)
    meta = {int(element.tag): element.value for element in data_element_generator(file, False, True, _is_past_meta)}
    syntax = (meta.get(_SYNTAX) or b"").decode("ascii").strip(" \0")
    begin = file.tell()
    explicit = file.read(6)[4:].isupper()
    usual = syntax.startswith(ImplicitVRLittleEndian) and syntax not in _OTHERWISE
    # Some files are written otherwise than they say: pydicom sees to those.
    usual = usual and explicit is (syntax != ImplicitVRLittleEndian)
    file.seek(begin if usual else 0)
    if not usual:
        return None
    elements = data_element_generator(file, not explicit, True, _is_past, None, default_encoding, _TAGS)
    return Elements({int(element.tag): element for element in elements})


def _is_past_meta(tag: int, vr: str | None, length: int) -> bool:
    return int.__gt__(tag, 0x0002FFFF)


def _is_past(tag: int, vr: str | None, length: int) -> bool:
    return int.__gt__(tag, _LAST)


def _header(file: str, data: Elements, sop_class: str, series: str) -> Header:
    count = data.number(tags.FRAMES)
    single = tags.SHARED not in data.stored and tags.PER_FRAME not in data.stored
    image_type = data.words(tags.IMAGE_TYPE)
    words = (*data.words(tags.SEQUENCE), *data.words(tags.PULSE_SEQUENCE))
    if data.text(tags.ECHO_PLANAR).upper() == "YES":
        words = (*words, "EP")
    captured = bool(data.text(tags.CONVERSION)) or data.text(tags.BURNED_IN).upper() == "YES"
    colours = data.short(tags.SAMPLES)
    instance = data.number(tags.INSTANCE_NUMBER)
    return Header(
        file=file,
        sop_class=_kept(sop_class),
        patient=_kept(" ".join(data.letters(tags.PATIENT_ID).split())),
        study=_kept(data.text(tags.STUDY_UID)),
        series=_kept(series),
        instance=data.text(tags.INSTANCE_UID),
        number=int(instance) if math.isfinite(instance) else 0,
        modality=_kept(data.text(tags.MODALITY)),
        localizer=_is_localizer(data.letters(tags.DESCRIPTION), image_type),
        captured=captured,
        image_type=_kept(image_type),
        sequence=_kept(words),
        repetition_time_ms=data.number(tags.REPETITION_TIME) if single else _timing(data),
        field_strength_t=data.number(tags.FIELD),
        width=data.short(tags.COLUMNS),
        height=data.short(tags.ROWS),
        photometric=_kept(data.text(tags.PHOTOMETRIC).upper() if colours < 2 else "RGB"),
        frames=_frames(data, int(count) if math.isfinite(count) and 1 <= count < 1e6 else 1),
    )


def _frames(data: Elements, count: int) -> tuple[Frame, ...]:
    """Geometry and echo of every frame: of its own functional groups, else the shared ones, else the file."""
    shared = data.item(tags.SHARED)
    if shared is None and tags.PER_FRAME not in data:
        frame = _plain_frame(data)
        # Without groups nothing says where the further frames of a file lie.
        lost = (Frame(index, frame.orientation, None, *_rest(frame)) for index in range(1, count))
        first = frame if count == 1 else Frame(0, frame.orientation, None, *_rest(frame))
        return (first, *lost)
    return tuple(
        _frame(index, [part for part in (data.item(tags.PER_FRAME, index), shared, data) if part is not None])
        for index in range(count)
    )


def _rest(frame: Frame) -> tuple[float, float, float]:
    return frame.spacing_mm, frame.thickness_mm, frame.echo_time_ms


def _plain_frame(data: Elements) -> Frame:
    """The only image of a file: what most files are, so that nothing is looked for twice."""
    return Frame(
        0,
        _kept(_finite(data.numbers(tags.ORIENTATION), 6)),
        _finite(data.numbers(tags.POSITION), 3),
        data.number(tags.SPACING),
        data.number(tags.THICKNESS),
        data.number(tags.ECHO_TIME),
    )


def _finite(numbers: tuple[float, ...], count: int) -> tuple[float, ...] | None:
    """The first `count` numbers; None where there are fewer, or one is no finite number."""
    return numbers[:count] if len(numbers) >= count and math.isfinite(sum(numbers[:count])) else None


def _frame(index: int, levels: list[Elements]) -> Frame:
    """`levels`: where to look, in this order."""
    orientation = _first(levels, tags.PLANE_ORIENTATION, tags.ORIENTATION, 6)
    position = _first(levels, tags.PLANE_POSITION, tags.POSITION, 3)
    spacing = _first(levels, tags.PIXEL_MEASURES, tags.SPACING, 1)
    thickness = _first(levels, tags.PIXEL_MEASURES, tags.THICKNESS, 1)
    echo = _first(levels, tags.MR_ECHO, tags.EFFECTIVE_ECHO_TIME, 1) or _first(levels, tags.MR_ECHO, tags.ECHO_TIME, 1)
    return Frame(
        index,
        _kept(orientation),
        position,
        spacing[0] if spacing else math.nan,
        thickness[0] if thickness else math.nan,
        echo[0] if echo else math.nan,
    )


def _first(levels: list[Elements], group: int, tag: int, count: int) -> tuple[float, ...] | None:
    """The first `count` numbers of a tag in the first level that has them, inside its group or plainly."""
    for level in levels:
        for part in (level.item(group), level) if group in level else (level,):
            if part is not None and (numbers := _finite(part.numbers(tag), count)):
                return numbers
    return None


def _timing(data: Elements) -> float:
    """The repetition time of an enhanced file, in ms; NaN where it says none."""
    for level in (data.item(tags.PER_FRAME), data.item(tags.SHARED)):
        if level is not None and (numbers := _first([level], tags.MR_TIMING, tags.REPETITION_TIME, 1)):
            return numbers[0]
    return data.number(tags.REPETITION_TIME)


def _is_localizer(description: str, image_type: tuple[str, ...]) -> bool:
    words = description.lower()
    return "loc" in words or "scout" in words or "survey" in words or "LOCALIZER" in image_type


def _is_uid(text: str) -> bool:
    return bool(text) and set(text) <= _UID_SIGNS


# Thousands of headers share their identities, orientations and words: each is held once.
_kept: Callable[[Any], Any] = cache(lambda value: value)
