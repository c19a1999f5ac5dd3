"""A user's file of settings, and the lines with which it is refused."""

from pathlib import Path

import pytest

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.settings.load import read_yaml, settings

ROOT = Path(__file__).resolve().parents[2]
# A study of own images; what a case adds stands in line 8.
MINE = """\
studies:
  mine:
    extends: cvm_cervix
    paper: ""
    adapters: [folder]
    source: images
    ingest: {classes: null}
"""


def refusals(text: str, folder: Path) -> list[str]:
    """The lines with which the settings are refused when a file with this text is given."""
    path = folder / "my.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        settings(ROOT, read_yaml(path), [path])
    return [line.replace(str(path), "my.yaml") for line in str(caught.value).splitlines()]
