"""The picture of all test samples shows what the features say, and a number says how far it can be trusted."""

import json
import re
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from tests import made
from workflow_scripts.contracts.explanation import EMBEDDING
from workflow_scripts.explanation import embedding as module
from workflow_scripts.explanation import scatter
from workflow_scripts.explanation.embedding import Embedding, agreement, embed
from workflow_scripts.explanation.network_features import look
from workflow_scripts.models.input_shape import square
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.steps import explain
from workflow_scripts.training.feeders.pixels import Normalisation, Pixels


def groups(per_group=25, width=12, apart=20.0):
    generator = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), per_group)
    centres = generator.normal(0, apart, (3, width))
    return (centres[labels] + generator.normal(0, 1, (len(labels), width))).astype("float32"), labels


def test_every_test_sample_has_a_place_and_the_record_says_what_it_is_worth(explained):
    inputs, out, _ = explained
    split = pd.read_csv(inputs.split)
    found = json.loads((out / "record.json").read_text())["found"]
    for run, width in {"cnn": 96, "vit": 64, "joint": 160}.items():
        table = EMBEDDING.read(out / run / "embedding.csv")
        assert set(table["id"]) == set(split.loc[split["subset"] == "test", "id"])
        assert np.isfinite(table[["x", "y", "z"]]).all(axis=None) and len(table[["x", "y", "z"]].drop_duplicates()) > 6
        numbers = found[run]["embedding"]
        assert numbers["features"] == width and numbers["neighbours"] == 3 and 0 <= numbers["in_picture"] <= 1
        assert numbers["by_chance"] == pytest.approx(3 / 11)
        assert Image.open(out / run / "embedding.png").size[0] > 1000


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (made.network(), lambda model, images: model.forward_head(model.forward_features(images), pre_logits=True)),
        (made.network(made.VIT), lambda model, images: model.forward_head(model.forward_features(images), True)),
        (made.fusion(), lambda model, images: torch.cat([part(images) for part in model.branches.values()], 1)),
    ],
    ids=["cnn", "vit", "joint"],
)
def test_the_features_are_those_before_the_classifier(spec, expected):
    model = made.build(spec, 3, square(32), 0).eval()
    images = np.random.default_rng(0).integers(0, 256, (70, 32, 32, 3), dtype="uint8")
    rows = np.arange(70)[::-1].copy()
    normalisation = Normalisation([0.5] * 3, [0.5] * 3, channels_last=False)
    subset = made.subset(rows, rows * 0, rows)
    feeder = Pixels(made.arrays_of(images), subset, torch.device("cpu"), normalisation)
    seen = look(model, feeder, "float32", features=True)
    with torch.no_grad():
        right = expected(model, *feeder.batch(np.arange(70)).inputs).numpy()
    assert np.allclose(seen.features, right, atol=1e-5)
    assert seen.probabilities.shape == (70, 3) and look(model, feeder, "float32", False).features is None
    assert not any(module._forward_pre_hooks for module in model.modules())


@pytest.mark.parametrize("per_group", [3, 8, 30])
def test_groups_that_the_features_tell_apart_are_apart_in_the_picture_however_few(per_group):
    values, labels = groups(per_group)
    found = embed(values, labels, 1, 1, "tiny")
    assert found.among_features == 1 and found.in_picture > 0.95 and found.by_chance < 0.34
    assert found.positions.shape == (len(values), 3)


def test_features_that_mean_nothing_are_worth_what_chance_is_worth():
    values, labels = groups()
    shuffled = np.random.default_rng(1).permutation(labels)
    found = embed(values, shuffled, 1, 1, "tiny")
    assert abs(found.among_features - found.by_chance) < 0.1 and abs(found.in_picture - found.by_chance) < 0.1


@pytest.mark.parametrize("count", [6, 20, 88])
def test_features_without_any_group_do_not_merge_into_one_place(count):
    values = np.random.default_rng(1).normal(size=(count, 10)).astype("float32")
    found = embed(values, np.arange(count) % 2, 0, 1, "tiny")
    assert found.positions.std(axis=0).min() > 0.5


def test_an_embedding_whose_places_have_merged_is_an_error_not_a_picture(monkeypatch):
    monkeypatch.setattr(module, "EXACT", 0)
    with pytest.raises(UserError, match="embedding of tiny: t-SNE merged all places"):
        embed(np.random.default_rng(1).normal(size=(20, 10)).astype("float32"), np.arange(20) % 2, 0, 1, "tiny")


