"""Grad-CAM of new images: one of each predicted class, and those in the most doubt."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.application.new_pictures import PictureReader
from workflow_scripts.drawing.label_text import Labels, readable
from workflow_scripts.explanation import figure
from workflow_scripts.explanation.gradcam import gradcam
from workflow_scripts.explanation.target_layers import target_layers
from workflow_scripts.models.build import random_network
from workflow_scripts.models.input_shape import InputShape
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.training.finished import Network

log = logging.getLogger("workflow_scripts")


def chosen(table: pd.DataFrame, doubtful: int) -> pd.DataFrame:
    """Of the contract APPLIED: for each predicted class the surest image, then the `doubtful` ones in most doubt."""
    surest = table.sort_values(["doubt", "path"]).drop_duplicates("predicted").sort_values("predicted")
    by_doubt = table.drop(surest.index).sort_values(["doubt", "path"], ascending=[False, True])
    return pd.concat([surest, by_doubt.head(doubtful)])


def draw(path: Path, reader: PictureReader, network: Network, table: pd.DataFrame, total: int) -> list[Path]:
    """Write Grad-CAM of the images in `table` (rows of APPLIED); the images alone where no layer has one.

    `path` is the PNG; returned are all files of the figure.
    """
    run = reader.run
    classes = run.weights.classes
    images = np.stack([reader.again(name).pixels for name in table["path"]])
    pictures = [
        figure.Picture(image, figure.wrapped(_lines(row, Labels(classes))), bool(row["why"]))
        for image, (_, row) in zip(images, table.iterrows(), strict=True)
    ]
    numbers = {"run": run.settings.run, "n": len(images), "total": total}
    shape = InputShape.of(run.array)
    untrained = random_network(run.settings.spec, len(classes), shape, 0)
    try:
        targets = target_layers(untrained, shape)
    except UserError as error:
        # The predictions are worth having without it.
        log.warning("no Grad-CAM: %s", str(error).partition(";")[0])
        return figure.draw(path, figure.CAPTION_BARE.format(**numbers), pictures, [], run.synthetic)
    batches = network.batches(images, table["path"].tolist(), run.masks(images))
    predicted = table["predicted"].map(classes.index).to_numpy()
    maps = gradcam(network.model, batches.batch(np.arange(len(images))).inputs[0], predicted, targets)
    return figure.draw(path, figure.CAPTION_NEW.format(**numbers), pictures, figure.columns_of(maps), run.synthetic)


def _lines(row: pd.Series, labels: Labels) -> list[str]:
    predicted = row["predicted"]
    return [
        readable(str(row["path"])),
        f"predicted: {labels[predicted]}",
        f"probability {row[f'p_{predicted}']:.2f}",
        *(["out of distribution"] if row["why"] else []),
    ]
