"""The train step: it learns, stops, continues, and refuses what cannot work."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from tests import made
from workflow_scripts import predict, train
from workflow_scripts.contracts import entry
from workflow_scripts.contracts.errors import UserError
from workflow_scripts.contracts.seeds import seed_for
from workflow_scripts.models.build import build
from workflow_scripts.models.weights import read_trained
from workflow_scripts.training import checkpoints, loop, recipe

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    return made.make_inputs(tmp_path_factory.mktemp("made"))


def run(inputs, out, settings, **more):
    train.main(_with(inputs.arguments(out=out, settings=settings), more))
    return (out / "weights.safetensors").read_bytes(), (out / "history.csv").read_bytes()


def _with(arguments, more):
    for name, value in more.items():
        setattr(arguments, name, value)
    return arguments


def accuracy_on_the_rest(inputs, out, settings):
    run(inputs, out, settings)
    predict.main(inputs.arguments(run=out, settings={**settings, "aggregate": "none"}))
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
    assert run(clean, tmp_path / "a", settings) == run(poisoned, tmp_path / "b", settings)


def start(inputs, out, settings, stop=lambda: None):
    """The real step in a process of its own, which saves a state after every optimiser step; its exit code and log."""
    inputs.root.joinpath("log").mkdir(exist_ok=True)
    path = inputs.root / "log" / f"{len(list(inputs.root.joinpath('log').iterdir()))}.log"
    child = os.fork()  # the libraries are loaded already: a fresh start costs seconds
    if not child:
        try:
            stop()
            places = inputs.arguments(out=out, settings=settings)
            entry.run(train.main, _with(places, {"save_within": 0, "save_at_end": 0, "log": path}))
        except SystemExit as end:
            os._exit(end.code)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), path.read_text()


def killed(number, after=0, during=0):
    """Makes the process get a signal just after its n-th saved state, or while the n-th is half-written."""

    def patch():
        save, write, count = checkpoints.Checkpoints.save, checkpoints.torch.save, [0]

        def saved(self, *arguments):
            save(self, *arguments)
            count[0] += 1
            if count[0] == after:
                os.kill(os.getpid(), number)

        def half(state, path):
            write(state, path)
            if count[0] == during - 1:
                os.truncate(path, path.stat().st_size // 2)
                os.kill(os.getpid(), number)

        checkpoints.Checkpoints.save, checkpoints.torch.save = saved, half

    return patch


def test_a_killed_training_ends_in_the_same_bytes(inputs, tmp_path):
    # Five steps an epoch: the states lie within epochs and at their ends; each start goes on where the last one ended.
    settings = made.settings(
        epochs=3, select="best", spec=made.network(options={"drop_rate": 0.3}), augment={"rotate": 20, "zoom": 0.1}
    )
    whole = run(inputs, tmp_path / "whole", settings)
    out = tmp_path / "killed"
    for stop in ({"after": 4}, {"during": 1}, {"after": 2}, {"during": 5}):
        assert start(inputs, out, settings, killed(signal.SIGKILL, **stop))[0] == -signal.SIGKILL
        assert not (out / "weights.safetensors").exists()
    assert len(list((inputs.root / ".work" / "checkpoints").rglob("*.pt"))) == checkpoints.KEPT
    code, log = start(inputs, out, settings)
    assert code == 0 and "continuing in epoch 2 after step 4" in log
    assert ((out / "weights.safetensors").read_bytes(), (out / "history.csv").read_bytes()) == whole
    assert not list((inputs.root / ".work" / "checkpoints").iterdir())


def test_the_command_line_continues_a_killed_training(inputs, tmp_path):
    settings, out = made.settings(learning_rate=0.003), tmp_path / "fold0-seed0"
    assert start(inputs, out, settings, killed(signal.SIGKILL, after=4))[0] == -signal.SIGKILL
    given = ["--settings", json.dumps(settings), "--code", "code", "--log", tmp_path / "log", "--out", out]
    places = ["--dataset", inputs.root / "dataset", "--arrays", inputs.root / "arrays", "--split", inputs.split]
    step = [sys.executable, "-m", "workflow_scripts.train", *given, *places, "--work", inputs.root / ".work"]
    end = subprocess.run([*map(str, step), "--device", "cpu"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "continuing in epoch 1 after step 4" in end.stderr
    assert (out / "weights.safetensors").read_bytes() == run(inputs, tmp_path / "b", settings)[0]


def test_a_terminated_training_saves_and_says_so_in_one_line(inputs, tmp_path):
    settings = made.settings(learning_rate=0.001)
    code, log = start(inputs, tmp_path / "out", settings, killed(signal.SIGTERM, after=3))
    assert code == 130
    assert "Traceback" not in log and "interrupted; the next run continues" in log.splitlines()[-1]
    code, log = start(inputs, tmp_path / "out", settings)
    assert code == 0 and "continuing in epoch 1 after step 3" in log
    assert (tmp_path / "out" / "weights.safetensors").read_bytes() == run(inputs, tmp_path / "b", settings)[0]


class StoppedError(Exception):
    pass


def stop_after(monkeypatch, saves):
    save, count = checkpoints.Checkpoints.save, [0]

    def counted(self, *arguments):
        save(self, *arguments)
        count[0] += 1
        if count[0] == saves:
            raise StoppedError

    monkeypatch.setattr(checkpoints.Checkpoints, "save", counted)


@pytest.mark.parametrize("damaged", [1, 2])
def test_damaged_states_are_passed_over(inputs, tmp_path, monkeypatch, caplog, damaged):
    settings = made.settings(learning_rate=0.001 + damaged / 1e4)
    whole = run(inputs, tmp_path / "whole", settings)
    with monkeypatch.context() as patch, pytest.raises(StoppedError):
        stop_after(patch, 4)
        run(inputs, tmp_path / "out", settings, save_within=0, save_at_end=0)
    states = sorted((inputs.root / ".work" / "checkpoints").rglob("*.pt"), reverse=True)
    for path in states[:damaged]:
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    with caplog.at_level("INFO", "workflow_scripts"):
        assert run(inputs, tmp_path / "out", settings) == whole
    assert caplog.text.count("is damaged") == damaged
    assert ("starts again from its first epoch" in caplog.text) == (damaged == 2)
    assert ("continuing in epoch 1 after step 3" in caplog.text) == (damaged == 1)


def test_a_second_copy_stops_at_once(inputs, tmp_path, monkeypatch):
    def nested(*arguments):
        with pytest.raises(UserError, match="already being worked on by process"):
            run(inputs, tmp_path, made.settings(learning_rate=0.1))
        raise StoppedError

    monkeypatch.setattr(train, "_train", nested)
    with pytest.raises(StoppedError):
        run(inputs, tmp_path, made.settings())


def test_a_training_leaves_before_its_time_limit_and_the_next_attempt_goes_on(inputs, tmp_path):
    # No time at all: each attempt takes one step or ends an epoch, saves and leaves. Three epochs of five steps.
    settings = made.settings(epochs=3, learning_rate=0.0017, select="best")
    stops = 0
    while True:
        try:
            left = run(inputs, tmp_path / "out", settings, time_limit=1e-9)
            break
        except UserError as error:
            assert "time limit of this job comes near" in str(error)
            assert not (tmp_path / "out" / "weights.safetensors").exists()
            stops += 1
    assert stops == 3 * 5 + 2
    assert left == run(inputs, tmp_path / "whole", settings)


@pytest.mark.parametrize(("minutes", "seconds"), [(240, 240 * 60 - 180), (1, 45)])
def test_part_of_the_time_limit_is_kept_for_leaving(minutes, seconds):
    assert train.seconds_of(minutes) == seconds


def test_a_training_that_its_forerunner_finished_is_not_done_again(inputs, tmp_path, monkeypatch):
    settings = made.settings(learning_rate=0.0019)
    whole = run(inputs, tmp_path / "out", settings)
    with monkeypatch.context() as patch:
        patch.setattr(train, "_train", lambda *_: pytest.fail("trained again"))
        assert run(inputs, tmp_path / "out", settings) == whole
    assert run(inputs, tmp_path / "out", made.settings(learning_rate=0.0018)) != whole


def test_a_loss_that_is_no_number_names_epoch_step_and_rate(inputs, tmp_path):
    with pytest.raises(UserError, match=r"not finite in epoch 1, step \d, at the learning rate 1e\+30"):
        run(inputs, tmp_path, made.settings(optimizer="sgd", learning_rate=1e30))


def test_a_class_without_training_images_is_named(tmp_path):
    inputs = made.make_inputs(tmp_path / "made")
    split, manifest = pd.read_csv(inputs.split), pd.read_csv(inputs.root / "dataset" / "manifest.csv")
    split.loc[manifest["label"] == "cross", "subset"] = "test"
    split.to_csv(inputs.split, index=False)
    with pytest.raises(UserError, match="class 'cross' has no image in the training subset"):
        run(inputs, tmp_path / "out", made.settings())


def test_best_needs_a_validation_subset(tmp_path):
    inputs = made.make_inputs(tmp_path / "made")
    split = pd.read_csv(inputs.split)
    split[split["subset"] != "validation"].to_csv(inputs.split, index=False)
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
    assert _tensors(best) == _tensors(shorter)


def _tensors(raw):
    return raw[8 + int.from_bytes(raw[:8], "little") :]


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
        split.drop(index=split[split["subset"] == "train"].index[:6]).to_csv(inputs.split, index=False)
    plain = run(inputs, tmp_path / "plain", made.settings(epochs=1))
    assert _tensors(run(inputs, tmp_path / "changed", made.settings(epochs=1, **change))[0]) != _tensors(plain[0])


def test_a_frozen_backbone_stays_as_it_was(inputs, tmp_path):
    settings = made.settings(epochs=1, freeze="backbone")
    run(inputs, tmp_path, settings)
    after = read_trained(tmp_path / "weights.safetensors", settings).tensors
    before = build(settings["spec"], 3, 32, seed_for("made", "tiny", 0, 0, "initialise"), files={}).state_dict()
    changed = {key for key in after if not torch.equal(after[key], before[key])}
    assert changed == {"fc.weight", "fc.bias"}


def test_class_weights_and_focal_loss_are_what_they_are_called():
    logits, targets = torch.tensor([[2.0, 0.0], [0.0, 1.0], [0.5, 0.0]]), torch.tensor([0, 1, 0])
    counts = torch.tensor([30, 10])
    block = {"loss": "cross_entropy", "class_weights": "balanced", "label_smoothing": 0.0}
    losses = -torch.log_softmax(logits, 1)[range(3), targets]
    weights = torch.tensor([40 / 60, 40 / 20])[targets]
    weighted = recipe.criterion(entry.namespace(block), counts)(logits, targets)
    torch.testing.assert_close(weighted, (weights * losses).sum() / weights.sum())
    focal = recipe.criterion(entry.namespace({**block, "loss": "focal", "class_weights": "none"}), counts)
    torch.testing.assert_close(focal(logits, targets), ((1 - torch.exp(-losses)) ** 2 * losses).mean())


@pytest.mark.parametrize(("schedule", "middle", "end"), [("constant", 1, 1), ("cosine", 0.5, 0), ("linear", 0.5, 0)])
def test_the_learning_rate_rises_and_falls_as_it_should(schedule, middle, end):
    block = entry.namespace({"learning_rate": 1.0, "warmup_epochs": 2, "schedule": schedule, "epochs": 12})
    rates = [recipe.learning_rate(block, step, 10) for step in range(121)]
    assert rates[0] == pytest.approx(0.05) and rates[19] == 1 and rates[:20] == sorted(rates[:20])
    assert rates[70] == pytest.approx(middle) and rates[120] == pytest.approx(end)


def test_a_left_over_image_does_not_stop_batch_normalisation(tmp_path):
    inputs = made.make_inputs(tmp_path / "made")
    split = pd.read_csv(inputs.split)
    split.drop(index=split[split["subset"] == "train"].index[:3]).to_csv(inputs.split, index=False)
    run(inputs, tmp_path / "out", made.settings(epochs=1, batch_size=8))  # 33 images
    assert loop.batch_bounds(33, 8)[-1] == (24, 33)


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
