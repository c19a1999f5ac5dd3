"""The verdict on everything that a paper prints about a study: rows of verdict.csv."""

from dataclasses import dataclass, replace
from pathlib import Path

from workflow_scripts.claims.printed import interval, shown
from workflow_scripts.contracts import verdict_table as word
from workflow_scripts.contracts.claims import TIMES, UNITS, Claim, Layer, Statement
from workflow_scripts.contracts.metric_names import CLASS_METRICS
from workflow_scripts.contracts.verdict_table import VERDICT
from workflow_scripts.evaluation.equivalence import Needed, Printed, decide_counted, needed, verdict
from workflow_scripts.evaluation.quantities import CONFUSIONS, Measured
from workflow_scripts.reporting import words
from workflow_scripts.reporting.judging.answers import MEASURED, AbsentError, Answer, answer, measured
from workflow_scripts.reporting.judging.comparable import differences, printed_n
from workflow_scripts.reporting.judging.orders import Order, few_seeds, judge, order_of, power_words, share_words
from workflow_scripts.reporting.obtained import EPOCHS, NOTHING, Value
from workflow_scripts.reporting.results import Protocol, Results

Entry = Claim | Statement | Layer
COUNTED = ("samples", "classes", "class_ratio", "parameter_size")
MACHINERY = "Made data: this shows the machinery at work and says nothing about the paper."
OTHER_MACHINE = "Measured on another machine than the paper's; what it took here stands under the report's costs."


@dataclass(frozen=True)
class Row:
    """A line of verdict.csv; obtained: under the protocol as published, leak_free: under the one without leaks."""

    entry: Entry
    published: str
    obtained: Value
    leak_free: Value
    word: str
    why: str


@dataclass(frozen=True)
class Side:
    """A protocol with its runs measured."""

    protocol: Protocol
    measures: Measured


def judged(results: Results) -> list[Row]:
    """A row for every claim, statement and layer about the study, in the order of the paper's file."""
    if results.published is None:
        return []
    study, paper = results.settings["study"], results.published
    sides = [
        Side(protocol, measured(results, protocol)) if protocol else None
        for protocol in (results.as_published, next(iter(results.leak_free), None))
    ]
    entries = [entry for entry in (*paper.claims, *paper.statements, *paper.layers) if entry.study == study]
    return [_row(results, sides[0], sides[1], entry) for entry in entries]


def write(path: Path, rows: list[Row]) -> None:
    """Write verdict.csv."""
    import pandas as pd

    lines = []
    for row in rows:
        ours, free = row.obtained, row.leak_free
        numbers = (ours.value, ours.low, ours.high, ours.n, free.value, free.low, free.high)
        lines.append((row.entry.id, row.entry.place, row.published, *numbers, row.word, row.why))
    VERDICT.write(path, pd.DataFrame(lines, columns=list(VERDICT.columns)).astype(VERDICT_TYPES))


VERDICT_TYPES = {name: "float64" for name, kind in VERDICT.columns.items() if kind == "float"}


def _row(results: Results, published: Side | None, free: Side | None, entry: Entry) -> Row:
    printed = printed_words(entry)
    if reason := _unchecked(entry):
        return Row(entry, printed, NOTHING, NOTHING, word.NOT_CHECKED, reason)
    order = order_of(entry, results.headline)
    subject = order.subject if order else entry
    runs = order.runs if order else _runs(entry)
    # Of an order that differs by subset or class, and of a statement, the number shown is the subject's own.
    missing = [run for run in runs if run not in results.settings["runs"]]
    power = power_words(printed_n(results, subject), _start(entry), None) if order else ""
    if missing or published is None:
        why = f"Missing: the run{'s' * (len(missing) > 1)} {words.listed(missing)}." if missing else ""
        why = why or "No protocol of this study splits as the paper did (role as_published)."
        return Row(entry, printed, NOTHING, NOTHING, word.NOT_RUN, " ".join(filter(None, (why, power))))
    if subject.metric in TIMES:
        kind, why = (word.MADE, MACHINERY) if results.made else (word.NOT_COMPARABLE, OTHER_MACHINE)
        return Row(entry, printed, NOTHING, NOTHING, kind, why)
    ours = answer(results, published.protocol, published.measures, subject)
    theirs = answer(results, free.protocol, free.measures, subject) if free else Answer(NOTHING)
    if ours.missing and not (order and order.field == "class_name"):
        return Row(entry, printed, NOTHING, theirs.value, word.NOT_RUN, f"{words.opened(ours.missing)}.")
    place = (entry, printed, ours.value, theirs.value)
    try:
        said = _order(results, published, order, subject) if order else _number(results, published, entry, ours, theirs)
    except AbsentError as absent:
        return Row(*place, word.NOT_CHECKED, f"{absent}.")
    if results.made:
        detail = f" {said[1]}" if order else ""
        return Row(*place, word.MADE, MACHINERY + detail)
    others = differences(results, published.protocol, subject, [] if _counts_data(entry) else runs)
    # What this project read into the paper is no ground for a verdict on it.
    if others or entry.assumed:
        told = [f"Not as in the paper: {'; '.join(others)}."] if others else []
        told += [f"Left open by the paper: {sentence}" for sentence in dict.fromkeys(entry.assumed.values())]
        return Row(*place, word.NOT_COMPARABLE, " ".join(told))
    return Row(*place, *said)


