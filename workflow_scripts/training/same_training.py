"""A training that was done under another protocol: where two protocols are one split, one training serves both."""

import logging
from dataclasses import replace
from pathlib import Path

from workflow_scripts.contracts.record import measured
from workflow_scripts.contracts.taken_in import has_weights
from workflow_scripts.models.weights import read_trained, trained_bytes
from workflow_scripts.runtime.files import digest_file, whole, write_bytes, write_sealed
from workflow_scripts.runtime.run_address import (
    COPIED_FROM,
    HISTORY_FILE,
    PREDICTIONS_FILE,
    TRAINING_FILE,
    WEIGHTS_FILE,
    RunAddress,
)
from workflow_scripts.training.training_job import LEFT, TrainingJob

log = logging.getLogger("workflow_scripts")

# What train.json says that is as true of the copy as of the training; what the training cost is not.
_SHARED = (
    *("device", "torch_threads", "predict_images_per_second", "images_per_second", "epoch_kept", "parameters"),
    *("versions", "processor", "resampled", "stain", "content"),
)


def take_over(origin: Path, job: TrainingJob, out: Path) -> bool:
    """Leave in `out` what the training in `origin` left, where both are the same; whether they are.

    The weights file names the settings of its training, and so its protocol: it is written anew, with the same tensors.
    train.json, written last, says which protocol the files are from, and what copying them cost.
    """
    trained = whole(origin / TRAINING_FILE, *LEFT)
    if trained is None or trained.get("content") != job.content or not has_weights(trained):
        return False
    protocol = RunAddress.of(origin).protocol
    with measured() as cost:
        weights = read_trained(origin / WEIGHTS_FILE, replace(job.settings, protocol=protocol))
        out.mkdir(parents=True, exist_ok=True)
        write_bytes(out / WEIGHTS_FILE, *trained_bytes(replace(weights, settings=job.settings)))
        for name in (HISTORY_FILE, PREDICTIONS_FILE):
            write_bytes(out / name, (origin / name).read_bytes())
        cost.update({key: trained[key] for key in _SHARED if key in trained})
        cost.update({"identity": job.identity, COPIED_FROM: protocol, "training_seconds": 0.0})
        cost.update(outputs={name: digest_file(out / name) for name in LEFT})
    write_sealed(out / TRAINING_FILE, cost)
    log.info("%s is the same split as %s: its training of %s is taken over", job.settings.protocol, protocol, out.name)
    return True
