"""Stands in for Snakemake where a test is about DVC: writes the files of a phase and their records, runs no job.

Copied as `snakemake.py` into the working copy of the test, where `python -m snakemake` finds it first. Targets are
`{study}_{phase}` or paths; every call is a line in calls.txt.
"""

import json
import sys
from itertools import takewhile
from pathlib import Path

from workflow_scripts.contracts.record import write_record
from workflow_scripts.runtime.digests import input_digests
from workflow_scripts.runtime.files import write_json, write_text
from workflow_scripts.runtime.study_paths import FINISHED_FILE
from workflow_scripts.settings import phases
from workflow_scripts.settings.plan.workflow_plan import Plan
from workflow_scripts.settings.snakemake_internals import record_path

ROOT = Path.cwd()
plan = Plan(ROOT, {}, ROOT)


def make(study: str, phase: str) -> None:
    """Files that hold what they depend on."""
    folder, text = Path(plan.config.results) / study, json.dumps(phases.phase_inputs(plan, study, phase))
    for name in phases.FOLDERS[phase]:
        write_text(folder / name / "made.txt", text)
    if phase == "report":
        write_text(folder / "report.html", text)
        write_text(folder / "verdict.csv", text)
        write_text(folder / "model_card.md", text)
        write_json(folder / "metrics.json", {"accuracy": 0.5})
        write_text(folder / "costs.csv", text)
        write_json(folder / "report.json", text)
        write_json(folder / "verdict.json", text)
        for name in ("curves", "headline"):
            (folder / name / "made.txt").unlink()
        write_json(folder / "headline" / "published.json", {"run": "tiny", "metric": "accuracy", "value": 0.5})
        write_text(folder / "curves" / "published__tiny.csv", "epoch,validation_loss\n1,2\n2,1\n")
    for path in plan.records(study):
        if path.relative_to(folder).parts[0] in phases.FOLDERS[phase]:
            write_json(path, text)
        if path.name == FINISHED_FILE and phase == "runs":
            record = path.parent / "fold0-seed0" / "record.json"
            write_json(record, text)
            write_record(path, {"outputs": input_digests(path.parent, [record])})


def record(study: str) -> None:
    for path in plan.records(study):
        if path.exists():
            kept = record_path(path, ROOT)
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps({"endtime": path.stat().st_mtime}))


with open("calls.txt", "a", encoding="utf-8") as calls:
    print(*sys.argv[1:], file=calls)
for target in takewhile(lambda argument: not argument.startswith("-"), sys.argv[1:]):
    study, _, phase = target.rpartition("_")
    if study in plan.config.studies:
        if "--touch" not in sys.argv:
            make(study, phase)
        record(study)
    else:
        write_text(Path(target), "{}")
