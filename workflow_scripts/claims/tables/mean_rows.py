"""Rows and columns that sum up others: plain means, weighted means, and the spread printed with them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workflow_scripts.claims.arithmetic.ways_of_writing import ANY, ROUNDED
from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF
from workflow_scripts.claims.tables.entry_rates import implied, rates_of
from workflow_scripts.claims.tables.finding import WEIGHTED, Finding, finding
from workflow_scripts.claims.tables.last_digits import distance, within
from workflow_scripts.claims.tables.printed_entries import Cell, Entry, ReadPaper, ReadTable
from workflow_scripts.claims.tables.printed_scales import UNSCALED
from workflow_scripts.claims.tables.table_words import UNSAID, is_plain_mean, sums_up, takes_median
from workflow_scripts.contracts.paper_tables.metric_spellings import is_metric
from workflow_scripts.contracts.paper_tables.result_tables import PrintedValue

CHECK = "means of rows"
_TRIED = ("a plain mean", "a support-weighted mean", "fewer rows", "classes without a value left out")
# What may be another thing in a row that sums up: the overall accuracy, the F of the means, a pooled area or kappa.
_OF_ITS_OWN = ("accuracy", "f1", "auc", "kappa", "mcc")
# One unit of the last digit of numbers that are hardly means of others by chance.
_FINE = 0.0011
# Units of the last digit, or as a share, by which the mean of a median over folds may well be off.
_NEAR, _NEAR_SHARE = 5, 0.02
# A spread is this many times another one before it is called wrong: roundings of the parts change it a little.
_FAR = 2.0


@dataclass(frozen=True)
class _Parts:
    """The rows that a row sums up."""

    summary: Entry
    entries: tuple[Entry, ...]

    def of(self, metric: str) -> list[Cell]:
        return [entry.cells[metric] for entry in self.entries if metric in entry.cells]

    def metrics(self) -> list[str]:
        """Rates of the summary that at least two parts have."""
        rates = (metric for metric in self.summary.cells if is_metric(metric) and metric not in UNSCALED)
        return [metric for metric in rates if len(self.of(metric)) > 1]


def check(paper: ReadPaper) -> Iterator[Finding]:
    """Each row or column that sums up others against them."""
    for table in paper.tables:
        for number, entry in enumerate(table.entries):
            if entry.sums_up and (candidates := _candidates(table, number)):
                yield from _of_summary(paper, table, candidates)
        yield from _mean_columns(table)


def _candidates(table: ReadTable, number: int) -> list[_Parts]:
    """Which rows a row may sum up, the likeliest first: all of its block, then runs of rows next to it."""
    summary = table.entries[number]
    keys = [key for key, name in summary.label.items() if sums_up(name)]
    same = {key: name for key, name in summary.label.items() if key not in keys}
    plain = [
        entry
        for entry in table.entries
        if not entry.sums_up and all(entry.label.get(key) == name for key, name in same.items())
    ]
    before = [entry for entry in table.entries[:number] if entry in plain]
    since = [
        index
        for index, entry in enumerate(table.entries[:number])
        if entry.sums_up and all(entry.label.get(key) == name for key, name in same.items())
    ]
    run = [entry for entry in table.entries[since[-1] + 1 if since else 0 : number] if entry in plain]
    after = [entry for entry in table.entries[number + 1 :] if entry in plain]
    parts = [plain, run]
    parts += [before[-length:] for length in range(len(before) - 1, 1, -1)]
    parts += [after[:length] for length in range(len(after), 1, -1)]
    kept = dict.fromkeys(tuple(entry.name for entry in part) for part in parts if len(part) > 1)
    by_name = {entry.name: entry for entry in plain}
    return [_Parts(summary, tuple(by_name[name] for name in names)) for names in kept]


def _mean(cells: Sequence[Cell], way: str, weights: Sequence[float] | None = None) -> tuple[float, float]:
    """Lowest and highest mean of the numbers behind some cells."""
    shares = [1 / len(cells)] * len(cells) if weights is None else [weight / sum(weights) for weight in weights]
    spans = [cell.span(way) for cell in cells]
    return (
        sum(share * low for share, (low, _) in zip(shares, spans, strict=True)),
        sum(share * high for share, (_, high) in zip(shares, spans, strict=True)),
    )


def _plain(parts: _Parts, metric: str, way: str = ANY) -> bool:
    cell, cells = parts.summary.cells[metric], parts.of(metric)
    valued = [part for part in cells if part.number != 0]
    return within(cell, *_mean(cells, way), way) or (len(valued) > 1 and within(cell, *_mean(valued, way), way))


def _weights(parts: _Parts) -> list[float] | None:
    supports = [entry.count("support") for entry in parts.entries]
    weights = [float(support) for support in supports if support]
    return weights if len(weights) == len(parts.entries) else None


def _weighted(parts: _Parts, metric: str) -> bool:
    weights, cells = _weights(parts), parts.of(metric)
    if weights is None or len(cells) != len(weights):
        return False
    return within(parts.summary.cells[metric], *_mean(cells, ANY, weights))


def _of_summary(paper: ReadPaper, table: ReadTable, candidates: Sequence[_Parts]) -> Iterator[Finding]:
    metrics = candidates[0].metrics()
    if not metrics:
        return
    for parts in candidates:
        if all(_plain(parts, metric) for metric in parts.metrics()):
            yield from _all_plain(paper, table, parts)
            yield from _spreads(table, parts)
            return
    parts = max(candidates[:2], key=lambda parts: sum(_plain(parts, metric) for metric in parts.metrics()))
    fits = {metric: _plain(parts, metric) or _weighted(parts, metric) for metric in parts.metrics()}
    yield from _spreads(table, parts)
    if all(fits.values()):
        yield _all_weighted(table, parts)
        return
    yield from _misfits(table, parts, [metric for metric, fit in fits.items() if not fit])


def _all_plain(paper: ReadPaper, table: ReadTable, parts: _Parts) -> Iterator[Finding]:
    cells = [parts.summary.cells[metric] for metric in parts.metrics()]
    why = f"{parts.summary.name} is the plain mean of {len(parts.entries)} rows."
    pooled = not any(is_plain_mean(name) for name in parts.summary.label.values())
    if (
        pooled
        and _sizes_differ(paper, parts)
        and any(len({c.value.text for c in parts.of(m)}) > 1 for m in parts.metrics())
    ):
        reading = f'"{parts.summary.name.split(", ")[-1]}" is the plain mean of sets of different size'
        yield finding(CHECK, table.place, cells, FITS_ONLY_IF, why, reading=reading, tried=("pooled samples",))
        return
    rounded = all(_plain(parts, metric, ROUNDED) for metric in parts.metrics())
    yield finding(CHECK, table.place, cells, CONSISTENT, why, strength="exact" if rounded else "strong")


def _sizes_differ(paper: ReadPaper, parts: _Parts) -> bool:
    """Whether the parts are sets of whose sizes the paper says that they differ."""
    test_n = paper.paper.test_n
    if test_n is None or isinstance(test_n, int):
        return False
    sizes = [test_n[name] for entry in parts.entries for name in entry.label.values() if name in test_n]
    return len(sizes) == len(parts.entries) and len(set(sizes)) > 1


def _all_weighted(table: ReadTable, parts: _Parts) -> Finding:
    cells = [parts.summary.cells[metric] for metric in parts.metrics()]
    why = f"{parts.summary.name} is the support-weighted mean of {len(parts.entries)} rows."
    if any(is_plain_mean(name) for name in parts.summary.label.values()):
        reading = WEIGHTED
        return finding(CHECK, table.place, cells, FITS_ONLY_IF, why, reading=reading, tried=("a plain mean",))
    return finding(CHECK, table.place, cells, CONSISTENT, why, strength="exact")


def _misfits(table: ReadTable, parts: _Parts, misfits: Sequence[str]) -> Iterator[Finding]:
    """Columns that are no mean of the rows: wrong where the other columns are, else a mean of something else."""
    fits = [m for m in parts.metrics() if m not in misfits and len({cell.value.text for cell in parts.of(m)}) > 1]
    # The overall accuracy is no mean of those of classes; that of models is.
    exempt = _OF_ITS_OWN if table.class_key else _OF_ITS_OWN[1:]
    own = [metric for metric in misfits if metric in exempt]
    wrong = [metric for metric in misfits if metric not in exempt]
    if own and not wrong:
        return
    named = any(is_plain_mean(name) for name in parts.summary.label.values())
    cells = [parts.summary.cells[metric] for metric in wrong]
    if not named:
        outside = [cell for cell in cells if not _inside(cell, parts.of(cell.metric))]
        outcome = FITS_ONLY_IF if outside else CONSISTENT
        reading = "it is of other samples than these rows together" if outside else ""
        why = f"{parts.summary.name} lies {'outside' if outside else 'between'} the rows that it sums up."
        yield finding(
            CHECK, table.place, outside or cells, outcome, why, reading=reading, strength="" if outside else "weak"
        )
        return
    support = parts.summary.count("support")
    weights = _weights(parts)
    cell = cells[0]
    mean = sum(part.number for part in parts.of(cell.metric)) / len(parts.of(cell.metric))
    if len(wrong) == 1 and _is_pooled(table, parts, cell.metric):
        why = f"{cell.value.text} is not the mean of the rows, {cell.printed(mean)}, as {len(fits)} columns are."
        reading = f"{cell.called} of {parts.summary.name} is that of all answers together"
        yield finding(CHECK, table.place, (cell,), FITS_ONLY_IF, why, reading=reading, tried=_TRIED)
        return
    if len(fits) >= 2 and len(wrong) == 1 and not _may_be_medians(table, cell, mean):
        why = (
            f"{cell.value.text} is printed; the rows have the mean {cell.printed(mean)}; {len(fits)} columns are means."
        )
        size = distance(cell, mean)
        yield finding(
            CHECK, table.place, (cell,), CONTRADICTION, why, tried=_TRIED, computed=cell.printed(mean), size=size
        )
        return
    why = f"{parts.summary.name} is neither the plain nor the support-weighted mean of the rows."
    reading = "a class that is not shown is part of the mean"
    if support is None or weights is None or support == sum(weights):
        reading = "the mean has weights that are not printed, or a class that is not shown"
    yield finding(CHECK, table.place, cells, FITS_ONLY_IF, why, reading=reading, tried=_TRIED)


def _is_pooled(table: ReadTable, parts: _Parts, metric: str) -> bool:
    """Whether a predictive value follows from the mean rates and the share of positives that all rows have.

    On the same samples the mean sensitivity is that of all answers together, and a mean of predictive values is not.
    """
    if table.class_key or metric not in ("precision", "npv") or not parts.summary.has("sensitivity", "specificity"):
        return False
    spans = [implied(rates_of(entry)) for entry in (parts.summary, *parts.entries)]
    shares = [span for span in spans if span is not None]
    return len(shares) == len(spans) and max(low for low, _ in shares) <= min(high for _, high in shares)


def _may_be_medians(table: ReadTable, cell: Cell, mean: float) -> bool:
    """Whether medians over folds are meant, or may be: of coarse digits, or near to the mean of the rows."""
    near = cell.unit > _FINE or abs(cell.number - mean) <= max(_NEAR * cell.unit, _NEAR_SHARE)
    return takes_median(table.table.aggregation) or (table.aggregate == UNSAID and near)


def _inside(cell: Cell, parts: Sequence[Cell]) -> bool:
    return within(cell, min(part.span()[0] for part in parts), max(part.span()[1] for part in parts))


def _spreads(table: ReadTable, parts: _Parts) -> Iterator[Finding]:
    """Standard deviations over the rows: where some are, and others are far from them, these are wrong."""
    import numpy as np

    right: list[Cell] = []
    wrong: list[tuple[Cell, float]] = []
    for metric in parts.metrics():
        cell, cells = parts.summary.cells[metric], parts.of(metric)
        printed = PrintedValue(cell.value.plus_minus) if cell.value.plus_minus else None
        if printed is None or printed.number is None or any(part.value.plus_minus for part in cells):
            continue
        numbers = np.array([part.number * part.scale for part in cells])
        allowed = printed.unit + max(part.value.unit for part in cells)
        spreads = [float(numbers.std(ddof=ddof)) for ddof in (0, 1)]
        if any(abs(spread - printed.number) <= allowed for spread in spreads):
            right.append(cell)
        elif all(not spread / _FAR - allowed <= printed.number <= spread * _FAR + allowed for spread in spreads):
            wrong.append((cell, spreads[1]))
    if len(right) < 2:
        return
    yield finding(CHECK, table.place, right, CONSISTENT, "± is the standard deviation of the rows.", strength="exact")
    for cell, spread in wrong:
        why = f"±{cell.value.plus_minus} is printed; the standard deviation of the rows is {spread:.2f}."
        tried = ("standard deviations with n and n - 1", "standard errors")
        yield finding(CHECK, table.place, (cell,), CONTRADICTION, why, tried=tried, computed=f"{spread:.2f}")


def _mean_columns(table: ReadTable) -> Iterator[Finding]:
    """A column of means of the columns beside it: plain, or with one set of weights in all rows."""
    columns = [column for column in table.table.columns if not is_metric(column)]
    means = [column for column in columns if sums_up(column) and is_plain_mean(column)]
    parts = [column for column in columns if not sums_up(column)]
    rows = [entry for entry in table.plain_entries() if entry.has(*columns)]
    if len(means) != 1 or len(parts) < 2 or len(parts) + 1 != len(table.table.columns) or len(rows) < 2:
        return
    cells = [entry.cells[means[0]] for entry in rows]
    if all(within(cell, *_mean([entry.cells[c] for c in parts], ANY)) for cell, entry in zip(cells, rows, strict=True)):
        yield finding(CHECK, table.place, cells, CONSISTENT, "The column is the mean of the others.", strength="exact")
        return
    outside = [e.cells[means[0]] for e in rows if not _inside(e.cells[means[0]], [e.cells[c] for c in parts])]
    for cell in outside:
        why = f"{cell.value.text} lies outside the numbers of which it is the mean."
        yield finding(CHECK, table.place, (cell,), CONTRADICTION, why, tried=("plain and weighted means",))
    if not outside:
        shared = _weights_fit(rows, parts, means[0])
        reading = "the mean is weighted by sizes that are not printed" + ("" if shared else ", other ones in each row")
        why = "The column is no plain mean of the others."
        yield finding(CHECK, table.place, cells, FITS_ONLY_IF, why, reading=reading, tried=("a plain mean",))


def _weights_fit(rows: Sequence[Entry], parts: Sequence[str], mean: str) -> bool:
    """Whether one set of weights gives the means of all rows."""
    import numpy as np
    from scipy.optimize import linprog

    low = np.array([[entry.cells[column].span()[0] for column in parts] for entry in rows])
    high = np.array([[entry.cells[column].span()[1] for column in parts] for entry in rows])
    spans = np.array([entry.cells[mean].span() for entry in rows])
    bounds = np.concatenate([low, -high]), np.concatenate([spans[:, 1], -spans[:, 0]])
    solved = linprog(np.zeros(len(parts)), *bounds, np.ones((1, len(parts))), [1.0], (0, 1), "highs")
    return bool(solved.status == 0)
