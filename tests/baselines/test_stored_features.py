"""Logistic regression on stored features: of every sample the first row, scaled on training samples, within memory."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests import made
from tests.stored import class_numbers, store
from workflow_scripts.data import stored_features
from workflow_scripts.kinds.baseline import Baseline
from workflow_scripts.runtime.errors import UserError

COLUMNS = [f"p_{name}" for name in made.CLASSES]


def settings(**changes):
    job = {"study": "made", "protocol": "published", "run": "stored", "fold": 0, "seed": 0, "aggregate": "none"}
    return {**job, "spec": {"kind": "baseline", "features": ["stored"], "embedding": "vgg", **changes}}


def predictions(inputs, out, **changes):
    inputs.make_run(settings(**changes), out)
    return pd.read_csv(out / "predictions.csv").set_index("id")


@pytest.fixture
def inputs(tmp_path):
    return made.make_inputs(tmp_path / "made", per_class=30)


def numbers(inputs, rows=1, width=40):
    """N×R×D noise with the class in it, one number that never changes, and rows after the first of another class."""
    values = np.random.default_rng(0).normal(size=(90, rows, width)).astype("float32")
    own = 4 * np.eye(3)[class_numbers(inputs)]
    values[:, 0, :3] += own
    values[:, 1:, :3] -= 2 * own[:, None]
    values[..., -1] = 7
    return values


def test_it_is_logistic_regression_on_numbers_scaled_by_the_training_subset(inputs, tmp_path):
    values, split = numbers(inputs), pd.read_csv(inputs.split)
    table = predictions(store(inputs, values), tmp_path / "run")
    training = (split["subset"] == "train").to_numpy()
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000))
    model.fit(values[training, 0], class_numbers(inputs)[training])
    rest = split.loc[~training, "id"]
    np.testing.assert_allclose(table.loc[rest, COLUMNS], model.predict_proba(values[~training, 0]), atol=2e-3)
    assert (table[COLUMNS].to_numpy().argmax(1) == pd.Index(made.CLASSES).get_indexer(table["label"])).mean() > 0.9


def test_flips_and_turns_of_a_picture_are_not_looked_at(inputs, tmp_path):
    alone = predictions(store(inputs, numbers(inputs)), tmp_path / "a")
    values = numbers(inputs, rows=8)
    values[:, 0] = numbers(inputs)[:, 0]
    assert predictions(store(inputs, values), tmp_path / "b").equals(alone)


@pytest.mark.parametrize("rows", [1, 8])
def test_maps_are_taken_number_by_number_in_half_precision_too(inputs, tmp_path, rows):
    values = numbers(inputs, rows).astype("float16")
    flat = predictions(store(inputs, values), tmp_path / "features")
    assert predictions(store(inputs, values.reshape(90, rows, 2, 4, 5)), tmp_path / "maps").equals(flat)


def test_no_test_sample_changes_what_is_fitted_or_said_of_another(inputs, tmp_path):
    values, split = numbers(inputs), pd.read_csv(inputs.split)
    before = predictions(store(inputs, values), tmp_path / "a")
    poisoned = values.copy()
    poisoned[(split["subset"] == "test").to_numpy()] = 1000
    after = predictions(store(inputs, poisoned), tmp_path / "b")
    validation = before["subset"] == "validation"
    assert after[validation].equals(before[validation]) and not after.equals(before)


def test_less_penalty_makes_it_surer(inputs, tmp_path):
    store(inputs, numbers(inputs))
    sure = [predictions(inputs, tmp_path / str(c), C=c)[COLUMNS].max(axis=1).mean() for c in (0.001, 1.0)]
    assert sure[0] < sure[1] - 0.1


def test_what_does_not_fit_into_memory_is_refused_with_the_way_out(inputs, tmp_path, monkeypatch):
    store(inputs, numbers(inputs))
    monkeypatch.setattr(stored_features, "LARGEST", 54 * 40 * 4)
    predictions(inputs, tmp_path / "fits")
    monkeypatch.setattr(stored_features, "LARGEST", 54 * 40 * 4 - 1)
    with pytest.raises(
        UserError, match=r"54 samples of 40 stored numbers are .* GB.*`pool: mean` for the embedding vgg"
    ):
        predictions(inputs, tmp_path / "too_large")


def test_pictures_and_numbers_that_are_none_are_refused(inputs, tmp_path):
    with pytest.raises(UserError, match="holds 32×32 pixels.*no stored features; name an embedding"):
        predictions(inputs, tmp_path / "pictures")
    values = numbers(inputs)
    values[3, 0, 5] = np.inf
    with pytest.raises(UserError, match="no finite number; write `stored: float32`"):
        predictions(store(inputs, values), tmp_path / "run")


@pytest.mark.parametrize(
    ("features", "embedding", "words"),
    [
        (("stored",), None, "the feature stored needs an embedding"),
        (("colour",), "vgg", "embedding is vgg, which the feature stored alone reads"),
        (("stored", "size", "colour"), "vgg", "stands alone, and there is size and colour; make a run of each"),
        (("stored",), "vgg", None),
        (("colour", "size"), None, None),
    ],
)
def test_stored_numbers_stand_alone_and_name_their_embedding(features, embedding, words):
    mistakes = list(Baseline("baseline", features, embedding).mistakes("plain", {}))
    assert not mistakes if words is None else len(mistakes) == 1 and words in mistakes[0]


def test_runs_that_differ_in_their_penalty_are_told_apart():
    runs = [Baseline("baseline", ("stored",), "vgg", c) for c in (1.0, 0.01)]
    words = [run.words("plain", None) for run in runs]
    assert words == [f"logistic regression on the stored features vgg{more}" for more in ("", ", C = 0.01")]
    assert Baseline("baseline", ("stain",), C=2).words("plain", None).endswith("colours of the two stains, C = 2")
