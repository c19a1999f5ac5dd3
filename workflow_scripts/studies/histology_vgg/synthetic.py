"""Synthetic slides, stained with haematoxylin and eosin: squamous cell carcinoma (SCC) and adenocarcinoma (AC).

SCC grows in nests with keratin, AC in glands; both lie in the same stroma, and a slide scatters around its class. Each
site has a laboratory and a scanner: a stain, glass, focus and noise of its own, whichever class it stains. Some slides
have a fold, ink on the glass, or the black border of a scanner. A tile is TILE micrometres wide and `size` pixels; an
adapter of whole slides gets slides of 9 by 6.75 tiles, `folder` the tiles that were cut out of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from workflow_scripts.contracts.ground_truth_table import CLASS_SIGN, TISSUE, TISSUE_VALUES
from workflow_scripts.data.adapters.interface import SyntheticPicture, SyntheticSample
from workflow_scripts.data.slides.synthetic_slides import SyntheticSlide
from workflow_scripts.runtime.seeds import seed_for
from workflow_scripts.studies.histology_vgg.linked_women import women
from workflow_scripts.studies.histology_vgg.structures import GLAND, NEST, add_structures, structures_of
from workflow_scripts.synthetic import pictures as in_fields
from workflow_scripts.synthetic import slide_artefacts
from workflow_scripts.synthetic.nuclei import add_nuclei, joined
from workflow_scripts.synthetic.pictures import PLANT_FROM, Plan
from workflow_scripts.synthetic.section import Section, add_capillaries, connective_tissue, smooth_noise, stroma_nuclei
from workflow_scripts.synthetic.staining import Stain, scattered_stain, stain_of

# What synthetic.pictures looks for here.
__all__ = ["LABELS", "field", "pictures", "women"]
LABELS = ("AC", "SCC")
STRUCTURES = {"AC": GLAND, "SCC": NEST}
SITES = ("North", "Harbour", "Hill")
# Side of a tile in micrometres; height and width of a slide in tiles.
TILE, SLIDE = 112.0, (6.75, 9.0)
# Every so many slides of a class have a fold, ink, a black border.
FOLDS, PENS, PADDINGS = 3, 4, 5
# Share of a ready tile that is tissue, and of it that shows the class, at least.
TILE_TISSUE, TILE_SIGN = 0.75, 0.12


@dataclass(frozen=True)
class Traits:
    """What a slide varies: share of structures without a sign of the class, and size of the tumour's nuclei."""

    grade: float
    nucleus: float


def pictures(plan: Plan) -> Iterator[SyntheticPicture]:
    """Every slide of all classes, or every tile of them.

    Of enough slides there are three more: one that does not say how large its pixels are, a blank one, and one that is
    cut off.
    """
    if not plan.whole_fields:
        yield from in_fields.pictures(plan, field)
        return
    for index, label in enumerate(plan.labels):
        for number in range(1, plan.fields(label) + 1):
            yield slide(plan, label, index, number)
    if plan.samples() >= PLANT_FROM:
        first, last = plan.labels[0], plan.labels[-1]
        behind = plan.fields(first) + 1
        yield replace(slide(plan, first, 0, behind), broken="no_microns", says_microns=False)
        yield replace(slide(plan, first, 0, behind + 1), broken="truncated")
        index = len(plan.labels) - 1
        yield slide(plan, last, index, plan.fields(last) + 1, blank=True)


def field(plan: Plan, label: str, index: int, number: int) -> Iterator[SyntheticPicture]:
    """Ready tiles of one slide, as many as a field has, of those that hold most of what tells the class."""
    whole, size = slide(plan, label, index, number), plan.synthetic.size
    corners = _tile_corners(whole.mask, size, max(1, plan.samples_of_field(number)))
    for number_in_slide, (top, left) in enumerate(corners, start=1):
        area = (slice(top, top + size), slice(left, left + size))
        sign = (whole.mask[area] == CLASS_SIGN).astype(np.uint8)
        sample = _sample(label, sign, {"sign_share": float(sign.mean()), **whole.cells[0].ground_truth})
        pixels = np.ascontiguousarray(whole.pixels[area])
        yield SyntheticPicture(
            label, index, number, number_in_slide, pixels, sign, [sample], attributes=whole.attributes
        )


