"""Pictures that are the same are found, also across classes and whatever was done to save them; others are not."""

import io
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageEnhance

from tests.raw import class_folders, picture, run_ingest, save
from workflow_scripts.contracts.dataset import EQUAL_PAIRS, PAIR_KINDS
from workflow_scripts.data.equal_pairs import equal_pairs, thumbnail
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import read_json


def table(thumbnails: np.ndarray, **columns: list) -> pd.DataFrame:
    names = [f"{index:05d}" for index in range(len(thumbnails))]
    base = {
        "id": names,
        "label": "a",
        "aspect": 1.0,
        "sha256": names,
        "pixels": names,
        "rows": None,
        "whole_file": True,
    }
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
    assert record["equal_pairs"] == dict.fromkeys(PAIR_KINDS, 0) | dict.fromkeys(
        ("equal_bytes", "equal_pixels", "near_equal"), 1
    )
    assert record["equal_pairs_across_classes"] == 2
    zero = run_ingest(tmp_path / "zero", sources={"folder": root}, near_equal=0)
    assert read_json(zero / "record.json")["equal_pairs"]["near_equal"] == 0


TURNS = {
    "flipped": ("FLIP_LEFT_RIGHT", "FLIP_TOP_BOTTOM", "TRANSPOSE", "TRANSVERSE"),
    "turned": ("ROTATE_90", "ROTATE_180", "ROTATE_270"),
}


@pytest.mark.parametrize("change", [lambda image: image, lambda image: compressed(image, 50)], ids=["exact", "JPEG"])
@pytest.mark.parametrize(("kind", "turn"), [(kind, turn) for kind, turns in TURNS.items() for turn in turns])
def test_flipped_and_turned_copies_are_found_and_named(kind: str, turn: str, change) -> None:
    images = [picture(seed, 60 + seed, 50) for seed in range(6)]
    copies = [change(image.transpose(Image.Transpose[turn])) for image in images]
    thumbnails = np.array([thumbnail(image) for image in images + copies])
    sizes = {"aspect": [image.width / image.height for image in images + copies]}
    pairs = equal_pairs(table(thumbnails, **sizes), thumbnails, 0.1)
    assert list(zip(pairs["id_a"], pairs["id_b"], pairs["kind"], strict=True)) == [
        (f"{index:05d}", f"{index + 6:05d}", kind) for index in range(6)
    ]
    assert equal_pairs(table(thumbnails, **sizes), thumbnails, 0).empty


def test_a_picture_like_its_own_mirror_image_is_near_equal_and_nothing_else() -> None:
    half = np.asarray(picture(1))[:, :30]
    same = Image.fromarray(np.concatenate([half, half[:, ::-1]], axis=1))
    thumbnails = np.array([thumbnail(image) for image in (same, compressed(same, 60))])
    assert list(equal_pairs(table(thumbnails), thumbnails, 0.1)["kind"]) == ["near_equal"]


def test_no_pair_is_lost_that_comparing_all_symmetries_one_by_one_finds() -> None:
    images = [Image.blend(picture(seed), picture(seed % 7), 0.75) for seed in range(7, 60)]
    turns = [turn for names in TURNS.values() for turn in names]
    # Two of one look are shown alike, the next two turned otherwise.
    images = [image.transpose(Image.Transpose[turns[n // 14]]) if n >= 14 else image for n, image in enumerate(images)]
    images = [image.resize((50, 50)) for image in images]
    vectors = np.array([thumbnail(image) for image in images]).astype(np.float64)
    wanted = set()
    for a in range(len(images)):
        for b in range(a + 1, len(images)):
            square = vectors[b].reshape(16, 16)
            shown = [np.rot90(part, quarter) for part in (square, square[::-1]) for quarter in range(4)]
            gaps = [np.linalg.norm(vectors[a] - part.ravel()) / 2 for part in shown]
            if gaps[0] <= 0.2 or min(gaps) <= 0.16:
                wanted.add((f"{a:05d}", f"{b:05d}"))
    pairs = equal_pairs(table(vectors), vectors.astype(np.float32), 0.2)
    assert set(zip(pairs["id_a"], pairs["id_b"], strict=True)) == wanted
    assert set(pairs["kind"]) == {"near_equal", "flipped", "turned"}


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
    assert equal_pairs(table(same, aspect=[1.0, 1.2]), same, 0.1).empty


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
