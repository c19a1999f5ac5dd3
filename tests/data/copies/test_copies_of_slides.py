"""A slide that was scanned twice, turned or mirrored, is found; other slides, and slides of one patient, are not."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from tests.data.slides.made_slides import Drawn, write_slide
from tests.made_copies import stained
from tests.raw import run_ingest
from workflow_scripts.contracts.dataset import EQUAL_PAIRS, read_manifest
from workflow_scripts.data.dicom.pseudonyms import Pseudonyms
from workflow_scripts.runtime.files import read_json
from workflow_scripts.splitting.clusters import join

NAMES = Pseudonyms(bytes(32))
TILES = {"microns": 0.5, "pixels": 128}


def section(seed: int) -> np.ndarray:
    """Glass with a piece of tissue of its own shape and its own lumps."""
    drawn = Drawn.glass(1000, 700, seed)
    rng = np.random.default_rng(seed)
    for piece in range(3):
        x, y = (int(value) for value in rng.integers((250, 210), (750, 490)))
        across, down = (int(value) for value in rng.integers(110, 200, 2))
        drawn.tissue(x, y, across, down, 10 * seed + piece)
    inside = drawn.truth["tissue"][..., None]
    lumps = cv2.resize(rng.random((20, 28)).astype(np.float32), (1000, 700), interpolation=cv2.INTER_CUBIC)
    return np.where(inside, np.clip(drawn.pixels * (0.55 + 0.6 * lumps[..., None]), 0, 255), drawn.pixels).astype(
        np.uint8
    )


def again(pixels: np.ndarray) -> np.ndarray:
    """The same glass in another scanner: upside down, mirrored, a little turned and shifted, in other colours."""
    matrix = cv2.getRotationMatrix2D((500, 350), 184, 1.0)
    matrix[:, 2] += 21, -13
    turned = cv2.warpAffine(pixels[:, ::-1], matrix, (1000, 700), borderValue=(243, 243, 243))
    return stained(turned, 0.15, np.random.default_rng(0))


@pytest.fixture(scope="module")
def out(tmp_path_factory) -> Path:
    """Five slides of five patients; the last one is the third, scanned again, with another diagnosis."""
    root = tmp_path_factory.mktemp("slides") / "raw"
    rows = ["slide,label,patient"]
    for number in range(5):
        write_slide(root / f"{number}.tif", again(section(2)) if number == 4 else section(number))
        rows.append(f"{number}.tif,{'AC' if number in (1, 4) else 'SCC'},p{number}")
    (root / "slides.csv").write_text("\n".join(rows) + "\n")
    return ingested(root, root.parent / "out")


def ingested(root: Path, out: Path, **changes: object) -> Path:
    (root.parent / "zeros.key").write_text("00" * 32)
    settings = {"slides": "slides.csv", "tiles": TILES, "key": root.parent / "zeros.key"} | changes
    return run_ingest(out, sources={"slides": root}, **settings)


def pair(out: Path) -> tuple[pd.Series, pd.DataFrame]:
    (row,) = EQUAL_PAIRS.read(out / "equal_pairs.csv").to_dict("records")
    manifest = read_manifest(out).set_index("id")
    return pd.Series(row), manifest.loc[[row["id_a"], row["id_b"]]]


def test_a_slide_that_was_scanned_twice_is_found_with_what_was_done(out):
    row, tiles = pair(out)
    assert set(tiles["unit"]) == {NAMES.slide("2.tif"), NAMES.slide("4.tif")}
    assert row["kind"] == "flipped" and row["changes"].startswith("whole slides: mirrored, turned ")
    assert row["label_a"] != row["label_b"] and row["by_chance"] < 0.01
    record = read_json(out / "record.json")
    assert record["near_copies"]["pictures"] == 5 and record["near_copies"]["proven"] == 1
    assert "near_copies.png" in record["outputs"]


def test_the_tiles_of_the_pair_lie_on_each_other(out):
    _, tiles = pair(out)
    scan, rescan = (tiles[tiles["unit"] == NAMES.slide(name)].iloc[0] for name in ("2.tif", "4.tif"))
    middle = np.array([scan["left"], scan["top"]]) + scan["side"] / 2
    matrix = cv2.getRotationMatrix2D((500, 350), 184, 1.0)
    x, y = matrix @ [999 - middle[0], middle[1], 1] + (21, -13)
    apart = np.hypot(x - rescan["left"] - rescan["side"] / 2, y - rescan["top"] - rescan["side"] / 2)
    assert apart < rescan["side"] / 2


def test_slides_that_are_copies_are_kept_together(out):
    manifest = read_manifest(out)
    clusters = join(manifest, EQUAL_PAIRS.read(out / "equal_pairs.csv"))
    codes = manifest.assign(code=clusters.codes).groupby("unit")["code"].agg(set)
    assert codes[NAMES.slide("2.tif")] == codes[NAMES.slide("4.tif")] and len(set(clusters.codes)) == 4


def test_slides_of_one_patient_are_not_compared_and_none_where_no_time_is_given(out, tmp_path):
    root = tmp_path / "raw"
    root.mkdir()
    for name in ("1.tif", "2.tif", "4.tif"):
        shutil.copy(out.parent / "raw" / name, root)
    pairs = {}
    for patient, minutes in (("p", 5), ("q", 0)):
        (root / "slides.csv").write_text(f"slide,label,patient\n1.tif,SCC,r\n2.tif,AC,p\n4.tif,AC,{patient}\n")
        found = ingested(root, tmp_path / f"{patient}{minutes}", near_copies_minutes=minutes)
        pairs[patient, minutes] = len(EQUAL_PAIRS.read(found / "equal_pairs.csv"))
    assert pairs == {("p", 5): 0, ("q", 0): 0}
