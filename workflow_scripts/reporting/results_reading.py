"""A study's results read from their folder, once; what should be there and is not is named."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from workflow_scripts.contracts.aggregation import Aggregation
from workflow_scripts.contracts.comparison_table import COMPARISON, DELONG
from workflow_scripts.contracts.dataset import EQUAL_PAIRS, QUARANTINE, read_manifest
from workflow_scripts.contracts.dataset_record import ArraysRecord, DatasetRecord
from workflow_scripts.contracts.explanation import CONFUSIONS
from workflow_scripts.contracts.ground_truth_table import TRUTH
from workflow_scripts.contracts.label_efficiency_table import LABEL_EFFICIENCY, LABEL_EFFICIENCY_FILE
from workflow_scripts.contracts.patient_flow import PATIENT_FLOW
from workflow_scripts.contracts.protocol_roles import AS_PUBLISHED, roles
from workflow_scripts.contracts.published_yaml import read_published
from workflow_scripts.contracts.record import read_view
from workflow_scripts.contracts.risk_table import RISK
from workflow_scripts.contracts.run_record import Ledger, RunRecord
from workflow_scripts.contracts.run_tables import HISTORY, METRICS, UNITS
from workflow_scripts.contracts.series_table import SERIES
from workflow_scripts.contracts.slide_table import SLIDES
from workflow_scripts.contracts.split_record import SplitRecord
from workflow_scripts.contracts.statistics_table import STATISTICS
from workflow_scripts.contracts.step_settings.split_settings import repeats_of
from workflow_scripts.contracts.subsets import reported_subset
from workflow_scripts.contracts.tables import Table
from workflow_scripts.contracts.training_copies_table import TRAINING_COPIES_FILE
from workflow_scripts.contracts.verified import require, require_all
from workflow_scripts.contracts.visit_audit import VISIT_AUDIT
from workflow_scripts.contracts.visit_columns import VISIT_COLUMNS
from workflow_scripts.drawing.saving import WEBP
from workflow_scripts.evaluation.drawn_together import drawn_together, joined_by_copies
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.kinds.step_settings.report_settings import StudySettings
from workflow_scripts.reporting.results import Protocol, Results, Run, VisitTables
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.results_layout import remedy
from workflow_scripts.runtime.run_address import (
    HISTORY_FILE,
    LEDGER_FILE,
    PREDICTIONS_FILE,
    RECORD_FILE,
    TRAINING_FILE,
    UNITS_FILE,
    FoldSeed,
)
from workflow_scripts.runtime.study_paths import MONTAGE_FILE, MONTAGE_IN_PAGE, StudyPaths

FIGURES = ("confusion", "roc", "reliability")
TRAINED_FIGURES = (*FIGURES, "curves")

PNG_SIGN, WEBP_SIGN = b"\x89PNG\r\n\x1a\n", b"RIFF"


def read_results(folder: Path, settings: StudySettings, paper: Path | None, pictures: bool = True) -> Results:
    """Read a study's results folder.

    `paper`: folder with published.yaml and notes.md, or None; without `pictures` nobody looks whether they are there,
    nor whether files are what their records say: an archive has no pictures, and its tables are made anew from it.
    Raises UserError that names the first file that is missing or broken, or that belongs to another kind of data than
    the settings say.
    """
    picture = _picture if pictures else Path
    if pictures:
        require_vouched(folder, settings)
    paths = StudyPaths(folder)
    dataset = read_view(DatasetRecord, paths.dataset_record)
    if dataset.synthetic != (settings.source == "synthetic"):
        kind = "synthetic" if dataset.synthetic else "real"
        raise UserError(
            f"{paths.dataset} holds {kind} data, the settings say {settings.source}; {remedy(paths.dataset_record)}"
        )
    arrays = read_view(ArraysRecord, paths.arrays_record)
    manifest, equal_pairs = read_manifest(paths.dataset), EQUAL_PAIRS.read(paths.dataset / "equal_pairs.csv")
    joined = joined_by_copies(manifest, equal_pairs)
    protocols = {name: _protocol(folder, settings, name, picture, joined) for name in settings.protocols}
    same_splits = _same_splits(protocols)
    return Results(
        folder=folder,
        settings=settings,
        dataset=dataset,
        arrays=arrays,
        manifest=manifest,
        quarantine=QUARANTINE.read(paths.dataset / "quarantine.csv"),
        equal_pairs=equal_pairs,
        joined=joined,
        montage=picture(paths.examples / MONTAGE_FILE) if arrays.of_pictures else None,
        protocols={name: protocol for name, protocol in protocols.items() if name not in same_splits},
        same_splits=same_splits,
        notes=_text(paper / "notes.md") if paper else "",
        printed=read_published(paper / "published.yaml") if paper else None,
        truth=TRUTH.read(paths.ground_truth) if dataset.synthetic else pd.DataFrame(columns=list(TRUTH.columns)),
        series=_listed(SERIES, paths.series),
        slides=_listed(SLIDES, paths.slides),
        visits=_visits(paths),
    )


def _same_splits(protocols: dict[str, Protocol]) -> dict[str, str]:
    """Each protocol that is the same split as another → that one: as published or by sample first, then by name."""
    same: dict[str, str] = {}
    ordered = sorted(protocols.values(), key=_precedence)
    for number, protocol in enumerate(ordered):
        firsts = (first for first in ordered[:number] if first.name not in same)
        first = next((first for first in firsts if protocol.is_same_split(first)), None)
        if first is not None:
            same[protocol.name] = first.name
    return same


def _precedence(protocol: Protocol) -> tuple[bool, bool, str]:
    return protocol.role != AS_PUBLISHED, protocol.rule.by != "sample", protocol.name


def _visits(paths: StudyPaths) -> VisitTables | None:
    """What is said of a table of visits; None where there is none."""
    if not paths.patient_flow.exists():
        return None
    columns = VISIT_COLUMNS.read(paths.visit_columns)
    return VisitTables(PATIENT_FLOW.read(paths.patient_flow), columns, VISIT_AUDIT.read(paths.visit_audit))


def _listed(table: Table, path: Path) -> pd.DataFrame:
    """A table that only some layouts have; empty where there is none."""
    return table.read(path) if path.exists() else pd.DataFrame(columns=list(table.columns))


def require_vouched(folder: Path, settings: StudySettings) -> None:
    """Raise UserError unless every file that read_results reads is what its record says; see contracts.verified."""
    paths = StudyPaths(folder)
    visits = (paths.patient_flow, paths.visit_columns, paths.visit_audit)
    further = (paths.series, paths.slides, paths.slide_overviews, paths.near_copies, *visits)
    listed = [path.name for path in further if path.exists()]
    require(paths.dataset_record, "manifest.csv", "quarantine.csv", "equal_pairs.csv", *listed)
    require(paths.arrays_record, "index.csv")
    if _of_pictures(paths):
        require(paths.examples_record, MONTAGE_FILE, MONTAGE_IN_PAGE)
    # Where protocols aggregate in different ways, the premium makes units anew.
    predictions = [PREDICTIONS_FILE] * (len({rule.aggregate for rule in settings.protocols.values()}) > 1)
    for protocol in settings.protocols:
        require(paths.split_record(protocol), paths.split(protocol).name, paths.leaks(protocol).name)
        require_all(paths.evaluation_record(protocol))
        if settings.explain.runs:
            require_all(paths.explanation_record(protocol))
        for run in settings.runs:
            for job in _jobs(settings, protocol):
                path = paths.fold_seed(protocol, run, FoldSeed(*job))
                copies = [TRAINING_COPIES_FILE] * (settings.runs[run].spec.compared_study() is not None)
                require(path / RECORD_FILE, UNITS_FILE, *predictions, *copies)
                if settings.runs[run].trained:
                    require(path / TRAINING_FILE, HISTORY_FILE)
    if settings.source == "synthetic":
        require(paths.ground_truth_record, paths.ground_truth.name)


def records_read(folder: Path, settings: StudySettings) -> list[Path]:
    """The records that stand for all that read_results reads: those of the runs are inputs of the evaluation's."""
    paths = StudyPaths(folder)
    named = [paths.dataset_record, paths.arrays_record]
    if _of_pictures(paths):
        named.append(paths.examples_record)
    for protocol in settings.protocols:
        named += [paths.split_record(protocol), paths.evaluation_record(protocol)]
        if settings.explain.runs:
            named.append(paths.explanation_record(protocol))
    return [*named, paths.ground_truth_record] if settings.source == "synthetic" else named


