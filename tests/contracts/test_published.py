"""The published numbers: all there, in their place, and readable by a machine."""

import re
from collections import Counter
from pathlib import Path

import pytest

from workflow_scripts.contracts.errors import UserError
from workflow_scripts.contracts.published import SUBSET_METRICS, read_published

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
"""


@pytest.fixture(scope="module")
def cvm():
    return read_published(CVM)


def small(tmp_path, old="", new=""):
    path = tmp_path / "published.yaml"
    assert old in SMALL
    path.write_text(SMALL.replace(old, new, 1), encoding="utf-8")
    return path


def test_every_cell_of_the_papers_tables_is_a_claim(cvm):
    counts = Counter(claim.id.split(".")[0] for claim in cvm.claims)
    assert counts["table1"] == 12 * 4
    assert counts["table3"] == 23 * 4
    assert counts["table4"] == 3 * 4
    assert counts["table5"] == 9 * 4


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
        claims = cvm.headline(study)
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
        ("metric: accuracy", "metric: acuracy", "table1.x.accuracy: metric 'acuracy' is unknown"),
        ("unit: percent", "unit: per_cent", "unit 'per_cent' is unknown"),
        ("values: [91.5]", "values: [91.5, 3]", "tables.table1.rows.x: 2 values for 1 columns"),
        ("values: [91.5]", "values: [9e1]", "value '9e1' is not a number"),
        ("headline: [table1.x.accuracy]", "headline: [missing]", "there is no claim missing"),
        ("study: a, metric", "study: b, metric", "claim n: study 'b' is not in studies"),
        ("value: 10}", "value: 10, decmals: 2}", "claim n: unknown key decmals"),
        ("id: epochs", "id: n", "the id n occurs twice"),
        ("paper: small", "paper: [", "is not valid YAML"),
        ("citation: A small paper.", "", "lacks citation"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path, old, new, message):
    path = small(tmp_path, old, new)
    with pytest.raises(UserError, match=re.escape(message)) as error:
        read_published(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match="published.yaml is missing"):
        read_published(tmp_path / "published.yaml")
