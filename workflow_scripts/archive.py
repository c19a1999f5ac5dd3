"""Put the results of the active studies into one zip file, as a paper's supplement.

In: finished results and the settings in force. Done: splits, predictions, metrics, reports, records and the resolved
settings are collected and described as an RO-Crate; images and, unless asked for, weights stay behind. Out: the zip
file, from which `make verify` computes every table again.
"""

import argparse
from pathlib import Path

from workflow_scripts.contracts import entry
from workflow_scripts.contracts.errors import UserError


def arguments() -> argparse.Namespace:
    """Command line of the step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--configfile", type=Path, help="settings laid over config.yaml, as for Snakemake")
    parser.add_argument("--out", type=Path, help="zip file (default: <results>-archive.zip)")
    parser.add_argument("--weights", action="store_true", help="put the trained weights in, too")
    parser.add_argument("--log", type=Path, default=Path("logs/archive.log"), help="log file, with tracebacks")
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    """Archive the results of the working copy that is the current folder."""
    from workflow_scripts.archiving.packing import Archived, write_archive
    from workflow_scripts.settings.load import read_yaml
    from workflow_scripts.settings.workflow import PACKAGE, Plan

    root = Path.cwd()
    plan = Plan(root, read_yaml(args.configfile) if args.configfile else {}, root)
    if not plan.active:
        raise UserError("no study is active; there is nothing to archive")
    studies = []
    for name in plan.active:
        study = plan.study(name)
        protocols = {protocol: plan.steps.evaluate(name, protocol) for protocol in study.protocols}
        settings = {"evaluate": protocols, "report": plan.steps.report(name)}
        paper = root / PACKAGE / "studies" / study.paper if study.paper else None
        studies.append(Archived(name, study.title or name, settings, paper))
    results = Path(plan.config.results)
    refuse_other_settings(results, studies)
    target = args.out or results.with_name(f"{results.name}-archive.zip")
    count = write_archive(target, results, studies, root / "requirements.lock", args.weights)
    entry.log.info("%s: %d files of %s", target, count, ", ".join(plan.active))


def refuse_other_settings(results: Path, studies: list) -> None:
    """Raise UserError where runs were made with other settings than those that would be archived with them."""
    from workflow_scripts.evaluation.tables import require_settings

    for study in studies:
        for protocol, settings in study.settings["evaluate"].items():
            for run, expected in settings["expects"].items():
                require_settings(results / study.name / "runs" / protocol / run, expected)


if __name__ == "__main__":
    entry.run(main, arguments())
