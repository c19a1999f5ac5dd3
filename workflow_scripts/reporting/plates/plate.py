"""What a study's `figures.py` lists: figures that answer the paper's own, with what they show and how to read them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workflow_scripts.reporting.results import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class NotDrawnError(Exception):
    """A figure cannot be drawn from these results; the message says what it would need."""


@dataclass(frozen=True)
class Plate:
    """A figure in the sense of one of the paper's.

    file: name without suffix, figNN_what; place: the paper's name for it; studies: whose report shows it; draw: from a
    study's results to a matplotlib figure, raises NotDrawnError where the results do not hold what it shows.
    """

    file: str
    place: str
    title: str
    reading: str
    studies: tuple[str, ...]
    draw: Callable[[Results], "Figure"]
