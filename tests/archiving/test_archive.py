"""An archive holds what it should, and every table in it follows from its predictions."""

import json
import re
import shutil
import zipfile
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.archiving.finished import METADATA, RUN, Finished, verified
from workflow_scripts.archiving.contents import study_files
from workflow_scripts.commands import verify
from workflow_scripts.runtime.errors import UserError

# Endings of figures.


DRAWN = (".png", ".svg", ".pdf")


def test_an_archive_verifies_away_from_its_results(archive, tmp_path, capsys, monkeypatch):
    moved = shutil.copy(archive, tmp_path / "elsewhere.zip")
    monkeypatch.chdir(tmp_path)
    assert verified(Path(moved), capsys) == ([], "")


def test_every_table_has_its_line_and_what_is_not_computed_is_listed(archive, capsys):
    verify.main(SimpleNamespace(archive=archive))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"sha256     {sha256(archive.read_bytes()).hexdigest()}"
    tables = ["evaluation/published/metrics.csv", "evaluation/grouped/comparison.csv", "metrics.json", "verdict.csv"]
    for table in (*tables, "splits/published.leaks.csv", "splits/published.json", "model_card.md"):
        assert f"same       cvm_cervix/{table}: the same bytes" in lines
    for page in ("index.html", "consistency.html", "consistency.csv", METADATA):
        assert f"same       {page}: the same bytes" in lines
    with zipfile.ZipFile(archive) as opened:
        names = opened.namelist()
    units = [name for name in names if name.endswith("units.csv")]
    assert len(units) == 12 and all(f"same       {name}: the same bytes" in lines for name in units)
    for name in ("report.html", "splits/published.csv", "dataset/equal_pairs.csv"):
        assert f"given      cvm_cervix/{name}: not computed again" in lines
    assert "given      cvm_cervix/runs/…/predictions.csv (8 files): not computed again" in lines
    drawn = sum(name.endswith(".png") for name in names)
    assert drawn and f"given      cvm_cervix/…/*.png ({drawn} files): not computed again" in lines
    named = {line.split(maxsplit=1)[1].partition(":")[0].partition(" (")[0] for line in lines[1:]}
    together = {re.sub(r"(/runs)/.*/", r"\1/…/", name) for name in named}
    for name in names:
        figures = re.sub(r"^cvm_cervix/.*(\.png|\.svg|\.pdf)$", r"cvm_cervix/…/*\1", name)
        assert re.sub(r"(/runs)/.*/", r"\1/…/", figures) in together


def test_it_is_a_research_object_without_weights_names_of_machines_or_folders(archive, finished):
    with zipfile.ZipFile(archive) as opened:
        names = set(opened.namelist())
        described = json.loads(opened.read("ro-crate-metadata.json"))
        texts = {name: opened.read(name).decode("utf-8") for name in names if not name.endswith(DRAWN)}
    entities = {entity["@id"]: entity for entity in described["@graph"]}
    assert entities["ro-crate-metadata.json"]["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert entities["ro-crate-metadata.json"]["about"] == {"@id": "./"}
    root = entities["./"]
    assert root["@type"] == "Dataset" and {"name", "description", "datePublished", "license"} <= set(root)
    assert {part["@id"] for part in root["hasPart"]} == names - {"ro-crate-metadata.json"}
    referred = [value["@id"] for entity in described["@graph"] for value in _references(entity)]
    assert set(referred) <= set(entities) | {"https://w3id.org/ro/crate/1.1"}
    needed = {"dataset/manifest.csv", "splits/published.csv", "report.html", "metrics.json", "settings.json"}
    needed |= {"verdict.csv", "model_card.md"}
    assert {f"cvm_cervix/{name}" for name in needed} | {f"{RUN}/record.json", f"{RUN}/predictions.csv"} <= names
    assert {"papers/cvm_cervix/published.yaml", "consistency.csv", "consistency.html", "index.html"} <= names
    kinds = {".csv", ".json", ".html", ".lock", ".yaml", ".md", ".tex"}
    assert {Path(name).suffix for name in names if not name.endswith(DRAWN)} == kinds
    # Of figures those that the report links to.
    assert {name.split("/")[1] for name in names if name.endswith(DRAWN)} <= {"evaluation", "examples", "paper"}
    for name, text in texts.items():
        assert "somebodys-machine" not in text and str(finished.results) not in text, name


def test_the_histories_of_patients_stay_where_they_are(tmp_path):
    for name in ("visits.csv", "columns.csv", "flow.csv", "audit.csv", "manifest.csv"):
        path = tmp_path / "mine" / "dataset" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("id\n")
    names = [name.rpartition("/")[2] for name in study_files(tmp_path, "mine", weights=True)]
    assert names == ["audit.csv", "columns.csv", "flow.csv", "manifest.csv"]


def _references(entity: dict) -> list[dict]:
    values = [item for value in entity.values() for item in (value if isinstance(value, list) else [value])]
    return [value for value in values if isinstance(value, dict)]


def test_weights_come_when_asked_for(finished, tmp_path, capsys):
    archive = finished.archive(tmp_path / "large.zip", weights=True)
    assert f"{RUN}/weights.safetensors" in zipfile.ZipFile(archive).namelist()
    assert verified(archive, capsys) == ([], "")


def test_the_one_that_archives_is_told_what_is_not_finished(finished, tmp_path):
    copy = Finished.__new__(Finished)
    copy.results, copy.settings = tmp_path / "results", finished.settings
    shutil.copytree(finished.results, copy.results)
    (copy.results / RUN / "units.csv").write_text("cut")
    with pytest.raises(
        UserError, match=rf"{RUN}/units.csv has changed: it is not what .*record.json says; `snakemake "
    ):
        copy.archive(tmp_path / "a.zip")
    (copy.results / "cvm_cervix" / "verdict.csv").unlink()
    with pytest.raises(UserError, match="has no report; run the workflow to its end first"):
        copy.archive(tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()
