"""Sums of counts: totals of rows and columns, class totals that models share, percentages of totals."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF
from workflow_scripts.claims.tables.counted_rates import Counts, counts_of
from workflow_scripts.claims.tables.finding import OTHER_SAMPLES, Finding, finding
from workflow_scripts.claims.tables.printed_entries import Cell, Entry, ReadPaper, ReadTable
from workflow_scripts.claims.tables.table_words import PER_CLASS, sums_up
from workflow_scripts.claims.tables.two_class_rows import samples_of
from workflow_scripts.contracts.paper_tables.metric_spellings import is_metric

CHECK = "totals"
_TRIED = ("another sum of the same cells", "parts that overlap")
# What may be in several sets, classes or columns at once; an image is not.
_IN_SEVERAL = re.compile(
    r"patient|subject|participant|person|people|individual|case|wom[ae]n|\bmen\b|slide|lesion|video|stud(?:y|ies)|visit"
    r"|cent(?:er|re)s?\b|hospital|site|scanner|reader|class|categor"
)
OVERLAP = "some are in several parts and counted once in the total"
# Rows that agree before one that differs is called wrong; fewer where they add to the printed n.
_FEWEST, _FEWEST_OF_N = 3, 2


def check(paper: ReadPaper) -> Iterator[Finding]:
    """Totals against their parts, and totals of the same samples against each other."""
    for table in paper.tables:
        grid = _counts(table)
        yield from _totals(table, grid)
        yield from _headers(table, grid)
        yield from _crossed(paper, table, grid)
        yield from _same_samples(paper, table)


def _counts(table: ReadTable) -> dict[str, dict[int, Cell]]:
    """Column → row number → cell, of columns that hold whole numbers alone and are no metrics but counts."""
    if not (table.table.unit or "").startswith("count"):
        columns = [column for column in table.table.columns if not is_metric(column)]
    else:
        columns = list(table.table.columns)
    grid: dict[str, dict[int, Cell]] = {}
    for column in columns:
        cells = {
            number: Cell(row.name, column, column, row.values[column], 1.0)
            for number, row in enumerate(table.table.rows)
            if column in row.values and row.values[column].number is not None
        }
        if cells and all(cell.value.decimals == 0 and not cell.value.percent for cell in cells.values()):
            grid[column] = cells
    return grid


def _totals(table: ReadTable, grid: dict[str, dict[int, Cell]]) -> Iterator[Finding]:
    """A total is the sum of its rows or columns; one that is not, among others that are, is wrong."""
    rows = table.table.rows
    summary = [number for number, row in enumerate(rows) if any(sums_up(name) for name in row.label.values())]
    sums: list[tuple[Cell, float, list[Cell]]] = []
    if len(summary) == 1 and len(rows) > 2:
        for cells in grid.values():
            parts = [cell for number, cell in cells.items() if number not in summary]
            if summary[0] in cells and len(parts) == len(rows) - 1:
                sums.append((cells[summary[0]], sum(cell.number for cell in parts), parts))
    totals = [column for column in grid if sums_up(column)]
    summed = [column for column in grid if not sums_up(column)]
    if len(totals) == 1 and len(summed) > 1:
        for row, cell in grid[totals[0]].items():
            parts = [grid[column][row] for column in summed if row in grid[column]]
            if len(parts) == len(summed):
                sums.append((cell, sum(part.number for part in parts), parts))
    right = [total for total, number, _ in sums if total.number == number]
    wrong = [(total, number, parts) for total, number, parts in sums if total.number != number]
    if right:
        yield finding(
            CHECK, table.place, right, CONSISTENT, "The totals are the sums of their parts.", strength="exact"
        )
    if len(right) < 2 * len(wrong) or len(right) < 2:
        return
    for total, number, parts in wrong:
        why = (
            f"The total {total.value.text} is printed; its parts add to {number:g}. {len(right)} other sums are right."
        )
        size = f"{abs(total.number - number):g}"
        if _may_overlap(total, number, parts):
            yield finding(CHECK, table.place, (total,), FITS_ONLY_IF, why, reading=OVERLAP, size=size)
        else:
            computed = f"{number:g}"
            yield finding(CHECK, table.place, (total,), CONTRADICTION, why, tried=_TRIED, computed=computed, size=size)


def _may_overlap(total: Cell, summed: float, parts: Sequence[Cell]) -> bool:
    """Whether some are counted in several parts: patients with images in two sets, classes that all sets have."""
    named = _IN_SEVERAL.search(f"{total.row} {total.column}".lower())
    return bool(named) and max(part.number for part in parts) <= total.number < summed


def _headers(table: ReadTable, grid: dict[str, dict[int, Cell]]) -> Iterator[Finding]:
    """Groups of levels (`grade 1, 2, 3, missing`) that all add to the number in the head of their column."""
    keys = tuple(table.table.rows[0].label) if table.table.rows else ()
    if len(keys) != 2:
        return
    groups: dict[str, list[int]] = {}
    for number, row in enumerate(table.table.rows):
        groups.setdefault(row.label.get(keys[0], ""), []).append(number)
    heads = [numbers[0] for numbers in groups.values() if len(numbers) == 1]
    if len(heads) != 1 or len(groups) < 3:
        return
    whole = {column: cells[heads[0]].number for column, cells in grid.items() if heads[0] in cells}
    levels = {name: numbers for name, numbers in groups.items() if len(numbers) > 1}
    for column, cells in grid.items():
        sums = {name: sum(cells[n].number for n in numbers if n in cells) for name, numbers in levels.items()}
        if column in whole and len(sums) > 1:
            yield from _against_head(table, cells[heads[0]], whole, levels, sums, cells)


def _against_head(
    table: ReadTable,
    head: Cell,
    whole: Mapping[str, float],
    levels: Mapping[str, Sequence[int]],
    sums: Mapping[str, float],
    cells: Mapping[int, Cell],
) -> Iterator[Finding]:
    wrong = [name for name, total in sums.items() if total != head.number]
    if not wrong:
        why = f"All groups of {head.called} add to {head.value.text}."
        yield finding(CHECK, table.place, (head,), CONSISTENT, why, strength="exact")
    elif len(wrong) == 1 and len(sums) > 2:
        why = f"The levels of {wrong[0]} add to {sums[wrong[0]]:g}; all other groups to the head's {head.value.text}."
        parts = [cells[number] for number in levels[wrong[0]] if number in cells]
        yield finding(CHECK, table.place, parts, CONTRADICTION, why, tried=_TRIED, computed=head.value.text)
    elif len(set(sums.values())) == 1:
        total = next(iter(sums.values()))
        same = [column for column, number in whole.items() if number == total and column != head.column]
        of = f", the number of {same[0]}" if same else ""
        why = f"All groups of {head.called} add to {total:g}{of}; its head says {head.value.text}."
        last = max(numbers[-1] for numbers in levels.values())
        name = list(table.table.rows[last].label.values())[1]
        reading = f'"{name}" counts those not found, or others that the head leaves out'
        yield finding(CHECK, table.place, (head,), FITS_ONLY_IF, why, reading=reading, computed=f"{total:g}")


def _crossed(paper: ReadPaper, table: ReadTable, grid: dict[str, dict[int, Cell]]) -> Iterator[Finding]:
    """Answers of several models on the same classes: each model's cells of a class add to the size of the class."""
    keys = tuple(table.table.rows[0].label) if table.table.rows else ()
    sizes = [size for sizes in paper.paper.test_n_by_class for size in sizes.sizes]
    if len(keys) != 2 or not sizes:
        return
    models: dict[str, list[int]] = {}
    for number, row in enumerate(table.table.rows):
        models.setdefault(row.label.get(keys[0], ""), []).append(number)
    if (
        len(models) < _FEWEST
        or len({len(numbers) for numbers in models.values()}) != 1
        or len(table.table.rows) == len(models)
    ):
        return
    for cells in grid.values():
        sums = {model: sum(cells[n].number for n in numbers if n in cells) for model, numbers in models.items()}
        usual, times = Counter(sums.values()).most_common(1)[0]
        if usual not in sizes or times < len(models) - 1:
            continue
        for model, total in sums.items():
            of_model = [cells[number] for number in models[model] if number in cells]
            why = f"The cells of {model} add to {total:g}; those of {times} models to {usual:g}, the size of the class."
            if total == usual:
                yield finding(CHECK, table.place, of_model, CONSISTENT, why, strength="exact")
            else:
                yield finding(
                    CHECK,
                    table.place,
                    of_model,
                    CONTRADICTION,
                    why,
                    tried=_TRIED,
                    computed=f"{usual:g}",
                    size=f"{abs(total - usual):g}",
                    innocent=f"{model} may have no answer for some samples.",
                )


