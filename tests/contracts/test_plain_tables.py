"""A table pasted as text is read with what is said above it; what is not understood is told."""

import pytest

from workflow_scripts.contracts.paper_tables.plain_tables import plain_tables_of, read_plain_tables
from workflow_scripts.contracts.paper_tables.result_tables import ClassSizes, MatrixTotals, PaperTables, PrintedValue
from workflow_scripts.runtime.errors import UserError

CONTEXT = """paper: A made study
data: Made set, 130 images
positives: 52
average: two classes
one training
95 % CI

Table 2. What the detector and a reader came to
"""


def read(text: str) -> PaperTables:
    return plain_tables_of(text, "made.txt", "made")


def printed(paper: PaperTables, table: int = 0) -> list[dict[str, str]]:
    return [{column: str(value) for column, value in row.values.items()} for row in paper.tables[table].rows]


def test_lines_above_a_table_say_what_it_rests_on():
    paper = read(CONTEXT + "Reader\tSens.\tSpec.\nA\t0.92\t0.90\nB\t0.85\t0.95\n")
    table = paper.tables[0]
    assert (paper.citation, paper.data_name, paper.test_n, paper.positives) == ("A made study", "Made set", 130, 52)
    assert paper.test_n_by_class == (ClassSizes((52, 78), ("positive", "negative")),)
    assert (table.place, table.notes) == ("Table 2", ("What the detector and a reader came to",))
    assert (table.average, table.aggregation, table.interval_level) == ("two classes", "single: one training", "95 %")
    assert not paper.remarks


@pytest.mark.parametrize(
    "text",
    ["Model\tSe (95% CI)\tSpecificity\nA\t0.92 (0.87–0.96)\t0.90\nB two\t0.85 (0.80–0.90)\tn/a\n",
     "Model,Sens.,Spec.\nA,0.92 (0.87–0.96),0.90\nB two,0.85 (0.80–0.90),\n",
     'Model,TPR,TNR\nA,"0.92 (0.87–0.96)",0.90\nB two,0.85 (0.80–0.90),-\n',
     "Model;Recall;Specificity\nA;0.92 (0.87–0.96);0.90\nB two;0.85 (0.80–0.90);NR\n",
     "| Model | Sensitivity | Specificity |\n|---|:---:|---|\n| A | **0.92** (0.87–0.96) | 0.90† |\n"
     "| B two | 0.85 (0.80–0.90) | — |\n",
     "Model    Sensitivity       Specificity\nA        0.92 (0.87–0.96)  0.90\nB two    0.85 (0.80–0.90)  —\n",
     "Model Sensitivity Specificity\nA 0.92 (0.87–0.96) 0.90\nB two 0.85 (0.80–0.90) —\n",
     "Model\tSe\t95% CI\tSp\nA\t0.92\t0.87–0.96\t0.90\nB two\t0.85\t0.80 to 0.90\t\n",
     "\\begin{tabular}{lcc}\n\\toprule\nModel & Se (95\\% CI) & Sp \\\\ \\hline\n"
     "A & $\\mathbf{0.92}$ (0.87--0.96) & 0.90 \\\\\nB two & 0.85 (0.80--0.90) & -- \\\\[2pt]\n\\end{tabular}\n",
     "Metric\tA\tB two\nSensitivity\t0.92 (0.87–0.96)\t0.85 (0.80–0.90)\nSpecificity\t0.90\tn/a\n",
     'Model\t"Sensitivity\r\n(95% CI)"\tSpecificity\nA\t"0.92 (0.87, 0.96)"\t0.90\n"B two"\t"0.85\n(0.80–0.90)"\tn/a\n',
     "| Model | __Sensitivity__ | Specificity |\n|---|---|---|\n| A | __0.92__ (0.87–0.96) | _0.90_ |\n"
     "| B two | 0.85 (0.80–0.90) | |\n"],
)  # fmt: skip
def test_one_table_is_the_same_in_every_way_of_pasting_it(text):
    paper = read(text)
    assert printed(paper) == [
        {"sensitivity": "0.92 (0.87–0.96)", "specificity": "0.90"},
        {"sensitivity": "0.85 (0.80–0.90)"},
    ]
    assert [row.name for row in paper.tables[0].rows] == ["A", "B two"] and not paper.remarks


