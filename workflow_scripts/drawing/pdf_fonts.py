"""Fonts inside PDF files: cut once a process instead of once a figure, which would be half the time of a figure.

matplotlib has a font cut by fontTools to the letters of a figure. Here every cut also holds the usual letters, so that
the figures of a job share it. What a figure holds does not depend on the figures before it.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from io import BytesIO
from typing import Any, BinaryIO

# Printable ASCII and signs that figures of this project use.
USUAL = "".join(map(chr, range(32, 127))) + "°±²³µ·×éöü–—…≈≤≥−→√"


class CutFont:
    """The file of a cut font; matplotlib asks a font of fontTools for no more than `save`."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def save(self, handle: BinaryIO, reorderTables: bool = False) -> None:
        handle.write(self.content)


@contextmanager
def shared_cuts() -> Iterator[None]:
    """Inside, matplotlib writes PDF files with cuts that figures share."""
    from matplotlib.backends import _backend_pdf_ps

    own = _backend_pdf_ps.get_glyphs_subset
    _backend_pdf_ps.get_glyphs_subset = _shared  # type: ignore[assignment]  # it has no other place to say so
    try:
        yield
    finally:
        _backend_pdf_ps.get_glyphs_subset = own


def _shared(font: Any, glyphs: Any) -> Any:
    return nullcontext(_cut(font, frozenset(glyphs) | _usual(font)))


@cache
def _usual(font: Any) -> frozenset[int]:
    """Numbers of the usual letters that a font has."""
    from matplotlib.font_manager import get_font

    letters = get_font(font).get_charmap()
    return frozenset(letters[ord(letter)] for letter in USUAL if ord(letter) in letters)


@cache
def _cut(font: Any, glyphs: frozenset[int]) -> Any:
    from fontTools import subset
    from matplotlib.backends._backend_pdf_ps import SubsetResults

    # A PDF places each letter by itself: what else a font knows of letters side by side is not read.
    options = subset.Options(font_number=font.face_index, layout_features=[], notdef_outline=True, hinting=False)
    options.drop_tables += ["BASE", "GDEF", "GPOS", "GSUB", "JSTF", "FFTM", "kern", "meta"]
    cutter = subset.Subsetter(options)
    cutter.populate(gids=glyphs)
    content = BytesIO()
    with subset.load_font(font, options) as opened:
        cutter.subset(opened)
        opened.save(content, reorderTables=False)
    return SubsetResults(CutFont(content.getvalue()), cutter.glyph_index_map)
