"""Everything a study's pages show, read from its results folder once; what should be there and is not is named."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from workflow_scripts.contracts import record
from workflow_scripts.contracts.comparison_table import COMPARISON, DELONG
from workflow_scripts.contracts.dataset import EQUAL_PAIRS, QUARANTINE, read_manifest
from workflow_scripts.contracts.example_files import MONTAGE
from workflow_scripts.contracts.explanation import CONFUSIONS
from workflow_scripts.contracts.ground_truth_table import TRUTH
from workflow_scripts.contracts.protocol_roles import AS_PUBLISHED, LEAK_FREE, roles
from workflow_scripts.contracts.published_yaml import Published, read_published
from workflow_scripts.contracts.run_tables import HISTORY, METRICS, UNITS
from workflow_scripts.contracts.subsets import reported_subset
from workflow_scripts.contracts.verified import require, require_all
from workflow_scripts.evaluation.grid import Grid
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
from workflow_scripts.runtime.study_paths import StudyPaths

FIGURES = ("confusion", "roc", "reliability")
TRAINED_FIGURES = (*FIGURES, "curves")


@dataclass(frozen=True)
class Run:
    """What one run left under one protocol, over all its folds and seeds.

    settings: {"spec": …} and, where it was trained, {"train": …}; metrics: contract METRICS; histories, folders: one a
    fold and seed, in the order of `jobs`, no histories where nothing was trained; figures: kind → PNG.
    """

    name: str
    settings: dict
    jobs: tuple[tuple[int, int], ...]
    metrics: pd.DataFrame
    units: Grid
    records: list[dict]
    ledgers: list[dict]
    histories: list[pd.DataFrame]
    figures: dict[str, Path]
    folders: list[Path]
    reported: str

    @property
    def trained(self) -> bool:
        return "train" in self.settings


@dataclass(frozen=True)
class Protocol:
    """A split, its leaks, and the runs evaluated on it. comparison: contract COMPARISON; delong: contract DELONG.

    role: what it is for, see contracts.protocol_roles; leak_free, below, is what was found in the data.
    explained: run → kind of picture (gradcam, errors, embedding) → file; confusions: run → contract CONFUSIONS.
    """

    name: str
    role: str | None
    rule: dict
    record: dict
    runs: dict[str, Run]
    comparison: pd.DataFrame
    delong: pd.DataFrame
    figure: Path
    explained: dict[str, dict[str, Path]]
    confusions: dict[str, pd.DataFrame]

    @property
    def leak_free(self) -> bool:
        return bool(self.record["leak_free"])

    @property
    def leak_words(self) -> str:
        """Whether leaks are left, in two or three words; where groups are unknown, only that none was found."""
        if not self.leak_free:
            return "leaks kept"
        return "no leaks" if self.record["groups_known"] else "leaks: none found"

    @property
    def nothing_clusters(self) -> bool:
        """No duplicates or groups were found, so that splits by sample and by group are one."""
        return bool(self.record["nothing_clusters"])

    @property
    def aggregate(self) -> str:
        """How the samples of a unit become one prediction: none, mean or max."""
        return self.rule["aggregate"]

    @property
    def reported(self) -> str:
        """The subset whose numbers it reports: test, or validation where it has no test subset."""
        return reported_subset(self.rule)


@dataclass(frozen=True)
class Results:
    """A study's results. settings: those of the report step; published, notes: None and empty without a paper.

    printed: all of the paper; published: the same as far as it is about this study (Published.about).

    truth: contract TRUTH; empty for real data.
    """

    folder: Path
    settings: dict
    dataset: dict
    arrays: dict
    manifest: pd.DataFrame
    quarantine: pd.DataFrame
    equal_pairs: pd.DataFrame
    montage: Path
    protocols: dict[str, Protocol]
    printed: Published | None
    notes: str
    truth: pd.DataFrame

    @cached_property
    def published(self) -> Published | None:
        return self.printed.about(self.settings["study"]) if self.printed else None

    @property
    def made(self) -> bool:
        return bool(self.dataset["made"])

    @property
    def classes(self) -> list[str]:
        return list(self.dataset["classes"])

    @property
    def mixed(self) -> list[str]:
        """What says that runs were made with different versions of packages or on different processors."""
        return record.mixtures(
            {
                f"{protocol.name} {run.name} {FoldSeed(fold, seed)}": held
                for protocol in self.protocols.values()
                for run in protocol.runs.values()
                for (fold, seed), held in zip(run.jobs, run.records, strict=True)
            }
        )

    @property
    def headline(self) -> str:
        return self.settings["evaluate"]["headline"]

    @property
    def as_published(self) -> Protocol | None:
        """The protocol that splits as the paper did, if the study has one."""
        return next((protocol for protocol in self.protocols.values() if protocol.role == AS_PUBLISHED), None)

    @property
    def without_leaks(self) -> str:
        """What a protocol is that keeps together what is known to belong together."""
        return "without leaks" if self.dataset["groups_known"] else "without known leaks"

    @property
    def leak_free(self) -> list[Protocol]:
        """Protocols with a test subset that keep together what belongs together: those made for it first, by name."""
        free = [protocol for protocol in self.protocols.values() if protocol.leak_free and protocol.reported == "test"]
        return sorted(free, key=lambda protocol: (protocol.role != LEAK_FREE, protocol.name))


def read_results(folder: Path, settings: dict, paper: Path | None, pictures: bool = True) -> Results:
    """Read a study's results folder.

    `settings`: the report step's (study, title, paper, scale, seed, source, protocols, folds, runs, seeds, preprocess,
    evaluate, explain); `paper`: folder with published.yaml and notes.md, or None; without `pictures` nobody looks
    whether they are there, nor whether files are what their records say: an archive has no pictures, and its tables are
    made anew from it. Raises UserError for the first file that is missing, broken or of other data than the settings.
    """
    picture = _picture if pictures else Path
    if pictures:
        require_vouched(folder, settings)
    paths = StudyPaths(folder)
    dataset = record.read_record(paths.dataset_record)
    if bool(dataset["made"]) != (settings["source"] == "made"):
        kind = "made" if dataset["made"] else "real"
        raise UserError(
            f"{paths.dataset} holds {kind} data, the settings say {settings['source']}; {remedy(paths.dataset_record)}"
        )
    return Results(
        folder=folder,
        settings=settings,
        dataset=dataset,
        arrays=record.read_record(paths.arrays_record),
        manifest=read_manifest(paths.dataset),
        quarantine=QUARANTINE.read(paths.dataset / "quarantine.csv"),
        equal_pairs=EQUAL_PAIRS.read(paths.dataset / "equal_pairs.csv"),
        montage=picture(paths.examples / MONTAGE),
        protocols={name: _protocol(folder, settings, name, picture) for name in settings["protocols"]},
        printed=read_published(paper / "published.yaml") if paper else None,
        notes=_text(paper / "notes.md") if paper else "",
        truth=TRUTH.read(paths.ground_truth) if dataset["made"] else pd.DataFrame(columns=list(TRUTH.columns)),
    )


def require_vouched(folder: Path, settings: dict) -> None:
    """Raise UserError unless every file that read_results reads is what its record says; see contracts.verified."""
    paths = StudyPaths(folder)
    require(paths.dataset_record, "manifest.csv", "quarantine.csv", "equal_pairs.csv")
    require(paths.arrays_record, "index.csv")
    require(paths.examples_record, MONTAGE)
    # Where protocols aggregate in different ways, the premium makes units anew.
    predictions = [PREDICTIONS_FILE] * (len({rule["aggregate"] for rule in settings["protocols"].values()}) > 1)
    for protocol in settings["protocols"]:
        require(paths.split_record(protocol), paths.split(protocol).name, paths.leaks(protocol).name)
        require_all(paths.evaluation_record(protocol))
        if settings["explain"]["runs"]:
            require_all(paths.explanation_record(protocol))
        for run in settings["runs"]:
            for job in _jobs(settings, protocol):
                path = paths.fold_seed(protocol, run, FoldSeed(*job))
                require(path / RECORD_FILE, UNITS_FILE, *predictions)
                if "train" in settings["runs"][run]:
                    require(path / TRAINING_FILE, HISTORY_FILE)
    if settings["source"] == "made":
        require(paths.ground_truth_record, paths.ground_truth.name)


def records_read(folder: Path, settings: dict) -> list[Path]:
    """The records that stand for all that read_results reads: those of the runs are inputs of the evaluation's."""
    paths = StudyPaths(folder)
    named = [paths.dataset_record, paths.arrays_record, paths.examples_record]
    for protocol in settings["protocols"]:
        named += [paths.split_record(protocol), paths.evaluation_record(protocol)]
        if settings["explain"]["runs"]:
            named.append(paths.explanation_record(protocol))
    return [*named, paths.ground_truth_record] if settings["source"] == "made" else named


