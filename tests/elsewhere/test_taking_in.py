"""What an answer brings is put among the results, and nothing that lies there is lost by it."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from workflow_scripts.contracts.taken_in import has_weights
from workflow_scripts.elsewhere.answer import LOG_FILE
from workflow_scripts.elsewhere.proving import ProvenTraining
from workflow_scripts.elsewhere.taking_in import Unpacked, put_among_results
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file, read_sealed, write_sealed
from workflow_scripts.runtime.run_address import (
    HISTORY_FILE,
    PREDICTIONS_FILE,
    TRAINING_FILE,
    WEIGHTS_FILE,
    RunAddress,
)

ADDRESS = RunAddress("cells", "published", "small", 0, 0)
PREDICTED, TENSORS, HEAD = "id,p_a\n1,0.5\n", "header and tensors", "header"


def left(folder: Path, predictions: str, weights: str) -> dict:
    """A training's files; returns what its train.json holds."""
    folder.mkdir(parents=True)
    texts = {HISTORY_FILE: "epoch\n", PREDICTIONS_FILE: predictions, WEIGHTS_FILE: weights, LOG_FILE: "trained\n"}
    for name, text in texts.items():
        (folder / name).write_text(text)
    write_sealed(folder / TRAINING_FILE, {"outputs": {name: digest_file(folder / name) for name in texts}})
    return read_sealed(folder / TRAINING_FILE)


@pytest.fixture
def home(tmp_path) -> Path:
    return tmp_path / "results" / Path(*ADDRESS.parts)


@pytest.fixture
def placed(tmp_path, home):
    """Put an answer's training, whole or its head alone, among the results; returns the files that were placed."""

    def place(predictions: str, whole: bool) -> list[str]:
        folder = tmp_path / f"answer-{whole}"
        training = left(folder, predictions, TENSORS if whole else HEAD)
        proven = ProvenTraining(ADDRESS, folder, training, digest_file(folder / WEIGHTS_FILE), whole)
        plan = SimpleNamespace(runs=SimpleNamespace(folder=lambda _: str(home)), logs=str(tmp_path / "logs"))
        return put_among_results(plan, Unpacked(folder, folder, SimpleNamespace(), "a" * 64), [proven])

    return place


def test_a_training_that_lies_here_with_its_tensors_stays_where_the_answer_lacks_them(home, placed):
    left(home, PREDICTED, TENSORS)
    assert placed(PREDICTED, whole=False) == []
    assert (home / WEIGHTS_FILE).read_text() == TENSORS and has_weights(read_sealed(home / TRAINING_FILE))


def test_tensors_take_the_place_of_a_head(home, placed):
    assert placed(PREDICTED, whole=False) == [str(home / TRAINING_FILE)]
    assert not has_weights(read_sealed(home / TRAINING_FILE))
    assert placed(PREDICTED, whole=True) == [str(home / TRAINING_FILE)]
    assert (home / WEIGHTS_FILE).read_text() == TENSORS and has_weights(read_sealed(home / TRAINING_FILE))


def test_a_training_whose_weights_are_damaged_here_is_replaced(home, placed):
    left(home, PREDICTED, TENSORS)
    (home / WEIGHTS_FILE).write_text("half")
    assert placed(PREDICTED, whole=False) == [str(home / TRAINING_FILE)]


def test_another_training_here_is_refused_and_stays(home, placed):
    left(home, PREDICTED, TENSORS)
    with pytest.raises(UserError, match="holds another training already"):
        placed(PREDICTED.replace("5", "6"), whole=False)
    assert (home / PREDICTIONS_FILE).read_text() == PREDICTED
