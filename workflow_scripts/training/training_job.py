"""A training that is asked for: what it reads, where it writes, what it depends on, and how it saves its state."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from workflow_scripts.contracts.fold_files import FoldFiles
from workflow_scripts.contracts.record import input_digests, read_record, versions
from workflow_scripts.contracts.step_settings.train_settings import Train, TrainSettings
from workflow_scripts.contracts.verified import fits
from workflow_scripts.runtime.files import canonical_json, digest_text
from workflow_scripts.runtime.run_address import HISTORY_FILE, PREDICTIONS_FILE, TRAINING_FILE, WEIGHTS_FILE
from workflow_scripts.runtime.seeds import seed_for
from workflow_scripts.training.checkpoints import Checkpoints
from workflow_scripts.training.stopping import Saving

# What a training leaves. TRAINING_FILE is written last: it vouches for them and says what they cost.
LEFT = (WEIGHTS_FILE, HISTORY_FILE, PREDICTIONS_FILE)


@dataclass(frozen=True)
class TrainingJob:
    """One training.

    settings: what it receives, and `stated`, the same as JSON; code: digest of what it runs; files: its fold; weights:
    part of the network → file that it starts from; device: as asked for; jobs_per_gpu: trainings that may use one GPU
    at a time; work: folder of states and locks; out: folder of what it leaves; save_within, save_at_end: seconds
    between saved states within an epoch and at ends of epochs; until: when it has to leave (time.monotonic()), None: it
    may stay.
    """

    settings: TrainSettings
    stated: dict[str, Any]
    code: str
    files: FoldFiles
    weights: dict[str, Path]
    device: str
    jobs_per_gpu: int
    work: Path
    out: Path
    save_within: float
    save_at_end: float
    until: float | None

    @property
    def train(self) -> Train:
        """How the network is trained."""
        return self.settings.train

    def seed(self, purpose: str) -> int:
        """Seed of the random numbers for one purpose."""
        run = self.settings
        return seed_for(run.study, run.run, run.fold, run.seed, purpose)

    def identity(self, device: torch.device) -> str:
        """Digest of all that the training depends on."""
        inputs = input_digests(self.files.study, self.files.inputs)
        identity = {
            "settings": self.stated,
            "code": self.code,
            "inputs": inputs | input_digests(Path(), list(self.weights.values())),
            "device": device.type,
            "versions": versions(),
        }
        return digest_text(canonical_json(identity))

    def is_done(self, identity: str) -> bool:
        """Whether this very training has left its files; a scheduler removes them before it wants it done again."""
        record = self.out / TRAINING_FILE
        return fits(record, *LEFT) and read_record(record).get("identity") == identity

    def saving(self, store: Checkpoints, keep: bool) -> Saving:
        """How the loop saves its states in `store`; with `keep` also one of the training's end."""
        return Saving(store, self.save_within, self.save_at_end, self.until, finished=keep)
