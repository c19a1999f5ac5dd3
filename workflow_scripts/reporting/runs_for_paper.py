"""results/runs.md, runs.tex, runs.html: the runs of every study as a table for a paper, a table a study."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from workflow_scripts.contracts.step_settings.index_settings import StudyTitle
from workflow_scripts.reporting import formatting
from workflow_scripts.reporting.cost_rows import JOULES_OF_KWH
from workflow_scripts.runtime.files import write_text

# After the headline metric: what papers print most. All metrics are in runs.csv.
_METRICS = ("macro_sensitivity", "macro_f1", "macro_auc")
_TEXT_COLUMNS = 3
_LATEX = {sign: f"\\{sign}" for sign in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "−": "$-$",
    "–": "--",
    "≤": r"$\le$",
    "<": "$<$",
    "\u202f": r"\,",
}
_STYLE = (
    ":root{color-scheme:light dark}body{font:1rem/1.4 system-ui,sans-serif;margin:1rem}"
    "div{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem}"
    "th,td{border-bottom:1px solid #8888;padding:.2rem .5rem;text-align:right;white-space:nowrap;vertical-align:top}"
    "th,.first td{border-top:2px solid #888}th{white-space:normal;vertical-align:bottom}"
    "th:nth-child(-n+3),td:nth-child(-n+3){text-align:left}td:nth-child(3){white-space:normal;min-width:16rem}"
)


@dataclass(frozen=True)
class PaperTable:
    """The table of one study: heads with their units, and cells as text; the first _TEXT_COLUMNS hold words."""

    title: str
    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def write_runs_for_paper(folder: Path, frame: pd.DataFrame, studies: dict[str, StudyTitle]) -> None:
    """Write runs.md, runs.tex and runs.html of the table of runs; `studies` gives the titles."""
    by_study = {study: frame[frame["study"] == study] for study in dict.fromkeys(frame.get("study", ()))}
    tables = [_table(rows, studies[study].title or study) for study, rows in by_study.items()]
    write_text(folder / "runs.md", "\n".join(map(_markdown, tables)))
    write_text(folder / "runs.tex", "% \\usepackage{booktabs}\n" + "\n".join(map(_latex, tables)))
    write_text(folder / "runs.html", _html(tables))


def _table(frame: pd.DataFrame, title: str) -> PaperTable:
    """The table of one study's runs; a column in which nothing stands is left out."""
    headline = str(frame["headline"].iloc[0])
    metrics = [name for name in dict.fromkeys((headline, *_METRICS)) if name in frame]
    references = set(frame["reference"]) - {""}
    columns: dict[str, Callable[[dict[str, Any]], str]] = {
        "Protocol": lambda row: row["protocol"],
        "Run": lambda row: row["run"],
        "Model": lambda row: row["model"],
        "Parameters": lambda row: _known(row["parameters"], lambda count: formatting.grouped(int(count))),
        "n": lambda row: _known(row.get("n"), lambda count: formatting.grouped(int(count))),
        **{_head(metric): partial(_value, metric) for metric in metrics},
        _difference_head(headline): lambda row: _difference(headline, row, references),
        "p (Holm)": lambda row: _known(row.get("p_holm"), formatting.p_value),
        "Training": lambda row: _known(row["training_seconds"], formatting.duration),
        "Energy": lambda row: _known(row["energy_kwh"], lambda kwh: formatting.energy(JOULES_OF_KWH * kwh)),
        "Precision": lambda row: row["precision"],
    }
    cells = {head: tuple(cell(row) for row in frame.to_dict("records")) for head, cell in columns.items()}
    kept = {head: column for head, column in cells.items() if any(column)}
    return PaperTable(title, _caption(frame, headline), tuple(kept), tuple(zip(*kept.values(), strict=True)))


def _caption(frame: pd.DataFrame, headline: str) -> str:
    data = "Synthetic data" if frame["synthetic"].iloc[0] else "Real data"
    free = list(dict.fromkeys(frame.loc[frame["leak_free"] == 1, "protocol"]))
    scale = frame["scale"].iloc[0]
    parts = [f"{data}, {scale} scale" if scale else data, "95 % intervals in parentheses"]
    parts += [f"without leaks: {', '.join(free)}"] if free else []
    if references := sorted(set(frame["reference"]) - {""}):
        of_what = formatting.in_sentence(formatting.metric_name(headline))
        parts.append(f"difference of {of_what} from {' or '.join(references)}, p of the paired test after Holm")
    return "; ".join(parts) + "."


