"""Put the proven trainings of an answer among the results of home."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.taken_in import TAKEN_IN, TakenIn, has_weights
from workflow_scripts.data.download import archives
from workflow_scripts.data.download.published_sources import Limits, PublishedFile
from workflow_scripts.elsewhere.answer import ANSWER_FILE, LOG_FILE, Answer
from workflow_scripts.elsewhere.asked_runs import AskedRun, origin_of, trained_here
from workflow_scripts.elsewhere.proving import Proof, ProvenTraining
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file, whole, write_bytes, write_sealed
from workflow_scripts.runtime.run_address import (
    HISTORY_FILE,
    PREDICTIONS_FILE,
    TRAINING_FILE,
    WEIGHTS_FILE,
    RunAddress,
)
from workflow_scripts.settings.plan.workflow_plan import Plan

# Of all files together: what 200 trainings with whole weights take. Tables shrink to a tenth in a zip file.
LIMITS = Limits(bytes=100_000_000_000, members=200_000, ratio=200)


@dataclass(frozen=True)
class Unpacked:
    """An answer, unpacked in `folder`; sha256: of the archive."""

    archive: Path
    folder: Path
    answer: Answer
    sha256: str

    @classmethod
    def of(cls, archive: Path, folder: Path) -> "Unpacked":
        """Unpack an answer into an empty folder; UserError unless it holds exactly what it says."""
        if not archive.is_file():
            raise UserError(f"{archive} is no file; name the answer that run.py wrote")
        archives.unpack(archive, PublishedFile("", archive.name, "zip"), folder, LIMITS)
        answer = Answer.read(folder, archive)
        held = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {ANSWER_FILE}
        if strange := sorted(held ^ answer.files.keys()):
            state = "is not named in" if strange[0] in held else "is missing beside"
            raise UserError(f"{archive}: {strange[0]} {state} its {ANSWER_FILE}; fetch the answer again")
        for name, digest in answer.files.items():
            if digest_file(folder / name) != digest:
                raise UserError(f"{archive}: {name} is not the file that was put in; fetch the answer again")
        return cls(archive, folder, answer, digest_file(archive))

    @property
    def addresses(self) -> list[RunAddress]:
        """The trainings that are in it, in their order."""
        try:
            return [RunAddress.of(Path(name)) for name in self.answer.trainings]
        except ValueError as error:
            raise UserError(f"{self.archive}: {error}") from None


def whole_runs(plan: Plan, unpacked: Unpacked) -> tuple[list[RunAddress], list[str]]:
    """The trainings of runs of which all folds and seeds came, and what is said of each run that lacks some.

    UserError for a run that the settings do not know or do not train.
    """
    by_run: dict[AskedRun, list[RunAddress]] = {}
    for address in unpacked.addresses:
        by_run.setdefault(AskedRun(address.study, address.protocol, address.run), []).append(address)
    complete, torn = [], []
    for run, addresses in by_run.items():
        _require_known(plan, run, unpacked.archive)
        wanted = plan.runs.fold_seeds(run.study, run.protocol)
        missing = [key for key in wanted if key not in [address.fold_seed for address in addresses]]
        if unknown := [address for address in addresses if address.fold_seed not in wanted]:
            raise UserError(f"{unpacked.archive}: {run} has no {unknown[0].fold_seed} in these settings")
        origin = origin_of(plan, run)
        if origin is not None and origin not in by_run and not trained_here(plan, origin):
            torn.append(f"{run}: {origin} is missing, which may be the same split and is trained first")
        elif missing:
            torn.append(f"{run}: {len(addresses)} of {len(wanted)} trainings, {missing[0]} is missing")
        else:
            complete += addresses
    return complete, torn


def _require_known(plan: Plan, run: AskedRun, archive: Path) -> None:
    study = plan.config.studies.get(run.study)
    declared = study is not None and run.protocol in study.protocols and run.run in study.runs
    if not declared or not plan.is_trained(run.study, run.run):
        raise UserError(f"{archive}: these settings have no run {run} that is trained; give the CONFIG of the bundle")


def proven(plan: Plan, unpacked: Unpacked, addresses: Iterable[RunAddress]) -> list[ProvenTraining]:
    """The trainings, all of which fit home; UserError as Proof.of."""
    proof = Proof(plan, unpacked.archive)
    return [proof.of(address, unpacked.folder.joinpath(*address.parts)) for address in addresses]


def put_among_results(plan: Plan, unpacked: Unpacked, trainings: Iterable[ProvenTraining]) -> list[str]:
    """Put trainings among the results; returns what the rule of each that was placed writes last.

    A training that lies here with its tensors stays where the answer has its head alone. UserError where another
    training of the same fold and seed is there already; nothing is placed then.
    """
    asked = [training for training in trainings if _has_room(Path(plan.runs.folder(training.address)), training)]
    return [_placed(plan, unpacked, training) for training in asked]


def _has_room(folder: Path, training: ProvenTraining) -> bool:
    """Whether a training is to be placed; False: it lies here already, and with more than the answer has of it."""
    here = whole(folder / TRAINING_FILE, PREDICTIONS_FILE)
    if here is None:
        return True
    if here["outputs"][PREDICTIONS_FILE] != digest_file(training.folder / PREDICTIONS_FILE):
        raise UserError(f"{folder} holds another training already; `rm -r {folder}` if this one is to take its place")
    return training.whole or not has_weights(here) or whole(folder / TRAINING_FILE, WEIGHTS_FILE) is None


def _placed(plan: Plan, unpacked: Unpacked, training: ProvenTraining) -> str:
    folder = Path(plan.runs.folder(training.address))
    for name in (HISTORY_FILE, PREDICTIONS_FILE, WEIGHTS_FILE):
        write_bytes(folder / name, (training.folder / name).read_bytes())
    log = Path(plan.logs, *training.address.parts, LOG_FILE)
    write_bytes(log, (training.folder / LOG_FILE).read_bytes())
    write_sealed(folder / TRAINING_FILE, _with_origin(training, unpacked.sha256))
    return str(folder / TRAINING_FILE)


def _with_origin(training: ProvenTraining, answer: str) -> dict[str, Any]:
    """What train.json held, how it came here, and the digest of what is here of its weights."""
    came = TakenIn(answer, None if training.whole else training.weights)
    outputs = {**training.training["outputs"], WEIGHTS_FILE: digest_file(training.folder / WEIGHTS_FILE)}
    return {**training.training, "outputs": outputs, TAKEN_IN: plain(came)}
