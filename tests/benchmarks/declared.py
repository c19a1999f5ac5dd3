"""Networks and trainings that config.yaml declares for CVM-Cervix at scale paper, and made images to train them on."""

import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch

from workflow_scripts.contracts.arrays import ArrayDescription, Arrays
from workflow_scripts.contracts.published_yaml import read_published
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.models.build import build
from workflow_scripts.models.input_shape import square
from workflow_scripts.settings import load
from workflow_scripts.settings.steps import Steps
from workflow_scripts.training.feeders.pixels import PixelView, TrainingPixels
from workflow_scripts.training.randomness import keys_of
from workflow_scripts.training.samples import Subset

ROOT = Path(__file__).resolve().parents[2]
STUDY = "cvm_cervix"


class Declared:
    """The runs of the study at scale paper by name, and what the paper prints of them."""

    def __init__(self) -> None:
        self.steps = Steps(load.settings(ROOT, {"scale": "paper"}))
        self.classes = list(self.steps.study(STUDY).ingest.classes)
        self.printed = read_published(ROOT / "workflow_scripts" / "studies" / STUDY / "published.yaml")

    def table3(self) -> list[str]:
        """Runs in the order of the paper's Table 3, the fused network last."""
        rows = [claim.run for claim in self.printed.claims if claim.id.startswith("table3.")]
        return list(dict.fromkeys(rows))

    def claimed(self, claim: str) -> float:
        """A printed number by its id."""
        return next(entry.value for entry in self.printed.claims if entry.id == claim)

    def network(self, run: str, size: int) -> torch.nn.Module:
        """A run's network, from scratch."""
        return build(self.steps.spec(STUDY, run), len(self.classes), square(size), 0)

    def train(self, run: str, **changes: object) -> Train:
        """A run's training block, with what a benchmark changes in it."""
        return replace(self.steps.training(STUDY, run), **changes)


def feeder(images: np.ndarray, rows: np.ndarray, classes: int, device: torch.device, train: Train) -> TrainingPixels:
    """Made samples on the device: the array's `rows`, each once, their classes in turn."""
    train = replace(train, copies="none")
    arrays = Arrays.of_rows(ArrayDescription("pixels", "uint8", images.shape[1:], 255), images)
    subset = Subset(rows, np.ones_like(rows), rows % classes, keys_of(map(str, rows)))
    return PixelView(train, 0, [0.5] * 3, [0.25] * 3).training(arrays, subset, device)


def rounded(value: float) -> str:
    """A speed with three digits, or all before the point."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def made_images(count: int, size: int) -> np.ndarray:
    """uint8 count×size×size×3 of noise: how long a training takes does not depend on what is in the images."""
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3), dtype="uint8")
