"""A bundle where it is unpacked: its trainings, what they read, and what they have left."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workflow_scripts.contracts.arrays import DATA
from workflow_scripts.elsewhere.bundle_description import RESULTS, Bundle, BundledOriginals, BundledRun, StepCall
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file, whole
from workflow_scripts.runtime.run_address import (
    HISTORY_FILE,
    PREDICTIONS_FILE,
    TRAINING_FILE,
    WEIGHTS_FILE,
)

WORK = ".work"
STEPS = "workflow_scripts.steps"


@dataclass(frozen=True)
class BundledTraining:
    """One fold and seed of a run."""

    run: BundledRun
    key: str

    @property
    def name(self) -> str:
        """Its path below results and logs, and in an answer."""
        return f"{self.run.folder}/{self.key}"

    def __str__(self) -> str:
        return f"{self.run.name}/{self.key}"


@dataclass(frozen=True)
class Unpacked:
    """A bundle and the folder in which it is unpacked."""

    folder: Path
    bundle: Bundle

    @property
    def trainings(self) -> list[BundledTraining]:
        """All trainings, most valuable first."""
        return [BundledTraining(run, key) for run in self.bundle.runs for key in run.trainings]

    @property
    def count(self) -> int:
        return len(self.trainings)

    def out(self, training: BundledTraining) -> Path:
        """The folder of what a training leaves."""
        return self.folder / RESULTS / training.name

    def log(self, training: BundledTraining) -> Path:
        return self.folder / "logs" / training.name / "train.log"

    def is_finished(self, training: BundledTraining) -> bool:
        """Whether a training has left all its files, and they are what its record says."""
        return whole(self.out(training) / TRAINING_FILE, WEIGHTS_FILE, HISTORY_FILE, PREDICTIONS_FILE) is not None

    def finished(self) -> list[BundledTraining]:
        """The trainings that are finished, once their records are written; UserError where one cannot be."""
        done = [training for training in self.trainings if self.is_finished(training)]
        for run in self.bundle.runs:
            if of_run := [training for training in done if training.run == run]:
                self._write_records(run, of_run)
        return done

    def _write_records(self, run: BundledRun, done: list[BundledTraining]) -> None:
        folders = [str(self.out(training)) for training in done]
        arguments = [*self.read_by(run), *self._words("--weights", run.start), "--run", *folders]
        stands_for_all = self.folder / WORK / "finished" / run.folder / "finished.json"
        self.call("finish_run", run.finish, [*arguments, "--out", str(stands_for_all)])

    def read_by(self, run: BundledRun) -> list[str]:
        """Arguments that say what a step reads of a fold."""
        files = {"--dataset": run.dataset, "--arrays": run.arrays, "--split": run.split, "--masks": run.masks}
        return [word for name, path in files.items() if path for word in (name, str(self.folder / path))]

    def train_command(self, training: BundledTraining, device: str, at_once: int) -> list[str]:
        """The command of a training."""
        run = training.run
        origin = ["--origin", str(self.folder / run.origin)] if run.origin else []
        return [
            *self._command("train", run.train),
            *self.read_by(run),
            *self._words("--weights", run.start),
            *origin,
            *("--device", device, "--jobs-per-gpu", str(at_once), "--work", str(self.folder / WORK)),
            # Relative to the bundle, as at home: what is said of the training begins with its name.
            *("--out", str(self.out(training)), "--log", str(self.log(training).relative_to(self.folder))),
        ]

    def pack_originals(self) -> None:
        """Pack the pixels of original files; UserError where they do not come out as at home."""
        for originals in self.bundle.originals:
            arrays = self.folder / RESULTS / originals.study / "arrays"
            if (arrays / DATA).is_file() and digest_file(arrays / DATA) == originals.outputs[DATA]:
                continue
            entry.log.info("packing the original files of %s", originals.study)
            packed = self.folder / WORK / "packed" / originals.study
            arguments = ["--dataset", str(arrays.with_name("dataset")), *self._words("--source", originals.sources)]
            jobs = ["--jobs", str(os.cpu_count() or 1), "--work", str(self.folder / WORK)]
            self.call("preprocess", originals.preprocess, [*arguments, "--out", str(packed), *jobs])
            self._require_same(originals, packed)
            # The record, and the index beside it, are those of home, which the trainings name as what they read.
            (packed / DATA).replace(arrays / DATA)

    def _require_same(self, originals: BundledOriginals, packed: Path) -> None:
        for name, digest in originals.outputs.items():
            if digest_file(packed / name) != digest:
                raise UserError(
                    f"{originals.study}: {name}, packed here, is not that of home: the versions of pillow or "
                    "scikit-image differ; install those of home, or make the bundle with --data packed"
                )

    def _words(self, name: str, paths: dict[str, str]) -> Iterator[str]:
        return (word for key, path in paths.items() for word in (name, f"{key}={self.folder / path}"))

    def _command(self, step: str, call: StepCall) -> list[str]:
        settings = json.dumps(call.settings)
        return [sys.executable, "-m", f"{STEPS}.{step}", "--settings", settings, "--code", call.code]

    def call(self, step: str, call: StepCall, arguments: list[str]) -> None:
        """Run a step to its end; UserError when it fails, whose reason stands above."""
        done = subprocess.run([*self._command(step, call), *arguments], env=self.environment, cwd=self.folder)
        if done.returncode:
            raise UserError(f"the step {step} failed, see above")

    @property
    def environment(self) -> dict[str, str]:
        """What steps inherit: of modules of this project those of the bundle alone."""
        return {**os.environ, "PYTHONPATH": str(self.folder)}
