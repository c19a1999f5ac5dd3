"""Errors are shown the most confident first, and every confusion is counted."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from workflow_scripts.contracts.explanation import CONFUSIONS, EMBEDDING
from workflow_scripts.explanation import figure, misclassified
from workflow_scripts.explanation.gradcam import gradcam

CLASSES = ["b", "a", "c"]


def judged(pairs):
    labels, predicted, probability = zip(*pairs, strict=True)
    rows = {"id": [f"s{n}" for n in range(len(pairs))], "label": labels, "predicted": predicted}
    return pd.DataFrame({**rows, "probability": probability, "probability_true": 0.1})


def test_the_most_confident_errors_come_first_and_what_is_right_never():
    table = judged([("a", "a", 0.99), ("a", "b", 0.5), ("b", "a", 0.9), ("c", "b", 0.7), ("c", "a", 0.7)])
    assert misclassified.confident_errors(table, 3)["id"].tolist() == ["s2", "s3", "s4"]
    assert misclassified.confident_errors(table, 9)["id"].tolist() == ["s2", "s3", "s4", "s1"]


def test_confusions_are_counted_in_order_of_frequency_with_their_share_of_the_true_class(tmp_path):
    pairs = [("a", "b")] * 2 + [("a", "a")] * 2 + [("b", "a")] * 2 + [("c", "a"), ("c", "c")]
    table = misclassified.confusions(judged([(*pair, 0.5) for pair in pairs]), CLASSES)
    assert table.to_numpy().tolist() == [["b", "a", 2, 1.0], ["a", "b", 2, 0.5], ["c", "a", 1, 0.5]]
    none = misclassified.confusions(judged([("a", "a", 0.5)]), CLASSES)
    CONFUSIONS.write(tmp_path / "none.csv", none)
    assert CONFUSIONS.read(tmp_path / "none.csv").empty


def test_the_files_of_a_run_agree_with_each_other(explained):
    _, out, settings = explained
    found = json.loads((out / "record.json").read_text())["found"]
    for run in settings["explain"]["runs"]:
        table = EMBEDDING.read(out / run / "embedding.csv")
        wrong = table[table["label"] != table["predicted"]]
        counts = CONFUSIONS.read(out / run / "confusions.csv")
        assert counts["count"].sum() == len(wrong) == found[run]["wrong"] and found[run]["tested"] == len(table)
        assert all(0 <= n < 4 for n in found[run]["empty_maps"].values())
        assert Image.open(out / run / "errors.png").size[1] > (400 if len(wrong) else 100)
    assert list(found["joint"]["empty_maps"]) == ["cnn", "vit"]
    assert any(found[run]["wrong"] for run in found)


def test_without_an_error_the_figure_says_so(tmp_path):
    right = judged([("a", "a", 0.9), ("b", "b", 0.8)])
    text = misclassified.caption("tiny", right, 0, "test images")
    assert text == "tiny: none of 2 test images is classified wrongly; there is no error to show."
    misclassified.draw_none(tmp_path / "errors.png", text, synthetic=True)
    assert np.asarray(Image.open(tmp_path / "errors.png").convert("L")).min() < 50


def test_an_error_is_shown_with_both_probabilities_its_id_and_in_the_colour_of_errors():
    rows = judged([("a", "a", 0.9), ("c", "b", 0.75)])
    first, second = figure.pictures_of(np.zeros((2, 4, 4, 3), dtype="uint8"), rows, ["a", "b", "c"], names=True)
    lines = second.text.replace("\N{NO-BREAK SPACE}", " ").splitlines()
    assert lines == ["true: c", "(probability 0.10)", "predicted: b", "(probability 0.75)", "s1"]
    assert second.marked and not first.marked


class Corner(torch.nn.Module):
    """Its only layer answers, with either sign, to what is bright."""

    def __init__(self):
        super().__init__()
        self.convolution = torch.nn.Conv2d(3, 2, 8, stride=8, bias=False)
        self.convolution.weight.data[0], self.convolution.weight.data[1] = 1, -1

    def forward(self, images):
        return self.convolution(images).mean((2, 3))


@pytest.mark.parametrize("sign", [1, -1])
def test_the_feature_map_is_bright_where_the_layer_answers_whatever_the_class(sign):
    images = torch.zeros(1, 3, 32, 32)
    images[:, :, 24:, :8] = sign
    maps = gradcam(Corner(), images, np.array([0]))
    assert np.argwhere(maps["model"].activation[0] == 1).tolist() == [[3, 0]]
    assert maps["model"].activation[0].sum() == 1
    columns = figure.columns_of(maps)
    assert [column.overlaid for column in columns] == [True, False] and columns[1].values is maps["model"].activation


def test_an_even_feature_map_is_empty_not_a_division_by_zero():
    maps = gradcam(Corner(), torch.ones(2, 3, 32, 32), np.array([0, 1]))
    assert not maps["model"].activation.any()
