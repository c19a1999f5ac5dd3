"""Apply a finished, trained run to a folder of new images.

In: the run's folder, the folder of images, and from the study's results the way its images were packed and the training
images themselves. Out, in results/<study>/predict/<name>/: predictions.csv (a row for each image, with a warning where
it is out of the training distribution, and the sample that was learned from of which it is a copy), quarantine.csv
(files that cannot be read, and those passed over), the figure gradcam (the first images) and, last, record.json.
"""

import argparse
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.fold_files import FoldFiles
from workflow_scripts.contracts.record import make_record, write_record
from workflow_scripts.data.new_images import image_files, warn_of_formulas, warn_of_passed_over
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.digests import input_digests
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file
from workflow_scripts.runtime.run_address import WEIGHTS_FILE
from workflow_scripts.runtime.study_paths import StudyPaths

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from workflow_scripts.data.out_of_distribution import TrainingDistribution
    from workflow_scripts.training.finished import FinishedRun, Network

TABLES = ("predictions.csv", "quarantine.csv")
AT_A_TIME = 64
# What the record counts, and the list of _Judged that is counted.
COUNTED = {"read": "paths", "refused": "refused", "passed_over": "passed_over"}


def arguments() -> argparse.ArgumentParser:
    """Command line of this step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="results/<study>/runs/<protocol>/<run>/fold0-seed0")
    parser.add_argument("--images", type=Path, required=True, help="folder with image files, in any folders below it")
    parser.add_argument("--name", required=True, help="name of the folder that receives the predictions")
    parser.add_argument("--sheet", type=int, default=6, help="images shown with Grad-CAM (default: 6)")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--log", type=Path, default=Path("logs/apply.log"), help="log file, with tracebacks")
    return parser


@dataclass
class _Judged:
    """Readable images, in lists of equal length, the pixels of the first ones, and files without a prediction.

    `records`: what copies are found by, see data.copies.keypoints.

    `refused` and `passed_over`: path, reason, detail of each.
    """

    paths: list[str] = field(default_factory=list)
    probabilities: list["np.ndarray"] = field(default_factory=list)
    why: list[str] = field(default_factory=list)
    shown: list["np.ndarray"] = field(default_factory=list)
    records: list["np.ndarray"] = field(default_factory=list)
    refused: list[tuple[str, str, str]] = field(default_factory=list)
    passed_over: list[tuple[str, str, str]] = field(default_factory=list)
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)


def main(args: argparse.Namespace) -> None:
    """Run the step; see the module's docstring."""
    from workflow_scripts.contracts.dataset import QUARANTINE
    from workflow_scripts.contracts.explanation import APPLIED
    from workflow_scripts.data.out_of_distribution import WITHIN
    from workflow_scripts.training.finished import FinishedRun, Network

    if args.sheet < 1:
        raise UserError("--sheet: show at least 1 image")
    paths, passed_over = image_files(args.images)
    run = FinishedRun.read(args.run)
    out = _new_folder(run.study, args.name)
    network = Network.of(run, args.device)
    distribution = _training_distribution(run)
    judged = _predict(args, paths, run, network, distribution)
    judged.passed_over += passed_over
    QUARANTINE.write(out / "quarantine.csv", _quarantine([*judged.refused, *judged.passed_over]))
    warn_of_passed_over(judged.passed_over)
    warn_of_formulas(paths)
    if not judged.paths:
        raise UserError(f"none of the {len(paths)} files can be read; {out / 'quarantine.csv'} says why")
    table = _table(judged, run.weights.classes).assign(copy_of=_copies(run, judged))
    APPLIED.write(out / "predictions.csv", table)
    drawn = _draw(out / "gradcam.png", run, network, table, judged)
    outside = int((table["out_of_distribution"] == "yes").sum())
    _write_record(args, run, judged, outside, [*(out / name for name in TABLES), *drawn])
    log = entry.log.warning if outside else entry.log.info
    log(
        "%s: %d images, %d refused, %d (%.1f %%) out of the training distribution (of these themselves %.1f %%)",
        out,
        len(table),
        len(judged.refused),
        outside,
        100 * outside / len(table),
        100 * (1 - WITHIN),
    )


