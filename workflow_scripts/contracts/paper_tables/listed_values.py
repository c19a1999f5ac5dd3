"""Numbers that stand in lines of their own, a metric a line: `Sensitivity 92.3% (48/52)`, `Accuracy: 0.91 0.88`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from workflow_scripts.contracts.paper_tables.headed_cells import names_metric
from workflow_scripts.contracts.paper_tables.metric_spellings import averaged, canonical, column_names
from workflow_scripts.contracts.paper_tables.plain_cells import CELL
from workflow_scripts.contracts.paper_tables.printed_cells import read_cell
from workflow_scripts.contracts.paper_tables.result_tables import PrintedValue, Row

# A metric's name and what stands in brackets behind it have at most so many words.
_WORDS = 6


@dataclass(frozen=True)
class ListedValue:
    """A metric and its values, one for each model or set; label: what stands above the list; line: from 1."""

    metric: str
    values: tuple[PrintedValue, ...]
    line: int
    label: str = ""


def listed_value(text: str, line: int) -> ListedValue | None:
    """The metric and values of a line; None where it is no such line."""
    words = text.strip().lstrip("-*•").split()
    for count in range(min(_WORDS, len(words) - 1), 0, -1):
        heading = " ".join(words[:count]).rstrip(":= ")
        rest = " ".join(words[count:]).lstrip(":= ")
        if (
            names_metric(heading)
            and canonical(heading) not in ("n", "support")
            and rest
            and not CELL.sub("", rest).strip(" ,;")
        ):
            values = [read_cell(match[0])[0] for match in CELL.finditer(rest)]
            read = tuple(value for value in values if value is not None)
            return ListedValue(heading, read, line) if read else None
    return None


def listed_in_line(text: str, line: int) -> list[ListedValue]:
    """The metrics of a line that holds one, or several with a value each: `Dice: 0.81 | IoU: 0.68`."""
    if value := listed_value(text, line):
        return [value]
    parts = [part for part in re.split(r"\s*[|;]\s*|,\s+", text.strip().strip("|").rstrip(". ")) if part]
    values = [listed_value(part, line) for part in parts]
    whole = [value for value in values if value is not None]
    return whole if len(whole) == len(parts) > 1 else []


def with_interval(text: str, entry: ListedValue) -> ListedValue | None:
    """A listed number with the interval of the line below it, `95% CI : (0.85, 0.96)`; None for any other line."""
    interval = re.fullmatch(
        r"\s*(?:9[059](?:\.\d)?\s?%\s?)?(?:C\.?I\.?|confidence interval)\s*[:=]?\s*(.+)", text, re.IGNORECASE
    )
    with_interval = read_cell(f"0 ({interval[1].strip(' ()[]')})")[0] if interval and len(entry.values) == 1 else None
    if with_interval is None or with_interval.interval is None or entry.values[0].interval:
        return None
    return replace(entry, values=(replace(entry.values[0], interval=with_interval.interval),))


def beside_name(heading: str) -> str:
    """The name of a number that is printed with a table: `accuracy`, `macro_f1`."""
    metric, average = averaged(heading)
    return f"{average}_{metric}" if average else metric or canonical(heading)


def values_of_table(listed: Sequence[ListedValue]) -> dict[str, PrintedValue]:
    """Metric → value of what is listed with a table."""
    values: dict[str, PrintedValue] = {}
    for entry in listed:
        if len(entry.values) == 1:
            name = beside_name(entry.metric)
            values[entry.metric if name in values else name] = entry.values[0]
    return values


def listed_rows(listed: Sequence[ListedValue]) -> tuple[Row, ...]:
    """Rows of what is listed without a table, one for each value of a line; a metric that comes again begins anew."""
    groups: list[list[ListedValue]] = []
    for entry in listed:
        if (
            not groups
            or entry.metric in [listed_value.metric for listed_value in groups[-1]]
            or entry.label != groups[-1][-1].label
        ):
            groups.append([])
        groups[-1].append(entry)
    rows = []
    for group in groups:
        # `Detection Rate` below `Sensitivity` is another metric: what a name stands for first, it stands for.
        names = column_names(entry.metric for entry in group)
        width = max(len(entry.values) for entry in group)
        for column in range(width):
            values = {names[entry.metric]: entry.values[column] for entry in group if column < len(entry.values)}
            name = " ".join(filter(None, (group[0].label, f"column {column + 1}" if width > 1 else "")))
            rows.append(Row({"row": name} if name else {}, values, group[0].line))
    return tuple(rows)
