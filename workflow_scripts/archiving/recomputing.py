"""Every table that follows from the predictions in an archive, made again without training."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from workflow_scripts.archiving.auditing import audit_splits
from workflow_scripts.archiving.checked_settings import read_settings
from workflow_scripts.archiving.comparing import Outcome, compare_files
from workflow_scripts.archiving.contents import derived_files, paper_folder, settings_name
from workflow_scripts.contracts.aggregation import EACH_SAMPLE, Aggregation
from workflow_scripts.contracts.run_finish import TABLES, write_tables
from workflow_scripts.contracts.run_tables import METRICS, PREDICTIONS, UNITS, classes_of, write_units
from workflow_scripts.contracts.splits import SPLIT
from workflow_scripts.contracts.step_settings.evaluate_settings import EvaluateSettings
from workflow_scripts.data.download.space import room_for
from workflow_scripts.kinds.kind import CombinedKind
from workflow_scripts.kinds.step_settings.archived_settings import ArchivedSettings
from workflow_scripts.kinds.step_settings.report_settings import ReportSettings
from workflow_scripts.kinds.step_settings.run_settings import RunSettings
from workflow_scripts.runtime.entry import log
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import write_json, write_text
from workflow_scripts.runtime.run_address import PREDICTIONS_FILE, UNITS_FILE, fold_seeds


def studies_of(archived: Path) -> list[str]:
    """Names of the studies in an unpacked archive."""
    return sorted(path.parent.name for path in archived.glob(settings_name("*")))


def verify_study(archived: Path, work: Path, study: str) -> Iterator[Outcome]:
    """Compare every table of a study with what follows from the archive's predictions.

    `archived`: the unpacked archive; `work`: an empty folder, where the tables are made. What cannot be computed
    because a file is missing, does not fit the others or holds something else is an outcome too.
    """
    try:
        settings = read_settings(archived / settings_name(study), study)
        yield from _verify(archived, work, study, settings)
    except UserError as error:
        yield Outcome(study, False, f"the tables cannot be computed: {_without(error, archived, work)}")
    except Exception as error:
        # Whatever code meets in files from elsewhere, they are to blame; the log has the place.
        log.error("traceback", exc_info=True)
        words = f"the tables cannot be computed, its files hold something else ({type(error).__name__}: {error})"
        yield Outcome(study, False, words)


def _verify(archived: Path, work: Path, study: str, settings: ArchivedSettings) -> Iterator[Outcome]:
    report = settings.report
    yield from audit_splits(archived, work, study, report.protocols)
    for evaluation in settings.evaluate.values():
        yield from _predictions(archived, work, evaluation, report.runs)
        yield from compare_combined(archived, work, evaluation, report.runs)
    room_for(sum(path.stat().st_size for path in (archived / study).rglob("*") if path.is_file()), work)
    shutil.copytree(archived / study, work / study, dirs_exist_ok=True)
    for name in derived_files(work, study):
        (work / name).unlink()
    for evaluation in settings.evaluate.values():
        _evaluate(work / study, evaluation)
    _summarise(archived, work, study, report)
    for name in sorted({*derived_files(archived, study), *derived_files(work, study)}):
        yield compare_files(name, archived / name, work / name)


def _predictions(
    archived: Path, work: Path, settings: EvaluateSettings, runs: dict[str, RunSettings]
) -> Iterator[Outcome]:
    """Units against the predictions that they sum up, and the subset of every prediction against the split.

    The units of a run that combines others follow from theirs instead, see compare_combined.
    """
    study, protocol = settings.study, settings.protocol
    split = SPLIT.read(archived / study / "splits" / f"{protocol}.csv").set_index(["id", "fold"])["subset"]
    aggregation = Aggregation.of(settings.evaluate.aggregate, settings.evaluate.aggregate_top)
    odd, rows = [], 0
    for run in (run for run in settings.runs if not isinstance(runs[run].spec, CombinedKind)):
        for job in _jobs(settings):
            name = f"{study}/runs/{protocol}/{run}/{job}"
            predictions = PREDICTIONS.read(archived / name / PREDICTIONS_FILE)
            write_units(work / name, predictions, classes_of(predictions), aggregation)
            yield compare_files(f"{name}/units.csv", archived / name / UNITS_FILE, work / name / UNITS_FILE)
            planned = split.reindex(pd.MultiIndex.from_frame(predictions[["id", "fold"]]))
            wrong = planned.to_numpy() != predictions["subset"].to_numpy()
            odd += [f"{run}/{job}: {sample!r} is another subset's" for sample in predictions["id"][wrong]]
            rows += len(predictions)
    words = odd[0] if odd else f"the subsets of {rows} predictions"
    yield Outcome(f"{study}/splits/{protocol}.csv", not odd, words, computed=False)


def compare_combined(
    archived: Path, work: Path, settings: EvaluateSettings, runs: dict[str, RunSettings]
) -> Iterator[Outcome]:
    """Predictions and units of every run that combines others, against those that follow from their units."""
    folder = f"{settings.study}/runs/{settings.protocol}"
    for run in settings.runs:
        kind = runs[run].spec
        if not isinstance(kind, CombinedKind):
            continue
        for job in _jobs(settings):
            units = {name: UNITS.read(archived / folder / name / job / UNITS_FILE) for name in kind.own_sources()}
            write_tables(work / folder / run / job, kind.combine(units).output(), EACH_SAMPLE)
            for name in (f"{folder}/{run}/{job}/{table}" for table in TABLES):
                yield compare_files(name, archived / name, work / name)


def _jobs(settings: EvaluateSettings) -> list[str]:
    """Folders of a run's trainings."""
    return [str(key) for key in fold_seeds(settings.folds, settings.seeds)]


def _evaluate(folder: Path, settings: EvaluateSettings) -> None:
    from workflow_scripts.evaluation.label_curves import write_label_efficiency
    from workflow_scripts.evaluation.protocol import read_protocol, write_comparisons, write_run

    out = folder / "evaluation" / settings.protocol
    protocol = read_protocol(settings, folder / "dataset", folder / "runs" / settings.protocol, out)
    METRICS.write(out / "metrics.csv", pd.concat([write_run(protocol, run)[0] for run in settings.runs]))
    write_comparisons(protocol)
    if settings.active:
        write_label_efficiency(protocol)


def _summarise(archived: Path, work: Path, study: str, settings: ReportSettings) -> None:
    """The verdict on every printed number, and what the report leaves beside its page."""
    from workflow_scripts.reporting.judging.verdict_file import write
    from workflow_scripts.reporting.judging.verdict_rows import verdict_rows
    from workflow_scripts.reporting.pages.checklist import model_card
    from workflow_scripts.reporting.premiums import premiums
    from workflow_scripts.reporting.results_reading import read_results
    from workflow_scripts.reporting.summary import metrics, write_curves, write_headlines

    paper = archived / paper_folder(settings.paper) if settings.paper else None
    results = read_results(work / study, settings, paper, pictures=False)
    write(work / study / "verdict.csv", verdict_rows(results))
    write_curves(work / study / "curves", results)
    write_headlines(work / study / "headline", results)
    write_json(work / study / "metrics.json", metrics(results, premiums(results)))
    write_text(work / study / "model_card.md", model_card(results))


def _without(error: UserError, *folders: Path) -> str:
    """An error's text with the names that files have in the archive."""
    text = str(error)
    for folder in folders:
        text = text.replace(f"{folder}/", "")
    return text
