"""The risk of single patients after each visit, and what drove it: a visit or a column as if it had not been measured.

What is taken out is replaced by what the run's own training fold puts into gaps, and is marked as missing where the run
is told so (Zeiler & Fergus, ECCV 2014, for pictures). That is no cause: columns that go together stand in for each
other, and none may then seem to matter.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

import numpy as np
import pandas as pd

from workflow_scripts.contracts.arrays import Arrays
from workflow_scripts.contracts.run_tables import unit_weights
from workflow_scripts.contracts.step_settings.evaluate_settings import Risk
from workflow_scripts.contracts.visit_columns import TIME, sources_of
from workflow_scripts.contracts.visit_risk_tables import COLUMN_RISKS, VISIT_RISKS
from workflow_scripts.evaluation.risk_groups import threshold
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.training.randomness import keys_of

# Where no class is a risk, the last one is shown, and high is what is more likely than not.
HALF = 0.5
# A patient of one visit has no history to show.
HISTORY = 2
# float32 R×D rows of visits and int64 N visits of each patient → N×K probabilities.
Score = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Question:
    """Which class is the risk, and from where on it is called high."""

    positive: str
    threshold: float


@dataclass(frozen=True)
class PatientRisk:
    """A patient of V visits: years of each before the landmark, risk after each, and risk at the landmark without each.

    high: called high-risk; positive: it happened; without_column: column of the user's table → risk at the landmark
    without it.
    """

    id: str
    label: str
    high: bool
    positive: bool
    years: np.ndarray
    risks: np.ndarray
    without_visit: np.ndarray
    without_column: Mapping[str, float]

    @property
    def risk(self) -> float:
        """What is predicted at the landmark."""
        return float(self.risks[-1])

    @property
    def called(self) -> str:
        """As in VISIT_RISKS."""
        return "high" if self.high else "low"


@dataclass(frozen=True)
class Histories:
    """The patients of one fold beside what scores them. columns: of the user's table, those that the run sees."""

    arrays: Arrays
    classes: Sequence[str]
    table: pd.DataFrame
    columns: Sequence[str]
    score: Score

    def risks(self, rows: pd.DataFrame, positive: str) -> np.ndarray:
        """N risks of some rows of the table, as the run predicts them."""
        values = [self._values(first, count) for first, count in rows[["first", "count"]].to_numpy()]
        return self._scored(values, positive)

    def question(self, risk: Risk | None) -> Question:
        """Whom the run calls high-risk: by a threshold that is chosen on validation patients of known outcome.

        UserError where the positive class is none of the study's, or nobody of it is among them.
        """
        if risk is None:
            return Question(self.classes[-1], HALF)
        if risk.positive not in self.classes:
            raise UserError(f"evaluate.risk.positive is {risk.positive!r}; the classes are {', '.join(self.classes)}")
        rows = self.of_subset("validation")
        happened = (rows["label"] == risk.positive).to_numpy()
        if not happened.any():
            raise UserError(
                f"no validation patient of known outcome is {risk.positive!r}, so no threshold can be chosen; give the "
                "protocol a larger validation share, or take the runs out of explain.runs"
            )
        predicted = self.risks(rows, risk.positive)
        return Question(risk.positive, threshold(predicted, happened, unit_weights(rows), risk.sensitivity))

    def of_subset(self, subset: str) -> pd.DataFrame:
        """Rows of the table of a subset whose outcome is known."""
        rows = self.table[self.table["subset"] == subset]
        return rows[unit_weights(rows) > 0]

    def chosen(self, question: Question, subset: str, right: int, wrong: int) -> pd.DataFrame:
        """Up to so many patients called rightly and wrongly, in turn from those called high and low.

        Rightly called ones by an order of the ids alone, those with a history first; of wrongly called ones those
        farthest from the threshold. Column `risk`: what is predicted.
        """
        rows = self.of_subset(subset)
        rows = rows.assign(risk=self.risks(rows, question.positive))
        high = rows["risk"] >= question.threshold
        happened = rows["label"] == question.positive
        order = pd.DataFrame({"short": rows["count"] < HISTORY, "key": keys_of(rows["id"])}, index=rows.index)
        by_key = rows.loc[order.sort_values(["short", "key"], kind="stable").index]
        far = rows.loc[(rows["risk"] - question.threshold).abs().sort_values(ascending=False, kind="stable").index]
        rightly = _in_turn(
            by_key.index[(high & happened)[by_key.index]], by_key.index[(~high & ~happened)[by_key.index]]
        )
        wrongly = _in_turn(far.index[(~high & happened)[far.index]], far.index[(high & ~happened)[far.index]])
        return rows.loc[[*rightly[:right], *wrongly[:wrong]]]

    def explained(self, rows: pd.DataFrame, question: Question) -> list[PatientRisk]:
        """Some rows of the table, in their order."""
        altered: list[np.ndarray] = []
        for first, count in rows[["first", "count"]].to_numpy():
            altered += self._altered(self._values(first, count))
        scored, patients, start = self._scored(altered, question.positive), [], 0
        number = len(self.columns)
        for name, label, first, visits in rows[["id", "label", "first", "count"]].itertuples(index=False, name=None):
            risks, without_visit, without_column = np.split(
                scored[start : start + 2 * visits + number], [visits, 2 * visits]
            )
            start += 2 * visits + number
            patients.append(
                PatientRisk(
                    id=name,
                    label=label,
                    high=bool(risks[-1] >= question.threshold),
                    positive=label == question.positive,
                    years=self._values(first, visits)[:, self._time].astype("float64"),
                    risks=risks,
                    without_visit=without_visit,
                    without_column=dict(zip(self.columns, without_column.tolist(), strict=True)),
                )
            )
        return patients

    @property
    def _time(self) -> int:
        """Which number of a visit is its time."""
        return next(column_number for column_number, column in enumerate(self.arrays.columns) if column.kind == TIME)

    def _values(self, first: int, count: int) -> np.ndarray:
        return np.array(self.arrays.data[first : first + count])

    def _altered(self, values: np.ndarray) -> list[np.ndarray]:
        """A patient's visits up to each, without what each measured, and without each column."""
        visits, columns_of = len(values), sources_of(self.arrays.columns)
        up_to = [values[: visit + 1].copy() for visit in range(visits)]
        for part in up_to:
            # Asked as long after that visit as the landmark is after the last one.
            part[:, self._time] += values[-1, self._time] - part[-1, self._time]
        measured = [column_number for column_number in range(values.shape[1]) if column_number != self._time]
        without_visit, without_column = [], []
        for visit in range(visits):
            without_visit.append(values.copy())
            without_visit[-1][visit, measured] = np.nan
        for column in self.columns:
            without_column.append(values.copy())
            without_column[-1][:, list(columns_of[column])] = np.nan
        return [*up_to, *without_visit, *without_column]

    def _scored(self, histories: list[np.ndarray], positive: str) -> np.ndarray:
        counts = np.array([len(values) for values in histories], dtype="int64")
        scores: np.ndarray = self.score(np.concatenate(histories), counts)[:, list(self.classes).index(positive)]
        return scores


def _in_turn(*piles: pd.Index) -> list[int]:
    """The entries of all piles, one of each after the other."""
    return [entry for entry in chain.from_iterable(zip_longest(*piles)) if entry is not None]


def visit_rows(patients: Sequence[PatientRisk], question: Question) -> pd.DataFrame:
    """Contract VISIT_RISKS."""
    parts = [
        pd.DataFrame({"years": patient.years, "risk": patient.risks, "without": patient.without_visit}).assign(
            id=patient.id,
            label=patient.label,
            called=patient.called,
            threshold=question.threshold,
            visit=np.arange(1, len(patient.years) + 1),
        )
        for patient in patients
    ]
    names = list(VISIT_RISKS.columns)
    return pd.concat(parts, ignore_index=True)[names] if parts else pd.DataFrame(columns=names)


def column_rows(patients: Sequence[PatientRisk]) -> pd.DataFrame:
    """Contract COLUMN_RISKS."""
    lines = [
        (patient.id, column, patient.risk, without)
        for patient in patients
        for column, without in patient.without_column.items()
    ]
    return pd.DataFrame(lines, columns=list(COLUMN_RISKS.columns))
