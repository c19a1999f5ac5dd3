"""The scoreboard of the index: a row a paper, run or not."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workflow_scripts.claims.outcome import CONSISTENT, INCONSISTENT, NOT_CHECKABLE, NOTE, ORDER
from workflow_scripts.contracts.consistency_table import CONSISTENCY
from workflow_scripts.contracts.published_yaml import read_published
from workflow_scripts.reporting.pages.study_row import StudyRow

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class PaperScore:
    """A paper's printed numbers by what the check of them says, and its studies.

    issues, notes: distinct ones; inconsistent, noted: printed numbers that they are about; rows: of studies that were
    run; not_run: names of the studies that the paper has numbers about and that were not.
    """

    paper: str
    title: str
    printed: int
    issues: int
    inconsistent: int
    notes: int
    noted: int
    consistent: int
    not_checkable: int
    rows: tuple[StudyRow, ...]
    not_run: tuple[str, ...]


def paper_scores(papers: list[Path], consistency: Path, rows: list[StudyRow], base: Path) -> list[PaperScore]:
    """A row for each folder with a published.yaml, in their order.

    consistency: the table, whose page must lie next to it in the folder `base` of the index (ValueError otherwise).
    """
    if os.path.relpath(consistency.parent, base) != ".":
        raise ValueError(f"{consistency} does not lie next to the index in {base}")
    table = CONSISTENCY.read(consistency)
    return [_score(folder, table, rows) for folder in papers]


def _score(folder: Path, table: "pd.DataFrame", rows: list[StudyRow]) -> PaperScore:
    published = read_published(folder / "published.yaml")
    worst: dict[str, str] = {}
    own = table[table["study"].isin(published.studies)]
    for claim, outcome in zip(own["claim"], own["outcome"], strict=True):
        worst[claim] = min(worst.get(claim, outcome), outcome, key=ORDER.index)
    outcomes = [worst[claim.id] for claim in published.claims]
    issues, notes = (own.loc[own["outcome"] == kind, "issue"].nunique() for kind in (INCONSISTENT, NOTE))
    mine = tuple(row for row in rows if row.paper == published.paper)
    run = {row.name for row in mine}
    return PaperScore(
        published.paper,
        published.called,
        len(outcomes),
        issues,
        outcomes.count(INCONSISTENT),
        notes,
        outcomes.count(NOTE),
        outcomes.count(CONSISTENT),
        outcomes.count(NOT_CHECKABLE),
        mine,
        tuple(name for name, study in published.studies.items() if name not in run and not study.reference_study),
    )
