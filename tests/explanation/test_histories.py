"""Risk over time: what is asked of a run is what the tables say, and a planted driver is what drives."""

import numpy as np
import pytest

from tests.made_visits import CLASSES, COLUMNS, made_visits
from workflow_scripts.contracts.step_settings.evaluate_settings import Risk
from workflow_scripts.contracts.visit_risk_tables import COLUMN_RISKS, VISIT_RISKS
from workflow_scripts.explanation import history_figure
from workflow_scripts.explanation.histories import Histories, PatientRisk, Question, column_rows, visit_rows
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.training.samples import read_samples

ASKED = Risk("high_risk", 0.5)
SEEN = ("age", "hpv", "smoker")
HPV_16 = [column.name for column in COLUMNS].index("hpv=16")


def scored(rows, counts):
    """The risk of a run that looks at nothing but HPV 16: the share of visits with it, those without a test as half."""
    ends = np.cumsum(counts)
    shares = [
        np.nan_to_num(rows[end - count : end, HPV_16], nan=0.5).mean() for end, count in zip(ends, counts, strict=True)
    ]
    risk = 0.1 + 0.8 * np.array(shares)
    return np.stack([1 - risk, risk], axis=1)


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    made = made_visits(tmp_path_factory.mktemp("visits"), patients=120)
    made.preprocess()
    return read_samples(made.dataset, made.arrays, made.split, 0)


@pytest.fixture(scope="module")
def histories(samples):
    return Histories(samples.arrays, samples.classes, samples.table, SEEN, scored)


def test_a_patient_is_scored_up_to_each_visit_without_each_and_without_each_column(histories, samples):
    question = histories.question(ASKED)
    rows = histories.chosen(question, "test", 4, 2)
    explained = histories.explained(rows, question)
    for (first, count), patient in zip(rows[["first", "count"]].to_numpy(), explained, strict=True):
        values = samples.arrays.data[first : first + count]
        assert patient.years.tolist() == values[:, 0].tolist()
        for visit in range(count):
            assert patient.risks[visit] == pytest.approx(scored(values[: visit + 1], np.array([visit + 1]))[0, 1])
            without = values.copy()
            without[visit, 1:] = np.nan
            assert patient.without_visit[visit] == pytest.approx(scored(without, np.array([count]))[0, 1])
        assert patient.without_column["hpv"] == pytest.approx(0.5)
        assert patient.without_column["age"] == patient.without_column["smoker"] == patient.risk
        assert patient.risk == pytest.approx(rows.loc[rows["id"] == patient.id, "risk"].item())


def test_an_early_visit_is_asked_about_as_long_after_it_as_the_landmark_is_after_the_last(samples):
    asked = []

    def remembering(rows, counts):
        asked.append((rows.copy(), counts))
        return scored(rows, counts)

    watched = Histories(samples.arrays, samples.classes, samples.table, SEEN, remembering)
    row = samples.table[samples.table["count"] >= 4].head(1)
    watched.explained(row, Question("high_risk", 0.5))
    (rows, counts), n = asked[0], row["count"].item()
    values = samples.arrays.data[row["first"].item() :][:n]
    start = 0
    for visit in range(n):
        part = rows[start : start + visit + 1]
        start += visit + 1
        assert part[-1, 0] == values[-1, 0]
        assert np.diff(part[:, 0]) == pytest.approx(np.diff(values[: visit + 1, 0]), abs=1e-5)
        assert np.array_equal(part[:, 1:], values[: visit + 1, 1:], equal_nan=True)
    assert counts.tolist() == [*range(1, n + 1), *[n] * (n + len(SEEN))]
    # Of one column all numbers that it became are taken out, at all visits, and nothing else.
    without_hpv = rows[-2 * n : -n]
    assert np.isnan(without_hpv[:, 2:5]).all() and np.array_equal(without_hpv[:, 0], values[:, 0])
    assert np.array_equal(without_hpv[:, 5:], values[:, 5:], equal_nan=True)


def test_rightly_and_wrongly_called_patients_of_both_kinds_are_shown(histories, samples):
    risks = histories.risks(samples.table, "high_risk")
    happened = (risks > np.median(risks)) != (np.arange(len(risks)) % 4 == 0)  # a quarter is called wrongly
    table = samples.table.assign(label=np.where(happened, "high_risk", "low_risk"))
    question = Question("high_risk", float(np.median(risks)) + 1e-6)
    rows = Histories(samples.arrays, samples.classes, table, SEEN, scored).chosen(question, "test", 4, 4)
    assert set(rows["subset"]) == {"test"} and rows["id"].is_unique
    high, happened = rows["risk"] >= question.threshold, rows["label"] == "high_risk"
    right = (high == happened).to_numpy()
    assert right[:4].all() and not right[4:].any()
    assert happened[:4].tolist() == [True, False, True, False]
    assert (rows["count"][:4] > 1).all()
    distance = (rows["risk"] - question.threshold).abs()
    for wrong in (rows.index[4:][happened[4:]], rows.index[4:][~happened[4:]]):
        assert distance[wrong].is_monotonic_decreasing


