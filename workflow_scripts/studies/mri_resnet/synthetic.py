"""Synthetic MRI of the pelvis: several slices a patient show a lesion whose outline and texture tell its type.

Squamous-cell carcinoma (SCC) is compact and even, adenocarcinoma (AC) holds bright glands, adenosquamous carcinoma
(ASC) is lobed with a dark core; a patient's lesion scatters around its type. Each site has a scanner: matrix, echo and
repetition time, gain, shading, noise. Beside the sagittal T2 series lie those that a study must not take. In a
picture's mask 1 is the lesion.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

import numpy as np

from workflow_scripts.data.adapters.interface import SyntheticSample
from workflow_scripts.data.dicom.synthetic_slices import SyntheticSeries, SyntheticSlice, SyntheticStudy
from workflow_scripts.runtime.seeds import seed_for
from workflow_scripts.studies.mri_resnet.experts import answers
from workflow_scripts.studies.mri_resnet.lesions import Lesion, add_lesion, lesion_of
from workflow_scripts.studies.mri_resnet.scanners import SITES, Scanner, scanner_at
from workflow_scripts.synthetic import pelvis
from workflow_scripts.synthetic.pictures import PLANT_FROM, Plan

LABELS = ("AC", "ASC", "SCC")
# Distance of neighbouring slices in mm, and the signal's height in stored values of 12 bits.
SLICE_DISTANCE, DECOY_DISTANCE, FULL, HEIGHT = 4.4, 9.0, 4095, 4600
# Slices of the sagittal T2 series, of a repeated one, of the sagittal T1 series and of each other plane.
SLICES, REPEATED_SLICES, T1_SLICES, DECOY_SLICES = (11, 14), 8, 8, 4


@dataclass(frozen=True)
class Patient:
    """What all slices of a patient share."""

    label: str
    class_index: int
    number: int
    study: SyntheticStudy
    scanner: Scanner
    organs: list[pelvis.Organ]
    lesion: Lesion
    gain: float
    answers: dict[str, str]

    def slice_of(
        self, series: SyntheticSeries, grid: pelvis.Grid, pixels: np.ndarray, mask: np.ndarray | None = None
    ) -> SyntheticSlice:
        """A slice without a sample; `pixels` in any range."""
        return SyntheticSlice(
            label=self.label,
            class_index=self.class_index,
            field=self.number,
            number=0,
            pixels=np.clip(pixels + 0.5, 0, FULL).astype(np.uint16),
            mask=np.zeros(pixels.shape, np.uint8) if mask is None else mask,
            attributes={"age": str(self.study.age), "site": self.study.site, **self.answers},
            study=self.study,
            series=series,
            position=grid.origin,
            row=grid.row,
            column=grid.column,
        )


def pictures(plan: Plan) -> Iterator[SyntheticSlice]:
    """Every slice of all patients, class by class.

    Of enough samples, one is truncated and one file is empty, in the first patients of two classes, and the last
    patient of the first class is its second one, exported again under another name.
    """
    plant = plan.samples() >= PLANT_FROM
    for index, label in enumerate(plan.labels):
        last = plan.fields(label)
        for number in range(1, last + 1):
            if plant and (index, number) == (0, 1):
                yield from _truncated(plan, label, index, number)
            elif plant and (index, number) == (1, 1):
                yield from _with_empty_file(field(plan, label, index, number))
            elif plant and index == 0 and number == last > 2:
                yield from _exported_again(plan, label, index, number, 2)
            else:
                yield from field(plan, label, index, number)


def field(plan: Plan, label: str, index: int, number: int) -> Iterator[SyntheticSlice]:
    """The slices of one patient, those with a sample first, numbered from 1."""
    yield from _patient(plan, label, index, number, max(1, plan.samples_of_field(number)))


def _patient(plan: Plan, label: str, index: int, number: int, count: int) -> Iterator[SyntheticSlice]:
    rng = plan.random("field", label, number)
    effect = plan.synthetic.field_effect
    site = _site(plan, label, index, number)
    scanner = scanner_at(plan, site)
    patient = Patient(
        label=label,
        class_index=index,
        number=number,
        study=_study(plan, label, index, number, scanner, int(rng.integers(28, 79))),
        scanner=scanner,
        organs=pelvis.organs(effect, rng),
        lesion=lesion_of(label, SLICE_DISTANCE * count / 2, plan.synthetic.difficulty, rng),
        gain=scanner.gain * float(np.exp(np.clip(0.05 * effect * rng.normal(), -0.5, 0.5))),
        answers=answers(label, plan.random("experts", label, number)),
    )
    yield from _sagittal_t2(patient, count, plan.samples_of_field(1), rng)
    yield from _decoys(patient, rng)


def _site(plan: Plan, label: str, index: int, number: int) -> int:
    """Number of the site of a patient: any, or the one that belongs to the class."""
    rng = plan.random("site", label, number)
    tied, any_site = rng.uniform() < plan.synthetic.class_by_site, int(rng.integers(len(SITES)))
    return index % len(SITES) if tied else any_site


def _study(plan: Plan, label: str, index: int, number: int, scanner: Scanner, age: int) -> SyntheticStudy:
    return SyntheticStudy(
        key=str(seed_for(*plan.seed, "study", label, number)),
        variant=number - 1 + 2 * index,
        layout=scanner.site,
        site=SITES[scanner.site],
        age=age,
        field_strength=scanner.field_strength,
    )


def _sagittal_t2(patient: Patient, count: int, usual: int, rng: np.random.Generator) -> Iterator[SyntheticSlice]:
    """The series that is to be taken, `count` slices with the lesion first; of some patients a slice is missing."""
    series = patient.scanner.series(2, "sagittal_t2", SLICE_DISTANCE)
    total = max(int(rng.integers(SLICES[0], SLICES[1] + 1)), usual + 6)
    offsets = _offsets(count, total, SLICE_DISTANCE)
    if patient.number % 9 == 4:
        # Not the outermost one, whose loss nobody could see, and none with the lesion.
        offsets.remove(sorted(offsets)[1])
    for number, offset in enumerate(offsets, start=1):
        picture = _sagittal(patient, series, offset, rng)
        yield replace(_sample(picture, patient.lesion), number=number) if number <= count else picture
    if patient.number % 7 == 3:
        repeated = patient.scanner.series(7, "repeated", SLICE_DISTANCE)
        for offset in _offsets(count, max(REPEATED_SLICES, count + 2), SLICE_DISTANCE):
            yield _sagittal(patient, repeated, offset, rng)


def _sagittal(patient: Patient, series: SyntheticSeries, offset: float, rng: np.random.Generator) -> SyntheticSlice:
    """A T2 slice, with the lesion's texture and mask where it cuts the lesion."""
    scanner, lesion = patient.scanner, patient.lesion
    size = scanner.pixels(1.0)
    grid = pelvis.grid_at("sagittal", offset, series.spacing_mm * size, size, scanner.turn)
    signals = pelvis.spin_echo(series.echo_time_ms, series.repetition_time_ms)
    signal = pelvis.signal_of(patient.organs, grid, signals, rng)
    along = offset / lesion.half_width
    mask = add_lesion(signal, lesion, grid, along, signals, rng) if abs(along) < 1 else None
    return patient.slice_of(series, grid, _taken(patient, signal, rng), mask)


