"""Let finished runs of one protocol, fold and seed vote.

In: units.csv and record.json of each member. Out, in --out: units.csv (the vote), predictions.csv (the same rows: a
vote scores what is judged), record.json (with the weight of each member) and ledger.json.
"""

import argparse
from pathlib import Path
from typing import Any

from workflow_scripts.contracts import record
from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.run_tables import UNITS
from workflow_scripts.contracts.verified import require
from workflow_scripts.evaluation.voting import vote, write_vote
from workflow_scripts.kinds.vote import Vote
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file
from workflow_scripts.runtime.results_layout import remedy
from workflow_scripts.runtime.run_address import study_of


def member(text: str) -> tuple[str, Path]:
    """NAME=FOLDER of the command line."""
    name, mark, folder = text.partition("=")
    if not mark:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=FOLDER")
    return name, Path(folder)


def arguments() -> argparse.Namespace:
    """Command line of the step."""
    parser = entry.parser(__doc__)
    parser.add_argument("--member", required=True, action="append", type=member, help="NAME=FOLDER of a finished run")
    parser.add_argument("--out", required=True, type=Path, help="folder of the vote, for one fold and seed")
    return parser.parse_args()


def require_member(settings: dict[str, Any], name: str, folder: Path) -> None:
    """Raise UserError when the folder holds another run, protocol, fold or seed than the vote wants, or is damaged."""
    stated = require(folder / "record.json", "units.csv")["settings"]
    wanted = {"run": name, **{key: settings[key] for key in ("study", "protocol", "fold", "seed")}}
    for key, value in wanted.items():
        if stated.get(key) != value:
            raise UserError(
                f"{folder}/record.json: {key} {stated.get(key)!r}, the vote wants {value!r}; "
                f"{remedy(folder / 'record.json')}"
            )


def main(args: argparse.Namespace) -> None:
    """Run the step; see the module's docstring."""
    spec, folders = parse(Vote, args.settings["spec"]), dict(args.member)
    if tuple(folders) != spec.members:
        raise UserError(f"members {', '.join(folders)} are given, the settings name {', '.join(spec.members)}")
    with record.ledger(args.out / "ledger.json"):
        for name, folder in folders.items():
            require_member(args.settings, name, folder)
        tables = {name: UNITS.read(folder / "units.csv") for name, folder in folders.items()}
        units, weights = vote(tables, spec.how, spec.weights)
        write_vote(args.out, units)
    results = study_of(args.out.resolve())
    paths = [(folder / "units.csv").resolve() for folder in folders.values()]
    outputs = {name: digest_file(args.out / name) for name in ("predictions.csv", "units.csv")}
    inputs = record.input_digests(results, paths)
    made = record.make_record(args.settings, args.code, inputs, weights=weights, outputs=outputs)
    record.write_record(args.out / "record.json", made)
    entry.log.info("%s: %s vote of %s", args.settings["run"], spec.how, ", ".join(folders))


if __name__ == "__main__":
    entry.run(main, arguments())
