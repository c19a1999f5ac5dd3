"""Put the results of the enabled studies into one zip file, as a paper's supplement.

In: finished results and the settings in force. Done: splits, predictions, metrics, reports, records and the resolved
settings are collected and described as an RO-Crate; images and, unless asked for, weights stay behind, and nothing
that names this machine or its user goes in. Studies that are not finished are left out and named. Out: the zip file,
from which `make verify` computes every table again, and its sha256.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from workflow_scripts.kinds.step_settings.archived_settings import ArchivedSettings
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file

if TYPE_CHECKING:
    from workflow_scripts.archiving.building import Archived


def arguments() -> argparse.ArgumentParser:
    """Command line of the step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--configfile", type=Path, help="settings applied to config.yaml, as for Snakemake")
    parser.add_argument("--out", type=Path, help="zip file (default: <results>-archive.zip)")
    parser.add_argument("--weights", action="store_true", help="put the trained weights in, too")
    parser.add_argument(
        "--word", action="append", default=[], help="your account's name, if it is a mere word in these results"
    )
    parser.add_argument("--log", type=Path, default=Path("logs/archive.log"), help="log file, with tracebacks")
    return parser


def main(args: argparse.Namespace) -> None:
    """Archive the results of the working copy that is the current folder."""
    from workflow_scripts.archiving.building import Archived, Options, finished, write_archive
    from workflow_scripts.commands.calling_snakemake import plan_of

    root, plan = Path.cwd(), plan_of(args.configfile)
    results = Path(plan.config.results)
    names = [name for name in plan.enabled if finished(results, name)]
    left_out = [name for name in plan.enabled if name not in names]
    if not names:
        raise UserError(
            f"no enabled study is finished in {results}; run the workflow to its end, or name with CONFIG=my.yaml the "
            "settings that the results were made with"
        )
    for name in left_out:
        entry.log.warning("left out: %s has no report; `snakemake %s` makes it", name, name)
    studies = []
    papers = root / "workflow_scripts" / "studies"
    for name in names:
        study = plan.study(name)
        protocols = {protocol: plan.steps.evaluate(name, protocol) for protocol in study.protocols}
        settings = ArchivedSettings(protocols, plan.steps.report(name))
        studies.append(Archived(name, study.title or name, settings, papers / study.paper if study.paper else None))
    refuse_other_settings(results, studies)
    target = args.out or results.with_name(f"{results.name}-archive.zip")
    options = Options(args.weights, tuple(args.word))
    count = write_archive(target, results, studies, plan.data.paper_folders(), root / "requirements.lock", options)
    entry.log.info("%s: %d files of %s", target, count, ", ".join(names))
    if left_out:
        entry.log.info("not in it, because they are not finished: %s", ", ".join(left_out))
    print(f"sha256 {digest_file(target)}  {target}: state it where you cite the archive", flush=True)


def refuse_other_settings(results: Path, studies: "list[Archived]") -> None:
    """Raise UserError where runs were made with other settings than those that would be archived with them."""
    from workflow_scripts.evaluation.metric_tables import require_settings

    for study in studies:
        for protocol, settings in study.settings.evaluate.items():
            for run, expected in settings.expects.items():
                require_settings(results / study.name / "runs" / protocol / run, expected)


if __name__ == "__main__":
    entry.run(main, arguments().parse_args())
