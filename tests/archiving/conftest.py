"""A finished study and its archive."""

from pathlib import Path

import pytest

from tests.archiving.finished import Finished


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Finished:
    return Finished(tmp_path_factory.mktemp("finished"))


@pytest.fixture(scope="session")
def archive(finished, tmp_path_factory) -> Path:
    return finished.archive(tmp_path_factory.mktemp("archive") / "results-archive.zip")
