"""What a network takes for what: the most confident errors as pictures, all of them as counts."""

import textwrap
from pathlib import Path

import pandas as pd

from workflow_scripts.drawing import style
from workflow_scripts.drawing.saving import Drawn, save_figure

CAPTION = (
    "{run}: the {n} most confident of {wrong} errors on {total} {of}. Grad-CAM: where the network looked for the "
    "class it predicted. Features: how strongly the same layer responds to each place, whatever the class."
)
NONE = "{run}: none of {total} {of} is classified wrongly; there is no error to show."


def confident_errors(judged: pd.DataFrame, count: int) -> pd.DataFrame:
    """Up to `count` rows of `judged` (id, label, predicted, probability) that are wrong, the most confident first."""
    wrong = judged[judged["label"] != judged["predicted"]]
    return wrong.sort_values(["probability", "id"], ascending=[False, True], kind="stable").head(count)


def confusions(judged: pd.DataFrame, classes: list[str]) -> pd.DataFrame:
    """Contract CONFUSIONS of `judged` (label, predicted): pairs that occur, most frequent first, then by share."""
    wrong = judged[judged["label"] != judged["predicted"]]
    pairs = wrong.groupby(["label", "predicted"], sort=True).size().reset_index(name="count")
    pairs["share"] = pairs["count"] / pairs["label"].map(judged["label"].value_counts()).astype("float64")
    ranks = {column: pairs[column].map(classes.index) for column in ("label", "predicted")}
    order = pairs.assign(**ranks).sort_values(
        ["count", "share", "label", "predicted"], ascending=[False, False, True, True]
    )
    return pairs.loc[order.index].rename(columns={"label": "true"}).reset_index(drop=True)


def caption(run: str, judged: pd.DataFrame, shown: int, of: str) -> str:
    """What the figure of errors shows, or that there is none; `of`: what the judged images are called."""
    wrong = int((judged["label"] != judged["predicted"]).sum())
    text = CAPTION if wrong else NONE
    return text.format(run=run, n=shown, wrong=wrong, total=len(judged), of=of)


def draw_none(path: Path, text: str, synthetic: bool) -> list[Path]:
    """Write a figure that says that there is nothing to show; returns the paths of its files."""
    figure, axis = style.new_figure(6.4, 1.2)
    axis.set_axis_off()
    axis.text(0.5, 0.5, textwrap.fill(text, 70), ha="center", va="center", transform=axis.transAxes)
    return save_figure(Drawn(figure, of_pictures=True), path, synthetic)
