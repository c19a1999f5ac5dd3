"""One decoder for every image file: safe, the same pixels everywhere, a typed refusal instead of a crash.

Decided here, and nowhere else:

- EXIF rotation is applied. Palette, 1-bit, grey and CMYK images become RGB; transparency is laid on white. Embedded
  colour profiles are not applied.
- Samples deeper than 8 bits are refused (`unsupported_mode`): microscopes store 10 or 12 bits in 16, so that the right
  scale is not in the file, and a wrong one would give a black image without a word.
- Files of several frames (animations, multi-page TIFF, volumes) are refused: which frame is meant is not ours to guess.
  The exception is MPO, a camera's JPEG whose further frames are previews of the first.
"""

import hashlib
import io
import re
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.ImageFile import ImageFile

from workflow_scripts.data.readers.reader_interface import Part, RefusedSampleError

SUFFIXES = (".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
# Pillow knows sixty more; some start other programs. JPEG includes MPO.
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")
MIN_SIDE = 8
_MODES = ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr")
# Tags of TIFF that Pillow does not act upon in every layout: bits of a sample, how they are meant, slices of a volume.
_BITS, _SAMPLE_FORMAT, _SLICES = 258, 339, 32997
_UNSIGNED = 1
_STARTS = {b"BM": "BMP", b"GIF8": "GIF", b"\xff\xd8\xff": "JPEG", b"\x89PNG": "PNG", b"RIFF": "WEBP"} | {
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
}


@dataclass(frozen=True)
class Box(Part):
    """A window of an image, in pixels; right and bottom are the first beyond it. It may reach beyond the edge."""

    left: int
    top: int
    right: int
    bottom: int


def read_bytes(path: Path, max_megapixels: float = float("inf")) -> bytes:
    """Bytes of a file; RefusedSampleError when it is missing, empty, unreadable or far too large for its pixels.

    Pipes and devices are refused without being read.
    """
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode):
            raise RefusedSampleError("special_file", "a pipe, socket, device or folder and no file")
        # Eight bytes a pixel are more than any accepted mode needs.
        if state.st_size > 8e6 * max_megapixels + 1e6:
            size = f"a file of {state.st_size / 1e6:.0f} MB for at most {max_megapixels:g} MP"
            raise RefusedSampleError("too_large", size)
        with path.open("rb") as handle:
            # No more than that: files of the kernel's own have no size and no end.
            data = handle.read(state.st_size)
    except FileNotFoundError:
        raise RefusedSampleError("missing_file", "no such file, or a link to nothing") from None
    except OSError as error:
        raise RefusedSampleError("unreadable", error.strerror or str(error)) from None
    if not data:
        raise RefusedSampleError("empty_file", "0 bytes")
    return data


def decode(data: bytes, max_megapixels: float = float("inf"), at_least: int | None = None) -> Image.Image:
    """Pixels of an image file as a Pillow image of mode RGB, upright.

    `data` are the file's bytes; `max_megapixels` is compared with the header, before anything is decoded. `at_least`
    lets a JPEG be decoded at 1/2, 1/4 or 1/8 as long as no side falls below so many pixels: faster, other pixels.
    Raises RefusedSampleError.
    """
    with _guarded():
        image = _open(data)
        width, height = image.size
        if width * height > max_megapixels * 1e6:
            detail = f"{width}×{height} px, more than ingest.max_megapixels ({max_megapixels:g})"
            raise RefusedSampleError("too_large", detail)
        if min(width, height) < MIN_SIDE:
            raise RefusedSampleError("too_small", f"{width}×{height} px, a side is below {MIN_SIDE}")
        _check_kind(image)
        if at_least is not None:
            image.draft(None, (at_least, at_least))
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        return _to_rgb(image)


def decode_file(path: Path, max_megapixels: float = float("inf")) -> np.ndarray:
    """uint8 H×W×3 RGB pixels (0-255) of a file; see `decode`."""
    return np.asarray(decode(read_bytes(path, max_megapixels), max_megapixels))


def crop(image: Image.Image, box: Box) -> Image.Image:
    """The box's window of an RGB image; what lies beyond the edge repeats the edge's pixels.

    Raises RefusedSampleError when the window's centre is not inside the image.
    """
    x, y = (box.left + box.right) // 2, (box.top + box.bottom) // 2
    if not (0 <= x < image.width and 0 <= y < image.height):
        raise RefusedSampleError("outside_image", f"centre {x},{y} in an image of {image.width}×{image.height} px")
    inner = Box(max(box.left, 0), max(box.top, 0), min(box.right, image.width), min(box.bottom, image.height))
    window = image.crop((inner.left, inner.top, inner.right, inner.bottom))
    if inner == box:
        return window
    rows, columns = (inner.top - box.top, box.bottom - inner.bottom), (inner.left - box.left, box.right - inner.right)
    beyond = (rows, columns, (0, 0))
    return Image.fromarray(np.pad(np.asarray(window), beyond, mode="edge"))


def pixel_digest(image: Image.Image) -> str:
    """sha256 over width, height and RGB values of an RGB image."""
    total = hashlib.sha256(f"{image.width}x{image.height} ".encode())
    total.update(image.tobytes())
    return total.hexdigest()


@contextmanager
def _guarded() -> Iterator[None]:
    """Turn what Pillow raises on damaged data into a refusal, and its own size guard off: ours comes before it."""
    own_limit = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (RefusedSampleError, MemoryError):
        raise
    except Exception as error:  # a damaged file can make a decoder raise nearly anything
        message = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        cut = isinstance(error, EOFError) or "truncated" in message.lower()
        raise RefusedSampleError("truncated" if cut else "unreadable", message) from error
    finally:
        Image.MAX_IMAGE_PIXELS = own_limit


def _open(data: bytes) -> ImageFile:
    if not data:
        raise RefusedSampleError("empty_file", "0 bytes")
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        kind = next((kind for start, kind in _STARTS.items() if data.startswith(start)), None)
        if kind is None:
            raise RefusedSampleError("not_an_image", f"no {', '.join(FORMATS)} file") from None
        detail = f"starts like {kind}, but its header is damaged, or says a kind of pixels that is not read"
        raise RefusedSampleError("unreadable", detail) from None


def _check_kind(image: ImageFile) -> None:
    """Refuse several frames, deep samples and colour spaces that Pillow cannot turn into RGB."""
    frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
    tags = getattr(image, "tag_v2", {})
    if frames > 1 or (frames := tags.get(_SLICES, 1)) > 1:
        raise RefusedSampleError("unsupported_mode", f"{frames} frames; save the one that is meant")
    raw = " ".join(str(tile.args) for tile in image.tile)
    # Of a plane for each colour Pillow says 8 bits whatever there are, and would show every other byte.
    deep = max(tags.get(_BITS, (8,))) > 8 or re.search(r";(16|32)", raw)
    if image.mode.startswith("I") or image.mode == "F" or deep:
        raise RefusedSampleError("unsupported_mode", "more than 8 bits a sample; save with 8, scaled as it should be")
    if any(kind != _UNSIGNED for kind in tags.get(_SAMPLE_FORMAT, ())):
        raise RefusedSampleError("unsupported_mode", "samples with a sign; save them as 0 to 255")
    if image.mode not in _MODES:
        raise RefusedSampleError("unsupported_mode", f"colour mode {image.mode}; save as RGB")


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        layers = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layers.size, "white"), layers).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")
