"""Networks and trainings that config.yaml declares for CVM-Cervix at scale paper, made images, and a clock of epochs.

    python tests/benchmarks/declared.py declared.json

writes them to a file that benchmarks read with `--declared declared.json` where the settings cannot be read, because
pydantic is not there.
"""

import argparse
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch

from workflow_scripts.contracts.arrays import ArrayDescription, Arrays
from workflow_scripts.contracts.blocks import parse, plain
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.kinds.kind import TrainedKind
from workflow_scripts.models.build import build
from workflow_scripts.models.input_shape import square
from workflow_scripts.runtime.files import read_json, write_json
from workflow_scripts.training.feeders.pixels import PixelView, TrainingPixels
from workflow_scripts.training.randomness import keys_of
from workflow_scripts.training.samples import Subset
from workflow_scripts.training.stopping import Saving

ROOT = Path(__file__).resolve().parents[2]
STUDY = "cvm_cervix"
# Printed numbers that benchmarks hold theirs against.
CLAIMS = ("table1.total.train", "table1.total.validation", "training_time", "epoch_time")


@dataclass(frozen=True)
class DeclaredRun:
    """A run as its kind declares it, and how it is trained."""

    spec: TrainedKind
    train: Train


@dataclass(frozen=True)
class Declared:
    """The trained runs of the study at scale paper by name, and what the paper prints of them.

    table3: runs in the order of the paper's Table 3, the fused network last; claims: printed numbers by their id.
    """

    classes: tuple[str, ...]
    runs: dict[str, DeclaredRun]
    table3: tuple[str, ...]
    claims: dict[str, float]

    @classmethod
    def of_settings(cls) -> "Declared":
        """Those that config.yaml has."""
        from workflow_scripts.contracts.published_yaml import read_published
        from workflow_scripts.kinds.kind import TRAIN
        from workflow_scripts.settings import load
        from workflow_scripts.settings.steps import Steps

        steps = Steps(load.settings(ROOT, {"scale": "paper"}))
        printed = read_published(ROOT / "workflow_scripts" / "studies" / STUDY / "published.yaml").claims
        names = [name for name in steps.study(STUDY).runs if steps.kind(STUDY, name).rule == TRAIN]
        return cls(
            classes=tuple(steps.study(STUDY).ingest.classes),
            runs={name: DeclaredRun(steps.spec(STUDY, name), steps.training(STUDY, name)) for name in names},
            table3=tuple(dict.fromkeys(claim.run for claim in printed if claim.id.startswith("table3."))),
            claims={claim.id: claim.value for claim in printed if claim.id in CLAIMS},
        )

    @classmethod
    def read(cls, path: Path | None) -> "Declared":
        """Those of a file that this module wrote; None: those of config.yaml."""
        return cls.of_settings() if path is None else parse(cls, read_json(path))

    def write(self, path: Path) -> None:
        """Write the file."""
        write_json(path, plain(self))

    def network(self, run: str, size: int) -> torch.nn.Module:
        """A run's network, from scratch."""
        return build(self.runs[run].spec, len(self.classes), square(size), 0)

    def train(self, run: str, **changes: object) -> Train:
        """A run's training block, with what a benchmark changes in it."""
        return replace(self.runs[run].train, **changes)


def add_declared(parser: argparse.ArgumentParser) -> None:
    """The argument that names the file."""
    parser.add_argument("--declared", type=Path, metavar="FILE", help="networks and trainings that declared.py wrote")


def declared_first(arguments: list[str]) -> Path | None:
    """The file that a command line names, before its other arguments can be checked against what is in it."""
    parser = argparse.ArgumentParser(add_help=False)
    add_declared(parser)
    return parser.parse_known_args(arguments)[0].declared


class EpochEnds:
    """In the place of saved states: when each epoch ended, by a clock of seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.at: list[float] = []

    def load(self) -> None:
        """Nothing to continue from."""

    def save(self, *_: object) -> None:
        """Note the time; the loop has just read the epoch's losses, so the device is done."""
        self.at.append(self._clock())

    @property
    def last_epoch(self) -> float:
        """Seconds of the last epoch; of those before it the first meets cold caches and records what is replayed."""
        return self.at[-1] - self.at[-2]

    @property
    def saving(self) -> Saving:
        """How a training has to save."""
        return Saving(self, math.inf, 0, finished=True)  # type: ignore[arg-type]


def feeder(images: np.ndarray, rows: np.ndarray, classes: int, device: torch.device, train: Train) -> TrainingPixels:
    """Made samples on the device: the array's `rows`, each once, their classes in turn."""
    train = replace(train, copies="none")
    arrays = Arrays.of_rows(ArrayDescription("pixels", "uint8", images.shape[1:], 255), images)
    subset = Subset(rows, np.ones_like(rows), rows % classes, keys_of(map(str, rows)))
    return PixelView(train, 0, [0.5] * 3, [0.25] * 3).training(arrays, subset, device)


def reason_of(error: Exception) -> str:
    """Why something could not be measured, as a cell of a table."""
    return str(error).splitlines()[0][:80].replace("|", "/")


def rounded(value: float) -> str:
    """A speed with three digits, or all before the point."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def made_images(count: int, size: int) -> np.ndarray:
    """uint8 count×size×size×3 of noise: how long a training takes does not depend on what is in the images."""
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3), dtype="uint8")


if __name__ == "__main__":
    writing = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    writing.add_argument("file", type=Path)
    Declared.of_settings().write(writing.parse_args().file)
