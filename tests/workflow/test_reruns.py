"""What runs again and what does not, after every kind of change."""

import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def edited(path: Path, change):
    """`change` the text of a file for the length of the block."""
    before = path.read_text()
    path.write_text(change(before))
    try:
        yield
    finally:
        path.write_text(before)


def test_a_second_run_has_nothing_to_do(finished):
    assert finished.planned() == {}


def test_editing_a_module_runs_again_exactly_what_uses_it(finished):
    module = finished.folder / "workflow_scripts" / "evaluation" / "voting.py"
    with edited(module, lambda text: text + "\nEXTRA = 1\n"):
        planned = finished.planned()
    assert planned["fuse"] == 2  # the vote of one study, two protocols
    assert not {"train", "predict", "split", "ingest", "preprocess", "synthesise"} & set(planned)


def test_editing_a_model_trains_again_and_reads_no_data_again(finished):
    with edited(finished.folder / "workflow_scripts" / "models" / "registry.py", lambda text: text + "\nEXTRA = 1\n"):
        planned = finished.planned()
    assert planned["train"] == 5  # two runs under two protocols, and one under one
    assert not {"split", "ingest", "preprocess", "synthesise"} & set(planned)


def test_editing_one_adapter_leaves_the_study_with_another_alone(finished):
    adapter = finished.folder / "workflow_scripts" / "data" / "adapters" / "herlev.py"
    with edited(adapter, lambda text: text + "\nEXTRA = 1\n"):
        planned, named = finished.planned(), finished.planned_outputs()
    assert planned["ingest"] == 1
    assert "results/second/dataset/manifest.csv" in named
    assert "results/first/dataset/manifest.csv" not in named


@pytest.mark.parametrize("module", ["training/loop.py", "data/images.py", "evaluation/metrics.py", "contracts/runs.py"])
def test_a_comment_runs_nothing_again(finished, module):
    with edited(finished.folder / "workflow_scripts" / module, lambda text: text + "\n# a remark\n"):
        assert finished.planned() == {}


def test_touching_and_checking_out_the_same_content_runs_nothing_again(finished):
    for path in [*finished.folder.glob("workflow_scripts/**/*.py"), *finished.folder.glob("results/*/dataset/*.csv")]:
        path.touch()
    assert finished.planned() == {}
    for path in finished.folder.glob("results/*/splits/*.csv"):
        copy = path.with_suffix(".copy")
        shutil.copy(path, copy)
        copy.replace(path)
    assert finished.planned() == {}


def test_a_setting_of_one_study_runs_nothing_of_another(finished):
    change = "  second:\n    train: {epochs: 3}"
    with edited(finished.folder / "tiny.yaml", lambda text: text.replace("  second:", change)):
        planned, first = finished.planned(), finished.planned("first")
    assert planned["train"] == 1 and planned["report_study"] == 1
    assert first == {}


def test_the_order_of_keys_is_no_change(finished):
    swapped = "train: {learning_rate: 1.0e-3, batch_size: 8, epochs: 2}"
    plain = "train: {epochs: 2, batch_size: 8, learning_rate: 1.0e-3}"
    with edited(finished.folder / "tiny.yaml", lambda text: text.replace(plain, swapped)):
        assert finished.planned() == {}


def test_evaluation_settings_train_nothing(finished):
    with edited(finished.folder / "tiny.yaml", lambda text: text.replace("bootstrap: 100", "bootstrap: 101")):
        planned = finished.planned()
    assert not {"train", "predict", "fuse", "split", "ingest", "preprocess"} & set(planned)
    assert planned["evaluate"] == 3


def test_training_again_gives_the_same_bytes(finished):
    run = Path("results/second/runs/grouped/other/fold0-seed0")
    names = [
        run / name for name in ("weights.safetensors", "history.csv", "predictions.csv", "units.csv", "record.json")
    ]
    before = [(finished.folder / name).read_bytes() for name in names]
    finished.run(str(run / "weights.safetensors"), str(run / "record.json"), "--force")
    finished.run()
    assert [(finished.folder / name).read_bytes() for name in names] == before


def test_results_that_were_not_made_here_are_not_believed(finished):
    metadata, away = finished.folder / ".snakemake" / "metadata", finished.folder / ".snakemake" / "away"
    metadata.rename(away)
    try:
        done = finished.run("-n", check=False)
    finally:
        shutil.rmtree(metadata, ignore_errors=True)
        away.rename(metadata)
    assert done.returncode != 0
    assert "make restore" in done.stdout + done.stderr
    assert finished.planned() == {}
