"""From a hospital's tables of visits and outcomes to one sample a patient at the landmark."""

import math
import re

import pytest

from tests.data.visits.visit_files import HEAD, NAMES, OUTCOMES, TABLE, VISITS, flow_of, ingested, refused, write_tables
from workflow_scripts.contracts import visit_columns
from workflow_scripts.contracts.dataset import REASONS, read_manifest
from workflow_scripts.contracts.visit_columns import (
    VISIT_COLUMNS,
    VisitColumn,
    read_visit_columns,
)
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import read_json


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    root = write_tables(tmp_path_factory.mktemp("visits") / "raw")
    return ingested(root, root.parent / "out", attributes=("hpv",))


def test_every_patient_has_the_outcome_within_the_horizon_and_the_time_to_it(dataset):
    manifest = read_manifest(dataset).set_index("id")
    assert list(manifest.index) == sorted(manifest.index)
    got = {name: manifest.loc[NAMES.patient(name)] for name in ("eve", "fay", "lou", "cam")}
    assert {name: row["outcome"] for name, row in got.items()} == {
        "eve": "event",
        "fay": "event_free",
        "lou": "lost",
        "cam": "competing",
    }
    assert {name: row["label"] for name, row in got.items()} == {
        "eve": "event",
        "fay": "no_event",
        "lou": "no_event",
        "cam": "no_event",
    }
    followup = {name: row["followup"] for name, row in got.items()}
    assert followup == pytest.approx(
        {"eve": 365 / 365.25, "fay": 3.0, "lou": 516 / 365.25, "cam": 182 / 365.25}, abs=1e-8
    )
    for name, row in got.items():
        pseudonym = NAMES.patient(name)
        assert (row["group"], row["unit"], row["patient"], row["path"]) == (pseudonym,) * 3 + ("visits.csv",)
    assert got["eve"]["visits"] == 2 and got["eve"]["hpv"] == "16"


def test_the_flow_says_of_every_patient_of_the_tables_what_became_of_him(dataset):
    assert flow_of(dataset) == {
        "in the tables": 8,
        "no visit in the table": 1,
        "no visit up to the landmark": 1,
        "event before the landmark": 1,
        "follow-up ended before the landmark": 1,
        "at the landmark": 4,
        "event": 1,
        "event_free": 1,
        "lost": 1,
        "competing: death": 1,
    }


def test_visits_hold_numbers_of_what_was_known_and_neither_dates_nor_names(dataset):
    text = (dataset / "visits.csv").read_text()
    assert text.splitlines()[0] == "id,visit,years,age,hpv=none,hpv=16,hpv=18,smokes"
    visits = visit_columns.VISITS.read(dataset / "visits.csv")
    own = visits[visits["id"] == NAMES.patient("eve")]
    assert own["visit"].tolist() == [1, 2] and own["years"].tolist() == pytest.approx([-731 / 365.25, -214 / 365.25])
    assert own[["hpv=none", "hpv=16", "hpv=18", "smokes"]].to_numpy().tolist() == [[1, 0, 0, 0], [0, 1, 0, 0]]
    (missing,) = visits.loc[visits["id"] == NAMES.patient("lou"), ["hpv=none", "hpv=16", "hpv=18"]].to_numpy().tolist()
    assert all(map(math.isnan, missing)), "all levels of a missing category are empty"
    assert visits.loc[visits["id"] == NAMES.patient("fay"), "smokes"].isna().all()
    for path in dataset.iterdir():
        content = path.read_text()
        assert not any(re.search(rf"\b{row.split(',')[0]}\b", content) for row in OUTCOMES), path.name
        # The landmark's own date stands in the settings.
        assert not any(row.split(",")[1] in content for row in VISITS if "2014-01-01" not in row), path.name


def test_columns_say_what_every_number_is(dataset):
    assert read_visit_columns(dataset / "columns.csv") == (
        VisitColumn("years", "", "time"),
        VisitColumn("age", "age", "number"),
        VisitColumn("hpv=none", "hpv", "level"),
        VisitColumn("hpv=16", "hpv", "level"),
        VisitColumn("hpv=18", "hpv", "level"),
        VisitColumn("smokes", "smokes", "flag"),
    )
    table = VISIT_COLUMNS.read(dataset / "columns.csv").set_index("column")
    assert table["missing"].to_dict() == {"years": 0, "age": 0, "hpv=none": 1, "hpv=16": 1, "hpv=18": 1, "smokes": 1}
    assert table.loc["age", ["unit", "values"]].tolist() == ["years", 5]


