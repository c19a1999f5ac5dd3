"""Evaluate all runs under one protocol, metrics with intervals and figures, and compare them on the same units.

In: units.csv and record.json of every run, fold and training seed, history.csv of trained runs and
copies_of_training.csv of external ones; the dataset's manifest and record. Refused are runs made with other settings,
that do not fit the manifest, or that judged other units than the first run.
Out: in --out for each run {run}/metrics.csv (each fold and seed, and their mean as fold "all", seed "all"),
{run}/metrics.json (the mean), {run}/statistics.csv (contract STATISTICS) and {run}/fold{fold}-seed{seed}.json (each
alone), the figures {run}/confusion, roc, reliability and, of trained runs, curves, each with its numbers in the CSV of
its name (contracts.chart_tables), where a class is a risk also risk with risk.csv and risk_curves.csv; for all runs
together metrics.csv, comparison.csv (difference of the headline metric from the reference run with interval and test),
the figure comparison and delong.csv (areas under the ROC curve of every pair of runs, two classes only); of runs that
ask for labels label_efficiency.csv and its figure (contract LABEL_EFFICIENCY, from rounds.csv of each fold and seed);
last, record.json, which also names what runs made with different versions of packages or on different processors are.
Figures and comparisons are of the subset that the protocol reports: the test subset, or where there is none the
validation subset. The files of a figure: drawing.saving.

One job does them all, because loading the libraries is most of the cost, and because all runs share their draws.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.chart_tables import RELIABILITY, ROC, TRAINING_CURVES
from workflow_scripts.contracts.label_efficiency_table import LABEL_EFFICIENCY_FIGURE
from workflow_scripts.contracts.record import made_with, make_record, mixtures, write_record
from workflow_scripts.contracts.risk_table import RISK, RISK_CURVES
from workflow_scripts.contracts.run_tables import ALL, METRICS
from workflow_scripts.contracts.step_settings.evaluate_settings import EvaluateSettings
from workflow_scripts.contracts.training_copies_table import TRAINING_COPIES_FILE
from workflow_scripts.contracts.verified import require
from workflow_scripts.evaluation.chart_rows import CURVES_FILE, RELIABILITY_FILE, ROC_FILE, confusion
from workflow_scripts.evaluation.estimates import Result
from workflow_scripts.evaluation.protocol import Protocol, read_protocol, risk_groups, write_comparisons, write_run
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.digests import input_digests
from workflow_scripts.runtime.run_address import HISTORY_FILE, TRAINING_FILE, UNITS_FILE, fold_seeds

if TYPE_CHECKING:
    from workflow_scripts.evaluation.risk_figure import RiskFigure


def arguments() -> argparse.Namespace:
    """Command line of the step."""
    parser = entry.parser(__doc__)
    parser.add_argument("--dataset", required=True, type=Path, help="folder that ingest wrote")
    parser.add_argument("--runs", required=True, type=Path, help="folder of all runs of the protocol")
    parser.add_argument("--out", required=True, type=Path, help="folder of the evaluation of the protocol")
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    """Run the step; see the module's docstring."""
    (args.out / "record.json").unlink(missing_ok=True)
    settings = parse(EvaluateSettings, args.settings)
    records = require_runs(args, settings)
    protocol = read_protocol(settings, args.dataset, args.runs, args.out)
    metrics = pd.concat([evaluate_run(protocol, run) for run in settings.runs])
    compare_runs(protocol, metrics)
    if settings.active:
        compare_strategies(protocol)
    METRICS.write(args.out / "metrics.csv", metrics)
    mixed = mixtures(
        {f"{path.parent.parent.name} {path.parent.name}": made_with(record) for path, record in records.items()}
    )
    for words in mixed:
        entry.log.warning("%s: %s", settings.protocol, words)
    write_own_record(args, protocol, [args.dataset / "record.json", *records], mixed)


def require_runs(args: argparse.Namespace, settings: EvaluateSettings) -> dict[Path, dict[str, Any]]:
    """Records of the runs by their paths; UserError unless all that is read is what its records say."""
    records = {}
    require(args.dataset / "record.json", "manifest.csv", "equal_pairs.csv")
    for run in settings.runs:
        for folder in (args.runs / run / job for job in jobs(settings)):
            record = require(folder / "record.json", UNITS_FILE)
            if TRAINING_COPIES_FILE in record["outputs"]:
                require(folder / "record.json", TRAINING_COPIES_FILE)
            records[folder / "record.json"] = record
            if run in settings.trained:
                require(folder / TRAINING_FILE, HISTORY_FILE)
    return records


def jobs(settings: EvaluateSettings) -> list[str]:
    """Names of the folders of all folds and seeds of a run."""
    return [str(key) for key in fold_seeds(settings.folds, settings.seeds)]


