"""Small tables of visits and outcomes for tests, and their way through ingest."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from tests.raw import run_ingest
from workflow_scripts.contracts.dataset import QUARANTINE
from workflow_scripts.contracts.patient_flow import PATIENT_FLOW
from workflow_scripts.contracts.visit_audit import VISIT_AUDIT
from workflow_scripts.data.dicom.pseudonyms import Pseudonyms

NAMES = Pseudonyms(bytes(32))
HEAD = "patient,date,age,hpv,smokes"
# Of every kind one: an event, free of it, lost, a competing event, and who is not at the landmark.
VISITS = [
    "eve,2012-01-01,30,none,no",
    "eve,2013-06-01,31.5,16,no",
    "eve,2014-03-01,32.2,16,yes",
    "fay,2013-01-01,40,none,?",
    "lou,2013-01-01,41,,no",
    "cam,2013-01-01,42,18,yes",
    "ann,2014-01-01,25,none,no",
    "bea,2012-01-01,50,none,no",
    "bea,2013-12-01,51.9,16,no",
    "dee,2010-01-01,60,none,no",
]
OUTCOMES = [
    "eve,2015-01-01,2019-12-31,end",
    "fay,,2019-12-31,end",
    "lou,,2015-06-01,moved",
    "cam,,2014-07-02,death",
    "ann,2015-01-01,2019-12-31,end",
    "bea,2013-12-01,2019-12-31,end",
    "dee,,2012-01-01,moved",
    "gus,,2019-12-31,end",
]
TABLE: dict[str, Any] = {
    "file": "visits.csv",
    "outcomes": "outcomes.csv",
    "patient": "patient",
    "time": {"column": "date"},
    "columns": {
        "age": {"kind": "number", "unit": "years"},
        "hpv": {"kind": "category", "levels": ["none", "16", "18"]},
        "smokes": {"kind": "flag", "words": ["no", "yes"], "missing": ["?"]},
    },
    "outcome": {"event": "cin", "end": "end", "reason": "why", "competing": ["death"]},
    "landmark": {"kind": "date", "date": "2014-01-01"},
    "horizon": 3.0,
}


def write_tables(
    root: Path,
    visits: Sequence[str] = VISITS,
    outcomes: Sequence[str] | None = OUTCOMES,
    head: str = HEAD,
    outcome_head: str = "patient,cin,end,why",
) -> Path:
    """The tables as CSV files below `root`."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "visits.csv").write_text("\n".join([head, *visits]) + "\n")
    if outcomes is not None:
        (root / "outcomes.csv").write_text("\n".join([outcome_head, *outcomes]) + "\n")
    return root


def ingested(root: Path, out: Path, table: Mapping[str, Any] = TABLE, **changes: Any) -> Path:
    """Ingest with the key of NAMES; the folder of the dataset."""
    key = root.parent / "zeros.key"
    key.write_text("00" * 32)
    settings = {"visits": dict(table), "max_refused": 0.9, "key": key} | changes
    return run_ingest(out, sources={"visits": root}, **settings)


def flow_of(out: Path) -> dict[str, int]:
    """What → patients."""
    flow = PATIENT_FLOW.read(out / "flow.csv")
    return dict(zip(flow["what"], flow["patients"], strict=True))


def refused(out: Path) -> dict[str, tuple[str, str]]:
    """Patient → reason and detail."""
    rows = QUARANTINE.read(out / "quarantine.csv").itertuples()
    return {row.path: (row.reason, row.detail) for row in rows}


def findings(out: Path) -> pd.DataFrame:
    return VISIT_AUDIT.read(out / "audit.csv")
