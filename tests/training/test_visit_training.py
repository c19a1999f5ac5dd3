"""The train step on patients' visits: weights of the lost, a kill, one patient alone, and what is not for pictures."""

import os
import signal
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from tests import made
from tests.made_visits import CLASSES, Visits, made_visits
from tests.training.running import changed, run
from tests.vouched import vouch
from workflow_scripts.contracts.arrays import open_arrays
from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.fold_files import FoldFiles
from workflow_scripts.contracts.run_tables import HISTORY, PREDICTIONS, class_columns
from workflow_scripts.contracts.splits import SPLIT
from workflow_scripts.contracts.weights_file import read_header
from workflow_scripts.kinds.network import Network
from workflow_scripts.kinds.recurrent import Recurrent
from workflow_scripts.reporting.paper_figures import network_diagrams
from workflow_scripts.reporting.paper_figures.paper_figure import NotDrawnError
from workflow_scripts.reporting.paper_figures.recurrent_diagram import recurrent
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.steps import finish_run, train
from workflow_scripts.training import checkpoints
from workflow_scripts.training.finished import FinishedRun
from workflow_scripts.training.inference import Applied, predict, probabilities
from workflow_scripts.training.view import view_of

LSTM = Recurrent("recurrent", hidden=8, dropout=0.3)
TRAIN = {"optimizer": "adam", "epochs": 30, "patience": 3, "select": "best", "learning_rate": 0.02}


def settings(**changes):
    return made.settings(spec=plain(LSTM), run="lstm", **{**TRAIN, **changes})


@pytest.fixture(scope="module")
def visits(tmp_path_factory) -> Visits:
    """Patients, some of whom are lost: weight 0; the others count more for it."""
    study = made_visits(tmp_path_factory.mktemp("results") / "made", patients=120)
    study.preprocess()
    split = SPLIT.read(study.split)
    split["weight"] = np.where(np.arange(len(split)) % 5 == 0, 0.0, 1 + np.arange(len(split)) % 3 / 4)
    split.to_csv(study.root / "splits" / "published.csv", index=False)
    made.Inputs(study.root).vouch(dataset={"settings": {"ingest": {"max_megapixels": 1.0}}})
    return study


def trained(visits, out, **changes):
    return run(made.Inputs(visits.root), out, settings(**changes))


