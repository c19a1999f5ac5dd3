"""All runs of a protocol judged by the same draws: the tables of an evaluation, without its figures."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts.comparison_table import COMPARISON, DELONG
from workflow_scripts.contracts.risk_table import RISK, RISK_CURVES
from workflow_scripts.contracts.run_tables import ALL, METRICS, of_known_outcome
from workflow_scripts.contracts.statistics_table import STATISTICS
from workflow_scripts.contracts.step_settings.evaluate_settings import EvaluateSettings
from workflow_scripts.contracts.subsets import REPORTED_WORDS, marked
from workflow_scripts.drawing.label_text import shortened
from workflow_scripts.evaluation import metric_tables
from workflow_scripts.evaluation.bootstrap import Resampler, subset_draws
from workflow_scripts.evaluation.by_source import by_source
from workflow_scripts.evaluation.chart_rows import write_chart_rows, write_training_curves
from workflow_scripts.evaluation.class_statistics import class_statistics
from workflow_scripts.evaluation.delong import delong_table
from workflow_scripts.evaluation.estimates import Measuring, Result, estimate, rows
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.metric_registry import load
from workflow_scripts.evaluation.metric_tables import Dataset
from workflow_scripts.evaluation.paired import compare
from workflow_scripts.evaluation.parts import rows as part_rows
from workflow_scripts.evaluation.risk_curves import curves
from workflow_scripts.evaluation.risk_groups import RiskGroups
from workflow_scripts.evaluation.subgroups import by_subgroup, members
from workflow_scripts.evaluation.training_copies import parts_by_copies
from workflow_scripts.evaluation.variance_parts import variance_parts
from workflow_scripts.runtime.files import write_json

SUBSETS = ("validation", "test")


@dataclass(frozen=True)
class Protocol:
    """What all runs of the protocol share: settings, dataset, folders, units, draws of each subset, subgroups.

    units: by run; subgroups: name → ids of its members.
    """

    settings: EvaluateSettings
    dataset: Dataset
    runs: Path
    out: Path
    units: dict[str, Grid]
    resamplers: dict[str, Resampler]
    subgroups: dict[str, pd.Index]

    @property
    def reference(self) -> str:
        """The run that the others are compared with."""
        return self.settings.evaluate.reference or self.settings.runs[0]

    @property
    def reported_words(self) -> str:
        """What the numbers are of, for titles of figures."""
        return marked(REPORTED_WORDS[self.settings.reported], self.settings.resample)

    def title(self, run: str, n: int) -> str:
        """Heading of a figure of a run: what, of how many units, over which folds and seeds."""
        settings = self.settings
        folds, seeds = settings.folds, len(settings.seeds)
        repeated = f"{settings.repeats} times " * (settings.repeats > 1)
        several = [f"{repeated}{folds // settings.repeats} folds"] * (folds > 1) + [f"mean of {seeds} seeds"] * (
            seeds > 1
        )
        title = f"{shortened(run)}, {settings.protocol}, {self.reported_words}: {n} units"
        return title + (f" ({', '.join(several)})" if several else "")


def read_protocol(settings: EvaluateSettings, dataset: Path, runs: Path, out: Path) -> Protocol:
    """Read the units of all runs of a protocol.

    `dataset`, `runs`: folders that ingest and the runs wrote; `out`: folder of
    the evaluation. UserError names a run with other settings, or that judged other units than the first.
    """
    samples = metric_tables.read_dataset(dataset)
    units = _read_runs(runs, settings, samples)
    resamplers = _resamplers(units[settings.runs[0]], settings)
    subgroups = members(samples, settings.evaluate.subgroups, settings.evaluate.aggregate)
    return Protocol(settings, samples, runs, out, units, resamplers, subgroups)


def _read_runs(runs: Path, settings: EvaluateSettings, dataset: Dataset) -> dict[str, Grid]:
    units: dict[str, Grid] = {}
    for run in settings.runs:
        metric_tables.require_settings(runs / run, settings.expects[run])
        units[run] = metric_tables.read_units(
            *(runs / run, settings.folds, settings.seeds, dataset),
            *(settings.evaluate.aggregate, settings.reported, settings.repeats),
        )
        for key, frame in units[settings.runs[0]].items():
            metric_tables.same_units(frame, units[run][key], f"run {run}, fold {key[0]}, seed {key[1]}")
    return units


def _resamplers(units: Grid, settings: EvaluateSettings) -> dict[str, Resampler]:
    """The draws of each subset that has units, one for all runs: they judge the same units."""
    resamplers = {}
    for subset in SUBSETS:
        grid = units.subset(subset)
        # A protocol may do without a validation or a test subset, and of a small one all may be lost.
        if all(of_known_outcome(table).any() for table in grid.values()):
            purpose = settings.study, settings.protocol, subset, settings.seed
            resamplers[subset] = subset_draws(grid.values(), settings.evaluate.bootstrap, *purpose)
    return resamplers


def write_run(protocol: Protocol, run: str) -> tuple[pd.DataFrame, Result]:
    """Write the metrics of a run, as JSON also of each fold and seed, and the numbers that its figures show.

    Of a risk these are risk.csv and risk_curves.csv too. Returns the metrics as a tidy table (contract METRICS), and
    the mean over folds and seeds of the reported subset.
    """
    settings, dataset, out = protocol.settings, protocol.dataset, protocol.out / run
    options, results, sources, subgroups = settings.evaluate, {}, {}, {}
    measuring = Measuring(dataset.classes, options.calibration_bins, tuple(map(load, options.metrics)))
    copies = parts_by_copies(protocol.runs / run, protocol.units[run], options.aggregate)
    for subset, resampler in protocol.resamplers.items():
        grid = protocol.units[run].subset(subset)
        results[subset] = estimate(grid, resampler, measuring)
        sources[subset] = by_source(grid, resampler, dataset, options.aggregate)
        subgroups[subset] = by_subgroup(grid, resampler, protocol.subgroups | copies, dataset.classes)
    for key in protocol.units[run]:
        measured = {subset: result[key].as_json() for subset, result in results.items()}
        write_json(metric_tables.metrics_file(out, *key), measured)
    write_json(out / "metrics.json", {subset: result[ALL].as_json() for subset, result in results.items()})
    tidy = [
        rows(results, settings.protocol, run),
        part_rows(sources, settings.protocol, run, "source"),
        part_rows(subgroups, settings.protocol, run, "subgroup"),
    ]
    table = pd.concat([part for part in tidy if len(part)])
    METRICS.write(out / "metrics.csv", table)
    STATISTICS.write(out / "statistics.csv", statistics(protocol, run))
    if groups := risk_groups(protocol, run):
        RISK.write(out / "risk.csv", groups.rows(settings.protocol, run, settings.reported))
        RISK_CURVES.write(out / "risk_curves.csv", curves(groups, options.calibration_bins))
    reported, drawing = protocol.units[run].subset(settings.reported), protocol.resamplers[settings.reported]
    write_chart_rows(out, reported, dataset.classes, drawing, options.calibration_bins, settings.reported)
    if run in settings.trained:
        write_training_curves(out, protocol.runs, run, list(protocol.units[run]))
    return table, results[settings.reported][ALL]


def statistics(protocol: Protocol, run: str) -> pd.DataFrame:
    """Contract STATISTICS: of every class against the rest (of two the last), and what the headline varies with."""
    settings, options, classes = protocol.settings, protocol.settings.evaluate, protocol.dataset.classes
    grid, resampler = protocol.units[run].subset(settings.reported), protocol.resamplers[settings.reported]
    numbers = range(1, 2) if len(classes) == 2 else range(len(classes))
    by_class = class_statistics(grid, numbers, resampler, options)
    lines = [(classes[number], *line, grid.n) for number, measured in by_class.items() for line in measured]
    parts = variance_parts(grid, options.headline, resampler)
    lines += [("", measure, np.nan, value, np.nan, np.nan, grid.n) for measure, value in parts.items()]
    return pd.DataFrame(lines, columns=list(STATISTICS.columns))


def risk_groups(protocol: Protocol, run: str) -> RiskGroups | None:
    """Whom a run calls high-risk in the reported subset; None where no class is a risk."""
    settings, risk = protocol.settings, protocol.settings.evaluate.risk
    if risk is None:
        return None
    how = settings.reported, protocol.dataset.classes, risk, protocol.resamplers[settings.reported]
    return RiskGroups.of(run, protocol.units[run], *how)


def write_comparisons(protocol: Protocol) -> pd.DataFrame:
    """Write comparison.csv and delong.csv: runs against each other on the reported subset; returns the former."""
    settings = protocol.settings
    grids = {run: units.subset(settings.reported) for run, units in protocol.units.items()}
    compared = compare(
        grids,
        protocol.reference,
        settings.evaluate.headline,
        settings.protocol,
        protocol.resamplers[settings.reported],
    )
    COMPARISON.write(protocol.out / "comparison.csv", compared)
    DELONG.write(protocol.out / "delong.csv", delong_table(grids, settings.protocol, protocol.dataset.classes))
    return compared
