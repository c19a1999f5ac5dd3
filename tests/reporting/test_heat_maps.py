"""Heat maps: the slides of the reported subset, each tile with the probability that the run gave it, and no other."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection

from tests.seen_slides import write_slides
from tests.vouched import vouch
from workflow_scripts.contracts.run_tables import PREDICTIONS
from workflow_scripts.drawing.saving import Drawn, save_figure
from workflow_scripts.reporting.paper_figures.heat_maps import heat_maps
from workflow_scripts.reporting.paper_figures.paper_figure import NotDrawnError
from workflow_scripts.runtime.errors import UserError

SHAPES = {f"W{number}": (("AC", "SCC")[number % 2], 160, 200 + 40 * number) for number in range(1, 6)}


class Study:
    """Results with two slides of each class in the test subset, and two seeds."""

    def __init__(self, folder: Path, classes: tuple[str, ...] = ("AC", "SCC")) -> None:
        self.folder, self.classes = folder, list(classes)
        self.manifest = write_slides(folder / "dataset", SHAPES)
        generator = np.random.default_rng(0)
        self.tables, folders = [], []
        tested = self.manifest["unit"].isin(["W1", "W2", "W3", "W4"]).to_numpy()
        half = np.arange(len(self.manifest)) % 2 == 0  # every second tile of W3 is not tested
        subset = np.where(tested & ((self.manifest["unit"] != "W3") | half), "test", "validation")
        for seed in range(2):
            table = self.manifest[["id", "unit", "group", "label"]].assign(fold=0, subset=subset)
            values = generator.dirichlet(np.ones(len(classes)), len(table))
            table[[f"p_{name}" for name in classes]] = values
            self.tables.append(table)
            folders.append(folder / f"fold0-seed{seed}")
            PREDICTIONS.write(folders[-1] / "predictions.csv", table)
            vouch(folders[-1] / "record.json", "predictions.csv")
        run = SimpleNamespace(folders=folders, reported="test", trained=True)
        self.as_published = SimpleNamespace(name="published", runs={"vgg": run})
        self.protocols = {"published": self.as_published}

    def means(self, name: str) -> pd.Series:
        """Id → mean over the seeds of the probability of a class, of the tested tiles."""
        table = pd.concat(self.tables)
        return table[table["subset"] == "test"].groupby("id")[f"p_{name}"].mean()


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Study:
    return Study(tmp_path_factory.mktemp("two"))


def filled(axis) -> np.ndarray:
    """The values of the tiles that a map shows."""
    (squares,) = [
        item for item in axis.collections if isinstance(item, PolyCollection) and item.get_array() is not None
    ]
    return np.asarray(squares.get_array())


def rows_of(figure, count: int) -> list[tuple]:
    """(left axis, right axis) of each slide."""
    axes = figure.axes[: 2 * count]
    return list(zip(axes[::2], axes[1::2], strict=True))


def test_tiles_have_the_mean_probability_of_the_second_class(study, tmp_path):
    figure = heat_maps(study, "vgg").figure
    wanted = study.means("SCC")
    rows = rows_of(figure, 4)
    names = [left.get_title().split("\n")[0] for left, _ in rows]
    assert names == ["W2", "W1", "W4", "W3"], "classes in turn, in the order of names; W5 is not tested"
    for name, (_, right) in zip(names, rows, strict=True):
        ids = study.manifest.loc[study.manifest["unit"] == name, "id"]
        np.testing.assert_allclose(filled(right), wanted.reindex(ids).dropna())
    assert [left.get_title().split("\n")[1] for left, _ in rows[:2]] == ["true class: AC", "true class: SCC"]
    assert figure.axes[-1].get_ylabel() == "probability of SCC"
    save_figure(Drawn(figure), tmp_path / "map.png", synthetic=True)


def test_tiles_that_were_not_tested_are_outlined_and_counted(study):
    (_, right) = rows_of(heat_maps(study, "vgg").figure, 4)[-1]
    count = (study.manifest["unit"] == "W3").sum()
    tested = len(filled(right))
    assert 0 < tested < count
    assert (
        right.get_title().startswith(f"{tested} test tile")
        and f"{count - tested} others (outlined)" in right.get_title()
    )
    outlined = [item for item in right.collections if item.get_array() is None]
    assert {len(item.get_paths()) for item in outlined} == {count - tested}


def test_of_more_classes_the_probability_of_the_slides_own_is_shown(tmp_path):
    study = Study(tmp_path, ("AC", "SCC", "none"))
    figure = heat_maps(study, "vgg", slides=1).figure
    (_, right) = rows_of(figure, 1)[0]
    ids = study.manifest.loc[study.manifest["unit"] == "W2", "id"]
    np.testing.assert_allclose(filled(right), study.means("AC").reindex(ids).dropna())
    assert figure.axes[-1].get_ylabel() == "probability of the slide's own class"


def test_what_cannot_be_drawn_says_what_it_needs(study):
    with pytest.raises(NotDrawnError, match="needs the run resnet"):
        heat_maps(study, "resnet")
    images = SimpleNamespace(**{**vars(study), "manifest": study.manifest.drop(columns="left")})
    with pytest.raises(NotDrawnError, match="needs tiles of slides"):
        heat_maps(images, "vgg")


def test_predictions_that_have_changed_are_refused(tmp_path):
    study = Study(tmp_path)
    PREDICTIONS.write(tmp_path / "fold0-seed1" / "predictions.csv", study.tables[0])
    with pytest.raises(UserError, match=r"predictions\.csv has changed"):
        heat_maps(study, "vgg")
