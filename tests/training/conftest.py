"""Data that most trainings of these tests learn from."""

import pytest

from tests import made


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    return made.make_inputs(tmp_path_factory.mktemp("made"))
