"""Fabricated datasets and runs on disk, for the tests of evaluation."""

import argparse
import json
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd

from tests.vouched import IMAGES, vouch
from workflow_scripts.contracts.dataset import EQUAL_PAIRS, MANIFEST
from workflow_scripts.contracts.record import write_record
from workflow_scripts.contracts.run_tables import HISTORY, PREDICTIONS, UNITS
from workflow_scripts.runtime.files import canonical_json, digest_text
from workflow_scripts.steps import evaluate

LONG = [
    "ASC-H",
    "ASC-US",
    "SCC",
    "HSIL",
    "LSIL",
    "Negative for intraepithelial lesion",
    "Dyskeratotic",
    "Koilocytotic",
    "Metaplastic",
    "Parabasal",
    "Superficial-Intermediate",
]
OPTIONS = {
    "headline": "accuracy",
    "aggregate": "none",
    "bootstrap": 200,
    "calibration_bins": 10,
    "reference": None,
    "subgroups": [],
    "metrics": [],
}


def probabilities(rng: np.random.Generator, labels: np.ndarray, classes: int, skill: float) -> np.ndarray:
    """N×K softmax of noise, with `skill` added to the true class."""
    logits = rng.normal(size=(len(labels), classes))
    logits[np.arange(len(labels)), labels] += skill
    p = np.exp(logits)
    return p / p.sum(axis=1, keepdims=True)


def units(
    rng: np.random.Generator,
    labels: np.ndarray,
    skill: float,
    classes: list[str],
    fold: int = 0,
    subset: str = "test",
    per_group: int = 4,
    first: int = 0,
) -> pd.DataFrame:
    """A units table of ids s00000…, from `first` on, `per_group` to a group (0: groups unknown)."""
    numbers = np.arange(first, first + len(labels))
    ids = [f"s{number:05d}" for number in numbers]
    groups = [f"p{number // per_group}" for number in numbers] if per_group else ""
    frame = pd.DataFrame({"id": ids, "unit": ids, "group": groups, "fold": fold, "subset": subset})
    frame["label"] = np.array(classes)[labels]
    frame[[f"p_{name}" for name in classes]] = probabilities(rng, labels, len(classes), skill)
    return frame.assign(n_samples=1)


class Study:
    """A results tree R with a dataset and as many runs as wanted, all of protocol `grouped`."""

    def __init__(self, root: Path, classes: list[str], n: int = 120, folds: int = 1, seeds: tuple[int, ...] = (0,)):
        self.root, self.classes, self.n, self.folds, self.seeds = root, classes, n, folds, list(seeds)
        rng = np.random.default_rng(0)
        self.labels = np.arange(n) % len(classes)
        table = units(rng, self.labels, 0, classes)[["id", "unit", "group", "label"]]
        table = table.assign(path=table["id"], source="folder", width=1, height=1, sha256="")
        MANIFEST.write(root / "dataset" / "manifest.csv", table)
        self.write_equal_pairs([])
        vouch(root / "dataset" / "record.json", modality=IMAGES, classes=classes, synthetic=True)

    def write_equal_pairs(self, pairs: list[tuple[str, str]]) -> None:
        """Let ingest have found that the samples of each pair show the same pixels."""
        alike = {"kind": "equal_pixels", "distance": 0.0, "label_a": "a", "label_b": "a"}
        rows = pd.DataFrame([{"id_a": first, "id_b": second, **alike} for first, second in pairs])
        EQUAL_PAIRS.write(self.root / "dataset" / "equal_pairs.csv", rows.reindex(columns=[*EQUAL_PAIRS.columns]))

    def run_settings(self, run: str, fold: int, seed: int) -> dict:
        return {"study": "made", "protocol": "grouped", "run": run, "fold": fold, "seed": seed, "spec": {}}

    def add(self, run: str, skill: float) -> Path:
        """Write the tables of a run: one quarter of each fold's samples validation, the rest test."""
        for fold in range(self.folds):
            for seed in self.seeds:
                folder = self.root / "runs" / "grouped" / run / f"fold{fold}-seed{seed}"
                rng = np.random.default_rng([len(run), fold, seed])
                table = units(rng, self.labels, skill, self.classes, fold)
                table = table[np.arange(self.n) // 4 % self.folds == fold].reset_index(drop=True)
                table.loc[np.arange(len(table)) // 4 % 4 == 3, "subset"] = "validation"
                UNITS.write(folder / "units.csv", table)
                PREDICTIONS.write(folder / "predictions.csv", table.drop(columns="n_samples"))
                write_record(folder / "record.json", {"settings": self.run_settings(run, fold, seed)})
                loss = np.linspace(2, 0.2, 12)
                history = {
                    "epoch": np.arange(1, 13),
                    "learning_rate": 1e-4,
                    "train_loss": loss,
                    "train_accuracy": 1 - loss / 3,
                }
                history = pd.DataFrame(history).assign(
                    validation_loss=loss + 0.1 * seed, validation_accuracy=0.9 - loss / 3
                )
                HISTORY.write(folder / "history.csv", history)
                vouch(folder / "record.json", "units.csv", "predictions.csv")
                vouch(folder / "train.json", "history.csv")
        return self.root / "runs" / "grouped" / run

    def vouch(self) -> None:
        """Let the records say what the files are now."""
        vouch(self.root / "dataset" / "record.json")
        for record in self.root.glob("runs/*/*/*/record.json"):
            names = ("units.csv", "predictions.csv")
            vouch(record, *(name for name in names if (record.parent / name).exists()))

    def evaluate_settings(self, *runs: str, **options) -> dict:
        """Settings of the evaluate step for these runs, all of them trained."""
        return {
            "study": "made",
            "seed": 0,
            "protocol": "grouped",
            "runs": list(runs),
            "trained": list(runs),
            "reported": "test",
            "folds": self.folds,
            "seeds": self.seeds,
            "expects": {
                run: {
                    f"fold{fold}-seed{seed}": digest_text(canonical_json(self.run_settings(run, fold, seed)))
                    for fold in range(self.folds)
                    for seed in self.seeds
                }
                for run in runs
            },
            "evaluate": {**OPTIONS, **options},
        }

    def evaluate(self, *runs: str, figures: bool = False, **options) -> None:
        """Run the evaluate step on these runs, as their files are; without `figures` each run's are left out."""
        self.vouch()
        args = argparse.Namespace(
            settings=self.evaluate_settings(*runs, **options),
            code="",
            dataset=self.root / "dataset",
            runs=self.root / "runs" / "grouped",
            out=self.root / "evaluation" / "grouped",
        )
        with nullcontext() if figures else patch.object(evaluate, "write_figures"):
            evaluate.main(args)

    def read(self, run: str, fold: int = 0, seed: int = 0) -> pd.DataFrame:
        return UNITS.read(self.root / "runs" / "grouped" / run / f"fold{fold}-seed{seed}" / "units.csv")

    def metrics(self, run: str) -> dict:
        return json.loads((self.root / "evaluation" / "grouped" / run / "metrics.json").read_text())
