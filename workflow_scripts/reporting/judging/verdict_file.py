"""The rows of a verdict as the file verdict.csv."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from workflow_scripts.contracts.verdict_table import VERDICT
from workflow_scripts.reporting.judging.judged_together import VerdictRow


def write(path: Path, rows: Sequence[VerdictRow]) -> None:
    """Write verdict.csv; contracts.verdict_table says what stands in each column."""
    types = {name: "float64" for name, kind in VERDICT.columns.items() if kind == "float"}
    lines = pd.DataFrame([_line(row) for row in rows], columns=list(VERDICT.columns))
    VERDICT.write(path, lines.astype(types))


def _line(row: VerdictRow) -> dict[str, object]:
    """Column → cell; what is left out is a number that there is not."""
    cells: dict[str, object] = {"claim": row.entry.id, "paper_place": row.entry.place, "published": row.published}
    obtained, free = row.obtained, row.leak_free
    cells |= {"obtained": obtained.value, "low": obtained.low, "high": obtained.high, "n": obtained.n}
    cells |= {"leak_free": free.value, "leak_free_low": free.low, "leak_free_high": free.high}
    if row.evidence:
        difference = row.evidence.difference
        cells["difference_low"], cells["difference_high"] = difference.interval()
        cells["margin"] = row.evidence.margin
        for side, part in (("own", difference.obtained), ("paper", difference.paper)):
            cells[f"{side}_sampling"], cells[f"{side}_training"] = part.sampling, part.training
    cells |= {"p": row.p_value, "p_adjusted": row.p_adjusted}
    return cells | {"alone": row.alone or "n/a", "verdict": row.verdict, "why": row.why}