def _decoys(patient: Patient, rng: np.random.Generator) -> Iterator[SyntheticSlice]:
    """What lies beside the series: a localizer of three planes, other planes, another weighting, a diffusion map."""
    scanner = patient.scanner
    localizer = scanner.series(1, "localizer", 3 * DECOY_DISTANCE, 0.4)
    for plane in pelvis.PLANES:
        yield from _plain(patient, localizer, plane, 3, 3 * DECOY_DISTANCE, 0.4, rng)
    for number, kind, plane in ((3, "transverse_t2", "transverse"), (4, "coronal_t2", "coronal")):
        series = scanner.series(number, kind, DECOY_DISTANCE, 0.5)
        yield from _plain(patient, series, plane, DECOY_SLICES, DECOY_DISTANCE, 0.5, rng)
    t1 = scanner.series(5, "sagittal_t1", SLICE_DISTANCE, 0.5)
    yield from _plain(patient, t1, "sagittal", T1_SLICES, SLICE_DISTANCE, 0.5, rng)
    map_series = replace(scanner.series(6, "diffusion", DECOY_DISTANCE, 0.4), multi_frame=patient.number % 4 == 1)
    yield from _plain(patient, map_series, "transverse", DECOY_SLICES, DECOY_DISTANCE, 0.4, rng)


