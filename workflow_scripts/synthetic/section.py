"""A synthetic tissue section before it is developed: an irregular piece of stroma, in amounts of two stains."""

from dataclasses import dataclass

import cv2
import numpy as np

from workflow_scripts.synthetic.nuclei import Nuclei, joined, scattered

# The outline is made of so many waves around the middle, and is drawn at a fraction of the resolution.
WAVES, COARSE = 9, 8
# Distance of neighbouring nuclei of the stroma, and widths of fibres across and along, in micrometres.
STROMA_DISTANCE, FIBRE = 17.0, (3.0, 45.0)
# Distance of neighbouring capillaries and their half axes, in micrometres; what red cells take of haematoxylin.
CAPILLARY_DISTANCE, CAPILLARY, RED_CELL_HAEMATOXYLIN = 42.0, (9.0, 4.5), np.float32(0.015)


@dataclass
class Section:
    """float32 H×W amounts of haematoxylin and eosin, both changed as structures are drawn; `scale` in pixels per µm.

    `tissue`: bool H×W; `direction`: of the fibres, radians, float32 H×W; `structure`: bool H×W, where a structure lies
    that tells the class.
    """

    scale: float
    tissue: np.ndarray
    direction: np.ndarray
    haematoxylin: np.ndarray
    eosin: np.ndarray
    structure: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.tissue.shape[0], self.tissue.shape[1]


def smooth_noise(shape: tuple[int, int], period: float | tuple[float, float], rng: np.random.Generator) -> np.ndarray:
    """float32 H×W noise around 0 that changes over about `period` pixels (down, across)."""
    down, across = period if isinstance(period, tuple) else (period, period)
    grid = (int(shape[0] / max(down, 1)) + 3, int(shape[1] / max(across, 1)) + 3)
    noise = rng.standard_normal(grid, dtype=np.float32)
    return cv2.resize(noise, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)