def write_own_record(args: argparse.Namespace, protocol: Protocol, read: list[Path], mixed: list[str]) -> None:
    """Write record.json: it vouches for all files of the evaluation, and names the records of the runs it is of."""
    written = [path for path in sorted(args.out.rglob("*")) if path.is_file() and not path.name.startswith(".")]
    record = make_record(
        args.settings,
        args.code,
        input_digests(args.dataset.parent, read),
        mixed=mixed,
        outputs=input_digests(args.out, written),
    )
    write_record(args.out / "record.json", record)


def evaluate_run(protocol: Protocol, run: str) -> pd.DataFrame:
    """Write a run's metrics and figures; its metrics as a tidy table (contract METRICS)."""
    settings = protocol.settings
    table, reported = write_run(protocol, run)
    write_figures(protocol, run, reported)
    shown = reported.overall[settings.evaluate.headline]
    entry.log.info(
        "%s: %s %.4f [%.4f, %.4f]",
        protocol.title(run, shown.n),
        settings.evaluate.headline,
        shown.value,
        shown.low,
        shown.high,
    )
    return table


def write_figures(protocol: Protocol, run: str, result: Result) -> None:
    """The figures of a run's reported subset, and the training curves of a trained run, of the tables beside them."""
    from workflow_scripts.drawing.saving import Drawn, save_figure
    from workflow_scripts.evaluation import plots

    settings, classes, out = protocol.settings, protocol.dataset.classes, protocol.out / run
    title = protocol.title(run, result.overall["accuracy"].n)
    aucs = {name: estimates["auc"] for name, estimates in result.per_class.items()}
    counts = confusion(protocol.units[run].subset(settings.reported), classes)
    figures = {
        "confusion": plots.confusion_figure(counts, classes, title),
        "roc": plots.roc_figure(ROC.read(out / ROC_FILE), classes, aucs, result.overall["macro_auc"], title),
        "reliability": plots.reliability_figure(RELIABILITY.read(out / RELIABILITY_FILE), result.overall["ece"], title),
    }
    if run in settings.trained:
        rows = TRAINING_CURVES.read(out / CURVES_FILE)
        figures["curves"] = plots.curves_figure(rows, f"{run}, {settings.protocol}")
    if risk := protocol.settings.evaluate.risk:
        figures["risk"] = risk_figure(protocol, run).draw(title, risk.sensitivity)
    for name, figure in figures.items():
        save_figure(Drawn(figure), out / f"{name}.png", synthetic=protocol.dataset.synthetic)


def risk_figure(protocol: Protocol, run: str) -> "RiskFigure":
    """What is drawn of a run's risk, of the tables that were written."""
    from workflow_scripts.evaluation.risk_figure import RiskFigure

    groups, risk = risk_groups(protocol, run), protocol.settings.evaluate.risk
    assert groups is not None and risk is not None
    rows, curves = RISK.read(protocol.out / run / "risk.csv"), RISK_CURVES.read(protocol.out / run / "risk_curves.csv")
    classes = protocol.dataset.classes
    return RiskFigure(rows, curves, groups.confusion(), groups.weighted, classes, risk.positive)


def compare_runs(protocol: Protocol, metrics: pd.DataFrame) -> None:
    """Write comparison.csv, its figure and delong.csv: runs against each other on the reported subset."""
    from workflow_scripts.drawing.saving import Drawn, save_figure
    from workflow_scripts.evaluation.forest import forest_figure

    settings, reported = protocol.settings, protocol.settings.reported
    compared = write_comparisons(protocol)
    chosen = metrics["fold"].eq(ALL) & metrics["subset"].eq(reported) & metrics["level"].eq("overall")
    headline = metrics[chosen & metrics["metric"].eq(settings.evaluate.headline)]
    pooled = compared[compared["seed"] == ALL]
    title = f"{settings.protocol}, {protocol.reported_words}: {int(headline['n'].iloc[0])} units"
    title += f"; folds: {settings.folds}, seeds: {len(settings.seeds)}"
    figure = forest_figure(headline, pooled, protocol.reference, title)
    save_figure(Drawn(figure), protocol.out / "comparison.png", synthetic=protocol.dataset.synthetic)
    entry.log.info("%s: %d runs compared with %s", settings.protocol, len(settings.runs) - 1, protocol.reference)


def compare_strategies(protocol: Protocol) -> None:
    """Write label_efficiency.csv and its figure, of the runs that ask for labels."""
    from workflow_scripts.drawing.saving import Drawn, save_figure
    from workflow_scripts.evaluation.label_curves import label_efficiency_figure, write_label_efficiency

    settings = protocol.settings
    table = write_label_efficiency(protocol)
    title = f"{settings.protocol}, {protocol.reported_words}; folds: {settings.folds}, seeds: {len(settings.seeds)}"
    path = protocol.out / LABEL_EFFICIENCY_FIGURE
    save_figure(Drawn(label_efficiency_figure(table, title)), path, synthetic=protocol.dataset.synthetic)


if __name__ == "__main__":
    entry.run(main, arguments())
