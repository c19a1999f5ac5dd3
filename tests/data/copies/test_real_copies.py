"""Known copies in public data sets, where they are: in the folder that REAL_DATA names; else they are skipped."""

import csv
import os
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.made_copies import all_together
from workflow_scripts.data.copies.calibration import Calibration, calibrate
from workflow_scripts.data.copies.candidates import candidates
from workflow_scripts.data.copies.keypoints import record_of
from workflow_scripts.data.copies.proof import PROOF, prove, scores
from workflow_scripts.data.copies.time_budget import TimeBudget

Found = dict[tuple[int, int], np.ndarray]


def paths_of(name: str, pattern: str) -> list[Path]:
    folder = Path(os.environ.get("REAL_DATA", "/nowhere")) / name
    if not folder.is_dir():
        pytest.skip(f"{name} is not here; REAL_DATA names the folder of such data sets")
    return sorted(folder.glob(pattern))


def pixels_of(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def proven(pictures: list[np.ndarray], labels: list[str]) -> tuple[Found, Calibration]:
    """Proven pairs with their proofs, all groups unknown."""
    records = np.array([record_of(pixels) for pixels in pictures])
    pairs = candidates(records, np.full(len(records), -1), TimeBudget(60.0)).pairs
    proofs = np.array([prove(records[first], records[second]) for first, second in pairs.tolist()], PROOF)
    clear = scores(proofs)
    two = np.array([labels[first] != labels[second] for first, second in pairs.tolist()])
    made = calibrate(clear, two, np.zeros(0))
    rows = np.flatnonzero(made.proven(proofs, clear))
    return {tuple(pairs[row].tolist()): proofs[row] for row in rows}, made


def test_tiles_of_one_source_are_found_and_others_show_the_same_tissue():
    """Of 50 known pairs 48 at least. Others overlap by a part, as was seen by looking at each: 3 of them."""
    (table,) = paths_of("histology_tiles", "groups.csv")
    rows = list(csv.DictReader(table.open()))
    source = [(row["class"], row["source_tile"]) for row in rows]
    known = {pair for pair in combinations(range(len(rows)), 2) if source[pair[0]] == source[pair[1]]}
    found, made = proven([pixels_of(table.parent / row["path"]) for row in rows], [row["class"] for row in rows])
    assert len(known) == 50 and len(known & found.keys()) >= 48
    others = found.keys() - known
    names = {frozenset(Path(rows[end]["path"]).stem for end in pair) for pair in others}
    assert names <= SAME_TISSUE and made.by_chance(np.array([made.threshold]))[0] <= 0.5


# Looked at as pictures, laid over each other: parts of one field of view.
SAME_TISSUE = {
    frozenset({"lungaca4996", "lungaca779"}),
    frozenset({"lungscc1519", "lungscc428"}),
    frozenset({"lungscc2852", "lungscc3548"}),
}


@pytest.mark.parametrize(
    ("name", "pattern", "most"), [("peripheral_blood", "*/*/*.jpg", 2), ("colposcopy", "train/*/*.jpg", 4)]
)
def test_where_no_copies_are_known_few_pairs_are_found(name, pattern, most):
    """Blood: twice two cells of one field. Colposcopy: one cervix, photographed three times."""
    paths = paths_of(name, pattern)
    found, made = proven([pixels_of(path) for path in paths], [path.parent.name for path in paths])
    assert len(found) <= most and made.by_chance(np.array([made.threshold]))[0] <= 0.5


@pytest.mark.parametrize(
    ("name", "pattern"),
    [("histology_tiles", "*/*/*.jpeg"), ("colposcopy", "train/*/*.jpg"), ("peripheral_blood", "*/*/*.jpg")],
)
def test_planted_copies_of_any_strength_are_found(name, pattern):
    """At least 95 % of 40 copies with all changes together; others are implied by copies among the originals."""
    paths = paths_of(name, pattern)
    paths = paths[:: len(paths) // 80][:80]
    originals, rng = [pixels_of(path) for path in paths], np.random.default_rng(3)
    copies = [all_together(pixels, rng) for pixels in originals[:40]]
    found, _ = proven([*originals, *copies], [*map(str, range(80)), *map(str, range(40))])
    right = {(number, 80 + number) for number in range(40)}
    implied = {pair for pair in found.keys() - right if tuple(sorted(end % 80 for end in pair)) in found}
    assert len(right & found.keys()) >= 38 and len(found.keys() - right - implied) <= 1
