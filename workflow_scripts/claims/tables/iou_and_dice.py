"""IoU against Dice: of the same images the one bounds the other."""

from collections.abc import Iterator

from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF
from workflow_scripts.claims.tables.finding import Finding, finding
from workflow_scripts.claims.tables.last_digits import within
from workflow_scripts.claims.tables.printed_entries import Entry, ReadTable


def overlaps(check: str, table: ReadTable, entry: Entry) -> Iterator[Finding]:
    """IoU is at most Dice, and a mean of Dice at most 2 IoU / (1 + IoU), over the same images."""
    iou, dice = entry.get("iou"), entry.get("dice")
    if iou is None or dice is None:
        return
    low, high = (2 * end / (1 + end) for end in iou.span())
    why = f"IoU {iou.value.text} and Dice {dice.value.text}"
    if iou.span()[0] > dice.span()[1] or dice.span()[0] > high:
        beyond = "IoU is never above Dice" if iou.number > dice.number else "Dice is at most 2 IoU / (1 + IoU)"
        reading = "IoU and Dice are averaged over different things (images, classes, pixels)"
        yield finding(
            check, table.place, (iou, dice), FITS_ONLY_IF, f"{why}: over the same images {beyond}.", reading=reading
        )
    else:
        strength = "exact" if within(dice, low, high) else "weak"
        yield finding(
            check, table.place, (iou, dice), CONSISTENT, f"{why} can be of the same images.", strength=strength
        )


def best_overlaps(check: str, table: ReadTable) -> Iterator[Finding]:
    """Where a row is said to be the best, no other row's IoU is above its Dice."""
    stated = " ".join((table.table.stated or "", *table.table.notes))
    for best in table.entries:
        dice = best.get("dice")
        if dice is None or f"{best.name} is the best" not in stated:
            continue
        for entry in table.entries:
            iou = entry.get("iou")
            if iou is not None and entry is not best and iou.span()[0] > dice.span()[1]:
                why = (
                    f"IoU {iou.value.text} of {entry.name} is above Dice {dice.value.text} of {best.name}, which is "
                    "said to be the best; its own Dice is at least its IoU."
                )
                computed = f"at most {dice.value.text}"
                yield finding(check, table.place, (iou,), CONTRADICTION, why, computed=computed)
