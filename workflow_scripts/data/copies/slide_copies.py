"""Whole slides that show the same glass: scanned twice, turned, mirrored or stained in another scanner's colours.

Compared are the overviews of slides, cut to their tissue. Of two slides that are proven, the pair of tiles is listed
that lie on each other best: it names both slides, and joins what must not be torn apart.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts.dataset import EQUAL_PAIRS, PROOF_COLUMNS
from workflow_scripts.contracts.slide_overviews import TISSUE, Overview, read_overviews
from workflow_scripts.data.copies.calibration import Left, calibrate
from workflow_scripts.data.copies.candidates import candidates
from workflow_scripts.data.copies.copy_search import CopySearch, pair_row
from workflow_scripts.data.copies.keypoints import RECORD, grey_of, record_of
from workflow_scripts.data.copies.pairs_picture import ShownPairs
from workflow_scripts.data.copies.proof import prove_all, scores
from workflow_scripts.data.copies.time_budget import TimeBudget

GLASS = 255


@dataclass(frozen=True)
class _Slide:
    """A slide's tissue (dtype RECORD), and how its full level is laid on the record's grey picture: scale and shift."""

    record: np.ndarray
    scale: np.ndarray
    shift: np.ndarray

    def in_grey(self, points: np.ndarray) -> np.ndarray:
        """float n×2 points x, y of the full level in pixels of the grey picture."""
        return points * self.scale + self.shift

    def in_slide(self, points: np.ndarray) -> np.ndarray:
        """The way back."""
        return (points - self.shift) / self.scale


def find_slide_copies(tiles: pd.DataFrame, overviews: Path, minutes: float) -> CopySearch:
    """The pairs of slides of different groups that show the same, each as a pair of tiles.

    `tiles`: id, label, group, unit (the slide), left, top, side (of the full level), width and height (of the slide);
    `overviews`: the file of contracts.slide_overviews. UserError where that is broken.
    """
    own = dict(tuple(tiles.groupby("unit", sort=True)))
    names = {unit.rpartition("/")[2]: unit for unit in own}
    slides, budget = {}, TimeBudget(minutes)
    for name, overview in read_overviews(overviews):
        if name in names:
            slides[names[name]] = _slide(overview, own[names[name]].iloc[0])
        if budget.over(len(slides), len(own), "slides"):
            break
    units = sorted(slides)
    records = np.array([slides[unit].record for unit in units], RECORD)
    groups = pd.factorize(np.array([own[unit]["group"].iloc[0] for unit in units]))[0]
    likely = candidates(records, groups, budget)
    proofs = prove_all(records, likely.pairs, budget)
    pairs, left = likely.pairs[: len(proofs)], Left(likely.unmatched, len(likely.pairs) - len(proofs))
    clear = scores(proofs)
    calibration = calibrate(clear, np.zeros(len(pairs), bool), np.zeros(0))
    rows = np.flatnonzero(calibration.proven(proofs, clear))
    rows = rows[np.argsort(-clear[rows], kind="stable")]
    chance = calibration.by_chance(clear)
    listed = []
    for row in rows:
        first, second = (units[end] for end in pairs[row])
        ends = _nearest_tiles(slides[first], slides[second], proofs[row]["matrix"], own[first], own[second])
        listed.append(pair_row(ends, records[pairs[row]], proofs[row], chance[row]))
    table = pd.DataFrame(listed, columns=[*EQUAL_PAIRS.columns, *PROOF_COLUMNS])
    table["changes"] = "whole slides: " + table["changes"]
    shown = ShownPairs(
        records, pairs[rows], proofs[rows], [" | ".join(units[end] for end in pairs[row]) for row in rows]
    )
    findings = calibration.findings(records["count"], len(own), left, len(rows))
    return CopySearch(table.sort_values(["id_a", "id_b"], ignore_index=True), findings, shown)


def _slide(overview: Overview, tile: pd.Series) -> _Slide:
    """Tissue alone on white glass, as far as there is any."""
    tissue = overview.mask == TISSUE
    down, across = (np.flatnonzero(tissue.any(axis=axis)) for axis in (1, 0))
    top, left, bottom, right = down[0], across[0], down[-1] + 1, across[-1] + 1
    picture = np.where(tissue[..., None], overview.picture, GLASS).astype(np.uint8)[top:bottom, left:right]
    record = record_of(np.ascontiguousarray(picture))
    smaller = np.array(grey_of(record).shape[::-1]) / (right - left, bottom - top)
    scale = smaller * np.array(overview.mask.shape[::-1]) / (tile["width"], tile["height"])
    # The first pixel's centre is at 0.
    return _Slide(record, scale, -smaller * (left, top) - 0.5)


def _nearest_tiles(
    first: _Slide, second: _Slide, matrix: np.ndarray, tiles: pd.DataFrame, tiles_of_second: pd.DataFrame
) -> pd.DataFrame:
    """The tile of either slide (id, label) whose middles lie nearest to each other where the slides are registered."""
    from scipy.spatial import cKDTree

    laid = first.in_grey(_middles(tiles)) @ matrix[:, :2].T + matrix[:, 2]
    distances, nearest = cKDTree(_middles(tiles_of_second)).query(second.in_slide(laid))
    best = int(distances.argmin())
    return pd.concat([tiles.iloc[[best]], tiles_of_second.iloc[[nearest[best]]]])[["id", "label"]]


def _middles(tiles: pd.DataFrame) -> np.ndarray:
    return tiles[["left", "top"]].to_numpy(dtype=float) + tiles[["side"]].to_numpy(dtype=float) / 2
