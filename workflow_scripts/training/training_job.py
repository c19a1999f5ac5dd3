"""A training that is asked for: what it reads, where it writes, and what it depends on."""

from dataclasses import dataclass
from pathlib import Path

from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.fold_files import FoldFiles
from workflow_scripts.contracts.record import versions
from workflow_scripts.kinds.step_settings.training_settings import TrainSettings
from workflow_scripts.runtime.digests import input_digests, whole
from workflow_scripts.runtime.files import canonical_json, digest_text
from workflow_scripts.runtime.run_address import HISTORY_FILE, PREDICTIONS_FILE, TRAINING_FILE, WEIGHTS_FILE

# What a training leaves. TRAINING_FILE is written last: it vouches for them and says what they cost.
LEFT = (WEIGHTS_FILE, HISTORY_FILE, PREDICTIONS_FILE)


@dataclass(frozen=True)
class TrainingJob:
    """One training.

    settings: what it receives; code: digest of what it runs; files: its fold; weights: part of the network → file that
    it starts from; out: folder of what it leaves.
    """

    settings: TrainSettings
    code: str
    files: FoldFiles
    weights: dict[str, Path]
    out: Path

    def identity(self, device: str) -> str:
        """Digest of all that the training depends on; `device`: the type of device that it runs on."""
        inputs = input_digests(self.files.study, self.files.inputs) | input_digests(Path(), [*self.weights.values()])
        identity = {
            "settings": plain(self.settings),
            "code": self.code,
            "inputs": inputs,
            "device": device,
            "versions": versions(),
        }
        return digest_text(canonical_json(identity))


def is_done(out: Path, identity: str) -> bool:
    """Whether `out` holds what this very training has left.

    A scheduler removes the files before it wants them made again.
    """
    left = whole(out / TRAINING_FILE, *LEFT)
    return left is not None and left.get("identity") == identity
