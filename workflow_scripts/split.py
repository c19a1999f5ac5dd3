"""Split a study's samples into training, validation and test subset, as one protocol says, and audit the leaks.

In: dataset/manifest.csv, equal_pairs.csv and record.json; for a protocol of kind `file` also the user's CSV file.
Out: {protocol}.csv (id, fold, subset), {protocol}.leaks.csv (what lies on both sides, and why), {protocol}.json (the
record: rule, counts of each class, leaks). The split follows from the study, its seed and the rule alone: two
protocols with one rule are one split.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts import entry, record
from workflow_scripts.contracts.dataset import EQUAL_PAIRS, MANIFEST
from workflow_scripts.contracts.errors import UserError
from workflow_scripts.contracts.files import digest_file
from workflow_scripts.contracts.seeds import seed_for
from workflow_scripts.contracts.splits import LEAKS, SPLIT
from workflow_scripts.contracts.subsets import SUBSETS, reported_subset
from workflow_scripts.contracts.verified import require
from workflow_scripts.splitting.audit import Audit, audit
from workflow_scripts.splitting.clusters import Clusters, join
from workflow_scripts.splitting.protocols import Samples, holdout, kfold
from workflow_scripts.splitting.userfile import read_split


def arguments() -> argparse.Namespace:
    """Command line of the step."""
    parser = entry.parser(__doc__)
    parser.add_argument("--dataset", required=True, type=Path, help="folder that ingest wrote")
    parser.add_argument("--out", required=True, type=Path, help="folder of the splits")
    parser.add_argument("--split-file", type=Path, help="the user's CSV file; protocols of kind `file` only")
    return parser.parse_args()


def make_split(settings, manifest: pd.DataFrame, clusters: Clusters, classes: list[str], file: Path | None):
    """The split (contract SPLIT) that settings.rule asks for; UserError when the data cannot be split so."""
    rule = settings.rule
    if (rule.kind == "file") != (file is not None):
        raise UserError(f"protocol {settings.protocol}: kind {rule.kind}, --split-file {file or 'not given'}")
    if file is not None:
        return read_split(file, manifest, rule.folds, classes)
    labels = pd.Index(classes).get_indexer(manifest["label"])
    if (labels < 0).any():
        label = manifest["label"].iloc[int((labels < 0).argmax())]
        raise UserError(f"manifest.csv has the label {label!r}, which is none of the classes {', '.join(classes)}")
    samples = Samples(manifest["id"].to_numpy(), labels, classes, clusters.codes)
    rng = np.random.default_rng(seed_for(settings.study, "", "", settings.seed, "split"))
    try:
        if rule.kind == "holdout":
            return holdout(samples, rule.fractions, rule.by, rng)
        return kfold(samples, rule.folds, rule.validation, rule.by, rng)
    except UserError as error:
        raise UserError(f"protocol {settings.protocol}: {error}") from None


def class_counts(manifest: pd.DataFrame, split: pd.DataFrame, classes: list[str]) -> dict:
    """{fold: {subset: {class: n}}}, folds as text, zeros included."""
    labels = split["id"].map(manifest.set_index("id")["label"])
    table = split.groupby(["fold", "subset", labels.rename("label")]).size()
    folds = sorted(set(split["fold"]))
    return {
        str(fold): {subset: {name: int(table.get((fold, subset, name), 0)) for name in classes} for subset in SUBSETS}
        for fold in folds
    }


def note(manifest: pd.DataFrame, found: Audit, clusters: Clusters, by: str, reported: str) -> str:
    """What a reader of the results must know about the split, in plain sentences."""
    sentences = []
    if reported == "validation":
        sentences.append(
            "This protocol has no test subset: what it reports are the validation images on which the epoch was "
            "selected, so none of its numbers is a test result."
        )
    unknown = int((manifest["group"] == "").sum())
    if unknown == len(manifest):
        sentences.append("No groups are known, so a patient may be in several subsets.")
    elif unknown:
        sentences.append(f"{unknown} of {len(manifest)} samples have no known group and may repeat a patient.")
    if clusters.nothing:
        sentences.append(
            "No duplicates or groups were found: protocols by sample and by group are the same split, so the leak "
            "premium cannot be measured on these images."
        )
    elif by == "sample":
        leaking, tested = sum(found.samples.values()), sum(found.tested.values())
        sentences.append(
            f"Split by sample: {leaking} of {tested} {reported} samples share a group, unit or picture with samples "
            + ("used before the test." if reported == "test" else "trained on.")
        )
    else:
        sentences.append("Split by group: no sample shares a known group, a unit or a picture with another subset.")
    if clusters.dropped:
        sentences.append(
            f"{clusters.dropped} near-equal pairs further apart than {clusters.limit:.3g} were not believed, because "
            "they would have chained more than a tenth of the samples into one cluster."
        )
    return " ".join(sentences)


def main(args: argparse.Namespace) -> None:
    """Run the step; see the module's docstring."""
    settings = entry.namespace(args.settings)
    dataset = require(args.dataset / "record.json", "manifest.csv", "equal_pairs.csv")
    manifest = MANIFEST.read(args.dataset / "manifest.csv")
    pairs = EQUAL_PAIRS.read(args.dataset / "equal_pairs.csv")
    clusters = join(manifest, pairs)
    split = make_split(settings, manifest, clusters, dataset["classes"], args.split_file)
    reported = reported_subset(args.settings["rule"])
    found = audit(manifest, split, clusters.pairs, reported)
    by_group = settings.rule.by == "group"
    if by_group:
        found.require_none(f"protocol {settings.protocol}" + (f", {args.split_file}" if args.split_file else ""))
    inputs = record.input_digests(
        args.dataset.parent, [args.dataset / name for name in ("manifest.csv", "equal_pairs.csv")]
    )
    if args.split_file:
        inputs[f"split file {args.split_file.name}"] = digest_file(args.split_file)
    target = args.out / settings.protocol
    paths = {"split": Path(f"{target}.csv"), "leaks": Path(f"{target}.leaks.csv"), "record": Path(f"{target}.json")}
    SPLIT.write(paths["split"], split)
    LEAKS.write(paths["leaks"], found.pairs)
    made = record.make_record(
        args.settings,
        args.code,
        inputs,
        protocol=settings.protocol,
        rule=args.settings["rule"],
        folds=int(split["fold"].nunique()),
        leak_free=by_group or clusters.nothing,
        nothing_clusters=clusters.nothing,
        groups_known=dataset["groups_known"],
        counts=class_counts(manifest, split, dataset["classes"]),
        leaks=found.test,
        leaks_train_validation=found.validation,
        **{
            f"{reported}_samples": {str(fold): n for fold, n in found.tested.items()},
            f"{reported}_samples_with_a_leak": {str(fold): n for fold, n in found.samples.items()},
            f"{reported}_share_with_a_leak": round(sum(found.samples.values()) / max(sum(found.tested.values()), 1), 6),
        },
        clusters=clusters.report(),
        note=note(manifest, found, clusters, settings.rule.by, reported),
        outputs={paths[name].name: digest_file(paths[name]) for name in ("split", "leaks")},
    )
    record.write_record(paths["record"], made)
    entry.log.info("%s: %d folds, %d samples; %s", settings.protocol, made["folds"], len(manifest), made["note"])


if __name__ == "__main__":
    entry.run(main, arguments())
