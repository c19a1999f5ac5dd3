"""Diagrams of a network follow from its weights file, and the strip of maps shows the images that were explained."""

import numpy as np
import pandas as pd
import pytest
from handmade import Study
from safetensors.torch import save_file

from tests import made
from tests.vouched import revouch, vouch
from workflow_scripts.contracts.explanation import GRADCAM, write_maps
from workflow_scripts.models import registry
from workflow_scripts.models.input_shape import square
from workflow_scripts.reporting.paper_figures import diagrams, network_layers, strips
from workflow_scripts.reporting.paper_figures.paper_figure import NotDrawnError
from workflow_scripts.reporting.results_reading import read_results
from workflow_scripts.runtime.errors import UserError

CLASSES = ("ASC-US", "LSIL", "NILM")


def shapes(name, hidden=None):
    model = made.build(made.network(name, hidden=hidden), 3, square(64), seed=0, files={})
    return {key: tuple(value.shape) for key, value in model.state_dict().items()}


def test_the_stages_of_the_papers_network_are_those_of_its_paper():
    # He et al., CVPR 2016, table 1: 50 layers with the classifier.
    found = network_layers.stages(shapes("resnet50", hidden=100))
    assert [(stage.name, stage.outputs) for stage in found] == [
        ("conv1", 64), ("layer1", 256), ("layer2", 512), ("layer3", 1024), ("layer4", 2048)
    ]  # fmt: skip
    shortcuts = 4
    assert sum(stage.convolutions for stage in found) - shortcuts + 1 == 50
    head = network_layers.classifier(shapes("resnet50", hidden=100))
    assert [(layer.inputs, layer.outputs) for layer in head] == [(2048, 100), (100, 3)]


@pytest.mark.parametrize("name", ["resnet18", made.CNN, "mobilenetv2_100", "torchvision/vgg11_bn"])
def test_stages_follow_each_other_by_their_channels(name):
    found = network_layers.stages(shapes(name))
    assert found[0].inputs == 3 and len(found) > 3
    assert all(one.outputs == other.inputs for one, other in zip(found, found[1:], strict=False))
    assert found[-1].outputs == registry.create(name, 0, square(64), {}).feature_count or name.startswith("torchvision")


def test_a_block_whose_shortcut_is_the_input_is_preferred():
    block = network_layers.residual_block(shapes("resnet50"))
    assert block.name == "layer1.1" and block.shortcut is None
    assert [(layer.kernel, layer.inputs, layer.outputs) for layer in block.path] == [
        (1, 256, 64), (3, 64, 64), (1, 64, 256)
    ]  # fmt: skip
    assert network_layers.residual_block(shapes("resnet18")).name == "layer1.0"
    only = {key: shape for key, shape in shapes("resnet50").items() if key.startswith("layer1.0.")}
    assert network_layers.residual_block(only).shortcut == network_layers.Layer("layer1.0.downsample.0", 64, 256, 1)
    assert network_layers.residual_block(shapes("torchvision/vgg11")) is None


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    runs = ("cvm", "resnet18", "vgg11", "soft_vote")
    explain = {"runs": ["resnet18", "soft_vote"], "images": 4, "errors": 4, "embedding": True}
    study = Study(tmp_path_factory.mktemp("networks"), runs=runs, classes=CLASSES, explain=explain)
    study.write()
    manifest = study.manifest()
    images = np.random.default_rng(0).integers(0, 255, (len(manifest), 48, 48, 3), dtype="uint8")
    np.save(study.folder / "arrays" / "data.npy", images)
    for run, name in (("resnet18", "resnet50"), ("vgg11", "torchvision/vgg11")):
        tensors = made.build(made.network(name, hidden=100), 3, square(64), seed=0, files={}).state_dict()
        folder = study.folder / "runs" / "published" / run / "fold0-seed0"
        save_file(tensors, folder / "weights.safetensors")
        vouch(folder / "train.json", "weights.safetensors")
    for run, branches in (("resnet18", ["model"]), ("soft_vote", ["cvm", "resnet18", "vote"])):
        explained(study, run, branches)
    revouch(study.folder)
    return study


