"""results/runs.csv: every run of every study in one table, and the same as Markdown, LaTeX and HTML for a paper."""

from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from workflow_scripts.contracts.step_settings.index_settings import StudyTitle
from workflow_scripts.contracts.tables import SIGNIFICANT
from workflow_scripts.reporting import formatting
from workflow_scripts.runtime.files import atomic_path, read_json, write_text
from workflow_scripts.runtime.results_layout import RUNS_FILES

# How the leaves of a comparison end in metrics.json, see reporting.summary → their columns here.
_COMPARED = {
    "_difference": "difference",
    "_difference_low": "difference_low",
    "_difference_high": "difference_high",
    "_difference_p_holm": "p_holm",
}
_LATEX = {sign: f"\\{sign}" for sign in "&%$#_{}"} | {"\\": r"\textbackslash{}", "−": "$-$", "–": "--", "≤": r"$\le$"}


def runs_table(results: Path, studies: dict[str, StudyTitle]) -> pd.DataFrame:
    """A row a study, protocol and run, from the studies' metrics.json; of each protocol the best run first.

    study, protocol, leak_free (1 or 0), synthetic (1 or 0), run, headline (the metric by which runs are ordered), n,
    difference of it from the study's reference run with its 95 % interval, p_holm of the paired test, leak_premium of
    the run with its interval, and of every metric its value, low and high. A cell that nothing is known of is empty.
    """
    rows: list[dict[str, Any]] = []
    for study in studies:
        numbers = read_json(results / study / "metrics.json")
        headline = _headline(numbers)
        for protocol, runs in numbers["runs"].items():
            of_protocol = [_row(numbers, study, protocol, run, leaves, headline) for run, leaves in runs.items()]
            sign = 1 if formatting.lower_is_better(headline) else -1
            rows += sorted(of_protocol, key=lambda row: sign * row.get(headline, -sign * float("inf")))
    frame = pd.DataFrame(rows)
    first = [name for name in _FIRST if name in frame.columns]
    return frame[[*first, *(name for name in frame.columns if name not in first)]] if len(frame) else frame


_FIRST = (
    *("study", "protocol", "leak_free", "synthetic", "run", "headline", "n"),
    *("difference", "difference_low", "difference_high", "p_holm"),
    *("leak_premium", "leak_premium_low", "leak_premium_high"),
)


def _headline(numbers: dict[str, Any]) -> str:
    """The metric that runs were compared by; where there is one run, that of its headline."""
    for runs in numbers["runs"].values():
        for leaves in runs.values():
            for name in leaves:
                if name.endswith("_difference"):
                    return name.removesuffix("_difference")
    return str(next(iter(next(iter(numbers["headline"].values())))))


def _row(
    numbers: dict[str, Any], study: str, protocol: str, run: str, leaves: dict[str, float], headline: str
) -> dict[str, Any]:
    premium = numbers["leak_premium"].get(protocol, {}).get(run, {})
    compared = {f"{headline}{end}": column for end, column in _COMPARED.items()}
    return {
        "study": study,
        "protocol": protocol,
        "leak_free": numbers["protocols"][protocol]["leak_free"],
        "synthetic": numbers["data"]["synthetic"],
        "run": run,
        "headline": headline,
        **{compared.get(name, name): number for name, number in leaves.items()},
        **{f"leak_premium{'' if name == 'value' else f'_{name}'}": number for name, number in premium.items()},
    }


def write_runs_table(folder: Path, frame: pd.DataFrame) -> None:
    """Write RUNS_FILES; those for a paper hold each metric as `91.2 % (88.0 to 94.1)`, the rest is in the CSV file."""
    with atomic_path(folder / RUNS_FILES[0]) as temporary:
        frame.to_csv(temporary, index=False, float_format=SIGNIFICANT, lineterminator="\n")
    heads, rows = _for_a_paper(frame)
    write_text(folder / "runs.md", _markdown(heads, rows))
    write_text(folder / "runs.tex", _latex(heads, rows))
    write_text(folder / "runs.html", _html(heads, rows))


def _for_a_paper(frame: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of the table: names, n, every metric with its interval, difference from the reference, p."""
    columns = list(frame.columns)
    metrics = [name for name in columns if f"{name}_low" in columns and name not in ("difference", "leak_premium")]
    heads = ["Study", "Protocol", "Run", "n", *map(formatting.metric_name, metrics), "Difference, points", "p (Holm)"]
    rows = []
    for row in frame.to_dict("records"):
        cells = [str(row["study"]), str(row["protocol"]), str(row["run"])]
        cells.append("" if _empty(row.get("n")) else f"{row['n']:.0f}")
        cells += [_value(metric, row) for metric in metrics]
        cells.append("" if _empty(row.get("difference")) else _difference(row))
        cells.append("" if _empty(row.get("p_holm")) else formatting.p_value(row["p_holm"]))
        rows.append(cells)
    return heads, rows


def _empty(value: Any) -> bool:
    return value is None or formatting.missing(value)


def _value(metric: str, row: dict[str, Any]) -> str:
    if _empty(row.get(metric)):
        return ""
    interval = formatting.interval(metric, row.get(f"{metric}_low"), row.get(f"{metric}_high"))
    return formatting.number(metric, row[metric]) + (f" ({interval})" if interval else "")


def _difference(row: dict[str, Any]) -> str:
    low, high = row.get("difference_low"), row.get("difference_high")
    interval = "" if _empty(low) or _empty(high) else f" ({formatting.points(low)} to {formatting.points(high)})"
    return formatting.points(row["difference"]) + interval


def _markdown(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def _latex(heads: list[str], rows: list[list[str]]) -> str:
    """A table of the package booktabs."""
    lines = [" & ".join("".join(_LATEX.get(sign, sign) for sign in cell) for cell in line) for line in (heads, *rows)]
    body = "".join(f"{line} \\\\\n" for line in lines[1:])
    columns = "lll" + "r" * (len(heads) - 3)
    return (
        f"% \\usepackage{{booktabs}}\n\\begin{{tabular}}{{{columns}}}\n\\toprule\n{lines[0]} \\\\\n\\midrule\n{body}"
        "\\bottomrule\n\\end{tabular}\n"
    )


def _html(heads: list[str], rows: list[list[str]]) -> str:
    """A page with nothing but the table, which word processors open."""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>\n" for row in rows)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Runs</title></head>\n'
        f"<body><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table></body></html>\n"
    )
