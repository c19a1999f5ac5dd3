"""Evaluate all runs under one protocol, metrics with intervals and figures, and compare them on the same units.

In: units.csv and record.json of every run, fold and training seed, and history.csv of trained runs; the dataset's
manifest and record. Refused are runs made with other settings, that do not fit the manifest, or that judged other
units than the first run.
Out: metrics.json in the folder of each run, fold and seed; in --out for each run {run}/metrics.csv (each fold and
seed, and their mean as fold "all", seed "all"), {run}/metrics.json (the mean), {run}/confusion.png, roc.png,
reliability.png and, of trained runs, curves.png; for all runs together metrics.csv, comparison.csv (difference of the
headline metric from the reference run with interval, McNemar's test), comparison.png and delong.csv (every pair of
runs by DeLong's test, two classes only). Figures and comparisons are
of the subset that the protocol reports: the test subset, or where there is none the validation subset.

One job does them all, because loading the libraries is most of the cost, and because all runs share their draws.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from workflow_scripts.contracts import entry
from workflow_scripts.contracts.comparison import COMPARISON, DELONG
from workflow_scripts.contracts.files import write_json
from workflow_scripts.contracts.runs import HISTORY, METRICS
from workflow_scripts.contracts.seeds import seed_for
from workflow_scripts.contracts.subsets import REPORTED_WORDS
from workflow_scripts.evaluation import tables
from workflow_scripts.evaluation.bootstrap import Resampler
from workflow_scripts.evaluation.delong import delong_table
from workflow_scripts.evaluation.estimates import ALL, Result, estimate, rows
from workflow_scripts.evaluation.paired import compare
from workflow_scripts.evaluation.parts import rows as part_rows
from workflow_scripts.evaluation.sources import by_source
from workflow_scripts.evaluation.subgroups import by_subgroup, members
from workflow_scripts.evaluation.tables import Dataset, Key

SUBSETS = ("validation", "test")


@dataclass(frozen=True)
class Protocol:
    """What all runs of the protocol share: settings, dataset, folders, draws of each subset, members of subgroups."""

    settings: SimpleNamespace
    dataset: Dataset
    runs: Path
    out: Path
    resamplers: dict[str, Resampler]
    subgroups: dict[str, pd.Index]

    def title(self, run: str, n: int) -> str:
        """Heading of a figure of a run: what, of how many units, over which folds and seeds."""
        settings = self.settings
        folds, seeds = settings.folds, len(settings.seeds)
        several = [f"{folds} folds"] * (folds > 1) + [f"mean of {seeds} seeds"] * (seeds > 1)
        title = f"{run}, {settings.protocol}, {REPORTED_WORDS[settings.reported]}: {n} units"
        return title + (f" ({', '.join(several)})" if several else "")


def arguments() -> argparse.Namespace:
    """Command line of the step."""
    parser = entry.parser(__doc__)
    parser.add_argument("--dataset", required=True, type=Path, help="folder that ingest wrote")
    parser.add_argument("--runs", required=True, type=Path, help="folder of all runs of the protocol")
    parser.add_argument("--out", required=True, type=Path, help="folder of the evaluation of the protocol")
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    """Run the step; see the module's docstring."""
    settings, expects = entry.namespace(args.settings), args.settings["expects"]
    dataset = tables.read_dataset(args.dataset)
    units = read_runs(args.runs, settings, expects, dataset)
    resamplers = resamplers_of(units[settings.runs[0]], settings)
    subgroups = members(dataset, settings.evaluate.subgroups, settings.evaluate.aggregate)
    protocol = Protocol(settings, dataset, args.runs, args.out, resamplers, subgroups)
    metrics = pd.concat([evaluate_run(protocol, run, units[run]) for run in settings.runs])
    compare_runs(protocol, units, metrics)
    METRICS.write(args.out / "metrics.csv", metrics)


def read_runs(runs: Path, settings, expects: dict[str, dict[str, str]], dataset: Dataset) -> dict[str, dict]:
    """Run → (fold, seed) → units table; UserError names a run with other settings or other units than the first."""
    units: dict[str, dict[Key, pd.DataFrame]] = {}
    for run in settings.runs:
        tables.require_settings(runs / run, expects[run])
        units[run] = tables.read_units(
            runs / run, settings.folds, settings.seeds, dataset, settings.evaluate.aggregate, settings.reported
        )
        for key, frame in units[settings.runs[0]].items():
            tables.same_units(frame, units[run][key], f"run {run}, fold {key[0]}, seed {key[1]}")
    return units


def resamplers_of(units: dict[Key, pd.DataFrame], settings) -> dict[str, Resampler]:
    """The draws of each subset that has units, one for all runs: they judge the same units."""
    found = {}
    for subset in SUBSETS:
        frames = tables.subset_of(units, subset).values()
        if any(len(frame) for frame in frames):  # a protocol may do without a validation or a test subset
            rng = np.random.default_rng(seed_for(settings.study, settings.protocol, subset, settings.seed, "bootstrap"))
            found[subset] = Resampler(frames, settings.evaluate.bootstrap, rng)
    return found


