"""Explain trained runs: weights and the images that the protocol reports come in, figures and tables go out.

For each run: Grad-CAM of some of them (gradcam.csv, gradcam.npz, figure gradcam), the most confident errors (errors),
what is taken for what (confusions.csv) and, if wanted, all samples by the features before the classifier
(embedding.csv, embedding.html, figure embedding; a vote of trained runs has no such features). Of visits, instead of
Grad-CAM and errors, the risk of single patients after each visit and what drove it (risk_over_time.csv, drivers.csv,
figure risk_over_time). One job explains all runs of a protocol, because loading the libraries is most of the cost. The
files of a figure: drawing.saving.
"""

import argparse
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workflow_scripts.contracts.arrays import SEQUENCE
from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.fold_files import FoldFiles
from workflow_scripts.contracts.record import make_record, write_record
from workflow_scripts.contracts.verified import require
from workflow_scripts.kinds.kind import CombinedKind
from workflow_scripts.kinds.step_settings.explain_settings import Explain, ExplainSettings, PictureScale
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.digests import input_digests
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file
from workflow_scripts.runtime.run_address import WEIGHTS_FILE, FoldSeed

if TYPE_CHECKING:
    import pandas as pd

    from workflow_scripts.drawing.scalebar import Scale
    from workflow_scripts.explanation.network_features import Seen
    from workflow_scripts.explanation.trained import Trained
    from workflow_scripts.explanation.voted import Voted
    from workflow_scripts.training.samples import Samples

ASKED = 32


def arguments() -> argparse.Namespace:
    """Command line of this step."""
    return entry.fold_parser(__doc__, "--runs", "--out").parse_args()


@dataclass(frozen=True)
class _Sheet:
    """Where a run's figures go, whether their data are synthetic, and the scale of each picture if it is known."""

    folder: Path
    synthetic: bool
    scales: "dict[str, Scale] | None"


def main(args: argparse.Namespace) -> None:
    """Write the files of each run and, last, record.json."""
    from workflow_scripts.training.samples import read_samples

    settings = parse(ExplainSettings, args.settings)
    samples = read_samples(args.dataset, args.arrays, args.split, settings.fold, args.masks)
    chosen = choose(samples, settings.explain.images, settings.reported)
    synthetic = require(args.dataset / "record.json", "manifest.csv")["synthetic"]
    inputs = FoldFiles.of(args).inputs
    of_visits = samples.arrays.description.kind == SEQUENCE
    scales = None if of_visits else _scales(args.dataset, settings.preprocess)
    worth: dict[str, dict[str, Any]] = {}
    outputs: dict[str, str] = {}
    for run in settings.explain.runs:
        explained, files = _read(args, settings, run, samples)
        sheet = _Sheet(args.out / run, synthetic, scales)
        if of_visits:
            worth[run], names = _explain_visits(explained, settings, sheet)
        else:
            worth[run], names = _explain(explained, settings.explain, chosen.index, sheet)
        inputs += [path for path in files if path not in inputs]
        outputs |= {f"{run}/{name}": digest_file(args.out / run / name) for name in names}
        entry.log.info(
            "explained %s on %s", run, f"{worth[run]['patients']} patients" if of_visits else f"{len(chosen)} images"
        )
    digests = input_digests(args.dataset.parent, inputs)
    write_record(args.out / "record.json", make_record(args.settings, args.code, digests, found=worth, outputs=outputs))


def _read(
    args: argparse.Namespace, settings: ExplainSettings, run: str, samples: "Samples"
) -> tuple["Trained | Voted", list[Path]]:
    """A run, trained or one of trained ones, and the files it was read from."""
    from workflow_scripts.explanation.trained import Trained
    from workflow_scripts.explanation.voted import Voted

    def folder(name: str) -> Path:
        return args.runs / name / str(FoldSeed(settings.fold, settings.seed))

    def trained(name: str) -> Trained:
        return Trained.read(settings, name, folder(name) / WEIGHTS_FILE, samples, args.device)

    spec = settings.specs[run].spec
    if not isinstance(spec, CombinedKind):
        return trained(run), [folder(run) / WEIGHTS_FILE]
    record = folder(run) / "record.json" if spec.explained_by_record else None
    shares = dict(zip(spec.explained_networks(run), spec.shares(record), strict=True))
    # What counts nothing explains nothing.
    counting = {name: share for name, share in shares.items() if share > 0}
    members = tuple(trained(name) for name in counting)
    files = [folder(name) / WEIGHTS_FILE for name in counting]
    return Voted(run, spec, members, tuple(counting.values())), [*files, *([record] if record else [])]


def _scales(dataset: Path, preprocess: PictureScale) -> "dict[str, Scale] | None":
    """Scale of each sample's picture, where the size of a pixel is known."""
    from workflow_scripts.contracts.dataset import read_manifest
    from workflow_scripts.drawing.scalebar import scales_of

    manifest = read_manifest(dataset)
    scales = scales_of(manifest, preprocess)
    return None if scales is None else dict(zip(manifest["id"], scales, strict=True))


def choose(samples: "Samples", count: int, subset: str) -> "pd.DataFrame":
    """Samples of a subset, in turn from the classes in their order, by an order of the ids only."""
    from workflow_scripts.training.randomness import keys_of

    reported = samples.table[samples.table["subset"] == subset]
    if reported.empty:
        raise UserError(f"the {subset} subset is empty; there is nothing to explain, take the runs out of explain.runs")
    ordered = reported.iloc[keys_of(reported["id"]).argsort(kind="stable")]
    piles = [ordered.index[ordered["label"] == name] for name in samples.classes]
    turns = [index for index in chain.from_iterable(zip_longest(*piles)) if index is not None]
    return samples.table.loc[turns[:count]]


