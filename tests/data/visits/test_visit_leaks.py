"""Planted leaks stop the run or are listed, with the column named; clean tables have no finding."""

import numpy as np
import pytest

from tests.data.visits.visit_files import findings, ingested, write_tables
from workflow_scripts.data.visits.imputed_cells import imputed_cells
from workflow_scripts.data.visits.missing_codes import missing_codes
from workflow_scripts.data.visits.visit_leaks import auc
from workflow_scripts.runtime.errors import UserError

SIZE = 300
NUMBER = {"kind": "number"}
TABLE = {
    "file": "visits.csv",
    "patient": "id",
    "time": {"column": "t", "unit": "years"},
    "columns": {"level": NUMBER, "marker": NUMBER},
    "outcome": {"event": "event", "values": ["1"], "time": "at", "end": "end"},
    "landmark": {"kind": "time", "years": 5.0},
    "horizon": 3.0,
}


def cohort(history=lambda event, rng: 5.0, marker=lambda event, rng: rng.normal(), seed=0):
    """Rows of patients with the share 0.2 of events: two visits within `history` years before the landmark."""
    rng = np.random.default_rng(seed)
    rows = []
    for patient in range(SIZE):
        event = int(rng.random() < 0.2)
        end = 6.0 if event else 9.0
        first = 5.0 - history(event, rng)
        for time in (first, (first + 5.0) / 2):
            level = f"{rng.normal(10, 2):.1f}"
            rows.append([patient, f"{time:.3f}", level, marker(event, rng), event, end if event else "", end])
    return rows


def written(tmp_path, rows, columns=TABLE["columns"], **changes):
    lines = [",".join(map(str, row)) for row in rows]
    root = write_tables(tmp_path / "raw", lines, None, "id,t,level,marker,event,at,end")
    return ingested(root, tmp_path / "out", {**TABLE, "columns": columns, **changes})


def test_a_clean_table_has_no_finding(tmp_path):
    for seed in range(3):
        assert findings(written(tmp_path / str(seed), cohort(seed=seed))).empty


def test_a_copy_of_the_outcome_stops_the_run_with_its_name(tmp_path):
    for number, copy in enumerate((lambda event, rng: event, lambda event, rng: 7 - 3 * event)):
        with pytest.raises(UserError, match="ingest.visits.columns: marker: its last value alone tells the outcome"):
            written(tmp_path / str(number), cohort(marker=copy))


def test_a_word_that_only_patients_with_the_event_have_stops_the_run(tmp_path):
    words = {"level": NUMBER, "marker": {"kind": "category", "levels": ["a", "b", "c", "d"]}}
    rows = cohort(marker=lambda event, rng: rng.choice(["a", "c"] if event else ["b", "d"]))
    with pytest.raises(UserError, match="columns: marker: its last value alone tells"):
        written(tmp_path, rows, words)


def test_an_outcome_written_as_numbers_without_an_order_stops_the_run(tmp_path):
    rows = cohort(marker=lambda event, rng: 5 if event else rng.choice([1, 9]))
    with pytest.raises(UserError, match="columns: marker: its last value alone tells"):
        written(tmp_path / "middle", rows)
    rows = cohort(marker=lambda event, rng: f"{rng.poisson(2) + 0.3 * event:.1f}")
    with pytest.raises(UserError, match="columns: marker: its last value alone tells"):
        written(tmp_path / "digits", rows)


def test_a_column_that_is_measured_in_one_class_alone_stops_the_run(tmp_path):
    with pytest.raises(UserError, match="columns: marker: its being missing at the last visit alone tells"):
        written(tmp_path, cohort(marker=lambda event, rng: f"{rng.normal():.2f}" if event else ""))


def test_an_outcome_planted_in_earlier_visits_alone_stops_the_run(tmp_path):
    rows = cohort()
    for row in rows[::2]:
        row[3] = row[4]
    for row in rows[1::2]:
        row[3] = 0
    with pytest.raises(UserError, match="columns: marker: its mean over the visits alone tells"):
        written(tmp_path, rows)


def test_what_nearly_tells_the_outcome_is_listed_and_a_column_on_request_stops_nothing(tmp_path):
    rows = cohort(marker=lambda event, rng: f"{event + rng.normal(0, 0.35):.2f}")
    (row,) = findings(written(tmp_path / "nearly", rows)).itertuples()
    assert (row.column, row.finding) == ("marker", "tells_the_outcome") and 0.93 == row.limit < row.value < 1
    asked = {"level": NUMBER, "marker": {"kind": "number", "use": "on_request"}}
    (row,) = findings(written(tmp_path / "asked", cohort(marker=lambda event, rng: event), asked)).itertuples()
    assert (row.column, row.finding, row.value) == ("marker", "tells_the_outcome", 1.0)


def test_a_column_with_a_role_is_no_feature(tmp_path):
    with pytest.raises(ValueError, match="columns names 'end', which is outcome.end: it would be a feature that knows"):
        written(tmp_path, cohort(), {"end": NUMBER})


def test_a_window_whose_length_depends_on_the_class_is_listed(tmp_path):
    rows = cohort(history=lambda event, rng: rng.uniform(0.5, 2.5) if event else rng.uniform(2, 5))
    listed = findings(written(tmp_path, rows)).set_index("column")
    assert set(listed["finding"]) == {"window_depends_on_outcome"}
    assert {"years_of_history", "years_since_last_visit"} == set(listed.index)
    assert (abs(listed["value"] - 0.5) > listed["limit"] - 0.5).all()


