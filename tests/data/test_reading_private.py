"""A study may have files that bear names and others that do not: each adapter's files are looked for by themselves."""

from pathlib import Path

import pandas as pd
import pytest

from workflow_scripts.data.dicom.pseudonyms import PUBLIC, Pseudonyms
from workflow_scripts.data.readers import reader_registry
from workflow_scripts.data.reading import RawFiles
from workflow_scripts.runtime.errors import UserError


def raw(tmp_path: Path, monkeypatch, pseudonyms: Pseudonyms = PUBLIC) -> RawFiles:
    """Two folders of an image; the files of the first bear names."""
    monkeypatch.setattr("workflow_scripts.data.adapters.adapter_registry.is_private", lambda name: name == "named")
    for adapter in ("named", "plain"):
        (tmp_path / adapter).mkdir(exist_ok=True)
        (tmp_path / adapter / "anna.png").touch()
    folders = {adapter: tmp_path / adapter for adapter in ("named", "plain")}
    return RawFiles(folders, {adapter: reader_registry.load("image", {}) for adapter in folders}, pseudonyms)


def rows(*lines: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(lines, columns=["source", "path"]).assign(sha256="")


def test_rows_of_one_adapter_alone_are_found_whichever_it_is(tmp_path, monkeypatch):
    files, name = raw(tmp_path, monkeypatch), PUBLIC.file("anna.png")
    (plain,) = files.tasks(rows(("plain", "anna.png")))
    (named,) = files.tasks(rows(("named", name)))
    assert (plain.path, named.path) == (tmp_path / "plain" / "anna.png", tmp_path / "named" / "anna.png")
    assert named.shown == name


def test_another_key_is_told_also_next_to_files_without_names(tmp_path, monkeypatch):
    files = raw(tmp_path, monkeypatch, Pseudonyms(b"another key of thirty-two bytes.."))
    with pytest.raises(UserError, match="the key is another one than ingest had"):
        list(files.tasks(rows(("named", PUBLIC.file("anna.png")), ("plain", "anna.png"))))
