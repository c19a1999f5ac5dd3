"""A small dataset of visits as ingest leaves it: patients with numbers, a category, a flag, and what is on request."""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from tests.vouched import vouch
from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.dataset import Modality
from workflow_scripts.contracts.splits import SPLIT
from workflow_scripts.contracts.step_settings.preprocess_settings import Packing, PreprocessSettings, VisitPacking
from workflow_scripts.contracts.visit_columns import VISIT_COLUMNS, VisitColumn
from workflow_scripts.data.readers.reader_interface import Limits
from workflow_scripts.data.readers.table_reader import Patient, TableReader
from workflow_scripts.runtime.files import digest_file
from workflow_scripts.steps import preprocess

CLASSES = ["low_risk", "high_risk"]
COLUMNS = (
    VisitColumn("years", "years", "time", False),
    VisitColumn("age", "age", "number", False),
    VisitColumn("hpv=negative", "hpv", "level", False),
    VisitColumn("hpv=16", "hpv", "level", False),
    VisitColumn("hpv=other", "hpv", "level", False),
    VisitColumn("smoker", "smoker", "flag", False),
    VisitColumn("schiller", "schiller", "flag", True),
)
READER = TableReader(patient="id", order="visit")


@dataclass(frozen=True)
class Visits:
    """Folders of a study of visits."""

    root: Path

    @property
    def dataset(self) -> Path:
        return self.root / "dataset"

    @property
    def arrays(self) -> Path:
        return self.root / "arrays"

    @property
    def split(self) -> Path:
        return self.root / "splits" / "grouped.csv"

    def preprocess(self, **packing: object) -> Path:
        """Run the step `preprocess`; keywords: of the block `preprocess.visits`."""
        settings = plain(PreprocessSettings("made", Packing(visits=VisitPacking(**packing))))
        folders = {"dataset": self.dataset, "out": self.arrays, "work": self.root / ".work", "source": [], "key": None}
        preprocess.main(SimpleNamespace(settings=settings, code="c", log=None, jobs=1, **folders))
        return self.arrays


def drawn(patients: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows R×7 as COLUMNS names them, visits of each patient, and who is of the second class: bool.

    Those whose hpv stayed the same are likelier to be, whatever it was; `schiller` is the class itself.
    """
    generator = np.random.default_rng(seed)
    counts = generator.integers(1, 6, patients)
    rows, events = [], []
    for count in counts:
        years = -np.sort(generator.uniform(0, 8, count))[::-1]
        kept = generator.random() < 0.5
        level = np.full(count, generator.choice(3)) if kept else generator.permutation(np.arange(count) % 3)
        events.append(generator.random() < (0.9 if kept and count > 1 else 0.1))
        hpv = np.eye(3)[level]
        hpv[generator.random(count) < 0.2] = np.nan
        age = 40 + years + generator.normal(0, 5)
        smoker = (generator.random(count) < 0.3).astype(float)
        age[generator.random(count) < 0.2] = np.nan
        smoker[generator.random(count) < 0.4] = np.nan
        rows.append(np.column_stack([years, age, hpv, smoker, np.full(count, float(events[-1]))]))
    return np.concatenate(rows), counts, np.array(events)


def made_visits(root: Path, patients: int = 60, seed: int = 0, folds: int = 1) -> Visits:
    """Write dataset/ and splits/ of drawn patients: 60, 20, 20 percent of them, turned round from fold to fold."""
    rows, counts, events = drawn(patients, seed)
    ids = [f"p{number:04d}" for number in range(patients)]
    names = [column.name for column in COLUMNS]
    visits = pd.DataFrame(rows, columns=names)
    visits.insert(0, "id", np.repeat(ids, counts))
    visits.insert(1, "visit", np.concatenate([np.arange(1, count + 1) for count in counts]))
    folder = root / "dataset"
    folder.mkdir(parents=True)
    visits.to_csv(folder / "visits.csv", index=False, float_format="%.9g")
    described = pd.DataFrame(
        {
            "column": names,
            "source": [column.source for column in COLUMNS],
            "kind": [column.kind for column in COLUMNS],
            "use": ["on_request" if column.on_request else "feature" for column in COLUMNS],
            "unit": "",
            "missing": np.isnan(rows).sum(axis=0),
            "values": [len(np.unique(column[~np.isnan(column)])) for column in rows.T],
        }
    )
    VISIT_COLUMNS.write(folder / "columns.csv", described)
    with READER.open(folder / "visits.csv", Limits()) as opened:
        digests = [opened.digest(Patient(name)) for name in ids]
    manifest = pd.DataFrame({"id": ids, "path": "visits.csv", "label": np.array(CLASSES)[events.astype(int)]})
    manifest = manifest.assign(group=ids, unit=ids, source="visits", visits=counts, patient=ids, sha256=digests)
    modality = Modality("table", {"visits": "int"}, {"patient": "str"})
    modality.table().write(folder / "manifest.csv", manifest)
    facts = {"modality": modality.as_record(), "classes": CLASSES, "synthetic": True, "readers": {"visits": {}}}
    names = ["manifest.csv", "visits.csv", "columns.csv"]
    vouch(folder / "record.json", *names, **facts)
    places = (np.arange(patients)[None] + np.arange(folds)[:, None] * patients // max(1, folds)) % patients
    share = places / patients
    subset = np.select([share < 0.6, share < 0.8], ["train", "validation"], "test")
    table = pd.DataFrame({"id": ids * folds, "fold": np.repeat(np.arange(folds), patients), "subset": subset.ravel()})
    (root / "splits").mkdir()
    SPLIT.write(root / "splits" / "grouped.csv", table)
    outputs = {"grouped.csv": digest_file(root / "splits" / "grouped.csv")}
    vouch(root / "splits" / "grouped.json", *outputs)
    return Visits(root)