def test_a_number_of_visits_that_depends_on_the_class_is_listed(tmp_path):
    rows = [row for number, row in enumerate(cohort()) if row[4] or number % 2]
    listed = findings(written(tmp_path, rows)).set_index("column")
    assert listed.loc["visits", "finding"] == "window_depends_on_outcome"


def test_visits_after_the_outcome_are_left_out_and_counted(tmp_path):
    rows = cohort()
    events = [row for row in rows[::2] if row[4]]
    rows += [[row[0], 7.0, "99.9", 96, *row[4:6], 9.0] for row in events]
    rows += [[row[0], 8.5, "9.9", 6, *row[4:]] for row in rows[:20:2] if not row[4]]
    out = written(tmp_path, rows, outcome={"event": "event", "values": ["1"], "time": "at"})
    (row,) = findings(out).itertuples()
    assert (row.column, row.finding, row.value) == ("time of the visit", "after_outcome", len(events))
    assert f"of {len(events)} patients" in row.detail and "99.9" not in (out / "visits.csv").read_text()


@pytest.mark.parametrize("statistic", [np.mean, np.median])
def test_a_column_that_was_imputed_over_all_rows_is_listed(tmp_path, statistic):
    rows = cohort(marker=lambda event, rng: f"{rng.gamma(2, 10):.1f}")
    known = [float(row[3]) for row in rows]
    gaps = np.random.default_rng(1).random(len(rows)) < 0.25
    value = statistic([number for number, gap in zip(known, gaps, strict=True) if not gap])
    for row, gap in zip(rows, gaps, strict=True):
        row[3] = str(value) if gap else row[3]
    (row,) = findings(written(tmp_path, rows)).itertuples()
    assert (row.column, row.finding, row.value) == ("marker", "looks_imputed", gaps.sum())
    assert f"is the {statistic.__name__} of the other rows" in row.detail


def test_numbers_with_more_digits_than_others_look_computed():
    rng = np.random.default_rng(0)
    measured = [f"{number:.1f}" for number in rng.normal(10, 2, 200)]
    assert imputed_cells(measured) is None
    regressed = measured[:150] + [str(number) for number in rng.normal(10, 2, 50)]
    assert "50 numbers have more digits" in imputed_cells(regressed).words
    computed = imputed_cells(measured[:150] + ["9.8765432"] * 20 + ["11.2345678"] * 30)
    assert computed.cells == 50 and "11.2345678 stands there 30 times" in computed.words
    counts = [str(number) for number in rng.poisson(1.4, 300)]
    rounded = f"{np.mean([int(number) for number in counts]):.1f}"
    filled = imputed_cells([*counts, *[rounded] * 60])
    assert filled.cells == 60 and "is the mean of the other rows" in filled.words
    whole = rng.normal(10, 2, 150)
    filled = imputed_cells([str(number) for number in [*whole, *[whole.mean()] * 50]])
    assert filled.cells == 50 and "is the mean of the other rows" in filled.words


def test_honest_columns_do_not_look_imputed():
    rng = np.random.default_rng(0)
    counts = [str(number) for number in rng.poisson(1.5, 400)]
    mostly_zero = ["0.0"] * 300 + [f"{number:.2f}" for number in rng.gamma(2, 0.3, 100)]
    many_digits = [str(number) for number in rng.normal(size=200)]
    repeated = [number for number in many_digits[:40] for _ in range(5)]
    halves = [*counts, *["0.5", "1.5", "2.5"] * 20]
    for honest in (counts, mostly_zero, many_digits, repeated, halves, ["1.5"] * 100, ["", "3"] * 5):
        assert imputed_cells(honest) is None, honest[:5]


def test_codes_for_missing_values_that_the_settings_do_not_name_are_listed_and_said(tmp_path, said):
    rows = cohort(marker=lambda event, rng: f"{rng.normal(40, 9):.1f}")
    for row in rows[:7]:
        row[3] = "-9"
    (row,) = findings(written(tmp_path / "a", rows)).itertuples()
    assert (row.column, row.finding, row.value) == ("marker", "looks_missing", 7)
    assert "marker: -9 (7 times), and the other rows hold" in said() and "add it to missing" in said()
    assert findings(written(tmp_path / "b", rows, missing=["-9"])).empty


@pytest.mark.parametrize(
    ("codes", "cells"),
    [(["-9"] * 5, 5), (["-9", "-8"] * 3 + ["999"] * 4, 10), (["999.0"] * 3, 3), (["-9"] * 2, 0), (["99"] * 9, 0)],
)
def test_what_looks_like_a_code_for_missing_values(codes, cells):
    ages = [f"{age:.1f}" for age in np.random.default_rng(0).normal(60, 5, 60)]
    found = missing_codes([*ages, *codes])
    assert (found.cells if found else 0) == cells


def test_honest_columns_hold_no_code():
    rng = np.random.default_rng(0)
    scores = [f"{number:.1f}" for number in rng.normal(0, 3, 200)]
    counts = [str(number) for number in rng.poisson(5, 400)]
    for honest in ([*scores, *["-1"] * 5, *["-9"] * 3], counts, ["0"] * 40, ["9"] * 40, ["0", "1"] * 20, ["-9"] * 4):
        assert missing_codes(honest) is None, honest[:5]


def test_the_auc_counts_ties_by_half():
    positive = np.array([True, True, False, False, False])
    assert auc(np.array([3.0, 1.0, 1.0, 0.0, 0.0]), positive) == pytest.approx((3 + 2.5) / 6)
