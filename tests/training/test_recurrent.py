"""Recurrent networks over visits: packed or padded alike, trained with weights, stopped early, trained in a step."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from workflow_scripts.contracts.arrays import ArrayDescription, Arrays
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.kinds.recurrent import Recurrent
from workflow_scripts.models.input_shape import InputShape
from workflow_scripts.models.recurrent import build_recurrent
from workflow_scripts.training import recipe
from workflow_scripts.training.in_process import fit_in_process
from workflow_scripts.training.inference import predict, probabilities
from workflow_scripts.training.randomness import keys_of
from workflow_scripts.training.samples import Samples, Subset
from workflow_scripts.training.view import view_class

CLASSES = ["low", "high"]
WIDTH = 5
TRAIN = Train(
    optimizer="adam", learning_rate=0.01, weight_decay=0.0, batch_size=16, epochs=40, select="best", patience=5
)


def visits(patients=160, seed=0):
    """Patients whose class is whether their first number rises from the first visit to the last."""
    generator = np.random.default_rng(seed)
    count = generator.integers(2, 8, patients)
    first, targets = np.cumsum(count) - count, np.arange(patients) % 2
    data = generator.normal(size=(count.sum(), WIDTH)).astype("float32")
    data[first, 0], data[first + count - 1, 0] = -(2.0 * targets - 1), 2.0 * targets - 1
    index = pd.DataFrame({"id": [f"{number:03d}" for number in range(patients)], "first": first, "count": count})
    return Arrays(ArrayDescription("sequence", "float32", (WIDTH,), 1), data, index), targets


def part(arrays, targets, chosen, weights=None):
    index = arrays.index.iloc[chosen]
    return Subset(index["first"].to_numpy(), index["count"].to_numpy(), targets[chosen], keys_of(index["id"]), weights)


def fitted(run=None, train=TRAIN, weights=None, mislabelled=0):
    """A trained network, what came of it, and its probabilities of 60 further patients."""
    arrays, targets = visits()
    targets[:mislabelled] = 1 - targets[:mislabelled]
    parts = [part(arrays, targets, chosen) for chosen in (np.arange(70), np.arange(70, 100), np.arange(100, 160))]
    learned = replace(parts[0], weights=weights)
    view = view_class("sequence").fitted(train, 0, arrays, learned, arrays.index["id"].to_numpy()[:70])
    torch.manual_seed(0)
    network = build_recurrent(run or Recurrent("recurrent", hidden=8), 2, InputShape.of_arrays(arrays), None)
    trained = fit_in_process(network, view, arrays, learned, parts[1], train, CLASSES, 0)
    judged = view.applied(arrays, parts[2], torch.device("cpu"))
    return network, trained, probabilities(predict(network, judged, "float32")), parts[2].targets


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_a_network_learns_what_only_the_order_of_visits_tells(cell):
    _, trained, p, targets = fitted(Recurrent("recurrent", cell=cell, hidden=8))
    assert (p.argmax(1) == targets).mean() > 0.95
    assert len(trained.history) <= TRAIN.epochs


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_packed_and_padded_patients_get_the_same_scores(cell, layers):
    run = Recurrent("recurrent", cell=cell, hidden=8, layers=layers)
    networks = []
    for batching in ("packed", "padded"):
        torch.manual_seed(0)
        networks.append(build_recurrent(replace(run, batching=batching), 2, InputShape(WIDTH, 1, 1), None).eval())
    steps, lengths = torch.randn(9, 6, WIDTH), torch.tensor([1, 6, 2, 3, 6, 4, 1, 5, 2])
    with torch.no_grad():
        packed, padded = (network(steps, lengths) for network in networks)
        steps[torch.arange(6) >= lengths[:, None]] = 99.0
        other_padding = networks[1](steps, lengths)
    torch.testing.assert_close(packed, padded, rtol=0, atol=1e-6)
    assert torch.equal(padded, other_padding)


@pytest.mark.parametrize(("layers", "dropout", "by_cudnn"), [(2, 0.3, False), (2, 0.0, True), (1, 0.3, True)])
@pytest.mark.parametrize("batching", ["packed", "padded"])
def test_what_is_left_out_between_layers_is_drawn_from_generators_that_states_hold(layers, dropout, by_cudnn, batching):
    run = Recurrent("recurrent", hidden=8, layers=layers, dropout=dropout, batching=batching)
    network, seen = build_recurrent(run, 2, InputShape(WIDTH, 1, 1), None), []
    network.encoder.cells.register_forward_pre_hook(lambda *_: seen.append(torch.backends.cudnn.enabled))
    for training in (True, False):
        network.train(training)(torch.randn(3, 4, WIDTH), torch.tensor([4, 2, 1]))
    assert seen == [by_cudnn, True] and torch.backends.cudnn.enabled


def test_training_ends_when_the_validation_loss_has_not_fallen_for_as_long_as_patience():
    _, trained, *_ = fitted(mislabelled=25)
    losses = [row["validation_loss"] for row in trained.history]
    best = int(np.argmin(losses)) + 1
    assert trained.epoch == best
    assert len(losses) == best + TRAIN.patience < TRAIN.epochs
    with pytest.raises(ValueError, match="patience is 3 and select last; write `select: best`"):
        Train(patience=3)


def test_weights_of_one_change_no_byte_and_other_weights_do():
    network, *_ = fitted()
    alike, *_ = fitted(weights=None)
    assert all(torch.equal(value, alike.state_dict()[name]) for name, value in network.state_dict().items())
    weighted, *_ = fitted(weights=np.linspace(0.5, 2, 70).astype("float32"))
    assert not torch.equal(network.classifier.weight, weighted.classifier.weight)


@pytest.mark.parametrize("class_weights", ["none", "balanced"])
@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy", "focal", "squared_error"])
def test_a_weight_of_two_is_a_sample_that_counts_twice(loss, class_weights):
    generator = torch.Generator().manual_seed(0)
    logits, targets = torch.randn(6, 2, generator=generator), torch.tensor([0, 1, 0, 1, 1, 0])
    criterion = recipe.criterion(Train(loss=loss, class_weights=class_weights), torch.tensor([30, 10]))
    weights = torch.tensor([2.0, 1.0, 0.5, 1.0, 1.0, 1.0])
    single = torch.stack([criterion(logits[[i]], targets[[i]]) for i in range(6)])
    shares = torch.ones(6) if class_weights == "none" else torch.tensor([40 / 60, 40 / 20])[targets]
    torch.testing.assert_close(criterion(logits, targets, weights), (weights * shares * single).sum() / shares.sum())
    torch.testing.assert_close(criterion(logits, targets, torch.ones(6)), criterion(logits, targets))


def test_squared_error_is_of_probabilities():
    criterion = recipe.criterion(Train(loss="squared_error"), torch.tensor([1, 1]))
    value = criterion(torch.tensor([[np.log(3.0), 0.0]]), torch.tensor([1]))
    assert float(value) == pytest.approx(0.75**2)


def test_who_was_lost_is_not_learned_from_and_yet_judged():
    arrays, targets = visits(8)
    table = arrays.index.assign(subset=["train"] * 4 + ["validation"] * 2 + ["test"] * 2, unit="u", group="g")
    table["label"], table["weight"] = np.array(CLASSES)[targets], [1.0, 0.0, 1.5, 1.0, 0.0, 1.0, 0.0, 2.0]
    samples = Samples(arrays, CLASSES, table)
    assert samples.subset("train").weights.tolist() == [1.0, 1.5, 1.0]
    assert samples.subset("validation").weights is None
    assert len(samples.subset_of(table[table["subset"] == "test"])) == 2
