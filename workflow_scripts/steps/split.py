"""Split a study's samples into training, validation and test subset, as one protocol says, and audit the leaks.

In: dataset/manifest.csv, equal_pairs.csv and record.json; for a protocol of kind `file` also the user's CSV file.
Out: {protocol}.csv (id, fold, subset, and weight where patients are lost before the horizon), {protocol}.leaks.csv
(what lies on both sides, and why), {protocol}.json (the record: rule, counts of each class, leaks, SMOTE before the
split among them). The split follows from the study, its seed and the rule alone: two protocols with one rule are one
split. Where units are judged, a unit of several labels stops it: before any training.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts import record
from workflow_scripts.contracts.blocks import parse, plain
from workflow_scripts.contracts.dataset import EQUAL_PAIRS, read_manifest
from workflow_scripts.contracts.dataset_record import DatasetFacts
from workflow_scripts.contracts.record import view_of
from workflow_scripts.contracts.run_tables import require_one_label
from workflow_scripts.contracts.splits import LEAKS, SPLIT
from workflow_scripts.contracts.step_settings.split_settings import SplitSettings
from workflow_scripts.contracts.subsets import reported_subset
from workflow_scripts.contracts.verified import require
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.digests import input_digests
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file
from workflow_scripts.runtime.results_layout import remedy
from workflow_scripts.runtime.seeds import seed_for
from workflow_scripts.splitting.audit import audit
from workflow_scripts.splitting.censoring import weighted
from workflow_scripts.splitting.clusters import Clusters, join, unit_codes
from workflow_scripts.splitting.findings import findings
from workflow_scripts.splitting.protocols import Samples, holdout, kfold
from workflow_scripts.splitting.userfile import read_split


def arguments() -> argparse.Namespace:
    """Command line of the step."""
    parser = entry.parser(__doc__)
    parser.add_argument("--dataset", required=True, type=Path, help="folder that ingest wrote")
    parser.add_argument("--out", required=True, type=Path, help="folder of the splits")
    parser.add_argument("--split-file", type=Path, help="the user's CSV file; protocols of kind `file` only")
    return parser.parse_args()


def make_split(
    settings: SplitSettings, manifest: pd.DataFrame, clusters: Clusters, classes: Sequence[str], file: Path | None
) -> pd.DataFrame:
    """The split (contract SPLIT) that settings.rule asks for; UserError when the data cannot be split so."""
    rule = settings.rule
    if (rule.kind == "file") != (file is not None):
        raise UserError(f"protocol {settings.protocol}: kind {rule.kind}, --split-file {file or 'not given'}")
    if rule.kind == "file":
        assert file is not None  # as was asked above
        return read_split(file, manifest, rule.folds, classes)
    labels = pd.Index(classes).get_indexer(manifest["label"])
    if (labels < 0).any():
        label = manifest["label"].iloc[int((labels < 0).argmax())]
        raise UserError(f"manifest.csv has the label {label!r}, which is none of the classes {', '.join(classes)}")
    samples = Samples(manifest["id"].to_numpy(), labels, list(classes), clusters.codes, unit_codes(manifest))
    try:
        if rule.kind == "holdout":
            return holdout(samples, list(rule.fractions), rule.by, _shuffling(settings, 0))
        repeats = [
            kfold(samples, rule.folds, rule.validation, rule.by, _shuffling(settings, repeat))
            for repeat in range(rule.repeats)
        ]
        return pd.concat(
            [split.assign(fold=split["fold"] + number * rule.folds) for number, split in enumerate(repeats)],
            ignore_index=True,
        )
    except UserError as error:
        raise UserError(f"protocol {settings.protocol}: {error}") from None


def _shuffling(settings: SplitSettings, repeat: int) -> np.random.Generator:
    """The random numbers of one repeat; the first is the split of a protocol without repeats."""
    purpose = f"split, repeat {repeat}" if repeat else "split"
    return np.random.default_rng(seed_for(settings.study, "", "", settings.seed, purpose))


def main(args: argparse.Namespace) -> None:
    """Run the step; see the module's docstring."""
    settings, record_path = parse(SplitSettings, args.settings), args.dataset / "record.json"
    dataset = view_of(DatasetFacts, require(record_path, "manifest.csv", "equal_pairs.csv"), record_path)
    manifest = read_manifest(args.dataset)
    pairs = EQUAL_PAIRS.read(args.dataset / "equal_pairs.csv")
    if settings.units_judged:
        require_one_label(manifest, f"protocol {settings.protocol}")
    try:
        clusters = join(manifest, pairs)
    except UserError as error:
        raise UserError(f"{args.dataset}: {error}; {remedy(args.dataset / 'manifest.csv')}") from None
    split = make_split(settings, manifest, clusters, dataset.classes, args.split_file)
    reported = reported_subset(settings.rule)
    audited = audit(manifest, split, clusters.pairs, reported)
    audited.require_none(
        settings.rule.by, f"protocol {settings.protocol}" + (f", {args.split_file}" if args.split_file else "")
    )
    split, censoring = weighted(split, manifest, f"protocol {settings.protocol}")
    inputs = input_digests(args.dataset.parent, [args.dataset / name for name in ("manifest.csv", "equal_pairs.csv")])
    if args.split_file:
        inputs[f"split file {args.split_file.name}"] = digest_file(args.split_file)
    target = args.out / settings.protocol
    paths = {"split": Path(f"{target}.csv"), "leaks": Path(f"{target}.leaks.csv"), "record": Path(f"{target}.json")}
    SPLIT.write(paths["split"], split)
    LEAKS.write(paths["leaks"], audited.pairs)
    split_record = record.make_record(
        args.settings,
        args.code,
        inputs,
        protocol=settings.protocol,
        rule=plain(settings.rule),
        **findings(settings.rule, settings.resample, dataset, manifest, split, clusters, audited, censoring),
        outputs={paths[name].name: digest_file(paths[name]) for name in ("split", "leaks")},
    )
    record.write_record(paths["record"], split_record)
    entry.log.info(
        "%s: %d folds, %d samples; %s", settings.protocol, split_record["folds"], len(manifest), split_record["note"]
    )


if __name__ == "__main__":
    entry.run(main, arguments())
