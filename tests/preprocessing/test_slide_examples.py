"""Pictures of slides: one of each, of any shape, with its tiles where they are, and words that do not lie over it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection
from PIL import Image

from tests.seen_slides import DOWNSAMPLE, SQUARE, overview, tiles, write_slides
from workflow_scripts.contracts.slide_overviews import Overview
from workflow_scripts.drawing.slide_picture import TILE_COLOUR, TileSquares, pale
from workflow_scripts.preprocessing.slide_examples import slide_figure, slide_pictures
from workflow_scripts.runtime.errors import UserError

SHAPES = {"W1": ("AC", 160, 240), "W2": ("SCC", 80, 1024), "W3": ("AC", 1024, 80), "W4": ("SCC", 44, 44)}
GREEN = tuple(int(TILE_COLOUR[first : first + 2], 16) for first in (1, 3, 5))


@pytest.fixture
def dataset(tmp_path: Path) -> tuple[Path, pd.DataFrame]:
    return tmp_path / "dataset", write_slides(tmp_path / "dataset", SHAPES, blank="W9")


def drawn(dataset: tuple[Path, pd.DataFrame], folder: Path, synthetic: bool = False) -> list[str]:
    return slide_pictures(*dataset, ["AC", "SCC"], folder / "slides", synthetic)


def words(seen: Overview, rows: pd.DataFrame, **changes: object) -> str:
    """What is written beside a picture."""
    listed = {"reason": "taken", "detail": "", "grid": 30, "background": 9, "pen": 3, "padding": 0, "over_cap": 0}
    listed |= {"tile_side": 400, "microns": 0.5, "tissue_share": 0.25, **changes}
    figure = slide_figure(seen, rows, pd.Series(listed), "Slide W1, AC")
    return " ".join(" ".join(text.get_text() for text in figure.axes[0].texts).split())


def test_every_slide_has_a_picture_those_that_were_not_taken_too(dataset, tmp_path):
    (tmp_path / "slides").mkdir()
    (tmp_path / "slides" / "W7.png").touch()  # of a slide that is gone
    names = drawn(dataset, tmp_path)
    assert set(names) == {f"slides/{name}.{end}" for name in (*SHAPES, "W9") for end in ("png", "webp")}
    assert {f"slides/{path.name}" for path in (tmp_path / "slides").iterdir()} == set(names)
    for name in names:
        if name.endswith(".webp"):
            assert max(Image.open(tmp_path / name).size) < 1200
    wide, tall = (Image.open(tmp_path / "slides" / f"{name}.png") for name in ("W2", "W3"))
    assert wide.width > 2 * wide.height and tall.height > 1.5 * tall.width


def test_the_same_slides_give_the_same_bytes(dataset, tmp_path):
    contents = []
    for folder in ("first", "second"):
        names = drawn(dataset, tmp_path / folder)
        contents.append([(tmp_path / folder / name).read_bytes() for name in names])
    assert contents[0] == contents[1]


def test_overviews_that_have_changed_are_refused(dataset, tmp_path):
    write_slides(tmp_path / "other", {"W1": ("AC", 80, 80)})
    (tmp_path / "other" / "slides.npz").replace(dataset[0] / "slides.npz")
    with pytest.raises(UserError, match=r"slides\.npz has changed"):
        drawn(dataset, tmp_path)


@pytest.mark.parametrize("shape", [(160, 240), (1024, 160), (120, 1024)])
def test_tiles_are_drawn_where_they_are(shape):
    seen = overview(*shape)
    rows = tiles("W1", "AC", seen)
    figure = slide_figure(seen, rows, pd.Series(dtype=object) if rows.empty else listed_row(), "Slide")
    squares = [item for item in figure.axes[0].collections if isinstance(item, PolyCollection)]
    corners = np.array([path.vertices[:4] for path in squares[-1].get_paths()])
    assert len(corners) == len(rows)
    np.testing.assert_allclose(corners[:, 0], rows[["column", "row"]] * SQUARE - 0.5)
    np.testing.assert_allclose(corners[:, 2], (rows[["column", "row"]] + 1) * SQUARE - 0.5)


def listed_row() -> pd.Series:
    counts = {"grid": 30, "background": 9, "pen": 3, "padding": 0, "over_cap": 0, "tile_side": 400}
    return pd.Series({"reason": "taken", "detail": "", "microns": 0.5, "tissue_share": 0.25, **counts})


def test_squares_are_seen_in_the_picture(dataset, tmp_path):
    drawn(dataset, tmp_path)
    with_tiles, without = (
        np.asarray(Image.open(tmp_path / "slides" / f"{name}.png").convert("RGB")) for name in ("W1", "W9")
    )
    for picture, wanted in ((with_tiles, True), (without, False)):
        near = np.abs(picture.astype(int) - GREEN).max(axis=2) < 12
        assert (near.sum() > 200) == wanted


def test_counts_and_reasons_are_written():
    seen = overview(160, 240)
    rows = tiles("W1", "AC", seen)
    said = words(seen, rows)
    assert f"{len(rows)} tiles of 200 × 200 µm, of 30 squares" in said
    assert "dropped: 9 with too little tissue, 3 with pen." in said and "25 % of the slide is tissue" in said
    assert "1 tile of" in words(seen, rows.iloc[:1]) and "dropped: none." in words(seen, rows, background=0, pen=0)
    said = words(seen, rows.iloc[:0], reason="only_pen", detail="no tissue beside the pen")
    assert "Not taken (only pen): no tissue beside the pen" in said and "squares" not in said


@pytest.mark.parametrize(("microns", "says"), [(0.25, "200 µm"), (0.5, "500 µm"), (5.0, "5 mm")])
def test_the_bar_has_the_length_that_it_says(microns, says):
    seen = overview(160, 240)
    rows = tiles("W1", "AC", seen).assign(microns=microns)
    figure = slide_figure(seen, rows, listed_row(), "Slide")
    (axis,) = figure.axes
    assert says in [text.get_text() for text in axis.texts]
    (bar,) = axis.lines
    number, unit = says.split()
    micrometres = float(number) * (1000 if unit == "mm" else 1)
    assert np.ptp(bar.get_xdata()) * DOWNSAMPLE * microns == pytest.approx(micrometres)


def test_below_a_map_the_slide_is_light_and_grey():
    seen = overview(80, 80)
    light = pale(seen.picture)
    assert (light[..., 0] == light[..., 2]).all() and light.min() > 150
    squares = TileSquares.of(tiles("W1", "AC", seen))
    assert (squares.side, squares.width) == (SQUARE * DOWNSAMPLE, 80 * DOWNSAMPLE)