def outline(shape: tuple[int, int], scale: float, rng: np.random.Generator) -> np.ndarray:
    """bool H×W: a piece of tissue of irregular outline that leaves a rim of the slide free."""
    small = (-(-shape[0] // COARSE), -(-shape[1] // COARSE))
    y, x = np.mgrid[: small[0], : small[1]].astype(np.float32)
    middle = np.array(small) * (0.5 + rng.uniform(-0.03, 0.03, 2))
    y, x = (y - middle[0]) / (small[0] * 0.45), (x - middle[1]) / (small[1] * 0.45)
    angle, radius = np.arctan2(y, x), np.hypot(y, x)
    border = np.full(small, rng.uniform(0.86, 0.98), np.float32)
    for wave in range(2, 2 + WAVES):
        border += rng.normal(0, 0.13 / wave) * np.cos(wave * angle + rng.uniform(0, 2 * np.pi))
    border += 0.03 * smooth_noise(small, 18 * scale / COARSE, rng)
    inside = cv2.resize(border - radius, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    inside += 0.006 * smooth_noise(shape, 6 * scale, rng)
    return inside > 0


def connective_tissue(shape: tuple[int, int], scale: float, rng: np.random.Generator) -> Section:
    """A section of stroma alone: wavy pink fibres, pale where they are loose."""
    tissue = outline(shape, scale, rng)
    fibres, direction = _fibres(shape, scale, rng)
    loose = smooth_noise(shape, 90 * scale, rng)
    eosin = 0.46 + 0.15 * fibres + 0.07 * smooth_noise(shape, 1.5 * scale, rng) - 0.10 * np.clip(loose, -1, 1.5)
    # Clefts between bundles.
    eosin *= 1 - 0.8 * np.clip((-fibres - 1.15 + 0.25 * loose) * 2, 0, 1)
    eosin = np.where(tissue, np.clip(eosin, 0.05, None), 0).astype(np.float32)
    haematoxylin = np.where(tissue, np.float32(0.04), np.float32(0)).astype(np.float32)
    return Section(scale, tissue, direction, haematoxylin, eosin, np.zeros(shape, bool))


def stroma_nuclei(section: Section, rng: np.random.Generator) -> Nuclei:
    """Spindle-shaped nuclei of fibroblasts along the fibres, some of them round: lymphocytes, in clusters."""
    positions = jittered_grid(section.shape, STROMA_DISTANCE * section.scale, rng)
    rows, columns = positions.astype(int).T
    infiltrate = smooth_noise(section.shape, 120 * section.scale, rng)[rows, columns]
    draw = rng.uniform(size=len(positions))
    round_ones = draw < np.clip(0.12 + 0.35 * infiltrate, 0.02, 0.85)
    spindles = ~round_ones & (draw > 0.25)
    angle = section.direction[rows, columns] + rng.normal(0, 0.2, len(positions))
    fibroblasts = scattered(positions[spindles], (6.0, 1.45), angle[spindles], 0.95, rng, spread=0.25)
    lymphocytes = scattered(positions[round_ones], (3.0, 2.8), angle[round_ones], 1.25, rng, vesicular=0.0)
    return joined((fibroblasts, lymphocytes))


def add_capillaries(section: Section, free: np.ndarray, rng: np.random.Generator) -> None:
    """Draw small vessels with red cells into the stroma, where `free` (bool H×W) leaves room.

    Red cells hold eosin alone, as keratin does: with them neither class has the purer stain.
    """
    scale, lumen = section.scale, np.zeros(section.shape, np.uint8)
    for y, x in jittered_grid(section.shape, CAPILLARY_DISTANCE * scale, rng).astype(int):
        axes = tuple(round(side * scale * rng.uniform(0.8, 1.3)) for side in CAPILLARY)
        turn = np.degrees(section.direction[y, x]) + rng.normal(0, 15)
        cv2.ellipse(lumen, (int(x), int(y)), axes, float(turn), 0, 360, 1, -1)
    inside = (lumen > 0) & free & section.tissue
    cells = np.clip(1.0 + 0.22 * smooth_noise(section.shape, 5 * scale, rng), 0.7, 1.3)
    section.eosin[inside] = cells[inside]
    section.haematoxylin[inside] = RED_CELL_HAEMATOXYLIN


def jittered_grid(shape: tuple[int, int], distance: float, rng: np.random.Generator, jitter: float = 0.7) -> np.ndarray:
    """N×2 positions (y, x) in a picture, about `distance` pixels apart, every second row shifted by half of it."""
    rows, columns = np.arange(distance / 2, shape[0], distance * 0.87), np.arange(distance / 2, shape[1], distance)
    y, x = np.meshgrid(rows, columns, indexing="ij")
    x[1::2] += distance / 2
    positions = np.stack([y.ravel(), x.ravel()], axis=1)
    positions += rng.uniform(-jitter / 2, jitter / 2, positions.shape) * distance
    return np.clip(positions, 0, np.array(shape) - 1)


def _fibres(shape: tuple[int, int], scale: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """float32 H×W: wavy stripes around 0, and the direction in which they run."""
    turn = rng.uniform(0, np.pi)
    stripes = smooth_noise(shape, (FIBRE[0] * scale, FIBRE[1] * scale), rng)
    # Displaced at half the resolution: waves are long.
    half = (-(-shape[0] // 4), -(-shape[1] // 4))
    wave = 45 * scale * smooth_noise(half, 110 * scale / 4, rng)
    y, x = np.mgrid[: half[0], : half[1]].astype(np.float32) * 4
    across = y * np.cos(turn) - x * np.sin(turn) + wave
    along = x * np.cos(turn) + y * np.sin(turn)
    slope_y, slope_x = np.gradient(across, 4)
    size = (shape[1], shape[0])
    across, along = (cv2.resize(np.ascontiguousarray(values, np.float32), size) for values in (across, along))
    fibres = cv2.remap(stripes, along, across, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    # Fibres run where the coordinate across them stays the same.
    direction = cv2.resize(np.arctan2(-slope_x, slope_y).astype(np.float32), size, interpolation=cv2.INTER_NEAREST)
    return fibres, direction
