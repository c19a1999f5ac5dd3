"""Columns of a pasted table: which name rows, which hold numbers, and which belong to the number before them."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from workflow_scripts.contracts.paper_tables.metric_spellings import averaged, canonical, column_names, is_metric
from workflow_scripts.contracts.paper_tables.plain_cells import numbers_in
from workflow_scripts.contracts.paper_tables.printed_cells import is_empty

# Word in a heading → kind of name of its cells.
_KINDS = {
    "model": "model, models, method, methods, network, classifier, algorithm, architecture, approach, technique, "
    "backbone, system",
    "class": "class, classes, category, label, grade, type, lesion, diagnosis, cell type",
    "set": "set, dataset, data set, data, cohort, center, centre, site, database, test set, split",
    "fold": "fold, folds, k, split no, run, seed, repeat",
    "who": "reader, expert, observer, pathologist, radiologist, rater, doctor",
    "level": "level, year, epoch, age, age group",
    "threshold": "threshold, cutoff, cut-off, operating point",
}
_KIND_BY_WORD = {word: kind for kind, words in _KINDS.items() for word in words.split(", ")}
KINDS = tuple(_KINDS)
_INTERVAL = re.compile(
    r"(?:\(|\[)?(?:9[059](?:\.\d)?\s?%?\s?)?(?:ci|c\.i\.|confidence intervals?)(?:\)|\])?(?: ?\(.*\))?", re.I
)
_SPREAD = re.compile(r"(?:±\s*)?(?:sd|std|s\.d\.|std\.? ?dev\.?|standard deviation)|±", re.I)
_FRACTION = re.compile(
    r"\(?n\s?/\s?n(?: total)?\)?|fraction|(?:correct|right|hits|[kx]|n(?: correct)?)\s?/\s?(?:total|all|n)", re.I
)
_METRICS = re.compile(r"(?:(?:performance|evaluation) )?(?:metrics?|measures?|m[ée]tri[ck]as?|metrik)", re.I)
_TEST = re.compile(r"\W*test(?:ing)?(?:[ -]set)?[ _-]+", re.I)
_LEARNED = re.compile(r"\W*(?:train|val|dev|cv\b|cross)", re.I)
# `Model architecture`, `Classifier name`, `Base model`.
_OF_MODEL = re.compile(
    r"(?:base |deep )?(?:model|method|network|classifier|algorithm)(?: (?:name|type|architecture|variant|id|used))?"
)
_BY_CLASS = {"precision", "sensitivity", "f1", "n"}
# Headings above the numbers of rows, which are no names of theirs.
_ROW_NUMBER = re.compile(r"(?:s(?:r|l|er(?:ial)?)?\.?\s?)?(?:#|no\.?|nr\.?)|s/n|rank(?:ing)?|", re.I)


@dataclass(frozen=True)
class Heading:
    """A column: its heading as printed, what it holds, its name, and its group of columns (empty: of none)."""

    text: str
    holds: Literal["label", "value", "interval", "spread", "fraction"]
    name: str = ""
    group: str = ""

    @property
    def percent(self) -> bool:
        """Whether the heading says that its numbers are in percent."""
        return "%" in re.sub(r"9[059](?:\.\d)?\s?%", "", self.text) or "percent" in self.text.lower()


def _plain(heading: str) -> str:
    return " ".join(heading.lower().strip(" *_:#").split())


def label_kind(heading: str) -> str:
    """The kind of name in a column with this heading: `model`, `class`, `set`, …, or the heading; `row` of none."""
    plain = _plain(heading)
    of_model = _OF_MODEL.fullmatch(plain)
    kind = "model" if of_model else _KIND_BY_WORD.get(plain, plain or "row")
    return plain if kind == "level" else kind


def label_kinds(headings: Mapping[int, str]) -> dict[int, str]:
    """Column → kind of name in it. Of two columns of one kind, `Model` and `Backbone`, the later keeps its heading."""
    kinds: dict[int, str] = {}
    for number, heading in headings.items():
        plain = _plain(heading)
        kinds[number] = next(
            kind for kind in (label_kind(heading), plain, f"{plain} {number}") if kind not in kinds.values()
        )
    return kinds


def with_supports(headings: Sequence[Heading], kinds: Collection[str]) -> list[Heading]:
    """The columns; `n` beside nothing but precision, recall and F of classes is the size of each class."""
    names = [heading.name for heading in headings if heading.holds == "value" and is_metric(heading.name)]
    if "class" not in kinds or "n" not in names or not {"precision", "sensitivity"} <= set(names) <= _BY_CLASS:
        return list(headings)
    return [replace(heading, name="support") if heading.name == "n" else heading for heading in headings]


def heads_metrics(heading: str) -> bool:
    """Whether a heading stands above the names of metrics: `Metric`, `Measure`."""
    return bool(_METRICS.fullmatch(heading.strip(" *_:")))


def _without_test(heads: Sequence[str]) -> list[str]:
    """Headings such as `Test accuracy` without the first word, where no heading is of training or validation."""
    if any(_LEARNED.match(head) for head in heads):
        return list(heads)
    bare = [_TEST.sub("", head) for head in heads]
    return [short if names_metric(short) else head for short, head in zip(bare, heads, strict=True)]


def _with_whole_names(heads: Sequence[str]) -> list[str]:
    """Headings, of which `P` and `R` are precision and recall in a table with an F score."""
    plain = [head.strip(" *_").lower() for head in heads]
    if not {"p", "r"} <= set(plain) or "f1" not in {canonical(head) for head in heads}:
        return list(heads)
    whole = {"p": "Precision", "r": "Recall"}
    return [whole.get(name, head) for name, head in zip(plain, heads, strict=True)]


def numbers_rows(heading: str, cells: Sequence[str]) -> bool:
    """Whether a column numbers the rows: `Rank`, `Sr. No.`, or no heading, above a number in each cell."""
    numbered = all(re.search(r"\d", cell) and not re.search(r"[^\W\d_]{2}", cell) for cell in cells)
    return bool(cells) and numbered and bool(_ROW_NUMBER.fullmatch(heading.strip(" *_:")))


def names_rows(heading: str) -> bool:
    """Whether a heading stands above names that hold letters: of models, data sets or readers."""
    return label_kind(heading) in ("model", "set", "who")


def names_metric(heading: str) -> bool:
    """Whether a heading names a metric, with its average or without."""
    return is_metric(canonical(heading)) or bool(averaged(heading)[0])


def headings_of(heads: Sequence[str], groups: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Heading]:
    """The columns of a table; `groups`: names above the headings, empty where a name runs on; rows: cells as long."""
    meant = _with_whole_names(_without_test(heads))
    headings = [_heading(head, [row[number] for row in rows], number) for number, head in enumerate(meant)]
    names = column_names(heading.text for heading in headings if heading.holds == "value")
    headings = [
        replace(heading, name=names.get(heading.text, ""), text=head)
        for heading, head in zip(headings, heads, strict=True)
    ]
    used = [heading.name for heading in headings if heading.holds == "value"]
    return headings if len(used) == len(set(used)) else _grouped(headings, groups)


def belonging(head: str) -> Literal["interval", "spread", "fraction"] | None:
    """What a column with this heading adds to the numbers of the column before it; None where it stands for itself."""
    plain = head.strip(" *_")
    if _INTERVAL.fullmatch(plain):
        return "interval"
    if _SPREAD.fullmatch(plain):
        return "spread"
    return "fraction" if _FRACTION.fullmatch(plain) else None


def _heading(head: str, cells: Sequence[str], number: int) -> Heading:
    if names_metric(head):
        return Heading(head, "value")
    plain = head.strip(" *_")
    if number and (kind := belonging(head)):
        return Heading(head, kind)
    filled = [cell for cell in cells if not is_empty(cell)]
    if number == 0 or plain.lower() in _KIND_BY_WORD or 2 * numbers_in(filled) < len(filled) or not head.strip():
        return Heading(head, "label")
    return Heading(head, "value")


def _grouped(headings: Sequence[Heading], groups: Sequence[str]) -> list[Heading]:
    """Columns whose names stand several times, each with the name of its group, or the number of its repetition."""
    values = [number for number, heading in enumerate(headings) if heading.holds == "value"]
    names = [headings[number].name for number in values]
    repetitions = [f"columns {names[: number + 1].count(name)}" for number, name in enumerate(names)]
    above = _names_above(groups, len(headings))
    by_place = [above[number] or repetitions[position] for position, number in enumerate(values)]
    of_blocks = _names_of_blocks(groups, names)
    candidates = (of_blocks, repetitions) if _are_merged(groups, values) else (by_place, of_blocks, repetitions)
    # Of a name that stands twice in one group, one number would be lost.
    of_values = next(of for of in candidates if of and len(set(zip(of, names, strict=True))) == len(names))
    of_column = dict(zip(values, of_values, strict=True))
    grouped: list[Heading] = []
    group = ""
    for number, heading in enumerate(headings):
        group = of_column.get(number, group)
        grouped.append(heading if heading.holds == "label" else replace(heading, group=group))
    return grouped


def _names_above(groups: Sequence[str], columns: int) -> list[str]:
    """For each column the name of its group: the one above it, or the last one to the left of that."""
    running, above = "", []
    for number in range(columns):
        running = (groups[number].strip(" *") if number < len(groups) else "") or running
        above.append(running)
    return above


def _are_merged(groups: Sequence[str], values: Sequence[int]) -> bool:
    """Whether the names above columns are merged cells of which a copy kept one each: several, and no gap in them."""
    filled = [number for number, name in enumerate(groups) if name.strip(" *")]
    return 1 < len(filled) == filled[-1] - filled[0] + 1 and not set(values) <= set(filled)


def _names_of_blocks(groups: Sequence[str], names: Sequence[str]) -> list[str]:
    """The names of merged cells, of which a copy keeps one cell each, where the columns are as many equal blocks.

    The first cell may be the heading of the rows' names. Empty where the names do not fit.
    """
    filled = [name.strip(" *") for name in groups if name.strip(" *")]
    for merged in (filled, filled[1:]):
        width = len(names) // len(merged) if merged else 0
        if len(set(merged)) > 1 and list(names) == list(names[:width]) * len(merged):
            return [name for name in merged for _ in range(width)]
    return []
