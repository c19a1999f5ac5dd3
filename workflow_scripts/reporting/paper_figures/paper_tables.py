"""The paper's tables with the obtained numbers compared with the printed ones."""

import re
from dataclasses import dataclass

import pandas as pd

from workflow_scripts.contracts.claims import UNITS, Cell, Claim
from workflow_scripts.contracts.paper_figure_table import PRINTED
from workflow_scripts.contracts.run_tables import ALL
from workflow_scripts.evaluation.paired import holm
from workflow_scripts.reporting.formatting import missing
from workflow_scripts.reporting.numbers import ClaimRow, claim_rows
from workflow_scripts.reporting.results import Protocol, Results
from workflow_scripts.reporting.run_order import ordered_protocols, reference

# Fewer rows are no ranking.
FEWEST_RANKED = 3


@dataclass(frozen=True)
class PrintedTable:
    """A table of the paper: where it stands, as a frame (contract PRINTED), and how to read it."""

    place: str
    frame: pd.DataFrame
    how_to_read: str

    @property
    def file(self) -> str:
        """Name of the file, tableNN.csv."""
        digits = re.search(r"\d+", self.place)
        return f"table{int(digits[0]):02d}.csv" if digits else f"{re.sub(r'[^a-z0-9]+', '_', self.place.lower())}.csv"


def printed_tables(results: Results) -> list[PrintedTable]:
    """Every table of the paper that is about this study, in the paper's order; none without a paper."""
    if results.published is None:
        return []
    by_table: dict[str, list[Claim]] = {}
    for claim in results.published.claims:
        if claim.cell and claim.study == results.settings.study and claim.cell.table.startswith("Table"):
            by_table.setdefault(claim.cell.table, []).append(claim)
    return [_table(results, table, claims) for table, claims in sorted(by_table.items())]


def _table(results: Results, table: str, claims: list[Claim]) -> PrintedTable:
    rows = claim_rows(results, claims)
    lines = [_line(results, row) for row in rows]
    ranked = [row for row in rows if row.claim.run and row.claim.unit != "count"]  # runs compete, counts do not
    columns = {row.claim.id: _cell(row.claim).column for row in ranked}
    ranks = {"printed": _ranks({row.claim.id: (columns[row.claim.id], row.claim.value) for row in ranked})}
    for protocol in ordered_protocols(results):
        values = {row.claim.id: (columns[row.claim.id], row.obtained[protocol.name].value) for row in ranked}
        ranks[protocol.name] = _ranks(values)
    competing = {
        row.claim.id: row.claim.run for row in ranked if row.claim.run and row.claim.metric == results.headline
    }
    numbers = []
    for line in lines:
        for name, rank in ranks.items():
            line[f"{name}_rank"] = rank.get(line["claim"], "")
    for protocol in ordered_protocols(results):
        corrected = _corrected(protocol, set(competing.values()))
        numbers.append(len(corrected))
        for line in lines:
            p = corrected.get(competing.get(line["claim"], ""))
            line[f"{protocol.name}_p_holm"] = "" if p is None or missing(p) else f"{p:.3g}"
    frame = pd.DataFrame(lines)
    frame = frame[[*PRINTED.columns, *(column for column in frame if column not in PRINTED.columns)]]
    return PrintedTable(table, frame, _reading(results, bool(ranked), sorted(set(numbers) - {0})))


def _cell(claim: Claim) -> Cell:
    """Where a claim of a table stands: `printed_tables` takes those that stand somewhere."""
    assert claim.cell is not None
    return claim.cell


def _corrected(protocol: Protocol, runs: set[str]) -> dict[str, float]:
    """Run → p of its difference from the reference, corrected for the runs of this table alone (Holm).

    A paper that ranks 22 rivals makes 22 comparisons, whatever else was run next to them.
    """
    pooled = protocol.comparison[protocol.comparison["seed"] == ALL]
    pooled = pooled[pooled["run"].isin(runs)]
    return dict(zip(pooled["run"], holm(pooled["p"].to_numpy()), strict=True))


def _reading(results: Results, ranked: bool, comparisons: list[int]) -> str:
    text = "Rank 1 is the largest." if ranked else ""
    if not comparisons:
        return text
    pairs = "one comparison" if comparisons == [1] else f"{' or '.join(map(str, comparisons))} comparisons"
    return (
        f"{text} p: how often chance alone makes a difference from {reference(results)} at least as large, chance of "
        f"whole groups and, over several seeds, of trainings; corrected for {pairs} of this table (Holm)."
    )


def _line(results: Results, row: ClaimRow) -> dict[str, str]:
    claim, cell = row.claim, _cell(row.claim)
    line = {"claim": claim.id, "row": cell.row, "column": cell.column}
    line |= {"unit": claim.unit, "printed": claim.printed}
    for protocol in ordered_protocols(results):
        value = row.obtained[protocol.name]
        for suffix, number in (("", value.value), ("_low", value.low), ("_high", value.high)):
            line[protocol.name + suffix] = in_unit(claim, number)
    return line


def in_unit(claim: Claim, value: float | None) -> str:
    """A value of this project in the claim's unit, with one digit more than printed for what is no count."""
    if value is None:
        return ""
    decimals = claim.decimals if claim.unit == "count" else max(claim.decimals, 1)
    return f"{value / UNITS[claim.unit]:.{decimals}f}"


def _ranks(values: dict[str, tuple[str, float | None]]) -> dict[str, str]:
    """Claim → its rank among the known values of its column, 1 the largest; ties share the better rank."""
    ranks: dict[str, str] = {}
    for column in {column for column, _ in values.values()}:
        numbers = {claim: value for claim, (own, value) in values.items() if own == column and value is not None}
        if len(numbers) >= FEWEST_RANKED:
            above = {claim: sum(rival > value for rival in numbers.values()) for claim, value in numbers.items()}
            ranks |= {claim: str(1 + count) for claim, count in above.items()}
    return ranks