def _jobs(settings: dict, protocol: str) -> tuple[tuple[int, int], ...]:
    """Fold and seed of every training of a run."""
    return tuple((fold, seed) for fold in range(settings["folds"][protocol]) for seed in settings["seeds"])


def _protocol(folder: Path, settings: dict, name: str, picture: Callable[[Path], Path]) -> Protocol:
    paths, explained = StudyPaths(folder), settings["explain"]["runs"]
    evaluation, explanation = paths.evaluation(name), paths.explanation(name)
    return Protocol(
        name=name,
        role=roles(settings["protocols"])[name],
        rule=settings["protocols"][name],
        record=record.read_record(paths.split_record(name)),
        runs={run: _run(folder, settings, name, run, picture) for run in settings["runs"]},
        comparison=COMPARISON.read(evaluation / "comparison.csv"),
        delong=DELONG.read(evaluation / "delong.csv"),
        figure=picture(evaluation / "comparison.png"),
        explained={
            run: {kind: picture(explanation / run / f"{kind}.png") for kind in _kinds(settings, run)}
            for run in explained
        },
        confusions={run: CONFUSIONS.read(explanation / run / "confusions.csv") for run in explained},
    )


def _kinds(settings: dict, run: str) -> list[str]:
    """Kinds of picture of an explained run; a vote has no features to embed."""
    embeds = settings["explain"]["embedding"] and "train" in settings["runs"][run]
    return ["gradcam", "errors", *(["embedding"] if embeds else [])]