def test_the_threshold_is_of_validation_patients_alone(histories, samples):
    before = histories.question(ASKED).threshold
    for subset, moves in (("test", False), ("train", False), ("validation", True)):
        labels = samples.table["label"].where(samples.table["subset"] != subset, CLASSES[0])
        table = samples.table.assign(label=labels)
        other = Histories(samples.arrays, samples.classes, table, SEEN, scored)
        if moves:
            with pytest.raises(UserError, match="no validation patient of known outcome is 'high_risk'"):
                other.question(ASKED)
        else:
            assert other.question(ASKED).threshold == before
    assert histories.question(None) == Question("high_risk", 0.5)
    with pytest.raises(UserError, match="evaluate.risk.positive is 'sick'"):
        histories.question(Risk("sick"))


def test_whose_outcome_nobody_knows_is_not_shown(histories, samples):
    question = histories.question(ASKED)
    first = histories.chosen(question, "test", 1, 1)["id"]
    table = samples.table.assign(weight=np.where(samples.table["id"].isin(first), 0.0, 1.0))
    lost = Histories(samples.arrays, samples.classes, table, SEEN, scored)
    assert not set(lost.chosen(question, "test", 99, 99)["id"]) & set(first)


def test_the_tables_hold_every_visit_and_column_of_the_patients(histories, tmp_path):
    question = histories.question(ASKED)
    rows = histories.chosen(question, "test", 3, 1)
    patients = histories.explained(rows, question)
    VISIT_RISKS.write(tmp_path / "visits.csv", visit_rows(patients, question))
    COLUMN_RISKS.write(tmp_path / "columns.csv", column_rows(patients))
    visits, columns = VISIT_RISKS.read(tmp_path / "visits.csv"), COLUMN_RISKS.read(tmp_path / "columns.csv")
    assert visits.groupby("id", sort=False).size().tolist() == rows["count"].tolist()
    assert visits["threshold"].to_numpy() == pytest.approx(question.threshold, abs=1e-8)
    last = visits.groupby("id")["risk"].last()
    assert (columns.set_index("id")["risk"] == last.reindex(columns["id"])).all()
    assert all(tuple(names) == SEEN for _, names in columns.groupby("id")["column"])
    nobody = visit_rows([], question), column_rows([])
    assert [len(table) for table in nobody] == [0, 0]


def patient(name: str, visits: int, risk: float, high: bool, positive: bool) -> PatientRisk:
    rng = np.random.default_rng(visits)
    columns = {f"a_column_with_a_long_name_{number}": float(risk - rng.normal(0, 0.1)) for number in range(8)}
    risks = np.append(rng.uniform(0, 1, visits - 1), risk)
    years = -np.sort(rng.uniform(0, 9, visits))[::-1]
    return PatientRisk(
        name, CLASSES[int(positive)], high, positive, years, risks, risk - rng.normal(0, 0.1, visits), columns
    )


def test_the_figure_keeps_its_texts_apart_and_says_who_was_missed(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(history_figure, "save_figure", lambda shown, path, synthetic: drawn.append(shown.figure))
    cases = [(9, 0.8, True, True), (1, 0.1, False, False), (3, 0.1, False, True), (40, 0.7, True, False)]
    patients = [patient(f"patient-{number:012d}", *case) for number, case in enumerate(cases)]
    question = Question("high_risk", 0.3)
    history_figure.draw(tmp_path / "a.png", patients, question, "lstm", 40, "test patients", True)
    (figure,) = drawn
    figure.canvas.draw()
    titles = [axes.title for axes in figure.axes] + [axes._left_title for axes in figure.axes]
    texts = [text for text in (*titles, figure._suptitle) if text.get_text()]
    boxes = [text.get_window_extent() for text in texts]
    assert not any(boxes[i].overlaps(boxes[j]) for i in range(len(boxes)) for j in range(i))
    assert all(box.x0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1 for box in boxes)
    words = " ".join(text.get_text() for text in texts)
    assert "high_risk, rightly called high-risk" in words and "low_risk, rightly called low-risk" in words
    assert "high_risk, missed" in words and "low_risk, called high-risk: false alarm" in words
    for row in range(4):
        ticks = figure.axes[3 * row + 2].get_yticklabels()
        assert len(ticks) == 5
        heights = [tick.get_window_extent() for tick in ticks]
        assert not any(heights[i].overlaps(heights[j]) for i in range(5) for j in range(i))


def test_where_nobody_can_be_shown_the_figure_says_so(tmp_path):
    path = tmp_path / "nobody.png"
    history_figure.draw(path, [], Question("high_risk", 0.3), "lstm", 0, "test patients", True)
    assert path.read_bytes().startswith(b"\x89PNG")
