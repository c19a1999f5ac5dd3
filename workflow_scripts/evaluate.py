"""Evaluate one run under one protocol: metrics with intervals, and figures.

In: units.csv and record.json of every fold and training seed of the run; with --curves also history.csv; the dataset's
manifest and record. Refused are runs made with other settings, or that do not fit the manifest.
Out: metrics.json in the folder of each fold and seed; in --out metrics.csv (each fold and seed, and their mean as fold
"all", seed "all"), metrics.json (the mean), confusion.png, roc.png, reliability.png and, with --curves, curves.png.
Figures are of the subset that the protocol reports: the test subset, or where there is none the validation subset.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts import entry
from workflow_scripts.contracts.files import write_json
from workflow_scripts.contracts.runs import HISTORY, METRICS
from workflow_scripts.contracts.seeds import seed_for
from workflow_scripts.contracts.subsets import REPORTED_WORDS
from workflow_scripts.evaluation import tables
from workflow_scripts.evaluation.bootstrap import Resampler
from workflow_scripts.evaluation.estimates import ALL, estimate, rows
from workflow_scripts.evaluation.sources import by_source
from workflow_scripts.evaluation.sources import rows as source_rows

SUBSETS = ("validation", "test")


def arguments() -> argparse.Namespace:
    """Command line of the step."""
    parser = entry.parser(__doc__)
    parser.add_argument("--dataset", required=True, type=Path, help="folder that ingest wrote")
    parser.add_argument("--runs", required=True, type=Path, help="folder of the run, with its folds and seeds")
    parser.add_argument("--out", required=True, type=Path, help="folder of the evaluation of the run")
    parser.add_argument("--curves", action="store_true", help="draw curves.png from history.csv: trained runs only")
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    """Run the step; see the module's docstring."""
    settings = entry.namespace(args.settings)
    options = settings.evaluate
    dataset = tables.read_dataset(args.dataset)
    tables.require_settings(args.runs, args.settings["expects"])
    units = tables.read_units(args.runs, settings.folds, settings.seeds, dataset, options.aggregate, settings.reported)
    results, draws, sources = {}, {}, {}
    for subset in SUBSETS:
        frames = tables.subset_of(units, subset)
        if not any(len(frame) for frame in frames.values()):
            continue  # a protocol may do without a validation or a test subset
        rng = np.random.default_rng(seed_for(settings.study, settings.protocol, subset, settings.seed, "bootstrap"))
        draws[subset] = Resampler(frames.values(), options.bootstrap, rng)
        results[subset] = estimate(frames, draws[subset], dataset.classes, options.calibration_bins)
        sources[subset] = by_source(frames, draws[subset], dataset, options.aggregate)
    for key in units:
        found = {subset: result[key].as_json() for subset, result in results.items()}
        write_json(tables.run_folder(args.runs, *key) / "metrics.json", found)
    reported = settings.reported
    write_figures(args, settings, dataset, tables.subset_of(units, reported), draws[reported], results[reported][ALL])
    write_json(args.out / "metrics.json", {subset: result[ALL].as_json() for subset, result in results.items()})
    tidy = [rows(results, settings.protocol, settings.run), source_rows(sources, settings.protocol, settings.run)]
    METRICS.write(args.out / "metrics.csv", pd.concat([table for table in tidy if len(table)]))
    shown = results[reported][ALL].overall[options.headline]
    entry.log.info(
        "%s, %s: %s: %s %.4f [%.4f, %.4f], n = %d, %d fold(s), %d seed(s)",
        settings.run,
        settings.protocol,
        REPORTED_WORDS[reported],
        options.headline,
        shown.value,
        shown.low,
        shown.high,
        shown.n,
        settings.folds,
        len(settings.seeds),
    )


def write_figures(args, settings, dataset, frames, resampler, result) -> None:
    """The figures of the reported subset, and the training curves of a trained run."""
    from workflow_scripts.evaluation import figures
    from workflow_scripts.reporting.style import save_figure

    n = result.overall["accuracy"].n
    title = f"{settings.run}, {settings.protocol}, {REPORTED_WORDS[settings.reported]}: {n} units"
    several = [f"{settings.folds} folds"] * (settings.folds > 1) + [f"mean of {len(settings.seeds)} seeds"] * (
        len(settings.seeds) > 1
    )
    title += f" ({', '.join(several)})" if several else ""
    bins = settings.evaluate.calibration_bins
    aucs = {name: each["auc"] for name, each in result.per_class.items()}
    counts = figures.confusion(frames, dataset.classes)
    made = {
        "confusion": figures.confusion_figure(counts, dataset.classes, title),
        "roc": figures.roc_figure(frames, dataset.classes, aucs, result.overall["macro_auc"], title),
        "reliability": figures.reliability_figure(frames, resampler, bins, result.overall["ece"], title),
    }
    if args.curves:
        histories = {key: HISTORY.read(tables.run_folder(args.runs, *key) / "history.csv") for key in frames}
        made["curves"] = figures.curves_figure(histories, f"{settings.run}, {settings.protocol}")
    for name, figure in made.items():
        save_figure(figure, args.out / f"{name}.png", made=dataset.made)


if __name__ == "__main__":
    entry.run(main, arguments())
