"""Table and page of the printed numbers: every claim is there, with its outcome, in a page that stands alone."""

import re
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import pytest
from markupsafe import escape
from pages import without_script

from workflow_scripts.claims.about_checks import TRIED
from workflow_scripts.claims.checks import CHECKS
from workflow_scripts.claims.issues import distinct_numbers, numbers_by_outcome
from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF, ISSUES, NOT_CHECKABLE, NOTE, ORDER
from workflow_scripts.contracts.consistency_table import CONSISTENCY
from workflow_scripts.contracts.published_yaml import read_published
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.steps import consistency

STUDIES = Path(consistency.__file__).parents[1] / "studies"
FOLDERS = sorted(path.parent for path in STUDIES.glob("*/published.yaml"))
PAPERS = {folder.name: read_published(folder / "published.yaml") for folder in FOLDERS}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Table and page of all shipped papers."""
    folder = tmp_path_factory.mktemp("results")
    args = SimpleNamespace(paper=FOLDERS, table=folder / "consistency.csv", out=folder / "consistency.html")
    consistency.main(args)
    return SimpleNamespace(
        table=CONSISTENCY.read(args.table), page=args.out.read_text(encoding="utf-8"), args=args, folder=folder
    )


def worst(table, paper):
    """Claim → its outcome over all checks."""
    rows = table[table["study"].isin(PAPERS[paper].studies)]
    return {claim: min(part["outcome"], key=ORDER.index) for claim, part in rows.groupby("claim")}


def test_every_claim_of_every_paper_has_a_row_with_place_and_value_as_printed(made):
    rows = made.table.set_index(["study", "claim"]).sort_index()
    for paper in PAPERS.values():
        for claim in paper.claims:
            found = rows.loc[[(claim.study, claim.id)]]
            assert set(found["paper_place"]) == {claim.place}
            assert claim.printed in found["published"].iloc[0]


def cells(page, paper):
    """Of a paper's row on the scoreboard."""
    board = page[page.index("Scoreboard") : page.index("</table>")]
    line = next(row for row in re.findall(r"<tr>.*?</tr>", board, re.S) if f'href="#{paper}"' in row)
    return [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r'<td class="num".*?</td>', line)]


def test_scoreboard_counts_distinct_issues_and_the_numbers_of_the_table(made):
    for name, paper in PAPERS.items():
        printed, *counts, fits, unknown = cells(made.page, name)
        final, own = worst(made.table, name), made.table[made.table["study"].isin(paper.studies)]
        numbers = numbers_by_outcome(paper, final)
        assert int(printed) == numbers.total()
        for cell, kind in zip(counts, ISSUES, strict=True):
            distinct = own.loc[own["outcome"] == kind, "issue"].nunique()
            assert cell == f"{distinct} ({numbers[kind]})"
        assert [int(fits), int(unknown)] == [numbers[kind] for kind in (CONSISTENT, NOT_CHECKABLE)]


def test_restatements_and_cells_of_a_matrix_are_counted_once():
    mri = PAPERS["mri_resnet"]
    cells_of_matrices = [claim for claim in mri.claims if claim.metric == "confusions"]
    numbers = distinct_numbers(mri)
    assert len(cells_of_matrices) == 27 and sum(cells_of_matrices[0] in places for places in numbers) == 1
    matrices = [places for places in numbers if places[0].metric == "confusions"]
    assert sorted(map(len, matrices)) == [9, 9, 9]
    (accuracy,) = [p for p in distinct_numbers(PAPERS["histology_vgg"]) if p[0].id == "abstract.accuracy"]
    assert len(accuracy) == 4


def test_every_issue_and_note_is_numbered_and_nothing_else_is(made):
    accused = made.table["outcome"].isin(ISSUES)
    assert (made.table["issue"] != "").eq(accused).all()
    notes = made.table[made.table["outcome"] == NOTE]
    assert (notes["innocent"] != "").all() and (made.table.loc[~accused, "innocent"] == "").all()
    assert (made.table["reading"] != "").eq(made.table["outcome"] == FITS_ONLY_IF).all()


def part_of(page, paper):
    """The visible part of a paper's section, as text: what is folded away is not in it."""
    start = page.index(f'<h2 id="{paper}">')
    return page[start : page.index("<details>", start)]


