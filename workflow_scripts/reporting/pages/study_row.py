"""A study's row in the index, from the numbers that its report left."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workflow_scripts.contracts.record import read_record
from workflow_scripts.contracts.step_settings.index_settings import StudyTitle
from workflow_scripts.contracts.subsets import SMOTE_BEFORE_SPLIT
from workflow_scripts.contracts.verdict_table import VERDICT, VERDICTS
from workflow_scripts.contracts.verified import require
from workflow_scripts.reporting.reproduced import NOTHING, Value
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import read_json
from workflow_scripts.runtime.results_layout import remedy

REPORT = "report.html"


def require_summary(folder: Path) -> None:
    """Raise UserError unless what a row is read from is what the study's records say."""
    require(folder / "report.json", "metrics.json", "costs.csv", REPORT)
    require(folder / "verdict.json", "verdict.csv")


@dataclass(frozen=True)
class StudyRow:
    """A study in the index. obtained, leak_free, selected_on, premium: protocol → value.

    paper_value None: nothing is printed. selected_on: of protocols without a test subset, on the validation images that
    the epoch was chosen on; never among the other two. smote_before: protocols with SMOTE before the
    split. verdicts: verdict → number of claims, in the order of
    VERDICTS.
    """

    name: str
    title: str
    paper: str
    link: str
    synthetic: bool
    scale: str | None
    samples: int
    classes: int
    run: str
    metric: str
    paper_value: float | None
    obtained: dict[str, Value]
    leak_free: dict[str, Value]
    selected_on: dict[str, Value]
    premium: dict[str, Value]
    smote_before: frozenset[str]
    seeds: int
    verdicts: dict[str, int]


def study_row(folder: Path, name: str, about: StudyTitle, base: Path) -> StudyRow:
    """Read a study's row; `about` has its title and paper, links are relative to `base`.

    Raises UserError when metrics.json, verdict.csv, the dataset's record or the report is missing.
    """
    report = folder / REPORT
    if not report.is_file():
        raise UserError(f"{report} is missing; {remedy(report)}")
    numbers = read_json(folder / "metrics.json")
    record = read_record(folder / "dataset" / "record.json")
    counts = VERDICT.read(folder / "verdict.csv")["verdict"].value_counts()
    (run, by_metric), *_ = numbers["headline"].items()
    (metric, values), *_ = by_metric.items()
    by_protocol = {protocol: _value(leaf) for protocol, leaf in values["protocols"].items()}
    tested = {name for name, leaf in numbers["protocols"].items() if "test_samples" in leaf}
    free = {name for name in tested if numbers["protocols"][name]["leak_free"]}
    return StudyRow(
        name=name,
        title=about.title or name,
        paper=about.paper,
        link=Path(os.path.relpath(report, base)).as_posix(),
        synthetic=bool(numbers["data"]["synthetic"]),
        scale=record["scale"],
        samples=numbers["data"]["samples"],
        classes=numbers["data"]["classes"],
        run=run,
        metric=metric,
        paper_value=values.get("paper"),
        obtained={protocol: value for protocol, value in by_protocol.items() if protocol in tested - free},
        leak_free={protocol: value for protocol, value in by_protocol.items() if protocol in free},
        selected_on={protocol: value for protocol, value in by_protocol.items() if protocol not in tested},
        premium={protocol: _value(runs.get(run, {})) for protocol, runs in numbers["leak_premium"].items()},
        smote_before=frozenset(name for name, leaf in numbers["protocols"].items() if SMOTE_BEFORE_SPLIT in leaf),
        seeds=numbers["data"]["seeds"],
        verdicts={verdict: int(counts[verdict]) for verdict in VERDICTS if verdict in counts},
    )


def _value(leaf: dict[str, Any]) -> Value:
    if "value" not in leaf:
        return NOTHING
    return Value(leaf["value"], leaf.get("low"), leaf.get("high"), leaf.get("n"))
