"""The handmade study and an empty tracking database to copy."""

import shutil
from pathlib import Path

import pytest

from tests.tracking.handmade import Study
from workflow_scripts.tracking.database import database_of, folder_of, one_writer, prove


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Making the schema takes seconds; the tests copy this one."""
    from workflow_scripts.tracking.database import create_database

    database = tmp_path_factory.mktemp("database") / "mlflow.db"
    create_database(database)
    return database


@pytest.fixture
def study(tmp_path: Path, empty_database: Path) -> Study:
    results = tmp_path / "results"
    with one_writer(results):
        shutil.copyfile(empty_database, database_of(results))
        prove(folder_of(results))
    return Study(results).write_all()


@pytest.fixture
def quick_databases(empty_database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new database is a copy of the empty one."""
    from workflow_scripts.tracking import database

    monkeypatch.setattr(database, "create_database", lambda target: shutil.copyfile(empty_database, target))
