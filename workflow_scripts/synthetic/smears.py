"""Synthetic Pap smears: fields of cells that share stain, background and lamp."""

from collections.abc import Iterator

import numpy as np

from workflow_scripts.data.adapters.interface import SyntheticPicture, SyntheticSample
from workflow_scripts.synthetic.cells import (
    Cell,
    Field,
    cell_traits,
    class_traits,
    develop,
    draw_cell,
    make_field,
    mucus,
    neighbours,
)
from workflow_scripts.synthetic.pictures import Plan


def field(plan: Plan, label: str, index: int, number: int) -> Iterator[SyntheticPicture]:
    """The pictures of one field: one per cell, or one with all of them."""
    rng = plan.random("field", label, number)
    synthetic, size = plan.synthetic, plan.synthetic.size
    look = make_field(synthetic.field_effect, rng)
    centre = class_traits(plan.first_class + plan.labels.index(label), synthetic.difficulty)
    count = max(1, plan.samples_of_field(number))
    cells = [draw_cell(cell_traits(centre, synthetic.difficulty, rng), size, rng) for _ in range(count)]
    if plan.whole_fields:
        yield _whole_field(plan, label, index, number, cells, look, rng)
        return
    for position, cell in enumerate(cells, start=1):
        pixels = develop(cell.density + mucus(size, size, rng) + neighbours(size, rng), look, rng)
        sample = _synthetic_sample(label, cell.mask, 0, 0, cell.ground_truth())
        yield SyntheticPicture(label, index, number, position, pixels, cell.mask, [sample])


def _whole_field(
    plan: Plan, label: str, index: int, number: int, cells: list[Cell], look: Field, rng: np.random.Generator
) -> SyntheticPicture:
    """All cells on one picture, in a jittered grid; of every third field the top is cut: nuclei lie near the edge."""
    size = plan.synthetic.size
    columns = int(np.ceil(np.sqrt(len(cells))))
    rows = -(-len(cells) // columns)
    pitch = int(size * 1.25)
    cut = int(size * 0.4) if number % 3 == 1 else 0
    height, width = rows * pitch, columns * pitch
    density = mucus(height, width, rng)
    mask = np.zeros((height, width), dtype=np.uint8)
    corners = []
    for position, cell in enumerate(cells):
        top, left = (int(side * pitch + rng.integers(0, pitch - size + 1)) for side in divmod(position, columns))
        area = (slice(top, top + size), slice(left, left + size))
        density[:, *area] += cell.density
        mask[area] = np.maximum(mask[area], cell.mask)
        corners.append((top, left))
    density, mask = density[:, cut:], mask[cut:]
    samples = [
        _synthetic_sample(label, cell.mask, left, top - cut, cell.ground_truth())
        for cell, (top, left) in zip(cells, corners, strict=True)
    ]
    samples = [_clipped(cell, mask.shape) for cell in samples]
    return SyntheticPicture(label, index, number, 1, develop(density, look, rng), mask, samples)


def _synthetic_sample(
    label: str, mask: np.ndarray, left: int, top: int, ground_truth: dict[str, float]
) -> SyntheticSample:
    """A cell whose window begins at (left, top) of its picture: centre and box of the nucleus."""
    rows, columns = np.nonzero(mask == 2)
    first, last = (int(columns.min()) + left, int(rows.min()) + top), (int(columns.max()) + left, int(rows.max()) + top)
    centre = (round(float(columns.mean())) + left, round(float(rows.mean())) + top)
    return SyntheticSample(label, *centre, (*first, last[0] + 1, last[1] + 1), ground_truth)


def _clipped(cell: SyntheticSample, shape: tuple[int, int]) -> SyntheticSample:
    """The same cell with centre and box inside a picture of that shape."""
    height, width = shape
    x, y = min(max(cell.x, 0), width - 1), min(max(cell.y, 0), height - 1)
    left, top, right, bottom = cell.region
    box = (max(left, 0), max(top, 0), min(right, width), min(bottom, height))
    return SyntheticSample(cell.label, x, y, box, cell.ground_truth)
