"""IoU against Dice: of the same images the one bounds the other. Dice against precision and recall."""

from collections.abc import Iterator
from statistics import harmonic_mean

from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF, strength_of
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


def of_the_same_pixels(check: str, table: ReadTable, entry: Entry) -> Iterator[Finding]:
    """Dice is the F of precision and recall of the same pixels; means over images are not, and say nothing."""
    dice, precision, recall = (entry.get(metric) for metric in ("dice", "precision", "sensitivity"))
    if dice is None or precision is None or recall is None:
        return
    (p_low, p_high), (r_low, r_high) = precision.span(), recall.span()
    if min(p_low, r_low) <= 0:
        return
    low, high = harmonic_mean((p_low, r_low)), harmonic_mean((min(p_high, 1.0), min(r_high, 1.0)))
    if within(dice, low, high):
        why = f"Dice {dice.value.text} is the F of precision {precision.value.text} and recall {recall.value.text}."
        strength = strength_of(high - low + dice.unit, dice.unit)
        yield finding(check, table.place, (dice, precision, recall), CONSISTENT, why, strength=strength)


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
