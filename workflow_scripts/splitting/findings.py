"""What the record of a split says of it: counts, leaks, clusters, and all that in plain sentences."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.dataset_record import DatasetFacts
from workflow_scripts.contracts.split_record import Censoring
from workflow_scripts.contracts.step_settings.split_settings import Resample, Rule, repeats_of
from workflow_scripts.contracts.subsets import SMOTE_BEFORE_SPLIT, SUBSETS, reported_subset
from workflow_scripts.splitting.audit import Audit
from workflow_scripts.splitting.censoring import losses_in_words
from workflow_scripts.splitting.clusters import Clusters, unit_codes


def findings(
    rule: Rule,
    resample: Resample,
    dataset: DatasetFacts,
    manifest: pd.DataFrame,
    split: pd.DataFrame,
    clusters: Clusters,
    audited: Audit,
    censoring: Censoring | None,
) -> dict[str, Any]:
    """The part of a split's record that follows from manifest, equal pairs and split, and from `resample`.

    `clusters`, `audited`, `censoring`: what `join`, `audit` and `weighted` made of them.
    """
    reported = reported_subset(rule)
    return {
        "folds": int(split["fold"].nunique()),
        "leak_free": resample != SMOTE_BEFORE_SPLIT and _leak_free(rule.by, audited),
        "nothing_clusters": clusters.nothing,
        "groups_known": dataset.groups_known,
        "counts": class_counts(manifest, split, dataset.classes),
        "leaks": audited.test,
        "leaks_train_validation": audited.validation,
        f"{reported}_samples": {str(fold): n for fold, n in audited.tested.items()},
        f"{reported}_samples_with_a_leak": {str(fold): n for fold, n in audited.samples.items()},
        f"{reported}_share_with_a_leak": round(sum(audited.samples.values()) / max(sum(audited.tested.values()), 1), 6),
        "clusters": clusters.report(),
        "note": " ".join(
            [
                *_resampled(resample, reported),
                note(manifest, audited, clusters, rule.by, reported),
                *_repeated(rule),
                *losses_in_words(censoring),
            ]
        ),
        **({"censoring": plain(censoring)} if censoring else {}),
    }


def _leak_free(by: str, audited: Audit) -> bool:
    """By group always; else where nothing was torn: such a split is what a split by group would allow."""
    return by == "group" or not len(audited.pairs)


def _resampled(resample: Resample, reported: str) -> list[str]:
    """What a reader must know of synthetic training samples: a sentence, or none."""
    if resample == "none":
        return []
    if resample == SMOTE_BEFORE_SPLIT:
        return [
            f"Trained networks also learn from synthetic samples that are made of {reported} samples: SMOTE "
            "interpolates between all samples of a class before the split, so none of their numbers here is free of "
            "leaks."
        ]
    return [
        "Trained networks also learn from synthetic samples: SMOTE interpolates between training samples of one class "
        "and fold."
    ]


def _repeated(rule: Rule) -> list[str]:
    """That every sample is tested several times: a sentence, or none."""
    times = repeats_of(rule)
    return [f"Samples are shuffled and tested {times} times, and counted each time."] if times > 1 else []


def class_counts(
    manifest: pd.DataFrame, split: pd.DataFrame, classes: Sequence[str]
) -> dict[str, dict[str, dict[str, int]]]:
    """{fold: {subset: {class: n}}}, folds as text, zeros included."""
    labels = split["id"].map(manifest.set_index("id")["label"])
    table = split.groupby(["fold", "subset", labels.rename("label")]).size()
    folds = sorted(set(split["fold"]))
    return {
        str(fold): {subset: {name: int(table.get((fold, subset, name), 0)) for name in classes} for subset in SUBSETS}
        for fold in folds
    }


def note(manifest: pd.DataFrame, audited: Audit, clusters: Clusters, by: str, reported: str) -> str:
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
    sentences.append(_left_on_both_sides(manifest, audited, clusters, by, reported))
    units = len(set(unit_codes(manifest)))
    if by != "sample" and units < len(manifest):
        sentences.append(f"The shares of each class are of its {units} units, which hold {len(manifest)} samples.")
    if clusters.dropped:
        sentences.append(
            f"{clusters.dropped} near-equal pairs further apart than {clusters.limit:.3g} were not believed, because "
            "they would have chained more than a tenth of the samples into one cluster."
        )
    return " ".join(sentences)


def _left_on_both_sides(manifest: pd.DataFrame, audited: Audit, clusters: Clusters, by: str, reported: str) -> str:
    """What test and training samples share under the split, in one sentence."""
    if clusters.nothing:
        return (
            "No groups and no equal samples were found: protocols by sample and by group are the same split, so the "
            "leak premium cannot be measured on these data."
        )
    if by == "sample" or (by == "unit" and len(audited.pairs)):
        leaking, tested = sum(audited.samples.values()), sum(audited.tested.values())
        return (
            f"Split by {by}: {leaking} of {tested} {reported} samples share a group, unit or picture with samples "
            + ("used before the test." if reported == "test" else "trained on.")
        )
    if by == "group" and (manifest["group"] == "").all():
        return (
            "Split by group, which without groups is duplicate free only: no sample shares a unit or a picture with "
            "another subset; patients may repeat."
        )
    return f"Split by {by}: no sample shares a known group, a unit or a picture with another subset."
