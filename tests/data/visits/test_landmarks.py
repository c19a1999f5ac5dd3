"""What was known at the landmark, and what counts within the horizon, for every kind of landmark."""

import pytest

from tests.data.visits.visit_files import NAMES, TABLE, flow_of, ingested, write_tables
from workflow_scripts.contracts.dataset import read_manifest
from workflow_scripts.contracts.visit_columns import VISITS
from workflow_scripts.runtime.errors import UserError

YEARS = {
    "file": "visits.csv",
    "patient": "id",
    "time": {"column": "t", "unit": "years"},
    "columns": {"x": {"kind": "number"}},
    "outcome": {"event": "state", "values": ["4"], "row_is_event": True},
    "landmark": {"kind": "time", "years": 3.0},
    "horizon": 3.0,
}


def of_years(tmp_path, rows, **changes):
    root = write_tables(tmp_path / "raw", rows, None, "id,t,x,state,when")
    return ingested(root, tmp_path / "out", {**YEARS, **changes})


def outcomes(out):
    return read_manifest(out).set_index("id")[["outcome", "followup"]].apply(tuple, axis=1).to_dict()


def test_a_row_that_is_the_event_is_no_visit_and_ties_are_settled_as_the_weights_want_them(tmp_path):
    rows = [
        *("event,1,0,1,", "event,6,9,4,"),
        *("free,3,0,1,", "free,6.5,0,1,"),
        *("lost,2,0,1,", "lost,6,0,1,"),
        *("before,1,0,1,", "before,3,9,4,"),
        *("ended,1,0,1,", "ended,2.9,0,1,"),
        "late,3.5,0,1,",
    ]
    out = of_years(tmp_path, rows)
    assert outcomes(out) == {
        NAMES.patient("event"): ("event", 3.0),
        NAMES.patient("free"): ("event_free", 3.0),
        NAMES.patient("lost"): ("lost", 3.0),
    }
    flow = flow_of(out)
    assert flow["event before the landmark"] == flow["follow-up ended before the landmark"] == 1
    assert flow["no visit up to the landmark"] == 1
    visits = VISITS.read(out / "visits.csv")
    assert 9 not in set(visits["x"]) and visits["years"].max() <= 0


def test_a_day_begins_before_its_visits_and_events(tmp_path):
    visits = ["a,2013-01-01,30,none,no", "b,2014-01-01,30,none,no", "c,2013-01-01,30,none,no"]
    ends = ["a,2014-01-01,2019-01-01,end", "b,,2019-01-01,end", "c,,2019-01-01,end"]
    out = ingested(write_tables(tmp_path / "raw", visits, ends), tmp_path / "out")
    assert outcomes(out) == {NAMES.patient("a"): ("event", 0.0), NAMES.patient("c"): ("event_free", 3.0)}


def test_a_moment_of_the_patients_own_counts_with_its_visit_and_who_has_none_is_left_out(tmp_path):
    visits = ["a,2013-01-01,30,none,no", "a,2013-05-01,30,16,no", "a,2013-06-01,30,18,no", "b,2013-01-01,30,16,no"]
    visits += ["c,2013-01-01,30,16,no"]
    ends = ["a,2014-01-01,2019-01-01,end,2013-05-01", "b,,2019-01-01,end,", "c,,2019-01-01,end,2013-01-01"]
    root = write_tables(tmp_path / "raw", visits, ends, outcome_head="patient,cin,end,why,index")
    out = ingested(root, tmp_path / "out", {**TABLE, "landmark": {"kind": "column", "column": "index"}})
    manifest = read_manifest(out).set_index("id")
    assert manifest["visits"].to_dict() == {NAMES.patient("a"): 2, NAMES.patient("c"): 1}
    assert flow_of(out)["without a landmark"] == 1


def test_an_age_is_reached_at_a_time_of_its_own(tmp_path):
    visits = ["a,2010-01-01,29,none,no", "a,2012-01-01,31,16,no", "b,2010-01-01,25,16,no"]
    ends = ["a,2013-06-01,2019-01-01,end", "b,,2019-01-01,end"]
    landmark = {"kind": "age", "years": 30, "column": "age"}
    out = ingested(write_tables(tmp_path / "raw", visits, ends), tmp_path / "out", {**TABLE, "landmark": landmark})
    manifest = read_manifest(out).set_index("id")
    assert manifest["visits"].tolist() == [1, 1]
    assert manifest.loc[NAMES.patient("a"), "followup"] == pytest.approx((1247 - 365.25) / 365.25)
    assert set(VISITS.read(out / "visits.csv")["years"].round(3)) == {-1.0, -5.0}


def test_one_window_is_cut_for_all(tmp_path):
    rows = ["a,0,1,1,", "a,2.5,2,1,", "a,7,0,1,", "b,1.9,3,1,", "b,7,0,1,", "c,2,4,1,", "c,4,0,4,"]
    out = of_years(tmp_path, rows, window=1.0)
    assert VISITS.read(out / "visits.csv").set_index("id")["x"].to_dict() == {
        NAMES.patient("a"): 2,
        NAMES.patient("c"): 4,
    }
    assert flow_of(out)["no visit in the window before the landmark"] == 1


def test_a_table_that_ends_at_the_landmark_must_hold_no_visit_after_the_event(tmp_path):
    rows = ["a,1,0,1,2", "a,3,0,1,2", "b,1,0,0,", "b,2,0,0,"]
    change = {
        "landmark": {"kind": "last_visit"},
        "outcome": {"event": "state", "values": ["1"], "time": "when", "end": "t"},
    }
    with pytest.raises(UserError, match="row 3, column t: a visit after the event"):
        of_years(tmp_path, rows, **change)


@pytest.mark.parametrize(("unit", "horizon"), [("days", 1095.75), ("months", 36.0), ("years", 3.0)])
def test_times_are_in_the_unit_of_the_settings(tmp_path, unit, horizon):
    rows = ["a,0,0,1,", f"a,{horizon / 3},0,1,", f"a,{horizon * 2},0,4,", "b,0,0,1,", f"b,{horizon},0,1,"]
    change = {"time": {"column": "t", "unit": unit}, "landmark": {"kind": "time", "years": 1.0}, "horizon": 5.0}
    out = of_years(tmp_path, rows, **change)
    assert outcomes(out) == {NAMES.patient("a"): ("event", 5.0), NAMES.patient("b"): ("lost", 2.0)}
