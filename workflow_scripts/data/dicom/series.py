"""From headers to series: which images belong together, in which plane and order they lie, and what is missing."""

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from workflow_scripts.contracts.series_table import PLANES
from workflow_scripts.data.dicom.headers import Frame, Header

# A normal names a plane when its largest part is at least this; real oblique series of the pelvis have 0.92 to 0.95.
LEAST_ALIGNED = 0.8
# Orientations whose cosines differ by less are one: writers round.
SAME_ORIENTATION = 0.01
# Positions nearer than this, in mm, are one place.
SAME_PLACE = 0.01
# A gap of so many times the median is a missing slice.
MISSING_SLICE = 1.5
# Of more places than this share with several images, the further ones are no copies but another time or echo.
REPEATED_SHARE = 0.25
_OF_NORMAL = ("sagittal", "coronal", "transverse")
NO_WORDS = "other"
_SEQUENCES = {"SE": "SE", "SPIN": "SE", "GR": "GR", "GRADIENT": "GR", "IR": "IR", "EP": "EP", "RM": "RM"} | {
    "BOTH": "SE\\GR"
}


@dataclass(frozen=True, slots=True)
class PlacedImage:
    """An image with its place along the normal, in mm; NaN where it has none."""

    header: Header
    frame: Frame
    position_mm: float


@dataclass(frozen=True)
class Series:
    """The images of a series, see contracts.series_table.

    `slices`: one image at each place, in the order of the normal; `copies`: images left out because the place is taken.
    `orientations`: how many; `planes`: plane → images. `time_points`: most images at one place, 1 where none repeats.
    """

    uid: str
    images: tuple[PlacedImage, ...]
    slices: tuple[PlacedImage, ...]
    copies: tuple[PlacedImage, ...]
    planes: dict[str, int]
    orientations: int
    gap_mm: float
    missing: int
    time_points: int

    @property
    def first(self) -> PlacedImage:
        """The image that speaks for all of them."""
        return self.slices[0] if self.slices else self.images[0]

    @property
    def files(self) -> tuple[str, ...]:
        """Every file once."""
        return tuple(dict.fromkeys(image.header.file for image in self.images))

    @property
    def plane(self) -> str:
        """The plane of all images; empty where they have none, or several."""
        return next(iter(self.planes)) if len(self.planes) == 1 else ""

    @property
    def sequence(self) -> tuple[str, ...]:
        """Kinds of pulse sequence, as the standard abbreviates them."""
        kinds = [_SEQUENCES.get(word, NO_WORDS) for word in self.first.header.sequence]
        return tuple(dict.fromkeys(part for kind in kinds for part in kind.split("\\")))

    @property
    def echo_time_ms(self) -> float:
        """The shortest echo time of its images; NaN where no header says one."""
        times = [image.frame.echo_time_ms for image in self.images if not math.isnan(image.frame.echo_time_ms)]
        return min(times, default=math.nan)


def series_of(headers: Iterable[Header]) -> list[Series]:
    """The series among the headers, in the order in which they come."""
    grouped: dict[str, list[Header]] = defaultdict(list)
    for header in headers:
        grouped[header.series].append(header)
    return [_series(uid, members) for uid, members in grouped.items()]


def normal_of(orientation: Sequence[float]) -> tuple[float, float, float]:
    """Unit vector across the plane of an image, from the direction cosines of its rows and columns."""
    a, b, c, d, e, f = orientation
    across = (b * f - c * e, c * d - a * f, a * e - b * d)
    length = math.sqrt(sum(part * part for part in across))
    return (across[0] / length, across[1] / length, across[2] / length) if length > 0.5 else (0.0, 0.0, 0.0)


def plane_of(orientation: Sequence[float]) -> str:
    """The plane that a normal comes nearest to; oblique where none is near."""
    parts = [abs(part) for part in normal_of(orientation)]
    return _OF_NORMAL[parts.index(max(parts))] if max(parts) >= LEAST_ALIGNED else "oblique"