def test_a_sample_is_no_neighbour_of_itself():
    values = np.array([[0.0], [1.0], [10.0], [11.0]])
    assert agreement(values, np.array([0, 1, 0, 1]), 1) == 0 and agreement(values, np.array([0, 0, 1, 1]), 1) == 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.eye(4, 8), "4 test samples of 8 features are too few"),
        (np.ones((9, 8)), "all test samples have the same features"),
        (np.full((9, 8), np.nan), "not finite"),
    ],
)
def test_what_cannot_be_embedded_is_an_error_that_says_why(values, message):
    with pytest.raises(UserError, match=f"embedding of tiny: .*{message}.*; set explain.embedding to false"):
        embed(values.astype("float32"), np.zeros(len(values), dtype=int), 1, 1, "tiny")


def test_the_page_needs_no_network_and_cannot_be_broken_by_a_name(tmp_path):
    odd = '</script><img src="http://a.b/c">'
    table = pd.DataFrame({"id": [odd, "b"], "label": [odd, "x"], "predicted": ["x", "x"]}).assign(
        x=1.0, y=2.0, z=[0, 1]
    )
    text = scatter.caption(
        "run", table, Embedding(table[["x", "y", "z"]].to_numpy(), 5, 1, 0.5, 0.5, 0.5), "test images"
    )
    scatter.write_page(tmp_path / "page.html", table, [odd, "x"], odd, text, synthetic=True)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert odd not in page and "SYNTHETIC DATA" in page and "classified wrongly (1 of 2)" in page
    assert not re.search(r"<(script|img|link|iframe)[^>]*(src|href)=.http", page) and "Plotly.newPlot" in page
    scatter.write_page(tmp_path / "again.html", table, [odd, "x"], odd, text, synthetic=True)
    assert (tmp_path / "again.html").read_bytes() == (tmp_path / "page.html").read_bytes()


def test_page_and_figure_ring_what_is_classified_wrongly_and_the_caption_is_in_per_cent(tmp_path, monkeypatch):
    table = pd.DataFrame({"id": ["p", "q", "r"], "label": ["a", "a", "b"], "predicted": ["a", "b", "b"]})
    table = table.assign(x=[1.0, 2.0, 3.0], y=[4.0, 5.0, 6.0], z=[7.0, 8.0, 9.0])
    text = scatter.caption("run", table, Embedding(table[["x", "y", "z"]].to_numpy(), 5, 2, 0.75, 0.5, 0.25), "images")
    assert "2 nearest others 75 % are of its class among all features, 50 % in this picture, 25 % by chance" in text
    scatter.write_page(tmp_path / "page.html", table, ["a", "b"], "title", text, synthetic=False)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    traces = json.JSONDecoder().raw_decode(page, page.index('[{"', page.rindex("Plotly.newPlot(")))[0]
    shown = {trace["name"]: (trace["x"], trace["y"], trace["z"]) for trace in traces}
    assert shown == {
        "a (2)": ([1.0, 2.0], [4.0, 5.0], [7.0, 8.0]),
        "b (1)": ([3.0], [6.0], [9.0]),
        "classified wrongly (1 of 3)": ([2.0], [5.0], [8.0]),
    }
    assert [trace["hovertext"] for trace in traces][-1] == ["q<br>true: a<br>predicted: b"]
    figures = []
    monkeypatch.setattr(scatter, "save_figure", lambda drawn, *_: figures.append(drawn.figure))
    scatter.draw(tmp_path / "x.png", table, ["a", "b"], text, False)
    (figure,) = figures
    for axis, sides in zip(figure.axes, (["x", "y"], ["x", "z"], ["y", "z"]), strict=True):
        places = [marks.get_offsets().tolist() for marks in axis.collections]
        wanted = (table[table["label"] == "a"], table[table["label"] == "b"], table[table["id"] == "q"])
        assert places == [rows[sides].to_numpy().tolist() for rows in wanted]


def test_without_the_embedding_nothing_of_it_is_loaded_or_written(explained, tmp_path, monkeypatch):
    inputs, _, settings = explained
    for name in ("plotly", "plotly.io", "sklearn.manifold", "sklearn.neighbors"):
        monkeypatch.setitem(sys.modules, name, None)
    off = {**settings, "explain": {**settings["explain"], "runs": ["cnn"], "embedding": False}}
    explain.main(inputs.arguments(runs=inputs.root / "runs", out=tmp_path, settings=off))
    assert not list((tmp_path / "cnn").glob("embedding*"))
    assert "embedding" not in json.loads((tmp_path / "record.json").read_text())["found"]["cnn"]
