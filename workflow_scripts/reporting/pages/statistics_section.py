"""The section on what a number varies with, and on what answers are worth to those who use them."""

from typing import Any

from workflow_scripts.contracts.statistics_table import (
    DESIGN_EFFECT,
    EFFECTIVE,
    GROUPS,
    INTERCEPT,
    NET_BENEFIT,
    NPV,
    PPV,
    SAMPLING,
    SENSITIVITY_AT,
    SLOPE,
    SPLIT,
    TRAINING,
    TREAT_ALL,
)
from workflow_scripts.reporting import formatting
from workflow_scripts.reporting.reproduced import Value, or_none
from workflow_scripts.reporting.results import Results, Run
from workflow_scripts.reporting.run_order import main_run, ordered_protocols, ordered_runs

# With fewer groups that are much alike 95 % cannot be promised (docs/reference/intervals.md).
FEWEST_GROUPS = 10
# So many thresholds of a decision are shown; all are in the file.
SHOWN = (0.1, 0.3, 0.5)


def statistics_section(results: Results) -> dict[str, Any]:
    """A protocol's table of what the headline metric varies with, and of each class in the main run's answers."""
    tables = []
    for protocol in ordered_protocols(results):
        run = protocol.runs[main_run(results)]
        few = [name for name in ordered_runs(results) if _whole(protocol.runs[name])[EFFECTIVE] < FEWEST_GROUPS]
        tables.append(
            {
                "protocol": protocol,
                "variance": [_variance(protocol.runs[name]) for name in ordered_runs(results)],
                "few_groups": bool(few),
                "run": run.name,
                "specificities": _at(run, SENSITIVITY_AT),
                "prevalences": _at(run, PPV),
                "thresholds": [at for at in SHOWN if at in _at(run, NET_BENEFIT)],
                "classes": [_class(run, name) for name in dict.fromkeys(run.statistics["class"]) if name],
            }
        )
    return {"statistics_tables": tables}


def _whole(run: Run) -> dict[str, float]:
    rows = run.statistics[run.statistics["class"] == ""]
    return dict(zip(rows["measure"], rows["value"], strict=True))


def _variance(run: Run) -> dict[str, str]:
    """Standard deviations in points, and what the groups are worth, as text; a dash for what nothing shows."""
    values = _whole(run)
    spreads = {name: formatting.points(values[name]).lstrip("+") for name in (SAMPLING, TRAINING, SPLIT)}
    worth = {name: _short(values[name]) for name in (GROUPS, EFFECTIVE, DESIGN_EFFECT)}
    return {"run": run.name, **spreads, **worth}


def _short(value: float) -> str:
    return formatting.DASH if formatting.missing(value) else f"{value:.3g}"


def _at(run: Run, measure: str) -> list[float]:
    rows = run.statistics[run.statistics["measure"] == measure]
    return list(dict.fromkeys(rows["at"]))


def _class(run: Run, name: str) -> dict[str, Any]:
    """The measures of a class by (measure, what it is at)."""
    rows = run.statistics[run.statistics["class"] == name]
    measures: dict[str, Any] = {"name": name}
    for row in rows.itertuples():
        value = Value(or_none(row.value), or_none(row.low), or_none(row.high), int(row.n))
        if row.measure in (SLOPE, INTERCEPT):
            measures[row.measure] = value
        else:
            measures.setdefault(row.measure, {})[row.at] = value
    return {SENSITIVITY_AT: {}, PPV: {}, NPV: {}, NET_BENEFIT: {}, TREAT_ALL: {}, **measures}
