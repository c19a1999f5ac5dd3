"""A study's report opens offline and says what it must, whatever the study."""

from pathlib import Path

from handmade import Study
from judging import Real
from pages import Tags, text_of, verdicts, without_costs, without_script, write

from tests.page_links import dead_links, doubled_anchors, links
from workflow_scripts.reporting.pages.documentation import documentation
from workflow_scripts.runtime.files import read_json, write_json
from workflow_scripts.steps import report


def test_page_loads_nothing_from_elsewhere(small):
    for tag, attributes in Tags(without_script(small.page)).found:
        assert tag not in ("script", "link", "iframe", "object", "embed", "base")
        for name in ("src", "srcset", "data", "poster"):
            value = attributes.get(name, "")
            assert not value or value.startswith("data:image/webp;base64,"), (tag, value)
        assert "url(" not in attributes.get("style", "")
    assert "@import" not in small.page
    assert "url(" not in small.page


def test_every_link_leads_to_a_file_of_the_study_or_to_the_pages_over_all(small):
    page = small.study.folder / "report.html"
    dead = {address.partition("#")[0] for address in dead_links(page)}
    assert dead == {"../index.html", "../consistency.html"}, "these two are of other steps"
    assert doubled_anchors(page) == set()
    named = {"verdict.csv", "model_card.md", "dataset/manifest.csv", "evaluation/published/cvm/metrics.csv"}
    assert named <= set(links(page)) and "explanation/grouped/cvm/embedding.html" in links(page)


def test_pages_of_docs_are_linked_inside_the_project_alone_and_exist(small, tmp_path):
    project = Path(report.__file__).parents[2]
    inside = documentation(project / "results" / "cvm_cervix")
    assert all((project / "results" / "cvm_cervix" / page.address).resolve().is_file() for page in inside.values())
    assert {page.address for page in documentation(tmp_path).values()} == {""}
    assert "<code>docs/explanation/verdicts.md</code>" in small.page and str(project) not in small.page


def test_synthetic_data_are_said_to_say_nothing_about_the_paper(small, tmp_path):
    assert "they say nothing about the paper" in text_of(small.page)
    assert "cannot tell" not in text_of(verdicts(small.page))
    real = Real(tmp_path).write()
    page = text_of(write(real, real.paper))
    assert "Synthetic data" not in page
    assert "Demo scale" not in page


def test_fewer_than_three_seeds_are_said(small):
    assert "2 training seeds: fewer than 3" in text_of(verdicts(small.page))


def test_page_says_that_it_is_no_medical_device(small):
    assert "It is not a medical device" in text_of(small.page)


def test_notes_glossary_and_every_section_of_the_contents_are_there(small):
    tags = Tags(small.page).found
    anchors = {attributes["id"] for _, attributes in tags if "id" in attributes}
    links = {attributes["href"][1:] for tag, attributes in tags if tag == "a" and attributes["href"][0] == "#"}
    assert links <= anchors
    assert "<h3>Contradictions and oddities in the paper</h3>" in small.page
    assert "Leak premium" in text_of(small.page[small.page.index('id="terms"') :])


def test_every_figure_has_words_for_those_who_do_not_see_it_and_a_caption(small):
    images = [attributes for tag, attributes in Tags(small.page).found if tag == "img"]
    # montage; two protocols: comparison, an explained run's three, cvm with curves, a vote without; one of the paper's.
    assert len(images) == 1 + 2 * (1 + 3 + 4 + 3) + 1
    assert all(attributes["alt"] for attributes in images)
    assert small.page.count("<figcaption>") == len(images) + 1
    assert "Answers the paper's Fig. 6." in text_of(small.page)


def test_names_are_escaped(tmp_path):
    study = Study(tmp_path, classes=['<b>bold</b> & "more"', "b"], title="A <i>title</i>").write()
    page = write(study)
    assert "<b>bold" not in page
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; " in page
    assert "<title>A &lt;i&gt;title&lt;/i&gt;</title>" in page


def test_a_study_without_a_paper_has_a_page(tmp_path):
    study = Study(tmp_path, runs=("resnet18", "deit"), paper="").write()
    page = write(study, paper=None)
    assert "This study has no paper" not in text_of(page)
    assert 'id="notes"' not in page and 'id="verdict"' not in page and 'href="#verdict"' not in page
    for words in ("Do the printed numbers hold", "Published against", "than the paper", "published way of splitting"):
        assert words not in text_of(page)
    assert "Demo scale. Small pictures" in text_of(page) and ">Which run is best?</a></h2>" in page


def test_a_study_on_data_that_the_paper_never_used_says_so(tmp_path):
    study = Study(tmp_path, study="cvm_cric").write()
    assert "The paper prints no result for these data." in text_of(write(study))


def test_a_study_shows_the_numbers_of_its_reference_study(tmp_path):
    text = text_of(write(Study(tmp_path, study="cvm_sipakmed").write()))
    assert "The paper prints no result for these data." not in text and "91.72 %" in text


def test_everything_but_the_costs_is_the_same_whatever_the_machine(small, tmp_path):
    again = Study(tmp_path, explain={"runs": ["cvm"], "images": 4, "errors": 4, "embedding": True}).write()
    for path in again.folder.rglob("ledger.json"):
        cost = read_json(path)
        cost["wall_seconds"] = 99.0
        write_json(path, cost)
    page = write(again)
    assert page != small.page
    assert without_costs(page) == without_costs(small.page)
    for name in ("metrics.json", "curves/published__cvm.csv"):
        assert (again.folder / name).read_bytes() == (small.study.folder / name).read_bytes()
