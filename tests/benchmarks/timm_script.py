"""Speed of timm's own training script on a network of this project: what a user would pick instead.

The script is not in timm's package: train.py at the top of github.com/huggingface/pytorch-image-models (seen with
v1.0.28). It trains a network that it finds in timm's registry; called as a script, this module enters one there under
the name `declared` and hands over:

    python tests/benchmarks/timm_script.py DECLARED TRAIN.PY RUN SIZE [arguments of train.py]

DECLARED: a file that declared.py wrote, or `settings`.
"""

import os
import re
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workflow_scripts.contracts.step_settings.train_settings import Train

# In the place of a file: the run is in the settings.
SETTINGS = "settings"
# The mean over an epoch in the script's log: "Train: 1 [  11/12 (100%)] … (0.273s,  117.31/s)".
RATE = re.compile(r"Train: 1 \[.*?\([0-9.]+s, +([0-9.]+)/s\)")


def speed(
    script: Path,
    run: str,
    files: Path,
    size: int,
    train: "Train",
    device: str,
    workers: int,
    declared: Path | None = None,
) -> float:
    """Images per second over its second epoch; `files`: a folder a class, `train`: the block of the run.

    `declared`: the file that the run is in; None: it is in the settings. Squashed to size × size and flipped, as the
    run is. Raises RuntimeError with the script's last lines if it fails.
    """
    options = {
        "data-dir": files,
        "train-split": "",
        "val-split": "",
        "model": "declared",
        "num-classes": sum(1 for _ in files.iterdir()),
        "img-size": size,
        "batch-size": train.batch_size,
        "epochs": 2,
        "opt": train.optimizer,
        "lr": train.learning_rate,
        "weight-decay": train.weight_decay,
        "sched": "step",
        "decay-epochs": 99,
        "warmup-epochs": 0,
        "smoothing": 0,
        "hflip": train.augment.horizontal_flip,
        "color-jitter": 0,
        "device": device,
        "workers": workers,
        "log-interval": 1,
    }
    command = [sys.executable, __file__, declared or SETTINGS, script, run, size, "--scale", 1, 1, "--ratio", 1, 1]
    command += [part for option, value in options.items() for part in (f"--{option}", value)]
    command += ["--no-prefetcher"] * (device == "cpu") + ["--channels-last"] * train.channels_last
    command += ["--amp", "--amp-dtype", "bfloat16"] * (train.precision == "bfloat16")
    threads = {"OMP_NUM_THREADS": str(train.torch_threads)} if device == "cpu" else {}
    with tempfile.TemporaryDirectory() as output:
        command = [str(part) for part in [*command, "--output", output]]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **threads})
    rates = RATE.findall(done.stdout + done.stderr)
    if done.returncode or not rates:
        raise RuntimeError(f"{script} ended with {done.returncode}: {(done.stdout + done.stderr)[-2000:]}")
    return float(rates[-1])


def _enter(file: str, run: str, size: int) -> None:
    from declared import Declared

    from workflow_scripts.models import compat

    assert compat  # torchvision can be imported from here on
    from timm.models import register_model

    def declared(pretrained: bool = False, **_: object) -> object:
        """The network of the run, as the settings have it."""
        return Declared.read(None if file == SETTINGS else Path(file)).network(run, size)

    declared.__module__ = "timm.models"
    register_model(declared)


if __name__ == "__main__":
    source, chosen, name, pixels, *rest = sys.argv[1:]
    _enter(source, name, int(pixels))
    sys.argv = [chosen, *rest]
    runpy.run_path(chosen, run_name="__main__")
