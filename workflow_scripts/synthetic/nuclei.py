"""Nuclei of synthetic sections: ellipses of any size, direction and chromatin, drawn many at a time."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

import numpy as np

# Nuclei whose patches are computed at once: their memory stays small.
BATCH = 512


@dataclass(frozen=True)
class Nuclei:
    """Float32 arrays of one length: centres in pixels, half axes in micrometres, direction of the long one in radians.

    `dark`: haematoxylin; `vesicular`: how much of it is missing in the middle, 0 to 1; `nucleolus`: a dark spot in it.
    """

    y: np.ndarray
    x: np.ndarray
    long: np.ndarray
    short: np.ndarray
    angle: np.ndarray
    dark: np.ndarray
    vesicular: np.ndarray
    nucleolus: np.ndarray

    def __len__(self) -> int:
        return len(self.y)

    def chosen(self, keep: np.ndarray) -> "Nuclei":
        """Those at the positions of a mask or of indices."""
        return Nuclei(*(getattr(self, field.name)[keep] for field in fields(self)))

    def inside(self, mask: np.ndarray) -> "Nuclei":
        """Those whose centres lie in a bool H×W mask."""
        rows, columns = np.floor(self.y).astype(int), np.floor(self.x).astype(int)
        there = (rows >= 0) & (columns >= 0) & (rows < mask.shape[0]) & (columns < mask.shape[1])
        there[there] = mask[rows[there], columns[there]]
        return self.chosen(there)


def joined(groups: Iterable[Nuclei]) -> Nuclei:
    """Several groups as one, in their order; there must be one."""
    members = list(groups)
    return Nuclei(*(np.concatenate([getattr(group, field.name) for group in members]) for field in fields(Nuclei)))


def scattered(
    positions: np.ndarray,
    half_axes: tuple[float, float],
    angle: np.ndarray,
    dark: float,
    rng: np.random.Generator,
    vesicular: float = 0.2,
    nucleolus: float = 0.0,
    spread: float = 0.15,
) -> Nuclei:
    """Nuclei at N×2 positions (y, x in pixels) around mean half axes in micrometres and a mean chromatin."""
    count = len(positions)
    noise = rng.standard_normal((4, count), dtype=np.float32)
    sizes = np.exp(spread * noise[:2])
    return Nuclei(
        y=positions[:, 0].astype(np.float32),
        x=positions[:, 1].astype(np.float32),
        long=half_axes[0] * sizes[0],
        short=half_axes[1] * sizes[0] * np.sqrt(sizes[1]),
        angle=np.asarray(angle, np.float32),
        dark=dark * np.exp(0.18 * noise[2]),
        vesicular=np.clip(vesicular + 0.2 * noise[3], 0, 0.85),
        nucleolus=np.full(count, nucleolus, np.float32) * (noise[3] > -0.3),
    )


def add_nuclei(
    haematoxylin: np.ndarray, eosin: np.ndarray, nuclei: Nuclei, chromatin: np.ndarray, scale: float
) -> None:
    """Draw nuclei into both stains, float32 H×W, in place; those that reach over the border are left out.

    `chromatin`: float32 H×W, how the density varies within nuclei; `scale` in pixels per micrometre.
    """
    height, width = haematoxylin.shape
    # Patches grow with the nuclei in them: the long ones are few.
    order = np.argsort(nuclei.long, kind="stable")
    for start in range(0, len(nuclei), BATCH):
        group = nuclei.chosen(order[start : start + BATCH])
        reach = int(np.ceil(float(group.long.max()) * scale + 1.5))
        rows, columns = np.floor(group.y).astype(int), np.floor(group.x).astype(int)
        whole = (rows >= reach) & (columns >= reach) & (rows < height - reach) & (columns < width - reach)
        group, rows, columns = group.chosen(whole), rows[whole], columns[whole]
        alpha, density = _patches(group, rows, columns, reach, scale)
        for index, (row, column) in enumerate(zip(rows.tolist(), columns.tolist(), strict=True)):
            area = (slice(row - reach, row + reach + 1), slice(column - reach, column + reach + 1))
            cover = alpha[index]
            stain = haematoxylin[area]
            stain += cover * (density[index] * chromatin[area] - stain)
            eosin[area] *= 1 - 0.55 * cover


def _patches(
    nuclei: Nuclei, rows: np.ndarray, columns: np.ndarray, reach: int, scale: float
) -> tuple[np.ndarray, np.ndarray]:
    """N×S×S: how much each pixel is covered by its nucleus (0 to 1), and the nucleus's haematoxylin."""
    grid = np.arange(-reach, reach + 1, dtype=np.float32)
    column = _column(nuclei)
    y = grid[None, :, None] - (column.y - rows[:, None, None]).astype(np.float32)
    x = grid[None, None, :] - (column.x - columns[:, None, None]).astype(np.float32)
    cosine, sine = np.cos(column.angle), np.sin(column.angle)
    along = (x * cosine + y * sine) / (column.long * scale)
    across = (y * cosine - x * sine) / (column.short * scale)
    square = along**2 + across**2
    alpha = np.clip((1 - np.sqrt(square)) * column.short * scale + 0.5, 0, 1)
    density = column.dark * (1 - column.vesicular * np.clip(1 - square * 1.3, 0, 1))
    spot = (along - 0.25) ** 2 + (across + 0.15) ** 2
    return alpha, density + column.nucleolus * np.exp(-spot / 0.05)


def _column(nuclei: Nuclei) -> Nuclei:
    """The same with arrays of N×1×1."""
    return replace(nuclei, **{field.name: getattr(nuclei, field.name)[:, None, None] for field in fields(nuclei)})