def _new_folder(study: Path, name: str) -> Path:
    """Where the predictions go; UserError for a name that is none or is taken."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name):
        raise UserError(f"--name {name!r}: use a-z, 0-9, _ and -, a letter or digit first")
    folder = study / "predict" / name
    if (folder / "record.json").exists():
        raise UserError(f"{folder} holds predictions already; choose another --name or delete the folder")
    return folder


def _training_distribution(run: "FinishedRun") -> "TrainingDistribution":
    """What the images look like that the run has learned from."""
    from workflow_scripts.contracts.arrays import open_arrays
    from workflow_scripts.contracts.dataset import read_manifest
    from workflow_scripts.data.fold_samples import read_fold
    from workflow_scripts.data.out_of_distribution import TrainingDistribution, statistics_of_rows

    paths = StudyPaths(run.study)
    _, table = read_fold(paths.dataset, paths.arrays, paths.split(run.settings.protocol), run.settings.fold)
    images = open_arrays(run.study / "arrays").data
    table = table[table["subset"] == "train"]
    sizes = read_manifest(run.study / "dataset").set_index("id").loc[table["id"]]
    ratios = (sizes["width"] / sizes["height"]).to_numpy()
    return TrainingDistribution.of(statistics_of_rows(images, table["first"].to_numpy(), ratios))


def _copies(run: "FinishedRun", judged: _Judged) -> list[str]:
    """For each image the id of the training or validation sample of which it is a copy; empty where of none."""
    import numpy as np

    from workflow_scripts.contracts.arrays import open_arrays
    from workflow_scripts.data.copies.across_sets import COMPARING_MINUTES, PictureSet, copies_across
    from workflow_scripts.data.copies.keypoints import RECORD
    from workflow_scripts.data.copies.learned_copies import learned_samples, pictures_of
    from workflow_scripts.data.copies.time_budget import TimeBudget

    paths, budget = StudyPaths(run.study), TimeBudget(COMPARING_MINUTES)
    files = FoldFiles(paths.dataset, paths.arrays, paths.split(run.settings.protocol))
    table = learned_samples(files, run.settings.fold)
    learned = pictures_of(open_arrays(paths.arrays), table, budget)
    across = copies_across(learned, PictureSet(np.array(judged.records, RECORD), len(judged.records)), budget)
    if left := across.findings.left_words:
        entry.log.warning("not compared with what was learned from, for the time was over: %s", left)
    copies = across.learned_of
    if copies:
        entry.log.warning("%d images are copies of some that were learned from; see copy_of", len(copies))
    ids = table["id"].tolist()
    return [ids[copies[row]] if row in copies else "" for row in range(len(judged.paths))]


def _predict(
    args: argparse.Namespace,
    paths: list[str],
    run: "FinishedRun",
    network: "Network",
    distribution: "TrainingDistribution",
) -> _Judged:
    """Read, judge and classify the images, a few at a time."""
    import numpy as np

    from workflow_scripts.data.copies.keypoints import record_of
    from workflow_scripts.data.out_of_distribution import statistics

    judged = _Judged()
    for start in range(0, len(paths), AT_A_TIME):
        read = list(_read(args.images, paths[start : start + AT_A_TIME], run, judged))
        if read:
            names, pixels, ratios = zip(*read, strict=True)
            images = np.stack(pixels)
            judged.paths += names
            judged.probabilities += list(network.probabilities(images, names, run.masks(images)))
            judged.why += distribution.reasons(statistics(images, np.array(ratios)))
            judged.records += map(record_of, pixels)
            judged.shown += pixels[: args.sheet - len(judged.shown)]
    return judged


def _read(
    folder: Path, paths: list[str], run: "FinishedRun", judged: _Judged
) -> Iterator[tuple[str, "np.ndarray", float]]:
    """Path, pixels and width / height of each file that can be read; the others are noted as refused."""
    from workflow_scripts.data.raw_folders import printable
    from workflow_scripts.data.readers.image_reader import ImageReader
    from workflow_scripts.data.readers.reader_interface import RefusedSampleError
    from workflow_scripts.preprocessing.packing import packed

    limits = replace(run.packer.limits(None), max_megapixels=run.max_megapixels)
    for path in paths:
        try:
            if printable(path) != path:
                raise RefusedSampleError("unreadable", "the file's name is not UTF-8")
            with ImageReader().open(folder / path, limits) as opened:
                judged.digest.update(f"{path} {opened.digest(None)}\n".encode())
                picture = opened.picture(None)
            yield path, packed(picture, run.packer.packing), picture.width / picture.height
        except RefusedSampleError as refusal:
            judged.refused.append((printable(path), refusal.reason, refusal.detail))


def _quarantine(refused: list[tuple[str, str, str]]) -> "pd.DataFrame":
    import pandas as pd

    from workflow_scripts.data.raw_folders import printable

    rows = [(printable(path), reason, detail) for path, reason, detail in sorted(refused)]
    return pd.DataFrame(rows, columns=["path", "reason", "detail"])


def _table(judged: _Judged, classes: list[str]) -> "pd.DataFrame":
    """Contract APPLIED."""
    import numpy as np
    import pandas as pd

    from workflow_scripts.contracts.run_tables import class_columns

    p = np.stack(judged.probabilities)
    table = pd.DataFrame({"path": judged.paths, "predicted": [classes[number] for number in p.argmax(axis=1)]})
    table = table.assign(out_of_distribution=["yes" if why else "no" for why in judged.why], why=judged.why)
    return pd.concat([table, pd.DataFrame(p, columns=class_columns(classes))], axis=1)


def _draw(path: Path, run: "FinishedRun", network: "Network", table: "pd.DataFrame", judged: _Judged) -> list[Path]:
    """Grad-CAM of the first images, with what was predicted, and whether they are out of distribution; its files."""
    import numpy as np

    from workflow_scripts.drawing.label_text import Labels, readable
    from workflow_scripts.explanation import figure
    from workflow_scripts.explanation.gradcam import gradcam
    from workflow_scripts.explanation.target_layers import target_layers
    from workflow_scripts.models.build import random_network
    from workflow_scripts.models.input_shape import InputShape

    labels = Labels(run.weights.classes)
    images, paths = np.stack(judged.shown), judged.paths[: len(judged.shown)]
    p = np.stack(judged.probabilities[: len(images)])
    pictures = []
    for image, row, most in zip(images, table.head(len(images)).itertuples(), p.max(axis=1), strict=True):
        lines = [
            readable(row.path),
            f"predicted: {labels[row.predicted]}",
            f"p = {most:.2f}",
            *(["out of distribution"] if row.why else []),
        ]
        pictures.append(figure.Picture(image, figure.wrapped(lines), bool(row.why)))
    numbers = {"run": run.settings.run, "n": len(images), "total": len(table)}
    shape = InputShape.of(run.array)
    untrained = random_network(run.settings.spec, p.shape[1], shape, 0)
    try:
        targets = target_layers(untrained, shape)
    except UserError as error:
        # The predictions are worth having without it.
        entry.log.warning("no Grad-CAM: %s", str(error).partition(";")[0])
        return figure.draw(path, figure.CAPTION_BARE.format(**numbers), pictures, [], run.synthetic)
    batch = network.batch(images, paths, run.masks(images))
    columns = figure.columns_of(gradcam(network.model, batch, p.argmax(axis=1), targets))
    return figure.draw(path, figure.CAPTION_NEW.format(**numbers), pictures, columns, run.synthetic)


def _write_record(
    args: argparse.Namespace, run: "FinishedRun", judged: _Judged, outside: int, outputs: list[Path]
) -> None:
    from workflow_scripts.data.out_of_distribution import WITHIN
    from workflow_scripts.settings.code import code_digest
    from workflow_scripts.training.feeders.feeder_registry import feeder_module

    split = StudyPaths(run.study).split(run.settings.protocol)
    used = [run.folder / "record.json", run.folder / WEIGHTS_FILE, run.study / "arrays" / "record.json", split]
    record = make_record(
        {
            **plain(run.settings),
            "preprocess": plain(run.packer.packing),
            "name": args.name,
            "sheet": args.sheet,
            "within": WITHIN,
        },
        code_digest("workflow_scripts.commands.apply", feeder_module(run.array.kind)),
        input_digests(run.study, used),
        synthetic=run.synthetic,
        images={
            **{name: len(getattr(judged, lines)) for name, lines in COUNTED.items()},
            "out_of_distribution": outside,
        },
        images_sha256=judged.digest.hexdigest(),
        outputs={path.name: digest_file(path) for path in outputs},
    )
    write_record(outputs[0].with_name("record.json"), record)


if __name__ == "__main__":
    entry.run(main, arguments().parse_args())