def _explain(
    explained: "Trained | Voted", wanted: Explain, chosen: "pd.Index", sheet: _Sheet
) -> tuple[dict[str, Any], list[str]]:
    """Write a run's tables and figures; returns the numbers that say what they are worth, and the names of the files.

    Each sample is a picture.
    """
    embeds = wanted.embedding and explained.embeds
    judged, seen = explained.judge(embeds)
    empty, names = _gradcam(explained, judged, chosen, sheet)
    wrong, of_errors = _errors(explained, judged, wanted.errors, sheet)
    numbers: dict[str, Any] = {"empty_maps": empty, "wrong": wrong, "tested": len(judged)}
    names += of_errors
    if embeds:
        numbers["embedding"], embedded = _embedding(explained, judged, seen, sheet)
        names += embedded
    return numbers, names


def _explain_visits(
    explained: "Trained | Voted", settings: ExplainSettings, sheet: _Sheet
) -> tuple[dict[str, Any], list[str]]:
    """The same where a sample is the visits of a patient."""
    from workflow_scripts.explanation.patient_sheets import write_patients

    wanted = settings.explain
    of_patients, names = write_patients(explained, wanted, settings.risk, sheet.folder, sheet.synthetic)
    numbers = dict(of_patients)
    embeds = wanted.embedding and explained.embeds
    if embeds:
        numbers["embedding"], embedded = _embedding(explained, *explained.judge(True), sheet)
        names += embedded
    return numbers, names


def _gradcam(
    explained: "Trained | Voted", judged: "pd.DataFrame", chosen: "pd.Index", sheet: _Sheet
) -> tuple[dict[str, int], list[str]]:
    """Write table, maps and figure of the chosen rows; returns the number of empty maps by branch, and the files."""
    from workflow_scripts.contracts.explanation import GRADCAM, write_maps
    from workflow_scripts.explanation import figure
    from workflow_scripts.explanation.gradcam import refuse_empty, table

    rows = judged.loc[chosen]
    maps = explained.maps(rows)
    few = any(shown.empty == len(rows) for shown in maps.values())
    # Of a few images all maps may be empty by chance: whether a branch shows anything is asked of more.
    refuse_empty(
        explained.maps(judged.loc[choose(explained.samples, ASKED, explained.reported).index]) if few else maps,
        explained.run,
    )
    random = explained.random_maps(rows)
    GRADCAM.write(sheet.folder / "gradcam.csv", table(rows, maps, random))
    values = ({branch: shown.values for branch, shown in part.items()} for part in (maps, random))
    write_maps(sheet.folder / "gradcam.npz", rows["id"].tolist(), *values)
    caption = figure.CAPTION.format(run=explained.run, n=len(rows), of=explained.images_words)
    pictures = figure.pictures_of(explained.pixels(rows), rows, explained.classes, scales=sheet.scales)
    path = sheet.folder / "gradcam.png"
    paths = figure.draw(path, caption, pictures, figure.columns_of(maps, random), sheet.synthetic)
    empty = {branch: shown.empty for branch, shown in maps.items()}
    return empty, ["gradcam.csv", "gradcam.npz", *(path.name for path in paths)]


def _errors(explained: "Trained | Voted", judged: "pd.DataFrame", count: int, sheet: _Sheet) -> tuple[int, list[str]]:
    """Write table and figure; returns the number of wrongly classified images, and the files."""
    from workflow_scripts.contracts.explanation import CONFUSIONS
    from workflow_scripts.explanation import figure, misclassified

    table = misclassified.confusions(judged, explained.classes)
    CONFUSIONS.write(sheet.folder / "confusions.csv", table)
    rows = misclassified.confident_errors(judged, count)
    text = misclassified.caption(explained.run, judged, len(rows), explained.images_words)
    path = sheet.folder / "errors.png"
    if rows.empty:
        paths = misclassified.draw_none(path, text, sheet.synthetic)
    else:
        pictures = figure.pictures_of(explained.pixels(rows), rows, explained.classes, names=True, scales=sheet.scales)
        paths = figure.draw(path, text, pictures, figure.columns_of(explained.maps(rows)), sheet.synthetic)
    return int(table["count"].sum()), ["confusions.csv", *(path.name for path in paths)]


def _embedding(
    explained: "Trained | Voted", judged: "pd.DataFrame", seen: "Seen", sheet: _Sheet
) -> tuple[dict[str, Any], list[str]]:
    """Write table, figure and page of the features of all judged samples; returns their worth, and the files."""
    from workflow_scripts.contracts.explanation import EMBEDDING
    from workflow_scripts.explanation import scatter
    from workflow_scripts.explanation.embedding import embed
    from workflow_scripts.explanation.trained import Trained

    assert isinstance(explained, Trained) and seen.features is not None  # a vote embeds none
    trained, features, folder, synthetic = explained, seen.features, sheet.folder, sheet.synthetic
    training, classes = trained.weights.settings, trained.classes
    seed = training.seed_for("embedding")
    numbers = judged["label"].map(classes.index).to_numpy()
    embedded = embed(features, numbers, seed, trained.train.torch_threads, trained.run)
    table = judged[["id", "label", "predicted"]].assign(**dict(zip("xyz", embedded.positions.T, strict=True)))
    text = scatter.caption(trained.run, table, embedded, trained.images_words)
    EMBEDDING.write(folder / "embedding.csv", table)
    paths = scatter.draw(folder / "embedding.png", table, classes, text, synthetic)
    title = f"{training.study}: {trained.run} ({training.protocol})"
    scatter.write_page(folder / "embedding.html", table, classes, title, text, synthetic)
    return embedded.summary(), ["embedding.csv", "embedding.html", *(path.name for path in paths)]


if __name__ == "__main__":
    entry.run(main, arguments())
