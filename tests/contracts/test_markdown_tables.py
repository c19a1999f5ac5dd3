"""Tables as the pages of public code print them: Markdown, with marks, ranks, and words beside the numbers."""

import pytest

from workflow_scripts.claims.outcome import NOT_CHECKABLE
from workflow_scripts.claims.tables.checked_paper import check_tables
from workflow_scripts.contracts.paper_tables.markdown_marks import without_marks
from workflow_scripts.contracts.paper_tables.plain_tables import plain_tables_of
from workflow_scripts.contracts.paper_tables.result_tables import PaperTables, ResultTable


def read(text: str) -> PaperTables:
    return plain_tables_of(text, "page.md", "page")


def only(text: str) -> ResultTable:
    (table,) = read(text).tables
    return table


def checks(text: str) -> dict[str, str]:
    """Check → its outcome, of what could be checked."""
    findings = check_tables(read(text))
    return {finding.check: finding.outcome for finding in findings if finding.outcome != NOT_CHECKABLE}


@pytest.mark.parametrize(
    ("line", "as_read"),
    [
        ("| [ViT](https://a.org/vit) | **0.91** |", "| ViT | 0.91 |"),
        ("| `a_b` | **AMES** test | __0.8__ |", "| a_b | AMES test | 0.8 |"),
        ("- **Macro F1:** **93.7%** (0.937)", "- Macro F1: 93.7% (0.937)"),
        # Marks of footnotes, and an interval behind a number in brackets.
        ("| 0.90** | 0.80* |", "| 0.90** | 0.80* |"),
        ("AUC [0.81](0.74-0.88)", "AUC [0.81](0.74-0.88)"),
        ("```text", "```text"),
    ],
)
def test_a_line_is_read_without_what_typesets_it(line, as_read):
    assert without_marks(line) == as_read


def test_names_and_numbers_lose_their_marks():
    table = only("| Model | Sensitivity | Specificity |\n|---|---|---|\n| [A](https://a.org) | `0.9` | **0.8** |\n")
    assert table.rows[0].label == {"model": "A"}
    assert [str(value) for value in table.rows[0].values.values()] == ["0.9", "0.8"]


@pytest.mark.parametrize("heading", ["Rank", "#", "Sr. No.", "No.", ""])
def test_a_column_that_numbers_the_rows_is_no_name(heading):
    table = only(f"| {heading} | Model | Accuracy |\n|---|---|---|\n| 1 | A | 0.9 |\n| 🥈 2 | B | 0.8 |\n")
    assert [row.label for row in table.rows] == [{"model": "A"}, {"model": "B"}]


@pytest.mark.parametrize("heading", ["Fold", "Rank of the reader", "Grade"])
def test_numbers_below_another_heading_are_names(heading):
    table = only(f"| {heading} | Model | Accuracy |\n|---|---|---|\n| 1 | A | 0.9 |\n| 2 | A | 0.8 |\n")
    assert all(len(row.label) == 2 for row in table.rows)


RANKED = """
| Rank | Model | Accuracy | Sensitivity | Specificity |{head}
|---|---|---|---|---|{rule}
| 1 | A | 0.900 | 0.900 | 0.900 |{first}
| 2 | B | 0.840 | 0.900 | 0.800 |{second}
"""


def test_ranked_models_and_their_thresholds_are_of_the_same_samples():
    """40 positives and 60 negatives give both rows."""
    alone = RANKED.format(head="", rule="", first="", second="")
    with_cutoff = RANKED.format(head=" Cutoff |", rule="---|", first=" 0.31 |", second=" 0.62 |")
    for text in (alone, with_cutoff):
        (shared,) = [finding for finding in check_tables(read(text)) if finding.check == "sizes of the classes"]
        assert shared.outcome == "consistent" and "fits 2 rows" in shared.why and "40 and 60" in shared.why


