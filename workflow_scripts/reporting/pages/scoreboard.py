"""The scoreboard of the index: a row a paper, run or not."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workflow_scripts.claims.issues import numbers_by_outcome
from workflow_scripts.claims.outcome import ISSUES, ORDER
from workflow_scripts.contracts.consistency_table import CONSISTENCY
from workflow_scripts.contracts.published_yaml import read_published
from workflow_scripts.reporting.pages.study_row import StudyRow

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class PaperScore:
    """A paper's printed numbers by what the check of them says, and its studies.

    numbers: outcome → how many distinct numbers come to it; issues: outcome → how many distinct issues are of it, of
    ISSUES; rows: of studies that were run; not_run: titles of the studies that the paper has numbers about and
    that were not.
    """

    paper: str
    title: str
    numbers: Mapping[str, int]
    issues: Mapping[str, int]
    rows: tuple[StudyRow, ...]
    not_run: tuple[str, ...]

    @property
    def printed(self) -> int:
        """How many distinct numbers the paper prints."""
        return sum(self.numbers.values())


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
    issues = {kind: int(own.loc[own["outcome"] == kind, "issue"].nunique()) for kind in ISSUES}
    mine = tuple(row for row in rows if row.paper == published.paper)
    run = {row.name for row in mine}
    return PaperScore(
        published.paper,
        published.called,
        numbers_by_outcome(published, worst),
        issues,
        mine,
        tuple(
            study.title for name, study in published.studies.items() if name not in run and not study.reference_study
        ),
    )
