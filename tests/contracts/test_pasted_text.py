"""Pasted tables as they come out of other programs: LaTeX, statistics programs, web pages."""

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
