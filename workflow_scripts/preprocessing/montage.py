"""Examples of every class, before and after the preprocessing, on one page."""

from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.data.images import crop, decode, read_bytes
from workflow_scripts.reporting.style import new_figure, save_figure

EXAMPLES = 4


def chosen_rows(manifest: pd.DataFrame, name: str, count: int = EXAMPLES) -> list[int]:
    """Rows of up to `count` samples of a class, evenly spaced in the order of ids: no picking."""
    rows = np.flatnonzero(manifest["label"].to_numpy() == name)
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(count, len(rows))).round().astype(int))].tolist()


def montage(
    path: Path,
    manifest: pd.DataFrame,
    classes: list[str],
    sources: dict[str, Path],
    images: np.ndarray,
    how: str,
    made: bool,
) -> None:
    """Write the figure: a line per class, pairs of a sample as it is in its file and as it is packed.

    `images` is N×H×W×3 uint8 in manifest order; `how` says in words how they were packed; `made`: from made data.
    """
    figure, axes = new_figure(1.05 * 2 * EXAMPLES + 1.2, 1.22 * len(classes) + 1.0, len(classes), 2 * EXAMPLES)
    for line, name in zip(np.atleast_2d(axes), classes, strict=True):
        for axis in line:
            axis.set_axis_off()
        rows = chosen_rows(manifest, name)
        total = int((manifest["label"] == name).sum())
        line[0].text(-0.12, 0.5, f"{_wrapped(name)}\nn = {total}", transform=line[0].transAxes, ha="right", va="center")
        for place, row in enumerate(rows):
            before, after = line[2 * place : 2 * place + 2]
            before.imshow(_raw(manifest.iloc[row], sources))
            before.set_title(f"{manifest['width'].iat[row]}×{manifest['height'].iat[row]}", fontsize=7, pad=2)
            after.imshow(images[row])
            after.set_title("packed", fontsize=7, pad=2, color="#0072B2")
    figure.suptitle(
        "Examples of every class, evenly spaced in the order of their names.\n"
        f"Left of each pair: as in the file (width×height in pixels); right: {how}",
        fontsize=9,
    )
    save_figure(figure, path, made)


def _raw(sample: pd.Series, sources: dict[str, Path]) -> np.ndarray:
    image = decode(read_bytes(sources[sample["source"]] / sample["path"]))
    sides = [sample.get(side, np.nan) for side in ("left", "top", "right", "bottom")]
    return np.asarray(image if np.isnan(sides).any() else crop(image, tuple(int(side) for side in sides)))


def _wrapped(name: str, width: int = 14) -> str:
    """A long class name on several lines, broken at its own separators where there are any."""
    lines = [""]
    for part in name.replace("_", "_\0").replace("-", "-\0").replace(" ", " \0").split("\0"):
        if lines[-1] and len(lines[-1]) + len(part) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)
