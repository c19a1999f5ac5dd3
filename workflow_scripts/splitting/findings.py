"""What the record of a split says of it: counts, leaks, clusters, and all that in plain sentences."""

from typing import Any

import pandas as pd

from workflow_scripts.contracts.subsets import SUBSETS, reported_subset
from workflow_scripts.splitting.audit import Audit
from workflow_scripts.splitting.clusters import Clusters, unit_codes


def findings(
    rule: dict, dataset: dict, manifest: pd.DataFrame, split: pd.DataFrame, clusters: Clusters, found: Audit
) -> dict[str, Any]:
    """The part of a split's record that follows from manifest, equal pairs and split.

    `rule`: the protocol's settings; `dataset`: record of the dataset; `clusters`, `found`: what `join` and `audit` made
    of them.
    """
    reported = reported_subset(rule)
    return {
        "folds": int(split["fold"].nunique()),
        "leak_free": _leak_free(rule["by"], clusters, found),
        "nothing_clusters": clusters.nothing,
        "groups_known": dataset["groups_known"],
        "counts": class_counts(manifest, split, dataset["classes"]),
        "leaks": found.test,
        "leaks_train_validation": found.validation,
        f"{reported}_samples": {str(fold): n for fold, n in found.tested.items()},
        f"{reported}_samples_with_a_leak": {str(fold): n for fold, n in found.samples.items()},
        f"{reported}_share_with_a_leak": round(sum(found.samples.values()) / max(sum(found.tested.values()), 1), 6),
        "clusters": clusters.report(),
        "note": note(manifest, found, clusters, rule["by"], reported),
    }


def _leak_free(by: str, clusters: Clusters, found: Audit) -> bool:
    """By group always; by unit where every group is one unit, so that nothing was torn; else where nothing clusters."""
    return by == "group" or clusters.nothing or (by == "unit" and not len(found.pairs))


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
            "No groups and no equal pictures were found: protocols by sample and by group are the same split, so the "
            "leak premium cannot be measured on these images."
        )
    elif by == "sample" or (by == "unit" and len(found.pairs)):
        leaking, tested = sum(found.samples.values()), sum(found.tested.values())
        sentences.append(
            f"Split by {by}: {leaking} of {tested} {reported} samples share a group, unit or picture with samples "
            + ("used before the test." if reported == "test" else "trained on.")
        )
    elif by == "unit":
        sentences.append("Split by unit: no sample shares a known group, a unit or a picture with another subset.")
    elif unknown == len(manifest):
        sentences.append(
            "Split by group, which without groups is duplicate free only: no sample shares a unit or a picture with "
            "another subset; patients may repeat."
        )
    else:
        sentences.append("Split by group: no sample shares a known group, a unit or a picture with another subset.")
    units = len(set(unit_codes(manifest)))
    if by != "sample" and units < len(manifest):
        sentences.append(f"The shares of each class are of its {units} units, which hold {len(manifest)} samples.")
    if clusters.dropped:
        sentences.append(
            f"{clusters.dropped} near-equal pairs further apart than {clusters.limit:.3g} were not believed, because "
            "they would have chained more than a tenth of the samples into one cluster."
        )
    return " ".join(sentences)
