"""Fetch the results that dvc.lock names, and let Snakemake believe them.

In: dvc.lock, the settings in force, a DVC remote. Done: the files are pulled; `dvc status` proves that files, settings
and code belong together; only then Snakemake records them as made here; the tracking database is built again. After it,
`snakemake` has nothing to do for what was restored, and a changed setting re-runs just what depends on it.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workflow_scripts.commands.calling_snakemake import QUIET, snakemake
from workflow_scripts.commands.dvc_stage import checked_plan
from workflow_scripts.commands.write_plots_page import write_plots_page
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.processes import followed

if TYPE_CHECKING:
    from workflow_scripts.settings.plan.workflow_plan import Plan

LOCK = "dvc.lock"
# Outputs that dvc.yaml keeps out of the cache, because they are small and may be in git.
NOT_CACHED = ("metrics.json", "headline", "curves")


def arguments() -> argparse.ArgumentParser:
    """Command line: nothing but the log."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--log", type=Path, default=Path("logs/restore.log"), help="log file, with tracebacks")
    return parser


def main(args: argparse.Namespace) -> None:
    """Restore the working copy that is the current folder."""
    from workflow_scripts.settings.phases import write_phase_inputs

    root = Path.cwd()
    plan = checked_plan(root)
    stored = stored_stages(root, plan)
    write_phase_inputs(plan, root)
    stages = [f"{phase}@{study}" for study, phases in stored.items() for phase in phases]
    entry.log.info("fetching %s", ", ".join(stages))
    _dvc("pull", *stages)
    refuse_unproved(status(stages))
    record_as_made(plan, stored)
    write_plots_page(root)
    tracked = [f"{plan.config.results}/{study}/tracked.json" for study, phases in stored.items() if "report" in phases]
    if tracked and snakemake(*tracked, "--cores", "all"):
        raise UserError("the results are restored, but not entered into MLflow; see above, then run `snakemake`")
    entry.log.info("restored: %s", ", ".join(stored))


def stored_stages(root: Path, plan: "Plan") -> dict[str, list[str]]:
    """Active study → phases that dvc.lock holds, in their order; UserError when there are none."""
    from workflow_scripts.settings.load import read_yaml
    from workflow_scripts.settings.phases import PHASES

    stages = read_yaml(root / LOCK).get("stages", {}) if (root / LOCK).exists() else {}
    stored = {study: [phase for phase in PHASES if f"{phase}@{study}" in stages] for study in plan.enabled}
    stored = {study: phases for study, phases in stored.items() if phases}
    if not stored:
        raise UserError(f"{LOCK} holds no results of an enabled study; `dvc repro` makes them, `dvc push` stores them")
    return stored


def status(stages: list[str]) -> dict[str, Any]:
    """What DVC finds changed in these stages, as `dvc status --json` says it."""
    return json.loads(_dvc("status", "--json", *stages, capture=True) or "{}")


def refuse_unproved(changes_of_stage: dict[str, Any]) -> None:
    """Raise UserError unless files, settings and code are those of dvc.lock.

    NOT_CACHED are not in DVC's cache; where they are not in git either, the report job makes them again.
    """
    for stage, changes in changes_of_stage.items():
        for change in changes if isinstance(changes, list) else []:
            for kind, items in change.items() if isinstance(change, dict) else []:
                for path, state in items.items():
                    if kind == "changed outs" and state == "deleted" and Path(path).name in NOT_CACHED:
                        continue
                    raise UserError(
                        f"{stage}: {path} is {state} against {LOCK}: the results do not fit these settings, code and "
                        "files; check out the commit whose results you want, without changes of your own"
                    )


def record_as_made(plan: "Plan", stored: dict[str, list[str]]) -> None:
    """Let Snakemake record the restored files as made with the settings and code in force."""
    targets = [f"{study}_{phase}" for study, phases in stored.items() for phase in phases]
    needed = [record for study in stored for record in plan.data.synthetic_records(study)]
    needed += [record for study in stored for record in plan.weights.study_records(study)]
    missing = sorted({record for record in needed if not Path(record).exists()})
    for arguments in (
        # Synthetic data and published weights are no results and not stored; they must lie there before what was made
        # from them is recorded.
        [*missing, "--cores", "all", *QUIET] if missing else None,
        [*targets, "--touch", "--forceall", "--cores", "1", *QUIET],
        [*targets, "--cores", "all"],
    ):
        if arguments and snakemake(*arguments, restoring=True):
            raise UserError(
                f"snakemake {' '.join(arguments)} failed, see above; the results are fetched but not recorded"
            )


def _dvc(*arguments: str, capture: bool = False) -> str:
    command = [sys.executable, "-m", "dvc", *arguments]
    done = followed(command, capture=capture)
    if done.returncode and not (capture and done.stdout):
        raise UserError(f"`dvc {' '.join(arguments)}` failed, see above; `dvc remote list` shows where it looks")
    return done.stdout or ""


if __name__ == "__main__":
    entry.run(main, arguments().parse_args())
