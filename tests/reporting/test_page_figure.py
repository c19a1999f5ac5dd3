"""Figures in a page: a small picture that shows the same, and links to the files that lie beside the page."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from workflow_scripts.drawing.saving import Drawn, save_figure
from workflow_scripts.drawing.style import new_figure
from workflow_scripts.reporting.pages.page_figure import FileLink, page_figure, picture_uri


def shown(uri: str) -> Image.Image:
    head, _, content = uri.partition(",")
    assert head == "data:image/webp;base64"
    return Image.open(io.BytesIO(base64.b64decode(content))).convert("RGB")


@pytest.fixture
def chart(tmp_path):
    figure, axes = new_figure(3, 2)
    axes.plot([0, 1], [1, 0])
    path = tmp_path / "evaluation" / "as published" / "cvm@cells" / "risk.png"
    save_figure(Drawn(figure), path, synthetic=False)
    return path


def test_a_figure_links_to_all_its_files_and_to_itself(chart, tmp_path):
    for name in ("risk.csv", "risk_curves.csv"):
        chart.with_name(name).touch()
    figure = page_figure(chart, tmp_path)
    assert figure.anchor == "evaluation-as-published-cvm@cells-risk"
    folder = "evaluation/as%20published/cvm%40cells"
    kinds = {"PNG": "risk.png", "SVG": "risk.svg", "PDF": "risk.pdf"}
    kinds |= {name: name for name in ("risk.csv", "risk_curves.csv")}
    assert figure.files == tuple(FileLink(kind, f"{folder}/{name}") for kind, name in kinds.items())


def test_no_link_leads_to_a_file_that_is_not_there(chart, tmp_path):
    chart.with_suffix(".svg").unlink()
    assert [file.kind for file in page_figure(chart, tmp_path).files] == ["PNG", "PDF"]
    chart.with_name("risk.csv").touch()
    assert [file.kind for file in page_figure(chart, tmp_path).files] == ["PNG", "PDF", "CSV"]


def test_a_page_shows_the_figure_half_as_large(chart, tmp_path):
    small, large = shown(page_figure(chart, tmp_path).uri), Image.open(chart).convert("RGB")
    assert small.size == tuple(side // 2 for side in large.size)
    assert len(page_figure(chart, tmp_path).uri) < chart.stat().st_size
    difference = np.abs(np.asarray(small).astype(int) - np.asarray(large.reduce(2)).astype(int))
    assert difference.mean() < 1 and difference.max() < 40
    assert (np.asarray(small)[:5] == 255).all()


def test_a_picture_file_is_shown_with_a_small_loss(tmp_path):
    picture = Image.effect_noise((400, 300), 3).convert("RGB")
    picture.paste((213, 94, 0), (50, 50, 200, 200))
    picture.save(tmp_path / "pairs.png")
    uri = picture_uri(tmp_path / "pairs.png")
    assert len(uri) < (tmp_path / "pairs.png").stat().st_size / 2
    difference = np.abs(np.asarray(shown(uri)).astype(int) - np.asarray(picture).astype(int))
    assert difference.mean() < 4