def _plain(
    patient: Patient,
    series: SyntheticSeries,
    plane: str,
    count: int,
    distance: float,
    share: float,
    rng: np.random.Generator,
) -> Iterator[SyntheticSlice]:
    """Slices of a series that is not to be taken; the lesion has no texture there."""
    is_map = series.sequence == "EP"
    signals = pelvis.diffusion() if is_map else pelvis.spin_echo(series.echo_time_ms, series.repetition_time_ms)
    size = patient.scanner.pixels(share)
    for offset in _offsets(0, count, distance):
        grid = pelvis.grid_at(plane, offset, series.spacing_mm * size, size)
        signal = pelvis.signal_of([*patient.organs, patient.lesion.as_organ()], grid, signals, rng)
        # The map holds coefficients, which neither a gain nor a coil changes.
        pixels = signal + 60 * rng.standard_normal(signal.shape) if is_map else _taken(patient, signal, rng)
        yield patient.slice_of(series, grid, pixels)


def _taken(patient: Patient, signal: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Stored values of a signal: through the coils and the receiver of the patient's scanner."""
    scanner = patient.scanner
    return HEIGHT * patient.gain * pelvis.received(signal, scanner.noise, scanner.shading, rng)


def _offsets(count: int, total: int, distance: float) -> list[float]:
    """Positions of `total` slices: the `count` middle ones first, then the others from the inside to the outside."""
    first = -((total - count) // 2)
    steps = [index - (count - 1) / 2 for index in range(first, first + total)]
    steps.sort(key=lambda step: (abs(step), step))
    return [distance * step for step in [*sorted(steps[:count]), *steps[count:]]]


def _sample(picture: SyntheticSlice, lesion: Lesion) -> SyntheticSlice:
    """The slice as a sample: its lesion's box and traits."""
    rows, columns = np.nonzero(picture.mask)
    box = (int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)
    truth = {**asdict(lesion.traits), "radius_mm": lesion.radius}
    return replace(picture, cells=[SyntheticSample(picture.label, int(columns.mean()), int(rows.mean()), box, truth)])


def _truncated(plan: Plan, label: str, index: int, number: int) -> Iterator[SyntheticSlice]:
    """A patient with a sample more than wanted, whose file is to be cut off."""
    count = plan.samples_of_field(number) + 1
    for picture in _patient(plan, label, index, number, count):
        yield replace(picture, broken="truncated") if picture.number == count else picture


def _with_empty_file(slices: Iterator[SyntheticSlice]) -> Iterator[SyntheticSlice]:
    """The slices; the file of the last one of the series with the samples is to be empty."""
    listed = list(slices)
    samples = [picture for picture in listed if picture.cells]
    last = max(index for index, picture in enumerate(listed) if picture.series == samples[0].series)
    for index, picture in enumerate(listed):
        yield replace(picture, broken="empty_file") if index == last else picture


def _exported_again(plan: Plan, label: str, index: int, number: int, original: int) -> Iterator[SyntheticSlice]:
    """The slices of the patient `original` under a name, a number and UIDs of their own."""
    key = str(seed_for(*plan.seed, "study", label, number))
    for picture in field(plan, label, index, original):
        again = replace(picture, field=number, study=replace(picture.study, key=key))
        if picture.number > plan.samples_of_field(number):
            again = replace(again, number=0, cells=[])
        elif picture.cells:
            again = replace(again, copy="equal_bytes", copy_of=(label, original, picture.number))
        yield again
