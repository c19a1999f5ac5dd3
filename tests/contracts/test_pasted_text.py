"""Pasted tables as they come out of other programs: LaTeX, statistics programs, web pages."""

import pytest

from workflow_scripts.claims.tables.checked_paper import check_tables
from workflow_scripts.contracts.paper_tables import latex_rows
from workflow_scripts.contracts.paper_tables.latex_rows import without_latex
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


def test_a_table_in_latex_is_read_as_authors_write_it():
    paper = read(r"""\begin{table}[t]
\caption{Two sets (n = 130)}\label{tab:sets}
\resizebox{\linewidth}{!}{%
\begin{tabular}{l|*{2}{cc}}
\hline
\multirow{2}{*}{Model} & \multicolumn{2}{c|}{Internal} & \multicolumn{2}{c}{External} \\ \cline{2-5}
 & Sens.\ (\%) & Spec.\ (\%) & Sens.\ (\%) & Spec.\ (\%) \\ \hline
ResNet~\cite{he2016} & 92.3 $\pm$ 0.5 & 91.0$_{\pm0.4}$ & 80.1\textsuperscript{a} & 82.0$^{*}$ \tabularnewline
Ours & \cellcolor{gray!20}\textbf{95.1} % the best
& \underline{93.0} & \textcolor{red}{85.0} & \num{84.0}
\end{tabular}}
\end{table}
""")
    assert printed(paper) == [
        {"sensitivity": "92.3 ± 0.5", "specificity": "91.0 ± 0.4"},
        {"sensitivity": "80.1", "specificity": "82.0"},
        {"sensitivity": "95.1", "specificity": "93.0"},
        {"sensitivity": "85.0", "specificity": "84.0"},
    ]
    (table,) = paper.tables
    assert [(row.name, row.line) for row in table.rows] == [
        *(("ResNet, Internal", 8), ("ResNet, External", 8), ("Ours, Internal", 9), ("Ours, External", 9)),
    ]
    assert table.notes == ("Two sets (n = 130)",) and not paper.remarks


@pytest.mark.parametrize(
    "text",
    [
        "Model,Sensitivity/Specificity,AUC\nA,85/92,0.93\nB,80/90,0.91\n",
        "| Model | Sens. / Spec. (%) | AUC |\n|-|-|-|\n| A | 85 / 92 | 0.93 |\n| B | 80 (70–88) / 90 | 0.91 |\n",
        "| Metric | A | B |\n|-|-|-|\n| Sensitivity/Specificity | 85/92 | 80/90 |\n| AUC | 0.93 | 0.91 |\n",
    ],
)
def test_a_heading_of_two_metrics_has_two_values_below_it(text):
    paper = read(text)
    values = [{name: value.text for name, value in row.values.items()} for row in paper.tables[0].rows]
    assert values == [
        {"sensitivity": "85", "specificity": "92", "auc": "0.93"},
        {"sensitivity": "80", "specificity": "90", "auc": "0.91"},
    ]
    assert not paper.remarks


def test_a_cell_that_holds_other_values_than_its_heading_is_told():
    paper = read("Model,Sensitivity/Specificity\nA,85/92\nB,0.91\nC,80/90\n")
    assert [set(row) for row in printed(paper)] == [{"sensitivity", "specificity"}] * 2
    assert paper.remarks == ("line 3: '0.91' holds other values than its heading, not read",)
    share = read("Model,Sensitivity/Specificity\nA,48/52 (92.3)\nB,80/90\nC,85/92\n")
    assert share.remarks == ("line 2: '48/52 (92.3)' holds other values than its heading, not read",)


@pytest.mark.parametrize("text", ["Sensitivity/Specificity: 85/92\nAUC 0.93\n", "Sens. / Spec. 85 / 92\nAUC 0.93\n"])
def test_a_line_of_two_metrics_has_two_values(text):
    paper = read(text)
    assert printed(paper) == [{"sensitivity": "85", "specificity": "92", "auc": "0.93"}] and not paper.remarks


def test_two_names_of_one_metric_are_no_two_metrics():
    (table,) = read("Model,Recall/Sensitivity\nA,0.85\nB,0.80\n").tables
    assert [list(row.values) for row in table.rows] == [["Recall/Sensitivity"]] * 2


@pytest.mark.parametrize("text", ["Model,Sensitivity,Accuracy\nA,48/52,91.5%\n", "Sensitivity 48/52\nAccuracy 91.5%\n"])
def test_a_fraction_that_stands_alone_is_its_share(text):
    paper = read(text)
    (row,) = paper.tables[0].rows
    assert row.values["sensitivity"].fraction == (48, 52) and not paper.remarks
    assert row.values["sensitivity"].number == pytest.approx(48 / 52, abs=1e-6)


