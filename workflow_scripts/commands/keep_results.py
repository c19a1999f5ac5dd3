"""Keep what a finished study came to in docs/papers, for the page of its paper and the table of the README.

    cervix keep-results cvm_herlev --configfile docs/examples/real_cells.yaml

In: finished results of the working copy that is the current folder, and the settings they were made with. Every file is
compared with its record. Out: docs/papers/NAME.json, with the command, the commit and digests of the data; `make
settings` then writes the pages. Tracked files must be as in the commit.
"""

import argparse
import shlex
from datetime import date
from pathlib import Path

from workflow_scripts.commands.measure import ROOT, commit_of
from workflow_scripts.documentation.kept_study import FOLDER, KeptStudy, Origin, as_text, kept_study, require_paper
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.files import write_text


def keep(root: Path, study: str, configfile: Path | None, page: str | None) -> KeptStudy:
    """What a study of the working copy `root` came to; `page`: the paper on whose page it stands, its own by default.

    Raises UserError for results that are missing or not what their records say, and where tracked files were changed.
    """
    from workflow_scripts.commands.calling_snakemake import require_study
    from workflow_scripts.reporting.results_reading import read_results
    from workflow_scripts.settings.load import read_yaml
    from workflow_scripts.settings.plan.workflow_plan import Plan

    plan = Plan(root, read_yaml(configfile) if configfile else {}, root, [configfile] if configfile else [])
    require_study(study, plan.config.studies, configfile)
    settings = plan.study(study)
    paper = page or settings.paper
    require_paper(ROOT, paper)
    own = root / "workflow_scripts" / "studies" / settings.paper if settings.paper else None
    command = ["snakemake", f"{study}_report", "--cores", "all"]
    command += ["--configfile", str(configfile)] if configfile else []
    origin = Origin(shlex.join(command), commit_of(root), date.today().isoformat(), paper)
    results = read_results(Path(plan.config.results, study), plan.steps.report(study), own)
    return kept_study(results, settings.title or study, origin)


def arguments() -> argparse.ArgumentParser:
    """Command line of the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", help="as in the settings")
    parser.add_argument("--configfile", type=Path, help="settings that the results were made with")
    parser.add_argument("--page", help="paper on whose page it stands, where it is not the study's own")
    parser.add_argument("--name", help="of the file in docs/papers (the study's name)")
    parser.add_argument("--log", type=Path, default=Path("logs/keep_results.log"), help="log file, with tracebacks")
    return parser


def main(args: argparse.Namespace) -> None:
    """Keep the study; UserError where that cannot be."""
    kept = keep(Path.cwd(), args.study, args.configfile, args.page)
    path = ROOT / FOLDER / f"{args.name or args.study}.json"
    write_text(path, as_text(kept))
    print(f"{path.relative_to(ROOT)}; `make settings` writes the pages")


if __name__ == "__main__":
    entry.run(main, arguments().parse_args())
