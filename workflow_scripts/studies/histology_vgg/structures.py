"""What tells the classes apart in a section: nests of squamous cells with keratin, glands with lumina.

A nest (SCC) is made of large polygonal cells whose borders show, with whorls of keratin in its middle. A gland (AC) is
a ring of cells around a pale lumen with mucin, with dark columnar nuclei along its outer border. What is poorly
differentiated is, in either class, a solid island of cells.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from workflow_scripts.synthetic.nuclei import Nuclei, joined, scattered
from workflow_scripts.synthetic.section import Section, jittered_grid, smooth_noise

NEST, GLAND, SOLID = "nest", "gland", "solid"
# Mean radius in micrometres, and how far a structure reaches beyond it.
RADIUS, REACH = {NEST: 62.0, GLAND: 43.0, SOLID: 52.0}, 1.3
# Distance between structures in micrometres, share of the tissue that they cover, tries to place one.
GAP, COVERED, TRIES = 7.0, 0.55, 3000
WAVES = np.arange(2, 7)
# Widest cleft around an island, in micrometres: both classes have about as much that is white.
CLEFT = 14.5
# Distance of neighbouring cells and of neighbouring nuclei along a gland's border, in micrometres.
CELL, SOLID_CELL, COLUMN = 15.5, 10.5, 5.2


@dataclass(frozen=True)
class Structure:
    """One nest or gland: centre in pixels, mean radius in micrometres, waves of its outline, how far it is matured.

    `keratin`: radius of the whorl as a share of its own, 0 where there is none; `wall`: of a gland, in micrometres.
    """

    kind: str
    y: float
    x: float
    radius: float
    waves: np.ndarray
    phases: np.ndarray
    keratin: float
    wall: float

    def radius_at(self, angle: np.ndarray) -> np.ndarray:
        """Distance of the outline from the centre in micrometres, in these directions."""
        factor = np.ones_like(angle)
        for wave, height, phase in zip(WAVES, self.waves, self.phases, strict=True):
            factor += np.float32(height) * np.cos(wave * angle + np.float32(phase))
        return self.radius * factor

    def border(self, depth: float, distance: float, rng: np.random.Generator, scale: float) -> tuple[np.ndarray, ...]:
        """Places (N×2 pixels) at a depth below the outline, about `distance` apart, and directions to the centre."""
        count = max(6, int(2 * np.pi * (self.radius - depth) / distance))
        angle = (np.arange(count) + rng.uniform(-0.3, 0.3, count)) * 2 * np.pi / count
        out = (self.radius_at(angle) - depth - 1.6 * np.abs(rng.standard_normal(count))) * scale
        return np.stack([self.y + out * np.sin(angle), self.x + out * np.cos(angle)], axis=1), angle


def structures_of(section: Section, kind: str, grade: float, rng: np.random.Generator) -> list[Structure]:
    """Structures that fill the tissue without touching.

    `grade`: 0 where all are well differentiated, 1 where all are solid islands.
    """
    rows, columns = np.nonzero(section.tissue[::8, ::8])
    depth = cv2.distanceTransform(section.tissue.astype(np.uint8), cv2.DIST_L2, 3) / section.scale
    left = COVERED * float(section.tissue.sum()) / section.scale**2
    # The smaller, the later: they fill what the large ones leave.
    shrinking = np.linspace(1.15, 0.6, TRIES)
    radii = RADIUS[kind] * shrinking * np.exp(np.clip(0.25 * rng.standard_normal(TRIES), -0.5, 0.5))
    chosen: list[Structure] = []
    circles = np.empty((0, 3))
    for radius in radii:
        row = rng.integers(len(rows))
        y, x = rows[row] * 8.0, columns[row] * 8.0
        reach = radius * 1.12
        near = np.hypot(circles[:, 0] - y, circles[:, 1] - x) / section.scale < circles[:, 2] + reach + GAP
        if near.any() or depth[int(y), int(x)] < reach:
            continue
        solid = rng.uniform() < grade
        chosen.append(_structure(SOLID if solid else kind, (y, x), float(radius), grade, rng))
        circles = np.vstack([circles, (y, x, reach)])
        left -= np.pi * radius**2
        if left < 0:
            break
    return chosen


def _structure(
    kind: str, centre: tuple[float, float], radius: float, grade: float, rng: np.random.Generator
) -> Structure:
    heights = rng.normal(0, 1, len(WAVES)) * (0.13 if kind == GLAND else 0.1) / np.sqrt(WAVES - 1)
    return Structure(
        kind,
        *centre,
        radius,
        np.clip(heights, -0.16, 0.16),
        rng.uniform(0, 2 * np.pi, len(WAVES)),
        keratin=float(rng.uniform(0.3, 0.52)) if kind == NEST and rng.uniform() < 0.8 - 0.5 * grade else 0.0,
        wall=float(np.clip(rng.normal(18 + 8 * grade, 3), 13, 0.55 * radius)),
    )


@dataclass
class Cells:
    """Where cells may lie, bool H×W of the nests and of the solid islands, and nuclei that lie along borders."""

    polygonal: np.ndarray
    crowded: np.ndarray
    nuclei: list[Nuclei]


def add_structures(
    section: Section, structures: list[Structure], size: float, rng: np.random.Generator
) -> tuple[np.ndarray, Nuclei]:
    """Draw structures into a section; which positions they take of the stroma, bool H×W, and their nuclei.

    `size`: of their nuclei, relative to the usual.
    """
    cells = Cells(np.zeros(section.shape, bool), np.zeros(section.shape, bool), [])
    taken = np.zeros(section.shape, bool)
    grain = 1 + 0.10 * smooth_noise(section.shape, 1.2 * section.scale, rng)
    wisps = smooth_noise(section.shape, (5 * section.scale, 14 * section.scale), rng)
    for structure in structures:
        _draw(section, structure, cells, taken, (grain, wisps), size, rng)
    nuclei = [*cells.nuclei]
    for mask, distance, axes, dark in (
        (cells.polygonal, CELL, (5.6, 4.6), 0.82),
        (cells.crowded, SOLID_CELL, (4.6, 3.7), 1.0),
    ):
        positions = jittered_grid(section.shape, distance * section.scale, rng, jitter=0.5)
        if distance == CELL:
            _cell_borders(section, positions, mask)
        angle = rng.uniform(0, np.pi, len(positions))
        axes = (axes[0] * size, axes[1] * size)
        group = scattered(positions, axes, angle, dark, rng, vesicular=0.45, nucleolus=0.5, spread=0.16)
        nuclei.append(group.inside(mask))
    return taken, joined(nuclei)


def _draw(
    section: Section,
    structure: Structure,
    cells: Cells,
    taken: np.ndarray,
    textures: tuple[np.ndarray, np.ndarray],
    size: float,
    rng: np.random.Generator,
) -> None:
    """Fill one structure with cytoplasm, keratin or mucin."""
    scale, reach = section.scale, int(structure.radius * REACH * section.scale) + 4
    top, left = max(0, int(structure.y) - reach), max(0, int(structure.x) - reach)
    area = (slice(top, int(structure.y) + reach), slice(left, int(structure.x) + reach))
    height, width = section.tissue[area].shape
    y, x = np.mgrid[top : top + height, left : left + width].astype(np.float32)
    out, angle = cv2.cartToPolar(x - np.float32(structure.x), y - np.float32(structure.y))
    out /= scale
    depth = structure.radius_at(angle) - out
    inside = depth > 0
    grain, wisps = (texture[area] for texture in textures)
    haematoxylin, eosin = section.haematoxylin[area], section.eosin[area]
    if structure.kind != GLAND:
        taken[area] |= _shrunk(structure, depth, angle, haematoxylin, eosin)
    if structure.kind == GLAND:
        amounts = _gland(structure, depth, wisps)
        cells.nuclei += _columnar(structure, scale, size, rng)
    elif structure.kind == NEST:
        amounts = _nest(structure, depth, out, angle, wisps)
        whorl = structure.keratin * structure.radius
        cells.polygonal[area] |= (depth > 3) & (out > whorl)
        cells.nuclei += _basal(structure, scale, size, rng)
        if whorl:
            cells.nuclei.append(_around_keratin(structure, whorl, scale, rng))
    else:
        amounts = np.full_like(depth, 0.15), np.full_like(depth, 0.36)
        cells.crowded[area] |= depth > 3
    haematoxylin[inside], eosin[inside] = ((amount * grain)[inside] for amount in amounts)
    taken[area] |= depth > -2
    if structure.kind != SOLID:
        section.structure[area] |= inside


def _shrunk(
    structure: Structure, depth: np.ndarray, angle: np.ndarray, haematoxylin: np.ndarray, eosin: np.ndarray
) -> np.ndarray:
    """Clear a cleft of shrinkage around one side of an island; where it is, bool."""
    sides = 0.45 + 0.8 * np.cos(angle - np.float32(structure.phases[1]))
    cleft = (depth > -CLEFT * np.clip(sides, 0.1, 1)) & (depth <= 0)
    eosin[cleft], haematoxylin[cleft] = 0.03, 0.01
    return cleft


def _gland(structure: Structure, depth: np.ndarray, wisps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Amounts of both stains: a wall, paler towards the lumen, and mucin in it."""
    wall = np.float32(structure.wall)
    inner = np.clip((depth - wall) / 1.5 + 0.5, 0, 1)
    apical = np.clip((depth - 0.55 * wall) / (0.4 * wall), 0, 1)
    mucin = np.clip(wisps - 0.15, 0, 1.2)
    haematoxylin = (0.20 - 0.08 * apical) * (1 - inner) + inner * (0.03 + 0.14 * mucin)
    eosin = (0.42 - 0.16 * apical) * (1 - inner) + inner * (0.05 + 0.08 * mucin)
    return haematoxylin, eosin