def _of_pictures(paths: StudyPaths) -> bool:
    """Whether a study's samples are pictures, as the record of its arrays says."""
    return read_view(ArraysRecord, paths.arrays_record).of_pictures


def _jobs(settings: StudySettings, protocol: str) -> tuple[tuple[int, int], ...]:
    """Fold and seed of every training of a run."""
    return tuple((fold, seed) for fold in range(settings.folds[protocol]) for seed in settings.seeds)


def _protocol(
    folder: Path, settings: StudySettings, name: str, picture: Callable[[Path], Path], joined: pd.Series
) -> Protocol:
    paths, explained = StudyPaths(folder), settings.explain.runs
    evaluation, explanation = paths.evaluation(name), paths.explanation(name)
    return Protocol(
        name=name,
        role=roles(settings.protocols)[name],
        rule=settings.protocols[name],
        aggregation=Aggregation.of(settings.protocols[name].aggregate or "none", settings.evaluate.aggregate_top),
        record=read_view(SplitRecord, paths.split_record(name)),
        runs={run: _run(folder, settings, name, run, picture, joined) for run in settings.runs},
        comparison=COMPARISON.read(evaluation / "comparison.csv"),
        delong=DELONG.read(evaluation / "delong.csv"),
        figure=picture(evaluation / "comparison.png"),
        explained={
            run: {
                kind: picture(explanation / run / f"{kind}.png") for kind in _kinds(settings, run, _of_pictures(paths))
            }
            for run in explained
        },
        confusions={run: CONFUSIONS.read(explanation / run / "confusions.csv") for run in explained},
        label_efficiency=_listed(LABEL_EFFICIENCY, evaluation / LABEL_EFFICIENCY_FILE),
    )