def test_a_report_by_class_keeps_its_averages_and_its_accuracy():
    paper = read("""              precision    recall  f1-score   support

         first     0.9017    0.9720    0.9355       500
        second     0.9479    0.9100    0.9286       500

    accuracy                         0.9410      1000
   macro avg     0.9248    0.9410    0.9320      1000
""")
    table = paper.tables[0]
    assert [dict(row.label) for row in table.rows] == [{"class": "first"}, {"class": "second"}, {"class": "macro avg"}]
    assert table.rows[0].values["support"] == PrintedValue("500")
    assert table.printed_beside == {"accuracy": PrintedValue("0.9410")} and not paper.remarks


def test_columns_below_the_names_of_sets_become_rows_of_each_set():
    paper = read("""| | Internal | | External | |
|---|---|---|---|---|
| Model | Se (%) | Sp (%) | Se (%) | Sp (%) |
| A | 90 | 91 | 80 | 81 |
""")
    assert [dict(row.label) for row in paper.tables[0].rows] == [
        {"model": "A", "set": "Internal"},
        {"model": "A", "set": "External"},
    ]
    assert printed(paper) == [{"sensitivity": "90", "specificity": "91"}, {"sensitivity": "80", "specificity": "81"}]
    assert paper.tables[0].percent_columns == ("sensitivity", "specificity")


@pytest.mark.parametrize(
    "head",
    ["Table 3\tInternal\tExternal\n\tSe\tSp\tSe\tSp\n",
     "\tInternal\tExternal\nModel\tSe\tSp\tSe\tSp\n",
     "Internal\tExternal\nModel\tSe\tSp\tSe\tSp\n",
     "| |**Internal**|**External**|\n|Model|Se|Sp|Se|Sp|\n|--|--|--|--|--|\n"],
)  # fmt: skip
def test_merged_cells_above_columns_are_copied_as_one_cell_each(head):
    separator = "|" if "|" in head else "\t"
    paper = read(head + separator.join(["A", "90", "91", "80", "81"]) + "\n")
    assert [row.label.get("set") for row in paper.tables[0].rows] == ["Internal", "External"]
    assert printed(paper) == [{"sensitivity": "90", "specificity": "91"}, {"sensitivity": "80", "specificity": "81"}]
    assert not paper.remarks


def test_merged_cells_that_fit_no_columns_are_told_and_no_number_is_lost():
    paper = read("\tInternal\tExternal\nModel\tSe\tSp\tSe\nA\t90\t91\t80\n")
    assert printed(paper) == [{"sensitivity": "90", "specificity": "91"}, {"sensitivity": "80"}]
    assert [row.label["set"] for row in paper.tables[0].rows] == ["columns 1", "columns 2"]
    assert paper.remarks == (
        "line 1: the names 'Internal', 'External' fit no groups of the columns below; write each above the first "
        "column of its group",
    )


def test_a_table_of_the_same_names_both_ways_is_a_confusion_matrix():
    paper = read("confusion matrix: rows are truth\n,normal,abnormal\nnormal,70,8\nabnormal,12,40\n\naccuracy: 0.846\n")
    table = paper.tables[0]
    assert [[cell.number for cell in row] for row in table.confusion_matrix] == [[70, 8], [12, 40]]
    assert (table.classes, table.rows_are) == (("normal", "abnormal"), "truth")
    assert table.printed_beside == {"accuracy": PrintedValue("0.846")}


def test_what_is_said_above_a_table_holds_below_until_it_is_said_anew():
    paper = read("""n: 100
Table 1
Model,Accuracy
A,0.91

Table 2
n: 40
Model,Accuracy
A,0.85
""")
    assert [(table.place, table.n) for table in paper.tables] == [("Table 1", None), ("Table 2", 40)]
    assert paper.test_n == 100


