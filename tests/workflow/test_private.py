"""What a hospital's files say of persons reaches no table, figure, page, record, log or archive, and not MLflow."""

import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.identifiers import planted_identifiers
from tests.workflow.conftest import OFF, ROOT, Workflow, copy_of_the_project
from workflow_scripts.data.dicom.invented import MARK

SMALL = f"""
studies:
{OFF}
  hospital:
    extends: mri_resnet
    trainings_per_job: 1
    synthetic: {{fields_per_class: {{SCC: 6, AC: 6, ASC: 6}}, samples_per_field: 2, size: 96}}
    preprocess: {{size: 32}}
    protocols:
      published: {{folds: 2, validation: 0.3}}
      grouped: null
      smote_first: null
    train: {{epochs: 1}}
    runs: {{vgg: null, cnn: null, expert_2: null, control_border: null, control_intensity: null}}
    evaluate: {{bootstrap: 100}}
    explain: {{images: 2, errors: 2}}
"""
# What a name is found by: what else stands in it does not part it.
WORD = re.compile(r"[\w.\-]{8,}")


@pytest.fixture(scope="module")
def hospital(tmp_path_factory) -> Path:
    """A copy of the project in which a study of DICOM files has run to its archive."""
    folder = copy_of_the_project(tmp_path_factory.mktemp("private") / "copy")
    (folder / "small.yaml").write_text(SMALL)
    shutil.copy2(ROOT / "requirements.lock", folder)
    Workflow(folder, "small.yaml").run("hospital")
    command = ["-m", "workflow_scripts.commands.archive", "--configfile", "small.yaml", "--out", "archive.zip"]
    done = subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


def outputs(folder: Path) -> Iterator[tuple[str, str]]:
    """Name and text of everything that the workflow left, the entries of archives too."""
    for path in sorted(path for name in ("results", "logs") for path in (folder / name).rglob("*")):
        yield str(path.relative_to(folder)), path.read_bytes().decode("latin-1") if path.is_file() else ""
    for packed in [folder / "archive.zip", *(folder / "results").rglob("*.npz")]:
        with zipfile.ZipFile(packed) as archive:
            for entry in archive.namelist():
                yield f"{packed.name}/{entry}", archive.read(entry).decode("latin-1")


def test_no_identifier_is_in_any_output(hospital):
    (source,) = (hospital / "data" / "dicom").glob("synthetic-*")
    # Every name bears MARK; of the rest, words without a number may stand in any paper.
    words = {word for text in planted_identifiers(source) for word in WORD.findall(text)}
    planted = {word for word in words if any(sign.isdigit() for sign in word)}
    assert len(planted) > 100
    seen, files = {}, 0
    for name, text in outputs(hospital):
        files += 1
        where = f"{name}\n{text}"
        if leaked := {word for word in WORD.findall(where) if word in planted}:
            seen[name] = sorted(leaked)[:3]
        if MARK.lower() in where.lower():
            seen[name] = [MARK]
    assert not seen and files > 100
    # The search would see one.
    assert any(word in planted for word in WORD.findall(f"x,{next(iter(planted))},y"))


def test_what_is_left_is_of_pseudonyms(hospital):
    manifest = (hospital / "results" / "hospital" / "dataset" / "manifest.csv").read_text()
    assert re.search(r"^P[0-9a-f]{12}/S[0-9a-f]{12}/\d{3},F[0-9a-f]{12},", manifest, re.M)