@pytest.mark.parametrize(
    "cells", [("40 (80.0%)", "10 (20.0%)"), ("80.0% (40)", "20.0% (10)"), ("40 (0.80)", "10 (0.20)")]
)
def test_a_matrix_may_have_the_shares_of_its_rows_in_brackets(cells):
    def said(first: str) -> list[tuple[str, str]]:
        rows = f"| pos | {first} | {cells[1]} |\n| neg | {cells[1]} | {cells[0]} |\n"
        paper = read(f"confusion matrix: rows are truth\n| | pos | neg |\n|-|-|-|\n{rows}")
        assert [[cell.number for cell in row] for row in paper.tables[0].confusion_matrix] == [[40, 10], [10, 40]]
        return [(finding.outcome, finding.row) for finding in check_tables(paper)]

    assert said(cells[0]) == [("consistent", "pos; neg")]
    assert said(cells[0].replace("80", "70")) == [("contradiction", "pos")]


def test_a_share_that_does_not_follow_is_named_by_the_rule_of_those_that_do():
    rows = "| pos | 40 (20.0%) | 10 (5.0%) |\n| neg | 18 (9.0%) | 132 (56.0%) |\n"
    (wrong,) = [f for f in check_tables(read(f"| | pos | neg |\n|-|-|-|\n{rows}")) if f.outcome == "contradiction"]
    assert (wrong.row, wrong.column, wrong.computed) == ("neg", "percent 2", "66.00")


REPORT = """              precision    recall  f1-score   support

      benign       0.91      0.94      0.92       120
   malignant       0.88      0.83      0.85        65

    accuracy                           0.90       185
   macro avg       0.90      0.88      0.89       185
weighted avg       0.90      0.90      0.90       185
"""
# As `pandas.DataFrame(classification_report(…, output_dict=True)).T` is saved.
REPEATED = REPORT.replace("                           0.90       185\n   macro", " 0.90 0.90 0.90 0.90\n   macro")


@pytest.mark.parametrize(
    "text",
    [
        REPORT,
        "\n".join(" ".join(line.split()) for line in REPORT.splitlines()),
        *("\n".join(sign.join([*(["", ""] if "avg" not in line and "acc" not in line else []), *line.split()][-5:])
                    for line in REPEATED.replace(" avg", "_avg").splitlines() if line) for sign in "\t,"),
    ],
)  # fmt: skip
def test_a_report_of_scikit_learn_is_read_whole(text):
    paper = read(text.replace("_avg", " avg"))
    (table,) = paper.tables
    assert [row.name for row in table.rows] == ["benign", "malignant", "macro avg", "weighted avg"]
    assert table.rows[0].values["support"].text == "120" and len(table.rows[3].values) == 4
    assert table.printed_beside["accuracy"].text == "0.90" and not paper.remarks
    assert {finding.outcome for finding in check_tables(paper)} == {"consistent"}


def test_averages_that_headings_name_are_those_of_their_columns():
    row = "| Model | Accuracy | Macro precision | Macro-recall | Macro F1 | F1 (weighted) |\n|-|-|-|-|-|-|\n"
    assert {finding.outcome for finding in check_tables(read(f"{row}| A | 0.90 | 0.90 | 0.88 | 0.87 | 0.90 |\n"))} == {
        "consistent"
    }
    (wrong,) = [
        finding
        for finding in check_tables(read(f"one training\n{row}| A | 0.90 | 0.90 | 0.88 | 0.97 | 0.90 |\n"))
        if finding.outcome == "contradiction"
    ]
    assert wrong.column == "Macro F1" and wrong.row == "A"


HTML = """<table class="wide">
<caption>Two sets</caption>
<thead><tr><th rowspan="2">Model</th><th colspan=2>Internal</th><th colspan=2>External</th></tr>
<tr><th>Sens.&nbsp;(%)</th><th>Spec. (%)</th><th>Sens. (%)</th><th>Spec. (%)</th></tr></thead>
<tbody><tr><td>ResNet<td>92.3 &plusmn; 0.5<td><b>91.0</b><td>80.1<sup>a</sup><td>82.0
<tr><td>Ours</td><td>95.1</td><td>93.0</td><td rowspan="2">85.0</td><td>84.0</td></tr>
<tr><td>Ours, small</td><td>94.1</td><td>92.0</td><td>83.0</td></tr></tbody></table>
"""


