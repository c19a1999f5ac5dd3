"""The published numbers: all there, in their place, and readable by a machine."""

import re
from collections import Counter
from pathlib import Path

import pytest

from workflow_scripts.contracts.metric_names import SUBSET_METRICS
from workflow_scripts.contracts.published_yaml import read_published
from workflow_scripts.runtime.errors import UserError

STUDIES = Path(__file__).parents[2] / "workflow_scripts" / "studies"
CVM = STUDIES / "cvm_cervix" / "published.yaml"

SMALL = """
paper: small
citation: A small paper.
studies:
  a: {title: A, headline: [table1.x.accuracy]}
settings:
  - {id: epochs, place: §1, value: 3, setting: runs.x.train.epochs}
tables:
  table1:
    place: Table 1
    study: a
    unit: percent
    decimals: 1
    columns: {accuracy: {printed: Acc, metric: accuracy}}
    rows: {x: {printed: X, run: x, values: [91.5]}}
claims:
  - {id: n, place: §2, study: a, metric: samples, unit: count, value: 10}
statements:
  - {id: best, place: §3, study: a, run: x, words: better than y, relation: higher, against: {run: [y]}}
layers:
  table2: {place: Table 2, study: a, rows: [[Pool, 8 x 8 x 3], [FC, 192]]}
aspects:
  table3: {place: Table 3, columns: {a: Ours}, rows: {Input: [Images]}}
public:
  - {id: n, place: Nobody 2020, study: a, metric: samples, unit: count, value: 12}
"""
# Paper and table → how many numbers it prints. Of Table 1 of the histology paper (layers) each row is one.
NUMBERS = {
    ("cvm_cervix", "Table 1"): 12 * 4,
    ("cvm_cervix", "Table 3"): 23 * 4,
    ("cvm_cervix", "Table 4"): 3 * 4,
    ("cvm_cervix", "Table 5"): 9 * 4,
    ("zeb2_ihc", "Table 1"): 4 * 3,
    ("colposcopy_resnet50", "Table 1"): 3,  # without the column Ratio
    ("colposcopy_resnet50", "Table 2"): 3,
    ("mri_resnet", "Table 1"): 3 * 3,
    ("mri_resnet", "Table 2"): 3 * 3,
    ("mri_resnet", "Table 3"): 3 * 3,
    ("mri_resnet", "Table 4"): 3 * 3,
    ("histology_vgg", "Table 1"): 13,
    ("histology_vgg", "Table 2"): 2 * 3,
    ("histology_vgg", "Table 3"): 4,
    ("histology_vgg", 'Table "Result Comparison"'): 2 * 3,
}
# Paper → how many numbers are printed outside its tables, in the text and in figures.
ELSEWHERE = {"cvm_cervix": 84, "zeb2_ihc": 22, "colposcopy_resnet50": 6, "mri_resnet": 8, "histology_vgg": 9}


@pytest.fixture(scope="module")
def cvm():
    return read_published(CVM)


def small(tmp_path, old="", new=""):
    path = tmp_path / "published.yaml"
    assert old in SMALL
    path.write_text(SMALL.replace(old, new, 1), encoding="utf-8")
    return path


def test_every_number_of_every_table_of_every_shipped_paper_is_there():
    papers = [read_published(STUDIES / name / "published.yaml") for name in ELSEWHERE]
    found = Counter((paper.paper, claim.cell.table) for paper in papers for claim in paper.claims if claim.cell)
    found += Counter((paper.paper, layer.place.split(",")[0]) for paper in papers for layer in paper.layers)
    assert found == NUMBERS
    assert {paper.paper: sum(not claim.cell for claim in paper.claims) for paper in papers} == ELSEWHERE


def test_a_confusion_matrix_is_a_table_of_claims_with_true_and_predicted_class():
    paper = read_published(STUDIES / "mri_resnet" / "published.yaml")
    cell = paper.claim("table3.asc.ac")
    assert (cell.metric, cell.class_name, cell.predicted, cell.run, cell.value) == (
        "confusions",
        "ASC",
        "AC",
        "expert_1",
        7,
    )


def test_words_layers_and_what_others_print_are_read_beside_the_claims(tmp_path):
    paper = read_published(small(tmp_path))
    (said,) = paper.statements
    assert (said.subject, said.compared_field, said.compared_values, said.metric) == ("x", "run", ("y",), None)
    assert [(layer.id, layer.size) for layer in paper.layers] == [("table2.01", (8, 8, 3)), ("table2.02", (192,))]
    assert [(block.place, block.columns, block.rows) for block in paper.aspects] == [
        ("Table 3", {"a": "Ours"}, {"Input": ("Images",)})
    ]
    assert [claim.value for claim in paper.public] == [12] and paper.claim("n").value == 10
    with pytest.raises(KeyError):
        paper.claim("nothing")


