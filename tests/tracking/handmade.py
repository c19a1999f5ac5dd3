"""A small results folder, written with the contracts' own writers."""

from pathlib import Path

import numpy as np
import pandas as pd

from tests.vouched import vouch
from workflow_scripts.contracts import record, run_tables
from workflow_scripts.contracts.aggregation import EACH_SAMPLE
from workflow_scripts.contracts.run_finish import RunOutput, write_tables
from workflow_scripts.contracts.step_settings.track_settings import TrackSettings
from workflow_scripts.runtime import files

CLASSES = ["Normal", "ASC-US/LSIL?"]
TITLE = "Toy cells"
SETTINGS = TrackSettings("toy", None, "accuracy", TITLE, ("cnn", "vote"), (0, 1), {"published": 1})


def measured(value: float) -> dict:
    """A metrics.json with one overall and one per-class metric, and an undefined one."""
    number = {"value": value, "low": value - 0.1, "high": value + 0.05, "n": 40}
    undefined = {"value": None, "low": None, "high": None, "n": 40}
    return {"test": {"accuracy": number, "macro_auc": undefined, "per_class": {c: {"f1": number} for c in CLASSES}}}


class Study:
    """Writes runs of the study `toy` below a results folder."""

    def __init__(self, results: Path) -> None:
        self.results = results
        self.folder = results / "toy"
        facts = {
            "synthetic": True,
            "scale": "demo",
            "samples": 2,
            "classes": CLASSES,
            "counts": dict.fromkeys(CLASSES, 1),
        }
        outputs = {"manifest.csv": "5ee" * 20}
        record.write_record(self.folder / "dataset" / "record.json", {**facts, "outputs": outputs})

    def run_folder(self, run: str, seed: int) -> Path:
        return self.folder / "runs" / "published" / run / f"fold0-seed{seed}"

    def metrics_file(self, run: str, seed: int) -> Path:
        return self.folder / "evaluation" / "published" / run / f"fold0-seed{seed}.json"

    def write_run(self, run: str, seed: int, epochs: int = 3, value: float | None = 0.8) -> None:
        """A finished run; `epochs` is part of its settings; `value` None: not evaluated yet."""
        folder = self.run_folder(run, seed)
        frame = pd.DataFrame({"id": ["a", "b"], "unit": ["a", "b"], "group": "", "fold": 0, "subset": "test"})
        frame["label"] = CLASSES
        frame[run_tables.class_columns(CLASSES)] = np.array([[0.75, 0.25], [0.5, 0.5]])
        write_tables(folder, RunOutput(frame, CLASSES), EACH_SAMPLE)
        settings = {"study": "toy", "protocol": "published", "run": run, "fold": 0, "seed": seed}
        settings["spec"] = {"kind": "vote" if run == "vote" else "network", "members": ["x" * 7000]}
        if run != "vote":
            settings["train"] = {"epochs": epochs, "precision": "float32", "augment": {"rotate": 0.0}}
            files.write_text(folder / "weights.safetensors", f"{epochs}")
            files.write_text(folder / "history.csv", self._history(epochs))
        ledger = {"host": "here", "start": "2026-01-02T03:04:05Z", "wall_seconds": 12.5}
        record.write_record(folder / "ledger.json", ledger)
        vouch(folder / "record.json", "units.csv", **record.make_record(settings, "c0de", {}))
        if value is not None:
            self.write_metrics(run, seed, measured(value))

    def write_metrics(self, run: str, seed: int, metrics: dict) -> None:
        """What the evaluation leaves of a fold and seed, and from which record it was made."""
        files.write_json(self.metrics_file(run, seed), metrics)
        evaluation, record = self.folder / "evaluation" / "published", self.run_folder(run, seed) / "record.json"
        path = evaluation / "record.json"
        inputs = files.read_json(path)["inputs"] if path.exists() else {}
        inputs |= {record.relative_to(self.folder).as_posix(): files.digest_file(record)}
        vouch(path, self.metrics_file(run, seed).relative_to(evaluation).as_posix(), inputs=inputs)

    def _history(self, epochs: int) -> str:
        rows = [f"{epoch},0.001,{1 / epoch},0.5,{2 / epoch},0.4" for epoch in range(1, epochs + 1)]
        return "\n".join([",".join(run_tables.HISTORY.columns), *rows]) + "\n"

    def write_all(self) -> "Study":
        for run in SETTINGS.runs:
            for seed in SETTINGS.seeds:
                self.write_run(run, seed)
        for name in ("roc.png", "roc.svg", "roc.webp"):
            files.write_text(self.folder / "evaluation/published/cnn" / name, "drawing")
        for name in ("gradcam.png", "gradcam.webp"):
            files.write_text(self.folder / "explanation/published/cnn" / name, "picture")
        files.write_json(self.folder / "evaluation/published/cnn/metrics.json", measured(0.75))
        vouch(self.folder / "evaluation/published/record.json", "cnn/roc.png", "cnn/roc.svg", "cnn/metrics.json")
        vouch(self.folder / "explanation/published/record.json", "cnn/gradcam.png")
        return self
