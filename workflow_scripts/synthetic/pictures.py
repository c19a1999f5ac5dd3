"""Synthetic pictures, field by field: which are drawn, which are copies of others, which files are broken.

A generator is a module, `synthetic.py` in the folder of a paper; smears draws for studies that have none. It has
`field(plan, label, class_index, number)`, which yields the pictures of one field (a source picture, a patient: what its
pictures share) of one class. Where a copy or a broken file needs the rest of its field, it has `pictures(plan)`.
`LABELS` are the classes that it draws where the adapter takes any; `women(plan, seed, visits)` says whose pictures are
drawn where they are of the women of a register. For an adapter of tables a generator has `register(seed, visits)`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import ModuleType

import numpy as np

from workflow_scripts.contracts.step_settings.synthesise_settings import Synthetic
from workflow_scripts.data.adapters.interface import SyntheticPicture, SyntheticSample
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.seeds import seed_for

# Below so many images none is a copy or broken: a handful of images must stay a handful of usable ones.
PLANT_FROM = 40


@dataclass(frozen=True)
class Woman:
    """A woman of a register, whose slide is drawn. key: what her invented identity depends on; age in years."""

    key: str
    age: int


@dataclass(frozen=True)
class Plan:
    """What is made: labels in order, the block `synthetic`, and what the random numbers depend on.

    `whole_fields`: one picture holds all cells of a field. `first_class` is added to a class's number, so that the
    classes of two adapters in one study do not look alike. `women`: label → whose its fields are, in their order; empty
    where they are of nobody that another study knows.
    """

    labels: tuple[str, ...]
    synthetic: Synthetic
    whole_fields: bool
    first_class: int
    seed: tuple[str, ...]
    women: Mapping[str, tuple[Woman, ...]] = field(default_factory=dict)

    def woman(self, label: str, number: int) -> Woman | None:
        """Whose the field `number` (from 1) of a class is; None: of nobody known, as all beyond the wanted fields."""
        women = self.women.get(label, ())
        return women[number - 1] if number <= len(women) else None

    def random(self, *purpose: object) -> np.random.Generator:
        return np.random.default_rng(seed_for(*self.seed, *purpose))

    def samples_of_field(self, number: int) -> int:
        """Samples of the field `number` (from 1) of any class; the last field takes what is left."""
        in_field, per_class = self.synthetic.samples_per_field, self.synthetic.samples_per_class
        return in_field if self.synthetic.fields_per_class else min(in_field, per_class - (number - 1) * in_field)

    def fields(self, label: str) -> int:
        """Number of fields of a class. UserError where the settings number those of other classes."""
        numbered = self.synthetic.fields_per_class
        if numbered is None:
            return -(-self.synthetic.samples_per_class // self.synthetic.samples_per_field)
        if set(numbered) != set(self.labels):
            raise UserError(
                f"synthetic.fields_per_class numbers the fields of {', '.join(sorted(numbered))}; "
                f"the adapter's classes are {', '.join(self.labels)}: give each of them a number"
            )
        return numbered[label]

    def samples(self) -> int:
        """Samples of all classes together."""
        return sum(
            self.samples_of_field(number) for label in self.labels for number in range(1, self.fields(label) + 1)
        )


# The pictures of the field `number` (from 1) of a class: (plan, label, class number, field number).
Draw = Callable[[Plan, str, int, int], Iterator[SyntheticPicture]]


def all_pictures(plan: Plan, generator: ModuleType) -> Iterator[SyntheticPicture]:
    """Every picture to be written, as the generator lists them itself, else field by field."""
    return generator.pictures(plan) if hasattr(generator, "pictures") else pictures(plan, generator.field)


def pictures(plan: Plan, draw: Draw) -> Iterator[SyntheticPicture]:
    """Every picture to be written, class by class and field by field; broken ones last, beside the wanted number.

    From PLANT_FROM images on, the last picture of three classes is a copy: of the same class's first one with equal
    bytes, near-equal, and near-equal of another class's picture. One file, or two, are to be broken.
    """
    copies = _copies(plan)
    first: dict[tuple[str, int], SyntheticPicture] = {}
    for index, label in enumerate(plan.labels):
        for number in range(1, plan.fields(label) + 1):
            for picture in draw(plan, label, index, number):
                first.setdefault((label, number), picture)
                ends_class = number == plan.fields(label)
                if (
                    ends_class
                    and label in copies
                    and picture.number + len(picture.cells) > plan.samples_of_field(number)
                ):
                    kind, of = copies[label]
                    picture = _copied(plan, picture, first[of], kind)
                yield picture
    for index, reason in enumerate(("truncated", "empty_file")[: min(2, plan.samples() // PLANT_FROM)]):
        picture = next(draw(plan, plan.labels[index], index, plan.fields(plan.labels[index]) + 1))
        yield replace(picture, broken=reason, cells=picture.cells[:1])


def _copies(plan: Plan) -> dict[str, tuple[str, tuple[str, int]]]:
    """Label → (kind of copy, label and field of the original); empty where originals and copies would share fields."""
    if plan.samples() < PLANT_FROM or min(map(plan.fields, plan.labels)) < 3:
        return {}
    labels = plan.labels
    copies = {
        label: (kind, (label, 1)) for label, kind in zip(labels[:-1], ("equal_bytes", "near_equal"), strict=False)
    }
    return copies | {labels[-1]: ("near_equal", (labels[0], 2))}


def _copied(plan: Plan, picture: SyntheticPicture, original: SyntheticPicture, kind: str) -> SyntheticPicture:
    """`picture` with the pixels of `original`: the same, or a little brighter and with fresh sensor noise."""
    pixels = original.pixels
    if kind == "near_equal":
        noise = plan.random("copy", picture.label).normal(4.0, 1.5, pixels.shape)
        pixels = np.clip(pixels + noise, 0, 255).round().astype(np.uint8)
    cells = [
        SyntheticSample(picture.label, c.x, c.y, c.region, c.ground_truth) for c in original.cells[: len(picture.cells)]
    ]
    of = (original.label, original.field, original.number)
    return replace(picture, pixels=pixels, mask=original.mask, cells=cells, copy=kind, copy_of=of)
