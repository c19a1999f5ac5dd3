"""Diagrams of a network follow from the network itself, and the strip of maps shows the images that were explained."""

import numpy as np
import pandas as pd
import pytest
from handmade import Study

from tests.vouched import revouch
from workflow_scripts.contracts.explanation import GRADCAM, write_maps
from workflow_scripts.reporting.paper_figures import network_diagrams, strips
from workflow_scripts.reporting.paper_figures.paper_figure import NotDrawnError
from workflow_scripts.reporting.results_reading import read_results
from workflow_scripts.runtime.errors import UserError

CLASSES = ("ASC-US", "LSIL", "NILM")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    runs = ("cvm", "resnet18", "vgg11", "soft_vote")
    explain = {"runs": ["resnet18", "soft_vote"], "images": 4, "errors": 4, "embedding": True}
    study = Study(tmp_path_factory.mktemp("networks"), runs=runs, classes=CLASSES, explain=explain)
    study.settings["runs"]["resnet18"]["spec"] |= {"model": "resnet50", "hidden": 100}
    study.write()
    manifest = study.manifest()
    images = np.random.default_rng(0).integers(0, 255, (len(manifest), 48, 48, 3), dtype="uint8")
    np.save(study.folder / "arrays" / "data.npy", images)
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


def test_the_schematic_says_every_number_of_the_network(results):
    figure = network_diagrams.schematic(results, "resnet18").figure
    joined = " | ".join(texts(figure))
    for words in ("48×48 pixels", "3 → 64 channels", "1024 → 2048 channels", "2048 features", "2048 → 100", "100 → 3"):
        assert words in joined, words
    assert "mean of each channel" in joined and "resnet50" in figure.get_suptitle()
    for run in ("soft_vote", "unheard_of"):
        with pytest.raises(NotDrawnError, match=f"needs the trained run {run}"):
            network_diagrams.schematic(results, run)
    with pytest.raises(NotDrawnError, match="the network of cvm is no sequence of stages"):
        network_diagrams.schematic(results, "cvm")


def test_the_residual_block_has_one_shortcut_and_real_channels(results):
    joined = " | ".join(texts(network_diagrams.residual(results, "resnet18").figure))
    assert joined.count("256 → 64 channels") == joined.count("64 → 256 channels") == 2
    assert joined.count("Shortcut") == 1 and "F(x) + x" in joined
    with pytest.raises(NotDrawnError, match="the network of vgg11 has no residual block"):
        network_diagrams.residual(results, "vgg11")


def test_the_joint_network_is_drawn_with_its_branches_and_the_widths_that_join_them(results):
    joined = " | ".join(texts(network_diagrams.structure(results, "cvm").figure))
    # Xception gives 2048 features (Chollet, CVPR 2017), DeiT-tiny 192 (Touvron et al., ICML 2021, table 1).
    for words in ("48×48×3", "legacy_xception", "2240 values", "2240 → 2240", "2240 → 3", "GELU"):
        assert words in joined, words
    with pytest.raises(NotDrawnError, match="needs the joint network resnet18"):
        network_diagrams.structure(results, "resnet18")


def test_a_layer_that_saves_weights_is_drawn_with_what_it_saves(results):
    figure = network_diagrams.depthwise(results, "cvm").figure
    assert figure.get_suptitle() == "layer branches.cnn.block1.rep.0.conv1 of cvm"
    # 64 kernels of 3×3, then 64 → 128 (Chollet, CVPR 2017, figure 5), against 128 kernels of 3×3×64.
    words = ("64 channels", "576 weights", "1×1, 64 → 128", "8,192 weights", "8,768 weights, ordinary: 73,728")
    joined = " | ".join(texts(figure))
    assert all(word in joined for word in words), joined
    with pytest.raises(NotDrawnError, match="resnet18 have no depthwise separable convolution"):
        network_diagrams.depthwise(results, "resnet18")


@pytest.mark.parametrize("run", ["resnet18", "soft_vote"])
def test_the_strip_shows_the_first_explained_image_of_every_class_above_its_map(study, results, run):
    figure = strips.gradcam_rows(results, run, "published").figure
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
