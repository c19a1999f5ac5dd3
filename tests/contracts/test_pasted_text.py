"""Pasted tables as they come out of other programs: LaTeX, statistics programs, web pages."""

from workflow_scripts.contracts.paper_tables.plain_tables import plain_tables_of
from workflow_scripts.contracts.paper_tables.result_tables import PaperTables, PrintedValue


def read(text: str) -> PaperTables:
    return plain_tables_of(text, "table.txt", "table")


def printed(paper: PaperTables) -> list[dict[str, str]]:
    return [{column: str(value) for column, value in row.values.items()} for row in paper.tables[0].rows]


def test_a_second_metric_of_one_name_in_a_list_does_not_take_the_place_of_the_first():
    """R's caret prints TP / n as `Detection Rate`, which elsewhere is the sensitivity."""
    text = "Sensitivity : 0.9231\nSpecificity : 0.9103\nDetection Rate : 0.3692\n"
    (row,) = printed(read(text))
    assert row == {"sensitivity": "0.9231", "specificity": "0.9103", "Detection Rate": "0.3692"}
    (table,) = read(f"{text}Model,AUC\nA,0.95\n").tables
    assert table.printed_beside["sensitivity"] == PrintedValue("0.9231")