@pytest.mark.parametrize(
    ("before", "after", "remarks"),
    [
        ("n: 130\n", "", 0),
        (
            "<!DOCTYPE html><html><head><title>A study</title><style>td {}</style></head><body><p>n: 7</p>\n",
            "</body>",
            1,
        ),
    ],
)
def test_a_table_in_html_is_read_with_its_merged_cells(before, after, remarks):
    paper = read(before + HTML + after)
    assert printed(paper)[:3] == [
        {"sensitivity": "92.3 ± 0.5", "specificity": "91.0"},
        {"sensitivity": "80.1", "specificity": "82.0"},
        {"sensitivity": "95.1", "specificity": "93.0"},
    ]
    (table,) = paper.tables
    assert [row.name for row in table.rows][:2] == ["ResNet, Internal", "ResNet, External"]
    assert printed(paper)[-1] == {"sensitivity": "85.0", "specificity": "83.0"} and table.rows[-1].line == 8
    assert table.notes == ("Two sets",) and paper.test_n == (None if remarks else 130)
    assert len(paper.remarks) == remarks and all("outside the tables" in remark for remark in paper.remarks)


def test_a_caption_in_html_says_where_the_table_stands():
    (table,) = read(HTML.replace("Two sets", "<b>Table 2.</b> Two sets")).tables
    assert table.place == "Table 2" and table.notes == ("Two sets",)


def test_tables_of_one_page_stay_apart_and_one_inside_another_is_told():
    rows = "<tr><th>Model<th>Sens.</th></tr><tr><td>A</td><td>0.92{}</td></tr>"
    table = f"<table>{rows}</table>"
    assert [len(inner.rows) for inner in read(table.format("") + "\n" + table.format("")).tables] == [1, 1]
    (remark,) = read(table.format("<table><tr><td>(0.8–0.95)</td></tr></table>")).remarks
    assert "a table inside a table" in remark


def test_a_line_of_many_commands_does_not_stop_the_reading():
    lines = ["\\resizebox{" * 30 + "}" * 200 + " & x", "\\multirow{" * 40 + "}" * 200 + r"& \\", r"}\hline" * 300 + "&"]
    assert [number for number, _ in without_latex(lines)] == [1, 2, 3]


def test_cells_of_a_two_by_two_table_may_name_their_counts():
    text = "| | Predicted positive | Predicted negative |\n|-|-|-|\n| Actual positive | TP = 48 | FN = 4 |\n"
    (table,) = read(f"{text}| Actual negative | FP: 7 | TN: 71 |\n").tables
    assert [[cell.number for cell in row] for row in table.confusion_matrix] == [[48, 4], [7, 71]]
    assert table.rows_are == "truth"


def test_rows_whose_cells_single_spaces_part_are_not_taken_for_headings_of_a_part():
    head = "Metric          Value   95% CI\nSensitivity     92.3%   81.5% to 97.9%\nPPV (*) 87.3% 77.3% to 93.3%\n"
    paper = read(f"{head}Specificity     91.0%   82.4% to 96.3%\n")
    assert printed(paper) == [{"sensitivity": "92.3% (81.5%–97.9%)", "specificity": "91.0% (82.4%–96.3%)"}]
    assert [remark[:50] for remark in paper.remarks] == ["line 3: 1 cells below 3 headings, not read: PPV (*)"[:50]]
    rows = (
        read("Model   Sens.   Spec.\nA   0.92   0.91\nB 0.90 0.80\nPart 2\nC   0.85   0.88\nD 0.84 0.87\n")
        .tables[0]
        .rows
    )
    assert [row.name for row in rows] == ["A", "B", "C, Part 2", "D, Part 2"]


def test_a_heading_of_a_part_names_its_rows_or_is_told():
    (table,) = read("| Model | Sens. |\n|-|-|\n| Internal | |\n| A | 0.92 |\n| External | |\n| A | 0.90 |\n").tables
    assert [dict(row.label) for row in table.rows] == [
        {"model": "A", "part": "Internal"},
        {"model": "A", "part": "External"},
    ]
    text = "| Model | Sens. |\n|-|-|\n| A | 0.92 |\n| Internal | |\n| Test set | |\n| A | 0.90 |\n"
    assert read(text).remarks == ("line 4: not used: 'Internal'",)


def test_a_table_in_latex_without_row_ends_is_gone_through_once(monkeypatch):
    scanned = []

    class Counting:
        def finditer(self, text):
            scanned.append(len(text))
            return tokens.finditer(text)

    tokens = latex_rows._TOKEN
    monkeypatch.setattr(latex_rows, "_TOKEN", Counting())
    lines = [r"\begin{tabular}{lc}", *["Model & 0.91"] * 500]
    assert len(latex_rows.without_latex(lines)) == 502
    assert sum(scanned) <= len("\n".join(lines))
