"""Results that came from elsewhere, whatever their tracking says: nothing outside their own folder is touched."""

import logging
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.tracking.handmade import SETTINGS, Study
from tests.tracking.test_sync import active
from workflow_scripts.runtime import files
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.tracking import database
from workflow_scripts.tracking.database import artifacts_of, database_of, folder_of, one_writer, prove
from workflow_scripts.tracking.study_view import StudyView
from workflow_scripts.tracking.sync import track_everything, track_study

VIEWS = {"toy": StudyView("accuracy")}

pytestmark = pytest.mark.usefixtures("quick_databases")
RUN = "0" * 32


@pytest.fixture
def said(caplog, monkeypatch):
    """What the log says."""
    monkeypatch.setattr(logging.getLogger("workflow_scripts"), "propagate", True)
    caplog.set_level(logging.INFO, "workflow_scripts")
    return caplog


@pytest.fixture
def precious(tmp_path) -> Path:
    """A folder of the user's, two levels above the artifacts' own."""
    folder = tmp_path / "victim" / "photos"
    files.write_text(folder / "important.txt", "mine")
    files.write_text(folder / "artifacts" / "record.json", "mine too")
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def hostile(results: Path, artifact_uri: str, location: str = "mlflow-artifacts:/toy", tags=("identity",)) -> None:
    """A run with this address in the database, begun and never completed, in an experiment with that location."""
    with sqlite3.connect(database_of(results)) as connection:
        connection.execute(
            "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, workspace) "
            "VALUES (7, 'toy', ?, 'active', 'default')",
            (location,),
        )
        connection.execute(
            "INSERT INTO runs (run_uuid, name, status, lifecycle_stage, artifact_uri, experiment_id, start_time, "
            "user_id, source_type) VALUES (?, 'evil', 'RUNNING', 'active', ?, 7, 0, 'me', 'LOCAL')",
            (RUN, artifact_uri),
        )
        connection.executemany("INSERT INTO tags VALUES (?, 'x', ?)", [(tag, RUN) for tag in tags])
    connection.close()


def addresses(precious: Path) -> list[str]:
    return [
        "mlflow-artifacts:/../../../victim/photos/artifacts",
        f"mlflow-artifacts:/{precious}/artifacts",
        f"file://{precious}/artifacts",
        f"{precious}/artifacts",
        f"mlflow-artifacts:/toy/{RUN}/../../../../../victim/photos/artifacts",
    ]


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("own", [False, True], ids=["foreign", "own"])
def test_no_address_in_the_database_leads_to_a_folder_of_the_users(study, precious, number, own):
    before = tree(precious)
    hostile(study.results, addresses(precious)[number])
    if not own:
        (folder_of(study.results) / database.PROOF).unlink()
    assert track_everything(study.results, None, VIEWS) == []
    assert tree(precious) == before
    assert len(active(study)) == 6 and "evil" not in active(study)


def test_an_experiment_that_keeps_its_artifacts_elsewhere_is_one_line_and_nothing_is_written_there(study, precious):
    before = tree(precious)
    hostile(study.results, f"mlflow-artifacts:/toy/{RUN}/artifacts", "mlflow-artifacts:/../../../victim/photos")
    (problem,) = track_everything(study.results, None, VIEWS)
    assert "keeps the artifacts of toy elsewhere; delete the folder" in problem and tree(precious) == before


@pytest.mark.parametrize("level", ["toy", f"toy/{RUN}", f"toy/{RUN}/artifacts"])
def test_a_link_among_the_artifacts_is_not_followed(study, precious, level):
    hostile(study.results, f"mlflow-artifacts:/toy/{RUN}/artifacts")
    link = artifacts_of(study.results) / level
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(precious)
    before = tree(precious)
    track_everything(study.results, None, VIEWS)
    assert tree(precious) == before


def test_a_database_that_came_with_a_copy_is_set_aside_unread_and_made_anew(study, said, tmp_path):
    track_study(study.results, SETTINGS, study.folder / "tracked.json")
    copy = Study(Path(shutil.copytree(study.results, tmp_path / "copy", copy_function=shutil.copy2)))
    before = tree(folder_of(copy.results))
    # A journal that names another file: SQLite would look for it, and remove it.
    before["mlflow.db-journal"] = b"hot"
    (folder_of(copy.results) / "mlflow.db-journal").write_bytes(b"hot")
    assert track_everything(copy.results, None, VIEWS) == []
    aside = folder_of(copy.results) / "set-aside-1"
    assert {**tree(aside), ".lock": b""} == before
    assert "was not made here" in said.text and "set-aside-1 unread" in said.text and len(active(copy)) == 6
    said.clear()
    assert track_everything(copy.results, None, VIEWS) == []
    assert said.text == "" and not aside.with_name("set-aside-2").exists()


def test_a_folder_that_was_only_renamed_is_still_ones_own(study, said, tmp_path):
    track_study(study.results, SETTINGS, study.folder / "tracked.json")
    moved = study.results.rename(tmp_path / "moved")
    assert track_everything(moved, None, VIEWS) == []
    assert said.text.count("\n") == 1 and not list(folder_of(moved).glob("set-aside-*"))


