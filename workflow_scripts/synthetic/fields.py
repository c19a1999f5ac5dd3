"""Made pictures, field by field: which cells are drawn, which are copies of others, which files are broken."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from workflow_scripts.contracts.seeds import seed_for
from workflow_scripts.data.adapters.base import MadeCell, MadePicture
from workflow_scripts.synthetic.cells import (
    Traits,
    cell_traits,
    class_traits,
    develop,
    draw_cell,
    make_field,
    mucus,
    neighbours,
)

# Below so many images none is a copy or broken: a handful of images must stay a handful of usable ones.
PLANT_FROM = 40


@dataclass(frozen=True)
class Plan:
    """What is made: labels in order, the settings `synthetic`, and what the random numbers depend on.

    `whole_fields`: one picture holds all cells of a field. `first_class` is added to a class's number, so that the
    classes of two adapters in one study do not look alike.
    """

    labels: tuple[str, ...]
    samples_per_class: int
    samples_per_field: int
    size: int
    difficulty: float
    field_effect: float
    whole_fields: bool
    first_class: int
    seed: tuple[str, ...]

    def random(self, *purpose: object) -> np.random.Generator:
        return np.random.default_rng(seed_for(*self.seed, *purpose))

    def centre(self, label: str) -> Traits:
        index = self.first_class + self.labels.index(label)
        return class_traits(index, self.difficulty)

    def cells_of_field(self, number: int) -> int:
        """Cells of the field `number` (from 1) of any class; the last field takes what is left."""
        return min(self.samples_per_field, self.samples_per_class - (number - 1) * self.samples_per_field)

    @property
    def fields(self) -> int:
        """Fields of each class."""
        return -(-self.samples_per_class // self.samples_per_field)


def pictures(plan: Plan) -> Iterator[MadePicture]:
    """Every picture to be written, class by class and field by field; broken ones last, beside the wanted number.

    From PLANT_FROM images on, the last picture of three classes is a copy: of the same class's first one with equal
    bytes, near-equal, and near-equal of another class's picture. One file, or two, are to be broken.
    """
    copies = _copies(plan)
    first: dict[tuple[str, int], MadePicture] = {}
    for index, label in enumerate(plan.labels):
        for number in range(1, plan.fields + 1):
            for picture in _field(plan, label, index, number):
                first.setdefault((label, number), picture)
                last = number == plan.fields and picture.number + len(picture.cells) > plan.cells_of_field(number)
                if last and label in copies:
                    kind, of = copies[label]
                    picture = _copied(plan, picture, first[of], kind)
                yield picture
    total = len(plan.labels) * plan.samples_per_class
    for index, reason in enumerate(("truncated", "empty_file")[: min(2, total // PLANT_FROM)]):
        picture = next(_field(plan, plan.labels[index], index, plan.fields + 1))
        yield _with(picture, broken=reason, cells=picture.cells[:1])


def _copies(plan: Plan) -> dict[str, tuple[str, tuple[str, int]]]:
    """Label → (kind of copy, label and field of the original); empty where originals and copies would share fields."""
    if len(plan.labels) * plan.samples_per_class < PLANT_FROM or plan.fields < 3:
        return {}
    labels = plan.labels
    copies = {
        label: (kind, (label, 1)) for label, kind in zip(labels[:-1], ("equal_bytes", "near_equal"), strict=False)
    }
    return copies | {labels[-1]: ("near_equal", (labels[0], 2))}


def _field(plan: Plan, label: str, index: int, number: int) -> Iterator[MadePicture]:
    """The pictures of one field: one per cell, or one with all of them."""
    rng = plan.random("field", label, number)
    field = make_field(plan.field_effect, rng)
    count = max(1, plan.cells_of_field(number))
    cells = [draw_cell(cell_traits(plan.centre(label), plan.difficulty, rng), plan.size, rng) for _ in range(count)]
    if plan.whole_fields:
        yield _whole_field(plan, label, index, number, cells, field, rng)
        return
    for place, cell in enumerate(cells, start=1):
        pixels = develop(cell.density + mucus(plan.size, plan.size, rng) + neighbours(plan.size, rng), field, rng)
        made = _made_cell(label, cell.mask, 0, 0, cell.planted())
        yield MadePicture(label, index, number, place, pixels, cell.mask, [made])


def _whole_field(plan: Plan, label: str, index: int, number: int, cells: list, field, rng) -> MadePicture:
    """All cells on one picture, in a jittered grid; of every third field the top is cut: nuclei lie near the edge."""
    columns = int(np.ceil(np.sqrt(len(cells))))
    rows = -(-len(cells) // columns)
    pitch = int(plan.size * 1.25)
    cut = int(plan.size * 0.4) if number % 3 == 1 else 0
    height, width = rows * pitch, columns * pitch
    density = mucus(height, width, rng)
    mask = np.zeros((height, width), dtype=np.uint8)
    places = []
    for position, cell in enumerate(cells):
        top, left = (int(side * pitch + rng.integers(0, pitch - plan.size + 1)) for side in divmod(position, columns))
        area = (slice(top, top + plan.size), slice(left, left + plan.size))
        density[:, *area] += cell.density
        mask[area] = np.maximum(mask[area], cell.mask)
        places.append((top, left))
    density, mask = density[:, cut:], mask[cut:]
    made = [
        _made_cell(label, cell.mask, left, top - cut, cell.planted())
        for cell, (top, left) in zip(cells, places, strict=True)
    ]
    made = [_clipped(cell, mask.shape) for cell in made]
    return MadePicture(label, index, number, 1, develop(density, field, rng), mask, made)


def _made_cell(label: str, mask: np.ndarray, left: int, top: int, planted: dict[str, float]) -> MadeCell:
    """A cell whose window begins at (left, top) of its picture: centre and box of the nucleus."""
    rows, columns = np.nonzero(mask == 2)
    box = (columns.min() + left, rows.min() + top, columns.max() + 1 + left, rows.max() + 1 + top)
    centre = (round(float(columns.mean())) + left, round(float(rows.mean())) + top)
    return MadeCell(label, *centre, tuple(int(side) for side in box), planted)


def _clipped(cell: MadeCell, shape: tuple[int, int]) -> MadeCell:
    """The same cell with centre and box inside a picture of that shape."""
    height, width = shape
    x, y = min(max(cell.x, 0), width - 1), min(max(cell.y, 0), height - 1)
    left, top, right, bottom = cell.nucleus
    box = (max(left, 0), max(top, 0), min(right, width), min(bottom, height))
    return MadeCell(cell.label, x, y, box, cell.planted)


def _copied(plan: Plan, picture: MadePicture, original: MadePicture, kind: str) -> MadePicture:
    """`picture` with the pixels of `original`: the same, or a little brighter and with fresh sensor noise."""
    pixels = original.pixels
    if kind == "near_equal":
        noise = plan.random("copy", picture.label).normal(4.0, 1.5, pixels.shape)
        pixels = np.clip(pixels + noise, 0, 255).round().astype(np.uint8)
    cells = [MadeCell(picture.label, c.x, c.y, c.nucleus, c.planted) for c in original.cells[: len(picture.cells)]]
    of = (original.label, original.field, original.number)
    return _with(picture, pixels=pixels, mask=original.mask, cells=cells, copy=kind, copy_of=of)


def _with(picture: MadePicture, **changes: object) -> MadePicture:
    return MadePicture(**{**vars(picture), **changes})
