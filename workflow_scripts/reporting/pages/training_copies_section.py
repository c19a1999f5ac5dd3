"""What a report shows of an external test's pictures that the network has learned from, or copies of them."""

from typing import Any

import pandas as pd

from workflow_scripts.contracts.metric_names import SUBGROUP_METRICS
from workflow_scripts.contracts.training_copies_table import (
    NO_TRAINING_COPY,
    TRAINING_COPIES,
    TRAINING_COPIES_FILE,
    TRAINING_COPY,
)
from workflow_scripts.reporting.pages.summary_screen import left_out_words
from workflow_scripts.reporting.reproduced import overall
from workflow_scripts.reporting.results import Protocol, Results, Run
from workflow_scripts.reporting.run_order import ordered_protocols, ordered_runs

ACCURACY = SUBGROUP_METRICS[0]
# Copies that a page shows; copies_of_training.csv has all.
SHOWN = 50


def training_copies_section(results: Results) -> dict[str, Any]:
    """Of each run of another study's network: its copies, and its accuracy with them and without."""
    tests = [
        _test(protocol, protocol.runs[name])
        for protocol in ordered_protocols(results)
        for name in ordered_runs(results)
        if results.kind(name).compared_study()
    ]
    return {"training_copies": tests}


def _test(protocol: Protocol, run: Run) -> dict[str, Any]:
    copies = _copies(run)
    search = run.records[0].near_copies
    parts = {"all": "", "without": NO_TRAINING_COPY, "copied": TRAINING_COPY}
    return {
        "run": run.name,
        "learned_from": run.kind.compared_study(),
        "protocol": protocol,
        "search": search,
        "left_out": left_out_words(search) if search else "",
        "count": len(copies),
        "copies": copies.head(SHOWN).to_dict("records"),
        "accuracy": {key: overall(run, ACCURACY, class_name=part) for key, part in parts.items()},
    }


def _copies(run: Run) -> pd.DataFrame:
    """Samples of the reported subset that were learned from, over all folds, each once; what matters most first."""
    folds = {fold: folder for (fold, _), folder in reversed(list(zip(run.jobs, run.folders, strict=True)))}
    tables = [TRAINING_COPIES.read(folds[fold] / TRAINING_COPIES_FILE) for fold in sorted(folds)]
    table = pd.concat(tables, ignore_index=True)
    table = table[table["subset"] == run.reported].drop_duplicates("id")
    table = table.assign(two_labels=(table["learned_label"] != "") & (table["learned_label"] != table["label"]))
    return table.sort_values("two_labels", ascending=False, kind="stable", ignore_index=True)