def _head(metric: str) -> str:
    return formatting.metric_name(metric) + (", %" if formatting.in_percent(metric) else "")


def _difference_head(metric: str) -> str:
    return "Difference, points" if formatting.in_percent(metric) else "Difference"


def _known(value: Any, words: Callable[[Any], str]) -> str:
    """The words of a value, or none where it is not known."""
    return "" if value is None or formatting.missing(value) else words(value)


def _value(metric: str, row: dict[str, Any]) -> str:
    interval = formatting.interval(metric, row.get(f"{metric}_low"), row.get(f"{metric}_high"))
    number = _known(row.get(metric), lambda value: formatting.number(metric, value).removesuffix(" %"))
    return f"{number} ({interval})" if number and interval else number


def _difference(metric: str, row: dict[str, Any], references: set[str]) -> str:
    """A difference and its interval: of shares in percentage points; of the run that it is taken from, that word."""
    if row["run"] in references and not row["reference"]:
        return "reference"
    ends = [row.get(name) for name in ("difference", "difference_low", "difference_high")]
    written = [_known(end, lambda value: _signed(metric, value)) for end in ends]
    return f"{written[0]} ({written[1]} to {written[2]})" if all(written) else written[0]


def _signed(metric: str, value: float) -> str:
    return formatting.points(value) if formatting.in_percent(metric) else f"{value:+.3f}".replace("-", formatting.MINUS)


def _markdown(table: PaperTable) -> str:
    rule = ["---"] * _TEXT_COLUMNS + ["---:"] * (len(table.heads) - _TEXT_COLUMNS)
    lines = [table.heads, rule, *table.rows]
    body = "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)
    return f"## {table.title}\n\n{table.caption}\n\n{body}"


def _latex(table: PaperTable) -> str:
    """A table of the package booktabs, with a rule between protocols; \\resizebox is left to whoever takes it over."""
    columns = "l" * _TEXT_COLUMNS + "r" * (len(table.heads) - _TEXT_COLUMNS)
    body = []
    for row, first in zip(table.rows, _first_of_protocol(table), strict=True):
        body += [r"\midrule"] * first + [_latex_line(row)]
    return "\n".join(
        [
            r"\begin{table}",
            rf"\caption{{{_in_latex(table.title)}. {_in_latex(table.caption)}}}",
            rf"\begin{{tabular}}{{{columns}}}",
            *(r"\toprule", _latex_line(table.heads), *body, r"\bottomrule"),
            *(r"\end{tabular}", r"\end{table}", ""),
        ]
    )


def _latex_line(cells: tuple[str, ...]) -> str:
    return " & ".join(map(_in_latex, cells)) + r" \\"


def _first_of_protocol(table: PaperTable) -> list[bool]:
    protocols = [row[0] for row in table.rows]
    return [index == 0 or protocols[index - 1] != protocol for index, protocol in enumerate(protocols)]


def _in_latex(text: str) -> str:
    return "".join(_LATEX.get(sign, sign) for sign in text)


def _html(tables: list[PaperTable]) -> str:
    """A page with nothing but the tables, which word processors open."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>All runs</title>\n'
        f"<style>{_STYLE}</style></head>\n<body><h1>All runs</h1>\n"
        + "".join(map(_html_table, tables))
        + "</body></html>\n"
    )


def _html_table(table: PaperTable) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in table.heads)
    rows = [
        ('<tr class="first">' if first else "<tr>") + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n"
        for row, first in zip(table.rows, _first_of_protocol(table), strict=True)
    ]
    title = escape(table.title)
    return (
        f"<h2>{title}</h2>\n<p>{escape(table.caption)}</p>\n"
        f'<div tabindex="0" role="region" aria-label="{title}"><table>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{''.join(rows)}</tbody></table></div>\n"
    )