def explained(study, run, branches):
    """The first two samples of every class but the last: maps that are bright in a corner, or empty."""
    chosen = study.manifest().groupby("label", sort=False).head(2).sort_values("id", ascending=False)
    chosen = chosen[chosen["label"] != CLASSES[-1]]
    maps = {name: np.zeros((len(chosen), 48, 48), "float32") for name in branches}
    maps[branches[-1]][:3, :10, :10] = 1
    folder = study.folder / "explanation" / "published" / run
    write_maps(folder / "gradcam.npz", chosen["id"].tolist(), maps, maps)
    rows = chosen[["id", "label"]].assign(predicted=CLASSES[0], probability=0.5, layer="block", map_height=6)
    rows = rows.assign(map_width=6, central_share=0.5, correlation_random=0.1)
    GRADCAM.write(folder / "gradcam.csv", pd.concat([rows.assign(branch=name) for name in branches]))


@pytest.fixture(scope="module")
def results(study):
    return read_results(study.folder, study.received, None)


def texts(figure):
    return [text.get_text() for axis in figure.axes for text in axis.texts]


def test_the_schematic_says_every_number_of_the_file(results):
    figure = diagrams.schematic(results, "resnet18")
    joined = " | ".join(texts(figure))
    for words in ("48×48 pixels", "3 → 64 channels", "1024 → 2048 channels", "2048 features", "2048 → 100", "100 → 3"):
        assert words in joined, words
    with pytest.raises(NotDrawnError, match="needs the trained run soft_vote"):
        diagrams.schematic(results, "soft_vote")


def test_the_residual_block_has_one_shortcut_and_real_channels(results):
    joined = " | ".join(texts(diagrams.residual(results, "resnet18")))
    assert joined.count("256 → 64 channels") == joined.count("64 → 256 channels") == 2
    assert joined.count("Shortcut") == 1 and "F(x) + x" in joined
    with pytest.raises(NotDrawnError, match="the network of vgg11 has no residual block"):
        diagrams.residual(results, "vgg11")


@pytest.mark.parametrize("run", ["resnet18", "soft_vote"])
def test_the_strip_shows_the_first_explained_image_of_every_class_above_its_map(study, results, run):
    figure = strips.gradcam_rows(results, run, "published")
    above, below = figure.axes[:2], figure.axes[2:4]
    images = np.load(study.folder / "arrays" / "data.npy")
    ids = study.manifest()["id"].tolist()
    for axis, name in zip(above, CLASSES[:2], strict=True):
        assert axis.get_title().replace("\n", "") == name
        first = max(one for one in ids if one.startswith(f"{name}/") and _explained(one))
        np.testing.assert_array_equal(axis.images[0].get_array(), images[ids.index(first)])
    assert [axis.get_xlabel().splitlines()[0] for axis in below] == [f"predicted: {CLASSES[0]}"] * 2
    assert all(len(axis.images) == 2 and axis.images[1].get_array().max() == 1 for axis in below)


def _explained(name):
    return name.endswith(("0_0", "0_1"))


def test_what_was_not_explained_is_said(results):
    cases = (("cvm", "published", "the run cvm among explain.runs"), ("resnet18", "kfold", "the protocol kfold"))
    for run, protocol, needed in cases:
        with pytest.raises(NotDrawnError, match=f"needs {needed}"):
            strips.gradcam_rows(results, run, protocol)


def test_missing_maps_are_an_error(study, results):
    path = study.folder / "explanation" / "grouped" / "resnet18" / "gradcam.npz"
    assert not path.exists()
    with pytest.raises(UserError, match=r"gradcam.npz is missing; `snakemake .*explanation.* --force"):
        strips.gradcam_rows(results, "resnet18", "grouped")
