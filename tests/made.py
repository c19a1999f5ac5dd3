"""Tiny made inputs of the training side: a packed data set with one split, and settings as a step receives them."""

import json
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
from torch import nn

from tests.vouched import IMAGES, vouch
from workflow_scripts.contracts.arrays import ARRAY_INDEX, ArrayDescription, Arrays
from workflow_scripts.contracts.blocks import parse, plain
from workflow_scripts.contracts.dataset import MANIFEST
from workflow_scripts.contracts.splits import SPLIT
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.kinds.fusion import Branch, Fusion
from workflow_scripts.kinds.kind import TrainedKind
from workflow_scripts.kinds.network import Network
from workflow_scripts.kinds.step_settings.training_settings import TrainSettings
from workflow_scripts.models import build as building
from workflow_scripts.steps import make_run
from workflow_scripts.training.samples import Subset

CLASSES = ["blob", "cross", "empty"]
# Networks that timm made for tests: a few hundred thousand parameters, the layers of their large relatives.
CNN, VIT = "test_resnet", "test_vit"


@dataclass(frozen=True)
class Inputs:
    """Folders of a synthetic study, and its arguments for a step."""

    root: Path

    @property
    def images(self) -> Path:
        return self.root / "arrays" / "data.npy"

    @property
    def masks(self) -> Path | None:
        """The masks, once write_masks has written some."""
        path = self.root / "masks" / "masks.npy"
        return path if path.exists() else None

    def write_masks(self, masks: np.ndarray, kind: str = "grey") -> None:
        """Give the study masks, uint8 N×S×S."""
        (self.root / "masks").mkdir(exist_ok=True)
        np.save(self.root / "masks" / "masks.npy", masks)
        vouch(self.root / "masks" / "record.json", settings={"study": "made", "mask": kind})

    @property
    def split(self) -> Path:
        return self.root / "splits" / "published.csv"

    def vouch(self, dataset: dict | None = None, arrays: dict | None = None) -> "Inputs":
        """Let the records say what the files are now, and hold this content besides what they held."""
        vouch(self.root / "dataset" / "record.json", **dataset or {})
        vouch(self.root / "arrays" / "record.json", **arrays or {})
        vouch(self.split.with_suffix(".json"))
        return self

    def resplit(self, split: pd.DataFrame) -> None:
        """Another split, and records that say so."""
        split.to_csv(self.split, index=False)
        self.vouch()

    def arguments(self, **more: object) -> SimpleNamespace:
        """What an entry point's parser gives, the folders filled in."""
        folders = {"dataset": self.root / "dataset", "arrays": self.root / "arrays", "split": self.split}
        common = {"code": "code", "log": None, "device": "cpu", "weights": [], "work": self.root / ".work"}
        common |= {"jobs_per_gpu": 1, "masks": self.masks, "linked": None, "expert": None, "origin": None}
        return SimpleNamespace(**folders, **common, save_within=180.0, save_at_end=None, time_limit=None, **more)

    def make_run(self, settings: dict, out: Path, source: Path | None = None) -> None:
        """Make a run that no training makes; `source`: the folder of the run that it is made of."""
        sources = [(settings["spec"]["of"], source)] if source else []
        make_run.main(self.arguments(settings=settings, out=out, source_run=sources))


def make_inputs(root: Path, per_class: int = 20, size: int = 32, seed: int = 0, shuffled: bool = False) -> Inputs:
    """Write dataset/, arrays/ and splits/: three classes that a network tells apart easily; 60, 20, 20 percent.

    `shuffled` gives the images labels that have nothing to do with them.
    """
    generator = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(CLASSES)), per_class)
    images = np.stack([_image(label, size, generator) for label in labels])
    if shuffled:
        labels = generator.permutation(labels)
    ids = [f"cell_{number:03d}" for number in range(len(labels))]
    names = [CLASSES[label] for label in labels]
    manifest = pd.DataFrame({"id": ids, "path": ids, "label": names, "group": "", "unit": ids, "source": "synthetic"})
    MANIFEST.write(root / "dataset" / "manifest.csv", manifest.assign(width=size, height=size, sha256="0"))
    (root / "arrays").mkdir()
    np.save(root / "arrays" / "data.npy", images)
    ARRAY_INDEX.write(root / "arrays" / "index.csv", pd.DataFrame({"id": ids, "first": range(len(ids)), "count": 1}))
    share = manifest.groupby("label").cumcount() / per_class
    subset = np.select([share < 0.6, share < 0.8], ["train", "validation"], "test")
    SPLIT.write(root / "splits" / "published.csv", pd.DataFrame({"id": ids, "fold": 0, "subset": subset}))
    array = ArrayDescription("pixels", "uint8", images.shape[1:], 255).as_record()
    return Inputs(root).vouch(
        dataset={"modality": IMAGES, "classes": CLASSES, "synthetic": True}, arrays={"synthetic": True, "array": array}
    )


def arrays_of(images: np.ndarray, masks: np.ndarray | None = None, scale: float = 255) -> Arrays:
    """Pictures N×H×W×C in memory as an open array."""
    return Arrays.of_rows(ArrayDescription("pixels", str(images.dtype), images.shape[1:], scale), images, masks)


def subset(rows: np.ndarray, targets: np.ndarray, keys: np.ndarray) -> Subset:
    """Samples of one row each."""
    return Subset(rows, np.ones_like(rows), targets, keys)


def units(count: int) -> np.ndarray:
    """Names of as many units, one a sample."""
    return np.arange(count).astype(str)


def network(model: str = CNN, **more: object) -> dict:
    """Settings of a run of kind network, without its `train`."""
    return plain(Network("network", model, **more))


def fusion(**more: object) -> dict:
    """Settings of a run that joins the tiny CNN and the tiny transformer."""
    branches = {"cnn": Branch(CNN), "vit": Branch(VIT)}
    return plain(Fusion("fusion", branches, **more))


def build(spec: dict, *arguments: object, **named: object) -> nn.Module:
    """The network of a run of these settings, see models.build."""
    return building.build(parse(TrainedKind, spec), *arguments, **named)


def training(settings: dict) -> TrainSettings:
    """What a training of these settings receives."""
    return parse(TrainSettings, settings)


def settings(spec: dict | None = None, run: str = "tiny", resample: str = "none", **train: object) -> dict:
    """Settings of the train step, as JSON would give them; further keywords change its `train` block."""
    block = plain(parse(Train, {"epochs": 2, "batch_size": 8, "learning_rate": 0.002, **train}))
    made = {"study": "made", "protocol": "published", "run": run, "fold": 0, "seed": 0, "resample": resample}
    return json.loads(json.dumps({**made, "spec": spec or network(), "train": block}))


def train(**changes: object) -> Train:
    """How the runs of `settings` are trained; keywords change it."""
    return parse(Train, settings(**changes)["train"])


def _image(label: int, size: int, generator: np.random.Generator) -> np.ndarray:
    """A noisy background with a dark blob, a dark cross, or nothing, somewhere."""
    image = generator.normal(180, 12, (size, size, 3))
    row, column = generator.integers(size // 3, size - size // 3, 2)
    y, x = np.mgrid[:size, :size]
    if label == 0:
        image[(y - row) ** 2 + (x - column) ** 2 < (size / 5) ** 2] -= 110
    if label == 1:
        image[(abs(y - row) < size / 14) | (abs(x - column) < size / 14)] -= 110
    return image.clip(0, 255).astype("uint8")
