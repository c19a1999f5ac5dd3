"""Files that are no slides, or damaged ones: refused with a reason, whatever is wrong with them."""

import shutil

import numpy as np
import pytest
from PIL import Image

from tests.data.slides.handmade_slides import (
    APERIO,
    OME,
    SIDE,
    aperio_ycbcr,
    dicom,
    halves,
    tissue,
    write_dicom,
    write_tiff,
)
from workflow_scripts.data.readers.reader_interface import RefusedSampleError
from workflow_scripts.data.slides.opening import open_slide
from workflow_scripts.data.slides.tiff_slide import TiffSlide


def refusal(path) -> str:
    """Why a file is refused when it is opened, or when all of it is read."""
    with pytest.raises(RefusedSampleError) as error, open_slide(path) as slide:
        for level, size in enumerate(slide.levels):
            slide.region(level, 0, 0, size.width, size.height)
    return error.value.reason


def test_what_is_no_slide_is_called_so(tmp_path):
    Image.fromarray(tissue()).save(tmp_path / "picture.png")
    (tmp_path / "bytes.svs").write_bytes(np.random.default_rng(0).bytes(1001))
    (tmp_path / "table.csv").write_text("slide,label\n")
    assert {refusal(path) for path in tmp_path.iterdir()} == {"not_a_slide"}


def test_an_empty_file_a_missing_one_and_a_folder_have_reasons_of_their_own(tmp_path):
    (tmp_path / "empty.svs").touch()
    assert refusal(tmp_path / "empty.svs") == "empty_file"
    assert refusal(tmp_path / "none.svs") == "missing_file"
    assert refusal(tmp_path) == "unreadable"


@pytest.mark.parametrize("byteorder", "<>")
@pytest.mark.parametrize(
    ("picture", "options"),
    [
        (tissue()[..., 0], {"photometric": "minisblack"}),
        (tissue().astype(np.uint16) * 200, {"compression": "deflate"}),
        (tissue().transpose(2, 0, 1), {"compression": "deflate", "planarconfig": "separate"}),
    ],
    ids=["grey", "16 bits", "planes"],
)
def test_other_than_colours_of_eight_bits_are_not_supported(tmp_path, picture, options, byteorder):
    path = write_tiff(tmp_path / "x.tif", [picture], byteorder=byteorder, **options)
    assert refusal(path) == "unsupported_mode"


def test_a_compression_that_nobody_reads_is_named(tmp_path):
    path = write_tiff(tmp_path / "x.tif", [tissue()], compression="zstd", byteorder=">")
    with pytest.raises(RefusedSampleError, match=r"unsupported_mode: .*50000"):
        open_slide(path)


def files(folder) -> list:
    pyramid = halves(tissue(), 2)
    return [
        write_tiff(folder / "jpeg.svs", pyramid, APERIO),
        write_tiff(folder / "lzw.tif", pyramid, compression="lzw", big=True),
        write_tiff(folder / "ome.tif", pyramid, OME, inside=True, byteorder=">"),
        write_tiff(folder / "j2k.svs", pyramid, APERIO, compression=33005),
        aperio_ycbcr(folder / "openslide.svs", tissue()),
        write_dicom(folder / "raw.dcm", dicom(tissue(), compressed=False)),
        write_dicom(folder / "jpeg.dcm", dicom(tissue())),
    ]


def test_a_file_that_is_cut_off_is_refused_wherever_it_ends(tmp_path):
    (tmp_path / "cut").mkdir()
    for path in files(tmp_path):
        whole = path.read_bytes()
        cut = tmp_path / "cut" / path.name
        for share in (0.02, 0.3, 0.6, 0.9, 0.99):
            cut.write_bytes(whole[: int(len(whole) * share)])
            known = {"truncated", "unreadable"} if path.stem == "openslide" or share < 0.1 else {"truncated"}
            assert refusal(cut) in known, (path.name, share)


def test_flipped_bytes_end_in_a_refusal_or_in_other_pixels_never_in_another_error(tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / "flipped").mkdir()
    refused = 0
    for path in files(tmp_path):
        whole = path.read_bytes()
        # Headers stand at either end, or at both.
        places = [*range(300), *range(len(whole) - 1500, len(whole))]
        for number in range(9):
            data = bytearray(whole)
            for _ in range(1 + number % 4):
                index = rng.choice(places) if number % 3 else rng.integers(len(whole))
                data[index] = rng.integers(256)
            flipped = tmp_path / "flipped" / path.name
            flipped.write_bytes(data)
            try:
                with open_slide(flipped) as slide:
                    for level, size in enumerate(slide.levels):
                        slide.region(level, 0, 0, min(size.width, 900), min(size.height, 900))
            except RefusedSampleError:
                refused += 1
    assert refused > 10


def test_a_tile_of_another_size_than_its_header_says_is_refused(tmp_path):
    small = write_tiff(tmp_path / "small.tif", [tissue(SIDE, SIDE)], tile=(16, 16)).read_bytes()
    start = small.index(b"\xff\xd8")
    large = write_tiff(tmp_path / "x.svs", [tissue()], APERIO)
    data = bytearray(large.read_bytes())
    first = data.index(b"\xff\xd8")
    piece = small[start : small.index(b"\xff\xd9", start) + 2]
    data[first : first + len(piece)] = piece
    large.write_bytes(data)
    assert refusal(large) == "unreadable"


@pytest.mark.parametrize("decoded", [np.zeros((16, SIDE, 3), np.uint8), np.zeros((SIDE, SIDE, 1), np.uint8)])
def test_pixels_that_do_not_fill_the_place_of_a_tile_are_refused(tmp_path, monkeypatch, decoded):
    path = write_tiff(tmp_path / "x.tif", [tissue()], compression="lzw")
    monkeypatch.setattr(TiffSlide, "_decoded", lambda *_: decoded)
    assert refusal(path) == "unreadable"


def test_directories_that_go_round_in_a_circle_are_refused(tmp_path):
    path = write_tiff(tmp_path / "x.tif", [tissue()], compression="lzw")
    data = bytearray(path.read_bytes())
    first = int.from_bytes(data[4:8], "little")
    after = first + 2 + 12 * int.from_bytes(data[first : first + 2], "little")
    data[after : after + 4] = first.to_bytes(4, "little")
    path.write_bytes(data)
    assert refusal(path) == "unreadable"


def test_a_slide_that_was_replaced_while_it_was_read_is_refused(tmp_path):
    path = write_tiff(tmp_path / "x.tif", [tissue()], compression="lzw")
    short = tmp_path / "short"
    shutil.copy(path, short)
    with open_slide(short) as slide:
        short.write_bytes(short.read_bytes()[:2000])
        with pytest.raises(RefusedSampleError, match="truncated"):
            slide.region(0, 0, 0, 700, 500)
