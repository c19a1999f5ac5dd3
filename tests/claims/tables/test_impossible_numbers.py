"""Numbers that cannot be (a recall of 300 %, a class without samples) stop no check."""

from dataclasses import replace

import pytest
from made_tables import a_paper

from workflow_scripts.claims.tables.checked_paper import check_tables, summary
from workflow_scripts.contracts.paper_tables.result_tables import PrintedValue

# Eight classes in one table, the accuracy over them in another; nothing says of how many trainings.
SEED = 910566


@pytest.mark.parametrize(("column", "text"), [("sensitivity", "300.0"), ("support", "0"), ("support", "4000")])
def test_a_number_that_cannot_be_stops_no_check(column, text):
    paper = a_paper(SEED)
    first, *further = paper.tables
    row = first.rows[4]
    altered = replace(row, values={**row.values, column: PrintedValue(text)})
    rows = (*first.rows[:4], altered, *first.rows[5:])
    assert summary(check_tables(replace(paper, tables=(replace(first, rows=rows), *further)))).checked
