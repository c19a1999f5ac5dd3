"""A figure inside a page: a small picture of it, and links to the files that lie beside the page."""

import base64
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from workflow_scripts.drawing.saving import CSV, PDF, PNG, QUALITY, SVG, WEBP

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

# Figures whose numbers are not in the table of their own name alone.
TABLES = {
    "comparison": ("comparison.csv", "metrics.csv"),
    "risk": ("risk.csv", "risk_curves.csv"),
    "risk_over_time": ("risk_over_time.csv", "drivers.csv"),
}


@dataclass(frozen=True)
class FileLink:
    """A file beside a page: its kind in a word, and its address from the page."""

    kind: str
    address: str


@dataclass(frozen=True)
class PageFigure:
    """uri: a picture of the figure as a data URI; anchor: its id in the page; files: what lies beside the page."""

    uri: str
    anchor: str
    files: tuple[FileLink, ...]


def page_figure(path: Path, page_folder: Path) -> PageFigure:
    """The figure that drawing.saving wrote as `path` (a PNG), for a page in `page_folder`, below which it lies."""
    place = path.relative_to(page_folder).with_suffix("").as_posix()
    anchor = re.sub(r"[^\w.@+-]", "-", place)
    tables = [path.with_name(name) for name in TABLES.get(path.stem, (path.with_suffix(CSV).name,))]
    tables = [table for table in tables if table.exists()]
    drawn = [path.with_suffix(ending) for ending in (PNG, SVG, PDF)]
    named = [(file.suffix[1:].upper(), file) for file in drawn if file.exists()]
    named += [("CSV" if len(tables) == 1 else table.name, table) for table in tables]
    files = tuple(FileLink(kind, quote(file.relative_to(page_folder).as_posix())) for kind, file in named)
    return PageFigure(_uri(path.with_suffix(WEBP).read_bytes()), anchor, files)


def picture_uri(path: Path) -> str:
    """A picture file as a data URI, with the small loss that pictures in pages have."""
    from PIL import Image

    with Image.open(path) as picture:
        return _encoded(picture)


def pixels_uri(pixels: "np.ndarray") -> str:
    """uint8 H×W×3 as a data URI, with the same loss."""
    from PIL import Image

    return _encoded(Image.fromarray(pixels))


def _encoded(picture: "Image") -> str:
    content = io.BytesIO()
    picture.convert("RGB").save(content, "WEBP", quality=QUALITY, method=4)
    return _uri(content.getvalue())


def _uri(webp: bytes) -> str:
    return "data:image/webp;base64," + base64.b64encode(webp).decode("ascii")
