"""Files that the named targets ask for: all that a study leaves, so that what was deleted is made again.

Snakemake makes a missing file again only if a target names it, or if something that has to be made needs it.
"""

from workflow_scripts.settings.plan.workflow_plan import Plan


def data_targets(plan: Plan, study: str) -> list[str]:
    """What stands for a study's samples and splits, and its arrays, which no job of one fold and seed names."""
    splits = [path for protocol in plan.study(study).protocols for path in plan.data.split_files(study, protocol)]
    return [*plan.data.records(study), str(plan.paths(study).array), *plan.data.slide_pictures(study), *splits]


def run_targets(plan: Plan, study: str) -> list[str]:
    """What stands for every run, written last, and the folders of what was evaluated and explained.

    Of every training train.json too: Snakemake removes all files of a training that was killed, and what finishes it
    may be there from before. No more than that, because each file that is named costs time in planning.
    """
    runs = []
    for protocol in plan.study(study).protocols:
        runs += plan.runs.protocol_records(study, protocol)
        for run in plan.study(study).runs:
            runs += plan.runs.trainings(study, protocol, run)
    embeddings = plan.data.embedding_files(study)
    return [*data_targets(plan, study), *embeddings, *runs, *plan.report_inputs(study)]


def pages(plan: Plan, study: str) -> list[str]:
    """A study's page, the tables that the index reads, and the records of both."""
    return [str(path) for path in plan.paths(study).pages]


def report_targets(plan: Plan, study: str) -> list[str]:
    """A study's page and what comes with it."""
    paths = plan.paths(study)
    return [
        *pages(plan, study),
        str(paths.model_card),
        str(paths.headline),
        str(paths.curves),
        *plan.paper_figures(study),
    ]


def all_targets(plan: Plan, study: str) -> list[str]:
    """All of a study, its receipt of the tracking database last."""
    return [*run_targets(plan, study), *report_targets(plan, study), str(plan.paths(study).receipt)]


PHASES = {"data": data_targets, "runs": run_targets, "report": report_targets, "all": all_targets}


def targets(plan: Plan, study: str, phase: str) -> list[str]:
    """Files that a phase (data, runs, report, all) of a study must leave."""
    return PHASES[phase](plan, study)


def active_targets(plan: Plan, phase: str) -> list[str]:
    """The files of a phase of all enabled studies."""
    return [path for study in plan.enabled for path in targets(plan, study, phase)]
