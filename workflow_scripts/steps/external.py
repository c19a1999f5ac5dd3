"""Apply a trained run of another study to this study's samples, without any refit.

In: the weights of that training, this study's packed pixels and a fold of its split; that study's manifest and split,
to count pictures that the network has learned from. Out, in --out: predictions.csv, units.csv, ledger.json and, last,
record.json (with `seen_in_training`: per subset, how many of the predicted samples are the same picture as one there).
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from workflow_scripts.contracts.record import input_digests, ledger, make_record, write_record
from workflow_scripts.contracts.run_tables import class_columns, write_run_tables
from workflow_scripts.contracts.verified import require, required_split
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file

if TYPE_CHECKING:
    import pandas as pd


def arguments() -> argparse.Namespace:
    """Command line of this step."""
    return entry.fold_parser(__doc__, "--member", "--manifest-there", "--split-there", "--out").parse_args()


def main(args: argparse.Namespace) -> None:
    """Run the step; see the module's docstring."""
    weights_path = args.member / "weights.safetensors"
    with ledger(args.out / "ledger.json") as cost:
        table, measured = _predict(args, weights_path)
        cost.update(measured)
    seen = seen_in_training(args, table)
    inputs = entry.network_inputs(args)
    digests = input_digests(args.dataset.parent, [*inputs, weights_path, args.manifest_there, args.split_there])
    outputs = {name: digest_file(args.out / name) for name in ("predictions.csv", "units.csv")}
    record = make_record(args.settings, args.code, digests, seen_in_training=seen, outputs=outputs)
    write_record(args.out / "record.json", record)
    if any(seen.values()):
        entry.log.info("%s: the network has learned from %s of these pictures", args.settings["run"], seen)


def _predict(args: argparse.Namespace, weights_path: Path) -> tuple["pd.DataFrame", dict]:
    """Write the tables; returns the samples predicted and what it cost."""
    from workflow_scripts.training.inference import Applied

    settings = args.settings
    applied = Applied.read(args, weights_path, settings["member"], settings["fold"], args.device)
    table, speed = applied.score(applied.network())
    here = applied.samples.classes
    translated = translate(table, applied.weights.classes, here, settings["spec"]["classes"])
    write_run_tables(args.out, translated, here, settings["aggregate"])
    return translated, applied.cost(speed)


def translate(
    table: "pd.DataFrame", there: list[str], here: list[str], classes: dict[str, str | None] | None
) -> "pd.DataFrame":
    """The table with probabilities of this study's classes.

    `classes`: class there → class here, None to leave it out; None: both have the same classes. UserError when a class
    is unknown on its side or is not named, or when nothing stands for a class of this study.
    """
    meaning = {name: name for name in there} if classes is None else classes
    for what, odd in (
        ("is no class that the network tells apart", sorted(set(meaning) - set(there))),
        ("is missing on the left; map it to a class or to null", sorted(set(there) - set(meaning))),
        ("is no class of this study", sorted({name for name in meaning.values() if name} - set(here))),
        ("is a class of this study that nothing stands for", sorted(set(here) - set(meaning.values()))),
    ):
        if odd:
            raise UserError(f"classes of an external run: {odd[0]!r} {what}")
    groups = [[theirs for theirs in there if meaning[theirs] == name] for name in here]
    values = np.stack([table[class_columns(names)].to_numpy().sum(axis=1) for names in groups], axis=1)
    total = values.sum(axis=1, keepdims=True)
    # Where all of the probability is on classes left out, nothing speaks for any of ours.
    values = np.where(total > 0, values / np.where(total > 0, total, 1), 1 / len(here))
    result = table.drop(columns=class_columns(there))
    result[class_columns(here)] = values
    return result


def seen_in_training(args: argparse.Namespace, predicted: "pd.DataFrame") -> dict[str, int]:
    """Per subset: predicted samples whose picture, by its bytes, was in the training or validation subset there."""
    from workflow_scripts.contracts.dataset import read_manifest
    from workflow_scripts.contracts.splits import SPLIT

    split = SPLIT.read(required_split(args.split_there))
    learned = split.loc[(split["fold"] == args.settings["member"]["fold"]) & (split["subset"] != "test"), "id"]
    require(args.manifest_there.with_name("record.json"), args.manifest_there.name)
    there = read_manifest(args.manifest_there.parent).set_index("id").loc[learned, "sha256"]
    here = read_manifest(args.dataset).set_index("id")["sha256"]
    same = predicted["id"].map(here).isin(set(there))
    return {subset: int(same[predicted["subset"] == subset].sum()) for subset in sorted(set(predicted["subset"]))}


if __name__ == "__main__":
    entry.run(main, arguments())