def _same_samples(paper: ReadPaper, table: ReadTable) -> Iterator[Finding]:
    """Rows on the same samples have classes of one size; one against all they have one n."""
    counted = [(entry, counts) for entry in table.entries if (counts := counts_of(entry)) is not None]
    within = table.table.same_samples_within
    if within:
        groups: dict[str, list[tuple[Entry, Counts]]] = {}
        for entry, counts in counted:
            groups.setdefault(entry.label.get(within, ""), []).append((entry, counts))
        for group in groups.values():
            sizes = [(counts.tp + counts.fn, counts.tn + counts.fp) for _, counts in group]
            total, _ = samples_of(paper, table, group[0][0])
            yield from _one_size(table, group, sizes, "positives and negatives", total)
    elif table.average == PER_CLASS and table.class_key:
        by_name = {entry.name: counts for entry, counts in counted}
        for entries in table.groups(table.class_key).values():
            of_model = [(entry, by_name[entry.name]) for entry in entries if entry.name in by_name]
            yield from _one_size(table, of_model, [(counts.n,) for _, counts in of_model], "samples", None)


def _one_size(
    table: ReadTable,
    group: Sequence[tuple[Entry, Counts]],
    sizes: Sequence[tuple[float, ...]],
    what: str,
    total: int | None,
) -> Iterator[Finding]:
    if len(group) < 2:
        return
    usual, times = Counter(sizes).most_common(1)[0]
    words = " and ".join(f"{number:g}" for number in usual)
    if times == len(group):
        cells = [entry.cells[name] for entry, _ in group for name in ("tp", "fn", "fp", "tn")]
        yield finding(CHECK, table.place, cells, CONSISTENT, f"All rows have {words} {what}.", strength="exact")
    fewest = _FEWEST if sum(usual) != total else _FEWEST_OF_N
    if times == len(group):
        return
    if times < fewest or times < fewest * (len(group) - times):
        cells = [entry.cells[name] for entry, _ in group for name in ("tp", "fn", "fp", "tn")]
        why = f"The counts of the rows do not all add to {words} {what}."
        yield finding(CHECK, table.place, cells, FITS_ONLY_IF, why, reading=OTHER_SAMPLES)
        return
    for (entry, _), size in zip(group, sizes, strict=True):
        if size != usual:
            own = " and ".join(f"{number:g}" for number in size)
            why = f"The counts of {entry.name} add to {own} {what}; those of {times} other rows to {words}."
            names: tuple[str, ...] = ("tp", "fn", "tn", "fp")
            if len(usual) == 2:
                names = tuple(n for n, pair in zip(names, (0, 0, 1, 1), strict=True) if size[pair] != usual[pair])
            cells = [entry.cells[name] for name in names]
            yield finding(
                CHECK,
                table.place,
                cells,
                CONTRADICTION,
                why,
                tried=("another pair of classes",),
                computed=words,
                innocent=f"{entry.name} may be of other samples than the rows beside it.",
            )