def test_the_record_names_the_tables_and_the_same_files_give_the_same_bytes(dataset, tmp_path):
    record = read_json(dataset / "record.json")
    assert {"visits.csv", "columns.csv", "flow.csv", "audit.csv"} <= record["outputs"].keys()
    assert record["groups_known"] and record["passed_over"] == {}
    again = ingested(write_tables(tmp_path / "raw"), tmp_path / "out", attributes=("hpv",))
    for name in ("manifest.csv", *record["outputs"]):
        assert (again / name).read_bytes() == (dataset / name).read_bytes(), name


def changed(**changes):
    return {**TABLE, **changes}


@pytest.mark.parametrize(
    ("row", "patient", "reason", "detail"),
    [
        ("fay,2013-02-30,40,none,no", "fay", "impossible_date", "row 12, column date: not a possible date"),
        ("fay,9999-12-31,40,none,no", "fay", "impossible_date", "row 12, column date: not a possible date"),
        ("fay,,40,none,no", "fay", "no_time", "row 12, column date: no time of the visit"),
        ("fay,2012-02-01,40,none,no", "fay", "out_of_order", "row 12, column date: before the row above it"),
        (
            "fay,2013-01-01,40,16,no",
            "fay",
            "duplicate_visit",
            "row 12, column date: another visit of the patient, row 5",
        ),
        ("hal,2013-01-01,40,16,no", "hal", "no_outcome", "row 12: no row of outcomes is of the patient"),
    ],
)
def test_a_patient_whose_rows_contradict_is_refused_with_row_and_column(tmp_path, row, patient, reason, detail):
    out = ingested(write_tables(tmp_path / "raw", [*VISITS, row]), tmp_path / "out")
    (name,) = refused(out)
    assert name == NAMES.patient(patient) and refused(out)[name][0] == reason and reason in REASONS
    assert refused(out)[name][1].startswith(detail)
    assert flow_of(out)["refused, see quarantine"] == 1 and name not in set(read_manifest(out)["id"])


@pytest.mark.parametrize(
    ("outcome", "reason", "detail"),
    [
        ("fay,,,end", "no_outcome", "row 3, column end: empty"),
        ("fay,2015-13-01,2019-12-31,end", "impossible_date", "row 3, column cin: not a possible date"),
        ("fay,2019-12-31,2016-01-01,end", "impossible_date", "row 3, column cin: the event lies after the end"),
    ],
)
def test_a_patient_whose_outcome_contradicts_is_refused_with_row_and_column(tmp_path, outcome, reason, detail):
    outcomes = [OUTCOMES[0], outcome, *OUTCOMES[2:]]
    out = ingested(write_tables(tmp_path / "raw", outcomes=outcomes), tmp_path / "out")
    assert [(why, words[: len(detail)]) for why, words in refused(out).values()] == [(reason, detail)]


def test_a_row_of_nobody_is_refused(tmp_path):
    out = ingested(write_tables(tmp_path / "raw", [*VISITS, ",2013-01-01,40,none,no"]), tmp_path / "out")
    assert refused(out) == {"row12": ("no_patient", "row 12, column patient: empty")}


def test_words_for_unknown_patients_are_no_patient(tmp_path):
    rows = ["unknown,2012-01-01,40,none,no", "unknown,2013-01-01,60,16,no", "?,2013-01-01,40,none,no"]
    root = write_tables(tmp_path / "raw", [*VISITS, *rows], [*OUTCOMES, "unknown,,2019-12-31,end"])
    out = ingested(root, tmp_path / "out")
    assert {reason for reason, _ in refused(out).values()} == {"no_patient"} and len(refused(out)) == 3
    assert flow_of(out)["in the tables"] == 8


