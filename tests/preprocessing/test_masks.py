"""Masks of nuclei: what is dark or stained is found, and lies beside the pixels it belongs to."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.raw import run_examples, run_ingest, run_preprocess, run_segment, save
from workflow_scripts.contracts.example_files import read_originals
from workflow_scripts.preprocessing.masks import dice, mask
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import read_json

PAPER, BLUE, BROWN = (240, 238, 236), (90, 120, 190), (110, 70, 30)


def field(
    *spots: tuple[int, int, tuple[int, int, int]], side: int = 60, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """A pale image with round spots (x, y, colour), and where they are."""
    noise = np.random.default_rng(seed).normal(0, 3, (side, side, 3))
    pixels, where = np.full((side, side, 3), PAPER, float), np.zeros((side, side), bool)
    rows, columns = np.mgrid[:side, :side]
    for x, y, colour in spots:
        inside = (rows - y) ** 2 + (columns - x) ** 2 < 64
        pixels[inside], where = colour, where | inside
    return np.clip(pixels + noise, 0, 255).astype(np.uint8), where


@pytest.mark.parametrize(
    ("kind", "seen"),
    [("grey", (BLUE, BROWN)), ("haematoxylin", (BLUE,)), ("dab", (BROWN,)), ("stained", (BLUE, BROWN))],
)
def test_each_kind_finds_its_stain(kind: str, seen: tuple) -> None:
    for colour in (BLUE, BROWN):
        pixels, where = field((15, 20, colour), (40, 35, colour))
        found = mask(pixels, kind)
        assert found.dtype == np.uint8 and set(np.unique(found)) <= {0, 1}
        if colour in seen:
            assert dice(found, where) > 0.9
    pixels, where = field((15, 20, BLUE), (40, 35, BROWN))
    expected = where if len(seen) == 2 else field((15, 20, BLUE) if seen == (BLUE,) else (40, 35, BROWN))[1]
    assert dice(mask(pixels, kind), expected) > 0.7


def test_an_even_image_has_no_nuclei_and_a_black_pixel_does_not_move_the_threshold() -> None:
    assert not any(mask(np.full((20, 20, 3), 200, np.uint8), kind).any() for kind in ("grey", "stained"))
    assert not mask(field()[0], "stained").any()  # noise alone
    pixels, where = field((15, 20, BLUE), (40, 35, BLUE))
    pixels[0, 0] = 0
    assert dice(mask(pixels, "haematoxylin"), where) > 0.9


def test_dice_of_known_overlaps() -> None:
    first = np.array([[1, 1, 0, 0]])
    assert dice(first, first) == 1
    assert dice(first, np.array([[0, 1, 1, 0]])) == pytest.approx(0.5)
    assert dice(first, 1 - first) == 0
    assert dice(first * 0, first * 0) == 1


def stained_folder(root: Path, count: int) -> dict[str, Path]:
    """Pictures of two classes, each with a brown spot."""
    for number in range(count):
        pixels, _ = field((15 + number, 20, BROWN), side=60 + number, seed=number)
        save(root / ("normal", "tumour")[number % 2] / f"{number}.png", Image.fromarray(pixels))
    return {"folder": root}


def test_masks_are_those_of_the_packed_pixels_for_any_number_of_jobs(tmp_path: Path) -> None:
    sources = stained_folder(tmp_path / "raw", 6)
    dataset = run_ingest(tmp_path / "dataset", sources=sources)
    arrays = run_preprocess(dataset, tmp_path / "arrays", sources=sources, size=32)
    first, second = (run_segment(arrays, tmp_path / f"masks{jobs}", "dab", jobs) for jobs in (1, 2))
    images, masks = np.load(arrays / "data.npy"), np.load(first / "masks.npy")
    assert masks.shape == (6, 32, 32) and masks.dtype == np.uint8
    for pixels, own in zip(images, masks, strict=True):
        assert own.any() and (own == mask(pixels, "dab")).all()
    for name in ("masks.npy", "record.json"):
        assert (second / name).read_bytes() == (first / name).read_bytes(), name
    record = read_json(first / "record.json")
    assert list(record["outputs"]) == ["masks.npy"] and list(record["inputs"]) == ["arrays/record.json"]


def test_an_original_of_every_class_is_kept_as_it_was(tmp_path: Path) -> None:
    sources = stained_folder(tmp_path / "raw", 4)
    dataset = run_ingest(tmp_path / "dataset", sources=sources)
    arrays = run_preprocess(dataset, tmp_path / "arrays", sources=sources, size=16)
    examples = run_examples(dataset, arrays, tmp_path / "examples", sources)
    kept = read_originals(examples / "originals.npz")
    assert list(kept) == ["normal/0", "tumour/1"]
    assert (kept["normal/0"] == np.asarray(Image.open(tmp_path / "raw" / "normal" / "0.png"))).all()
    assert set(read_json(examples / "record.json")["outputs"]) == {
        "montage.png",
        "montage.webp",
        "montage.pdf",
        "originals.npz",
    }


def test_examples_of_a_file_that_changed_after_packing_are_refused(tmp_path: Path) -> None:
    sources = stained_folder(tmp_path / "raw", 4)
    dataset = run_ingest(tmp_path / "dataset", sources=sources)
    arrays = run_preprocess(dataset, tmp_path / "arrays", sources=sources, size=16)
    save(tmp_path / "raw" / "normal" / "0.png", Image.new("RGB", (60, 60)))
    with pytest.raises(UserError, match="normal/0.png has changed since ingest read it; `snakemake .*dataset/record"):
        run_examples(dataset, arrays, tmp_path / "examples", sources)
    assert not (tmp_path / "examples" / "record.json").exists()
