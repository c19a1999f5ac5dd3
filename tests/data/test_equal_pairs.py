"""Pictures that are the same are found, also across classes and whatever was done to save them; others are not."""

import io
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageEnhance

from tests.raw import class_folders, picture, run_ingest, save
from workflow_scripts.contracts.dataset import EQUAL_PAIRS
from workflow_scripts.contracts.errors import UserError
from workflow_scripts.contracts.files import read_json
from workflow_scripts.data.equal_pairs import equal_pairs, thumbnail


def table(thumbnails: np.ndarray, **columns: list) -> pd.DataFrame:
    names = [f"{index:05d}" for index in range(len(thumbnails))]
    base = {"id": names, "label": "a", "width": 50, "height": 50, "sha256": names, "pixels": names, "whole_file": True}
    return pd.DataFrame(base | columns)


def compressed(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


@pytest.mark.parametrize(
    "change",
    [
        lambda image: compressed(image, 40),
        lambda image: image.resize((54, 45), Image.Resampling.BICUBIC),
        lambda image: image.resize((120, 100), Image.Resampling.BILINEAR),
        lambda image: ImageEnhance.Brightness(image).enhance(0.8),
        lambda image: ImageEnhance.Contrast(image).enhance(0.7),
        lambda image: image.convert("L").convert("RGB"),
    ],
    ids=["recompressed", "smaller", "larger", "darker", "flatter", "grey"],
)
def test_a_changed_copy_is_near_equal(change) -> None:
    images = [picture(seed) for seed in range(8)]
    copies = [change(image) for image in images]
    thumbnails = np.array([thumbnail(image) for image in images + copies])
    pairs = equal_pairs(table(thumbnails), thumbnails, 0.1)
    assert [(a, b) for a, b in zip(pairs["id_a"], pairs["id_b"], strict=True)] == [
        (f"{index:05d}", f"{index + 8:05d}") for index in range(8)
    ]
    assert set(pairs["kind"]) == {"near_equal"} and pairs["distance"].between(0, 0.1).all()


def test_bytes_pixels_and_near_equal_are_told_apart_also_across_classes(tmp_path: Path) -> None:
    root = class_folders(tmp_path / "raw", "x", "y", each=3)
    shutil.copy(root / "x" / "0.png", root / "y" / "bytes.png")
    save(root / "x" / "pixels.bmp", Image.open(root / "x" / "1.png"))
    save(root / "y" / "near.jpg", Image.open(root / "x" / "2.png"), quality=85)
    out = run_ingest(tmp_path / "out", sources={"folder": root})
    pairs = EQUAL_PAIRS.read(out / "equal_pairs.csv")
    assert {tuple(row) for row in pairs[["id_a", "id_b", "kind", "label_a", "label_b"]].to_numpy().tolist()} == {
        ("x/0", "y/bytes", "equal_bytes", "x", "y"),
        ("x/1", "x/pixels", "equal_pixels", "x", "x"),
        ("x/2", "y/near", "near_equal", "x", "y"),
    }
    record = read_json(out / "record.json")
    assert record["equal_pairs"] == {"equal_bytes": 1, "equal_pixels": 1, "near_equal": 1}
    assert record["equal_pairs_across_classes"] == 2
    zero = run_ingest(tmp_path / "zero", sources={"folder": root}, near_equal=0)
    assert read_json(zero / "record.json")["equal_pairs"]["near_equal"] == 0


def test_the_distance_is_what_the_contract_says() -> None:
    first, second = thumbnail(picture(1)), thumbnail(Image.blend(picture(1), picture(2), 0.1))
    pairs = equal_pairs(table(np.array([first, second])), np.array([first, second]), 0.5)
    grey = [np.asarray(part, dtype=float) * 16 for part in (first, second)]
    wanted = np.sqrt(np.mean((grey[0] - grey[1]) ** 2)) / 2
    assert grey[0].std() == pytest.approx(1, abs=1e-5)
    assert pairs["distance"].iat[0] == pytest.approx(wanted, abs=1e-5)
    assert wanted == pytest.approx(np.sqrt((1 - np.corrcoef(*grey)[0, 1]) / 2), abs=1e-5)


def test_inverse_flat_and_differently_shaped_pictures_are_not_near_equal() -> None:
    inverse = Image.fromarray(255 - np.asarray(picture(1)))
    flat = [Image.new("RGB", (50, 50), colour) for colour in ("white", "black")]
    thumbnails = np.array([thumbnail(image) for image in (picture(1), inverse, *flat)])
    assert equal_pairs(table(thumbnails), thumbnails, 0.3).empty
    ramp = np.linspace(0, 4, 50).astype(np.uint8)[None, :, None] * np.ones((50, 1, 3), dtype=np.uint8)
    lamps = np.array([thumbnail(Image.fromarray(ramp + level)) for level in (100, 200)])
    assert equal_pairs(table(lamps), lamps, 0.3).empty, "two empty pictures under the same uneven lamp"
    same = np.array([thumbnails[0], thumbnails[0]])
    assert equal_pairs(table(same, width=[50, 60]), same, 0.1).empty


def test_many_equal_files_are_joined_without_listing_every_pair() -> None:
    thumbnails = np.full((1000, 256), np.nan, dtype=np.float32)
    pairs = equal_pairs(table(thumbnails, pixels=["same"] * 1000), thumbnails, 0.1)
    assert len(pairs) == 999 and set(pairs["id_a"]) == {"00000"}


def test_pairs_are_found_wherever_they_lie_among_thousands() -> None:
    vectors = np.random.default_rng(0).normal(size=(3000, 256)).astype(np.float32)
    vectors[2999], vectors[700] = vectors[3] + 0.01, vectors[501]
    vectors -= vectors.mean(1, keepdims=True)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    pairs = equal_pairs(table(vectors), vectors, 0.1)
    assert list(zip(pairs["id_a"], pairs["id_b"], strict=True)) == [("00003", "02999"), ("00501", "00700")]


def test_a_threshold_that_tells_nothing_apart_is_a_mistake() -> None:
    vectors = np.tile(thumbnail(picture(1)), (100, 1))
    with pytest.raises(UserError, match="ingest.near_equal: at 0.9"):
        equal_pairs(table(vectors), vectors, 0.9)