def test_a_report_by_class_may_be_headed_by_what_the_classes_are():
    text = """
| default | precision | recall | f1-score | support |
|---|---|---|---|---|
| 0.0 | 0.90 | 0.90 | 0.90 | 100 |
| 1.0 | 0.80 | 0.80 | 0.80 | 50 |
| accuracy | — | — | 0.87 | 150 |
| macro avg | 0.85 | 0.85 | 0.85 | 150 |
"""
    table = only(text)
    assert table.rows[0].label == {"class": "0.0"} and str(table.printed_beside["accuracy"]) == "0.87"
    assert "classes against the whole" in checks(text)
    # Scanners have supports, too; nothing says that they are classes.
    assert only(text.split("| macro")[0].replace("default", "scanner")).rows[0].label == {"scanner": "0.0"}


def test_a_column_of_right_answers_is_the_fraction_of_the_accuracy():
    table = only("| Source | Accuracy | Correct/Total |\n|---|---|---|\n| a | 0.900 | 387/430 |\n")
    assert table.rows[0].values["accuracy"].fraction == (387, 430)


def test_metrics_below_a_heading_that_says_so_are_turned_though_few_are_known():
    paper = read("""
| Metric | Score | What it says |
|---|---|---|
| Sensitivity (Recall) | 99.8% | Found among the diseased. |
| Specificity | 84.9% | Spared among the healthy. |
| Hospital factor | 1.2 | Of its own. |
| Mean time | 3.1 | In seconds. |
| Energy | 4.5 | In joules. |
""")
    (table,) = paper.tables
    assert list(table.rows[0].values)[:2] == ["sensitivity", "specificity"] and len(table.rows) == 1
    assert paper.remarks == ("line 2: the column 'What it says' holds no numbers, not read",)


@pytest.mark.parametrize(
    ("heads", "columns"),
    [
        ("Test Accuracy | Test F1", ["accuracy", "f1"]),
        ("Testing accuracy | Recall", ["accuracy", "sensitivity"]),
        # Which set the others are of, nothing says.
        ("Train Accuracy | Test Accuracy", ["Train Accuracy", "Test Accuracy"]),
        ("P | R | F1", ["precision", "sensitivity", "f1"]),
        ("P | Accuracy", ["P", "accuracy"]),
        ("ROC Score | False Positive Rate (FPR)", ["auc", "false_positive_rate"]),
        ("Sensitivity (group A) | Specificity", ["Sensitivity (group A)", "specificity"]),
    ],
)
def test_headings_are_read_as_they_are_meant(heads, columns):
    width = heads.count("|") + 1
    table = only(f"| Model | {heads} |\n|{'---|' * (width + 1)}\n| A | {' | '.join(['0.9'] * width)} |\n")
    assert list(table.rows[0].values) == columns


def test_a_table_below_a_line_of_text_is_not_part_of_the_one_above():
    text = """| Class | Precision | Recall | F1-score | Support |
|---|---|---|---|---|
| 0 | 0.78 | 0.87 | 0.82 | 167 |

2. The same again.
precision    recall  f1-score   support

           0       0.79      0.88      0.84       167
           1       0.80      0.68      0.74       119
"""
    assert [len(table.rows) for table in read(text).tables] == [1, 2]


def test_rows_with_counts_of_different_samples_are_no_classes_of_one_matrix():
    """Each type has samples of its own: the recall of each may be above its precision."""
    text = """
| type | TP | FP | FN | TN | precision | recall |
|---|---|---|---|---|---|---|
| a | 50 | 303 | 0 | 50 | 0.142 | 1.000 |
| b | 50 | 474 | 0 | 50 | 0.095 | 1.000 |
| c | 90 | 10 | 0 | 50 | 0.900 | 1.000 |
"""
    assert set(checks(text).values()) == {"consistent"}
    # Of one matrix, in whose first row a count is wrong, the classes are still held against each other.
    one_matrix = """
| class | TP | FP | FN | TN | precision | recall |
|---|---|---|---|---|---|---|
| a | 50 | 10 | 5 | 39 | 0.833 | 1.000 |
| b | 20 | 3 | 4 | 74 | 0.870 | 1.000 |
| c | 17 | 1 | 4 | 79 | 0.944 | 1.000 |
"""
    assert "classes against the whole" in checks(one_matrix)


