"""Explain a run of visits: tables and figure of single patients, and what is taken for what."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workflow_scripts.contracts.explanation import CONFUSIONS
from workflow_scripts.contracts.prepared_columns import PreparedColumns
from workflow_scripts.contracts.step_settings.evaluate_settings import Risk
from workflow_scripts.contracts.visit_risk_tables import COLUMN_RISKS, VISIT_RISKS
from workflow_scripts.explanation import history_figure
from workflow_scripts.explanation.histories import Histories, column_rows, visit_rows
from workflow_scripts.explanation.misclassified import confusions
from workflow_scripts.explanation.trained import Trained
from workflow_scripts.explanation.voted import Voted
from workflow_scripts.kinds.step_settings.explain_settings import Explain

TABLES = ("risk_over_time.csv", "drivers.csv", "confusions.csv")


def histories_of(explained: Trained | Voted) -> Histories:
    """The patients of the fold that a run is explained on; the columns that it sees."""
    member = explained.members[0] if isinstance(explained, Voted) else explained
    fitted = member.weights.preparation
    columns = PreparedColumns(fitted.columns, fitted.packing, fitted.extra).sources if fitted else {}
    samples = explained.samples
    return Histories(samples.arrays, explained.classes, samples.table, tuple(columns), explained.scores)


def write_patients(
    explained: Trained | Voted, wanted: Explain, risk: Risk | None, folder: Path, synthetic: bool
) -> tuple[Mapping[str, Any], list[str]]:
    """Write TABLES and the figure risk_over_time; returns numbers that say what they are of, and the files' names."""
    histories = histories_of(explained)
    question = histories.question(risk)
    rows = histories.chosen(question, explained.reported, wanted.images, wanted.errors)
    patients = histories.explained(rows, question) if len(rows) else []
    reported = histories.of_subset(explained.reported).index
    VISIT_RISKS.write(folder / "risk_over_time.csv", visit_rows(patients, question))
    COLUMN_RISKS.write(folder / "drivers.csv", column_rows(patients))
    judged = explained.judge(False)[0].loc[reported]
    CONFUSIONS.write(folder / "confusions.csv", confusions(judged, explained.classes))
    of = explained.images_words
    path = folder / "risk_over_time.png"
    paths = history_figure.draw(path, patients, question, explained.run, len(reported), of, synthetic)
    wrong = sum(patient.high != patient.positive for patient in patients)
    numbers = {"patients": len(patients), "wrong_shown": wrong, "threshold": question.threshold, "tested": len(judged)}
    return numbers, [*TABLES, *(path.name for path in paths)]
