"""A pelvis of ellipsoids, as a spin-echo sequence shows it: any plane, any echo and repetition time.

Positions are in mm, x to the patient's left, y to the back, z to the head; the cervix lies near the origin. The signal
of a tissue follows from its proton density and relaxation times, so that what two scanners set differently shows as it
would in a patient.
"""

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

Vector = tuple[float, float, float]
# Direction cosines along a row and down a column.
PLANES: dict[str, tuple[Vector, Vector]] = {
    "sagittal": ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0)),
    "transverse": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
    "coronal": ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0)),
}
CERVIX: Vector = (0.0, 10.0, 0.0)
# Width of the border between two organs in mm, and the grain and strength of a tissue's unevenness.
BORDER, GRAIN, UNEVEN = 1.5, 5.0, 0.05


@dataclass(frozen=True)
class Tissue:
    """Proton density (water is 1), relaxation times in ms at 1.5 T, diffusion coefficient in 1e-6 mm²/s.

    The numbers are of the usual order, not measured ones.
    """

    density: float
    t1: float
    t2: float
    diffusion: float


TISSUES = {
    "fat": Tissue(0.90, 300, 110, 120),
    "muscle": Tissue(0.75, 1000, 40, 1300),
    "marrow": Tissue(0.65, 520, 75, 400),
    "disc": Tissue(0.70, 1100, 60, 1400),
    "bowel": Tissue(0.75, 750, 85, 1200),
    "gas": Tissue(0.02, 1000, 20, 50),
    "urine": Tissue(1.00, 4000, 600, 2900),
    "myometrium": Tissue(0.85, 1300, 75, 1500),
    "endometrium": Tissue(0.95, 1800, 150, 1600),
    "stroma": Tissue(0.80, 1200, 45, 1350),
    "tumour": Tissue(0.90, 1250, 95, 900),
}


@dataclass(frozen=True)
class Organ:
    """An ellipsoid of a tissue, or with `power` 4 a rounded block; `radii` along x, y, z."""

    tissue: str
    centre: Vector
    radii: Vector
    power: int = 2


@dataclass(frozen=True)
class Grid:
    """Pixels of a slice: position of the first one's centre, directions, spacing in mm, pixels a side."""

    origin: Vector
    row: Vector
    column: Vector
    spacing: float
    size: int

    def points(self) -> list[np.ndarray]:
        """x, y and z of every pixel, float32 size×size each."""
        steps = np.arange(self.size, dtype=np.float32) * np.float32(self.spacing)
        return [
            np.float32(start) + steps[None, :] * np.float32(along) + steps[:, None] * np.float32(down)
            for start, along, down in zip(self.origin, self.row, self.column, strict=True)
        ]


def grid_at(plane: str, offset: float, field_of_view: float, size: int, turn: float = 0.0) -> Grid:
    """A square slice around the origin, `offset` mm along its normal; `turn`: radians about the axis to the head."""
    row, column = (_turned(direction, turn) for direction in PLANES[plane])
    spacing = field_of_view / size
    normal, half = np.cross(row, column), spacing * (size - 1) / 2
    x, y, z = (offset * normal - half * np.array(row) - half * np.array(column)).tolist()
    return Grid((x, y, z), row, column, spacing, size)


def organs(scatter: float, rng: np.random.Generator) -> list[Organ]:
    """The organs of one patient, from the outside to the inside; `scatter` 1 moves them by some mm, 0 not at all."""
    vertebrae = [(0.0, 52.0 + 15.0 * k - 2.8 * k * k, 92.0 - 27.0 * k) for k in range(6)]
    typical = [
        Organ("fat", (0, 0, 0), (175, 112, 420)),
        Organ("muscle", (0, 4, 0), (150, 88, 380)),
        Organ("fat", (0, -8, 10), (86, 62, 130)),
        Organ("bowel", (0, -28, 78), (70, 34, 46)),
        *(Organ("marrow", (side * 92.0, 2, -35), (25, 25, 25)) for side in (-1, 1)),
        *(Organ("disc", (x, y, z - 13), (24, 15, 5), 4) for x, y, z in vertebrae),
        *(Organ("marrow", centre, (25, 16, 11), 4) for centre in vertebrae),
        Organ("marrow", (0, -72, -52), (22, 11, 20), 4),
        Organ("urine", (0, -44, -8), (36, 25, 27)),
        Organ("myometrium", (0, -12, 40), (28, 22, 33)),
        Organ("endometrium", (0, -12, 42), (9, 4, 23)),
        Organ("muscle", (0, 14, -46), (15, 6, 26)),
        Organ("stroma", CERVIX, (20, 17, 22)),
        Organ("muscle", (0, 40, -10), (17, 13, 58)),
        Organ("gas", (0, 40, -4), (11, 8, 40)),
    ]
    moves = np.clip(rng.normal(size=(len(typical), 6)), -2, 2) * scatter
    return [_moved(organ, move) for organ, move in zip(typical, moves, strict=True)]