def test_what_cannot_be_read_is_told_with_its_line():
    paper = read("""The study was made up.
datta: 130 images
Model,Sensitivity,Specificity
A,0.92,good
B,0.85
C,0.85,0.90,0.91
D,0.92 (p<0.01),0.90

* see the supplement
""")
    lines = [remark.split(":")[0] for remark in paper.remarks]
    assert lines == ["line 1", "line 2", "line 4, Specificity", "line 5", "line 6", "line 7, Sensitivity", "line 9"]
    assert "did you mean data?" in paper.remarks[1]
    assert printed(paper)[0] == {"sensitivity": "0.92"}


def test_a_text_without_a_table_says_what_is_wanted():
    with pytest.raises(UserError, match="holds no table with headings and numbers"):
        read("Accuracy was high.\n")


@pytest.mark.parametrize(
    ("line", "sizes"),
    [("classes: normal 78, abnormal 52", ClassSizes((78, 52), ("normal", "abnormal"))),
     ("classes: normal: 78; abnormal: 52", ClassSizes((78, 52), ("normal", "abnormal"))),
     ("classes: normal (1,078), abnormal (52)", ClassSizes((1078, 52), ("normal", "abnormal"))),
     ("class sizes: 100, 100, 31", ClassSizes((100, 100, 31)))],
)  # fmt: skip
def test_sizes_of_classes_are_read_from_a_line(line, sizes):
    assert read(f"{line}\nModel,Accuracy\nA,0.91\n").test_n_by_class == (sizes,)


@pytest.mark.parametrize(
    "text",
    ["Sensitivity 92.3% (48/52)\nSpecificity 91.0% (71/78)\n",
     "- Sensitivity: 92.3% (48/52)\n- Specificity = 91.0% (71/78)\n",
     "Sens.\t92.3% (48/52)\nSpec.\t91.0% (71/78)\n"],
)  # fmt: skip
def test_numbers_listed_a_metric_a_line_are_one_row(text):
    paper = read("n: 130\nThe detector\n" + text)
    assert printed(paper) == [{"sensitivity": "92.3% (48/52)", "specificity": "91.0% (71/78)"}]
    assert (paper.test_n, paper.tables[0].rows[0].name, paper.remarks) == (130, "The detector", ())


def test_a_matrix_keeps_its_totals_and_what_its_rows_are():
    paper = read("| | Predicted positive | Predicted negative | Total |\n|---|---|---|---|\n"
                 "| Positive | 48 | 4 | 52 |\n| Negative | 7 | 71 | 78 |\n| Total | 55 | 75 | 130 |\n")  # fmt: skip
    table = paper.tables[0]
    assert [[cell.number for cell in row] for row in table.confusion_matrix] == [[48, 4], [7, 71]]
    assert (table.classes, table.rows_are) == (("positive", "negative"), "truth")
    assert table.totals == MatrixTotals((52, 78), (55, 75), 130)


def test_tables_and_rows_can_be_told_apart_by_name():
    paper = read("Table 1\nTP,FP\n48,7\n44,8\n\nTable 1\nModel,Accuracy\nA,0.9\n")
    assert [table.place for table in paper.tables] == ["Table 1", "Table 1 (2)"]
    assert [row.name for row in paper.tables[0].rows] == ["1", "2"]


def test_a_file_that_is_no_text_is_refused_with_what_to_do(tmp_path):
    path = tmp_path / "paper.pdf"
    path.write_bytes(b"%PDF-1.7 \xff\xfe")
    with pytest.raises(UserError, match="is a PDF file"):
        read_plain_tables(path)


