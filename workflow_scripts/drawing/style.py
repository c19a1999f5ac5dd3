"""The one look of all figures: readable on paper and by colour-blind people, honest about synthetic data."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe & Ito, "Color Universal Design" (2008): eight colours told apart with every common colour blindness.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
# With six colours that lines are told apart by, eighteen lines.
LINES = ("-", "--", ":")
SEQUENTIAL = "cividis"
# Longest side in inches: a study may have any number of classes and runs.
LARGEST = 30.0
SYNTHETIC_NOTE = "SYNTHETIC DATA – not a result on patients"

# Any: matplotlib types each key of its settings, of which these are some.
_STYLE: dict[Any, Any] = {
    "figure.dpi": 100,
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "image.cmap": SEQUENTIAL,
    # Letters stay letters, which an editor of drawings can change.
    "svg.fonttype": "none",
    "svg.hashsalt": "cervix",
    "pdf.fonttype": 42,
    # A dollar sign in a class or a file name is a dollar sign.
    "text.parse_math": False,
}


def new_figure(
    width: float = 6.4, height: float = 4.0, rows: int = 1, columns: int = 1, **grid: Any
) -> tuple["Figure", Any]:
    """A figure with constrained layout (inches, at most LARGEST) and its axes; needs no display.

    `grid`: as for matplotlib's Figure.subplots, and the axes are as it gives them: of one row and column a single one.
    """
    import matplotlib
    from cycler import cycler
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    matplotlib.rcParams.update(_STYLE)
    matplotlib.rcParams["axes.prop_cycle"] = cycler(color=COLOURS)
    figure = Figure(figsize=(min(width, LARGEST), min(height, LARGEST)), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(rows, columns, **grid)


def wrapped(name: str, width: int = 14) -> str:
    """A long class name on several lines, broken at its own separators where there are any."""
    lines = [""]
    for part in name.replace("_", "_\0").replace("-", "-\0").replace(" ", " \0").split("\0"):
        if lines[-1] and len(lines[-1]) + len(part) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)