def spin_echo(echo_ms: float, repetition_ms: float) -> dict[str, float]:
    """Tissue → signal in 0 … 1."""
    return {
        name: tissue.density * (1 - np.exp(-repetition_ms / tissue.t1)) * np.exp(-echo_ms / tissue.t2)
        for name, tissue in TISSUES.items()
    }


def diffusion() -> dict[str, float]:
    """Tissue → apparent diffusion coefficient in 1e-6 mm²/s."""
    return {name: tissue.diffusion for name, tissue in TISSUES.items()}


def signal_of(patient: list[Organ], grid: Grid, signals: dict[str, float], rng: np.random.Generator) -> np.ndarray:
    """float32 size×size signal of a slice, without noise."""
    points = grid.points()
    signal = np.zeros((grid.size, grid.size), np.float32)
    border = max(BORDER, grid.spacing)
    for organ in patient:
        if not _meets(organ, grid, border):
            continue
        inside = _inside(organ, points, border)
        signal += inside * (np.float32(signals[organ.tissue]) - signal)
    return signal * (1 + UNEVEN * smooth_noise(grid.size, grid.size * grid.spacing / GRAIN, rng))


def received(
    signal: np.ndarray, noise: float, shading: tuple[float, float, float], rng: np.random.Generator
) -> np.ndarray:
    """float32 signal as coils receive it: brighter near them, with Rician noise of that standard deviation.

    `shading`: slopes from left to right and from top to bottom, and how much the rim is brighter than the middle.
    """
    size = len(signal)
    side = np.linspace(-1, 1, size, dtype=np.float32)
    across, down, border = (np.float32(value) for value in shading)
    field = 1 + across * side[None, :] + down * side[:, None] + border * (side[None, :] ** 2 + side[:, None] ** 2 - 0.5)
    real, imaginary = np.float32(noise) * rng.standard_normal((2, size, size), dtype=np.float32)
    return np.hypot(signal * np.clip(field, 0.2, None) + real, imaginary)


def smooth_noise(size: int, lumps: float, rng: np.random.Generator) -> np.ndarray:
    """float32 size×size noise of mean about 0 and standard deviation about 1, with so many lumps a side."""
    side = max(2, round(lumps))
    coarse = 1.4 * rng.standard_normal((side, side), dtype=np.float32)
    return np.asarray(Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC))


def _meets(organ: Organ, grid: Grid, border: float) -> bool:
    """Whether the plane cuts the box around an organ."""
    normal = np.cross(grid.row, grid.column)
    return bool(abs(normal @ np.subtract(organ.centre, grid.origin)) < np.abs(normal) @ organ.radii + border)


def _inside(organ: Organ, points: list[np.ndarray], border: float) -> np.ndarray:
    """float32 share in [0, 1] of each pixel that lies inside."""
    distance = np.zeros_like(points[0])
    for axis, centre, radius in zip(points, organ.centre, organ.radii, strict=True):
        scaled = (axis - np.float32(centre)) / np.float32(radius)
        squared = scaled * scaled
        distance += squared if organ.power == 2 else squared * squared
    depth = 1 - (np.sqrt(distance) if organ.power == 2 else np.sqrt(np.sqrt(distance)))
    return np.clip(depth * np.float32(min(organ.radii) / border) + np.float32(0.5), 0, 1)


def _moved(organ: Organ, move: np.ndarray) -> Organ:
    x, y, z = (np.array(organ.centre) + (0.6, 2.0, 2.5) * move[:3]).tolist()
    wide, deep, high = (np.array(organ.radii) * np.exp(0.05 * move[3:])).tolist()
    return replace(organ, centre=(x, y, z), radii=(wide, deep, high))


def _turned(direction: Vector, turn: float) -> Vector:
    x, y, z = direction
    cosine, sine = float(np.cos(turn)), float(np.sin(turn))
    return (x * cosine - y * sine, x * sine + y * cosine, z)