def _series(uid: str, headers: list[Header]) -> Series:
    frames, copies = _without_repeated(headers)
    oriented = [(header, frame) for header, frame in frames if frame.orientation and any(normal_of(frame.orientation))]
    stacks = _orientations([frame.orientation for _, frame in oriented if frame.orientation])
    planes = Counter(plane_of(frame.orientation) for _, frame in oriented if frame.orientation)
    normal = normal_of(stacks[0]) if stacks else None
    images = [PlacedImage(header, frame, _along(frame, normal)) for header, frame in frames]
    whole = len(stacks) == 1 and len(oriented) == len(frames) and not any(math.isnan(i.position_mm) for i in images)
    repeated = tuple(PlacedImage(header, frame, _along(frame, normal)) for header, frame in copies)
    ordered = {name: planes[name] for name in PLANES if planes[name]}
    if not whole:
        lost = {} if len(oriented) < len(frames) else ordered
        everything = (*images, *repeated)
        return Series(uid, everything, (), repeated, lost, len(stacks), math.nan, 0, 1)
    slices, again, time_points = _places(images)
    gap, missing = _gaps([image.position_mm for image in slices])
    left_out = (*repeated, *again)
    return Series(uid, (*images, *repeated), slices, left_out, ordered, 1, gap, missing, time_points)


def _without_repeated(headers: list[Header]) -> tuple[list[tuple[Header, Frame]], list[tuple[Header, Frame]]]:
    """The frames of a series, and those of files that have the name and the place of one which came before."""
    seen: set[tuple[str, ...]] = set()
    frames: list[tuple[Header, Frame]] = []
    copies: list[tuple[Header, Frame]] = []
    for header in headers:
        # Programs that replace names have been seen to give one UID to all files.
        identity = (header.instance, *(str(frame.position) for frame in header.frames))
        repeated = bool(header.instance) and identity in seen
        (copies if repeated else frames).extend((header, frame) for frame in header.frames)
        seen.add(identity)
    return frames, copies


def _orientations(orientations: Iterable[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """Those that differ."""
    distinct: list[tuple[float, ...]] = []
    for orientation in dict.fromkeys(orientations):
        if not any(_near(orientation, earlier) for earlier in distinct):
            distinct.append(orientation)
    return distinct


def _near(a: Sequence[float], b: Sequence[float]) -> bool:
    return all(abs(first - second) < SAME_ORIENTATION for first, second in zip(a, b, strict=True))


def _along(frame: Frame, normal: tuple[float, float, float] | None) -> float:
    if normal is None or frame.position is None:
        return math.nan
    return sum(part * coordinate for part, coordinate in zip(normal, frame.position, strict=True))


def _places(images: list[PlacedImage]) -> tuple[tuple[PlacedImage, ...], tuple[PlacedImage, ...], int]:
    """One image at each place in order, those left out, and the most at one place.

    Where many places have several images, none is left out: they are times or echoes, and which is meant nobody says.
    """
    ordered = sorted(images, key=lambda image: (image.position_mm, image.header.number, image.header.file))
    stacked: list[list[PlacedImage]] = []
    for image in ordered:
        if stacked and image.position_mm - stacked[-1][0].position_mm < SAME_PLACE:
            stacked[-1].append(image)
        else:
            stacked.append([image])
    # Of one place the lowest instance number counts, whatever the last digit of the positions says.
    for images_there in stacked:
        images_there.sort(key=lambda image: (image.header.number, image.frame.index, image.header.file))
    several = sum(len(images_there) > 1 for images_there in stacked)
    slices = tuple(images_there[0] for images_there in stacked)
    if several > REPEATED_SHARE * len(stacked):
        return slices, (), max(map(len, stacked))
    return slices, tuple(image for images_there in stacked for image in images_there[1:]), 1


def _gaps(positions: list[float]) -> tuple[float, int]:
    """Median distance of neighbours in mm, and how many slices lack where it is larger."""
    gaps = [after - before for before, after in itertools.pairwise(positions)]
    if not gaps:
        return math.nan, 0
    usual = median(gaps)
    return usual, sum(round(gap / usual) - 1 for gap in gaps if gap >= MISSING_SLICE * usual)
