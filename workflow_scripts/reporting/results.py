"""Everything that a study's pages show, as types; reporting.results_reading reads it from its folder."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

import pandas as pd

from workflow_scripts.contracts.aggregation import Aggregation
from workflow_scripts.contracts.claims import Published
from workflow_scripts.contracts.dataset_record import ArraysRecord, DatasetRecord
from workflow_scripts.contracts.protocol_roles import AS_PUBLISHED, LEAK_FREE
from workflow_scripts.contracts.record import mixtures
from workflow_scripts.contracts.run_record import Ledger, RunRecord
from workflow_scripts.contracts.split_record import SplitRecord
from workflow_scripts.contracts.step_settings.evaluate_settings import Evaluate
from workflow_scripts.contracts.step_settings.margins import Margins
from workflow_scripts.contracts.step_settings.split_settings import Protocol as ProtocolSettings
from workflow_scripts.contracts.subjects import SUBJECTS
from workflow_scripts.contracts.subsets import SMOTE_BEFORE_SPLIT, SMOTE_MARK, reported_subset
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.kinds.kind import RunKind
from workflow_scripts.kinds.step_settings.report_settings import ReportSettings, StudySettings
from workflow_scripts.kinds.step_settings.run_settings import RunSettings
from workflow_scripts.runtime.run_address import FoldSeed


@dataclass(frozen=True)
class Run:
    """What one run left under one protocol, over all its folds and seeds.

    metrics: contract METRICS; statistics: contract STATISTICS; risk: contract RISK, empty where no class is a risk.
    histories, folders: one a fold and seed, in the order of `jobs`, no histories where nothing was trained; figures:
    kind → PNG; reported: the subset that its protocol reports.
    """

    name: str
    settings: RunSettings
    jobs: tuple[tuple[int, int], ...]
    metrics: pd.DataFrame
    units: Grid
    records: list[RunRecord]
    ledgers: list[Ledger]
    histories: list[pd.DataFrame]
    figures: dict[str, Path]
    folders: list[Path]
    reported: Literal["test", "validation"]
    risk: pd.DataFrame
    statistics: pd.DataFrame

    @property
    def trained(self) -> bool:
        return self.settings.trained

    @property
    def kind(self) -> RunKind:
        """What its kind says of it."""
        return self.settings.spec


@dataclass(frozen=True)
class Protocol:
    """A split, its leaks, and the runs evaluated on it. comparison: contract COMPARISON; delong: contract DELONG.

    rule: the protocol's settings; aggregation: how the samples of a unit become one prediction; role: what it
    is for, see contracts.protocol_roles; leak_free, below, is what was found in the data.

    explained: run → kind of picture (gradcam, errors, risk_over_time, embedding) → file; confusions: run →
    contract CONFUSIONS.

    label_efficiency: contract LABEL_EFFICIENCY; empty where no run asks for labels.
    """

    name: str
    role: str | None
    rule: ProtocolSettings
    aggregation: Aggregation
    record: SplitRecord
    runs: dict[str, Run]
    comparison: pd.DataFrame
    delong: pd.DataFrame
    figure: Path
    explained: dict[str, dict[str, Path]]
    confusions: dict[str, pd.DataFrame]
    label_efficiency: pd.DataFrame

    @property
    def leak_free(self) -> bool:
        return self.record.leak_free

    @property
    def leak_words(self) -> str:
        """Whether leaks are left, in a few words; where groups are unknown, only that none was found."""
        if self.rule.resample == SMOTE_BEFORE_SPLIT:
            return f"leaks kept; {SMOTE_MARK}"
        if not self.leak_free:
            return "leaks kept"
        return "no leaks" if self.record.groups_known else "leaks: none found"

    def is_same_split(self, second: "Protocol") -> bool:
        """Whether both are one split with one result: same subsets, learned from and judged in the same way."""
        digests = [held.record.outputs.get(f"{held.name}.csv") for held in (self, second)]
        how = [(held.aggregation, held.rule.resample) for held in (self, second)]
        if None in digests or digests[0] != digests[1] or how[0] != how[1]:
            return False
        tables = [[table for run in self.runs for table in held.runs[run].units.values()] for held in (self, second)]
        return all(table.equals(counterpart) for table, counterpart in zip(*tables, strict=True))

    @property
    def nothing_clusters(self) -> bool:
        """No duplicates or groups were found, so that splits by sample and by group are one."""
        return self.record.nothing_clusters

    @property
    def reported(self) -> Literal["test", "validation"]:
        """The subset whose numbers it reports: test, or validation where it has no test subset."""
        return reported_subset(self.rule)


@dataclass(frozen=True)
class VisitTables:
    """What ingest says of a table of visits: contracts PATIENT_FLOW, VISIT_COLUMNS and VISIT_AUDIT."""

    flow: pd.DataFrame
    columns: pd.DataFrame
    audit: pd.DataFrame


@dataclass(frozen=True)
class Results:
    """A study's results. settings: those of the step that reads them; published, notes: None and empty without a paper.

    printed: all of the paper; published: the same as far as it is about this study (Published.about).

    series: contract SERIES; empty where samples are of no series. slides: contract SLIDES; empty where they are of no
    slides. truth: contract TRUTH; empty for real data. montage: of pictures; None of other samples. visits: None where
    samples are no patients of a table of visits. joined: by unit, what copies join groups to, as units of runs have it
    (evaluation.drawn_together).

    protocols: those that are splits of their own; same_splits: each of the others → the one that it is the same as.
    """

    folder: Path
    settings: StudySettings
    dataset: DatasetRecord
    arrays: ArraysRecord
    manifest: pd.DataFrame
    quarantine: pd.DataFrame
    equal_pairs: pd.DataFrame
    joined: pd.Series
    montage: Path | None
    protocols: dict[str, Protocol]
    printed: Published | None
    notes: str
    truth: pd.DataFrame
    series: pd.DataFrame
    slides: pd.DataFrame
    visits: VisitTables | None = None
    same_splits: dict[str, str] = field(default_factory=dict)

    @cached_property
    def published(self) -> Published | None:
        return self.printed.about(self.settings.study) if self.printed else None

    @property
    def paper(self) -> Published:
        """`published`, for what only a study with a paper is asked: nothing is judged without one."""
        assert self.published is not None
        return self.published

    def kind(self, run: str) -> RunKind:
        """What the kind of a run says of it."""
        return self.settings.runs[run].spec

    @property
    def refusable(self) -> str:
        """What lies in the quarantine: a file, or a patient of a table of visits."""
        return "file" if self.visits is None else "patient"

    @property
    def synthetic(self) -> bool:
        return self.dataset.synthetic

    @property
    def classes(self) -> list[str]:
        return list(self.dataset.classes)

    @property
    def mixed(self) -> list[str]:
        """What says that runs were made with different versions of packages or on different processors."""
        return mixtures(
            {
                f"{protocol.name} {run.name} {FoldSeed(fold, seed)}": held.made_with
                for protocol in self.protocols.values()
                for run in protocol.runs.values()
                for (fold, seed), held in zip(run.jobs, run.records, strict=True)
            }
        )

    @property
    def headline(self) -> str:
        return self.settings.evaluate.headline

    @property
    def margins(self) -> Margins:
        """How far an obtained number may be from the published one; only verdict and report depend on it."""
        if not isinstance(self.settings.evaluate, Evaluate):
            raise TypeError(f"{type(self.settings).__name__} has no margins")
        return self.settings.evaluate.margins

    @property
    def subject(self) -> str:
        """How the captions of the report call what a class is told by."""
        if not isinstance(self.settings, ReportSettings):
            raise TypeError(f"{type(self.settings).__name__} has no subject")
        return SUBJECTS[self.settings.subject]

    @property
    def as_published(self) -> Protocol | None:
        """The protocol that splits as the paper did, if the study has one."""
        return next((protocol for protocol in self.protocols.values() if protocol.role == AS_PUBLISHED), None)

    @property
    def without_leaks(self) -> str:
        """What a protocol is that keeps together what is known to belong together."""
        return "without leaks" if self.dataset.groups_known else "without known leaks"

    @property
    def leak_free(self) -> list[Protocol]:
        """Protocols with a test subset that keep together what belongs together: those made for it first, by name."""
        free = [protocol for protocol in self.protocols.values() if protocol.leak_free and protocol.reported == "test"]
        return sorted(free, key=lambda protocol: (protocol.role != LEAK_FREE, protocol.name))