def test_a_number_in_a_comparison_in_words_is_that_of_the_paper_s_claims():
    paper = read_published(STUDIES / "histology_vgg" / "published.yaml")
    (block,) = paper.aspects
    printed = {
        (claim.study, claim.cell.row): f"{claim.value:.{claim.decimals}f}%"
        for claim in paper.claims
        if claim.cell and claim.cell.table == block.place
    }
    in_words = {
        (study, aspect): cell
        for aspect, cells in block.rows.items()
        for study, cell in zip(block.columns, cells, strict=True)
        if cell.endswith("%")
    }
    assert in_words == printed and len(printed) == 6


def test_counts_of_the_tables_add_up_to_their_totals(cvm):
    for table in ("table1", "table4", "table5"):
        for column in ("train", "validation", "test", "total"):
            cells = {
                claim.id.split(".")[1]: claim.value
                for claim in cvm.claims
                if claim.id.startswith(f"{table}.") and claim.id.endswith(f".{column}")
            }
            total = cells.pop("total")
            assert sum(cells.values()) == total, (table, column)


def test_each_figure_and_text_claim_of_the_paper_is_there(cvm):
    printed = {claim.id: (claim.printed, claim.n) for claim in cvm.claims}
    assert printed["fig5.test.accuracy"] == ("91.72", 1763)
    assert printed["fig5.validation.macro_sensitivity"] == ("92.90", 1767)
    assert printed["fig7.augmented.accuracy"] == ("93.48", 1763)
    assert printed["fig9.test.macro_precision"] == ("88.90", 183)
    assert printed["fig11.test.accuracy"] == ("98.48", 3415)
    assert printed["size"] == ("120", None)
    assert printed["time_per_image"] == ("0.018", 1763)
    assert sum(claim.metric == "confusions" for claim in cvm.claims) == 8


def test_a_number_printed_twice_has_one_value(cvm):
    for metric in ("accuracy", "macro_precision", "macro_sensitivity", "macro_f1"):
        values = {cvm.claim(f"{place}.{metric}").value for place in ("table3.cvm", "fig5.test", "best")}
        assert len(values) == 1, metric


def test_headline_claims_are_what_evaluation_computes_on_the_test_subset(cvm):
    for study in cvm.studies:
        claims = cvm.about(study).headline(study)
        assert claims[0].metric == "accuracy"
        assert all(claim.metric in SUBSET_METRICS and claim.subset == "test" and claim.run for claim in claims)
        assert all(claim.study == study for claim in claims)


def test_shares_are_scaled_and_rounding_follows_the_digits_that_carry_information(cvm):
    accuracy, recall = cvm.claim("table3.cvm.accuracy"), cvm.claim("table3.cvm.macro_sensitivity")
    assert accuracy.scaled == pytest.approx(0.9172)
    assert accuracy.rounding_error == pytest.approx(0.00005)
    assert (recall.printed, recall.rounding_error) == ("91.60", pytest.approx(0.0005))
    assert cvm.claim("training_time").scaled == pytest.approx(2.3 * 3600)


def test_places_name_a_section_a_figure_or_a_table(cvm):
    for entry in cvm.claims:
        assert re.search(r"§\d|Fig\. \d|Table \d", entry.place), entry.id


