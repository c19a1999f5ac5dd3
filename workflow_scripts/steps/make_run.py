"""Make a run that no training makes: of a fold's arrays, or of finished runs of the same fold and seed.

In: a fold of a split, the dataset and arrays of the study, or none of them where the kind of run reads only tables; the
folder of each run that it is made of. Done: what its kind says, see workflow_scripts/kinds. Out, in --out:
predictions.csv, units.csv, ledger.json and, last, record.json; some kinds leave more.
"""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from workflow_scripts.contracts.aggregation import EACH_SAMPLE
from workflow_scripts.contracts.blocks import parse, plain
from workflow_scripts.contracts.fold_files import FoldFiles
from workflow_scripts.contracts.record import versions
from workflow_scripts.contracts.run_finish import RunOutput, finish_run
from workflow_scripts.contracts.run_tables import UNITS
from workflow_scripts.contracts.verified import require
from workflow_scripts.kinds.kind import CombinedKind
from workflow_scripts.kinds.made_kind import MadeKind, RunJob
from workflow_scripts.kinds.step_settings.make_run_settings import MakeRun
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.digests import input_digests
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import canonical_json, digest_text
from workflow_scripts.runtime.results_layout import remedy
from workflow_scripts.runtime.run_address import RECORD_FILE, UNITS_FILE, study_of
from workflow_scripts.runtime.work_folder import WorkFolder


def source_run(text: str) -> tuple[str, Path]:
    """NAME=FOLDER of the command line."""
    name, mark, folder = text.partition("=")
    if not mark:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=FOLDER")
    return name, Path(folder)


def arguments() -> argparse.Namespace:
    """Command line of the step."""
    parser = entry.parser(__doc__)
    for name in ("--dataset", "--arrays", "--split", "--masks"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--source-run", action="append", default=[], type=source_run, help="NAME=FOLDER of a run")
    parser.add_argument("--linked", type=Path, help="folder of another study of the same patients")
    parser.add_argument("--expert", type=Path, metavar="FILE", help="labels of training samples, which a run asks for")
    parser.add_argument("--work", type=Path, default=Path(".work"), help="folder of states and locks")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--out", required=True, type=Path, help="folder of the run, for one fold and seed")
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    """Run the step; see the module's docstring."""
    settings, sources = parse(MakeRun, args.settings), dict(args.source_run)
    run = settings.spec
    wanted = [source.run for source in run.sources()]
    if list(sources) != wanted:
        raise UserError(f"the runs {', '.join(sources)} are given, the settings name {', '.join(wanted)}")
    if isinstance(run, CombinedKind):
        study = study_of(args.out.resolve())
        # What is judged was aggregated where the sources were made.
        finish_run(args.out, args.settings, args.code, study, EACH_SAMPLE, lambda: _combine(run, settings, sources))
    elif isinstance(run, MadeKind):
        job = _job(args, settings, sources)
        finish_run(args.out, args.settings, args.code, job.files.study, settings.aggregation, lambda: _make(run, job))
        job.work.clear()
    else:
        raise TypeError(f"a run of kind {run.kind} is made by the rule {run.rule}")
    entry.log.info("made %s, a run of kind %s", settings.run, run.kind)


def _job(args: argparse.Namespace, settings: MakeRun, sources: Mapping[str, Path]) -> RunJob:
    return RunJob(
        study=settings.study,
        protocol=settings.protocol,
        run=settings.run,
        fold=settings.fold,
        seed=settings.seed,
        files=FoldFiles.of(args),
        sources=sources,
        training=settings.member,
        device=args.device,
        out=args.out,
        work=WorkFolder(args.work, _identity(args, settings)),
        expert=args.expert,
        linked=args.linked,
    )


def _identity(args: argparse.Namespace, settings: MakeRun) -> str:
    """Digest of all that a job depends on but an expert's answers: it keeps its states while these come in."""
    files = FoldFiles.of(args)
    identity = {
        "settings": plain(replace(settings, expert=None)),
        "code": args.code,
        "inputs": input_digests(files.study, files.inputs),
        "versions": versions(),
    }
    return digest_text(canonical_json(identity))


def _make(run: MadeKind, job: RunJob) -> RunOutput:
    """The run, whose record names the files of the fold before what else it read."""
    output = run.make(job)
    return replace(output, inputs=(*job.files.inputs, *output.inputs))


def _combine(run: CombinedKind, settings: MakeRun, sources: Mapping[str, Path]) -> RunOutput:
    """The run, whose record names the tables that it is made of."""
    for name, folder in sources.items():
        _require_source(settings, name, folder)
    tables = {name: UNITS.read(folder / UNITS_FILE) for name, folder in sources.items()}
    return run.combine(tables).output(tuple((folder / UNITS_FILE).resolve() for folder in sources.values()))


def _require_source(settings: MakeRun, name: str, folder: Path) -> None:
    """Raise UserError when the folder holds another run, protocol, fold or seed than is wanted, or is damaged."""
    recorded = require(folder / RECORD_FILE, UNITS_FILE)["settings"]
    wanted = {"run": name, **{key: getattr(settings, key) for key in ("study", "protocol", "fold", "seed")}}
    for key, value in wanted.items():
        if recorded.get(key) != value:
            path = folder / RECORD_FILE
            raise UserError(
                f"{path}: {key} {recorded.get(key)!r}, the run {settings.run} wants {value!r}; {remedy(path)}"
            )


if __name__ == "__main__":
    entry.run(main, arguments())
