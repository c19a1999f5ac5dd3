"""The study that most tests of a page look at."""

from types import SimpleNamespace

import pytest
from handmade import Study
from judging import Real, rows
from pages import write


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """A handmade study with every section, and its page; no test changes it."""
    study = Study(
        tmp_path_factory.mktemp("small"), explain={"runs": ["cvm"], "images": 4, "errors": 4, "embedding": True}
    ).write()
    return SimpleNamespace(study=study, page=write(study))


@pytest.fixture(scope="module")
def real_study(tmp_path_factory):
    """A study on real data, for the verdicts."""
    return Real(tmp_path_factory.mktemp("real")).write()


@pytest.fixture(scope="module")
def real_rows(real_study):
    """The rows of its verdicts, by the id of what is printed."""
    return rows(real_study)
