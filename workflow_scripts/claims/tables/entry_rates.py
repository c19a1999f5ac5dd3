"""Entries as rates of two classes, and what a column may hold instead of what its head says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from workflow_scripts.claims.arithmetic.prevalence import implied_prevalence
from workflow_scripts.claims.arithmetic.rates import Rate
from workflow_scripts.claims.arithmetic.ways_of_writing import ANY
from workflow_scripts.claims.tables.printed_entries import Cell, Entry, ReadTable, renamed
from workflow_scripts.claims.tables.table_words import OVER_CLASSES, PER_CLASS, UNSAID

# Shares of the wrong answers → the metric that is one less them.
_COMPLEMENTS = {
    "false_negative_rate": "sensitivity",
    "false_positive_rate": "specificity",
    "error_rate": "accuracy",
}
# Metrics that are linear in sensitivity and specificity: their means over stratified folds stay so.
LINEAR = ("sensitivity", "specificity", "accuracy", "balanced_accuracy", "youden")
_CURVED = ("precision", "npv", "f1", "kappa", "mcc", "f_beta(0.5)", "f_beta(2)")
# How far means over folds may be from what the means of the other rates give, in parts of v (1 - v) and of its root.
_CURVED_SLACK, _LINEAR_SLACK = 0.3, 0.07
# Rows that fit to the last digit, all that there are, which say that a table is of one run; a row beside them may be
# off by some units of the last digit then.
_FITTING, _UNITS = 4, 2.0
# The part of what means over folds may be off that is left where rows beside are not off at all.
_BESIDE = 0.25
_SHARES, _TYING = ("sensitivity", "specificity", "precision", "npv", "accuracy", "f1"), 4
_READINGS: Mapping[str, Mapping[str, str]] = {
    'column "specificity" holds precision': {"specificity": "precision"},
    "sensitivity and specificity are exchanged": {"sensitivity": "specificity", "specificity": "sensitivity"},
    "precision and NPV are exchanged": {"precision": "npv", "npv": "precision"},
    "precision and sensitivity are exchanged": {"precision": "sensitivity", "sensitivity": "precision"},
    'column "accuracy" is (sensitivity + specificity)/2': {"accuracy": "balanced_accuracy"},
}
BALANCED = 'column "accuracy" is (sensitivity + specificity)/2'


@dataclass(frozen=True)
class ColumnReading:
    """What the columns of a table hold: metric of the head → metric that it is read as; words: empty as they stand."""

    metrics: Mapping[str, str]
    words: str = ""
    wrong: tuple[Entry, ...] = ()


def counted(entry: Entry) -> bool:
    """Whether the counts are printed with the rates and say more than they do."""
    return {"tp", "tn"} <= set(entry.cells)


def usable(cell: Cell) -> bool:
    """Whether a cell is a rate of two classes that arithmetic reads."""
    name = _COMPLEMENTS.get(cell.metric, cell.metric)
    return name in LINEAR or name in _CURVED


def rates_of(
    entry: Entry,
    way: str = ANY,
    slack: bool = False,
    leave_out: Sequence[str] = (),
    raised: Sequence[str] = (),
    lacking: float = 0.4,
) -> list[Rate]:
    """The rates of an entry; slack: as wide as means over folds need them; raised: metrics that may have been higher.

    What is 0/0 in a fold is often taken as 0, which lowers a mean: `lacking` is the part of the folds that may
    be so.
    """
    rates = []
    for cell in entry.cells.values():
        if not usable(cell) or cell.metric in leave_out:
            continue
        low, high = cell.span(way)
        if cell.metric in _COMPLEMENTS:
            low, high = 1 - high, 1 - low
        name = _COMPLEMENTS.get(cell.metric, cell.metric)
        if slack:
            low, high = over_folds(name, low, high)
        if name in raised:
            high = 1.0 if lacking >= 1 else min(1.0, max(high, 0.0) / (1 - lacking))
        rates.append(Rate(name, low, high))
    return rates


def over_folds(metric: str, low: float, high: float) -> tuple[float, float]:
    """The ends of a rate of all samples, as wide as a mean of it over folds may lie."""
    inside = min(1.0, max(0.0, (low + high) / 2))
    spread = inside * (1 - inside)
    room = _LINEAR_SLACK * spread**0.5 + (0.0 if metric in LINEAR else _CURVED_SLACK * spread)
    return low - room, high + room


def implied(rates: Sequence[Rate]) -> tuple[float, float] | None:
    """Lowest and highest share of positives that rates imply, None where no two classes give them; computed once."""
    return _implied(tuple((rate.metric, rate.low, rate.high) for rate in rates))


@lru_cache(maxsize=4096)
def _implied(rates: tuple[tuple[str, float, float], ...]) -> tuple[float, float] | None:
    return implied_prevalence([Rate(*rate) for rate in rates])


def fits_two_classes(
    entry: Entry,
    slack: bool = False,
    leave_out: Sequence[str] = (),
    raised: Sequence[str] = (),
    lacking: float = 0.4,
) -> bool:
    """Whether some table of two classes, of any size, gives the rates of an entry."""
    return implied(rates_of(entry, ANY, slack, leave_out, raised, lacking)) is not None


def fits_beside(table: ReadTable, entry: Entry) -> bool | None:
    """Whether an entry fits nearly as rows of one run do; None where the rows beside it do not say that they are.

    Rows say so by more shares than three numbers, sensitivity, specificity and the share of positives, would give by
    chance; kappa and MCC say too little, and so do rows with shares of 0 or 1, as medians over small folds have.
    """
    compared = [row for row in one_class_entries(table) if row.name != entry.name and not counted(row)]
    inside = [row for row in compared if all(0 < row.cells[metric].number < 1 for metric in _shares(row))]
    if len(inside) < _FITTING or any(len(_shares(row)) < _TYING or not _fits_shares(row) for row in compared):
        return None
    if len(_shares(entry)) < _TYING or _fits_shares(entry):
        return None
    least = _UNITS * max(entry.cells[metric].unit for metric in _shares(entry))
    rates = []
    for tight, wide in zip(rates_of(entry), rates_of(entry, slack=True), strict=True):
        room = max(least, _BESIDE * (wide.high - tight.high))
        rates += [Rate(tight.metric, tight.low - room, tight.high + room)] if tight.metric in _SHARES else []
    return implied(rates) is not None


def _shares(entry: Entry) -> list[str]:
    return [metric for metric in entry.cells if metric in _SHARES]


def _fits_shares(entry: Entry) -> bool:
    return implied([rate for rate in rates_of(entry) if rate.metric in _SHARES]) is not None


def one_class_entries(table: ReadTable) -> list[Entry]:
    """Entries whose rates are of one class against the other or the rest, as the paper says or leaves open.

    Left out are those that sum up others, those that repeat the accuracy as sensitivity, as support-weighted averages
    do, and accuracies of all classes in the rows of classes.
    """
    if table.average == OVER_CLASSES:
        return []
    entries = [entry for entry in table.plain_entries() if _tied(entry)]
    if table.average == UNSAID:
        entries = [entry for entry in entries if not repeats_accuracy(entry)]
    if table.average == PER_CLASS or table.class_key:
        entries = [_without_overall(table, entry) for entry in entries]
    return [entry for entry in entries if _tied(entry)]


def _tied(entry: Entry) -> bool:
    """Whether an entry has rates that imply a share of positives, or might: precision, recall and their F do not."""
    metrics = {cell.metric for cell in entry.cells.values() if usable(cell)}
    return len(metrics) > 2 and any(
        m not in ("precision", "sensitivity") and not m.startswith("f1") and not m.startswith("f_beta") for m in metrics
    )


def repeats_accuracy(entry: Entry) -> bool:
    """Whether accuracy and sensitivity are the same number while another rate differs: so are weighted averages."""
    accuracy, recall = entry.get("accuracy"), entry.get("sensitivity")
    if accuracy is None or recall is None or accuracy.value.text != recall.value.text or recall.number >= 1:
        return False
    return any(c.value.text != recall.value.text for m, c in entry.cells.items() if usable(c) and m != "accuracy")


def _without_overall(table: ReadTable, entry: Entry) -> Entry:
    group = [
        row
        for members in table.groups(table.class_key).values()
        for row in members
        if any(member.name == entry.name for member in members) and "accuracy" in row.cells
    ]
    if len(group) > 2 and len({row.cells["accuracy"].value.text for row in group if not row.sums_up}) == 1:
        return Entry(entry.name, entry.label, {m: c for m, c in entry.cells.items() if m != "accuracy"}, entry.sums_up)
    return entry


def read_columns(table: ReadTable) -> ColumnReading:
    """What the columns hold: exchanged, where that makes all rows fit of which several do not as they stand."""
    entries = [entry for entry in one_class_entries(table) if not counted(entry)]
    wrong = tuple(entry for entry in entries if not _fits_curved(entry))
    if len(wrong) < 2 or len(entries) < 3 or len(wrong) < len(entries) / 5:
        return ColumnReading({})
    for words, metrics in _READINGS.items():
        taken = set(metrics.values()) - set(metrics)
        needed = set(metrics) | ({"sensitivity", "specificity"} if words == BALANCED else set())
        usual = all(needed <= set(entry.cells) and not taken & set(entry.cells) for entry in entries)
        if usual and all(_fits_curved(renamed(entry, metrics)) for entry in entries):
            return ColumnReading(metrics, words, wrong)
    return ColumnReading({})


def _fits_curved(entry: Entry) -> bool:
    """Whether an entry fits, means over folds being allowed for what is not linear alone."""
    strict, loose = rates_of(entry), rates_of(entry, slack=True)
    rates = [wide if wide.metric in _CURVED else tight for tight, wide in zip(strict, loose, strict=True)]
    return implied(rates) is not None
