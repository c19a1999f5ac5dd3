"""What could not be checked is named, with the one number that would decide it."""

import pytest

from workflow_scripts.contracts.paper_tables.plain_tables import plain_tables_of
from workflow_scripts.reporting.deciding import unchecked


def decides(text: str) -> dict[str, str]:
    """Heading → what would decide its numbers, where no check said anything."""
    paper = plain_tables_of(text, "made.txt", "made")
    return {entry.column: entry.decides for entry in unchecked(paper, [])}


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [("Model,Sens.,Spec.\nA,0.92,0.90\n", "Sens.", "how many test samples are positive and how many negative"),
     ("n: 130\nModel,Sens.,Spec.\nA,0.92,0.90\n", "Spec.", "how many of the 130 test samples are positive"),
     ("Model,Sens.,Spec.,Acc.\nA,0.92,0.90,0.91\n", "Acc.", "how many test samples there are"),
     ("Model,Acc.\nA,0.92\n", "Acc.", "how many test samples there are"),
     ("Model,AUC\nA,0.92\n", "AUC", "sensitivity and specificity at one threshold"),
     ("Model,F1\nA,0.92\n", "F1", "the precision and the sensitivity beside it"),
     ("Model,Dice\nA,0.92\n", "Dice", "the IoU of the same images"),
     ("Model,Score X,Acc.\nA,0.92,0.9\n", "Score X", "knowing which metric the column is"),
     ("Class,Recall\nA,0.92\nB,0.8\n", "Recall", "how many test samples each class has")],
)  # fmt: skip
def test_the_number_that_is_missing_is_named(text, column, words):
    assert decides(text)[column].startswith(words)


def test_counts_are_no_open_question():
    assert not decides("Model,TP,FP\nA,48,7\n")
