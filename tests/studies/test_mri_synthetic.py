"""The synthetic lesions of mri_resnet: outline and texture tell the type, brightness and scanner do not."""

import numpy as np
import pytest

from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.step_settings.synthesise_settings import Synthetic
from workflow_scripts.data.dicom.synthetic_slices import SyntheticSlice
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.studies.mri_resnet import synthetic
from workflow_scripts.studies.mri_resnet.scanners import SITES, scanner_at
from workflow_scripts.synthetic.pictures import Plan

LABELS = ("AC", "ASC", "SCC")


def plan(**changes: object) -> Plan:
    block = parse(Synthetic, {"samples_per_class": 12, "samples_per_field": 3, "size": 96, "difficulty": 0} | changes)
    return Plan(LABELS, block, whole_fields=False, first_class=0, seed=("mri", "0", "dicom"))


def patients(wanted: Plan, label: str, count: int) -> list[list[SyntheticSlice]]:
    index = LABELS.index(label)
    return [list(synthetic.field(wanted, label, index, number)) for number in range(1, count + 1)]


@pytest.fixture(scope="module")
def slices() -> dict[str, list[SyntheticSlice]]:
    """Label → slices with a lesion of twelve patients."""
    wanted = plan(samples_per_class=36)
    return {label: [s for p in patients(wanted, label, 12) for s in p if s.cells] for label in LABELS}


def inside(picture: SyntheticSlice) -> np.ndarray:
    return picture.pixels[picture.mask > 0].astype(np.float64)


def grain(picture: SyntheticSlice) -> float:
    """How alike neighbours inside the lesion are."""
    values = np.where(picture.mask > 0, picture.pixels - inside(picture).mean(), 0)
    both = (picture.mask[:, 1:] > 0) & (picture.mask[:, :-1] > 0)
    return float((values[:, 1:] * values[:, :-1])[both].mean() / values[picture.mask > 0].var())


def darker_core(picture: SyntheticSlice) -> float:
    """By how many standard deviations the middle of the lesion is darker than its rim."""
    rows, columns = np.nonzero(picture.mask)
    cell = picture.cells[0]
    distance = np.hypot(rows - cell.y, columns - cell.x)
    values, middle = picture.pixels[rows, columns].astype(float), distance < 0.4 * np.sqrt(len(rows) / np.pi)
    return float((values[~middle].mean() - values[middle].mean()) / values.std())


def lobes(picture: SyntheticSlice) -> float:
    """Length of the outline, in units of that of a disc of the same area."""
    mask = picture.mask > 0
    edges = (mask[1:] != mask[:-1]).sum() + (mask[:, 1:] != mask[:, :-1]).sum()
    return float(edges / np.sqrt(mask.sum()))


def test_texture_and_outline_tell_the_types_apart(slices: dict[str, list[SyntheticSlice]]) -> None:
    mean = {
        measure: {label: np.mean([measure(item) for item in slices[label]]) for label in LABELS}
        for measure in (grain, darker_core, lobes)
    }
    assert mean[grain]["AC"] > mean[grain]["SCC"] + 0.2
    assert mean[darker_core]["ASC"] > max(mean[darker_core]["AC"], mean[darker_core]["SCC"]) + 0.5
    assert mean[lobes]["ASC"] > mean[lobes]["SCC"] * 1.05


def test_brightness_and_contrast_do_not_tell_the_types_apart(slices: dict[str, list[SyntheticSlice]]) -> None:
    for measure in (np.mean, np.std):
        values = {label: [measure(inside(item)) for item in slices[label]] for label in LABELS}
        spread = np.std([value for group in values.values() for value in group])
        means = [np.mean(group) for group in values.values()]
        assert max(means) - min(means) < spread, measure


def test_lesion_slices_lie_side_by_side_with_slices_around_them(slices: dict[str, list[SyntheticSlice]]) -> None:
    for patient in patients(plan(), "SCC", 4):
        series = sorted((item for item in patient if item.series.number == 2), key=lambda item: item.along_normal)
        marked = [index for index, item in enumerate(series) if item.cells]
        assert len(marked) == 3 and marked[-1] - marked[0] == 2 and marked[0] > 2 and marked[-1] < len(series) - 3
        for item in series:
            assert item.mask.any() == bool(item.cells)
            for cell in item.cells:
                left, top, right, bottom = cell.region
                assert not np.delete(item.mask, np.s_[top:bottom], 0).any() and item.mask[:, left:right].any()
                assert right - left > 8 and bottom - top > 8


def test_an_effect_of_nothing_makes_all_scanners_alike_and_a_stronger_one_sets_them_apart() -> None:
    alike = [scanner_at(plan(field_effect=0), site) for site in range(len(SITES))]
    apart = [scanner_at(plan(field_effect=2), site) for site in range(len(SITES))]
    for name in ("matrix", "echo_ms", "repetition_ms", "gain", "noise"):
        assert len({getattr(scanner, name) for scanner in alike}) == 1
        assert len({getattr(scanner, name) for scanner in apart}) == len(SITES)
    assert all(scanner.echo_ms > 60 for scanner in apart)


def test_sites_tell_the_class_only_where_the_settings_tie_them() -> None:
    def sites(share: float) -> dict[str, set[str]]:
        wanted = plan(class_by_site=share, size=32)
        return {label: {p[0].study.site for p in patients(wanted, label, 8)} for label in LABELS}

    assert all(len(names) > 1 for names in sites(0).values())
    tied = sites(1)
    assert all(len(names) == 1 for names in tied.values()) and len(set.union(*tied.values())) == 3


def test_classes_have_as_many_patients_as_the_settings_say() -> None:
    wanted = plan(fields_per_class={"AC": 3, "ASC": 1, "SCC": 5}, size=32)
    drawn = {(item.label, item.field): 0 for item in synthetic.pictures(wanted)}
    assert [sum(label == name for label, _ in drawn) for name in LABELS] == [3, 1, 5]
    assert wanted.samples() == 27


def test_numbers_of_fields_that_fit_no_class_are_refused() -> None:
    with pytest.raises(UserError, match=r"fields_per_class numbers the fields of AC, SSC; .*AC, ASC, SCC"):
        plan(fields_per_class={"AC": 3, "SSC": 1}).fields("AC")
