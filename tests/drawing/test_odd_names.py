"""Names in figures: in any script, of any length, with any sign, told apart and readable."""

import warnings

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text
from PIL import Image

from workflow_scripts.contracts.arrays import ArrayDescription, Arrays
from workflow_scripts.contracts.step_settings.preprocess_settings import Packing
from workflow_scripts.data.readers import reader_registry
from workflow_scripts.data.reading import RawFiles
from workflow_scripts.drawing import label_text, saving, style
from workflow_scripts.drawing.label_text import Labels
from workflow_scripts.drawing.saving import Drawn, save_figure
from workflow_scripts.evaluation import chart_rows, plots
from workflow_scripts.evaluation.estimates import Estimate
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.explanation import figure as gallery
from workflow_scripts.explanation import scatter
from workflow_scripts.preprocessing import packer_registry
from workflow_scripts.preprocessing.montage import montage
from workflow_scripts.runtime.files import digest_file

ODD = [
    "核异常细胞",
    "正常细胞",
    "طبيعي",
    "सामान्य",
    "a$\\foo$",
    "$x$ _1^2 <b> & {y} %",
    "tab\tand\nline",
    "L" * 200,
    "L" * 100 + "M" + "L" * 99,
    "Negative for intraepithelial lesion or malignancy, with reactive changes",
]


@pytest.fixture(autouse=True)
def only_the_usual_font(monkeypatch):
    """Whatever is installed here."""
    usual = [entry for entry in label_text._fonts() if entry[0] == label_text.FONT]
    monkeypatch.setattr(label_text, "_fonts", lambda: usual)
    label_text.font_of.cache_clear()
    label_text._say_numbered.cache_clear()
    yield
    label_text.font_of.cache_clear()


def drawable(text: str) -> bool:
    letters = FT2Font(matplotlib.font_manager.findfont(label_text.FONT)).get_charmap()
    return all(ord(letter) in letters for letter in text if letter != "\n")


def test_every_class_has_a_label_of_its_own_that_can_be_drawn():
    labels = Labels(ODD)
    assert len(set(labels.all())) == len(ODD)
    assert all(drawable(label) and len(label) <= label_text.LONGEST + 5 and "\n" not in label for label in labels.all())
    assert [labels[name] for name in ODD[:2]] == ["class 1", "class 2"] and labels[ODD[3]] == "class 4"
    assert labels.numbered == {1: ODD[0], 2: ODD[1], 4: ODD[3]}
    assert labels["a$\\foo$"] == "a$\\foo$" and labels["tab\tand\nline"] == "tab and line"
    assert labels[ODD[9]] == "Negative for intraepith…tive changes"


def test_what_is_numbered_is_said_in_one_line_with_its_name(caplog):
    for _ in range(2):
        Labels(ODD)
    (record,) = caplog.records
    assert "class 1 = 核异常细胞, class 2 = 正常细胞, class 4 = सामान्य; install a font" in record.getMessage()
    assert "\n" not in record.getMessage()


def test_a_font_that_has_the_letters_is_taken(monkeypatch):
    installed = [*label_text._fonts(), ("Some Han", frozenset(map(ord, "核异常细胞")))]
    monkeypatch.setattr(label_text, "_fonts", lambda: installed)
    label_text.font_of.cache_clear()
    assert Labels(ODD).all()[:2] == ["核异常细胞", "class 2"]
    assert label_text.fonts_of("a 核") == [label_text.FONT, "Some Han"] and label_text.fonts_of("ä") == [
        label_text.FONT
    ]


def test_numbers_beside_a_name_from_right_to_left_keep_their_order():
    label = Labels(["طبيعي"])["طبيعي"]
    assert label.startswith("\N{LEFT-TO-RIGHT MARK}") and label.endswith("\N{LEFT-TO-RIGHT MARK}")
    assert Labels(["normal"])["normal"] == "normal"


def test_letters_of_a_file_name_that_no_font_has_are_their_codes():
    assert label_text.readable("图1 ä.png") == "\\u56fe1 ä.png"
    assert len(label_text.readable("x" * 500)) == 60 and label_text.readable("$a$_b.png") == "$a$_b.png"


def longest_side(path) -> int:
    with Image.open(path) as picture:
        return max(picture.size)