def _run(folder: Path, settings: dict, protocol: str, run: str, picture: Callable[[Path], Path]) -> Run:
    paths = StudyPaths(folder)
    evaluation = paths.evaluation(protocol) / run
    jobs = _jobs(settings, protocol)
    folders = [paths.fold_seed(protocol, run, FoldSeed(*job)) for job in jobs]
    trained = "train" in settings["runs"][run]
    return Run(
        name=run,
        settings=settings["runs"][run],
        jobs=jobs,
        metrics=METRICS.read(evaluation / "metrics.csv"),
        units=Grid.of(jobs, [UNITS.read(path / UNITS_FILE) for path in folders]),
        records=[record.read_record(path / RECORD_FILE) for path in folders],
        ledgers=[record.read_record(path / LEDGER_FILE) for path in folders],
        histories=[HISTORY.read(path / HISTORY_FILE) for path in folders] if trained else [],
        figures={kind: picture(evaluation / f"{kind}.png") for kind in (TRAINED_FIGURES if trained else FIGURES)},
        folders=folders,
        reported=reported_subset(settings["protocols"][protocol]),
    )


def _picture(path: Path) -> Path:
    """The path, if a PNG file is there."""
    try:
        with open(path, "rb") as handle:
            start = handle.read(8)
    except FileNotFoundError:
        raise UserError(f"the figure {path} is missing; {remedy(path)}") from None
    if start != b"\x89PNG\r\n\x1a\n":
        raise UserError(f"the figure {path} is no PNG file; {remedy(path)}")
    return path


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{path} is missing; each folder under studies/ needs the paper's notes") from None
