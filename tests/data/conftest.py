"""What tests of the raw files share."""

import logging
from collections.abc import Callable, Iterator

import pytest

from workflow_scripts.runtime.entry import log


@pytest.fixture
def said() -> Iterator[Callable[[], str]]:
    """A function that gives the lines a step has logged so far."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    level = log.level
    log.setLevel(logging.INFO)
    log.addHandler(handler)
    yield lambda: "\n".join(lines)
    log.removeHandler(handler)
    log.setLevel(level)
