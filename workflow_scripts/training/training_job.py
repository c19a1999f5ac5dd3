"""A training that is asked for: what it reads, where it writes, and what it depends on."""

from dataclasses import dataclass
from pathlib import Path

from workflow_scripts.contracts.fold_files import FoldFiles
from workflow_scripts.kinds.step_settings.training_settings import TrainSettings
from workflow_scripts.runtime.run_address import HISTORY_FILE, PREDICTIONS_FILE, WEIGHTS_FILE

# What a training leaves. TRAINING_FILE is written last: it vouches for them and says what they cost.
LEFT = (WEIGHTS_FILE, HISTORY_FILE, PREDICTIONS_FILE)


@dataclass(frozen=True)
class TrainingJob:
    """One training.

    settings: what it receives; code: digest of what it runs; files: its fold; weights: part of the network → file that
    it starts from; device_type: "cpu" or "cuda"; identity: digest of all that it depends on; content: the same but for
    what its protocol is called, so that trainings of one content are the same.
    """

    settings: TrainSettings
    code: str
    files: FoldFiles
    weights: dict[str, Path]
    device_type: str
    identity: str
    content: str
