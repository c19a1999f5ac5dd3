"""Every kind of file is read right or refused with a reason."""

import io
import struct
import warnings
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.raw import picture, save
from workflow_scripts.contracts.dataset import REASONS
from workflow_scripts.data.images import Box, crop, decode, decode_file, read_bytes
from workflow_scripts.data.readers.reader_interface import RefusedSampleError


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def reason_of(data: bytes, **options: object) -> str:
    with pytest.raises(RefusedSampleError) as refusal:
        decode(data, **options)
    assert refusal.value.reason in REASONS and refusal.value.detail
    return refusal.value.reason


def tiff(pixels: np.ndarray, **options: object) -> bytes:
    """A TIFF file as microscopes write it, in layouts that Pillow does not write."""
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, **options)
    return buffer.getvalue()


def deep_rgb_png(width: int, height: int) -> bytes:
    """A PNG of 16 bits a sample in three colours, which Pillow reads but does not write."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    lines = (b"\0" + struct.pack(">3H", 900, 900, 900) * width) * height
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


COLOUR = (200, 120, 30)


@pytest.mark.parametrize(
    ("image", "kind", "wanted"),
    [
        (Image.new("RGB", (20, 16), COLOUR), "PNG", COLOUR),
        (Image.new("RGB", (20, 16), COLOUR), "BMP", COLOUR),
        (Image.new("RGB", (20, 16), COLOUR), "TIFF", COLOUR),
        (Image.new("L", (20, 16), 77), "PNG", (77, 77, 77)),
        (Image.new("1", (20, 16), 1), "PNG", (255, 255, 255)),
        (Image.new("1", (20, 16), 1), "BMP", (255, 255, 255)),
        (Image.new("RGB", (20, 16), COLOUR).quantize(4), "PNG", COLOUR),
        (Image.new("RGB", (20, 16), COLOUR).quantize(4), "GIF", COLOUR),
        (Image.new("LA", (20, 16), (10, 0)), "PNG", (255, 255, 255)),
        (Image.new("RGBA", (20, 16), (*COLOUR, 255)), "PNG", COLOUR),
        (Image.new("RGBA", (20, 16), (0, 0, 0, 0)), "PNG", (255, 255, 255)),
        (Image.new("RGBA", (20, 16), (0, 100, 200, 51)), "PNG", (204, 224, 244)),
        (Image.new("CMYK", (20, 16), (0, 255, 255, 0)), "TIFF", (255, 0, 0)),
    ],
)
def test_every_colour_mode_becomes_the_rgb_it_shows(image: Image.Image, kind: str, wanted: tuple) -> None:
    pixels = np.asarray(decode(encoded(image, kind)))
    assert pixels.shape == (16, 20, 3) and pixels.dtype == np.uint8
    assert np.abs(pixels.astype(int) - wanted).max() <= 1


def test_a_transparent_palette_colour_is_white() -> None:
    image = Image.new("P", (20, 16), 0)
    image.putpalette([0, 0, 0, 255, 0, 0])
    assert np.asarray(decode(encoded(image, "PNG", transparency=0))).min() == 255


def test_a_cmyk_jpeg_is_not_shown_inverted() -> None:
    data = encoded(Image.new("CMYK", (32, 32), (0, 250, 250, 0)), "JPEG", quality=95)
    red, green, blue = np.asarray(decode(data))[16, 16].astype(int)
    assert red > 240 and green < 15 and blue < 15


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_exif_rotation_is_applied(kind: str) -> None:
    upright = Image.new("RGB", (32, 64), "black")
    upright.paste((255, 255, 255), (0, 0, 32, 16))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    pixels = np.asarray(decode(encoded(upright.rotate(90, expand=True), kind, exif=exif)))
    assert pixels.shape == (64, 32, 3)
    assert pixels[4, 16].min() > 240 and pixels[40, 16].max() < 15


@pytest.mark.parametrize("depth", ["grey", "rgb", "float"])
def test_deeper_than_eight_bits_is_refused(depth: str) -> None:
    if depth == "grey":
        data = encoded(Image.fromarray(np.full((16, 16), 900, dtype=np.uint16)), "PNG")
    elif depth == "float":
        data = encoded(Image.fromarray(np.full((16, 16), 0.5, dtype=np.float32)), "TIFF")
    else:
        data = deep_rgb_png(16, 16)
    assert reason_of(data) == "unsupported_mode"


@pytest.mark.parametrize("compression", [None, "lzw"])
def test_a_plane_for_each_colour_is_read_at_eight_bits_and_refused_at_more(compression: str | None) -> None:
    planes = np.random.default_rng(0).integers(0, 256, (3, 16, 20), dtype=np.uint8)
    options = {"photometric": "rgb", "planarconfig": "separate", "compression": compression}
    assert (np.asarray(decode(tiff(planes, **options))) == np.moveaxis(planes, 0, -1)).all()
    assert reason_of(tiff(planes.astype(np.uint16) * 257, **options)) == "unsupported_mode"


def test_slices_of_a_volume_and_samples_with_a_sign_are_refused() -> None:
    volume = np.zeros((16, 16, 16), dtype=np.uint8)
    assert reason_of(tiff(volume, volumetric=True, tile=(16, 16, 16), photometric="minisblack")) == "unsupported_mode"
    assert reason_of(tiff(np.zeros((16, 16), dtype=np.int8), photometric="minisblack")) == "unsupported_mode"


def test_several_frames_are_refused() -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    for kind in ("GIF", "TIFF", "PNG", "WEBP"):
        assert reason_of(encoded(frames[0], kind, save_all=True, append_images=frames[1:])) == "unsupported_mode", kind


def test_a_camera_jpeg_with_a_preview_is_read() -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    pixels = np.asarray(decode(encoded(frames[0], "MPO", save_all=True, append_images=frames[1:])))
    assert pixels[8, 8, 0] > 240 and pixels[8, 8, 2] < 15


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP"])
def test_a_cut_file_is_refused_at_every_length(kind: str) -> None:
    data = encoded(picture(1), kind)
    for share in (0.02, 0.1, 0.3, 0.6, 0.9):
        assert reason_of(data[: int(len(data) * share)]) in ("truncated", "unreadable", "not_an_image"), share
    if kind in ("JPEG", "PNG", "BMP"):
        assert reason_of(data[: int(len(data) * 0.6)]) == "truncated"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP"])
def test_damaged_bytes_never_raise_anything_but_a_refusal(kind: str) -> None:
    data = encoded(picture(2), kind)
    rng = np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(data)
        for place in rng.integers(0, min(len(data), 400), 6):
            damaged[place] = rng.integers(0, 256)
        try:
            assert np.asarray(decode(bytes(damaged), max_megapixels=1)).ndim == 3
        except RefusedSampleError:
            continue


@pytest.mark.parametrize(("data", "reason"), [(b"", "empty_file"), (b"hello" * 50, "not_an_image")])
def test_what_is_no_image_is_refused(data: bytes, reason: str) -> None:
    assert reason_of(data) == reason


def test_size_limits_are_checked_before_decoding() -> None:
    header_only = encoded(Image.new("RGB", (3000, 2000)), "PNG")[:200]
    assert reason_of(header_only, max_megapixels=5.9) == "too_large"
    assert reason_of(encoded(Image.new("RGB", (7, 100)), "PNG")) == "too_small"


def test_pillows_own_bomb_guard_neither_warns_nor_stops(monkeypatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 89478485)
    data = encoded(Image.new("1", (14000, 14000)), "PNG")  # 196 MP, above Pillow's limit
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert reason_of(data, max_megapixels=100) == "too_large"
    assert Image.MAX_IMAGE_PIXELS == 89478485


def test_missing_and_unreadable_files_are_refused(tmp_path) -> None:
    (tmp_path / "link.png").symlink_to(tmp_path / "nothing.png")
    for name, reason in (("link.png", "missing_file"), (".", "special_file")):
        with pytest.raises(RefusedSampleError) as refusal:
            read_bytes(tmp_path / name)
        assert refusal.value.reason == reason
    (tmp_path / "big.png").write_bytes(bytes(3_000_000))
    with pytest.raises(RefusedSampleError, match="too_large"):
        read_bytes(tmp_path / "big.png", max_megapixels=0.1)


def test_draft_is_smaller_but_never_below_the_wanted_size() -> None:
    data = encoded(picture(3, 640, 480), "JPEG")
    assert decode(data, at_least=100).size == (160, 120)
    assert decode(data, at_least=1000).size == (640, 480)


def test_a_window_beyond_the_edge_repeats_the_edge(tmp_path) -> None:
    pixels = decode_file(save(tmp_path / "a.png", picture(4)))
    window = np.asarray(crop(Image.fromarray(pixels), Box(-5, 35, 15, 55)))
    assert window.shape == (20, 20, 3)
    assert (window[:15, 5:] == pixels[35:50, :15]).all()
    assert (window[:15, :5] == pixels[35:50, :1]).all() and (window[15:, 5:] == pixels[49, :15]).all()
    with pytest.raises(RefusedSampleError, match="outside_image"):
        crop(Image.fromarray(pixels), Box(50, 0, 90, 40))