def slide(plan: Plan, label: str, index: int, number: int, blank: bool = False) -> SyntheticSlide:
    """The slide `number` (from 1) of a class; of three in a row the first two are of one patient.

    A woman of a register has one slide.
    """
    rng, woman = plan.random("field", label, number), plan.woman(label, number)
    patient = (number - 1) * 2 // 3 if not plan.women else number - 1
    site = _site(plan, label, index, patient)
    difficulty = plan.synthetic.difficulty
    traits = Traits(
        grade=float(np.clip(rng.uniform(0, 0.1) + difficulty * rng.beta(1.2, 2.2), 0, 0.9)),
        nucleus=float(np.exp(0.10 * rng.standard_normal())),
    )
    microns = TILE / plan.synthetic.size
    section, mask = _section(plan.synthetic.size, STRUCTURES[label], traits, number, blank, rng)
    stain = scattered_stain(_laboratory(plan, site), plan.synthetic.field_effect, rng)
    pixels = _on_glass(section, mask, stain, number, blank, rng)
    truth = {"grade": traits.grade, "nucleus_size": traits.nucleus, "tissue_share": float(_tissue(mask).mean())}
    return SyntheticSlide(
        label=label,
        class_index=index,
        field=number,
        number=1,
        pixels=pixels,
        mask=mask,
        cells=[_sample(label, _tissue(mask).astype(np.uint8), truth)],
        broken="blank" if blank else "",
        attributes={"site": SITES[site]},
        patient=woman.key if woman else str(seed_for(*plan.seed, "patient", label, patient)),
        variant=number - 1 + index,
        site=SITES[site],
        age=woman.age if woman else int(plan.random("age", label, patient).integers(28, 79)),
        microns=microns,
    )


def _site(plan: Plan, label: str, index: int, patient: int) -> int:
    """Number of the site of a patient: each in turn, or the one that belongs to the class."""
    tied = plan.random("site", label, patient).uniform() < plan.synthetic.class_by_site
    return (index if tied else patient) % len(SITES)


def _laboratory(plan: Plan, site: int) -> Stain:
    return stain_of(plan.random("laboratory", site), plan.synthetic.field_effect)


def _section(
    size: int, kind: str, traits: Traits, number: int, blank: bool, rng: np.random.Generator
) -> tuple[Section, np.ndarray]:
    """A section, drawn but not stained, and the mask of what lies where; `number` decides whether it is folded."""
    scale = size / TILE
    section = connective_tissue((round(SLIDE[0] * size), round(SLIDE[1] * size)), scale, rng)
    if blank:
        for layer in (section.haematoxylin, section.eosin, section.tissue):
            layer[:] = 0
        return section, np.zeros(section.shape, np.uint8)
    structures = structures_of(section, kind, traits.grade, rng)
    taken, tumour = add_structures(section, structures, traits.nucleus, rng)
    stroma = stroma_nuclei(section, rng).inside(section.tissue & ~taken)
    add_capillaries(section, ~taken, rng)
    chromatin = 1 + 0.22 * smooth_noise(section.shape, scale, rng)
    add_nuclei(section.haematoxylin, section.eosin, joined((stroma, tumour)), chromatin, scale)
    mask = np.where(section.tissue, np.uint8(TISSUE), np.uint8(0))
    mask[section.structure & section.tissue] = CLASS_SIGN
    if number % FOLDS == 2:
        slide_artefacts.fold(section, mask, rng)
    return section, mask


def _on_glass(
    section: Section, mask: np.ndarray, stain: Stain, number: int, blank: bool, rng: np.random.Generator
) -> np.ndarray:
    """uint8 H×W×3: the section as the scanner sees it, with what some slides have besides; they change the mask."""
    pixels = stain.develop(section.haematoxylin, section.eosin, rng)
    if number % PENS == 1 and not blank:
        slide_artefacts.pen_marks(pixels, mask, section.scale, rng)
    if number % PADDINGS == 3:
        slide_artefacts.padding(pixels, mask, rng)
    return pixels


def _tissue(mask: np.ndarray) -> np.ndarray:
    return np.isin(mask, TISSUE_VALUES)


def _sample(label: str, shown: np.ndarray, truth: dict[str, float]) -> SyntheticSample:
    """What lies where `shown`, uint8 H×W, is not 0; an empty box where it is 0 everywhere."""
    left, top, width, height = cv2.boundingRect(shown)
    return SyntheticSample(label, left + width // 2, top + height // 2, (left, top, left + width, top + height), truth)


def _tile_corners(mask: np.ndarray, size: int, count: int) -> list[tuple[int, int]]:
    """Corners (top, left) of `count` squares without overlap: those with enough tissue and sign first."""
    corners = [
        (top, left)
        for top in range(0, mask.shape[0] - size + 1, size)
        for left in range(0, mask.shape[1] - size + 1, size)
    ]
    tissue, sign = np.isin(mask, (TISSUE, CLASS_SIGN)), mask == CLASS_SIGN
    shares = []
    for top, left in corners:
        area = (slice(top, top + size), slice(left, left + size))
        shares.append((float(tissue[area].mean()), float(sign[area].mean())))
    order = sorted(
        range(len(corners)),
        key=lambda corner: (shares[corner][0] < TILE_TISSUE, shares[corner][1] < TILE_SIGN, -shares[corner][0]),
    )
    return [corners[corner] for corner in sorted(order[:count])]