def _unchecked(entry: Entry) -> str:
    """Why only the check of printed numbers can speak of it; empty where results can."""
    if isinstance(entry, Layer):
        return "A row of a table of layers: consistency.csv follows it through the network."
    if isinstance(entry, Statement):
        return ""
    if entry.metric in TIMES:
        return ""
    if "study" in entry.against:
        return "A difference between two data sets, each of which has a verdict of its own."
    if entry.metric == "samples" and entry.run and entry.subset not in ("validation", "test"):
        return "Counted with the copies that a run was trained on; the images themselves are counted elsewhere."
    if entry.metric in CLASS_METRICS and entry.class_name is None:
        return "The paper does not say of which class."
    if entry.metric not in (*MEASURED, *EPOCHS, *COUNTED):
        return "Says how the paper worked, not what came out; consistency.csv holds it against its other numbers."
    return ""


def _runs(claim: Claim) -> list[str]:
    other = claim.against.get("run")
    return [run for run in (claim.run, other) if run]


def _start(entry: Entry) -> float | None:
    """An accuracy that a paper prints with an order."""
    return entry.scaled if isinstance(entry, Claim) and entry.metric == "accuracy" else None


def _counts_data(entry: Entry) -> bool:
    """Whether it is a number of the data alone: then neither training nor n makes it incomparable."""
    return isinstance(entry, Claim) and entry.metric in ("samples", "classes", "class_ratio")


def _order(results: Results, side: Side, order: Order, subject: Claim) -> tuple[str, str]:
    found = judge(results, side.protocol, side.measures, order)
    said = order.by + share_words(found, len(results.settings["seeds"]))
    chance = word.OWN_CHANCE if found.word in word.DECIDED else ""
    power = power_words(printed_n(results, subject), None, found.apart)
    return found.word, " ".join(filter(None, (said, power, chance)))


def _number(results: Results, side: Side, claim: Claim, ours: Answer, theirs: Answer) -> tuple[str, str]:
    printed = interval(claim)
    if ours.uncertain is None:
        found = decide_counted(Printed(printed.low, printed.high), ours.value.value)
        return found, f"Counted exactly: {gap(claim, ours.value.value - claim.scaled)} against the printed number."
    margin = results.settings["evaluate"]["margin"]
    among = _paper_size(results, claim, ours) if claim.metric == CONFUSIONS else 1.0
    window = Printed(printed.low / among, printed.high / among)
    found = verdict(window, ours.uncertain, margin)
    why = _difference(claim, window, ours, margin, among)
    if found == word.CANNOT_TELL:
        seeds = len(results.settings["seeds"])
        n = ours.value.n or 0
        why += f" {needed_words(needed(window, ours.uncertain, margin, n, seeds), ours, n, seeds)}"
    elif theirs.uncertain is not None:
        why += f" {results.without_leaks.capitalize()}: {verdict(window, theirs.uncertain, margin)}."
    if found in (word.HIGHER, word.LOWER):
        why += f" {word.OWN_CHANCE}"
    return found, why


def _paper_size(results: Results, claim: Claim, ours: Answer) -> float:
    """Samples of a class in the paper's subset, of which its confusions are a part; where it does not say, ours."""
    plain = replace(claim, metric="samples", n=None, predicted=None)
    for other in results.published.claims:
        wanted = (plain.study, plain.metric, plain.subset, plain.class_name)
        if (other.study, other.metric, other.subset, other.class_name) == wanted and not other.source:
            return other.value
    return ours.scale


def _difference(claim: Claim, window: Printed, ours: Answer, margin: float, scale: float) -> str:
    low, high = ours.uncertain.interval()
    if low != low:
        return "No interval: too few groups, or the metric is undefined in too many draws."
    ends = [gap(claim, scale * end) for end in (low - window.high, high - window.low)]
    allowed = gap(claim, scale * margin)[1:]
    return f"Obtained minus published: {ends[0]} to {ends[1]}, rounding included; margin ±{allowed}."


def gap(claim: Claim, value: float) -> str:
    """A difference in the claim's unit, with its sign."""
    if claim.unit in ("percent", "percentage_points", "tenths"):
        return f"{words.points(value)} points"
    digits = {"count": 1 if claim.metric == CONFUSIONS else 0, "MB": 1}.get(claim.unit, 3)
    unit = {"count": "", "MB": " MB"}.get(claim.unit, "")
    return f"{value / UNITS[claim.unit]:+.{digits}f}{unit}".replace("-", "−")


def needed_words(found: Needed, ours: Answer, n: int, seeds: int) -> str:
    """How many more samples or seeds would decide."""
    if ours.uncertain.sampling is None:
        return "More groups are needed."
    if not ours.uncertain.known:
        return few_seeds(seeds)
    if found.units:
        return f"With this value about {words.plural(found.units - n, 'more sample', 'more samples')} would tell."
    if found.seeds:
        return f"With this value about {words.plural(found.seeds - seeds, 'more seed', 'more seeds')} would tell."
    if found.both:
        units, more = max(found.both[0] - n, 0), max(found.both[1] - seeds, 0)
        more_seeds = words.plural(more, "more seed")
        return f"With this value about {words.grouped(units)} more samples and {more_seeds} would tell."
    return "The number is printed too coarsely for this margin: more samples or seeds would not help."


def printed_words(entry: Entry) -> str:
    """As the paper prints it."""
    if isinstance(entry, Claim):
        return shown(entry)
    return f"“{entry.words}”" if isinstance(entry, Statement) else " x ".join(map(str, entry.size))