def odd_figures():
    """One figure of each kind that shows class names, all with odd ones."""
    count, frames = len(ODD), {}
    labels = np.arange(4 * count) % count
    frame = pd.DataFrame({"label": np.array(ODD, dtype=object)[labels], "group": "", "unit": "u"})
    p = np.random.default_rng(0).random((len(frame), count))
    frame[[f"p_{name}" for name in ODD]] = p / p.sum(axis=1, keepdims=True)
    frames[0, 0] = frame
    cell = Estimate(0.5, 0.4, 0.6, 4)
    yield plots.confusion_figure(chart_rows.confusion(Grid(frames), ODD), ODD, "$title$ 核")
    yield plots.roc_figure(chart_rows.roc_rows(Grid(frames), ODD), ODD, dict.fromkeys(ODD, cell), cell, "title")


@pytest.mark.filterwarnings("error::UserWarning")
def test_no_figure_warns_breaks_or_grows_over_odd_names(tmp_path):
    for number, figure in enumerate(odd_figures()):
        save_figure(Drawn(figure), tmp_path / f"{number}.png", synthetic=True)
        for text in figure.findobj(Text):
            assert drawable(text.get_text()) and not text.get_parse_math()
        assert longest_side(tmp_path / f"{number}.png") < 5000
    assert "$title$ \\u6838" in figure_texts(next(odd_figures()), tmp_path)


def figure_texts(figure, folder):
    save_figure(Drawn(figure), folder / "again.png", synthetic=False)
    return [text.get_text() for text in figure.findobj(Text)]


@pytest.mark.filterwarnings("error::UserWarning")
def test_galleries_and_embeddings_take_odd_names(tmp_path):
    table = pd.DataFrame({"id": [f"{name}/图 $1.png" for name in ODD], "label": ODD, "predicted": ODD[::-1]})
    table = table.assign(probability=0.5, probability_true=0.2, **dict.fromkeys("xyz", np.arange(len(ODD)) / 10))
    pictures = gallery.pictures_of(np.zeros((len(ODD), 8, 8, 3), dtype="uint8"), table, ODD, names=True)
    assert all(max(map(len, picture.text.split("\n"))) <= gallery.LETTERS_OF_TEXT for picture in pictures)
    gallery.draw(tmp_path / "gallery.png", "caption $x$", pictures, [], synthetic=True)
    scatter.draw(tmp_path / "embedding.png", table, ODD, "caption", synthetic=True)
    for name in ("gallery", "embedding"):
        assert longest_side(tmp_path / f"{name}.png") < 7000
    scatter.write_page(tmp_path / "embedding.html", table, ODD, "title", "caption", synthetic=True)
    page = (tmp_path / "embedding.html").read_text(encoding="utf-8")
    # plotly takes tags for markup: names are escaped for it, inside JSON.
    said = page.replace("\\u003c", "<").replace("\\u003e", ">").replace("\\u0026", "&")
    assert "true: $x$ _1^2 &lt;b&gt; &amp; {y} %" in said and "_1^2 <b>" not in said


@pytest.mark.filterwarnings("error::UserWarning")
def test_the_montage_takes_odd_names(tmp_path):
    Image.new("RGB", (20, 20)).save(tmp_path / "a.png")
    rows = {"id": [f"s{i}" for i in range(len(ODD))], "label": ODD, "path": "a.png", "source": "folder"}
    manifest = pd.DataFrame(rows).assign(width=20, height=20, sha256=digest_file(tmp_path / "a.png"))
    index = pd.DataFrame({"id": rows["id"], "first": range(len(ODD)), "count": 1})
    described = ArrayDescription("pixels", "uint8", (16, 16, 3), 255)
    arrays = Arrays(described, np.zeros((len(ODD), 16, 16, 3), dtype="uint8"), index)
    raw = RawFiles({"folder": tmp_path}, {"folder": reader_registry.load("image", {})})
    packer = packer_registry.load("image", Packing(size=16))
    montage(tmp_path / "montage.png", manifest, ODD, raw, arrays, packer, "as $x$", synthetic=False)
    assert longest_side(tmp_path / "montage.png") <= saving.LONGEST


def test_a_figure_of_any_number_of_classes_has_an_end(tmp_path):
    many = [f"a class with a longer name, number {number}" for number in range(300)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = plots.confusion_figure(np.eye(300), many, "title")
        save_figure(Drawn(figure), tmp_path / "many.png", synthetic=False)
    assert max(figure.get_size_inches()) <= style.LARGEST and not figure.axes[0].texts
