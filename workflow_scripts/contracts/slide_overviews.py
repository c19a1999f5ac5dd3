"""dataset/slides.npz: small pictures of slides and what was seen where, so that no later step needs the slides.

Two members a slide, `<slide>/picture` and `<slide>/mask`; written as they come, for all of them do not fit into memory.
"""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import atomic_path, open_file
from workflow_scripts.runtime.results_layout import remedy

# Longest side of an overview in pixels.
LONGEST = 1024
# What the values of a mask say.
BACKGROUND, TISSUE, PEN, PADDING = range(4)
_PICTURE, _MASK = "picture", "mask"


@dataclass(frozen=True)
class Overview:
    """uint8 H×W×3 `picture` of a whole slide, no side longer than LONGEST, and uint8 H×W `mask` of the same size."""

    picture: np.ndarray
    mask: np.ndarray


class OverviewWriter:
    """Takes the overviews of a dataset one after the other."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.written = 0

    def add(self, slide: str, overview: Overview) -> None:
        """Write the overview of a slide that was not written yet."""
        height, width, _ = overview.picture.shape
        assert overview.mask.shape == (height, width) and max(height, width) <= LONGEST, overview.picture.shape
        for name, array in ((_PICTURE, overview.picture), (_MASK, overview.mask)):
            # The time of a ZipInfo is fixed: equal slides give equal bytes.
            entry = zipfile.ZipInfo(f"{slide}/{name}.npy")
            entry.compress_type = zipfile.ZIP_DEFLATED
            with self._archive.open(entry, "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.ascontiguousarray(array, np.uint8), allow_pickle=False)
        self.written += 1


@contextmanager
def write_overviews(path: Path) -> Iterator[OverviewWriter]:
    """Open the file for as long as overviews are written; it is there at the end, and only where one was written."""
    with atomic_path(path) as temporary:
        with zipfile.ZipFile(temporary, "w") as archive:
            writer = OverviewWriter(archive)
            yield writer
        kept = writer.written > 0
    if not kept:
        path.unlink()


def read_overviews(path: Path) -> Iterator[tuple[str, Overview]]:
    """Slide and overview, in the order in which they were written, read one at a time.

    UserError where the file is missing or broken.
    """
    try:
        with open_file(path) as handle, np.load(handle, allow_pickle=False) as arrays:
            for slide in dict.fromkeys(name.rpartition("/")[0] for name in arrays.files):
                yield slide, Overview(arrays[f"{slide}/{_PICTURE}"], arrays[f"{slide}/{_MASK}"])
    except FileNotFoundError:
        raise UserError(f"{path} is missing; {remedy(path)}") from None
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f"{path} is no file of overviews ({error}); {remedy(path)}") from None
