"""Tiles as samples: named by where they lie in the bytes of the slide, read while it is open, in any process."""

import multiprocessing

import numpy as np
import pytest

from tests.data.slides.handmade_slides import APERIO, HEIGHT, WIDTH, dicom, halves, tissue, write_dicom, write_tiff
from workflow_scripts.data.readers import reader_registry
from workflow_scripts.data.readers.reader_interface import Limits, RefusedSampleError, Seen, modality_of
from workflow_scripts.data.readers.slide_reader import SlideReader, Tile
from workflow_scripts.data.reading import ChangedFileError, FileSample, FileTask, inspect_file, inspect_files, verified
from workflow_scripts.data.slides.openslide_slide import files_of
from workflow_scripts.data.slides.tiff_slide import TiffSlide
from workflow_scripts.runtime.files import digest_file

TILES = [Tile(0, 0, 96), Tile(96, 0, 96), Tile(650, 500, 96)]


@pytest.fixture
def path(tmp_path):
    return write_tiff(tmp_path / "x.svs", halves(tissue(), 2), APERIO, compression="lzw")


def test_the_modality_has_what_a_tile_is_known_by(path):
    modality = modality_of(reader_registry.load("slide", {}))
    assert modality.name == "slide" and list(modality.optional) == ["left", "top", "side"]
    assert list(modality.columns) == ["width", "height", "microns", "tile_microns", "tissue", "column", "row"]


def test_no_tile_is_decoded_to_inspect_it(path, monkeypatch):
    monkeypatch.setattr(TiffSlide, "_decoded", lambda *_: pytest.fail("a tile was decoded"))
    task = FileTask(SlideReader(), path, tuple(FileSample(row, tile) for row, tile in enumerate(TILES)))
    seen = inspect_file(task, Limits())
    assert all(isinstance(item, Seen) and item.picture is None for item in seen)
    assert [dict(item.values) for item in seen] == [{"width": WIDTH, "height": HEIGHT}] * 3
    assert len({item.sha256 for item in seen}) == 3


def test_the_bytes_are_digested_once_for_all_tiles(path, monkeypatch):
    digested = []
    name = "workflow_scripts.data.readers.slide_reader.digest_file"
    monkeypatch.setattr(name, lambda file: digested.append(file) or digest_file(file))
    with SlideReader().open(path, Limits()) as opened:
        digests = [opened.digest(tile) for tile in TILES]
        assert opened.digest(None) == digest_file(path) and len(set(digests)) == 3
    assert digested == [path]


def test_a_changed_byte_changes_the_digest_of_every_tile(path):
    task = FileTask(SlideReader(), path, (FileSample(0, TILES[0]),))
    (seen,) = inspect_file(task, Limits())
    known = FileTask(SlideReader(), path, (FileSample(0, TILES[0], seen.sha256),))
    ((_, opened),) = verified(known, Limits())
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(ChangedFileError):
        list(verified(known, Limits()))


def test_the_digest_of_a_slide_of_several_files_is_of_all_of_them(tmp_path):
    for name, picture in zip("ab", halves(tissue(), 2), strict=True):
        write_dicom(tmp_path / name, dicom(picture, compressed=False))

    def digest() -> str:
        with SlideReader().open(tmp_path / "a", Limits()) as opened:
            return opened.digest(TILES[0])

    before = digest()
    assert digest() == before
    write_dicom(tmp_path / "b", dicom(halves(tissue(seed=1), 2)[1], compressed=False))
    assert digest() != before


def test_files_that_hold_the_pixels_of_another_belong_to_the_slide(tmp_path):
    names = ("a.mrxs", "a/Data0000.dat", "a/Slidedat.ini", "b.vms", "b_1.jpg", "b(1,0).jpg", "c.jpg", "d.ndpi", "d/x")
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    def files(name: str, vendor: str) -> set[str]:
        return {path.relative_to(tmp_path).as_posix() for path in files_of(tmp_path / name, vendor)}

    assert files("a.mrxs", "mirax") == set(names[:3])
    assert files("b.vms", "hamamatsu") == set(names[3:6])
    assert files("d.ndpi", "hamamatsu") == {"d.ndpi"}


def test_rows_are_the_pixels_of_the_full_level_and_white_beyond(path):
    with SlideReader().open(path, Limits()) as opened:
        assert np.array_equal(opened.rows(Tile(96, 32, 96)), tissue()[32:128, 96:192])
        last = opened.rows(TILES[2])
        assert np.array_equal(last[:30, :50], tissue()[500:, 650:]) and (last[30:] == 255).all()
        assert np.array_equal(opened.rows(None), tissue())


@pytest.mark.parametrize("tile", [Tile(WIDTH, 0, 96), Tile(0, HEIGHT, 96), Tile(-96, 0, 96), Tile(0, -96, 96)])
def test_a_tile_beside_the_slide_is_refused(path, tile):
    with SlideReader().open(path, Limits()) as opened, pytest.raises(RefusedSampleError, match="outside_image"):
        opened.inspect(tile)


def test_a_slide_may_be_larger_than_what_is_decoded_at_once(path):
    with SlideReader().open(path, Limits(max_megapixels=0.01)) as opened:
        assert opened.rows(TILES[0]).shape == (96, 96, 3)
        for part in (None, Tile(0, 0, 200)):
            with pytest.raises(RefusedSampleError, match="too_large"):
                opened.rows(part)


def test_a_slide_is_closed_behind_its_tiles(path):
    with SlideReader().open(path, Limits()) as opened:
        opened.rows(TILES[0])
    with pytest.raises(RefusedSampleError):
        opened.slide.region(0, 300, 300, 50, 50)


def test_other_processes_open_the_slide_themselves(path):
    task = FileTask(SlideReader(), path, tuple(FileSample(row, tile) for row, tile in enumerate(TILES)))
    alone = list(inspect_files([task, task], Limits(), 1))
    assert [item.sha256 for item in inspect_files([task, task], Limits(), 2)] == [item.sha256 for item in alone]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(mean_of, (path,)) == mean_of(path)


def mean_of(path) -> float:
    with SlideReader().open(path, Limits()) as opened:
        return float(opened.rows(TILES[0]).mean())
