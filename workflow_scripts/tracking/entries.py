"""What the files of a study say about its runs, as entries that a tracking store can take. Knows no MLflow."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from workflow_scripts.contracts.record import identity, read_record
from workflow_scripts.contracts.run_tables import HISTORY
from workflow_scripts.contracts.step_settings.track_settings import TrackSettings
from workflow_scripts.contracts.taken_in import taken_in
from workflow_scripts.contracts.verified import require
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import canonical_json, digest_file, digest_text, read_json
from workflow_scripts.runtime.results_layout import remedy
from workflow_scripts.runtime.run_address import (
    GLOB,
    HISTORY_FILE,
    LEDGER_FILE,
    RECORD_FILE,
    TRAINING_FILE,
    UNITS_FILE,
    WEIGHTS_FILE,
    RunAddress,
    fold_seeds,
)
from workflow_scripts.runtime.study_paths import StudyPaths
from workflow_scripts.tracking.flatten import costs, final_metrics, parameters, safe_part
from workflow_scripts.tracking.study_view import NOTE, DataSet, data_set

# Small files of a run that are shown with it. Predictions and weights stay where they are.
METRICS = "metrics.json"
SHOWN = (RECORD_FILE, UNITS_FILE, HISTORY_FILE, TRAINING_FILE, LEDGER_FILE)


@dataclass
class Entry:
    """One MLflow run to be: a parent (a protocol's run, no fold) or a child (one fold and seed of it).

    `points` are (metric, value, step); times are milliseconds since 1970 or None where no ledger tells them.
    `artifacts` maps names in the run to files.
    """

    name: str
    key: list[Any]
    params: dict[str, str]
    points: list[tuple[str, float, int]]
    tags: dict[str, str]
    artifacts: dict[str, Path]
    start: int | None = None
    end: int | None = None
    address: RunAddress | None = None
    record: str = ""
    data: DataSet | None = None

    @property
    def child_address(self) -> RunAddress:
        """The fold and seed that a child is of."""
        assert self.address is not None, f"{self.name} is a parent"
        return self.address

    @cached_property
    def identity(self) -> str:
        """Hash of what the run is: study, protocol, run, and for a child fold, seed and its record."""
        return digest_text(canonical_json(self.key))

    @cached_property
    def content(self) -> str:
        """Hash of all that is logged: equal content needs no second logging."""
        files = {name: digest_file(path) for name, path in sorted(self.artifacts.items())}
        points = [[name, repr(value), step] for name, value, step in self.points]
        data = astuple(self.data) if self.data else ()
        logged = [self.name, self.params, points, self.tags, files, self.start, self.end, data]
        return digest_text(canonical_json(logged))

    def time_of(self, step: int, steps: int) -> int:
        """Time of the step-th of `steps` points: spread evenly over the run; 0 where the run's time is unknown."""
        if self.start is None or self.end is None:
            return 0
        return self.start + (self.end - self.start) * step // max(steps, 1)


def finished(study_folder: Path) -> list[RunAddress]:
    """Addresses of all runs with a record, sorted; a folder of another name, a copy that a user keeps, is none."""
    addresses = []
    for record in study_folder.glob(f"runs/*/*/{GLOB}/{RECORD_FILE}"):
        try:
            addresses.append(RunAddress.of(record.parent))
        except ValueError:
            continue
    return sorted(addresses)


@contextmanager
def of_this_workflow(folder: Path) -> Iterator[None]:
    """Say in one line that files do not hold what this workflow writes; they may have come from elsewhere."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise UserError(
            f"{folder}: its files do not hold what this workflow writes ({type(error).__name__}: {error}); delete the "
            "folder, `snakemake --cores all` makes it again"
        ) from error


def own_file(path: Path, study_folder: Path) -> bool:
    """Whether a file of a study is there; UserError for one that is none or that a link takes from elsewhere."""
    if not path.exists():
        return False
    if not path.is_file() or not path.resolve().is_relative_to(study_folder.resolve()):
        raise UserError(f"{path} is no file of {study_folder}, but a link to elsewhere or a device; remove it")
    return True


def expected(settings: TrackSettings) -> list[RunAddress]:
    """Addresses that the settings of a study declare: protocols × runs × folds × seeds."""
    return sorted(
        RunAddress(settings.study, protocol, run, key.fold, key.seed)
        for protocol, folds in settings.folds.items()
        for run in settings.runs
        for key in fold_seeds(folds, settings.seeds)
    )


def child(study_folder: Path, address: RunAddress, headline: str | None, complete: bool) -> Entry:
    """The entry of one fold and seed. `complete`: it must be evaluated; otherwise it may still wait for that.

    Raises UserError for a file that is missing, not what its record says, or taken from elsewhere by a link.
    """
    with of_this_workflow(address.folder(study_folder.parent)):
        return _child(study_folder, address, headline, complete)


def _child(study_folder: Path, address: RunAddress, headline: str | None, complete: bool) -> Entry:
    study, folder = study_folder.name, address.folder(study_folder.parent)
    there = {name for name in (*SHOWN, WEIGHTS_FILE) if own_file(folder / name, study_folder)}
    record = require(folder / RECORD_FILE, UNITS_FILE)
    if TRAINING_FILE in there:
        require(folder / TRAINING_FILE, HISTORY_FILE)
    recorded = record["settings"]
    where = asdict(address)
    if any(recorded.get(key) != value for key, value in where.items()):
        raise UserError(f"{folder}/record.json tells of another run than its folder; {remedy(folder / 'record.json')}")
    points = _history(folder)
    measured = _evaluated(study_folder, address, complete)
    if measured:
        points += [(name, value, 0) for name, value in final_metrics(read_json(measured), headline).items()]
    training, prediction = (_optional(folder / name) for name in (TRAINING_FILE, LEDGER_FILE))
    points += [(name, value, 0) for name, value in {**costs(training, "train"), **costs(prediction, "predict")}.items()]
    start, end = _times(training or prediction)
    weights, came = folder / WEIGHTS_FILE, taken_in(training)
    tags = {**place_tags(where, study_folder), "record": identity(record), "code": str(record.get("code", ""))}
    tags |= {f"version.{safe_part(name)}": str(version) for name, version in record.get("versions", {}).items()}
    tags |= _input_tags(record.get("inputs", {}), address.protocol)
    if WEIGHTS_FILE in there and not (came and came.weights_elsewhere):
        tags["model_file"] = weights.relative_to(study_folder.parent).as_posix()
    tags[NOTE] = f"Fold {address.fold}, seed {address.seed} of {address.run} under {address.protocol}."
    return Entry(
        name=f"{address.run} ({address.protocol}) {address.fold_seed}",
        key=[study, address.protocol, address.run, address.fold, address.seed, identity(record)],
        params=parameters(recorded),
        points=points,
        tags=tags,
        artifacts={name: folder / name for name in SHOWN if name in there} | ({METRICS: measured} if measured else {}),
        start=start,
        end=end,
        address=address,
        record=identity(record),
        data=data_set(study_folder),
    )


def _input_tags(inputs: dict[str, str], protocol: str) -> dict[str, str]:
    """Digests of what a run was made from: the table of samples, the split, the arrays."""
    named = {"manifest": "dataset/manifest.csv", "split": f"splits/{protocol}.csv", "arrays": "arrays/record.json"}
    return {f"input.{name}": inputs[path][:12] for name, path in named.items() if path in inputs}


def _evaluated(study_folder: Path, address: RunAddress, complete: bool) -> Path | None:
    """The metrics of a fold and seed; None where there is no evaluation, or one of a former training.

    Which one it is of, its record says: it holds the digest of every run's record. `complete`: UserError instead.
    """
    evaluation = StudyPaths(study_folder).evaluation(address.protocol)
    run = address.folder(study_folder.parent) / RECORD_FILE
    record, measured = evaluation / RECORD_FILE, evaluation / address.run / f"{address.fold_seed}.json"
    if not complete and not record.exists():
        return None
    if read_record(record).get("inputs", {}).get(run.relative_to(study_folder).as_posix()) != digest_file(run):
        if complete:
            raise UserError(f"{record} is of another {run} than there is now; {remedy(record)}")
        return None
    own_file(measured, study_folder)
    require(record, measured.relative_to(evaluation).as_posix())
    return measured


def _history(folder: Path) -> list[tuple[str, float, int]]:
    """Points of history.csv, one step an epoch; empty cells (not measured) are left out. A vote has no history."""
    path = folder / HISTORY_FILE
    if not path.exists():
        return []
    history = HISTORY.read(path)
    columns = [name for name in history.select_dtypes("number").columns if name != "epoch"]
    points: list[tuple[str, float, int]] = []
    for name in columns:
        kept = history.loc[history[name].abs() < float("inf"), ["epoch", name]]
        points += [(f"history/{name}", float(value), int(epoch)) for epoch, value in kept.itertuples(index=False)]
    return points


def place_tags(where: dict[str, Any], study_folder: Path) -> dict[str, str]:
    """Tags to filter by; whether the data are synthetic comes from the dataset's record."""
    tags = {key: str(value) for key, value in where.items()}
    path = study_folder / "dataset" / "record.json"
    dataset = read_json(path) if own_file(path, study_folder) else {}
    if "synthetic" in dataset:
        tags["data"] = "synthetic" if dataset["synthetic"] else "real"
    if dataset.get("scale"):
        tags["scale"] = str(dataset["scale"])
    return tags


def _optional(path: Path) -> dict[str, Any]:
    return read_record(path) if path.exists() else {}


def _times(ledger: dict[str, Any]) -> tuple[int | None, int | None]:
    """Start and end of a job in milliseconds since 1970."""
    if "start" not in ledger:
        return None, None
    start = round(datetime.fromisoformat(ledger["start"]).timestamp() * 1000)
    return start, start + round(1000 * ledger.get("wall_seconds", 0))
