"""What a stage of dvc.yaml runs.

`dvc_stage PHASE` (data, runs, report): refuses results that Snakemake did not make here, then lets Snakemake bring the
phase of a study up to date, of the one that DVC calls it for. `dvc_stage settings`: writes what each phase of each
study depends on to .work/settings, which DVC compares, and the page of `dvc plots`. Exits with Snakemake's status.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from workflow_scripts.commands.calling_snakemake import snakemake
from workflow_scripts.commands.write_plots_page import write_plots_page
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.errors import UserError

if TYPE_CHECKING:
    from workflow_scripts.settings.plan.workflow_plan import Plan

# What a study that is not enabled has of the phase report: a record, and what it vouches for.
EMPTY = {"report.json": ("report.html", "model_card.md", "metrics.json", "costs.csv"), "verdict.json": ("verdict.csv",)}


def arguments() -> argparse.Namespace:
    """Command line: a phase, and the study where DVC does not say it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("phase", choices=("settings", "data", "runs", "report"), help="phase of the study, or settings")
    parser.add_argument("--study", default="", help="name of the study; default: that of the stage that DVC runs")
    parser.add_argument("--log", type=Path, default=Path("logs/dvc_stage.log"), help="log file, with tracebacks")
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    """Run the stage in the working copy that is the current folder."""
    from workflow_scripts.settings import phases

    root = Path.cwd()
    plan = checked_plan(root)
    if args.phase == "settings":
        phases.write_phase_inputs(plan, root)
        write_plots_page(root)
        return
    study = args.study or stage_study(args.phase)
    if study not in plan.config.studies:
        raise UserError(f"dvc_stage: {study!r} is no study; known: {', '.join(plan.config.studies)}")
    if plan.study(study).enabled:
        refuse_foreign(plan, study, root)
        status = snakemake(f"{study}_{args.phase}", "--cores", "all")
        if status:
            sys.exit(status)
    else:
        entry.log.info("%s is not enabled: nothing is run; what there is of its results stays as it is", study)
    leave_declared(Path(plan.config.results) / study, args.phase, plan.study(study).enabled)


def stage_study(phase: str) -> str:
    """The study of the stage PHASE@STUDY that DVC runs; UserError when DVC runs none."""
    _, _, study = os.environ.get("DVC_STAGE", "").partition(f"{phase}@")
    if not study:
        raise UserError(f"dvc_stage {phase}: name the study: --study NAME (`dvc repro {phase}@NAME` does it by itself)")
    return study


def checked_plan(root: Path) -> "Plan":
    """The settings in force; UserError when DVC could not see all of them."""
    from workflow_scripts.settings.phases import check_layers
    from workflow_scripts.settings.plan.workflow_plan import Plan

    plan = Plan(root, {}, root)
    profiles = [root / "profiles" / "default"]
    if named := os.environ.get("SNAKEMAKE_PROFILE"):
        # Path.home() raises an error for a user who has no home folder.
        own = os.path.expanduser("~/.config/snakemake")  # noqa: PTH111
        profiles += [Path(named), Path(own, named)]
    check_layers(plan, root, profiles)
    return plan


def refuse_foreign(plan: "Plan", study: str, root: Path) -> None:
    """Raise UserError for results that Snakemake would believe although it did not make them, or not these bytes."""
    from workflow_scripts.settings.guard import replaced, unrecorded

    records = plan.records(study)
    for foreign, what in (
        (unrecorded(records, root), "not made here"),
        ([*replaced(records, root), *altered(plan, study)], "changed since they were made"),
    ):
        if foreign:
            raise UserError(
                f"{study}: {foreign[0]} and {len(foreign) - 1} more were {what}, so nothing tells whether they fit the "
                "settings; run `make restore`, or move them away"
            )


def altered(plan: "Plan", study: str) -> list[Path]:
    """Records of trained runs that are not, or not any more, those that their runs were finished with."""
    from workflow_scripts.contracts.record import read_record
    from workflow_scripts.runtime.files import digest_file
    from workflow_scripts.runtime.study_paths import FINISHED_FILE

    finished = [path for path in plan.records(study) if path.name == FINISHED_FILE and path.exists()]
    digests = {path.parent / name: value for path in finished for name, value in read_record(path)["outputs"].items()}
    return [path for path, digest in digests.items() if not path.is_file() or digest_file(path) != digest]


def leave_declared(folder: Path, phase: str, enabled: bool) -> None:
    """DVC wants every declared output to exist: empty folders, and an empty page and metrics of a study not enabled."""
    from workflow_scripts.contracts.record import write_record
    from workflow_scripts.runtime.files import digest_file, write_text
    from workflow_scripts.settings.phases import FOLDERS

    for name in FOLDERS[phase]:
        (folder / name).mkdir(parents=True, exist_ok=True)
    if phase == "report" and not enabled:
        for record, names in EMPTY.items():
            for name in names:
                if not (folder / name).exists():
                    write_text(folder / name, "{}\n" if name.endswith(".json") else "")
            if not (folder / record).exists():
                outputs = {name: digest_file(folder / name) for name in names}
                write_record(folder / record, {"outputs": outputs})


if __name__ == "__main__":
    entry.run(main, arguments())
