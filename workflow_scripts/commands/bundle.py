"""Put trainings into one zip file that runs where neither this workflow nor a network is.

In: the settings in force and the runs to train, in the order in which they are worth it. Done: Snakemake brings what
they read up to date; data, split, settings, code and start weights go into the bundle, with the digest of each. Out: a
zip file; elsewhere `python3 run.py` trains, and makes the answer that `make take-in ARCHIVE=answer.zip` takes in.
"""

import argparse
from pathlib import Path

from workflow_scripts.runtime import entry
from workflow_scripts.runtime.errors import UserError

MIB = 1 << 20


def arguments() -> argparse.ArgumentParser:
    """Command line."""
    from workflow_scripts.elsewhere.bundle_description import TRAVELS

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", metavar="STUDY[/PROTOCOL[/RUN]]", help="what to train, most valuable first")
    parser.add_argument("--configfile", type=Path, help="settings applied to config.yaml, as for Snakemake")
    parser.add_argument("--data", choices=TRAVELS, default="smaller", help="original files, or packed pixels")
    parser.add_argument("--out", type=Path, default=Path("trainings.zip"), help="the bundle (default: %(default)s)")
    parser.add_argument("--log", type=Path, default=Path("logs/bundle.log"), help="log file, with tracebacks")
    return parser


def main(args: argparse.Namespace) -> None:
    """Make the bundle in the working copy that is the current folder."""
    from workflow_scripts.commands.calling_snakemake import QUIET, plan_of, require_study, snakemake
    from workflow_scripts.elsewhere.asked_runs import asked_runs
    from workflow_scripts.elsewhere.bundle_building import write_bundle
    from workflow_scripts.elsewhere.bundle_inputs import made_for
    from workflow_scripts.settings.plan.start_checks import check_asked

    plan = plan_of(args.configfile)
    for name in args.runs:
        require_study(name.split("/")[0], plan.config.studies, args.configfile)
    runs = asked_runs(plan, args.runs)
    for study in dict.fromkeys(run.study for run in runs):
        check_asked(plan, study)
    needed = sorted({path for run in runs for path in made_for(plan, run)})
    if snakemake(*needed, "--cores", "all", *QUIET, configfile=args.configfile):
        raise UserError("what the trainings read could not be made, see above; no bundle was written")
    bundle = write_bundle(plan, runs, args.data, args.out)
    trainings = sum(len(run.trainings) for run in bundle.runs)
    samples = "original files" if bundle.originals else "packed pixels"
    entry.log.info(
        "%s: %d trainings of %s, with %s, %.1f MiB; there: unzip it, `python3 run.py --minutes M`",
        *(args.out, trainings, ", ".join(run.name for run in bundle.runs), samples),
        args.out.stat().st_size / MIB,
    )


if __name__ == "__main__":
    entry.run(main, arguments().parse_args())
