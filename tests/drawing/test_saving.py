"""The files of a figure: large enough for print, with letters that can be edited, equal bytes for equal figures."""

import re
import subprocess
import sys
import zlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from workflow_scripts.contracts.chart_tables import RUN_ROC
from workflow_scripts.drawing import saving
from workflow_scripts.drawing.saving import ChartData, Drawn, save_figure
from workflow_scripts.drawing.style import SYNTHETIC_NOTE, new_figure

WORDS = "Sensitivity – of “the rest” ≥ 0.9"
ROWS = pd.DataFrame({"run": "cnn", "one_minus_specificity": [0.0, 1.0], "sensitivity": [0.0, 1.0]})
AGAIN = """
from pathlib import Path
from test_saving import drawn
from workflow_scripts.drawing.saving import save_figure
save_figure(drawn(), Path({path!r}), synthetic=True)
"""


def drawn(of_pictures: bool = False, side: float = 4.0) -> Drawn:
    figure, axes = new_figure(side, 3)
    axes.plot([0, 1], [0, 1], label="cnn")
    axes.set(xlabel="1 − specificity", ylabel=WORDS, title="$title$ & <more>")
    axes.legend()
    return Drawn(figure, None if of_pictures else ChartData(RUN_ROC, ROWS), of_pictures)


def pdf_streams(content: bytes) -> list[bytes]:
    """The decompressed streams of a PDF file."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    return [zlib.decompress(stream) for stream in streams if stream[:1] == b"x"]


def letters_of(content: bytes) -> set[str]:
    """The letters that a reader of the PDF can copy, as the maps of its fonts say."""
    maps = [stream for stream in pdf_streams(content) if b"begincmap" in stream]
    lists = [letters for text in maps for letters in re.findall(rb"\[([^]]*)\]", text)]
    return {
        bytes.fromhex(code.decode()).decode("utf-16-be")
        for letters in lists
        for code in re.findall(rb"<(\w+)>", letters)
    }


def test_a_chart_leaves_its_picture_its_drawings_and_its_numbers(tmp_path):
    paths = save_figure(drawn(), tmp_path / "roc.png", synthetic=False)
    assert {path.name for path in paths} == {path.name for path in tmp_path.iterdir()}
    assert {path.suffix for path in paths} == {".png", ".webp", ".svg", ".pdf", ".csv"}
    with Image.open(tmp_path / "roc.png") as large, Image.open(tmp_path / "roc.webp") as small:
        assert large.size == (1200, 900) and small.size == (600, 450)
        assert large.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    pd.testing.assert_frame_equal(RUN_ROC.read(tmp_path / "roc.csv"), ROWS)


def test_pictures_are_not_written_as_text(tmp_path):
    paths = save_figure(drawn(of_pictures=True), tmp_path / "gradcam.png", synthetic=False)
    assert {path.suffix for path in paths} == {".png", ".webp", ".pdf"}


def test_what_is_drawn_by_the_hundred_is_small(tmp_path):
    for_print = save_figure(drawn(of_pictures=True), tmp_path / "a.png", synthetic=False)
    by_the_hundred = save_figure(replace(drawn(of_pictures=True), for_print=False), tmp_path / "b.png", synthetic=False)
    assert [path.suffix for path in by_the_hundred] == [".png", ".webp"]
    large, small = (Image.open(paths[0]) for paths in (for_print, by_the_hundred))
    assert (large.width // 2, large.height // 2) == small.size
    assert (tmp_path / "a.webp").read_bytes() == (tmp_path / "b.webp").read_bytes()


def test_letters_of_drawings_can_be_edited(tmp_path):
    save_figure(drawn(), tmp_path / "roc.png", synthetic=True)
    svg = (tmp_path / "roc.svg").read_text(encoding="utf-8")
    assert f">{WORDS}</text>" in svg and SYNTHETIC_NOTE in svg and "$title$ &amp; &lt;more&gt;" in svg
    pdf = (tmp_path / "roc.pdf").read_bytes()
    assert b"/CIDFontType2" in pdf and b"/Type3" not in pdf
    assert set(WORDS) - {" "} <= letters_of(pdf)


def test_letters_that_are_rare_reach_the_font_of_the_drawing(tmp_path):
    figure, axes = new_figure(3, 2)
    axes.set_title("Δ Ж ∞")
    save_figure(Drawn(figure), tmp_path / "odd.png", synthetic=False)
    assert set("ΔЖ∞") <= letters_of((tmp_path / "odd.pdf").read_bytes())


def test_equal_figures_are_equal_bytes_in_another_process_and_after_others(tmp_path):
    save_figure(drawn(side=6.0), tmp_path / "other.png", synthetic=False)
    save_figure(drawn(), tmp_path / "here.png", synthetic=True)
    command = [sys.executable, "-c", AGAIN.format(path=str(tmp_path / "there.png"))]
    subprocess.run(command, check=True, cwd=__file__.rpartition("/")[0])
    for suffix in (".png", ".webp", ".svg", ".pdf", ".csv"):
        assert (tmp_path / f"here{suffix}").read_bytes() == (tmp_path / f"there{suffix}").read_bytes(), suffix


def test_all_formats_have_one_layout(tmp_path):
    """Where the axes lie in the SVG, as a share of its width, is where they lie in the PNG."""
    figure, axes = new_figure(4, 3)
    axes.set(ylabel="a label", facecolor="#00ff00")
    axes.grid(False)
    save_figure(Drawn(figure), tmp_path / "a.png", synthetic=False)
    green = (np.asarray(Image.open(tmp_path / "a.png")) == (0, 255, 0)).all(axis=2).any(axis=0)
    svg = (tmp_path / "a.svg").read_text(encoding="utf-8")
    corners = re.search(r'<g id="patch_2">\s*<path d="([^"]*)"', svg)[1]
    left = min(float(x) for x in re.findall(r"[ML] ([\d.]+) ", corners))
    assert left / (4 * 72) == pytest.approx(np.argmax(green) / len(green), abs=0.01)


def test_a_figure_of_any_size_has_an_end(tmp_path):
    save_figure(drawn(side=30.0), tmp_path / "wide.png", synthetic=False)
    with Image.open(tmp_path / "wide.png") as wide:
        assert wide.size == (saving.LONGEST, 600)
