"""A web server for each test."""

from collections.abc import Iterator

import pytest

from tests.data.download.server import Server, running


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as server:
        yield server
