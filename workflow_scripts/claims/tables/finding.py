"""What a check says of the printed numbers of a result table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workflow_scripts.claims.tables.printed_entries import Cell, Entry

# Readings that a paper may leave open, in words that complete "fits only if …"; each has one wording here.
MEANS_OVER_FOLDS = "the numbers are means over folds or runs"
MACRO_OR_WEIGHTED = "the numbers are a macro average or a support-weighted average over classes"
WEIGHTED = "the numbers are support-weighted averages over classes"
# Where a spread is printed with the numbers.
MEANS_OR_AVERAGES = f"{MEANS_OVER_FOLDS}, or averages over classes"
MEANS_OVER_IMAGES = "the numbers are means over images, or averages over classes"
MICRO = "the numbers are a micro average over classes"
OTHER_RUN = "the counts are of another run, fold or epoch than the rates"
OTHER_SAMPLES = "the rows are of other samples, subsets or folds each"


def averaged_reading(entry: Entry, is_weighted: bool) -> str:
    """How rates that no two classes have may have been averaged; is_weighted: recall and accuracy are one number."""
    if {"dice", "iou"} & set(entry.cells):
        # Segmentation is mostly judged image by image.
        return MEANS_OVER_IMAGES
    if any(cell.value.plus_minus for cell in entry.cells.values()):
        return MEANS_OR_AVERAGES
    return WEIGHTED if is_weighted else MACRO_OR_WEIGHTED


@dataclass(frozen=True)
class Finding:
    """What one check says of one number, or of several that it held against each other.

    check: its name; table: the place of the table; row, column: as printed, several parted by `; `, empty for all;
    outcome: one of `claims.outcome.ORDER`; why: a sentence for a reader; reading: of FITS_ONLY_IF, what the paper does
    not state, in words that complete "fits only if …"; tried: the readings that were tried, in words; computed: what
    would fit instead, or what follows from the other numbers; size: how far the printed number is from it, in the unit
    that is printed; strength: of CONSISTENT `exact`, `strong` or `weak`, of a contradiction `weak` where an innocent
    reason is easily thought of; innocent: how it may have come about without a fault, a sentence.
    """

    check: str
    table: str
    row: str
    column: str
    outcome: str
    why: str
    reading: str = ""
    tried: tuple[str, ...] = ()
    computed: str = ""
    size: str = ""
    strength: str = ""
    innocent: str = ""


def finding(check: str, table: str, cells: Sequence[Cell], outcome: str, why: str, **words: Any) -> Finding:
    """A finding about some cells; words: further fields of Finding."""
    rows = "; ".join(dict.fromkeys(cell.row for cell in cells))
    columns = "; ".join(dict.fromkeys(cell.column for cell in cells))
    return Finding(check, table, rows, columns, outcome, why, **words)
