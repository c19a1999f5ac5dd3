"""Training from stored maps of frozen stages comes to what training from pixels comes to, and is applied to pixels."""

import signal

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from tests import made
from tests.stored_maps import write_maps
from tests.training.applying import arguments as apply_arguments
from tests.training.running import narrow_weights, run
from tests.training.test_interrupted import killed
from tests.training.test_interrupted import start as start_process
from workflow_scripts.commands import apply
from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.explanation import APPLIED
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.models import registry
from workflow_scripts.models.input_shape import square
from workflow_scripts.models.stages import front
from workflow_scripts.models.weights import load_start, read_trained
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.steps import explain, finish_run
from workflow_scripts.training.samples import read_samples
from workflow_scripts.training.view import fitted_view

OPTIONS, STAGES = {"width": 0.1}, 2
FLIPS = {"horizontal_flip": 0.5, "vertical_flip": 0.5, "quarter_turns": True}
STILL = {"horizontal_flip": 0.0}
CPU = torch.device("cpu")
NEARLY = 1e-5


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    return narrow_weights(tmp_path_factory.mktemp("start"), OPTIONS)


@pytest.fixture(scope="module")
def maps(inputs, start):
    return write_maps(inputs, "narrow_vgg", OPTIONS, STAGES, start)


def settings_of(embedding=None, model="narrow_vgg", options=OPTIONS, **train):
    spec = made.network(model, options=options, weights="start.safetensors", embedding=embedding)
    block = {"normalise": "half", "frozen_stages": STAGES, "augment": FLIPS}
    # Adam makes steps of one length of gradients that are nothing but rounding.
    block |= {"optimizer": "sgd", "learning_rate": 0.01, **train}
    return made.settings(spec, **block)


@pytest.mark.parametrize(
    "train",
    [
        {"epochs": 3, "select": "best"},
        {"copies": "fourfold"},
        {"sampling": "weighted", "redefine": True},
        {"freeze": "backbone", "channels_last": True},
        {"augment": STILL},
    ],
)
def test_maps_teach_what_pixels_teach(inputs, tmp_path, start, maps, train):
    of_pixels = learned(inputs, tmp_path / "pixels", start, settings_of(**train))
    require_near(of_pixels, learned(inputs, tmp_path / "maps", start, settings_of("maps", **train), arrays=maps))


def test_a_vgg_of_a_library_drops_behind_its_maps_what_it_drops_behind_its_stages(inputs, tmp_path):
    narrow, path = {"mlp_ratio": 1 / 64}, tmp_path / "start.safetensors"
    save_file(registry.create("vgg11", 7, square(32), narrow).state_dict(), path)
    maps = write_maps(inputs, "vgg11", narrow, 4, path, name="vgg11")
    of_vgg = {"model": "vgg11", "options": {**narrow, "drop_rate": 0.5}, "frozen_stages": 4}
    of_pixels = learned(inputs, tmp_path / "pixels", path, settings_of(**of_vgg))
    require_near(of_pixels, learned(inputs, tmp_path / "maps", path, settings_of("vgg11", **of_vgg), arrays=maps))


def learned(inputs, out, start, settings, **more):
    """What a training leaves: its tensors, and the numbers of its history and predictions."""
    run(inputs, out, settings, weights=[f"model={start}"], **more)
    tables = [pd.read_csv(out / name).select_dtypes("number") for name in ("history.csv", "predictions.csv")]
    return read_trained(out / "weights.safetensors", made.training(settings)).tensors, tables


def require_near(first, second):
    for key, value in first[0].items():
        torch.testing.assert_close(value, second[0][key], rtol=1e-4, atol=NEARLY)
    for tables in zip(first[1], second[1], strict=True):
        np.testing.assert_allclose(*tables, atol=NEARLY, rtol=1e-4)


@pytest.mark.parametrize("copies", ["none", "fourfold"])
def test_an_epoch_shows_the_maps_of_the_pictures_that_pixels_would_show(inputs, start, maps, copies):
    train = parse(Train, settings_of(copies=copies)["train"])
    network = registry.create("narrow_vgg", 0, square(32), OPTIONS)
    load_start(network, start, "narrow_vgg")
    shown = []
    for folder in (inputs.root / "arrays", maps):
        samples = read_samples(inputs.root / "dataset", folder, inputs.split, 0)
        subset = samples.subset("train")
        view = fitted_view(train, 7, samples)
        assert (view.mean, view.std) == ([0.5] * 3, [0.5] * 3)
        batches = view.training(samples.arrays, subset, CPU)
        epoch = batches.epoch(7, 1)
        shown.append((epoch.indices, epoch.batch(0, len(batches))))
    (order, pictures), (order_of_maps, stored) = shown
    np.testing.assert_array_equal(order, order_of_maps)
    assert torch.equal(pictures.targets, stored.targets)
    with torch.no_grad():
        torch.testing.assert_close(front(network, STAGES).eval()(*pictures.inputs), *stored.inputs, rtol=0, atol=NEARLY)


