"""The answer of a bundle: what its finished trainings left, in one zip file, and what describes it.

answer.json, sealed, names the bundle, where the trainings ran, and the sha256 of every other file. A training's files
lie in `<study>/runs/<protocol>/<run>/<fold and seed>`; its log is among them.
"""

import platform
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from workflow_scripts.contracts.blocks import parse, plain
from workflow_scripts.contracts.misfits import MisfitError
from workflow_scripts.contracts.record import processor, versions
from workflow_scripts.contracts.weights_file import head_of
from workflow_scripts.elsewhere.unpacked_bundle import BundledTraining, Unpacked
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import SEAL, atomic_path, digest_file, whole, write_bytes, write_sealed
from workflow_scripts.runtime.reservations import own_folder
from workflow_scripts.runtime.run_address import (
    HISTORY_FILE,
    LEDGER_FILE,
    PREDICTIONS_FILE,
    RECORD_FILE,
    TRAINING_FILE,
    UNITS_FILE,
    WEIGHTS_FILE,
)

ANSWER_FILE = "answer.json"
LOG_FILE = "train.log"
# Of every training in an answer, its log and its weights aside.
LEFT = (PREDICTIONS_FILE, UNITS_FILE, HISTORY_FILE, TRAINING_FILE, RECORD_FILE, LEDGER_FILE)
Kept = Literal["header", "all"]
KEPT_WEIGHTS: tuple[Kept, ...] = ("header", "all")
HEADER: Kept = "header"


@dataclass(frozen=True)
class Answer:
    """What an answer says of itself.

    bundle: the digest that names the bundle; weights: whether their tensors are in it; python, versions, processor:
    where it was made; trainings: paths of the folders in it; files: path → sha256.
    """

    bundle: str
    weights: Kept
    versions: dict[str, str]
    processor: str
    system: str
    trainings: tuple[str, ...]
    files: dict[str, str]

    @classmethod
    def read(cls, folder: Path, archive: Path) -> "Answer":
        """The description of an answer that is unpacked in `folder`; UserError for what is none."""
        content = whole(folder / ANSWER_FILE)
        if content is None:
            raise UserError(f"{archive}: its {ANSWER_FILE} is missing or not as it was written; fetch the answer again")
        try:
            return parse(cls, {key: value for key, value in content.items() if key != SEAL})
        except MisfitError as error:
            raise UserError(f"{archive} is of another version of this project ({error})") from None


def write_answer(target: Path, unpacked: Unpacked, bundle: str, done: list[BundledTraining], weights: Kept) -> int:
    """Write the answer of the trainings that are `done`; returns how many there are. `bundle`: the digest of it."""
    with own_folder("answer") as heads, atomic_path(target) as temporary:
        files = _files(unpacked, done, weights, heads)
        answer = Answer(
            bundle=bundle,
            weights=weights,
            versions=versions(),
            processor=processor(),
            system=platform.system(),
            trainings=tuple(training.name for training in done),
            files={name: digest_file(path) for name, path in sorted(files.items())},
        )
        write_sealed(heads / ANSWER_FILE, plain(answer))
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(heads / ANSWER_FILE, ANSWER_FILE)
            for name, path in sorted(files.items()):
                archive.write(path, name)
    return len(done)


def _files(unpacked: Unpacked, done: list[BundledTraining], weights: Kept, heads: Path) -> Mapping[str, Path]:
    """Path in the answer → file; heads of weights are written below the folder `heads`."""
    files: dict[str, Path] = {}
    for training in done:
        folder = unpacked.out(training)
        files |= {f"{training.name}/{name}": folder / name for name in LEFT}
        files[f"{training.name}/{LOG_FILE}"] = unpacked.log(training)
        tensors = folder / WEIGHTS_FILE
        if weights == HEADER:
            head = heads / training.name / WEIGHTS_FILE
            write_bytes(head, head_of(tensors))
            tensors = head
        files[f"{training.name}/{WEIGHTS_FILE}"] = tensors
    return files