@pytest.fixture(scope="module")
def whole(visits, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return folder, trained(visits, folder)


def test_a_killed_training_that_stops_early_ends_in_the_same_bytes(visits, whole, tmp_path):
    places = changed(
        made.Inputs(visits.root).arguments(out=tmp_path / "out", settings=settings()),
        {"save_within": 0, "save_at_end": 0},
    )
    for states in (3, 20, 1):
        child = os.fork()
        if not child:
            save, left = checkpoints.Checkpoints.save, [states]

            def saved(self, *state, save=save, left=left):
                save(self, *state)
                left[0] -= 1
                if not left[0]:
                    os.kill(os.getpid(), signal.SIGKILL)

            checkpoints.Checkpoints.save = saved
            train.main(places)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    train.main(places)
    folder, (weights, history) = whole
    assert (tmp_path / "out" / "weights.safetensors").read_bytes() == weights
    assert (tmp_path / "out" / "history.csv").read_bytes() == history
    epochs = HISTORY.read(folder / "history.csv")
    assert len(epochs) == int(epochs["validation_loss"].idxmin()) + 1 + TRAIN["patience"] < TRAIN["epochs"]


def test_labels_of_the_lost_change_nothing_and_they_are_predicted(visits, whole, tmp_path):
    folder, (weights, _) = whole
    split = SPLIT.read(visits.root / "splits" / "published.csv")
    lost = split.loc[split["weight"] == 0, "id"]
    predicted = PREDICTIONS.read(folder / "predictions.csv")
    judged = split.loc[(split["subset"] != "train"), "id"]
    assert set(predicted["id"]) == set(judged) and set(lost) & set(judged)
    other = made_visits(tmp_path / "made", patients=120)
    other.preprocess()
    manifest = other.dataset / "manifest.csv"
    table = pd.read_csv(manifest, keep_default_na=False, dtype=str)
    flipped = table["id"].isin(lost)
    table.loc[flipped, "label"] = [CLASSES[1 - CLASSES.index(label)] for label in table.loc[flipped, "label"]]
    table.to_csv(manifest, index=False)
    split.to_csv(other.root / "splits" / "published.csv", index=False)
    vouch(other.dataset / "record.json")
    made.Inputs(other.root).vouch()
    assert trained(other, tmp_path / "out")[0] == weights


def test_a_patient_alone_gets_the_score_that_she_has_among_others(visits, whole):
    files, (folder, _) = FoldFiles.of(made.Inputs(visits.root).arguments()), whole
    applied = Applied.read(files, folder / "weights.safetensors", made.training(settings()), 0, "cpu")
    network, table = applied.network(), applied.samples.table
    subset = applied.samples.subset_of(table)
    together = view_of(applied.weights, "sequence").applied(applied.samples.arrays, subset, torch.device("cpu"))
    p = probabilities(predict(network, together, "float32"))
    for number in range(0, len(table), 7):
        alone = applied.samples.subset_of(table.iloc[[number]])
        batches = view_of(applied.weights, "sequence").applied(applied.samples.arrays, alone, torch.device("cpu"))
        np.testing.assert_allclose(probabilities(predict(network, batches, "float32"))[0], p[number], atol=1e-6)
    written = PREDICTIONS.read(folder / "predictions.csv").set_index("id")[class_columns(CLASSES)]
    np.testing.assert_allclose(written.to_numpy(), p[table["id"].isin(written.index)], atol=1e-6)


def test_packed_and_padded_trainings_agree_to_the_last_epoch(visits, tmp_path):
    losses = []
    for batching in ("packed", "padded"):
        how = made.settings(
            spec=plain(Recurrent("recurrent", hidden=8, batching=batching)), run="lstm", **{**TRAIN, "epochs": 4}
        )
        run(made.Inputs(visits.root), tmp_path / batching, how)
        losses.append(HISTORY.read(tmp_path / batching / "history.csv")["validation_loss"].to_numpy())
    np.testing.assert_allclose(*losses, rtol=1e-5)
    shapes = read_header(tmp_path / "packed" / "weights.safetensors").shapes
    assert shapes["encoder.cells.weight_ih_l0"] == (32, open_arrays(visits.arrays).width)


def test_a_run_on_visits_is_applied_to_no_folder_of_images(visits):
    folder = visits.root / "runs" / "published" / "lstm" / "fold0-seed0"
    inputs = made.Inputs(visits.root)
    train.main(inputs.arguments(out=folder, settings=settings(epochs=1)))
    finish_run.main(inputs.arguments(run=folder, settings={**settings(epochs=1), "aggregate": "none"}))
    with pytest.raises(UserError, match=r"learned from samples of the modality table; only a run of image files"):
        FinishedRun.read(folder)


def test_the_diagram_says_how_many_visits_columns_and_numbers_there_are(visits):
    run_settings = SimpleNamespace(runs={"lstm": LSTM, "forest": None}, preprocess=SimpleNamespace(mask="none"))
    kinds = {"lstm": Recurrent("recurrent", "gru", 24, 2), "forest": Network("network", "resnet18")}
    results = SimpleNamespace(settings=run_settings, kind=kinds.get, classes=CLASSES, folder=visits.root)
    figure = recurrent(results, "lstm").figure
    words = " | ".join(text.get_text() for axis in figure.axes for text in axis.texts)
    width = open_arrays(visits.arrays).width
    for part in ("1 to 5 of a patient", "7 columns", f"{width} numbers a visit", "24 units", "24 → 2", "softmax"):
        assert part in words, part
    assert words.count("GRU") == 2
    width, height = figure.get_size_inches()
    assert width < 4 * height, "too wide to be read on a page"
    for name in ("forest", "unheard_of"):
        with pytest.raises(NotDrawnError, match=f"needs the recurrent run {name}"):
            recurrent(results, name)
    with pytest.raises(NotDrawnError, match="lstm reads sequence, no images"):
        network_diagrams.schematic(results, "lstm")