def test_every_paper_folder_has_readable_numbers_under_its_own_name():
    folders = [path for path in STUDIES.iterdir() if path.is_dir() and not path.name.startswith("_")]
    assert folders
    for folder in folders:
        assert read_published(folder / "published.yaml").paper == folder.name
        assert (folder / "notes.md").stat().st_size


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "metric: accuracy",
            "metric: acuracy",
            "tables.table1.columns.accuracy.metric: 'acuracy' is unknown; did you mean accuracy?",
        ),
        ("unit: percent", "unit: per_cent", "tables.table1.unit: 'per_cent' is unknown; did you mean percent?"),
        ("values: [91.5]", "values: [91.5, 3]", "tables.table1.rows.x: 2 values for 1 columns"),
        (
            "values: [91.5]",
            "values: [9e1]",
            "values, entry 1: a number is wanted, '9e1' was found; YAML reads 2e-4 as text",
        ),
        ("headline: [table1.x.accuracy]", "headline: [missing]", "there is no claim missing"),
        (
            "headline: [table1.x.accuracy]",
            "reference_study: elsewhere",
            "reference_study: 'elsewhere' is no study with numbers of its own",
        ),
        ("citation: A small paper.", "citation: A.\nvariants: {x: y}", "variants.x: no setting is stated of 'y'"),
        (
            "value: 10}",
            "value: 10, assumed: {colour: Red.}}",
            "claims.n.assumed: unknown key colour; there are against, class, metric",
        ),
        ("value: 10}", "value: 10, assumed: {metric: ''}}", "claims.n.assumed.metric: a sentence is wanted"),
        ("value: 10}", "value: 10, stated: {average: 3}}", "claims.n.stated.average: a text is wanted, 3 was found"),
        (
            "value: 10}",
            "value: 10, stated: {averages: A.}}",
            "claims.n.stated: unknown key averages; did you mean average?",
        ),
        ("value: 10}", "value: 10, stated: One.}", "claims.n.stated: a mapping is wanted, 'One.' was found"),
        ("value: 3,", "value: 3, assumed: {fold: One.},", "settings.epochs.assumed: unknown key fold"),
        ("words: better", "assumed: {unit: One.}, words: better", "statements.best.assumed: unknown key unit"),
        ("study: a, metric", "study: b, metric", "claim n: study 'b' is not in studies"),
        ("value: 10}", "value: 10, decmals: 2}", "claims.n: unknown key decmals; did you mean decimals?"),
        ("metric: samples, unit: count, value: 10}", "metric: samples, value: 10}", "claim n: lacks unit"),
        ("printed: Acc, metric: accuracy", "printed: Acc", "tables.table1.x.accuracy: lacks metric"),
        (
            "rows: {x: {printed: X,",
            "rows: {x: {class_: X,",
            "tables.table1.rows.x: unknown key class_; did you mean class?",
        ),
        ("value: 10}", "value: 10, n: 0}", "claims.n.n: 0 is not at least 1"),
        ("{id: n, place: §2,", "{place: §2,", "claims, entry 1: lacks id"),
        ("id: epochs", "id: n", "the id n occurs twice"),
        ("paper: small", "paper: [", "is not valid YAML"),
        ("citation: A small paper.", "", "published.yaml: lacks citation"),
        (
            "relation: higher",
            "relation: better",
            "statements.best.relation: 'better' is unknown; there are higher, lower, second",
        ),
        ("against: {run: [y]}", "against: {run: y}", "statements.best.against.run: a list is wanted, 'y' was found"),
        (
            "against: {run: [y]}",
            "against: {run: [y], class: [z]}",
            "statements.best.against: one of run, subset, class and a list",
        ),
        (
            "against: {run: [y]}",
            "against: {subset: [test]}",
            "statements.best: against names subset, but the statement itself has no subset",
        ),
        (
            "[Images]",
            "[Images, Visits]",
            "aspects.table3: rows.Input: 2 cells for 1 columns (a)",
        ),
        ("columns: {a: Ours}", "columns: {b: Ours}", "aspects: the column 'b' of Table 3 is no study of the paper"),
        ("8 x 8 x 3", "8 by 8", "layers.table2.rows, entry 1, entry 2: '8 by 8' is no size such as 224 x 224 x 64"),
        ("id: best", "id: n", "the id n occurs twice"),
        ("place: Nobody 2020, study: a", "place: Nobody 2020, study: b", "study 'b' is not in studies"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path, old, new, message):
    path = small(tmp_path, old, new)
    with pytest.raises(UserError, match=re.escape(message)) as error:
        read_published(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_what_is_said_and_what_is_assumed_of_a_table_is_of_its_cells(tmp_path):
    old = "columns: {accuracy: {printed: Acc, metric: accuracy}}"
    new = (
        "stated: {one_training: One.}\n    assumed: {class: A.}\n    columns: {accuracy: {printed: Acc, "
        "metric: accuracy, assumed: {metric: B.}, fits_if: {metric: it is C}, inferred: {run: D.}}}"
    )
    claim = read_published(small(tmp_path, old, new)).claim("table1.x.accuracy")
    assert claim.stated == {"one_training": "One."} and claim.assumed == {"class_name": "A.", "metric": "B."}
    assert claim.fits_if == {"metric": "it is C"} and claim.inferred == {"run": "D."}


def test_a_table_of_one_line_needs_no_name_for_it_and_runs_are_called_as_their_rows_are(tmp_path):
    paper = read_published(small(tmp_path))
    assert (paper.run_name("x"), paper.run_name("y"), paper.called) == ("X", "y", "small")
    paper = read_published(small(tmp_path, "x: {printed: X, ", "x: {"))
    assert paper.claim("table1.x.accuracy").place == "Table 1, column Acc" and paper.run_name("x") == "x"
    names = "citation: A small paper.\ntitle: Small\nrun_names: {x: the X}"
    paper = read_published(small(tmp_path, "citation: A small paper.", names))
    assert (paper.run_name("x"), paper.called) == ("the X", "Small")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match="published.yaml is missing"):
        read_published(tmp_path / "published.yaml")


def test_a_part_has_the_numbers_of_the_whole_but_for_data_sets_that_it_lacks(cvm):
    part = cvm.about("cvm_sipakmed")
    assert {claim.study for claim in part.claims} == {"cvm_sipakmed"}
    assert {claim.source for claim in part.claims} == {None, "sipakmed"}
    assert part.claim("fig5.test.accuracy").value == cvm.claim("fig5.test.accuracy").value
    assert cvm.about("cvm_herlev") is cvm and cvm.about("unheard_of") is cvm
