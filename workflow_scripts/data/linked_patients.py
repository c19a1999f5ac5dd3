"""The patients that another study has, by the groups of its manifest: pseudonyms, of one key in both studies."""

from pathlib import Path

import pandas as pd

from workflow_scripts.contracts.dataset import read_manifest
from workflow_scripts.contracts.verified import require
from workflow_scripts.runtime.errors import UserError


def samples_of_patients(dataset: Path) -> pd.DataFrame:
    """The columns id and group of a study's samples, of those whose group is known; UserError as require."""
    require(dataset / "record.json", "manifest.csv")
    samples = read_manifest(dataset)[["id", "group"]]
    return samples[samples["group"] != ""]


def linked_patients(dataset: Path | None, study: str | None) -> frozenset[str] | None:
    """The patients of the dataset in a folder, that of `study`; None without a study: all patients are taken.

    UserError where folder and study do not go together.
    """
    if (dataset.parent.name if dataset else None) != study:
        raise UserError(f"--linked names the dataset {dataset}, the settings (ingest.visits.linked) the study {study}")
    return None if dataset is None else frozenset(samples_of_patients(dataset)["group"])
