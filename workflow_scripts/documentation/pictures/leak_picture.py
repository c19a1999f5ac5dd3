"""docs/images/leak.svg: what a split by image does to the cells of a slide, and what a split by slide does."""

from pathlib import Path

from workflow_scripts.documentation.pictures.svg_parts import BLUE, GREEN, ORANGE, circle, drawing, words

PATH = Path("docs") / "images" / "leak.svg"
WIDTH, HEIGHT = 720, 560
_SLIDES = ((BLUE, "slide A"), (ORANGE, "slide B"), (GREEN, "slide C"))
_CELLS = ((0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1))
# Which cells of the three slides are tested when images are drawn, and when slides are: six of eighteen in either.
_BY_IMAGE = ({1, 3}, {2, 4}, {0, 5})
_BY_SLIDE: tuple[set[int], ...] = (set(), set(), set(range(6)))


def _cell(x: float, y: float, colour: str, tested: bool) -> str:
    """A cell: filled where it is trained on, a ring where it is tested."""
    if tested:
        return circle(x, y, 13, stroke=colour, width=6, kind="ground")
    return circle(x, y, 16, colour)


def _panel(top: int, heading: str, what: str, tested: tuple[set[int], ...]) -> list[str]:
    parts = [words(30, top, heading, 24, "start", bold=True), words(30, top + 28, what, 18, "start", "soft")]
    for number, ((colour, name), chosen) in enumerate(zip(_SLIDES, tested, strict=True)):
        left = 30 + 225 * number
        both = 0 < len(chosen) < len(_CELLS)
        dashes = ' stroke-dasharray="7 5"' if both else ""
        frame = f'x="{left}" y="{top + 46}" width="210" height="122" rx="10" stroke-width="2"{dashes}'
        parts.append(f'<rect class="card faint" {frame}/>')
        for index, (column, row) in enumerate(_CELLS):
            parts.append(_cell(left + 45 + 60 * column, top + 80 + 52 * row, colour, index in chosen))
        side = "on both sides" if both else "tested" if chosen else "trained on"
        parts.append(words(left + 105, top + 192, f"{name}: {side}", 18))
    return parts


def svg() -> str:
    """The picture."""
    legend = [
        circle(46, 522, 14, BLUE),
        words(70, 528, "trained on", 18, "start"),
        circle(206, 522, 11, stroke=BLUE, width=6, kind="ground"),
        words(230, 528, "tested", 18, "start"),
        words(330, 528, "a dashed frame leaks", 18, "start", "soft"),
    ]
    meaning = (
        "Three slides of six cells. Split by image, each has cells that are trained on and cells that are tested: the "
        "test asks about slides that are known. Split by slide, one slide is tested and the others are trained on."
    )
    upper = _panel(42, "Split by image: leaks", "The test asks about slides that are known.", _BY_IMAGE)
    lower = _panel(292, "Split by slide: none", "The test asks about a slide that was never seen.", _BY_SLIDE)
    return drawing(WIDTH, HEIGHT, "What a leak is", meaning, [*upper, *lower, *legend])
