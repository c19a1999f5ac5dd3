"""What applying a finished run to new images refuses: one line, which says what to do."""

import shutil
from types import SimpleNamespace

import pandas as pd
import pytest

from tests import made
from tests.training.applying import arguments, cells, save
from workflow_scripts.commands import apply
from workflow_scripts.contracts.dataset import QUARANTINE
from workflow_scripts.contracts.record import write_record
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import read_json


@pytest.mark.parametrize(
    ("row", "message"),
    [(("cell_00.png", "dog"), "'dog' is no class of this run"), (("gone.png", made.CLASSES[0]), "no image 'gone.png'")],
)
def test_labels_that_fit_nothing_are_one_line(fusion_study, tmp_path, row, message):
    images = save(tmp_path / "images", cells(2))
    pd.DataFrame([row], columns=["path", "label"]).to_csv(tmp_path / "labels.csv", index=False)
    with pytest.raises(UserError, match=message):
        apply.main(arguments(fusion_study[1], images, "fits_not", labels=tmp_path / "labels.csv"))


def test_a_folder_of_broken_files_is_one_line_and_the_reasons_are_written(fusion_study, tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(UserError, match="none of the 1 files can be read; .*quarantine.csv says why"):
        apply.main(arguments(fusion_study[1], tmp_path, "broken"))
    assert len(QUARANTINE.read(fusion_study[0].root / "predict" / "broken" / "quarantine.csv")) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "../x"}, "--name '../x': use a-z"),
        ({"images": "nowhere"}, "nowhere is no folder"),
        ({"images": "."}, "no image file in"),
        ({"run": "."}, "holds no finished run"),
        ({"doubtful": -1}, "show 0 images or more"),
    ],
)
def test_mistakes_on_the_command_line_are_one_line(fusion_study, tmp_path, change, message):
    images = save(tmp_path / "images", cells(2))
    (tmp_path / "bare").mkdir()
    for key, value in change.items():
        change = {key: tmp_path / "bare" / value if key in ("run", "images") else value}
    with pytest.raises(UserError, match=message):
        apply.main(SimpleNamespace(**{**vars(arguments(fusion_study[1], images, "mistake")), **change}))


@pytest.fixture
def copy(fusion_study, tmp_path):
    """A copy of the study that a test may spoil, and its run."""
    root = tmp_path / "made"
    shutil.copytree(fusion_study[0].root, root)
    return root, root / "runs" / "published" / "tiny" / "fold0-seed0"


def test_a_run_without_a_network_of_its_own_is_refused(copy, tmp_path):
    root, folder = copy
    vote = root / "runs" / "published" / "vote" / "fold0-seed0"
    write_record(vote / "record.json", {"settings": {"run": "vote", "spec": {"kind": "vote"}}})
    with pytest.raises(UserError, match="kind 'vote', not a trained one; give a run of kind network or fusion"):
        apply.main(arguments(vote, save(tmp_path / "images", cells(2)), "copy"))


def test_a_run_of_slices_is_not_applied_to_image_files(copy, tmp_path):
    root, folder = copy
    record = read_json(root / "dataset" / "record.json")
    write_record(root / "dataset" / "record.json", record | {"modality": {**record["modality"], "name": "dicom"}})
    with pytest.raises(UserError, match="has learned from samples of the modality dicom; only a run of image files"):
        apply.main(arguments(folder, save(tmp_path / "images", cells(2)), "copy"))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda root, run: write_record(root / "arrays" / "record.json", {"settings": {}}),
            "arrays/record.json has changed since",
        ),
        (
            lambda root, run: (run / "weights.safetensors").write_bytes(b"x"),
            "weights.safetensors has changed: it is",
        ),
        (lambda root, run: (run / "weights.safetensors").unlink(), "weights.safetensors is missing"),
        (lambda root, run: root.rename(root.parent / "else"), "has been moved: its record says made/runs/published"),
    ],
)
def test_a_run_that_no_longer_fits_its_study_is_refused(copy, tmp_path, spoil, message):
    root, run = copy
    spoil(root, run)
    run = run if run.exists() else root.parent / "else" / run.relative_to(root)
    with pytest.raises(UserError, match=message):
        apply.main(arguments(run, save(tmp_path / "images", cells(2)), "copy"))


def test_a_name_is_not_used_twice(fusion_study, tmp_path):
    images = save(tmp_path / "images", cells(2))
    apply.main(arguments(fusion_study[1], images, "taken"))
    with pytest.raises(UserError, match="holds predictions already; choose another --name"):
        apply.main(arguments(fusion_study[1], images, "taken"))
