"""Leaks and weights of every split in an archive, found again from manifest, equal pairs and split."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from workflow_scripts.archiving.comparing import Outcome, compare_files
from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.dataset import EQUAL_PAIRS, read_manifest
from workflow_scripts.contracts.dataset_record import DatasetFacts
from workflow_scripts.contracts.record import view_of
from workflow_scripts.contracts.splits import LEAKS, SPLIT
from workflow_scripts.contracts.step_settings.split_settings import Protocol, rule_of
from workflow_scripts.contracts.subsets import SUBSETS, reported_subset
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file, read_json, write_json
from workflow_scripts.splitting.audit import audit
from workflow_scripts.splitting.censoring import weighted
from workflow_scripts.splitting.clusters import join
from workflow_scripts.splitting.findings import findings

# What a split follows from; its record holds their digests.
INPUTS = ("manifest.csv", "equal_pairs.csv")


def audit_splits(archived: Path, work: Path, study: str, protocols: dict[str, Protocol]) -> Iterator[Outcome]:
    """Compare leaks and weights of every protocol, and what its record says of them, with what is found now.

    `archived`: the unpacked archive; `work`: where the tables are made; `protocols`: by name. Raises
    UserError when a table is missing, broken or does not fit the others.
    """
    dataset = archived / study / "dataset"
    facts = view_of(DatasetFacts, read_json(dataset / "record.json"), dataset / "record.json")
    manifest = read_manifest(dataset)
    clusters = join(manifest, EQUAL_PAIRS.read(dataset / "equal_pairs.csv"))
    digests = {f"dataset/{name}": digest_file(dataset / name) for name in INPUTS}
    for protocol, rule in protocols.items():
        name = f"{study}/splits/{protocol}"
        split = SPLIT.read(archived / f"{name}.csv")
        _require_whole(split, manifest, f"{name}.csv")
        audited = audit(manifest, split, clusters.pairs, reported_subset(rule))
        LEAKS.write(work / f"{name}.leaks.csv", audited.pairs)
        yield compare_files(f"{name}.leaks.csv", archived / f"{name}.leaks.csv", work / f"{name}.leaks.csv")
        archived_record = read_json(archived / f"{name}.json")
        unweighted = split[list(SPLIT.columns)]
        split, censoring = weighted(unweighted, manifest, f"{name}.csv")
        if censoring:
            SPLIT.write(work / f"{name}.csv", split)
            yield compare_files(f"{name}.csv", archived / f"{name}.csv", work / f"{name}.csv")
        summary = {
            **archived_record,
            **findings(rule, rule.resample, facts, manifest, split, clusters, audited, censoring),
            **{"protocol": protocol, "rule": plain(rule_of(rule)), "inputs": {**archived_record["inputs"], **digests}},
            "outputs": {
                f"{protocol}.csv": digest_file(archived / f"{name}.csv"),
                f"{protocol}.leaks.csv": digest_file(work / f"{name}.leaks.csv"),
            },
        }
        write_json(work / f"{name}.json", summary)
        yield compare_files(f"{name}.json", archived / f"{name}.json", work / f"{name}.json")
        if len(leaks := audited.against(rule.by)):
            first = leaks.iloc[0]
            words = f"splits by {rule.by}, but {first['id_a']!r} and {first['id_b']!r} share {first['why']}"
            yield Outcome(f"{name}.csv", False, words, computed=False)


def _require_whole(split: pd.DataFrame, manifest: pd.DataFrame, name: str) -> None:
    """Raise UserError unless every sample of the manifest has one of the subsets in each fold, and no other has."""
    odd = ~split["subset"].isin(SUBSETS)
    if odd.any():
        raise UserError(f"{name}: the subset {split['subset'][odd].iloc[0]!r} is none")
    ids = set(manifest["id"])
    for fold, rows in split.groupby("fold"):
        if set(rows["id"]) != ids:
            raise UserError(f"{name}, fold {fold}: its samples are not those of manifest.csv")
