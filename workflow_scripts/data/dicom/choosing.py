"""Which series of a study is taken, and why the others are not: by what was measured, never by the name alone."""

import math
from collections import defaultdict
from collections.abc import Callable, Container
from dataclasses import dataclass

from workflow_scripts.contracts.listed_table import TAKEN
from workflow_scripts.contracts.step_settings.ingest_settings import SeriesRule
from workflow_scripts.data.dicom.headers import Header
from workflow_scripts.data.dicom.series import Series

_STORAGE = "1.2.840.10008.5.1.4.1.1."
SECONDARY_CAPTURE = (f"{_STORAGE}7", f"{_STORAGE}7.1", f"{_STORAGE}7.2", f"{_STORAGE}7.3", f"{_STORAGE}7.4")
SEGMENTATIONS = (f"{_STORAGE}66.4", f"{_STORAGE}66.5", f"{_STORAGE}66.7", f"{_STORAGE}481.3")
REPORTS = (f"{_STORAGE}88.", f"{_STORAGE}104.")
GREY = ("MONOCHROME1", "MONOCHROME2")
_SCREENS = {"SCREEN SAVE", "SCREENSHOT", "SCREEN CAPTURE", "CSA REPORT"}
# Words of the image type for what is computed of other images.
_COMPUTED = frozenset(
    ("ADC", "MPR", "CSA MPR", "PROJECTION IMAGE", "MIP", "MINIP", "MNIP", "SUB", "SUBTRACTION", "FA", "CBF", "CBV")
    + ("RELCBF", "TTP", "T1 MAP", "T2 MAP", "T2_STAR MAP", "B0 MAP", "PHASE MAP", "P", "VELOCITY")
)


@dataclass(frozen=True)
class Choice:
    """A series with one of the reasons of contracts.series_table, and what was seen."""

    series: Series
    reason: str
    detail: str = ""

    @property
    def taken(self) -> bool:
        """Whether its slices are samples."""
        return self.reason == TAKEN


def choose(series: list[Series], rule: SeriesRule, listed: Container[str]) -> list[Choice]:
    """Every series in its order with the reason why it is taken or not; of a study one is.

    `listed`: the patients whose diagnosis is known, as the headers name them.
    """
    choices = [Choice(item, *_refusal(item, rule, listed)) for item in series]
    studies: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, choice in enumerate(choices):
        if choice.taken:
            header = choice.series.first.header
            studies[header.patient, header.study].append(index)
    for rivals in studies.values():
        best = max(rivals, key=lambda index: (len(choices[index].series.slices), -index))
        most = len(choices[best].series.slices)
        for index in rivals:
            if index != best:
                item = choices[index].series
                detail = f"{len(item.slices)} slices; another series of the study has {most}"
                choices[index] = Choice(item, "fewer_slices", detail)
    return choices


def _refusal(series: Series, rule: SeriesRule, listed: Container[str]) -> tuple[str, str]:
    """The first reason against a series with its detail; TAKEN where there is none."""
    header = series.first.header
    checks: tuple[Callable[[], tuple[str, str] | None], ...] = (
        lambda: next(filter(None, (kind_refusal(image.header) for image in series.images)), None),
        lambda: _identity(series),
        lambda: _computed(header),
        lambda: _geometry(series),
        lambda: _plane(series, rule),
        lambda: ("localizer", "its description or type calls it one") if header.localizer else None,
        lambda: _weighting(series, rule),
        lambda: _number(series, rule),
        lambda: None if header.patient in listed else _unlisted(header),
    )
    return next((refusal for check in checks if (refusal := check())), (TAKEN, ""))


def kind_refusal(header: Header) -> tuple[str, str] | None:
    """Why a file's kind is none that is read; None where it is one."""
    kind = refused_kind(header.sop_class, header.photometric, header.image_type)
    if kind:
        return kind
    if header.captured:
        return "screenshot", "text may be burned in, or it was converted from no image of a scanner"
    if header.width == 0 or header.height == 0:
        return "no_image", "no pixels"
    if header.modality != "MR":
        return "other_modality", "no magnetic resonance"
    return None


def refused_kind(sop_class: str, photometric: str, image_type: tuple[str, ...]) -> tuple[str, str] | None:
    """Why pixels of a class, colour and type are none of a scanner's; None where they may be."""
    if sop_class in SECONDARY_CAPTURE:
        return "secondary_capture", "a picture of a screen or a scan"
    if sop_class in SEGMENTATIONS:
        return "segmentation", "masks or contours, no image"
    if sop_class.startswith(REPORTS):
        return "report", "a text, no image"
    if _SCREENS & set(image_type):
        return "screenshot", "its type calls it a picture of a screen"
    if not photometric:
        return "no_image", "no pixels"
    if photometric not in GREY:
        return "colour", "colours or a palette, where grey is wanted"
    return None


def _identity(series: Series) -> tuple[str, str] | None:
    patients = {image.header.patient for image in series.images}
    return ("several_patients", f"{len(patients)} patients in one series") if len(patients) > 1 else None


def _computed(header: Header) -> tuple[str, str] | None:
    words = sorted(_COMPUTED & set(header.image_type))
    return ("computed", f"its type says {words[0]}") if words else None


def _geometry(series: Series) -> tuple[str, str] | None:
    if len(series.planes) > 1:
        return "several_planes", planes_words(series)
    if series.orientations > 1:
        return "several_orientations", f"{series.orientations} orientations, all {series.plane}"
    if not series.slices:
        return "no_position", "an image lacks orientation or position"
    sizes = {(image.header.width, image.header.height) for image in series.images}
    return ("several_sizes", f"{len(sizes)} sizes of images") if len(sizes) > 1 else None


def planes_words(series: Series) -> str:
    """Planes of a series with their numbers of images."""
    return ", ".join(f"{count} {plane}" for plane, count in series.planes.items())


def _plane(series: Series, rule: SeriesRule) -> tuple[str, str] | None:
    return None if rule.plane in ("any", series.plane) else ("other_plane", series.plane)


def _weighting(series: Series, rule: SeriesRule) -> tuple[str, str] | None:
    """T2: a spin echo that is read out neither as an echo train of gradients nor early."""
    if rule.weighting == "any":
        return None
    echo = series.echo_time_ms
    if not series.sequence or math.isnan(echo):
        return "unknown_weighting", "no header says sequence and echo time"
    words = f"{' '.join(series.sequence)}, echo time {echo:g} ms"
    spin_echo = "SE" in series.sequence and not {"GR", "EP"} & set(series.sequence)
    return None if spin_echo and echo >= rule.min_echo_time_ms else ("other_weighting", words)


def _number(series: Series, rule: SeriesRule) -> tuple[str, str] | None:
    if series.time_points > 1:
        return "several_images_in_a_place", f"up to {series.time_points} images at one of {len(series.slices)} places"
    slices = len(series.slices)
    return ("too_few_slices", f"{slices} slices") if slices < rule.min_slices else None


def _unlisted(header: Header) -> tuple[str, str]:
    return (
        "unlisted_patient",
        "the table of patients does not name it" if header.patient else "no patient in the header",
    )