def test_patients_whose_names_are_nearly_equal_are_warned_of_by_their_rows(tmp_path, said):
    visits = [row.replace("fay", "007") for row in VISITS]
    root = write_tables(tmp_path / "raw", visits, [row.replace("fay", "7") for row in OUTCOMES])
    ingested(root, tmp_path / "out")
    assert "names of 1 patients are nearly equal" in said() and "007" not in said()
    assert "first row 3 of outcomes.csv and row 5 of visits.csv; they count as different" in said()


def test_disorder_and_doubles_after_the_landmark_refuse_nobody(tmp_path):
    """Who has the event is seen more often: what happens later must not say who is in the study."""
    later = ["fay,2016-01-01,43,none,no", "fay,2015-01-01,42,none,no", "fay,2015-01-01,42,none,no"]
    assert refused(ingested(write_tables(tmp_path / "raw", [*VISITS, *later]), tmp_path / "out")) == {}


def test_decimal_commas_stand_beside_words_and_levels_with_a_comma_are_what_they_say(tmp_path):
    rows = ["fay;2012-02-01;39,5;16,18;no", "fay;2012-03-01;NA;18;no", *(row.replace(",", ";") for row in VISITS)]
    rows = [row.replace(".", ",") for row in rows if not row.startswith("fay;2013")]
    root = write_tables(tmp_path / "raw", rows, head=HEAD.replace(",", ";"))
    columns = {**TABLE["columns"], "hpv": {"kind": "category", "levels": ["none", "16", "18", "16,18"]}}
    visits = visit_columns.VISITS.read(ingested(root, tmp_path / "out", changed(columns=columns)) / "visits.csv")
    own = visits[visits["id"] == NAMES.patient("fay")]
    assert own["age"].iloc[0] == 39.5 and math.isnan(own["age"].iloc[1]) and own["hpv=16,18"].tolist() == [1, 0]


@pytest.mark.parametrize(("code", "cell"), [("-9", "-9.0"), ("-9.0", "-9"), ("99", "99.00")])
def test_a_number_that_says_that_nothing_is_known_is_not_read_as_measured_however_it_is_written(tmp_path, code, cell):
    rows = [row.replace("none,?", "none,no").replace(",40,", f",{cell},") for row in VISITS]
    out = ingested(write_tables(tmp_path / "raw", rows), tmp_path / "out", changed(missing=[code]))
    visits = visit_columns.VISITS.read(out / "visits.csv").set_index("id")
    assert math.isnan(visits.loc[NAMES.patient("fay"), "age"])


def test_where_every_patient_is_refused_the_message_says_why_of_the_first(tmp_path):
    rows = [f"{name},03.05.2012,40,none,no" for name in ("eve", "fay")]
    with pytest.raises(UserError, match=r"2 refused: 2 impossible_date, such as row \d, column date: not a possible"):
        ingested(write_tables(tmp_path / "raw", rows), tmp_path / "out")


def test_rows_in_any_order_are_taken_where_the_settings_say_so(tmp_path):
    root = write_tables(tmp_path / "raw", [*VISITS, "fay,2012-02-01,39,16,no"])
    out = ingested(root, tmp_path / "out", changed(in_order=False))
    visits = visit_columns.VISITS.read(out / "visits.csv")
    assert visits.loc[visits["id"] == NAMES.patient("fay"), "age"].tolist() == [39, 40]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("fay,2013-05-01,40,61,no", "row 12, column hpv: '61' is no level"),
        ("fay,2013-05-01,forty,16,no", "row 12, column age: 'forty' is no number"),
        ("fay,2013-05-01,40,16,maybe", "row 12, column smokes: 'maybe' is neither no nor yes"),
        ("fay,2013-05-01,40,16,0.37", "row 12, column smokes: '0.37' is neither no nor yes"),
    ],
)
def test_a_word_that_a_column_does_not_know_stops_the_run_with_row_and_column(tmp_path, row, words):
    with pytest.raises(UserError, match=words):
        ingested(write_tables(tmp_path / "raw", [*VISITS, row]), tmp_path / "out")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"patient": "woman"}, "lacks the column 'woman'"),
        ({"outcome": {"event": "cin3", "end": "end"}}, r"ingest\.visits\.outcomes: .* lacks the column 'cin3'"),
        ({"columns": {"weight": {"kind": "number"}}}, r"ingest\.visits\.file: .* lacks the column 'weight'"),
        ({"after_landmark": "refuse"}, "row 4, column date: a visit after the landmark"),
        ({"landmark": {"kind": "date", "date": "1999-01-01"}}, "no patient is left at the landmark"),
        ({"file": "nowhere.csv"}, "nowhere.csv is missing"),
    ],
)
def test_settings_that_do_not_fit_the_tables_stop_the_run(tmp_path, change, words):
    with pytest.raises(UserError, match=words):
        ingested(write_tables(tmp_path / "raw"), tmp_path / "out", changed(**change))