def test_maps_stay_in_their_file_and_become_float32_a_batch_at_a_time(inputs, start, tmp_path):
    half = write_maps(inputs, "narrow_vgg", OPTIONS, STAGES, start, stored="float16", name="half")
    samples = read_samples(inputs.root / "dataset", half, inputs.split, 0)
    subset = samples.subset("train")
    view = fitted_view(parse(Train, settings_of()["train"]), 7, samples)
    for batches in (view.training(samples.arrays, subset, CPU), view.applied(samples.arrays, subset, CPU)):
        assert isinstance(batches.data, np.memmap) and batches.resident is None
        (values,) = batches.batch(np.arange(3)).inputs
        assert values.dtype == torch.float32 and values.shape == (3, *np.array(batches.data.shape)[[3, 1, 2]])


def test_flips_need_maps_of_flips(inputs, start, tmp_path):
    single = write_maps(inputs, "narrow_vgg", OPTIONS, STAGES, start, symmetries="none", name="single")
    for train, key in (({}, "augment.horizontal_flip"), ({"augment": STILL, "copies": "fourfold"}, "copies: fourfold")):
        with pytest.raises(UserError, match=f"train.{key} needs maps of flips and turns"):
            run(inputs, tmp_path, settings_of("maps", **train), weights=[f"model={start}"], arrays=single)
    run(inputs, tmp_path, settings_of("maps", augment=STILL), weights=[f"model={start}"], arrays=single)


def test_maps_of_a_network_with_other_weights_are_refused(inputs, start, maps, tmp_path):
    other = tmp_path / "other.safetensors"
    save_file(registry.create("narrow_vgg", 7, square(32), OPTIONS).state_dict(), other)
    with pytest.raises(UserError, match="give embedding and run the same `weights`"):
        run(inputs, tmp_path, settings_of("maps"), weights=[f"model={other}"], arrays=maps)


def test_a_killed_training_from_maps_ends_in_the_same_bytes(inputs, start, maps, tmp_path):
    settings, more = settings_of("maps", epochs=3, select="best"), {"weights": [f"model={start}"], "arrays": maps}
    whole = run(inputs, tmp_path / "whole", settings, **more)
    out = tmp_path / "killed"
    for stop in ({"after": 4}, {"during": 3}):
        assert start_process(inputs, out, settings, killed(signal.SIGKILL, **stop), **more)[0] == -signal.SIGKILL
    code, log = start_process(inputs, out, settings, **more)
    assert code == 0 and "continuing in epoch" in log
    assert ((out / "weights.safetensors").read_bytes(), (out / "history.csv").read_bytes()) == whole


def test_what_maps_taught_is_explained_made_smaller_and_applied_on_pixels(tmp_path):
    """Random stages: the run has those of the network that made the maps, not its own."""
    inputs = made.make_inputs(tmp_path / "made")
    packing = {"size": 32, "fit": "crop", "interpolation": "bilinear", "draft": False}
    inputs.vouch({"settings": {"ingest": {"max_megapixels": 1.0}}}, {"settings": {"preprocess": packing}})
    maps = write_maps(inputs, "narrow_vgg", OPTIONS, STAGES)
    block = {"normalise": "half", "frozen_stages": STAGES, "augment": FLIPS, "epochs": 2}
    settings = made.settings(made.network("narrow_vgg", options=OPTIONS, embedding="maps"), **block)
    folder = inputs.root / "runs" / "published" / "tiny" / "fold0-seed0"
    run(inputs, folder, settings, arrays=maps)
    finishing = inputs.arguments(run=folder, settings={**settings, "aggregate": "none"})
    finishing.arrays = maps
    finish_run.main(finishing)
    from_maps = pd.read_csv(folder / "predictions.csv").set_index("id")
    columns = [f"p_{name}" for name in made.CLASSES]

    smaller = {key: settings[key] for key in ("study", "protocol", "fold", "seed")} | {"run": "tiny-onnx"}
    smaller |= {"spec": {"kind": "compressed", "of": "tiny", "to": "onnx"}, "member": settings, "aggregate": "none"}
    inputs.make_run(smaller, tmp_path / "onnx", folder)
    from_pixels = pd.read_csv(tmp_path / "onnx" / "predictions.csv").set_index("id")
    np.testing.assert_allclose(from_pixels[columns], from_maps[columns], atol=NEARLY)

    explaining = {key: settings[key] for key in ("study", "protocol", "fold", "seed")} | {"reported": "test"}
    explaining["specs"] = {"tiny": {"spec": settings["spec"], "train": settings["train"]}}
    explaining["preprocess"] = {"size": 32, "fit": "crop", "pixel_size": None}
    explaining["explain"] = {"runs": ["tiny"], "images": 3, "errors": 2, "embedding": False}
    explain.main(inputs.arguments(runs=folder.parents[1], out=tmp_path / "explanation", settings=explaining))
    shown = pd.read_csv(tmp_path / "explanation" / "tiny" / "gradcam.csv").set_index("id")
    np.testing.assert_allclose(shown["probability"], from_maps.loc[shown.index, columns].max(axis=1), atol=NEARLY)

    new = tmp_path / "new"
    new.mkdir()
    for name in from_maps.index[:4]:
        Image.fromarray(np.load(inputs.images)[int(name.removeprefix("cell_"))]).save(new / f"{name}.png")
    apply.main(applying := apply_arguments(folder, new))
    applied = APPLIED.read(inputs.root / "predict" / applying.name / "predictions.csv").set_index("path")
    np.testing.assert_allclose(applied[columns], from_maps[columns].iloc[:4], atol=NEARLY)
