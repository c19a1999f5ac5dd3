"""An archive holds what it should, and every table in it follows from its predictions; what was altered is named."""

import json
import shutil
import zipfile
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
import pytest

from tests.reporting.handmade import EVALUATE, Study
from tests.vouched import vouch
from workflow_scripts import evaluate, report, verify
from workflow_scripts.archiving.packing import Archived, write_archive
from workflow_scripts.contracts.errors import UserError
from workflow_scripts.contracts.files import read_json
from workflow_scripts.contracts.record import write_record
from workflow_scripts.contracts.runs import PREDICTIONS, UNITS

ROOT = Path(__file__).resolve().parents[2]
PAPER = ROOT / "workflow_scripts" / "studies" / "cvm_cervix"
RUN = "cvm_cervix/runs/published/cvm/fold0-seed1"


class Finished:
    """A small study, evaluated and reported for good, with weights and pictures lying about."""

    def __init__(self, folder: Path) -> None:
        self.results = folder / "results"
        study = Study(self.results, evaluate={**EVALUATE, "bootstrap": 20})
        study.write()
        self.settings = {"evaluate": {}, "report": study.settings}
        for protocol in study.settings["protocols"]:
            for path in study.folder.glob(f"runs/{protocol}/*/*/units.csv"):
                PREDICTIONS.write(path.with_name("predictions.csv"), UNITS.read(path).drop(columns="n_samples"))
                (path.parent / "weights.safetensors").write_bytes(b"weights")
                ledger = path.with_name("ledger.json")
                write_record(ledger, {**read_json(ledger), "host": "somebodys-machine"})
                vouch(path.with_name("record.json"), "predictions.csv", "units.csv")
                vouch(path.with_name("train.json"), "weights.safetensors")
            runs = list(study.settings["runs"])
            self.settings["evaluate"][protocol] = stated = {
                **{key: study.settings[key] for key in ("study", "seed", "seeds", "evaluate")},
                **{"protocol": protocol, "reported": "test", "folds": 1, "runs": runs},
                **{"trained": ["cvm"], "expects": {run: {} for run in runs}},
            }
            folders = {"dataset": study.folder / "dataset", "runs": study.folder / "runs" / protocol}
            with patch.object(evaluate, "write_figures"):
                out = study.folder / "evaluation" / protocol
                evaluate.main(SimpleNamespace(settings=stated, code="", out=out, **folders))
        study.judge()
        out = study.folder / "report.html"
        folders = {"study_folder": study.folder, "paper": PAPER, "out": out}
        report.main(SimpleNamespace(settings=study.settings, code="", **folders))

    def archive(self, target: Path, weights: bool = False) -> Path:
        study = Archived("cvm_cervix", "A small study", self.settings, PAPER)
        write_archive(target, self.results, [study], ROOT / "requirements.lock", weights)
        return target


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Finished:
    return Finished(tmp_path_factory.mktemp("finished"))


@pytest.fixture(scope="module")
def archive(finished, tmp_path_factory) -> Path:
    return finished.archive(tmp_path_factory.mktemp("archive") / "results-archive.zip")


def changed(archive: Path, target: Path, name: str, change) -> Path:
    """A copy of the archive in which `change` made other bytes of a file, or None: the file is left out."""
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(target, "w") as copy:
        assert name in source.namelist()
        for member in source.namelist():
            content = source.read(member)
            content = change(content) if member == name else content
            if content is not None:
                copy.writestr(member, content)
    return target


def verified(archive: Path, capsys) -> tuple[list[str], str]:
    """What `verify` prints of files and tables that are not as they should be, and its error ("" if all is well)."""
    capsys.readouterr()
    try:
        verify.main(SimpleNamespace(archive=archive))
        last = ""
    except UserError as error:
        last = str(error)
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith(("same ", "ALTERED ", "DIFFERENT ")) for line in lines)
    assert "/tmp" not in "".join(lines)
    return [line for line in lines if not line.startswith("same ")], last


def replaced(old: bytes, new: bytes):
    def change(content: bytes) -> bytes:
        assert content.count(old) >= 1
        return content.replace(old, new, 1)

    return change


