"""What a report says of runs that ask for labels: in plain words whether asking saved any."""

from typing import Any

import pandas as pd

from workflow_scripts.contracts.active_strategies import RANDOM, STRATEGY_WORDS
from workflow_scripts.contracts.label_efficiency_table import ALL_LABELS, LABEL_EFFICIENCY_FIGURE, RANDOM_END
from workflow_scripts.evaluation.label_efficiency import NEAR
from workflow_scripts.reporting import formatting
from workflow_scripts.reporting.formatting import DASH, at_start, missing
from workflow_scripts.reporting.pages.page_figure import page_figure
from workflow_scripts.reporting.results import Protocol, Results
from workflow_scripts.reporting.run_order import ordered_protocols, protocol_words
from workflow_scripts.runtime.run_address import FoldSeed
from workflow_scripts.runtime.study_paths import StudyPaths

LEVEL_WORDS = {
    ALL_LABELS: "AUC of all labels",
    "nearly_all": f"{NEAR:g} below it",
    RANDOM_END: "where random ends",
}


def label_efficiency_section(results: Results) -> dict[str, Any]:
    """A part for each protocol and learner: sentences, the figure, and a row a strategy."""
    parts = []
    for protocol in ordered_protocols(results):
        table = protocol.label_efficiency
        figure = StudyPaths(results.folder).evaluation(protocol.name) / LABEL_EFFICIENCY_FIGURE
        for number, learner in enumerate(table["learner"].unique()):
            rows = table[table["learner"] == learner]
            parts.append(
                {
                    "learner": learner,
                    "protocol": protocol_words(protocol),
                    "folder": protocol.name,
                    "first": str(FoldSeed(*next(iter(protocol.runs.values())).jobs[0])),
                    # One picture a protocol has a panel for each learner.
                    "figure": None if number else page_figure(figure, results.folder),
                    "alt": f"Label efficiency under {protocol.name}",
                    "sentences": sentences(rows),
                    "whole": _auc(_only(rows, "all_labels")),
                    "rows": [_strategy(rows[rows["run"] == run]) for run in rows["run"].unique() if run != learner],
                    "over": _over(protocol, rows),
                }
            )
    return {"label_efficiency": parts, "level_words": LEVEL_WORDS}


def sentences(rows: pd.DataFrame) -> list[str]:
    """Whether asking reached the AUC of all labels with fewer labels than random, for each strategy that asks.

    `rows`: contract LABEL_EFFICIENCY, of one learner.
    """
    strategies = rows[rows["strategy"].ne("")].drop_duplicates("run")[["run", "strategy"]]
    if RANDOM not in set(strategies["strategy"]):
        return ["No run asks at random, so nothing says whether asking saved a label."]
    chosen = strategies[strategies["strategy"] != RANDOM].itertuples(index=False)
    if not (lines := [_sentence(rows[rows["run"] == run], strategy) for run, strategy in chosen]):
        return ["No run chooses whom to ask for; random alone is no comparison."]
    return lines


def _sentence(rows: pd.DataFrame, strategy: str) -> str:
    saved, needed = _at(rows, "labels_saved"), _at(rows, "labels_needed")
    last = rows.loc[rows["measure"] == "auc", "labels"].max()
    target = f"the AUC of all labels ({saved['target']:.3f})"
    area = _only(rows, "area_difference")
    curve = (
        f"Over the rounds its AUC differs from random's by {_signed(area['value'])} on average"
        f"{_ends(area, _signed)}{'' if _tells(area) else ', which may be chance'}."
    )
    if saved["censored"] == "neither":
        first = f"does not reach {target} within {last:.0f} labels, nor does random"
    elif saved["censored"] == "at_most":
        first = f"does not reach {target} within {last:.0f} labels, and random does"
    elif saved["value"] > 0 and _tells(saved):
        count = f"{'at least ' if saved['censored'] else ''}{saved['value']:.0f}"
        first = f"reaches {target} with {needed['value']:.0f} labels, {count} fewer than random{_ends(saved, _whole)}"
    else:
        first = (
            f"does not reach {target} with fewer labels than random as far as these folds and seeds tell: "
            f"{_whole(saved['value'])} labels saved{_ends(saved, _whole)}"
        )
    return f"Asking for {STRATEGY_WORDS[strategy]}, {rows['run'].iloc[0]} {first}. {curve}"


def _strategy(rows: pd.DataFrame) -> dict[str, Any]:
    """A row of the table: the curve's area, and labels by level."""
    area, difference = _only(rows, "area"), rows[rows["measure"] == "area_difference"]
    end = rows[rows["measure"] == "auc"].iloc[-1]
    levels = list(rows.loc[rows["measure"] == "labels_needed", "level"])
    return {
        "run": rows["run"].iloc[0],
        "words": at_start(STRATEGY_WORDS[rows["strategy"].iloc[0]]),
        "end": _auc(end),
        "area": _auc(area),
        "difference": _cell(difference.iloc[0], _signed) if len(difference) else (DASH, ""),
        "needed": {level: _cell(_at(rows, "labels_needed", level), _whole) for level in levels},
        "saved": {
            level: _cell(_at(rows, "labels_saved", level), _whole)
            for level in rows.loc[rows["measure"] == "labels_saved", "level"]
        },
    }


def _cell(row: pd.Series, words: Any) -> tuple[str, str]:
    """A number or its bound, and its interval."""
    bound = {"not_reached": "not reached", "neither": "neither reaches it"}.get(row["censored"])
    prefix = {"at_least": "≥ ", "at_most": "≤ "}.get(row["censored"], "")
    ends = "" if missing(row["low"]) and missing(row["high"]) else _ends(row, words).strip(" ()").removeprefix("95 % ")
    return bound or prefix + words(row["value"]), ends


def _auc(row: pd.Series) -> tuple[str, str]:
    return formatting.number("auc", row["value"]), formatting.interval("auc", row["low"], row["high"])


def _ends(row: pd.Series, words: Any) -> str:
    """The interval in brackets; an end beyond the rounds is left open; nothing where there is none."""
    if missing(row["low"]) and missing(row["high"]):
        return ""
    if missing(row["low"]):
        return f" (95 % at most {words(row['high'])})"
    if missing(row["high"]):
        return f" (95 % at least {words(row['low'])})"
    return f" (95 % {words(row['low'])} to {words(row['high'])})"


def _tells(row: pd.Series) -> bool:
    """Whether the interval is on one side of zero."""
    return bool(row["low"] > 0 or row["high"] < 0)


def _signed(value: float) -> str:
    return DASH if missing(value) else f"{value:+.3f}".replace("-", "−")


def _whole(value: float) -> str:
    return DASH if missing(value) else f"{value:.0f}".replace("-", "−")


def _only(rows: pd.DataFrame, measure: str) -> pd.Series:
    return rows[rows["measure"] == measure].iloc[0]


def _at(rows: pd.DataFrame, measure: str, level: str = ALL_LABELS) -> pd.Series:
    return rows[(rows["measure"] == measure) & (rows["level"] == level)].iloc[0]


def _over(protocol: Protocol, rows: pd.DataFrame) -> str:
    """What the intervals are over."""
    count = int(rows["n"].iloc[0])
    folds = len(next(iter(protocol.runs.values())).units.folds)
    what = "fold" if folds > 1 else "seed"
    return formatting.plural(count, what)
