"""What the page of new images shows, put together from the table of predictions and the study's files."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from workflow_scripts.application.learned_from import LearnedFrom
from workflow_scripts.application.new_pictures import PictureReader
from workflow_scripts.contracts.record import read_view
from workflow_scripts.contracts.run_tables import METRICS
from workflow_scripts.contracts.split_record import SplitRecord
from workflow_scripts.data.out_of_distribution import WITHIN
from workflow_scripts.evaluation.label_agreement import agreement
from workflow_scripts.reporting import formatting
from workflow_scripts.reporting.pages.new_images_page import NewImage, NewImages, Worth
from workflow_scripts.reporting.pages.page_figure import page_figure, pixels_uri
from workflow_scripts.runtime.study_paths import StudyPaths

# A page of more is not looked through; predictions.csv has all.
MOST_SHOWN = 120
# Classes named beside the predicted one.
OTHERS = 2


def page_content(
    name: str,
    reader: PictureReader,
    learned: LearnedFrom,
    table: pd.DataFrame,
    labels: Mapping[str, str],
    gradcam: Path,
    passed_over: int,
) -> NewImages:
    """Of the contract APPLIED, labels by path (none: empty), the figure of Grad-CAM, and a number of files."""
    run, classes = reader.run, reader.run.weights.classes
    by_doubt = table.sort_values(["doubt", "path"], ascending=[False, True]).head(MOST_SHOWN)
    predicted = table["predicted"].value_counts()
    return NewImages(
        name=name,
        study=run.settings.study,
        run=run.settings.run,
        protocol=run.settings.protocol,
        synthetic=run.synthetic,
        images=tuple(_image(row, reader, labels) for _, row in by_doubt.iterrows()),
        total=len(table),
        refused=len(reader.refused),
        passed_over=passed_over,
        out_of_distribution=int((table["out_of_distribution"] == "yes").sum()),
        copies=int((table["copy_of"] != "").sum()),
        counts={class_name: int(predicted.get(class_name, 0)) for class_name in classes},
        learned=learned.counts(),
        worth=worth_of(run.study, run.settings.run, run.settings.protocol),
        gradcam=page_figure(gradcam, gradcam.parent),
        usual=1 - WITHIN,
        scores=agreement(table, labels, classes),
        scores_without_copies=agreement(table[table["copy_of"] == ""], labels, classes),
        labelled_unread=len(labels.keys() - set(table["path"])),
    )


def _image(row: pd.Series, reader: PictureReader, labels: Mapping[str, str]) -> NewImage:
    by_class = {name: float(row[f"p_{name}"]) for name in reader.run.weights.classes}
    probability = by_class.pop(row["predicted"])
    next_classes = sorted(by_class.items(), key=lambda pair: -pair[1])[:OTHERS]
    return NewImage(
        path=row["path"],
        uri=pixels_uri(reader.again(row["path"]).pixels),
        predicted=row["predicted"],
        probability=probability,
        next_classes=tuple(next_classes),
        doubt=float(row["doubt"]),
        why=formatting.with_minus(row["why"]),
        copy_of=row["copy_of"],
        label=labels.get(row["path"], ""),
    )


def worth_of(study: Path, run: str, applied: str) -> tuple[Worth, ...]:
    """Accuracy of a run on test samples, by split; empty where the study has not been evaluated.

    `study`: the folder of its results; `applied`: the protocol whose network is applied. Protocols that turned out to
    be one split with one result stand in one row.
    """
    paths = StudyPaths(study)
    by_split: dict[tuple[str, float, int], Worth] = {}
    for metrics in sorted((study / "evaluation").glob("*/metrics.csv")):
        protocol, table = metrics.parent.name, METRICS.read(metrics)
        overall = table[(table["run"] == run) & (table["metric"] == "accuracy")]
        overall = overall.query("fold == 'all' and seed == 'all' and subset == 'test' and level == 'overall'")
        for _, row in overall.iterrows():
            record = read_view(SplitRecord, paths.split_record(protocol))
            low, high = (None if pd.isna(end) else float(end) for end in (row["low"], row["high"]))
            leaks = sum(record.leaks.values())
            worth = Worth((protocol,), float(row["value"]), low, high, int(row["n"]), leaks, protocol == applied)
            key = record.outputs[f"{protocol}.csv"], worth.value, worth.n
            by_split[key] = worth.joined(by_split.get(key))
    return tuple(by_split.values())
