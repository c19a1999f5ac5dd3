"""Rows on the same samples share the number of positives and negatives, also where neither is printed."""

from collections.abc import Iterator, Sequence

from workflow_scripts.claims.arithmetic.joint_sizes import joint_sizes
from workflow_scripts.claims.arithmetic.rates import Rate
from workflow_scripts.claims.arithmetic.rows import row_sets, suspects
from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF
from workflow_scripts.claims.tables.entry_rates import (
    LINEAR,
    counted,
    implied,
    one_class_entries,
    rates_of,
    read_columns,
    usable,
)
from workflow_scripts.claims.tables.finding import OTHER_SAMPLES, Finding, finding
from workflow_scripts.claims.tables.printed_entries import Cell, Entry, ReadPaper, ReadTable, renamed
from workflow_scripts.claims.tables.table_words import MEANS
from workflow_scripts.claims.tables.two_class_rows import samples_of

CHECK = "sizes of the classes"
# Kinds of names whose rows are compared, so that they are of the same samples unless the paper says otherwise.
_COMPARED = ("model", "method", "test", "reader", "who", "observer", "classifier", "network", "algorithm", "learner")
# Rows that differ in it alone are of the same samples, too.
_THRESHOLD = "threshold"
# Totals beyond this many samples are not tried: rates of so many say little about whole numbers.
_LARGEST = 1_000
# Rows of which the class sizes are sought; more seldom say more.
_MOST_ROWS = 8
# Pairs of class sizes that fit by chance are expected this seldom where rows are taken to be whole numbers of them.
_CHANCE = 0.01
# Rows that agree before one that differs is called wrong.
_FEWEST = 3
# The most folds that are usual.
_FOLDS = 10
# A row may lack a few samples, or have them more, without a fault.
_FEW_SAMPLES = 3
_TRIED = ("cut off or rounded twice", "columns exchanged", "a few samples more or fewer in one row", "means over folds")


def check(paper: ReadPaper) -> Iterator[Finding]:
    """The rows of each group on the same samples."""
    for table in paper.tables:
        reading = read_columns(table)
        entries = [renamed(entry, reading.metrics) for entry in one_class_entries(table) if not counted(entry)]
        within = table.table.same_samples_within
        for group in _groups(table, entries, within).values():
            if len(group) > 1:
                yield from _of_group(paper, table, group, within is not None)


def _groups(table: ReadTable, entries: Sequence[Entry], within: str | None) -> dict[tuple[str, ...], list[Entry]]:
    """Entries on the same samples: by the name that the paper gives for them, or by all names but that of the model."""
    groups: dict[tuple[str, ...], list[Entry]] = {}
    for entry in entries:
        compared = [key for key in entry.label if key.lower() in _COMPARED] or [
            key for key in entry.label if key == _THRESHOLD
        ]
        if within is None and len(compared) != 1:
            continue
        if within == "table":
            kept = [entry.label[table.class_key]] if table.class_key in entry.label else []
        elif within is not None:
            kept = [entry.label.get(within, "")]
        else:
            kept = [name for key, name in entry.label.items() if key not in (compared[0], _THRESHOLD)]
        if within not in (None, "table") and table.class_key in entry.label:
            kept.append(entry.label[table.class_key])
        groups.setdefault(tuple(kept), []).append(entry)
    return groups


def _of_group(paper: ReadPaper, table: ReadTable, group: Sequence[Entry], stated: bool) -> Iterator[Finding]:
    spans_of = {entry.name: implied(rates_of(entry)) for entry in group}
    fitting = [entry for entry in group if spans_of[entry.name] is not None]
    failing = [entry for entry in group if spans_of[entry.name] is None]
    if (
        stated
        and table.of_one_class
        and table.aggregate != MEANS
        and (outlier := _outlier(paper, table, fitting, failing)) is not None
    ):
        yield _wrong_row(table, *outlier)
        return
    spans = [span for entry in fitting if (span := spans_of[entry.name]) is not None]
    if len(spans) < 2:
        return
    low, high = max(span[0] for span in spans), min(span[1] for span in spans)
    cells = [cell for entry in fitting for cell in entry.cells.values() if usable(cell)]
    if low <= high:
        why = f"One share of positives, {low:.3f} to {high:.3f}, fits {len(fitting)} rows."
        sizes = _sizes(paper, table, fitting)
        why += f" Positives and negatives can be {sizes}." if sizes else ""
        yield finding(CHECK, table.place, cells, CONSISTENT, why, strength="strong" if high - low < 0.02 else "weak")
    elif table.aggregate != MEANS:
        shown = "; ".join(
            f"{entry.name} {span[0]:.3f} to {span[1]:.3f}" for entry, span in zip(fitting, spans, strict=True)
        )
        why = f"The rows imply different shares of positives: {shown}."
        yield finding(CHECK, table.place, cells, FITS_ONLY_IF, why, reading=OTHER_SAMPLES, tried=_TRIED)


