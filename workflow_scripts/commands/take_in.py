"""Take in trainings that ran elsewhere: the answer that a bundle's run.py wrote.

In: an answer, the settings in force, the results of home. Done: what the trainings read is brought up to date; that
data, split, settings, code and predictions belong together is proven; only then the trainings are put among the
results, and Snakemake records them as made. After it, plain `snakemake` makes what follows from them. Where the
weights stayed elsewhere, what needs them says so. Anything that does not fit is refused in a line, and nothing is
taken in.
"""

import argparse
from pathlib import Path

from workflow_scripts.runtime import entry
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.run_address import RunAddress


def arguments() -> argparse.ArgumentParser:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("answer", type=Path, help="zip file that run.py wrote")
    parser.add_argument("--configfile", type=Path, help="settings applied to config.yaml, as for Snakemake")
    parser.add_argument("--leave-torn", action="store_true", help="leave out runs of which trainings are missing")
    parser.add_argument("--log", type=Path, default=Path("logs/take_in.log"), help="log file, with tracebacks")
    return parser


def main(args: argparse.Namespace) -> None:
    """Take an answer in, in the working copy that is the current folder."""
    from workflow_scripts.commands.calling_snakemake import QUIET, plan_of, snakemake
    from workflow_scripts.elsewhere.asked_runs import AskedRun
    from workflow_scripts.elsewhere.bundle_inputs import made_for
    from workflow_scripts.elsewhere.taking_in import Unpacked, proven, put_among_results, whole_runs
    from workflow_scripts.runtime.reservations import own_folder

    plan = plan_of(args.configfile)
    with own_folder("take-in") as folder:
        unpacked = Unpacked.of(args.answer, folder / "answer")
        addresses, torn = whole_runs(plan, unpacked)
        refuse_torn(args, addresses, torn)
        runs = dict.fromkeys(AskedRun(address.study, address.protocol, address.run) for address in addresses)
        needed = sorted({path for run in runs for path in made_for(plan, run)})
        if snakemake(*needed, "--cores", "all", *QUIET, configfile=args.configfile):
            raise UserError("what the trainings read could not be made here, see above; nothing was taken in")
        trainings = proven(plan, unpacked, addresses)
        files = put_among_results(plan, unpacked, trainings)
    touch = (*files, "--touch", "--force", "--cores", "1", *QUIET)
    # Without a file Snakemake would take all results for touched.
    if files and snakemake(*touch, restoring=True, configfile=args.configfile):
        raise UserError("Snakemake could not record the trainings, see above; the same command tries again")
    kept = len(trainings) - len(files)
    stayed = sum(not training.whole for training in trainings) - kept
    entry.log.info("%s: %d trainings taken in of %s", args.answer, len(files), ", ".join(map(str, runs)))
    if kept:
        entry.log.info("%d lie here already with their weights, which the answer lacks; they stay as they are", kept)
    entry.log.info("made with %s", ", ".join(f"{name} {version}" for name, version in unpacked.answer.versions.items()))
    if stayed:
        entry.log.info(
            "the weights of %d stayed where they were trained; explain, apply and compress need them", stayed
        )
    entry.log.info("`snakemake --cores all` (with your --configfile) makes what follows")


def refuse_torn(args: argparse.Namespace, addresses: list[RunAddress], torn: list[str]) -> None:
    """Raise UserError for runs of which trainings are missing, unless they may be left, and where none is left."""
    for words in torn if args.leave_torn else []:
        entry.log.warning("left out: %s", words)
    if torn and not args.leave_torn:
        raise UserError(
            f"{args.answer}: half a result: {torn[0]}; let run.py continue where it ran, or leave such runs out with "
            "--leave-torn; nothing was taken in"
        )
    if not addresses:
        raise UserError(f"{args.answer} holds no run of which all trainings are finished; nothing was taken in")


if __name__ == "__main__":
    entry.run(main, arguments().parse_args())
