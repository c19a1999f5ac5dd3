"""The section on who is called high-risk, and what comes of it."""

from typing import Any

from workflow_scripts.contracts.risk_table import EVERYONE, HIGH, LOW
from workflow_scripts.contracts.run_tables import ALL
from workflow_scripts.reporting.reproduced import NOTHING, Value, or_none
from workflow_scripts.reporting.results import Results, Run
from workflow_scripts.reporting.run_order import ordered_protocols, ordered_runs, run_words

_OF_EVERYONE = ("sensitivity", "specificity", "average_precision", "calibration_slope", "calibration_intercept")


def risk_section(results: Results) -> dict[str, Any]:
    """A table a protocol: of each run threshold, high and low group, and how well its probabilities are calibrated."""
    risk = results.settings.evaluate.risk
    if risk is None:
        return {"risk_tables": []}
    tables = []
    for protocol in ordered_protocols(results):
        rows = [_row(protocol.runs[name]) for name in ordered_runs(results)]
        tables.append({"protocol": protocol, "rows": rows, "unknown": max(row["unknown"] for row in rows)})
    return {"risk_tables": tables, "risk_positive": risk.positive, "risk_sensitivity": f"{100 * risk.sensitivity:g} %"}


def _row(run: Run) -> dict[str, Any]:
    """A run's measures over all folds and seeds."""
    return {
        "name": run.name,
        "words": run_words(run),
        "threshold": _measure(run, EVERYONE, "threshold"),
        "unknown": _measure(run, EVERYONE, "unknown").value,
        **{measure: _measure(run, EVERYONE, measure) for measure in _OF_EVERYONE},
        "groups": [_group(run, name) for name in (HIGH, LOW)],
    }


def _group(run: Run, name: str) -> dict[str, Any]:
    """How many are called so, and what happened to them."""
    measures = ("units", "positives", "unknown", "share", "observed_risk", "mean_risk")
    return {"name": name, **{measure: _measure(run, name, measure) for measure in measures}}


def _measure(run: Run, group: str, measure: str) -> Value:
    rows = run.risk[(run.risk["fold"] == ALL) & (run.risk["group"] == group) & (run.risk["measure"] == measure)]
    if rows.empty:
        return NOTHING
    row = rows.iloc[0]
    return Value(or_none(row["value"]), or_none(row["low"]), or_none(row["high"]), int(row["n"]))