def test_a_patient_with_two_rows_of_outcomes_stops_the_run(tmp_path):
    root = write_tables(tmp_path / "raw", outcomes=[*OUTCOMES, OUTCOMES[0]])
    with pytest.raises(UserError, match=r"ingest\.visits\.outcomes: rows 2 and 10 are of one patient"):
        ingested(root, tmp_path / "out")


def test_a_word_of_the_event_that_no_row_has_stops_the_run(tmp_path):
    rows = ["1,no", "2,no"]
    root = write_tables(tmp_path / "raw", rows, None, "hpv,cin")
    table = {
        "file": "visits.csv",
        "columns": {"hpv": {"kind": "number"}},
        "outcome": {"event": "cin", "values": ["yes"]},
        "landmark": {"kind": "last_visit"},
    }
    with pytest.raises(UserError, match="no row has yes in cin, which holds 'no'; correct values"):
        ingested(root, tmp_path / "out", table)


STATUS = {
    "file": "visits.csv",
    "columns": {"hpv": {"kind": "number"}},
    "outcome": {"event": "cin", "values": ["CIN 2"]},
    "landmark": {"kind": "last_visit"},
}


@pytest.mark.parametrize("word", ["cin 2", "CIN2"])
def test_a_word_that_is_nearly_the_event_is_not_read_as_no_event(tmp_path, word):
    root = write_tables(tmp_path / "raw", ["1,CIN 2", "2,no", f"3,{word}"], None, "hpv,cin")
    with pytest.raises(
        UserError, match=rf"outcome\.values: row 4, column cin: '{word}' is not 'CIN 2' and would count"
    ):
        ingested(root, tmp_path / "out", STATUS)


def test_a_reason_that_is_nearly_a_competing_event_is_not_read_as_lost(tmp_path):
    root = write_tables(tmp_path / "raw", outcomes=[*OUTCOMES, "hal,,2014-01-01,Death"])
    with pytest.raises(UserError, match=r"outcome\.competing: row 10, column why: 'Death' is not 'death' and would be"):
        ingested(root, tmp_path / "out")


def test_a_word_for_unknown_that_counts_as_no_event_is_said(tmp_path, said):
    root = write_tables(tmp_path / "raw", ["1,CIN 2", "2,no", "3,unknown", "4,NA"], None, "hpv,cin")
    out = ingested(root, tmp_path / "out", STATUS)
    assert "in cin 'unknown' (1 rows) counts as no event; add it to missing" in said()
    assert len(read_manifest(out)) == 3 and len(refused(out)) == 1


def test_a_table_without_patients_has_one_of_each_row(tmp_path):
    rows = ["1,no", "2,yes", "1.0,?", "1,no"]
    root = write_tables(tmp_path / "raw", rows, None, "hpv,cin")
    table = {
        "file": "visits.csv",
        "columns": {"hpv": {"kind": "category", "levels": ["1", "2"]}},
        "outcome": {"event": "cin", "values": ["yes"]},
        "landmark": {"kind": "last_visit"},
        "missing": ["?"],
    }
    out = ingested(root, tmp_path / "out", table)
    manifest = read_manifest(out)
    assert manifest["id"].tolist() == ["row0001", "row0002", "row0004"]
    assert manifest["outcome"].tolist() == ["event_free", "event", "event_free"] and "followup" not in manifest
    assert refused(out) == {"row0003": ("no_outcome", "row 4, column cin: empty")}
    pairs = (out / "equal_pairs.csv").read_text().splitlines()[1:]
    assert pairs == ["row0001,row0004,equal_rows,0,no_event,no_event"], "equal rows may be one patient"
