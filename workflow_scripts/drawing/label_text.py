"""Names as figures can show them: of classes, files and samples, in any script and of any length.

Figures are read on paper: a name is cut in its middle when it is long, and a class whose letters no font of this
machine has is called by its number. Tables, captions and pages hold the full names.
"""

import logging
import unicodedata
from collections.abc import Sequence
from functools import cache

log = logging.getLogger("workflow_scripts")

LONGEST = 36
FONT = "DejaVu Sans"
# Fonts of boxes for every character, of mathematical symbols, and of coloured pictures that cannot be drawn.
_NO_LETTERS = ("Last Resort", "STIX", "cm", "Color", "Colour")
# Letters that the font which comes with matplotlib has all of: Latin with its accents.
_LATIN = 0x24F
_LEFT_TO_RIGHT = "\N{LEFT-TO-RIGHT MARK}"


class Labels:
    """What the classes of a study are called in its figures; `classes` in their order."""

    def __init__(self, classes: Sequence[str]) -> None:
        self._labels: dict[str, str] = {}
        self.numbered: dict[int, str] = {}
        for number, name in enumerate(classes, 1):
            label = shortened(one_line(name))
            if missing(label):
                label = f"class {number}"
                self.numbered[number] = name
            elif not label or label in self._labels.values():
                label = f"{label} ({number})".strip()
            self._labels[name] = _in_a_line(label)
        if self.numbered:
            _say_numbered(tuple(self.numbered.items()))

    def __getitem__(self, name: str) -> str:
        return self._labels[name]

    def all(self) -> list[str]:
        """Every label, in the order of the classes."""
        return list(self._labels.values())


@cache
def _say_numbered(numbered: tuple[tuple[int, str], ...]) -> None:
    log.warning(
        "no font of this machine has the letters of %d class name(s); figures show their numbers: %s; install a font "
        "that has them, such as the package fonts-noto, for names",
        len(numbered),
        ", ".join(f"class {number} = {one_line(name)}" for number, name in numbered),
    )


def readable(text: str, longest: int = 60) -> str:
    """A file's name, or a sample's id, for a figure: shortened, letters that no font has as their code."""
    return _in_a_line(shortened(written(one_line(text)), longest))


def written(text: str) -> str:
    """A text whose letters that no font has are written as their code."""
    lacking = missing(text)
    return "".join(_code(letter) if letter in lacking else letter for letter in text)


def shortened(name: str, longest: int = LONGEST) -> str:
    """The name, or its beginning and its end with … between them."""
    if len(name) <= longest:
        return name
    end = longest // 3
    return f"{name[: longest - end - 1].rstrip()}…{name[-end:].lstrip()}"


def one_line(name: str) -> str:
    """The name with tabs, line breaks and whatever else does not print as single spaces."""
    return " ".join("".join(letter if letter.isprintable() or _joins(letter) else " " for letter in name).split())


def missing(text: str) -> frozenset[str]:
    """The letters of a text that no font of this machine has."""
    return frozenset(letter for letter in set(text) if ord(letter) > _LATIN and font_of(letter) is None)


def fonts_of(text: str) -> list[str]:
    """Families that together have the letters of a text, the usual one first."""
    families = [FONT, *(font_of(letter) for letter in text if ord(letter) > _LATIN)]
    return list(dict.fromkeys(family for family in families if family))


@cache
def font_of(letter: str) -> str | None:
    """A family that has the letter; None where there is none."""
    return next((family for family, letters in _fonts() if ord(letter) in letters), None)


@cache
def _fonts() -> list[tuple[str, frozenset[int]]]:
    """Installed families with the codes of their letters: the usual one first, upright and regular before others."""
    from matplotlib.font_manager import findfont, fontManager
    from matplotlib.ft2font import FT2Font

    entries = [entry for entry in fontManager.ttflist if not entry.name.startswith(_NO_LETTERS[:3])]
    entries = [entry for entry in entries if not any(word in entry.name for word in _NO_LETTERS[3:])]
    entries.sort(key=lambda entry: (entry.style != "normal", str(entry.weight) not in ("400", "normal"), entry.name))
    letters_of_family = {FONT: frozenset(FT2Font(findfont(FONT)).get_charmap())}
    for entry in entries:
        if entry.name in letters_of_family:
            continue
        try:
            letters_of_family[entry.name] = frozenset(FT2Font(entry.fname).get_charmap())
        except (OSError, RuntimeError):
            continue  # a file that is no font any more: matplotlib keeps a list of what once was there
    return list(letters_of_family.items())


def _in_a_line(label: str) -> str:
    """A name that is written from right to left, so that the numbers beside it are not."""
    leftwards = any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in label)
    return f"{_LEFT_TO_RIGHT}{label}{_LEFT_TO_RIGHT}" if leftwards else label


def _joins(letter: str) -> bool:
    """Marks between letters that belong to their spelling (joiners of Indic scripts and of Persian)."""
    return letter in ("\u200c", "\u200d", _LEFT_TO_RIGHT)


def _code(letter: str) -> str:
    return letter.encode("ascii", "backslashreplace").decode()