def cards(page, paper):
    """The cards of a paper, each as a mapping from its labels to their text."""
    found = []
    for card in re.findall(r'<li id="[^"]+"><p class="printed">.*?</dl></li>', part_of(page, paper), re.S):
        pairs = re.findall(r"<dt>(.*?)</dt><dd[^>]*>(.*?)</dd>", card, re.S)
        found.append({label: " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split()) for label, text in pairs})
    return found


LABELS = {
    "What the paper says",
    "How large it is",
    "What was assumed",
    "How it may have come about",
    "The authors' answer",
}


def test_every_card_quotes_says_what_was_assumed_how_large_it_is_and_leaves_room_for_an_answer(made):
    for name in PAPERS:
        listed = cards(made.page, name)
        assert len(listed) == made.table.loc[made.table["study"].isin(PAPERS[name].studies), "issue"].nunique() - 1
        for card in listed:
            assert set(card) >= LABELS and all(card.values()), card
            kinds = [label for label in ("What does not fit", "What was found", "Pattern") if label in card]
            assert len(kinds) == 1 and ("Readings tried" in card) == (kinds != ["Pattern"])
            assert ("Fits only if" in card) == (kinds == ["What was found"])
            assert card["The authors' answer"] == "None is known here."


def test_a_contradiction_stands_with_its_numbers_quotation_and_what_it_rests_on(made):
    card = cards(made.page, "histology_vgg")[0]
    assert card["What does not fit"].startswith("No whole number out of 120 gives 98.26 %.")
    assert (
        "“achieving a classification accuracy of 98.26% and an F1-score of 97.9%” Abstract"
        in card["What the paper says"]
    )
    assert "0.073 points" in card["How large it is"] and "118/120 = 98.333 %" in card["How large it is"]
    assert "Taken from the paper: Methods and Results" in card["What was assumed"]


def test_no_contradiction_rests_on_what_was_read_into_the_paper(made):
    card = re.compile(r'<li id="[^"]+"><p class="printed">.*?</dl></li>', re.S)
    cards_of_papers = [text for name in PAPERS for text in card.findall(part_of(made.page, name))]
    contradictions = [text for text in cards_of_papers if "Readings tried" in text and "<dt>Fits only if" not in text]
    assert len(contradictions) >= 5
    for text in contradictions:
        assert "Nothing that the paper does not say." in text and "Read as" not in text


def test_what_fits_only_under_a_reading_names_it_and_what_was_assumed(made):
    (card,) = [c for c in cards(made.page, "zeb2_ihc") if "least accurate" in c["What the paper says"]]
    assert card["Fits only if"] == "the sentence is about the beginning of the training, as its paragraph is"
    assert card["What was assumed"].startswith("Read as the test subset.")
    assert "In its first epoch Inception V4 is the least accurate" in card["How it may have come about"]


def test_numbers_that_nothing_decides_about_stand_beside_what_does_not_fit_with_what_is_missing(made):
    for name, paper in PAPERS.items():
        section = made.page[made.page.index(f'<h2 id="{name}">') :].partition("</section>")[0]
        final = worst(made.table, name)
        unchecked = [claim.id for claim in paper.claims if final[claim.id] == NOT_CHECKABLE]
        part = section[section.index(f'id="{name}:not-checked"') :].partition("<details>")[0].partition("<h3")[0]
        linked = re.findall(rf'<a href="#{name}:([^"]+)">', part)
        assert sorted(linked) == sorted(unchecked) and (part.count("<b>") > 0) == bool(unchecked)
        count = numbers_by_outcome(paper, final)[NOT_CHECKABLE]
        assert f"<b>{count}</b> of" in section and section.index(":contradiction") < section.index(":not-checked")


def test_each_paper_has_a_letter_that_asks_about_all_its_issues_and_accuses_nobody(made):
    for name, paper in PAPERS.items():
        section = made.page[made.page.index(f'<h2 id="{name}">') :].partition("</section>")[0]
        letter = unescape(section[section.index('<div class="letter">') :].partition("</div>")[0])
        own = made.table[made.table["study"].isin(paper.studies)]
        questions = {kind: own.loc[own["outcome"] == kind, "issue"].nunique() for kind in (CONTRADICTION, FITS_ONLY_IF)}
        assert letter.count("we could not bring these") == questions[CONTRADICTION]
        assert letter.count("fit each other if") == questions[FITS_ONLY_IF]
        assert ("Could you check these numbers" in letter) == bool(questions[CONTRADICTION])
        assert not re.search("error|fraud|mistake|incorrect|false", re.sub("“[^”]*”", "", letter).lower())
        assert "Missing:" not in letter and ".." not in letter


def test_the_text_that_was_read_and_its_date_stand_under_the_title(made):
    for paper in PAPERS.values():
        assert f"Read: {paper.text_read.source}, {paper.text_read.date}." in made.page


def test_what_is_read_into_a_number_stands_with_it(made):
    table = made.page[made.page.index('id="zeb2_ihc:table1.densenet169.f1"') :].partition("</tr>")[0]
    assert "Read as macro F1-score." in table
    inferred = made.page[made.page.index('id="cvm_cervix:table3.vgg11.macro_precision"') :].partition("</tr>")[0]
    assert "Read as macro precision, which alone fits the numbers." in inferred


def test_an_answer_of_the_authors_stands_with_every_issue_and_number_that_it_is_about(tmp_path):
    folder = tmp_path / "zeb2_ihc"
    folder.mkdir()
    text = (STUDIES / "zeb2_ihc" / "published.yaml").read_text(encoding="utf-8")
    answer = (
        "answers: [{about: [least_accurate, table1.ensemble.auc], words: We meant the training., source: letter, "
        'date: "2026-12-01"}]\n'
    )
    (folder / "published.yaml").write_text(text + answer, encoding="utf-8")
    args = SimpleNamespace(paper=[folder], table=tmp_path / "c.csv", out=tmp_path / "c.html")
    consistency.main(args)
    page = args.out.read_text(encoding="utf-8")
    answered = [card["The authors' answer"] for card in cards(page, "zeb2_ihc")]
    assert answered.count("“We meant the training.” letter, 2026-12-01") == 1
    assert set(answered) == {"“We meant the training.” letter, 2026-12-01", "None is known here."}
    row = page[page.index('id="zeb2_ihc:table1.ensemble.auc"') :].partition("</tr>")[0]
    assert "The authors: “We meant the training.”" in row


def test_cards_name_papers_and_runs_as_people_do_and_say_nothing_twice(made):
    for name in PAPERS:
        part = part_of(made.page, name)
        text = re.sub(r"<[^>]+>", "\n", part)
        assert not re.search(r"[a-z0-9]+_[a-z0-9]+|cvm-|row one row|Type_", text), name
        for card in re.findall(r"<li id=[^>]+><p class=.printed.*?</dl></li>", part, re.S):
            reasons = re.findall(r'<p class="reason">(.*?)</p>', card)
            assert len(reasons) == len(set(reasons)) > 0
    assert made.page.count("gelu. It is also stated as relu") == 2  # one card, one row of the table
    assert "relu. It is also stated as gelu" not in part_of(made.page, "cvm_cervix")


def test_what_was_read_into_a_paper_is_listed(made):
    section = made.page[made.page.index('<h2 id="zeb2_ihc">') :]
    listed = section[section.index("had to read into the paper") :].partition("</details>")[0]
    entries = [*PAPERS["zeb2_ihc"].claims, *PAPERS["zeb2_ihc"].statements]
    assumed = {s for e in entries for s in (*e.assumed.values(), *e.inferred.values())}
    assert len(assumed) == 6 and all(str(escape(sentence)) in listed for sentence in assumed)


def test_page_says_what_its_words_mean_and_that_it_is_no_medical_device(made):
    text = " ".join(re.sub(r"<[^>]+>", " ", made.page).split())
    assert "not that anybody did wrong" in text and "not a medical device" in text
    assert text.count("Reference:") == len(CHECKS) > 20


def test_page_needs_no_network_has_one_known_script_and_can_be_used_with_a_keyboard(made):
    assert not re.search(r"https?:|<script|src=|@import|url\(", without_script(made.page))
    assert made.page.count("<details>") == made.page.count("<summary>") == made.page.count("</details>")
    assert made.page.count('<div class="scroll" tabindex="0" role="region" aria-label=') == made.page.count("<table")
    ids = re.findall(r' id="([^"]+)"', made.page)
    assert len(ids) == len(set(ids)) and set(re.findall(r'href="#([^"]+)"', made.page)) <= set(ids)


def test_equal_papers_give_equal_bytes(made, tmp_path):
    args = SimpleNamespace(paper=FOLDERS, table=tmp_path / "consistency.csv", out=tmp_path / "consistency.html")
    consistency.main(args)
    for one, other in ((args.table, made.args.table), (args.out, made.args.out)):
        assert one.read_bytes() == other.read_bytes()


def test_what_a_paper_prints_is_shown_as_text_and_never_as_markup(tmp_path):
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / "published.yaml").write_text(
        "paper: odd\ncitation: <b>Bold</b>\nstudies: {s: {title: S}}\nsettings: []\nclaims:\n"
        '  - {id: n, place: "<i>§1</i>", study: s, metric: classes, value: 2, unit: count}\n',
        encoding="utf-8",
    )
    args = SimpleNamespace(paper=[folder], table=tmp_path / "c.csv", out=tmp_path / "c.html")
    consistency.main(args)
    page = args.out.read_text(encoding="utf-8")
    assert "&lt;b&gt;Bold" in page and "<b>Bold" not in page and "<i>§1" not in page


def test_a_mistake_in_a_file_is_one_line_that_names_it(tmp_path):
    args = SimpleNamespace(paper=[tmp_path], table=tmp_path / "c.csv", out=tmp_path / "c.html")
    with pytest.raises(UserError, match="published.yaml is missing"):
        consistency.main(args)
    assert not args.table.exists() and not args.out.exists()


def test_every_issue_says_which_readings_were_tried_and_no_note_does(made):
    only_notes = {"one way of writing", "repeated sequence", "leads and chance", "references", "times and sizes"}
    assert set(CHECKS) - set(TRIED) == only_notes and set(TRIED) <= set(CHECKS)
    for name, paper in PAPERS.items():
        section = made.page[made.page.index(f'<h2 id="{name}">') :].partition("</section>")[0]
        issues, _, notes = section.partition("Notes, no findings")
        wrong = made.table[
            made.table["study"].isin(paper.studies) & made.table["outcome"].isin([CONTRADICTION, FITS_ONLY_IF])
        ]
        assert (wrong["tried"] != "").all()
        assert issues.count("Readings tried") == wrong["issue"].nunique() and "Readings tried" not in notes