def test_another_users_folder_is_foreign(study, said):
    os.chown(folder_of(study.results) / ".lock", os.geteuid() + 1, -1)
    prove(folder_of(study.results))
    assert track_everything(study.results, None, VIEWS) == []
    assert "was not made here" in said.text


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (lambda path: path.write_bytes(b"no database" * 100), "is damaged"),
        (
            lambda path: path.write_bytes(path.read_bytes()[:8192] + b"\xff" * 40000 + path.read_bytes()[48192:]),
            "is damaged",
        ),
        (lambda path: _execute(path, "UPDATE alembic_version SET version_num = 'other'"), "another version of MLflow"),
        (lambda path: _execute(path, "DROP TABLE alembic_version"), "is damaged"),
        (lambda path: path.rename(path.with_name("x")) and path.symlink_to("x"), "is a link"),
        (lambda path: os.link(path, path.with_name("x")), "is a link"),
        (lambda path: path.unlink() or path.mkdir(), "is a link, no file"),
    ],
    ids=["no database", "damaged page", "other MLflow", "no version", "link", "hard link", "folder"],
)
def test_a_database_that_cannot_be_used_is_set_aside_with_its_reason(study, said, harm, reason):
    harm(database_of(study.results))
    assert track_everything(study.results, None, VIEWS) == []
    assert reason in said.text and len(active(study)) == 6
    assert (folder_of(study.results) / "set-aside-1").is_dir()


def _overwrite(path: Path, start: int, content: bytes) -> None:
    with open(path, "r+b") as handle:
        handle.seek(start)
        handle.write(content)


def _execute(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_a_lock_that_is_no_file_is_one_line(study, tmp_path, kind):
    lock = folder_of(study.results) / ".lock"
    lock.unlink()
    (tmp_path / "precious").write_text("mine")
    {"link": lambda: lock.symlink_to(tmp_path / "precious"), "pipe": lambda: os.mkfifo(lock), "folder": lock.mkdir}[
        kind
    ]()
    if kind == "pipe":  # can be locked like a file
        assert track_everything(study.results, None, VIEWS) == []
        return
    with pytest.raises(UserError, match="is a link or no file; remove it") as caught:
        track_everything(study.results, None, VIEWS)
    assert "\n" not in str(caught.value) and (tmp_path / "precious").read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_one_line(study, monkeypatch):
    def refused(*_args, **_more):
        raise PermissionError(13, "Permission denied", "x")

    monkeypatch.setattr(database.os, "open", refused)
    with pytest.raises(UserError, match=r"mlflow cannot be written \(Permission denied\).*copy the results") as caught:
        track_everything(study.results, None, VIEWS)
    assert "\n" not in str(caught.value)


def test_a_locked_database_is_one_line_and_stays(study, monkeypatch):
    real = sqlite3.connect
    monkeypatch.setattr(database.sqlite3, "connect", lambda *args, **more: real(*args, **{**more, "timeout": 0}))
    with sqlite3.connect(database_of(study.results)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(UserError, match="is locked by another program"), one_writer(study.results):
            database.prepare_database(study.results)
    connection.close()
    assert not (folder_of(study.results) / "set-aside-1").exists()


@pytest.mark.parametrize("name", ["record.json", "fold0-seed0.json", "ledger.json", "history.csv"])
@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_a_file_that_is_taken_from_elsewhere_is_left_out_and_not_copied(study, tmp_path, name, kind):
    (tmp_path / "secret").write_text("my key")
    path = study.metrics_file("cnn", 0) if name == "fold0-seed0.json" else study.run_folder("cnn", 0) / name
    path.unlink()
    path.symlink_to(tmp_path / "secret") if kind == "link" else os.mkfifo(path)
    (problem,) = track_everything(study.results, None, VIEWS)
    assert f"{name} is no file of" in problem
    assert b"my key" not in tree(folder_of(study.results)).values() and len(active(study)) == 5


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("record.json", "[]"),
        ("record.json", "{}"),
        ("record.json", '{"settings": 1}'),
        ("record.json", "[" * 100_000),
        ("fold0-seed0.json", "[1]"),
        ("fold0-seed0.json", '{"test": {"accuracy": {}}}'),
        ("ledger.json", '{"start": "yesterday"}'),
        ("ledger.json", "[]"),
        ("fold0-seed0.json", '{"test": {"accuracy": {"value": "x", "low": [], "high": null, "n": {}}}, "x": 1}'),
    ],
)
def test_files_that_hold_something_else_are_one_line(study, name, content):
    for run in ("vote", "cnn"):
        folder = study.run_folder(run, 0)
        files.write_text(study.metrics_file(run, 0) if name == "fold0-seed0.json" else folder / name, content)
        (folder / "train.json").unlink(missing_ok=True)
    problems = track_everything(study.results, None, VIEWS)
    assert len(problems) == 2 and all("\n" not in problem for problem in problems) and len(active(study)) == 4


@pytest.mark.parametrize("content", ["[]", '{"headline": []}', "{"])
def test_a_receipt_that_is_none_is_one_line(study, content):
    files.write_text(study.folder / "tracked.json", content)
    (problem,) = track_everything(study.results, None, {})
    assert "tracked.json" in problem and "\n" not in problem


def test_a_copy_of_a_runs_folder_is_no_run_and_a_study_has_a_studys_name(study):
    shutil.copytree(study.run_folder("cnn", 0), study.run_folder("cnn", 0).with_name("fold0-seed0-old"))
    shutil.copytree(study.folder, study.results / "To y?")
    (problem,) = track_everything(study.results, None, VIEWS)
    assert problem.endswith("To y? has no study's name") and len(active(study)) == 6
