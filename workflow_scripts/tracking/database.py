"""The tracking database of a results folder: made by this user on this file system, or set aside and made anew.

Everything in `<results>/mlflow` follows from the results, so nothing of it has to be trusted. What came with results
from elsewhere is not even opened: a database can name any file of this machine, and the journal beside one can make
SQLite delete a file. It is moved into a folder `set-aside-<n>` beside it, and the runs are entered anew.

The proof of origin is the moment at which this file system last changed the lock file's entry, which nobody can write
into an archive: `made_here.json` holds it. A folder that is renamed keeps it, one that is copied does not.
"""

import errno
import json
import logging
import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import write_json
from workflow_scripts.runtime.locks import lock

log = logging.getLogger("workflow_scripts")

# Before the first import of mlflow, which functions do: nothing leaves the machine unasked, no address is printed for
# every run, and a server that is away is said so soon.
os.environ.update({"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "MLFLOW_ENABLE_ASYNC_LOGGING": "false"})
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
for _name, _value in {"TIMEOUT": "30", "MAX_RETRIES": "2", "BACKOFF_FACTOR": "1"}.items():
    os.environ.setdefault(f"MLFLOW_HTTP_REQUEST_{_name}", _value)

LOCK, PROOF, ASIDE = ".lock", "made_here.json", "set-aside-"
BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def folder_of(results: Path) -> Path:
    """The folder of all that tracking keeps under a results folder."""
    return results / "mlflow"


def database_of(results: Path) -> Path:
    """The tracking database of a results folder."""
    return folder_of(results) / "mlflow.db"


def artifacts_of(results: Path) -> Path:
    """The folder of artifacts that belongs to the database."""
    return folder_of(results) / "artifacts"


@contextmanager
def one_writer(results: Path) -> Iterator[None]:
    """Wait until no other process writes to the tracking of these results; a killed one frees the lock.

    Raises UserError when the folder cannot be written, or is a link: nothing outside the results is touched.
    """
    folder = folder_of(results)
    with _writable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if folder.is_symlink():
            raise UserError(f"{folder} is a link; remove it, its files are made anew from the results")
        # Not emptied and not written: its entry must not change, see the module's docstring.
        os.close(os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o644))
    # Another file, because the name of who works is written into it.
    with lock(results / ".mlflow.lock", f"the tracking database of {results}", wait=True):
        yield


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    """Say in one line why something in the folder cannot be made or moved."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EISDIR, errno.ENXIO):
            raise UserError(f"{error.filename} is a link or no file; remove it, it is made anew") from None
        raise UserError(
            f"{folder} cannot be written ({error.strerror}), and the MLflow UI keeps its database there; copy the "
            "results to a folder of your own and name that one"
        ) from None


def prepare_database(results: Path) -> Path:
    """The database of these results, fit for use and made if it is missing; returns its path.

    What was not made here, is damaged or belongs to another MLflow is set aside, with a line that says so. To be called
    by the one writer (see one_writer). Raises UserError when the folder cannot be written or the database is locked.
    """
    folder, database = folder_of(results), database_of(results)
    with _writable(folder):
        if reason := _unfit(results):
            aside = _set_aside(folder)
            log.warning(
                "%s %s; it was moved to %s unread, and a new one is made from the results: `make ui` enters all runs",
                database,
                reason,
                aside,
            )
        if not database.exists():
            create_database(database)
        if not _proven(folder):
            prove(folder)
        artifacts_of(results).mkdir(exist_ok=True)
    return database


def prove(folder: Path) -> None:
    """Write the proof that what is in the folder was made here; see the module's docstring."""
    write_json(folder / PROOF, {"lock_changed_ns": os.lstat(folder / LOCK).st_ctime_ns})


def create_database(database: Path) -> None:
    """Make the database under another name and rename it, so that a killed job leaves none that is half made."""
    from mlflow.tracking import MlflowClient

    database.parent.mkdir(parents=True, exist_ok=True)
    fresh = database.with_name(".new.db")
    for leftover in database.parent.glob(".new.db*"):
        leftover.unlink()
    MlflowClient(f"sqlite:///{fresh.resolve()}").search_experiments(max_results=1)
    fresh.replace(database)


def _unfit(results: Path) -> str | None:
    """Why what lies in the folder cannot be used, in words that follow its name; None when it can, or nothing is there.

    Opens the database only when it was made here.
    """
    folder, database = folder_of(results), database_of(results)
    if not _kept(folder):
        return None
    if not _proven(folder):
        return "was not made here (it came with a copy of the results, or is another user's)"
    if not os.path.lexists(database):
        return None
    kind = os.lstat(database)
    if not stat.S_ISREG(kind.st_mode) or kind.st_nlink > 1 or kind.st_uid != os.geteuid():
        return "is a link, no file or another user's"
    if artifacts_of(results).is_symlink():
        return "has a link in place of its folder of artifacts"
    return _unreadable(database)


def _kept(folder: Path) -> list[Path]:
    """What the database and its artifacts consist of; the lock and what was set aside stay."""
    return [path for path in folder.iterdir() if path.name != LOCK and not path.name.startswith(ASIDE)]


def _proven(folder: Path) -> bool:
    entry, proof = os.lstat(folder / LOCK), folder / PROOF
    if entry.st_uid != os.geteuid() or proof.is_symlink() or not proof.is_file():
        return False
    try:
        return json.loads(proof.read_bytes()) == {"lock_changed_ns": entry.st_ctime_ns}
    except (ValueError, RecursionError):
        return False


def _unreadable(database: Path) -> str | None:
    """Whether it is damaged or of another MLflow."""
    from mlflow.store.db.utils import _get_latest_schema_revision

    try:
        with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=rw", uri=True, timeout=60)) as connection:
            (state,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            versions = [row[0] for row in connection.execute("SELECT version_num FROM alembic_version")]
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in BUSY:
            raise UserError(f"{database} is locked by another program; end that first") from None
        return f"is damaged ({error})"
    if state != "ok":
        return "is damaged"
    return None if versions == [_get_latest_schema_revision()] else "was made by another version of MLflow"


def _set_aside(folder: Path) -> Path:
    """Move what the folder holds into a new folder in it; a link is moved as a link. Returns that folder."""
    number = 1
    while os.path.lexists(folder / f"{ASIDE}{number}"):
        number += 1
    aside = folder / f"{ASIDE}{number}"
    kept = _kept(folder)
    aside.mkdir()
    for path in kept:
        path.rename(aside / path.name)
    return aside
