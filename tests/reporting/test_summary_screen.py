"""The first screen of a report: the verdict on every printed number, and what each row leads to."""

import re
from types import SimpleNamespace

import pytest
from judging import Real
from pages import text_of, verdicts, write

from workflow_scripts.contracts.published_yaml import read_published
from workflow_scripts.contracts.verdict_table import VERDICT
from workflow_scripts.reporting import formatting
from workflow_scripts.reporting.pages.summary_screen import split_notes
from workflow_scripts.runtime.files import read_json


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    study = Real(tmp_path_factory.mktemp("judged")).write()
    return SimpleNamespace(study=study, page=write(study, study.paper))


def test_every_row_of_the_verdict_is_on_the_page_with_its_numbers_and_word(real):
    table = VERDICT.read(real.study.folder / "verdict.csv")
    part = verdicts(real.page)
    assert part.count('<th scope="row">') == len(table)
    tally = text_of(part[part.index('class="tally"') : part.index("</p>")])
    for word, count in table["verdict"].value_counts().items():
        assert f"{count} {word}" in tally
    row = next(line for line in table.to_dict("records") if line["claim"] == "optimistic")
    shown = next(line for line in re.findall(r"<tr.*?</tr>", part, re.DOTALL) if "97.0 %" in line)
    ends = " to ".join(f"{100 * row[name]:.1f}" for name in ("low", "high"))
    assert f"97.0 % {100 * row['obtained']:.1f} % {ends}" in text_of(shown)
    assert "lower" in text_of(shown) and row["why"] in text_of(shown)


def test_the_headline_comes_first_then_what_contradicts_the_paper(real):
    part = verdicts(real.page)
    words = re.findall(r'<td class="why"><b class="[a-z]*">([a-z ]+)</b>', part)
    assert words[0] == "cannot tell" and set(words[1:5]) == {"lower", "higher", "fails"}
    assert words.index("not run") > words.index("holds")
    body = part[part.index("<tbody>") :]
    heads = re.findall(r'<tr( class="main")?><th scope="row">', body)
    assert len(heads) > 5 and heads[0] and not any(heads[1:])


def test_each_row_leads_to_its_evidence(real):
    part = verdicts(real.page)
    rows = re.findall(r"<tr.*?</tr>", part, re.DOTALL)
    best = next(row for row in rows if "Accuracy of cvm on test (highest of 2)" in row)
    assert (
        'href="#runs-published"' in best
        and 'href="#comparisons"' in best
        and "MLflow: cvm (published)" in text_of(best)
    )
    assert 'href="../consistency.html#small:best"' in best
    assert any('href="#costs"' in row and "Training time" in row for row in rows)
    assert "printed numbers contradict each other" in text_of(part)  # one accuracy printed as 90, 97 and 70 %


def test_a_claims_link_leads_to_its_row_of_the_printed_numbers(real):
    from workflow_scripts.claims.checks import check_all
    from workflow_scripts.reporting.pages.consistency_page import consistency_page

    published = read_published(real.study.paper / "published.yaml")
    page = consistency_page([(published, check_all(published))])
    anchors = set(re.findall(r'id="([^"]+)"', page))
    assert set(re.findall(r'consistency.html#([^"]+)"', real.page)) <= anchors


def test_what_is_said_of_all_splits_alike_is_said_once():
    notes = {"published": "No groups. Split by sample.", "grouped": "No groups. Split by group: 1.5 a group."}
    assert split_notes(notes) == [
        ("", "No groups."),
        ("published", "Split by sample."),
        ("grouped", "Split by group: 1.5 a group."),
    ]
    assert split_notes({"published": "No groups."}) == [("published", "No groups.")]
    assert split_notes({"published": "Split by sample.", "grouped": ""}) == [("published", "Split by sample.")]


def test_the_premium_stands_first_with_its_seeds(real):
    part = text_of(verdicts(real.page))
    premium = read_json(real.study.folder / "metrics.json")["leak_premium"]["grouped"]["cvm"]["value"]
    assert f"Leak premium of cvm : {formatting.points(premium)} points (" in part and "3 training seeds." in part
    assert "; 0 lies within: no premium is shown) against grouped" in part
