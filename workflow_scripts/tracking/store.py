"""The MLflow side: one experiment a study, entries become runs, nothing is entered twice.

Where `tracking_uri` is null: a database and a folder of artifacts under the results, addressed so that the results may
be moved. Otherwise an MLflow server, to which everything is sent.

A run carries the tag `identity` from its creation and `content`, a hash of all that is logged, as the last thing
written. One without `content` is what a crash left, or the double of a request whose answer was lost and that was sent
again, and is deleted. MLflow cannot change a parameter or take back a metric, so a run that was evaluated anew is
written anew and the former one deleted; one of another training is another run and stays, see present_runs.
"""

import logging
import os
import re
import shutil
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Any

from workflow_scripts.runtime.addresses import server_fault, without_secrets
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_text
from workflow_scripts.tracking.database import artifacts_of, prepare_database
from workflow_scripts.tracking.entries import Entry
from workflow_scripts.tracking.flatten import chunks
from workflow_scripts.tracking.run_tags import CONTENT, CURRENT, IDENTITY, PARENT, RUN_NAME, WORKPLACE

SCHEME = "mlflow-artifacts:/"
RUN_ID = r"[0-9a-f]{32}"
# MLflow takes at most 1000 values in one request, 100 of them parameters.
METRICS_AT_ONCE, PARAMS_AT_ONCE = 900, 100
# Runs sent to a server side by side: it has four workers unless told otherwise.
SENDERS = 4


@contextmanager
def mendable(where: str, remedy: str) -> Iterator[None]:
    """Turn an error of the database or the server into one line; a value that MLflow refuses stays a bug."""
    from mlflow.exceptions import MlflowException
    from requests.exceptions import RequestException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, RequestException, SQLAlchemyError) as error:
        if getattr(error, "error_code", "") == "INVALID_PARAMETER_VALUE":
            raise
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UserError(f"{where} cannot be used ({without_secrets(reason)[:300]}); {remedy}") from error


def check_server(uri: str) -> None:
    """Raise UserError when `uri` is no address of a server, or nobody answers there."""
    if fault := server_fault(uri):
        raise UserError(f"tracking_uri {fault}")
    try:
        urllib.request.urlopen(f"{uri.rstrip('/')}/health", timeout=15).close()
    except urllib.error.HTTPError:
        return  # somebody answered
    except (OSError, ValueError) as error:
        reason = without_secrets(str(getattr(error, "reason", error)))
        raise UserError(
            f"tracking_uri: no MLflow server answers at {uri} ({reason}); start it, or set tracking_uri: null"
        ) from None


@contextmanager
def open_store(results: Path, uri: str | None, study: str) -> Iterator["Store"]:
    """The store of one study: in the database of a results folder, or on the server at `uri`. Raises UserError."""
    if uri is None:
        database = prepare_database(results)
        remedy = f"if it is broken, delete {database}; `make ui` builds it again from the results"
        with mendable(str(database), remedy):
            yield Store(f"sqlite:///{database.resolve()}", study, results, artifacts_of(results))
    else:
        check_server(uri)
        # A request that is sent again is no news; one that fails for good is an error.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
        with mendable(f"the MLflow server {uri}", "see its log, or set tracking_uri: null"):
            yield Store(uri, study, results, None)