def test_a_text_of_an_old_encoding_is_read(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes("Model;Sens.\nA;0,92 (0,87–0,96)\n".encode("cp1252"))
    assert printed(read_plain_tables(path)) == [{"sensitivity": "0,92 (0,87–0,96)"}]


def test_a_table_in_latex_keeps_its_groups_and_its_caption():
    paper = read(r"""\caption{Two sets}
\begin{tabular}{lcccc}
 & \multicolumn{2}{c}{Internal} & \multicolumn{2}{c}{External} \\ \hline
Model & Se & Sp & Se & Sp \\
\multirow{1}{*}{A} & 90.1 $\pm$ 0.2 & 91 & \textbf{80} & 81 \\
\end{tabular}
""")
    assert printed(paper) == [
        {"sensitivity": "90.1 ± 0.2", "specificity": "91"},
        {"sensitivity": "80", "specificity": "81"},
    ]
    assert [row.label["set"] for row in paper.tables[0].rows] == ["Internal", "External"]
    assert paper.tables[0].notes == ("Two sets",) and not paper.remarks


def test_the_output_of_statistics_programs_is_read():
    listed = read("""Statistic\tValue\t95% CI
Sensitivity\t92.31%\t81.46% to 97.86%
Positive Predictive Value (*)\t87.27%\t77.14% to 93.31%
""")
    assert printed(listed) == [{"sensitivity": "92.31% (81.46%–97.86%)", "precision": "87.27% (77.14%–93.31%)"}]
    matrix = read("""Confusion Matrix and Statistics

          Reference
Prediction  No Yes
       No   71   4
       Yes   7  48

               Accuracy : 0.9154
                 95% CI : (0.8536, 0.957)
""")
    table = matrix.tables[0]
    assert [[cell.number for cell in row] for row in table.confusion_matrix] == [[71, 4], [7, 48]]
    assert (table.classes, table.rows_are) == (("No", "Yes"), "predicted class")
    assert table.printed_beside == {"accuracy": PrintedValue("0.9154", ("0.8536", "0.957"))}


@pytest.mark.parametrize(
    ("line", "name", "n"),
    [("data: Herlev, 130 images", "Herlev", 130), ("data: 130 test images of Herlev", "Herlev", 130),
     ("data: ISIC 2019", "ISIC 2019", None), ("data: ISIC 2019, 2,533 images", "ISIC 2019", 2533),
     ("data: Messidor-2, 349 eyes", "Messidor-2", 349), ("data: 130", "", 130),
     ("data: own, 100 images per class", "own, per class", None), ("data: own (n = 130)", "own", 130),
     ("n: 1,036 cells", "", 1036)],
)  # fmt: skip
def test_a_year_and_a_number_in_a_name_are_no_sizes(line, name, n):
    paper = read(f"{line}\nModel,Accuracy\nA,0.91\n")
    assert (paper.data_name, paper.test_n) == (name, n)


def test_numbered_classes_have_no_sizes():
    table = read("classes: grade 1, grade 2, grade 3\nModel,Accuracy\nA,0.91\n").tables[0]
    assert table.classes == ("grade 1", "grade 2", "grade 3") and table.class_sizes is None
    assert "gives no number" in read("n: 100 per class\nModel,Accuracy\nA,0.91\n").remarks[0]


def test_a_count_with_its_share_in_brackets_is_read_as_the_share():
    paper = read("Model\tSens.\tSpec.\tAcc.\tTP\nA\t48 (92.3)\t71 (91.0%)\t92 (1.5)\t48 (92.3)\n")
    values = paper.tables[0].rows[0].values
    assert [value.text for value in values.values()] == ["92.3", "91.0%", "92", "48"]
    assert [value.in_brackets for value in values.values()] == ["48", "71", "1.5", "92.3"]


def test_two_metrics_that_one_space_parts_are_two_columns():
    paper = read("Model   Acc.   Precision Recall  F1\nA       0.92   0.91      0.90    0.905\n")
    assert printed(paper) == [{"accuracy": "0.92", "precision": "0.91", "sensitivity": "0.90", "f1": "0.905"}]
    assert [row.name for row in paper.tables[0].rows] == ["A"] and not paper.remarks


def test_numbers_are_not_moved_below_the_heading_beside_theirs():
    with pytest.raises(UserError, match="line 2: 5 cells below 4 headings, not read"):
        read("Model   Acc.   Loss Rate  F1\nA       0.92   0.31    0.40    0.905\nB       0.90   0.35    0.41  0.88\n")


def test_a_matrix_whose_names_single_spaces_part_is_read():
    paper = read("Table 4. Confusion matrix\n          abnormal normal\nabnormal  131      4\nnormal    2        47\n")
    cells = [[str(cell) for cell in row] for row in paper.tables[0].confusion_matrix]
    assert cells == [["131", "4"], ["2", "47"]] and not paper.remarks