def test_an_archive_verifies_away_from_its_results(archive, tmp_path, capsys, monkeypatch):
    moved = shutil.copy(archive, tmp_path / "elsewhere.zip")
    monkeypatch.chdir(tmp_path)
    assert verified(Path(moved), capsys) == ([], "")


def test_every_table_has_its_line(archive, capsys):
    verify.main(SimpleNamespace(archive=archive))
    lines = capsys.readouterr().out.splitlines()
    for table in ("evaluation/published/metrics.csv", "evaluation/grouped/comparison.csv", "metrics.json"):
        assert f"same       cvm_cervix/{table}: the same bytes" in lines
    with zipfile.ZipFile(archive) as opened:
        units = [name for name in opened.namelist() if name.endswith("units.csv")]
    assert len(units) == 8 and all(f"same       {name}: the same bytes" in lines for name in units)


def test_it_is_a_research_object_without_images_weights_names_of_machines_or_folders(archive, finished):
    with zipfile.ZipFile(archive) as opened:
        names = set(opened.namelist())
        described = json.loads(opened.read("ro-crate-metadata.json"))
        texts = {name: opened.read(name).decode("utf-8") for name in names}
    entities = {entity["@id"]: entity for entity in described["@graph"]}
    assert entities["ro-crate-metadata.json"]["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert entities["ro-crate-metadata.json"]["about"] == {"@id": "./"}
    root = entities["./"]
    assert root["@type"] == "Dataset" and {"name", "description", "datePublished", "license"} <= set(root)
    assert {part["@id"] for part in root["hasPart"]} == names - {"ro-crate-metadata.json"}
    referred = [value["@id"] for entity in described["@graph"] for value in _references(entity)]
    assert set(referred) <= set(entities) | {"https://w3id.org/ro/crate/1.1"}
    needed = {"dataset/manifest.csv", "splits/published.csv", "report.html", "metrics.json", "settings.json"}
    assert {f"cvm_cervix/{name}" for name in needed} | {f"{RUN}/record.json", f"{RUN}/predictions.csv"} <= names
    assert "papers/cvm_cervix/published.yaml" in names
    assert {Path(name).suffix for name in names} == {".csv", ".json", ".html", ".lock", ".yaml", ".md"}
    for name, text in texts.items():
        assert "somebodys-machine" not in text and str(finished.results) not in text, name


def _references(entity: dict) -> list[dict]:
    values = [item for value in entity.values() for item in (value if isinstance(value, list) else [value])]
    return [value for value in values if isinstance(value, dict)]


def test_weights_come_when_asked_for(finished, tmp_path, capsys):
    archive = finished.archive(tmp_path / "large.zip", weights=True)
    assert f"{RUN}/weights.safetensors" in zipfile.ZipFile(archive).namelist()
    assert verified(archive, capsys) == ([], "")


def test_an_altered_prediction_is_named_with_all_that_followed_from_it(archive, tmp_path, capsys):
    def swap(content: bytes) -> bytes:
        header, first, *rest = content.decode().splitlines()
        cells = first.split(",")
        cells[-2:] = reversed(cells[-2:])  # the probabilities of both classes
        return "\n".join([header, ",".join(cells), *rest, ""]).encode()

    bad, last = verified(changed(archive, tmp_path / "bad.zip", f"{RUN}/predictions.csv", swap), capsys)
    assert bad[0] == f"ALTERED    {RUN}/predictions.csv: is not the file that was archived (its checksum differs)"
    (units,) = (line for line in bad if f"{RUN}/units.csv" in line)
    assert "row 2, p_a: archived 0." in units and "computed 0." in units
    assert "1 of" in last and "tables differ, 1 files are not as archived" in last


def test_an_altered_unit_changes_the_metrics_that_follow_from_it(archive, tmp_path, capsys):
    def certain(content: bytes) -> bytes:
        header, first, *rest = content.decode().splitlines()
        cells = first.split(",")
        wrong = cells[header.split(",").index("label")] == "a"
        cells[-2:] = ["0", "1"] if wrong else ["1", "0"]
        return "\n".join([header, ",".join(cells), *rest, ""]).encode()

    bad, last = verified(changed(archive, tmp_path / "bad.zip", f"{RUN}/units.csv", certain), capsys)
    tables = [line for line in bad if line.startswith("DIFFERENT")]
    for name in ("evaluation/published/metrics.csv", "evaluation/published/cvm/metrics.csv"):
        assert any(f"cvm_cervix/{name}: row " in line for line in tables)
    assert not any("/grouped/" in line for line in bad) and "tables differ" in last


@pytest.mark.parametrize("name", ["evaluation/published/metrics.csv", "metrics.json"])
def test_an_altered_metric_is_two_lines_the_file_and_the_number(archive, tmp_path, capsys, name):
    with zipfile.ZipFile(archive) as opened:
        text = opened.read(f"cvm_cervix/{name}").decode()
    number = next(part for part in text.replace(",", " ").split() if part.startswith("0.") and len(part) > 4)
    change = replaced(number.encode(), f"{np.clip(float(number) + 0.125, 0, 2):.9g}".encode())
    bad, last = verified(changed(archive, tmp_path / "bad.zip", f"cvm_cervix/{name}", change), capsys)
    assert bad[0].startswith(f"ALTERED    cvm_cervix/{name}: is not the file") and len(bad) == 2
    assert bad[1].startswith(f"DIFFERENT  cvm_cervix/{name}: ") and f"computed {number}" in bad[1]
    assert "1 of" in last and "tables differ, 1 files are not as archived" in last


@pytest.mark.parametrize(
    ("name", "second"),
    [
        (f"{RUN}/units.csv", "is not in the archive"),
        (f"{RUN}/record.json", f"the tables cannot be computed: {RUN}/record.json is missing"),
        ("cvm_cervix/evaluation/published/comparison.csv", "is not in the archive"),
        ("cvm_cervix/settings.json", ""),
    ],
)
def test_a_missing_file_is_named(archive, tmp_path, capsys, name, second):
    bad, last = verified(changed(archive, tmp_path / "bad.zip", name, lambda content: None), capsys)
    assert bad[0] == f"ALTERED    {name}: is missing from the archive"
    assert any(second in line for line in bad[1:]) if second else last.endswith("holds no study")
    assert last


def test_a_sample_in_another_subset_than_the_split_says_is_named(archive, tmp_path, capsys):
    change = replaced(b"a/4_1,0,test", b"a/4_1,0,train")
    bad, _ = verified(changed(archive, tmp_path / "bad.zip", "cvm_cervix/splits/published.csv", change), capsys)
    assert "DIFFERENT  cvm_cervix/splits/published.csv: cvm/fold0-seed0: 'a/4_1' is another subset's" in bad


def test_a_damaged_or_foreign_file_is_one_line(archive, tmp_path, capsys):
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 255
    cases = {
        "is damaged; fetch the archive again|is no readable zip file": bytes(content),
        "is no readable zip file": archive.read_bytes()[:-200],
        "no archive of this workflow": None,
    }
    for message, held in cases.items():
        path = tmp_path / "bad.zip"
        if held is None:
            with zipfile.ZipFile(path, "w") as other:
                other.writestr("notes.txt", "none")
        else:
            path.write_bytes(held)
        bad, last = verified(path, capsys)
        assert not bad and any(part in last for part in message.split("|")) and "\n" not in last
    assert "does not exist" in verified(tmp_path / "none.zip", capsys)[1]


def test_results_without_a_report_or_with_a_path_of_this_machine_are_not_archived(finished, tmp_path):
    copy = Finished.__new__(Finished)
    copy.results, copy.settings = tmp_path / "results", finished.settings
    shutil.copytree(finished.results, copy.results)
    ledger = copy.results / RUN / "ledger.json"
    write_record(ledger, {**read_json(ledger), "weights": f"{copy.results}/mine.safetensors"})
    with pytest.raises(UserError, match=r"ledger.json, line \d+ names .*, a folder of this machine"):
        copy.archive(tmp_path / "a.zip")
    (copy.results / RUN / "units.csv").write_text("cut")
    with pytest.raises(
        UserError, match=rf"{RUN}/units.csv has changed: it is not what .*record.json says; `snakemake "
    ):
        copy.archive(tmp_path / "a.zip")
    (copy.results / "cvm_cervix" / "report.html").unlink()
    with pytest.raises(UserError, match="has no report; run the workflow to its end first"):
        copy.archive(tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()