def _nest(
    structure: Structure, depth: np.ndarray, out: np.ndarray, angle: np.ndarray, wisps: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Amounts of both stains: cytoplasm, more of it inwards, and layers of keratin around the middle."""
    inwards = np.clip(depth / (0.6 * structure.radius), 0, 1)
    eosin = 0.30 + 0.14 * inwards
    haematoxylin = 0.13 - 0.07 * inwards
    if structure.keratin:
        whorl = structure.keratin * structure.radius * (1 + 0.12 * np.cos(3 * angle + structure.phases[0]))
        keratin = np.clip((whorl - out) / 2 + 0.5, 0, 1)
        layers = np.cos(2 * np.pi * (out + 1.6 * wisps) / 4.6)
        eosin = eosin * (1 - keratin) + keratin * (0.86 + 0.24 * layers)
        haematoxylin = haematoxylin * (1 - keratin) + 0.015 * keratin
    return haematoxylin.astype(np.float32), eosin.astype(np.float32)


def _columnar(structure: Structure, scale: float, size: float, rng: np.random.Generator) -> list[Nuclei]:
    """Dark long nuclei that stand on a gland's border, some of them in a second row."""
    rows = []
    for depth, share in ((6.0, 1.0), (11.0, 0.35)):
        positions, angle = structure.border(depth, COLUMN, rng, scale)
        keep = rng.uniform(size=len(positions)) < share
        turned = angle[keep] + rng.normal(0, 0.14, keep.sum())
        rows.append(scattered(positions[keep], (5.4 * size, 2.35 * size), turned, 1.12, rng, vesicular=0.15))
    return rows


def _basal(structure: Structure, scale: float, size: float, rng: np.random.Generator) -> list[Nuclei]:
    """Small dark nuclei along a nest's border."""
    positions, angle = structure.border(4.5, 7.5, rng, scale)
    turned = angle + np.pi / 2 + rng.normal(0, 0.5, len(positions))
    return [scattered(positions, (4.4 * size, 3.3 * size), turned, 1.1, rng, vesicular=0.1)]


def _around_keratin(structure: Structure, whorl: float, scale: float, rng: np.random.Generator) -> Nuclei:
    """Flat nuclei around a whorl of keratin."""
    angle = rng.uniform(0, 2 * np.pi, max(3, int(whorl / 3)))
    out = (whorl + rng.uniform(1, 6, len(angle))) * scale
    positions = np.stack([structure.y + out * np.sin(angle), structure.x + out * np.cos(angle)], axis=1)
    return scattered(positions, (5.0, 1.5), angle + np.pi / 2, 1.0, rng, vesicular=0.0)


def _cell_borders(section: Section, positions: np.ndarray, mask: np.ndarray) -> None:
    """Draw the borders between the cells around these positions: pale lines between darker membranes."""
    seeds = np.ones(section.shape, np.uint8)
    rows, columns = positions.astype(int).T
    seeds[rows, columns] = 0
    _, labels = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    border = np.zeros(section.shape, np.float32)
    border[:-1] += labels[:-1] != labels[1:]
    border[:, :-1] += labels[:, :-1] != labels[:, 1:]
    width = max(0.5, 0.45 * section.scale)
    lines = np.clip(cv2.GaussianBlur(border, (0, 0), width) * 2.2 * width, 0, 1)
    wide = np.clip(cv2.GaussianBlur(border, (0, 0), 3 * width) * 3 * width, 0, 1)
    section.eosin[mask] *= (1 + 0.28 * (wide - 0.4) - 0.55 * lines)[mask]