def test_two_columns_of_models_are_two_names_of_a_row():
    table = only("| Model | Backbone | Accuracy |\n|---|---|---|\n| A | ViT | 0.9 |\n| B | ViT | 0.8 |\n")
    assert [row.label for row in table.rows] == [
        {"model": "A", "backbone": "ViT"},
        {"model": "B", "backbone": "ViT"},
    ]
    assert only("| Model architecture | Accuracy |\n|---|---|\n| A | 0.9 |\n").rows[0].label == {"model": "A"}


def test_the_mark_of_a_footnote_stays_where_it_tells_two_rows_apart():
    table = only("| Model | Accuracy |\n|---|---|\n| A* | 0.9 |\n| A | 0.8 |\n| B* | 0.7 |\n")
    assert [row.name for row in table.rows] == ["A*", "A", "B"]


@pytest.mark.parametrize(("spread", "readings"), [(" ± 0.1", {True}), ("", {False})])
def test_numbers_with_a_spread_are_read_as_means_over_folds_first(spread, readings):
    heads = "| Model | Accuracy | Precision | Recall | F1 |\n|---|---|---|---|---|\n"
    text = f"{heads}| A | 0.52{spread} | 0.53 | 0.52 | 0.47 |\n"
    findings = [finding for finding in check_tables(read(text)) if finding.outcome == "fits only if"]
    assert {"folds" in finding.reading for finding in findings} == readings


def test_numbers_of_one_line_are_a_list():
    """Of 40, 30, 150 and 15 samples; the mean recall is the balanced accuracy."""
    text = """
| Class | Precision | Recall | F1 | Test images |
|---|---|---|---|---|
| a | 0.70 | 0.90 | 0.79 | 40 |
| b | 1.00 | 1.00 | 1.00 | 30 |
| c | 0.97 | 0.99 | 0.98 | 150 |
| d | 0.00 | 0.00 | 0.00 | 15 |

Balanced accuracy **0.72**, macro-F1 **0.69**.
"""
    (table,) = read(text).tables
    assert {name: str(value) for name, value in table.printed_beside.items()} == {
        "balanced_accuracy": "0.72",
        "macro_f1": "0.69",
    }
    assert str(table.rows[0].values["support"]) == "40"
    (balanced,) = [finding for finding in check_tables(read(text)) if finding.column == "balanced_accuracy"]
    (wrong,) = [
        finding for finding in check_tables(read(text.replace("0.72", "0.82"))) if finding.column == "balanced_accuracy"
    ]
    assert (balanced.outcome, wrong.outcome) == ("consistent", "fits only if")


def test_the_number_of_samples_beside_a_specificity_is_not_that_of_the_class():
    table = only("| Class | n | Sensitivity | Specificity |\n|---|---|---|---|\n| a | 45 | 0.9 | 0.8 |\n")
    assert "n" in table.rows[0].values and "support" not in table.rows[0].values


def test_dice_is_held_against_precision_and_recall_of_the_same_pixels_only():
    heads = "| Model | Dice | Precision | Recall |\n|---|---|---|---|\n"
    assert checks(f"{heads}| A | 0.8736 | 0.8664 | 0.8809 |\n") == {"F scores": "consistent"}
    # Means over images are another number, above the mean of both where some images are empty.
    assert checks(f"{heads}| A | 0.5250 | 0.4770 | 0.4938 |\n") == {}


def test_numbers_beside_an_overlap_are_means_over_images():
    text = (
        "| Region | Dice | Precision | Recall | F1 |\n|---|---|---|---|---|\n| WT | 0.910 | 0.900 | 0.880 | 0.880 |\n"
    )
    (finding,) = [finding for finding in check_tables(read(text)) if finding.outcome == "fits only if"]
    assert "over images" in finding.reading


@pytest.mark.parametrize("heads", ["Sensibilité | Spécificité", "灵敏度 | 特异度", "Senzitivnost | Specifičnost"])
def test_headings_in_other_languages_are_read(heads):
    table = only(f"| Model | {heads} |\n|---|---|---|\n| A | 0.9 | 0.8 |\n")
    assert list(table.rows[0].values) == ["sensitivity", "specificity"]
