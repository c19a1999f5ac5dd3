"""What the checks of result tables say of tables printed in papers, beside what an independent arithmetic says.

    python tests/benchmarks/printed_tables.py DIR

DIR holds `printed_tables`: `tables/*.yaml`, `expected.csv` (paper, outcome, unstated_reading) and
`contradictory_cells.csv` (paper, row, quantity). Printed are a table of outcomes, papers with another outcome by their
id, how many contradictions name a right cell and how many readings are the expected ones, and the time.
"""

import csv
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from workflow_scripts.claims.outcome import CONTRADICTION, FITS_ONLY_IF
from workflow_scripts.claims.tables.checked_paper import check_tables, summary
from workflow_scripts.claims.tables.finding import Finding
from workflow_scripts.contracts.paper_tables.metric_spellings import canonical
from workflow_scripts.contracts.paper_tables.result_tables_yaml import read_result_tables

# Words of the readings that stand for one thing: of what is expected → of what the checks say.
SAME_WORDS = {
    "another subset": "other samples",
    "on other samples": "other samples",
    "support-weighted": "support-weighted",
    "averaged or weighted kappa": "averaged or weighted kappa",
    "sensitivity of one class": "of different classes",
    "macro average": "macro average",
    "micro average": "micro average",
    "rounded twice": "rounded twice",
    "overall accuracy": "overall accuracy",
    "different things": "different things",
    "not found": "not found",
    "over folds": "over folds",
    "one-against-all accuracies": "one-against-all accuracies",
    "holds precision": "holds precision",
    "not shown": "not shown",
    "(sensitivity + specificity)/2": "(sensitivity + specificity)/2",
    "counted twice": "counted twice",
    "plain mean": "plain mean of sets",
}


@dataclass(frozen=True)
class Paper:
    """A paper of the collection: what is expected, and what the checks say."""

    id: str
    expected: str
    reading: str
    cells: tuple[tuple[str, str], ...]
    outcome: str
    findings: tuple[Finding, ...]

    @property
    def right_reading(self) -> bool:
        """Whether every expected reading that has words here is among those of the checks."""
        readings = " ".join(finding.reading for finding in self.findings if finding.outcome == FITS_ONLY_IF)
        wanted = [words for expected, words in SAME_WORDS.items() if expected in self.reading]
        return bool(wanted) and all(words in readings for words in wanted)

    @property
    def right_cell(self) -> bool:
        """Whether a contradiction names an expected cell: its row, and its column where that is one."""
        for row, quantity in self.cells:
            for finding in self.findings:
                if finding.outcome == CONTRADICTION and _names(finding, row, quantity):
                    return True
        return False


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9+]+", text.lower()))


def _names(finding: Finding, row: str, quantity: str) -> bool:
    rows = _words(finding.row) if "all" not in (row, finding.row) and "row" not in row else set()
    words = _words(quantity) | {canonical(word) for word in re.findall(r"\w+", quantity)}
    columns = _words(finding.column) | {canonical(column) for column in finding.column.split("; ")}
    wanted = _words(row) - {"and"}
    same_row = not rows or bool(wanted & rows) or row in ("both", "eight rows", "one row")
    return same_row and (bool(words & columns) or quantity in ("-", "total", "column", "percent", "sum"))


def read_papers(folder: Path) -> list[Paper]:
    """All papers of the collection, checked."""
    with open(folder / "expected.csv", encoding="utf-8") as file:
        expected = {line["paper"]: line for line in csv.DictReader(file)}
    cells: dict[str, list[tuple[str, str]]] = {}
    with open(folder / "contradictory_cells.csv", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            cells.setdefault(line["paper"], []).append((line["row"], line["quantity"]))
    papers = []
    for path in sorted((folder / "tables").glob("*.yaml")):
        findings = check_tables(read_result_tables(path))
        line = expected[path.stem]
        papers.append(
            Paper(
                path.stem,
                line["outcome"].replace("_", " "),
                line["unstated_reading"],
                tuple(cells.get(path.stem, ())),
                summary(findings).outcome,
                tuple(findings),
            )
        )
    return papers


def main() -> None:
    """Print what came of all papers."""
    folder = Path(sys.argv[1]) / "printed_tables"
    start = time.perf_counter()
    papers = read_papers(folder)
    seconds = time.perf_counter() - start
    for (expected, outcome), count in sorted(Counter((paper.expected, paper.outcome) for paper in papers).items()):
        print(f"expected {expected:15} said {outcome:15} {count:3}")
    other = [
        f"{paper.id} ({paper.outcome}, expected {paper.expected})"
        for paper in papers
        if paper.outcome != paper.expected
    ]
    print("other outcomes:", "; ".join(other) or "none")
    contradictions = [paper for paper in papers if paper.expected == CONTRADICTION]
    readings = [paper for paper in papers if paper.expected == FITS_ONLY_IF]
    wrong_cells = [paper.id for paper in contradictions if not paper.right_cell]
    wrong_readings = [paper.id for paper in readings if not paper.right_reading]
    print(
        f"contradictions with a right cell: {len(contradictions) - len(wrong_cells)} of {len(contradictions)}",
        wrong_cells,
    )
    print(f"right readings: {len(readings) - len(wrong_readings)} of {len(readings)}", wrong_readings)
    print(f"{len(papers)} papers in {seconds:.1f} s")


if __name__ == "__main__":
    main()