class Store:
    """Runs of one study's experiment; one writer at a time (see sync.one_writer)."""

    def __init__(self, uri: str, study: str, results: Path, artifacts: Path | None) -> None:
        from mlflow.tracking import MlflowClient

        self._data_sets = threading.Lock()
        self.client = MlflowClient(uri)
        self.study, self.artifacts = study, artifacts
        self.workplace = digest_text(f"{os.uname().nodename}:{results.resolve()}")[:16]
        self.experiment = self._experiment(study)
        self.runs = {run.info.run_id: run for run in self._all_runs()}

    def _experiment(self, study: str) -> str:
        """Identifier of the study's experiment; one that was deleted in the UI is taken back."""
        from mlflow.exceptions import MlflowException

        experiment = self.client.get_experiment_by_name(study)
        if experiment is None:
            try:
                return self.client.create_experiment(study, f"{SCHEME}{study}" if self.artifacts else None)
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
                # somebody else was faster, or the answer to the first request was lost
                experiment = self.client.get_experiment_by_name(study)
        if experiment is None:
            raise UserError(
                f"the MLflow server has an experiment {study!r} and does not show it; `make ui` asks it once more"
            )
        if experiment.lifecycle_stage == "deleted":
            self.client.restore_experiment(experiment.experiment_id)
        return experiment.experiment_id

    def _all_runs(self) -> Iterator[Any]:
        """Our runs in the experiment that are not deleted; a user's own runs are left alone."""
        token = None
        while True:
            page = self.client.search_runs([self.experiment], max_results=1000, page_token=token)
            yield from (run for run in page if IDENTITY in run.data.tags)
            token = page.token
            if not token:
                return

    def clean(self) -> int:
        """Delete what a crash or a doubled request left; on a shared server only what began at this workplace.

        Returns how many runs it deleted.
        """
        half = [run_id for run_id, run in self.runs.items() if CONTENT not in run.data.tags and self.is_own(run)]
        for run_id in half:
            self.delete(run_id)
        return len(half)

    def keep(self, entries: list[tuple[Entry, str | None]]) -> list[str]:
        """Make the store hold each entry exactly once, below the parent beside it; returns the runs' ids."""
        same = self._by_identity()
        missing = [(entry, parent) for entry, parent in entries if not _equal(entry, same)]
        if self.artifacts is None:
            self._send(missing)
        else:  # sqlite has one writer
            for entry, parent in missing:
                self._write(entry, parent)
        same = self._by_identity()
        return [self._only(entry, parent, same) for entry, parent in entries]

    def _send(self, entries: list[tuple[Entry, str | None]]) -> None:
        """Write entries side by side; the error of one keeps others from beginning, and is raised."""
        with ThreadPoolExecutor(SENDERS) as pool:
            written = [pool.submit(self._write, entry, parent) for entry, parent in entries]
            try:
                wait(written, return_when=FIRST_EXCEPTION)
            finally:
                pool.shutdown(cancel_futures=True)
        for future in sorted(written, key=lambda future: future.cancelled()):
            future.result()

    def _by_identity(self) -> dict[str, list[Any]]:
        """Runs that are the same but for what is logged."""
        runs_by_identity: dict[str, list[Any]] = {}
        for run in self.runs.values():
            runs_by_identity.setdefault(run.data.tags[IDENTITY], []).append(run)
        return runs_by_identity

    def _only(self, entry: Entry, parent: str | None, same: dict[str, list[Any]]) -> str:
        """Put an entry's run in its place and delete its predecessors; returns the run's id."""
        run_id = _equal(entry, same)[0].info.run_id
        if parent is not None:
            self.tag(run_id, PARENT, parent)
        for run in same[entry.identity]:
            if run.info.run_id != run_id:
                self.delete(run.info.run_id)
        return run_id

    def tag(self, run_id: str, name: str, value: str) -> None:
        """Set a tag of a run, where it is another."""
        tags = self.runs[run_id].data.tags
        if tags.get(name) != value:
            self.client.set_tag(run_id, name, value)
            tags[name] = value

    def rename(self, run_id: str, name: str) -> None:
        """Give a run a name, where it has another."""
        tags = self.runs[run_id].data.tags
        if tags.get(RUN_NAME) != name:
            self.client.update_run(run_id, name=name)
            tags[RUN_NAME] = name

    def is_own(self, run: Any) -> bool:
        """Whether it was entered from these results; in their own database all were."""
        return bool(self.artifacts) or run.data.tags.get(WORKPLACE) == self.workplace

    def _write(self, entry: Entry, parent: str | None) -> str:
        from mlflow.entities import Metric, Param

        tags = {**entry.tags, IDENTITY: entry.identity, WORKPLACE: self.workplace, CURRENT: "yes"}
        if parent:
            tags[PARENT] = parent
        run = self.client.create_run(self.experiment, entry.start, tags, entry.name)
        run_id = run.info.run_id
        last = max((step for _, _, step in entry.points), default=0)
        metrics = [Metric(name, value, entry.time_of(step, last), step) for name, value, step in entry.points]
        params = [Param(name, value) for name, value in entry.params.items()]
        batches = (chunks(metrics, METRICS_AT_ONCE), chunks(params, PARAMS_AT_ONCE))
        if entry.data:
            # A server that is told of one data set by two senders at once refuses one of them.
            with self._data_sets:
                self.client.log_inputs(run_id, datasets=[entry.data.as_input()])
        for some_metrics, some_params in zip_longest(*batches, fillvalue=()):
            self.client.log_batch(run_id, metrics=some_metrics, params=some_params)
        for name, path in entry.artifacts.items():
            self._put(run, name, path)
        self.client.set_terminated(run_id, "FINISHED", entry.end)
        self.client.set_tag(run_id, CONTENT, entry.content)
        run.data.tags[CONTENT] = entry.content
        self.runs[run_id] = run
        return run_id

    def _put(self, run: Any, name: str, path: Path) -> None:
        """Copy an artifact to where the server will look for it, or send it."""
        if self.artifacts is None:
            with tempfile.TemporaryDirectory() as copies:
                named = path if path.name == Path(name).name else shutil.copy(path, Path(copies, Path(name).name))
                self.client.log_artifact(run.info.run_id, str(named), Path(name).parent.as_posix().lstrip("."))
            return
        folder = self._folder(self.artifacts, run)
        if folder is None:
            raise UserError(
                f"the database of {self.artifacts} keeps the artifacts of {self.study} elsewhere; delete the folder "
                f"{self.artifacts.parent}, `make ui` makes it again from the results"
            )
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)

    def _folder(self, artifacts: Path, run: Any) -> Path | None:
        """Where the copies of a run's artifacts lie: below its own name in `artifacts`, whatever its address says.

        None when the address says another place, or when a link leads from there to elsewhere.
        """
        below = Path(self.study, run.info.run_id, "artifacts")
        if run.info.artifact_uri != f"{SCHEME}{below.as_posix()}" or not re.fullmatch(RUN_ID, run.info.run_id):
            return None
        folder = artifacts / below
        return folder if folder.resolve() == artifacts.resolve() / below else None

    def delete(self, run_id: str) -> None:
        """Move a run to MLflow's trash; artifacts that lie under the results go for good, they are copies."""
        run = self.runs.pop(run_id)
        self.client.delete_run(run_id)
        if self.artifacts is not None and (folder := self._folder(self.artifacts, run)):
            shutil.rmtree(folder.parent, ignore_errors=True)

    def delete_doubles(self) -> None:
        """Delete runs that a server began twice, because the answer to the first request was lost on its way."""
        if self.artifacts is None:
            self.runs = {run.info.run_id: run for run in self._all_runs()}
            self.clean()

    def sweep(self, study: str) -> None:
        """Delete copies of artifacts whose run is in no database any more, e.g. after the database was deleted."""
        copies = self.artifacts / study if self.artifacts else None
        if copies is None or copies.is_symlink() or not copies.is_dir():
            return
        for folder in copies.iterdir():
            kept = folder.name in self.runs or not re.fullmatch(RUN_ID, folder.name) or folder.is_symlink()
            if not kept and folder.is_dir() and not self._exists(folder.name):
                shutil.rmtree(folder)

    def _exists(self, run_id: str) -> bool:
        from mlflow.exceptions import MlflowException

        try:
            return bool(self.client.get_run(run_id))
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return False
            raise


def _equal(entry: Entry, same: dict[str, list[Any]]) -> list[Any]:
    """Those runs of an entry's identity that hold all that it holds."""
    return [run for run in same.get(entry.identity, []) if run.data.tags.get(CONTENT) == entry.content]