def _sizes(paper: ReadPaper, table: ReadTable, entries: Sequence[Entry]) -> str:
    """Class sizes that all rows can have in common, in words."""
    total, _ = samples_of(paper, table, entries[0])
    if total is not None and total > _LARGEST:
        return ""
    sizes = joint_sizes([rates_of(entry) for entry in entries[:_MOST_ROWS]], total=total, largest=_LARGEST)
    if not sizes.decided or not sizes.possible:
        return ""
    shown = " or ".join(f"{p} and {n}" for p, n in sizes.possible[:3])
    return shown + (f" or {len(sizes.possible) - 3} more" if len(sizes.possible) > 3 else "")


def _outlier(
    paper: ReadPaper, table: ReadTable, fitting: Sequence[Entry], failing: Sequence[Entry]
) -> tuple[Entry, tuple[int, int], int] | None:
    """The one row that has no table of the class sizes that all others have, those sizes, and how many others."""
    if len(failing) > 1 or len(fitting) + len(failing) < _FEWEST + 1:
        return None
    total, _ = samples_of(paper, table, fitting[0])
    if total is not None and total > _LARGEST:
        return None
    if not failing and joint_sizes([rates_of(entry) for entry in fitting], total=total, largest=_LARGEST).possible:
        return None
    for left_out in failing or fitting:
        rest = [entry for entry in fitting if entry is not left_out]
        sizes = _proven(rest, total)
        if sizes is not None and not _nearly(left_out, sizes):
            return left_out, sizes, len(rest)
    return None


def _proven(rest: Sequence[Entry], total: int | None) -> tuple[int, int] | None:
    """The class sizes of which all rows are whole numbers, where chance would hardly make them so."""
    rows = [rates_of(entry) for entry in rest]
    joint = joint_sizes(rows, total=total, largest=_LARGEST)
    if not joint.decided or not joint.possible:
        return None
    smallest = joint.possible[0]
    largest = sum(smallest)
    # Pairs up to it with the share of positives that the rows imply, and the chance that a row is whole numbers of one.
    spans = [span for row in rows if (span := implied(row)) is not None]
    low, high = max(span[0] for span in spans), min(span[1] for span in spans)
    expected = max(1.0, (high - low) * (largest if total is not None else largest**2 / 2))
    for entry in rest:
        expected *= _chance(entry, *smallest)
    return smallest if expected < _CHANCE else None


def _chance(entry: Entry, positives: int, negatives: int) -> float:
    """The chance that rates of any number of samples are printed as whole numbers of these classes are."""
    chance = 1.0
    sizes = {"sensitivity": positives, "specificity": negatives, "accuracy": positives + negatives}
    for metric, size in sizes.items():
        cell = entry.get(metric)
        if cell is not None and (metric != "accuracy" or not entry.has("sensitivity", "specificity")):
            low, high = cell.span()
            chance *= min(1.0, (high - low) * size)
    return chance


def _nearly(entry: Entry, sizes: tuple[int, int]) -> bool:
    """Whether the row is of these classes with a few samples more or fewer, or a mean over stratified folds of them.

    Such a mean of sensitivities is that of all samples; one of ratios differs by about the variance of a fold's.
    """
    steps = range(-_FEW_SAMPLES, _FEW_SAMPLES + 1)
    rates = rates_of(entry)
    if row_sets([_over_folds(rate, entry, sizes) for rate in rates], *sizes).fits:
        return True
    return any(
        row_sets(rates, sizes[0] + p, sizes[1] + n).fits
        for p in steps
        for n in steps
        if sizes[0] + p > 0 and sizes[1] + n > 0
    )


def _over_folds(rate: Rate, entry: Entry, sizes: tuple[int, int]) -> Rate:
    """A rate as wide as a mean over folds needs it."""
    if rate.metric in LINEAR:
        return rate
    sensitivity, specificity = entry.get("sensitivity"), entry.get("specificity")
    below = float(min(sizes))
    if sensitivity is not None and specificity is not None and rate.metric in ("precision", "npv"):
        answered = sizes[0] * sensitivity.number + sizes[1] * (1 - specificity.number)
        below = max(1.0, answered if rate.metric == "precision" else sum(sizes) - answered)
    middle = min(1.0, max(0.0, (rate.low + rate.high) / 2))
    room = middle * (1 - middle) * _FOLDS / below
    return Rate(rate.metric, rate.low - room, rate.high + room)


def _wrong_row(table: ReadTable, entry: Entry, sizes: tuple[int, int], fitting: int) -> Finding:
    positives, negatives = sizes
    suspected = suspects(rates_of(entry), positives, negatives)
    names = {suspect.metric for suspect in suspected}
    cells = [cell for cell in entry.cells.values() if cell.metric in names]
    why = (
        f"{fitting} rows on the same samples are whole numbers of {positives} positives and {negatives} negatives; "
        f"the rates of {entry.name} are not."
    )
    computed = "; ".join(_would_be(entry, suspect.metric, suspect.nearest) for suspect in suspected)
    return finding(
        CHECK,
        table.place,
        cells or [cell for cell in entry.cells.values() if usable(cell)],
        CONTRADICTION,
        why,
        tried=_TRIED,
        computed=computed,
        innocent=f"{entry.name} may be of other samples than the rows beside it.",
    )


def _would_be(entry: Entry, metric: str, number: float) -> str:
    """A metric with the number that would fit: `PPV 0.89`."""
    cell: Cell | None = entry.get(metric)
    return f"{cell.called} {cell.printed(number)}" if cell is not None else f"{metric} {number:.4f}"
