"""What an answer holds, held against the files and settings of home before anything believes it.

Proven is that data, split, settings, code, predictions and what is judged belong together. That nobody has invented
predictions is not: whoever can write the files can write digests that fit them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.fold_files import FoldFiles
from workflow_scripts.contracts.run_tables import HISTORY, PREDICTIONS, classes_of, write_units
from workflow_scripts.contracts.weights_file import first_difference, read_header
from workflow_scripts.data.fold_predictions import are_of_fold
from workflow_scripts.data.fold_samples import read_fold
from workflow_scripts.elsewhere.answer import LEFT, LOG_FILE
from workflow_scripts.runtime.digests import digest_once
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import canonical_json, digest_file, whole
from workflow_scripts.runtime.portable import without_folders
from workflow_scripts.runtime.reservations import own_folder
from workflow_scripts.runtime.run_address import (
    HISTORY_FILE,
    PREDICTIONS_FILE,
    RECORD_FILE,
    TRAINING_FILE,
    UNITS_FILE,
    WEIGHTS_FILE,
    RunAddress,
)
from workflow_scripts.settings.plan.rule_params import RuleParams
from workflow_scripts.settings.plan.step_names import StepNames
from workflow_scripts.settings.plan.step_table import FINISH_RUN, TRAIN
from workflow_scripts.settings.plan.workflow_plan import Plan

if TYPE_CHECKING:
    import pandas as pd

# Of a training in an answer.
ALL_FILES = (*LEFT, LOG_FILE, WEIGHTS_FILE)


@dataclass(frozen=True)
class ProvenTraining:
    """A training of an answer that fits home.

    folder: where its files lie unpacked; training: what its train.json holds; weights: sha256 of its whole file of
    weights; whole: whether that came, or its head alone.
    """

    address: RunAddress
    folder: Path
    training: dict[str, Any]
    weights: str
    whole: bool


@dataclass(frozen=True)
class _Expected:
    """What home would have made a training of: settings, digests of code, files, and start weights by part."""

    train: dict[str, Any]
    finish: dict[str, Any]
    train_code: str
    finish_code: str
    files: FoldFiles
    start: Mapping[str, str]

    @cached_property
    def inputs(self) -> dict[str, Path]:
        """Name in the record → file at home, the weights that it trained aside."""
        named = {path.relative_to(self.files.study).as_posix(): path for path in self.files.inputs}
        return named | {f"start weights of {part}": Path(path) for part, path in self.start.items()}


class Proof:
    """Holds trainings of an answer against the plan and the files of home."""

    def __init__(self, plan: Plan, archive: Path) -> None:
        self._plan, self._params, self._archive = plan, RuleParams(plan), archive

    def of(self, address: RunAddress, folder: Path) -> ProvenTraining:
        """The training whose files lie in `folder`, once all of it fits; UserError, in a line, for what does not."""
        try:
            return self._proven(address, folder)
        except UserError as error:
            raise UserError(f"{self._archive}: {'/'.join(address.parts)}: {error}; nothing was taken in") from None

    def _proven(self, address: RunAddress, folder: Path) -> ProvenTraining:
        if missing := [name for name in ALL_FILES if not (folder / name).is_file()]:
            raise UserError(f"half a result: {', '.join(missing)} is missing")
        expected = self._expected(address)
        training, record = (_sealed(folder / name) for name in (TRAINING_FILE, RECORD_FILE))
        _require_outputs(folder, training, (PREDICTIONS_FILE, HISTORY_FILE), TRAINING_FILE)
        _require_outputs(folder, record, (PREDICTIONS_FILE, UNITS_FILE), RECORD_FILE)
        learned = _part(record, "training")
        _require_same("settings", without_folders(expected.finish), _part(record, "settings"))
        _require_same("settings of training", expected.train, _part(learned, "settings"))
        _require_code(expected.train_code, learned.get("code"), "training")
        _require_code(expected.finish_code, record.get("code"), "finishing")
        weights = str(_part(training, "outputs").get(WEIGHTS_FILE))
        self._require_inputs(expected, _part(record, "inputs"), weights)
        classes = _require_weights(folder / WEIGHTS_FILE, expected)
        table = _require_predictions(folder / PREDICTIONS_FILE, expected.files, address.fold, classes)
        HISTORY.read(folder / HISTORY_FILE)
        self._require_units(table, classes, address, folder)
        return ProvenTraining(address, folder, training, weights, digest_file(folder / WEIGHTS_FILE) == weights)

    def _expected(self, address: RunAddress) -> _Expected:
        plan, study, run = self._plan, address.study, address.run
        job = study, address.protocol, run, address.fold, address.seed
        paths, masks = plan.paths(study), plan.data.mask_records(study, run)
        read = paths.dataset, plan.data.arrays(study, run), paths.split(address.protocol)
        return _Expected(
            train=plain(plan.steps.train(*job)),
            finish=plain(plan.steps.finish_run(*job)),
            train_code=self._params.digest(TRAIN, StepNames(study=study, run=run)),
            finish_code=self._params.digest(FINISH_RUN, StepNames(study=study)),
            files=FoldFiles(*read, paths.masks if masks else None),
            start=plan.weights.files(study, run),
        )

    def _require_inputs(self, expected: _Expected, recorded: Mapping[str, Any], weights: str) -> None:
        """Raise UserError unless the record names exactly the files of home, with their digests."""
        trained = [name for name in recorded if name.endswith(f"/{WEIGHTS_FILE}")]
        if len(trained) != 1 or recorded[trained[0]] != weights:
            raise UserError(f"{RECORD_FILE} and {TRAINING_FILE} are of different weights")
        read = {name: digest for name, digest in recorded.items() if name not in trained}
        for name, path in expected.inputs.items():
            if read.get(name) != digest_once(path):
                raise UserError(f"it was trained on another {name} than {path} is")
        if further := sorted(read.keys() - expected.inputs.keys()):
            raise UserError(f"it was trained on {further[0]}, which these settings do not name")

    def _require_units(self, table: "pd.DataFrame", classes: list[str], address: RunAddress, folder: Path) -> None:
        """Raise UserError unless units.csv is what predictions.csv comes to."""
        aggregation = self._plan.steps.finished_trainings(address.study, address.protocol, address.run).aggregation
        with own_folder("units") as folder_of_units:
            write_units(folder_of_units, table, classes, aggregation)
            if digest_file(folder_of_units / UNITS_FILE) != digest_file(folder / UNITS_FILE):
                raise UserError(f"{UNITS_FILE} is not what {PREDICTIONS_FILE} comes to")


def _require_weights(path: Path, expected: _Expected) -> list[str]:
    """The classes that the weights tell apart; UserError unless they say that they were trained as expected."""
    metadata = read_header(path).metadata
    if missing := [key for key in ("settings", "code", "classes") if key not in metadata]:
        raise UserError(f"{path.name} does not say its {missing[0]}")
    _require_same("settings of its weights", expected.train, json.loads(metadata["settings"]))
    _require_code(expected.train_code, metadata["code"], "training its weights")
    return list(json.loads(metadata["classes"]))


def _require_predictions(path: Path, files: FoldFiles, fold: int, trained: list[str]) -> "pd.DataFrame":
    """The predictions; UserError unless they are of the classes and samples of their fold."""
    classes, samples = read_fold(files.dataset, files.arrays, files.split, fold)
    table = PREDICTIONS.read(path)
    if not trained == classes == classes_of(table):
        raise UserError(f"{path.name} is of the classes {', '.join(classes_of(table))}, not {', '.join(classes)}")
    if not are_of_fold(table, samples, fold):
        raise UserError(f"{path.name} is not of the samples of {files.split}")
    return table


def _sealed(path: Path) -> dict[str, Any]:
    content = whole(path)
    if content is None:
        raise UserError(f"{path.name} is not as it was written")
    return content


def _part(content: Mapping[str, Any], key: str) -> dict[str, Any]:
    part = content.get(key)
    if not isinstance(part, dict):
        raise UserError(f"a record lacks {key}")
    return part


def _require_outputs(folder: Path, record: Mapping[str, Any], names: tuple[str, ...], where: str) -> None:
    for name in names:
        if _part(record, "outputs").get(name) != digest_file(folder / name):
            raise UserError(f"{name} is not the file that {where} names")


def _require_code(expected: str, recorded: object, what: str) -> None:
    if recorded != expected:
        raise UserError(f"the code of {what} was another one than there is here now")


def _require_same(what: str, expected: Any, recorded: Any) -> None:
    if canonical_json(expected) != canonical_json(recorded):
        raise UserError(f"other {what} ({first_difference(recorded, expected)})")