def _kinds(settings: StudySettings, run: str, of_pictures: bool) -> list[str]:
    """Kinds of picture of an explained run; a vote has no features to embed. of_pictures: whether samples are."""
    embeds = settings.explain.embedding and settings.runs[run].trained
    shown = ["gradcam", "errors"] if of_pictures else ["risk_over_time"]
    return [*shown, *(["embedding"] if embeds else [])]


def _run(
    folder: Path,
    settings: StudySettings,
    protocol: str,
    run: str,
    picture: Callable[[Path], Path],
    joined: pd.Series,
) -> Run:
    paths = StudyPaths(folder)
    evaluation = paths.evaluation(protocol) / run
    jobs = _jobs(settings, protocol)
    folders = [paths.fold_seed(protocol, run, FoldSeed(*job)) for job in jobs]
    trained = settings.runs[run].trained
    return Run(
        name=run,
        settings=settings.runs[run],
        jobs=jobs,
        metrics=METRICS.read(evaluation / "metrics.csv"),
        units=Grid.of(
            jobs,
            [drawn_together(UNITS.read(path / UNITS_FILE), joined) for path in folders],
            repeats_of(settings.protocols[protocol]),
        ),
        records=[read_view(RunRecord, path / RECORD_FILE) for path in folders],
        ledgers=[read_view(Ledger, path / LEDGER_FILE) for path in folders],
        histories=[HISTORY.read(path / HISTORY_FILE) for path in folders] if trained else [],
        figures={kind: picture(evaluation / f"{kind}.png") for kind in _figures(settings, trained)},
        risk=RISK.read(evaluation / "risk.csv") if settings.evaluate.risk else pd.DataFrame(columns=list(RISK.columns)),
        statistics=STATISTICS.read(evaluation / "statistics.csv"),
        folders=folders,
        reported=reported_subset(settings.protocols[protocol]),
    )


def _figures(settings: StudySettings, trained: bool) -> list[str]:
    """Kinds of figure of an evaluated run."""
    return [*(TRAINED_FIGURES if trained else FIGURES), *(["risk"] if settings.evaluate.risk else [])]


def _picture(path: Path) -> Path:
    """The path of a figure, if its PNG file is there and the picture of it for pages."""
    for file, kind, sign in ((path, "PNG", PNG_SIGN), (path.with_suffix(WEBP), "WebP", WEBP_SIGN)):
        try:
            with open(file, "rb") as handle:
                start = handle.read(len(sign))
        except FileNotFoundError:
            raise UserError(f"the figure {file} is missing; {remedy(file)}") from None
        if start != sign:
            raise UserError(f"the figure {file} is no {kind} file; {remedy(file)}")
    return path


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{path} is missing; each folder under studies/ needs the paper's notes") from None
