"""The handmade study and an empty tracking database to copy."""

import shutil
from pathlib import Path

import pytest

from tests.tracking.handmade import Study


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Making the schema takes seconds; the tests copy this one."""
    from workflow_scripts.tracking.store import create_database

    database = tmp_path_factory.mktemp("database") / "mlflow.db"
    create_database(database)
    return database


@pytest.fixture
def study(tmp_path: Path, empty_database: Path) -> Study:
    (tmp_path / "results" / "mlflow").mkdir(parents=True)
    shutil.copyfile(empty_database, tmp_path / "results" / "mlflow" / "mlflow.db")
    return Study(tmp_path / "results").write_all()
