"""The block of a table of visits refuses what does not fit together, and says which keys do not."""

import copy

import pytest

from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.misfits import MisfitError
from workflow_scripts.contracts.step_settings.visit_settings import VisitTable

GIVEN = {
    "file": "visits.csv",
    "patient": "patient",
    "time": {"column": "date"},
    "columns": {"hpv": {"kind": "category", "levels": ["none", "16"]}, "age": {"kind": "number"}},
    "outcomes": "outcomes.csv",
    "outcome": {"event": "cin_date", "end": "end", "reason": "why", "competing": ["death"]},
    "landmark": {"kind": "date", "date": "2014-01-01"},
    "horizon": 3.0,
}


def changed(**changes):
    values = copy.deepcopy(GIVEN)
    for key, value in changes.items():
        block = values
        *path, last = key.split("__")
        for name in path:
            block = block[name]
        if value is None:
            block.pop(last, None)
        else:
            block[last] = value
    return values


def test_what_fits_together_is_taken():
    table = parse(VisitTable, GIVEN, written=True)
    assert table.roles() == {
        "patient": "patient",
        "time.column": "date",
        "outcome.event": "cin_date",
        "outcome.end": "end",
        "outcome.reason": "why",
    }


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"columns__hpv__levels": None}, "kind is category; categories have levels"),
        ({"columns__age__levels": ["a", "b"]}, "kind is number; categories have levels, and nothing else"),
        ({"columns__age": {"kind": "flag", "words": ["0", "0"]}}, "'0' stands there 2 times"),
        ({"columns__age": {"kind": "flag", "words": ["0"]}}, "2 entries are wanted"),
        ({"columns__visit": {"kind": "number"}}, "columns names 'visit', a name that the project fills itself"),
        ({"columns__date": {"kind": "number"}}, "columns names 'date', which is time.column"),
        ({"outcomes": None, "columns__why": {"kind": "number"}}, "columns names 'why', which is outcome.reason"),
        ({"patient": None}, "without patient, the column that says whose visit a row is"),
        ({"time": None}, "landmark.kind is date without time"),
        ({"time": {"column": "date", "unit": "days"}}, "a day needs dates"),
        ({"landmark__date": "1.1.2014"}, "date '1.1.2014' is no day; write it as 2014-01-31"),
        ({"landmark__kind": "age"}, "kind is age, which has years and column; given: date"),
        ({"landmark": {"kind": "last_visit", "years": 3.0}}, "kind is last_visit, which has no further key"),
        ({"horizon": None}, "outcome has times or an end, and horizon is null"),
        ({"outcome": {"event": "cin", "values": ["yes"]}}, "horizon is given, and the event has no time"),
        ({"outcome__time": "x"}, "time and row_is_event go with values"),
        ({"outcome__reason": None}, "competing is given without reason"),
        (
            {"outcome": {"event": "state", "values": ["4"], "row_is_event": True}},
            "outcome.row_is_event speaks of rows of visits, and outcomes names another table",
        ),
        ({"columns": {}}, "at least 1 long"),
        ({"horizon": 0.0}, "more than 0"),
    ],
)
def test_what_does_not_fit_together_is_refused(changes, words):
    with pytest.raises(MisfitError, match=".*") as refused:
        parse(VisitTable, changed(**changes), written=True)
    assert words in str(refused.value)


def test_the_column_of_rows_that_are_the_event_may_be_a_feature():
    outcome = {"event": "state", "values": ["4"], "row_is_event": True}
    state = {"kind": "category", "levels": ["1", "2", "3"]}
    values = changed(outcomes=None, outcome=outcome, columns__state=state)
    assert parse(VisitTable, values, written=True).columns["state"].levels == ("1", "2", "3")
