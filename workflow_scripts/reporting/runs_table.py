"""results/runs.csv: every run of every study in one table; runs_for_paper makes the same for a paper of it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from workflow_scripts.contracts.run_costs import COSTS
from workflow_scripts.contracts.tables import SIGNIFICANT
from workflow_scripts.reporting import formatting
from workflow_scripts.runtime.files import atomic_path, read_json
from workflow_scripts.runtime.study_paths import StudyPaths

# How the leaves of a comparison end in metrics.json, see reporting.summary → their columns here.
_COMPARED = {
    "_difference": "difference",
    "_difference_low": "difference_low",
    "_difference_high": "difference_high",
    "_difference_p_holm": "p_holm",
}
_PREMIUM = {"value": "leak_premium", "low": "leak_premium_low", "high": "leak_premium_high"}
# Columns of COSTS that stand here as they are.
_COSTS = tuple(name for name in COSTS.columns if name not in COSTS.key)
_FIRST = (
    *("study", "protocol", "leak_free", "synthetic", "scale", "run", "model", "parameters", "precision", "trainings"),
    *("headline", "n", "reference", *_COMPARED.values(), *_PREMIUM.values()),
    *("training_seconds", "other_seconds", "energy_kwh", "devices"),
)


def runs_table(results: Path, studies: Iterable[str]) -> pd.DataFrame:
    """A row a study, protocol and run, from the studies' metrics.json and costs.csv; of a protocol the best run first.

    study, protocol, leak_free (1 or 0), synthetic (1 or 0), run, the columns of COSTS (times in seconds, energy in
    kWh), headline (the metric by which runs are ordered), n (what is judged), difference of the headline metric from
    that of the run `reference`, with its 95 % interval, p_holm of the paired test, leak_premium of the run with its
    interval, and of every metric its value, low and high, as shares and not in percent. A cell that nothing is known
    of is empty.
    """
    rows: list[dict[str, Any]] = []
    for study in studies:
        numbers = read_json(results / study / "metrics.json")
        costs = COSTS.read(StudyPaths(results / study).costs).set_index(list(COSTS.key))[list(_COSTS)]
        headline = _headline(numbers)
        for protocol, runs in numbers["runs"].items():
            reference = _reference(runs, headline)
            of_protocol = [
                {
                    **_row(numbers, study, protocol, run, headline),
                    "reference": reference if run != reference else "",
                    **costs.loc[(protocol, run)].to_dict(),
                }
                for run in runs
            ]
            sign = 1 if formatting.lower_is_better(headline) else -1
            rows += sorted(of_protocol, key=lambda row: sign * row.get(headline, -sign * float("inf")))
    frame = pd.DataFrame(rows)
    first = [name for name in _FIRST if name in frame.columns]
    return frame[[*first, *(name for name in frame.columns if name not in first)]] if len(frame) else frame


def _headline(numbers: dict[str, Any]) -> str:
    """The metric that runs were compared by; where there is one run, that of its headline."""
    for runs in numbers["runs"].values():
        for leaves in runs.values():
            for name in leaves:
                if name.endswith("_difference"):
                    return name.removesuffix("_difference")
    return str(next(iter(next(iter(numbers["headline"].values())))))


def _reference(runs: dict[str, dict[str, float]], headline: str) -> str:
    """The run that the others of a protocol were compared with: the only one without a difference; else none."""
    compared = [run for run, leaves in runs.items() if f"{headline}_difference" in leaves]
    left = [run for run in runs if run not in compared]
    return left[0] if compared and len(left) == 1 else ""


def _row(numbers: dict[str, Any], study: str, protocol: str, run: str, headline: str) -> dict[str, Any]:
    premium = numbers["leak_premium"].get(protocol, {}).get(run, {})
    compared = {f"{headline}{end}": column for end, column in _COMPARED.items()}
    return {
        "study": study,
        "protocol": protocol,
        "leak_free": numbers["protocols"][protocol]["leak_free"],
        "synthetic": numbers["data"]["synthetic"],
        "run": run,
        "headline": headline,
        **{compared.get(name, name): number for name, number in numbers["runs"][protocol][run].items()},
        **{column: premium[name] for name, column in _PREMIUM.items() if name in premium},
    }


def write_runs_csv(path: Path, frame: pd.DataFrame) -> None:
    """Write the table as it is, nine significant digits."""
    with atomic_path(path) as temporary:
        frame.to_csv(temporary, index=False, float_format=SIGNIFICANT, lineterminator="\n")
