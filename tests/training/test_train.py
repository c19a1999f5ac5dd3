"""The train step: it learns, does what its settings say, and refuses what cannot work."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from tests import made
from tests.training.running import run, tensors_in
from tests.training.test_feeders import CLASSES, prepared
from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.models.input_shape import square
from workflow_scripts.models.weights import read_trained
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.seeds import seed_for
from workflow_scripts.steps import finish_run, train
from workflow_scripts.training import devices, loop, one_training, recipe
from workflow_scripts.training.checkpoints import Checkpoints
from workflow_scripts.training.feeders.batches import batch_bounds
from workflow_scripts.training.feeders.pixels import PixelView
from workflow_scripts.training.stopping import Saving

ROOT = Path(__file__).resolve().parents[2]


def accuracy_on_the_rest(inputs, out, settings):
    run(inputs, out, settings)
    finish_run.main(inputs.arguments(run=out, settings={**settings, "aggregate": "none"}))
    table = pd.read_csv(out / "predictions.csv")
    columns = [f"p_{name}" for name in made.CLASSES]
    chosen = table[columns].to_numpy().argmax(1)
    return float(np.mean([made.CLASSES[number] for number in chosen] == table["label"]))


def test_a_signal_is_learned_and_none_is_invented(tmp_path):
    settings = made.settings(epochs=14, learning_rate=0.004)
    real = made.make_inputs(tmp_path / "real", per_class=30)
    assert accuracy_on_the_rest(real, tmp_path / "a", settings) > 0.85
    shuffled = made.make_inputs(tmp_path / "shuffled", per_class=30, shuffled=True)
    assert accuracy_on_the_rest(shuffled, tmp_path / "b", settings) < 0.6


def test_history_has_one_row_an_epoch_and_only_finite_numbers(inputs, tmp_path):
    run(inputs, tmp_path, made.settings(epochs=3, schedule="cosine"))
    history = pd.read_csv(tmp_path / "history.csv")
    assert history["epoch"].tolist() == [1, 2, 3]
    assert np.isfinite(history.to_numpy()).all()
    assert history["learning_rate"].is_monotonic_decreasing


def test_equal_settings_give_equal_bytes_and_another_seed_others(inputs, tmp_path):
    first = run(inputs, tmp_path / "a", made.settings())
    assert run(inputs, tmp_path / "b", made.settings()) == first
    assert run(inputs, tmp_path / "c", {**made.settings(), "seed": 1})[0] != first[0]


def test_nothing_before_evaluation_sees_the_test_subset(tmp_path):
    settings = made.settings(spec=made.network(), select="best")
    clean = made.make_inputs(tmp_path / "clean")
    poisoned = made.make_inputs(tmp_path / "poisoned")
    images, split = np.load(poisoned.images), pd.read_csv(poisoned.split)
    images[(split["subset"] == "test").to_numpy()] = 255 * np.random.default_rng(1).integers(0, 2)
    np.save(poisoned.images, images)
    manifest = poisoned.root / "dataset" / "manifest.csv"
    table = pd.read_csv(manifest, keep_default_na=False)
    table.loc[split["subset"] == "test", "label"] = "blob"
    table.to_csv(manifest, index=False)
    poisoned.vouch()
    assert run(clean, tmp_path / "a", settings) == run(poisoned, tmp_path / "b", settings)


def test_a_loss_that_is_no_number_names_epoch_step_and_rate(inputs, tmp_path):
    with pytest.raises(UserError, match=r"not finite in epoch 1, step \d, at the learning rate 1e\+30"):
        run(inputs, tmp_path, made.settings(optimizer="sgd", learning_rate=1e30))


class Greedy(torch.nn.Module):
    """Asks for more memory than there is, in its second step."""

    def __init__(self, error=None):
        super().__init__()
        self.output, self.error, self.steps = torch.nn.Linear(5 * 7, 2), error, 0

    def forward(self, images):
        self.steps += 1
        if self.steps > 1 and self.error:
            raise self.error
        if self.steps > 1:
            torch.empty(2**62, dtype=torch.uint8)
        return self.output(images.flatten(1))


@pytest.mark.parametrize(
    ("error", "first_line"),
    [
        (None, "can't allocate memory"),
        (torch.OutOfMemoryError("CUDA out of memory. Tried\nand more"), "Tried"),
        # What CUDA and its libraries need for themselves is not asked of PyTorch.
        (torch.AcceleratorError("CUDA error: out of memory\nand more"), "out of memory"),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), "cublasCreate"),
        (RuntimeError("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED"), "DEVICE_ALLOCATION"),
    ],
)
def test_the_end_of_memory_is_a_line_that_names_batch_size_and_precision(tmp_path, error, first_line):
    _, training, validation, block = prepared("pixels", precision="bfloat16")
    with pytest.raises(UserError) as refused:
        loop.fit(Greedy(error), training, validation, block, CLASSES, 1, Saving(Checkpoints(tmp_path), 9, 9))
    words = str(refused.value)
    assert words.startswith("the memory of the cpu is too small for batch_size 8 in bfloat16 (")
    assert first_line in words and "and more" not in words and "lower train.batch_size" in words


def test_a_layer_that_cudnn_has_nothing_for_is_a_line_that_says_what_to_change(tmp_path):
    _, training, validation, block = prepared("pixels", precision="bfloat16")
    nothing = Greedy(RuntimeError("GET was unable to find an engine to execute this computation\nand more"))
    with pytest.raises(UserError, match=r"layer .* in bfloat16 \(GET was .*\); set train.channels_last or") as refused:
        loop.fit(nothing, training, validation, block, CLASSES, 1, Saving(Checkpoints(tmp_path), 9, 9))
    assert "and more" not in str(refused.value)


def test_a_gpu_that_pytorch_was_not_built_for_is_a_line_that_says_what_to_change(tmp_path):
    _, training, validation, block = prepared("pixels")
    old = Greedy(torch.AcceleratorError("CUDA error: no kernel image is available for execution on the device\nmore"))
    with pytest.raises(UserError, match=r"PyTorch \d.* has no code for this GPU; .* set device to cpu$"):
        loop.fit(old, training, validation, block, CLASSES, 1, Saving(Checkpoints(tmp_path), 9, 9))


@pytest.mark.parametrize("method", ["training", "applied"])
def test_samples_that_find_no_room_on_a_device_are_a_line_too(inputs, tmp_path, monkeypatch, method):
    def too_large(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried\nand more")

    monkeypatch.setattr(PixelView, method, too_large)
    with pytest.raises(UserError, match="too small for batch_size 8 in float32"):
        train.main(inputs.arguments(out=tmp_path / "out", settings=made.settings()))


def test_states_are_saved_less_often_on_a_gpu_which_trains_more_in_the_same_time(inputs, tmp_path, monkeypatch):
    savings = []
    monkeypatch.setattr(one_training, "train_network", lambda *given: savings.append(given[3]) or {})
    for given, at_end in ((None, 10.0), (3.0, 3.0)):
        run_job = inputs.arguments(out=tmp_path / str(at_end), settings=made.settings())
        run_job.save_at_end = given
        train.trained(run_job)
        assert savings[-1].at_end == at_end
    assert 60 <= train.SAVE_AT_END["cuda"] <= 150 and set(train.SAVE_AT_END) == set(devices.EVALUATION_BATCH)


def test_a_class_without_training_samples_is_named(tmp_path):
    inputs = made.make_inputs(tmp_path / "made")
    split, manifest = pd.read_csv(inputs.split), pd.read_csv(inputs.root / "dataset" / "manifest.csv")
    split.loc[manifest["label"] == "cross", "subset"] = "test"
    inputs.resplit(split)
    with pytest.raises(UserError, match="class 'cross' has no sample in the training subset"):
        run(inputs, tmp_path / "out", made.settings())


def test_best_needs_a_validation_subset(tmp_path):
    inputs = made.make_inputs(tmp_path / "made")
    split = pd.read_csv(inputs.split)
    inputs.resplit(split[split["subset"] != "validation"])
    with pytest.raises(UserError, match="validation subset is empty"):
        run(inputs, tmp_path / "out", made.settings(select="best"))
    run(inputs, tmp_path / "out", made.settings(epochs=1))


def test_best_keeps_the_epoch_with_the_lowest_validation_loss(inputs, tmp_path, monkeypatch):
    settings = made.settings(epochs=4, select="best")
    shorter, _ = run(inputs, tmp_path / "shorter", made.settings(epochs=2))
    losses = iter([3.0, 1.0, 2.0, 1.0])
    monkeypatch.setattr(loop, "evaluate", lambda *arguments: (next(losses), 0.5))
    best, _ = run(inputs, tmp_path / "best", settings)
    assert json.loads((tmp_path / "best" / "train.json").read_text())["epoch_kept"] == 2
    assert tensors_in(best) == tensors_in(shorter)


@pytest.mark.parametrize(
    "change",
    [
        {"optimizer": "adam"},
        {"optimizer": "sgd"},
        {"loss": "focal", "class_weights": "balanced"},
        {"label_smoothing": 0.2, "schedule": "linear", "warmup_epochs": 0.5},
        {"freeze": "backbone"},
        {"precision": "bfloat16"},
        {"channels_last": True},
        {"normalise": "half"},
        {"class_weights": "balanced"},
        {"augment": {"crop": 0.3}},
        {"augment": {"saturation": 0.3}},
        {"augment": {"hue": 0.1}},
        {"augment": {"noise": 0.05}},
    ],
)
def test_every_setting_changes_the_result(inputs, tmp_path, change):
    if change == {"class_weights": "balanced"}:
        split = pd.read_csv(inputs.split)
        inputs = made.make_inputs(tmp_path / "made")
        inputs.resplit(split.drop(index=split[split["subset"] == "train"].index[:6]))
    plain = run(inputs, tmp_path / "plain", made.settings(epochs=1))
    assert tensors_in(run(inputs, tmp_path / "changed", made.settings(epochs=1, **change))[0]) != tensors_in(plain[0])


def test_a_processor_does_with_tf32_what_it_does_with_float32(inputs, tmp_path):
    precise, fast = (
        run(inputs, tmp_path / precision, made.settings(epochs=1, precision=precision))
        for precision in ("float32", "tf32")
    )
    assert tensors_in(fast[0]) == tensors_in(precise[0]) and fast[1] == precise[1]


def test_a_frozen_backbone_stays_as_it_was(inputs, tmp_path):
    settings = made.settings(epochs=1, freeze="backbone")
    run(inputs, tmp_path, settings)
    after = read_trained(tmp_path / "weights.safetensors", made.training(settings)).tensors
    before = made.build(
        settings["spec"], 3, square(32), seed_for("made", "tiny", 0, 0, "initialise"), files={}
    ).state_dict()
    changed = {key for key in after if not torch.equal(after[key], before[key])}
    assert changed == {"fc.weight", "fc.bias"}


def test_class_weights_and_focal_loss_are_what_they_are_called():
    logits, targets = torch.tensor([[2.0, 0.0], [0.0, 1.0], [0.5, 0.0]]), torch.tensor([0, 1, 0])
    counts = torch.tensor([30, 10])
    block = {"loss": "cross_entropy", "class_weights": "balanced", "label_smoothing": 0.0}
    losses = -torch.log_softmax(logits, 1)[range(3), targets]
    weights = torch.tensor([40 / 60, 40 / 20])[targets]
    weighted = recipe.criterion(parse(Train, block), counts)(logits, targets)
    torch.testing.assert_close(weighted, (weights * losses).sum() / weights.sum())
    focal = recipe.criterion(parse(Train, {**block, "loss": "focal", "class_weights": "none"}), counts)
    torch.testing.assert_close(focal(logits, targets), ((1 - torch.exp(-losses)) ** 2 * losses).mean())


@pytest.mark.parametrize("class_weights", ["none", "balanced"])
def test_binary_cross_entropy_is_the_cross_entropy_of_two_classes(class_weights):
    generator = torch.Generator().manual_seed(0)
    logits = (4 * torch.randn(64, 2, generator=generator)).requires_grad_()
    targets, counts = torch.randint(2, (64,), generator=generator), torch.tensor([30, 10])
    gradients = []
    for loss in ("cross_entropy", "binary_cross_entropy"):
        value = recipe.criterion(Train(loss=loss, class_weights=class_weights), counts)(logits, targets)
        gradients.append((value.detach(), *torch.autograd.grad(value, logits)))
    torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-5, atol=1e-7)


def test_a_binary_loss_of_three_classes_and_smoothing_that_nothing_reads_are_refused(inputs, tmp_path):
    with pytest.raises(UserError, match="the loss is binary_cross_entropy, and there are 3 classes; use cross_entropy"):
        run(inputs, tmp_path, made.settings(loss="binary_cross_entropy"))
    for loss in ("binary_cross_entropy", "focal"):
        with pytest.raises(ValueError, match=f"label_smoothing is 0.1 and loss {loss}; only cross_entropy smooths"):
            Train(loss=loss, label_smoothing=0.1)


@pytest.mark.parametrize(("schedule", "middle", "end"), [("constant", 1, 1), ("cosine", 0.5, 0), ("linear", 0.5, 0)])
def test_the_learning_rate_rises_and_falls_as_it_should(schedule, middle, end):
    block = Train(learning_rate=1.0, warmup_epochs=2, schedule=schedule, epochs=12)
    rates = [recipe.learning_rate(block, step, 10) for step in range(121)]
    assert rates[0] == pytest.approx(0.05) and rates[19] == 1 and rates[:20] == sorted(rates[:20])
    assert rates[70] == pytest.approx(middle) and rates[120] == pytest.approx(end)


def test_a_left_over_image_does_not_stop_batch_normalisation(tmp_path):
    inputs = made.make_inputs(tmp_path / "made")
    split = pd.read_csv(inputs.split)
    inputs.resplit(split.drop(index=split[split["subset"] == "train"].index[:3]))
    run(inputs, tmp_path / "out", made.settings(epochs=1, batch_size=8))  # 33 images
    assert batch_bounds(33, 8)[-1] == (24, 33)


def test_weights_hold_what_prediction_needs(inputs, tmp_path):
    from safetensors import safe_open

    settings = made.settings(epochs=1)
    run(inputs, tmp_path, settings)
    with safe_open(tmp_path / "weights.safetensors", "pt") as file:
        metadata = file.metadata()
    assert json.loads(metadata["settings"]) == settings and json.loads(metadata["classes"]) == made.CLASSES
    images, split = np.load(inputs.images) / 255, pd.read_csv(inputs.split)
    pixels = images[(split["subset"] == "train").to_numpy()].reshape(-1, 3)
    np.testing.assert_allclose(json.loads(metadata["mean"]), pixels.mean(0), rtol=1e-6)
    np.testing.assert_allclose(json.loads(metadata["std"]), pixels.std(0), rtol=1e-6)
