"""Two small studies of the same patients: visits in one, images as a network stored them in the other."""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from tests.vouched import IMAGES, vouch
from workflow_scripts.contracts.arrays import ARRAY_INDEX, FEATURES, SEQUENCE, ArrayDescription
from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.dataset import MANIFEST, Modality
from workflow_scripts.contracts.splits import SPLIT
from workflow_scripts.contracts.step_settings.preprocess_settings import VisitPacking
from workflow_scripts.contracts.visit_columns import VisitColumn
from workflow_scripts.steps import make_run

CLASSES = ["low_risk", "high_risk"]
COLUMNS = (VisitColumn("years", "years", "time"), VisitColumn("marker", "marker", "number"))
EMBEDDING, WIDTH = "vgg", 6


@dataclass(frozen=True)
class Linked:
    """Folders of both studies, below one folder of results."""

    results: Path

    @property
    def visits(self) -> Path:
        return self.results / "made"

    @property
    def images(self) -> Path:
        return self.results / "tiles"

    @property
    def embedding(self) -> Path:
        return self.images / "embeddings" / EMBEDDING

    @property
    def split(self) -> Path:
        return self.visits / "splits" / "grouped.csv"

    def vouch(self) -> None:
        """Let the records say what the files are now."""
        for folder in (self.visits / "dataset", self.visits / "arrays", self.images / "dataset", self.embedding):
            vouch(folder / "record.json")
        vouch(self.split.with_suffix(".json"))

    def make_run(self, out: Path, run: str = "joined", **spec: object) -> Path:
        """Make a hybrid run of some settings."""
        images = {"study": "tiles", "embedding": EMBEDDING} if "images" in spec.get("inputs", ["images"]) else None
        own = {"kind": "hybrid", "images": images, "hidden": 8, "gate": 4, "dropout": 0.0, "learning_rate": 0.01}
        settings = {"study": "made", "protocol": "grouped", "run": run, "fold": 0, "seed": 0, "aggregate": "none"}
        settings["spec"] = {**own, "epochs": 20, "batch_size": 64, **spec}
        folders = {"dataset": self.visits / "dataset", "arrays": self.visits / "arrays", "split": self.split}
        common = {"code": "code", "log": None, "device": "cpu", "masks": None, "source_run": [], "linked": self.images}
        common |= {"work": self.results / ".work", "expert": None}
        make_run.main(SimpleNamespace(settings=settings, out=out, **folders, **common))
        return out


def linked_studies(results: Path, patients: int = 300, seed: int = 0) -> Linked:
    """Patients of one to five visits and one to four images, of which each tells an independent half of the risk.

    The last visit's marker is one half of the log-odds; in one image of each patient, the brightest, three numbers are
    the other half. 50, 20, 30 percent of the patients are training, validation and test.
    """
    generator = np.random.default_rng(seed)
    halves = generator.normal(scale=2.0, size=(2, patients))
    events = generator.random(patients) < 1 / (1 + np.exp(-halves.sum(axis=0)))
    names = np.array([f"P{number:04d}" for number in generator.permutation(patients)])
    order = np.argsort(names)
    names, halves, events = names[order], halves[:, order], events[order]
    made = Linked(results)
    _write_visits(made, names, halves[0], events, generator)
    _write_images(made, names, halves[1], generator)
    share = generator.permutation(patients) / patients
    subset = np.select([share < 0.5, share < 0.7], ["train", "validation"], "test")
    SPLIT.write(made.split, pd.DataFrame({"id": names, "fold": 0, "subset": subset}))
    made.vouch()
    return made


def _write_visits(
    made: Linked, names: np.ndarray, half: np.ndarray, events: np.ndarray, generator: np.random.Generator
) -> None:
    count = generator.integers(1, 6, len(names))
    rows = generator.normal(size=(count.sum(), 2)).astype("float32")
    rows[:, 0] = -generator.uniform(0, 8, len(rows))
    rows[np.cumsum(count) - 1, 1] = half
    manifest = pd.DataFrame({"id": names, "path": "visits.csv", "label": np.array(CLASSES)[events.astype(int)]})
    manifest = manifest.assign(group=names, unit=names, source="visits", visits=count, patient=names, sha256="0")
    modality = Modality("table", {"visits": "int"}, {"patient": "str"})
    modality.table().write(made.visits / "dataset" / "manifest.csv", manifest)
    vouch(made.visits / "dataset" / "record.json", modality=modality.as_record(), classes=CLASSES, synthetic=True)
    array = ArrayDescription(SEQUENCE, "float32", (2,), 1.0).as_record()
    columns = plain(COLUMNS)
    preparation = plain(VisitPacking(indicators=False, elapsed=False))
    _write_array(made.visits / "arrays", names, rows, count, array, columns=columns, preparation=preparation)


def _write_images(made: Linked, names: np.ndarray, half: np.ndarray, generator: np.random.Generator) -> None:
    """The samples stand in an order that has nothing to do with the patients'."""
    count = generator.integers(1, 5, len(names))
    group = np.repeat(names, count)
    values = generator.normal(size=(len(group), WIDTH)).astype("float32")
    telling = np.cumsum(count) - 1
    values[telling, 0], values[telling, 1:4] = 6, half[:, None]
    shuffled = generator.permutation(len(group))
    samples = np.array([f"tile_{number:05d}" for number in range(len(group))])
    manifest = pd.DataFrame({"id": samples, "path": samples, "label": "AC", "group": group[shuffled], "unit": samples})
    MANIFEST.write(
        made.images / "dataset" / "manifest.csv", manifest.assign(source="made", width=8, height=8, sha256="0")
    )
    vouch(made.images / "dataset" / "record.json", modality=IMAGES, classes=["AC"], synthetic=True)
    array = ArrayDescription(FEATURES, "float32", (WIDTH,), 1.0).as_record()
    _write_array(made.embedding, samples, values[shuffled], np.ones(len(samples), int), array)


def _write_array(
    folder: Path, names: np.ndarray, rows: np.ndarray, count: np.ndarray, array: dict, **content: object
) -> None:
    folder.mkdir(parents=True)
    np.save(folder / "data.npy", rows)
    ARRAY_INDEX.write(
        folder / "index.csv", pd.DataFrame({"id": names, "first": np.cumsum(count) - count, "count": count})
    )
    vouch(folder / "record.json", array=array, synthetic=True, **content)
