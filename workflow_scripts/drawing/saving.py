"""The files of a figure: for print, for a page, and the numbers that it shows.

Beside name.png, at 300 dots an inch, lie name.svg and name.pdf, whose letters an editor of drawings can change, and
name.webp, half as large, for pages; where numbers are drawn, name.csv. Pictures have no SVG: it would hold their pixels
as text.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from workflow_scripts.contracts.tables import Table
from workflow_scripts.drawing import label_text
from workflow_scripts.drawing.pdf_fonts import shared_cuts
from workflow_scripts.drawing.style import SYNTHETIC_NOTE
from workflow_scripts.runtime.files import atomic_path

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL.Image import Image

PNG, WEBP, SVG, PDF, CSV = ".png", ".webp", ".svg", ".pdf", ".csv"
DPI = 300
# A study may have any number of classes: the longest side of a figure in pixels.
LONGEST = 6000
# What a file says of its making: no date, so that equal figures are equal bytes.
NOTHING_OF_SVG: dict[str, Any] = {"Date": None, "Creator": None}
NOTHING_OF_PDF: dict[str, Any] = {"CreationDate": None, "Creator": None, "Producer": None}
# Of 9: half the time of the usual 6 and a few percent more bytes.
COMPRESSION = 4
# In a page: colours of a chart, and quality (of 100) of pictures, whose lettering must stay crisp.
COLOURS_IN_PAGE, QUALITY = 128, 80
# Parts of 255 from which a colour is white: a mean of white and what is nearly white would be a grey page.
WHITE = 249


@dataclass(frozen=True)
class ChartData:
    """The numbers that a chart shows, and the contract of their table."""

    table: Table
    rows: pd.DataFrame


@dataclass(frozen=True)
class Drawn:
    """A figure, and the numbers that it shows.

    data: None where it shows none (a diagram, pictures), or where they are written as a table of the evaluation.
    of_pictures: what is looked at are pixels, and they are most of the file. for_print: False for what is drawn by the
    hundred to be looked through: no PDF, and the PNG has half the dots.
    """

    figure: "Figure"
    data: ChartData | None = None
    of_pictures: bool = False
    for_print: bool = True


def save_figure(drawn: Drawn, path: Path, synthetic: bool) -> list[Path]:
    """Write a figure, `path` being the PNG, and what lies beside it, each file atomically; returns their paths.

    `synthetic`: the picture comes from synthetic data and says so in itself. Texts are drawn in fonts that have their
    letters; a letter that none has is written as its code. Equal figures are equal bytes.
    """
    figure = drawn.figure
    if synthetic:
        figure.supxlabel(SYNTHETIC_NOTE, fontsize=7, color="#D55E00")
    _choose_fonts(figure)
    dpi = min(DPI, int(LONGEST / max(figure.get_size_inches())))
    pixels = _drawn_pixels(figure, dpi)
    # The other formats have this layout too: to find it takes as long as to draw.
    figure.set_layout_engine("none")
    half = pixels.reduce(2)
    with atomic_path(path.with_suffix(PNG)) as temporary:
        if drawn.for_print:
            pixels.save(temporary, compress_level=COMPRESSION, dpi=(dpi, dpi))
        else:
            half.save(temporary, compress_level=COMPRESSION, dpi=(dpi / 2, dpi / 2))
    _write_page_picture(path, half, drawn.of_pictures)
    written = [path.with_suffix(PNG), path.with_suffix(WEBP)]
    if drawn.for_print:
        _write_pdf(figure, path.with_suffix(PDF), dpi)
        written.append(path.with_suffix(PDF))
    if drawn.for_print and not drawn.of_pictures:
        _write_svg(figure, path.with_suffix(SVG), dpi)
        written.append(path.with_suffix(SVG))
    if drawn.data is not None:
        drawn.data.table.write(path.with_suffix(CSV), drawn.data.rows)
        written.append(path.with_suffix(CSV))
    return written


def _write_page_picture(path: Path, pixels: "Image", of_pictures: bool) -> None:
    """Write name.webp: pictures with a small loss, charts in few colours and as they are."""
    with atomic_path(path.with_suffix(WEBP)) as temporary:
        if of_pictures:
            pixels.save(temporary, quality=QUALITY, method=4)
        else:
            _in_few_colours(pixels).save(temporary, lossless=True, quality=30, method=2)


def _in_few_colours(pixels: "Image") -> "Image":
    from PIL import Image

    few = pixels.quantize(COLOURS_IN_PAGE, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    palette = few.getpalette()
    assert palette is not None  # quantize has made it
    colours = [palette[start : start + 3] for start in range(0, len(palette), 3)]
    few.putpalette([part for colour in colours for part in ((255,) * 3 if min(colour) >= WHITE else colour)])
    return few.convert("RGB")


def _drawn_pixels(figure: "Figure", dpi: int) -> "Image":
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    figure.dpi = dpi
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba(), "raw", "RGBA", 0, 1).convert("RGB")


def _write_svg(figure: "Figure", path: Path, dpi: int) -> None:
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    figure.dpi = dpi  # a canvas leaves its own behind; pixels inside a drawing have this one
    with atomic_path(path) as temporary:
        FigureCanvasSVG(figure).print_svg(temporary, metadata=NOTHING_OF_SVG)


def _write_pdf(figure: "Figure", path: Path, dpi: int) -> None:
    from matplotlib.backends.backend_pdf import FigureCanvasPdf

    figure.dpi = dpi
    with atomic_path(path) as temporary, shared_cuts():
        FigureCanvasPdf(figure).print_pdf(temporary, metadata=NOTHING_OF_PDF)


def _choose_fonts(figure: "Figure") -> None:
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        if not text.get_text().isascii() and not text.get_parse_math():
            text.set_text("\n".join(label_text.written(line) for line in text.get_text().split("\n")))
            text.set_fontfamily(label_text.fonts_of(text.get_text()))
