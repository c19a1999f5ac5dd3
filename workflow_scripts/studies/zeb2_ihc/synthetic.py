"""Synthetic immunohistochemistry: blue and brown nuclei on a pale ground; by grade more of them are brown, and larger.

Images of one patient share stain, lamp and focus. Most nuclei lie in an island of epithelium; around it are a few blue
ones of the stroma. In a picture's mask 1 is a nucleus without and 2 one with the brown stain.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from workflow_scripts.data.adapters.interface import SyntheticPicture, SyntheticSample
from workflow_scripts.synthetic.cells import HAEMATOXYLIN, develop, make_field
from workflow_scripts.synthetic.pictures import Plan

# Optical density of red, green, blue per unit of diaminobenzidine (Ruifrok & Johnston, 2001).
DAB = np.array([0.27, 0.57, 0.78], dtype=np.float32)
# Width by height of the paper's images, "986 × 1920 pixels".
ASPECT = 1920 / 986
# Nuclei of a picture, and their radius as a share of its height.
NUCLEI, RADIUS = 46, 0.05
# Share of the nuclei that are stroma, and how large the island is in units of height and width.
STROMA, ISLAND = 0.12, (0.24, 0.36)
# A picture's own share of brown nuclei scatters by this much around its grade's, easy and hard.
SCATTER = (0.05, 0.25)
STAGES, TREATMENTS = ("I", "II", "III"), ("none", "radiotherapy", "chemotherapy")


@dataclass(frozen=True)
class Grade:
    """Share of brown nuclei, and size and crowding of the nuclei relative to normal tissue."""

    stained: float
    size: float
    crowding: float


GRADES = {"normal": Grade(0.1, 1.0, 1.0), "low_grade": Grade(0.55, 1.15, 1.2), "high_grade": Grade(0.8, 1.3, 1.4)}


def field(plan: Plan, label: str, index: int, number: int) -> Iterator[SyntheticPicture]:
    """The pictures of one patient."""
    rng = plan.random("field", label, number)
    look = replace(make_field(plan.synthetic.field_effect, rng), pinkness=0.0)
    patient = {
        "age": str(int(rng.integers(25, 75))),
        "stage": str(rng.choice(STAGES)),
        "treatment": str(rng.choice(TREATMENTS)),
        "hpv": str(rng.choice(("positive", "negative"))),
    }
    for picture in range(1, max(1, plan.samples_of_field(number)) + 1):
        density, mask = tissue(plan.synthetic.size, GRADES[label], plan.synthetic.difficulty, rng)
        height, width = mask.shape
        stained, all_nuclei = int((mask == 2).sum()), int((mask > 0).sum())
        ground_truth = {"stained_share": stained / max(1, all_nuclei), "nuclei_share": all_nuclei / mask.size}
        sample = SyntheticSample(label, width // 2, height // 2, (0, 0, width, height), ground_truth)
        pixels = develop(density, look, rng)
        yield SyntheticPicture(label, index, number, picture, pixels, mask, [sample], attributes=patient)


def tissue(size: int, grade: Grade, difficulty: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """float32 3×H×W optical density and uint8 H×W mask of a field of nuclei, `size` pixels high."""
    height, width = size, round(size * ASPECT)
    middle = np.mean([any_grade.stained for any_grade in GRADES.values()])
    fraction = middle + (grade.stained - middle) * (1 - 0.4 * difficulty)
    fraction = np.clip(fraction + rng.normal(0, SCATTER[0] + (SCATTER[1] - SCATTER[0]) * difficulty), 0.02, 0.98)
    density = np.full((3, height, width), 0.03, np.float32)
    mask = np.zeros((height, width), np.uint8)
    middle_of_island, extent = rng.uniform(0.25, 0.75, 2), rng.uniform(*ISLAND, 2)
    for _ in range(round(NUCLEI * grade.crowding * rng.uniform(0.8, 1.2))):
        radius = size * RADIUS * np.exp(rng.normal(0, 0.18))
        if rng.uniform() < STROMA:
            _nucleus(density, mask, rng.uniform(0, 1, 2), radius, False, rng)
            continue
        turn, out = rng.uniform(0, 2 * np.pi), np.sqrt(rng.uniform())
        middle_of_nucleus = middle_of_island + extent * out * np.array([np.sin(turn), np.cos(turn)])
        _nucleus(density, mask, middle_of_nucleus, radius * grade.size, rng.uniform() < fraction, rng)
    return density, mask


def _nucleus(
    density: np.ndarray, mask: np.ndarray, middle: np.ndarray, radius: float, stained: bool, rng: np.random.Generator
) -> None:
    """Draw an ellipse at `middle` (y, x as shares); where it would cover much of another one, nothing is drawn."""
    height, width = mask.shape
    y, x = np.clip(middle, 0, 0.999) * (height, width)
    turn = rng.uniform(0, np.pi)
    long = radius * rng.uniform(1.0, 1.5)
    top, left = max(0, int(y - long - 1)), max(0, int(x - long - 1))
    bottom, right = min(height, int(y + long + 2)), min(width, int(x + long + 2))
    rows, columns = np.mgrid[top:bottom, left:right].astype(np.float32)
    along = (columns - x) * np.cos(turn) + (rows - y) * np.sin(turn)
    across = (rows - y) * np.cos(turn) - (columns - x) * np.sin(turn)
    inside = (along / long) ** 2 + (across / radius) ** 2
    area = (slice(top, bottom), slice(left, right))
    if (mask[area][inside < 1] > 0).mean() > 0.15 if (inside < 1).any() else True:
        return
    soft = np.clip((1.1 - inside) * 3, 0, 1) * np.float32(rng.uniform(0.8, 1.2))
    colour = 0.25 * HAEMATOXYLIN + 0.75 * DAB if stained else 0.5 * HAEMATOXYLIN
    density[:, *area] += soft * colour[:, None, None]
    mask[area] = np.where(inside < 1, 2 if stained else 1, mask[area])
