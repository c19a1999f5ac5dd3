"""Files that the named targets ask for: all that a study leaves, so that what was deleted is made again.

Snakemake makes a missing file again only if a target names it, or if something that has to be made needs it.
"""

from functools import partial

from workflow_scripts.settings.workflow import Plan


def data_targets(plan: Plan, study: str) -> list[str]:
    """What stands for a study's samples, pixels and splits."""
    folder = f"{plan.config.results}/{study}"
    splits = [path for protocol in plan.study(study).protocols for path in plan.split_files(study, protocol)]
    return [f"{folder}/dataset/record.json", f"{folder}/arrays/record.json", *splits]


def run_targets(plan: Plan, study: str) -> list[str]:
    """The record of every run, fold and seed, written last, and the folders of what was evaluated and explained.

    Of a training train.json too: Snakemake removes all files of a training that was killed, and what concludes it may
    be there from before. No more than that, because each file that is named costs time in planning.
    """
    runs = []
    for protocol in plan.study(study).protocols:
        runs += plan.protocol_files(study, protocol, "record.json")
        for run in filter(partial(plan.is_trained, study), plan.study(study).runs):
            runs += plan.run_files(study, protocol, run, "train.json")
    return [*data_targets(plan, study), *runs, *plan.report_inputs(study)]


def pages(plan: Plan, study: str) -> list[str]:
    """A study's page, the two tables that the index reads, and the records of both."""
    names = ("report.html", "metrics.json", "report.json", "verdict.csv", "verdict.json")
    return [f"{plan.config.results}/{study}/{name}" for name in names]


def report_targets(plan: Plan, study: str) -> list[str]:
    """A study's page and what comes with it."""
    folder = f"{plan.config.results}/{study}"
    return [*pages(plan, study), f"{folder}/model_card.md", f"{folder}/curves", *plan.paper_figures(study)]


def all_targets(plan: Plan, study: str) -> list[str]:
    """All of a study, its receipt of the tracking database last."""
    tracked = f"{plan.config.results}/{study}/tracked.json"
    return [*run_targets(plan, study), *report_targets(plan, study), tracked]


PHASES = {"data": data_targets, "runs": run_targets, "report": report_targets, "all": all_targets}


def targets(plan: Plan, study: str, phase: str) -> list[str]:
    """Files that a phase (data, runs, report, all) of a study must leave."""
    return PHASES[phase](plan, study)


def active_targets(plan: Plan, phase: str) -> list[str]:
    """The files of a phase of all active studies."""
    return [path for study in plan.active for path in targets(plan, study, phase)]
