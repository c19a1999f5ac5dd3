"""References of the text to tables, figures and equations; answers of the authors; the text that was read."""

import pytest

from workflow_scripts.claims.checks import check_all
from workflow_scripts.claims.issues import issues
from workflow_scripts.claims.outcome import CONSISTENT, NOTE
from workflow_scripts.contracts.published_yaml import read_published
from workflow_scripts.runtime.errors import UserError

SMALL = """
paper: small
citation: Nobody.
studies: {s: {title: S}}
settings: []
text_read: {source: a preprint, date: "2026-11-28"}
numbered: {Table: [Counts, Results], Figure: [Images, Curve]}
references:
  - {id: right, place: §1, to: Table 1}
  - {id: gone, place: §2, to: Table 4, means: Table 2, quote: Table 4 shows the results}
  - {id: other, place: §3, to: Figure 1, means: Figure 2, quote: Figure 1 shows the curve}
  - {id: equation, place: §4, to: Equation 6}
claims:
  - {id: n, place: §1, study: s, metric: samples, value: 3, unit: count}
answers:
  - {about: [gone], words: A slip of the pen., source: letter, date: "2026-11-29"}
"""


def small(tmp_path, old="", new=""):
    path = tmp_path / "published.yaml"
    assert old in SMALL
    path.write_text(SMALL.replace(old, new, 1), encoding="utf-8")
    return path


def test_a_reference_to_what_does_not_exist_is_a_note_that_names_what_does(tmp_path):
    found = {outcome.claim: outcome for outcome in check_all(read_published(small(tmp_path)))}
    assert found["right"].outcome == CONSISTENT and found["right"].why == "Table 1 is: Counts."
    assert found["gone"].outcome == NOTE and found["gone"].why == "There is no Table 4: the last one is 2."
    assert found["gone"].nearest == "Table 2, Results"
    assert found["equation"].why == "There is no Equation 6." and found["equation"].nearest == ""


def test_a_reference_to_another_one_than_is_meant_is_a_note_that_says_what_it_shows(tmp_path):
    found = {outcome.claim: outcome for outcome in check_all(read_published(small(tmp_path)))}
    assert found["other"].outcome == NOTE and found["other"].why.startswith("Figure 1 is: Images.")


def test_all_wrong_references_of_a_paper_are_one_note(tmp_path):
    paper = read_published(small(tmp_path))
    (note,) = issues(paper, check_all(paper))
    assert set(note.claims) == {"gone", "other", "equation"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("to: Table 1", "to: the table", "references.right.to: 'the table' is no name such as Table 4"),
        ('date: "2026-11-28"', 'date: "yesterday"', "text_read.date: 'yesterday' is no date such as 2026-11-28"),
        ("about: [gone]", "about: [nobody]", "answers: there is no entry nobody"),
        ("about: [gone]", "about: []", "answers, entry 1.about: .* not at least 1 long"),
        ("words: A slip of the pen.", "words: ''", "answers, entry 1.words: empty"),
        (
            "value: 3, unit",
            "value: 3, fits_if: {metric: it is so}, unit",
            "n: fits_if has metric, which is not assumed",
        ),
    ],
)
def test_a_mistake_names_its_place(tmp_path, old, new, message):
    with pytest.raises(UserError, match=message):
        read_published(small(tmp_path, old, new))