def evaluate_run(protocol: Protocol, run: str, units: dict[Key, pd.DataFrame]) -> pd.DataFrame:
    """Write a run's metrics and figures; its metrics as a tidy table (contract METRICS)."""
    settings, dataset, out = protocol.settings, protocol.dataset, protocol.out / run
    options, results, sources, subgroups = settings.evaluate, {}, {}, {}
    for subset, resampler in protocol.resamplers.items():
        frames = tables.subset_of(units, subset)
        results[subset] = estimate(frames, resampler, dataset.classes, options.calibration_bins)
        sources[subset] = by_source(frames, resampler, dataset, options.aggregate)
        subgroups[subset] = by_subgroup(frames, resampler, protocol.subgroups, dataset.classes)
    for key in units:
        found = {subset: result[key].as_json() for subset, result in results.items()}
        write_json(tables.run_folder(protocol.runs / run, *key) / "metrics.json", found)
    reported = results[settings.reported][ALL]
    write_figures(protocol, run, tables.subset_of(units, settings.reported), reported)
    write_json(out / "metrics.json", {subset: result[ALL].as_json() for subset, result in results.items()})
    tidy = [
        rows(results, settings.protocol, run),
        part_rows(sources, settings.protocol, run, "source"),
        part_rows(subgroups, settings.protocol, run, "subgroup"),
    ]
    table = pd.concat([part for part in tidy if len(part)])
    METRICS.write(out / "metrics.csv", table)
    shown = reported.overall[options.headline]
    entry.log.info(
        "%s: %s %.4f [%.4f, %.4f]",
        protocol.title(run, shown.n),
        options.headline,
        shown.value,
        shown.low,
        shown.high,
    )
    return table


def write_figures(protocol: Protocol, run: str, frames: dict[Key, pd.DataFrame], result: Result) -> None:
    """The figures of a run's reported subset, and the training curves of a trained run."""
    from workflow_scripts.evaluation import figures
    from workflow_scripts.reporting.style import save_figure

    settings, classes = protocol.settings, protocol.dataset.classes
    title = protocol.title(run, result.overall["accuracy"].n)
    bins, resampler = settings.evaluate.calibration_bins, protocol.resamplers[settings.reported]
    aucs = {name: each["auc"] for name, each in result.per_class.items()}
    made = {
        "confusion": figures.confusion_figure(figures.confusion(frames, classes), classes, title),
        "roc": figures.roc_figure(frames, classes, aucs, result.overall["macro_auc"], title),
        "reliability": figures.reliability_figure(frames, resampler, bins, result.overall["ece"], title),
    }
    if run in settings.trained:
        folders = {key: tables.run_folder(protocol.runs / run, *key) for key in frames}
        histories = {key: HISTORY.read(folder / "history.csv") for key, folder in folders.items()}
        made["curves"] = figures.curves_figure(histories, f"{run}, {settings.protocol}")
    for name, figure in made.items():
        save_figure(figure, protocol.out / run / f"{name}.png", made=protocol.dataset.made)


def compare_runs(protocol: Protocol, units: dict[str, dict[Key, pd.DataFrame]], metrics: pd.DataFrame) -> None:
    """Write comparison.csv, comparison.png and delong.csv: runs against each other on the reported subset."""
    from workflow_scripts.evaluation.forest import forest_figure
    from workflow_scripts.reporting.style import save_figure

    settings, reported = protocol.settings, protocol.settings.reported
    options = settings.evaluate
    reference = options.reference or settings.runs[0]
    frames = {run: tables.subset_of(found, reported) for run, found in units.items()}
    compared = compare(frames, reference, options.headline, settings.protocol, protocol.resamplers[reported])
    chosen = metrics["fold"].eq(ALL) & metrics["subset"].eq(reported) & metrics["level"].eq("overall")
    headline = metrics[chosen & metrics["metric"].eq(options.headline)]
    pooled = compared[compared["seed"] == ALL]
    title = f"{settings.protocol}, {REPORTED_WORDS[reported]}: {int(headline['n'].iloc[0])} units"
    title += f", {settings.folds} fold(s), {len(settings.seeds)} seed(s)"
    COMPARISON.write(protocol.out / "comparison.csv", compared)
    DELONG.write(protocol.out / "delong.csv", delong_table(frames, settings.protocol, protocol.dataset.classes))
    figure = forest_figure(headline, pooled, reference, title)
    save_figure(figure, protocol.out / "comparison.png", made=protocol.dataset.made)
    entry.log.info("%s: %d runs compared with %s", settings.protocol, len(settings.runs) - 1, reference)


if __name__ == "__main__":
    entry.run(main, arguments())
