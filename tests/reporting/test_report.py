"""A study's report: opens offline, says what it must, and shows the numbers that were evaluated."""

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from handmade import EVALUATE, Study
from judging import Real
from pages import PAPER, cells, text_of, verdicts, write

from tests.vouched import vouch
from workflow_scripts.contracts.published_yaml import read_published
from workflow_scripts.contracts.record import write_record
from workflow_scripts.contracts.run_tables import METRICS
from workflow_scripts.contracts.verdict_table import VERDICT
from workflow_scripts.runtime.files import read_json, write_json

ELEVEN = [f"Class {number}" for number in range(11)]

_COSTS = re.compile(r"<!-- costs: .*?<!-- end of costs -->", re.DOTALL)


def without_costs(html: str) -> str:
    """A report without its cost section: equal bytes for equal results, whatever machine was how fast."""
    return _COSTS.sub("", html)


class Tags(HTMLParser):
    """Collects every tag with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_page_loads_nothing_from_elsewhere(small):
    for tag, attributes in Tags(small.page).found:
        assert tag not in ("script", "link", "iframe", "object", "embed", "base")
        for name in ("src", "href", "srcset", "data", "poster"):
            value = attributes.get(name, "")
            own = value.startswith(("#", "data:image/png;base64,", "../consistency.html#"))
            assert not value or own, (tag, value)
        assert "url(" not in attributes.get("style", "")
    assert "@import" not in small.page
    assert "url(" not in small.page


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


def test_headline_numbers_are_those_of_the_papers_and_of_the_verdict(small):
    line = VERDICT.read(small.study.folder / "verdict.csv").set_index("claim").loc["fig5.test.accuracy"]
    row = cells(small.page, "Accuracy of cvm on test<small")
    assert row[0] == "91.72 %"
    for shown, name in ((row[1], "obtained"), (row[2], "leak_free")):
        low, high = (line[f"{'' if name == 'obtained' else 'leak_free_'}{end}"] for end in ("low", "high"))
        assert shown == f"{100 * line[name]:.1f} % {100 * low:.1f} to {100 * high:.1f}"


def test_table_of_runs_shows_each_run_with_its_own_numbers(small):
    page = small.page[small.page.index('id="runs-published"') :]
    row = cells(page, "soft_vote")
    value = small.study.accuracy(1, 1)
    assert f"{100 * value:.1f} % {100 * (value - 0.04):.1f} to {100 * (value + 0.03):.1f}" in row
    assert row[-2:] == ["4", "2"]
    assert "91.72 %" in cells(page, "cvm")


def test_leaks_of_each_protocol_are_counted(small):
    page = small.page[small.page.index("leaks-head") :]
    published = cells(page, "published<small")
    assert published == ["7 same group 1 equal pixels", "75 % 3 of 4"]
    assert cells(page, "grouped<small") == ["none", "0 % 0 of 4"]


def test_refused_files_and_pictures_under_two_labels_are_shown(small):
    assert cells(small.page, "cut off") == ["1", "broken.bmp"]
    assert cells(small.page, "equal pixels") == ["1", "1"]


def test_classes_that_fall_short_of_the_wanted_number_say_what_became_of_it(tmp_path):
    classes = ("LSIL", "HSIL", "NILM")
    study = Study(tmp_path, classes=classes).write()
    path = study.folder / "dataset" / "record.json"
    wanted = {
        "LSIL": {"wanted": 806, "listed": 11, "copies": 0},
        "HSIL": {"wanted": 12, "listed": 7, "copies": 5},
        "NILM": {"wanted": 10, "listed": 15, "copies": 0},
    }
    write_json(path, {**read_json(path), "wanted": wanted})
    page = write(study)
    page = page[page.index("Fewer samples than wanted") : page.index("Pictures that occur")]
    assert cells(page, "LSIL") == ["806", "11", "0", "10"]
    assert cells(page, "HSIL") == ["12", "7", "5", "10"]
    assert "NILM" not in page


def test_settings_that_differ_from_the_paper_are_marked(small):
    assert cells(small.page, "epochs")[:2] == ["100 epochs §4.2 and §4.5", "3 differs"]
    assert cells(small.page, "batch size")[1] == "16"
    assert cells(small.page, "weight decay")[0] == "not stated"
    assert cells(small.page, "cnn<")[1] == "legacy_xception"
    assert cells(small.page, "transformer changes")[1] == "depth 3 differs"
    assert cells(small.page, "cnn first weights") == ["not stated", "none"]
    assert cells(small.page, "schedule")[1] == "constant"


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


BY_SAMPLE = {"kind": "holdout", "fractions": [0.6, 0.2, 0.2], "by": "sample"}


@pytest.mark.parametrize(("count", "classes"), [(1, ("a", "b")), (23, tuple(ELEVEN))])
def test_one_and_many_runs_two_and_eleven_classes(tmp_path, count, classes):
    claims = read_published(PAPER / "published.yaml").claims
    runs = [claim.run for claim in claims if claim.id.startswith("table3") and claim.metric == "accuracy"]
    one = {"protocols": {"published": BY_SAMPLE}, "folds": {"published": 1}, "seeds": [0]}
    study = Study(tmp_path, runs=runs[-count:], classes=classes, **one).write()
    page = write(study)
    table = page[page.index('id="runs-published"') : page.index('id="comparisons"')]
    assert table.count('<th scope="row">') == count
    assert all(f"<code>{run}</code>" in table for run in runs[-count:])
    assert cells(page[page.index('id="splits"') :], "Total") == [str(part * len(classes)) for part in (6, 2, 2)]
    # Every rival has p 0.04 by itself; Holm's correction for 22 of them makes it 0.88.
    table3 = text_of(page[page.index("<h3>Table 3</h3>") :].partition("</table>")[0])
    assert table3.count(", p 0.88") == (22 if count == 23 else 0)
    assert ("corrected for 22 comparisons of this table" in table3) == (count == 23)


def test_a_study_without_a_paper_has_a_page(tmp_path):
    study = Study(tmp_path, runs=("resnet18", "deit"), paper="").write()
    page = write(study, paper=None)
    assert "This study has no paper" in text_of(page)
    assert 'id="notes"' not in page and 'id="verdict"' not in page and 'href="#verdict"' not in page
    for words in ("Do the printed numbers hold", "Published against", "than the paper", "published way of splitting"):
        assert words not in text_of(page)
    assert "Demo scale. Small pictures" in text_of(page) and ">Obtained</h2>" in page
    assert cells(page, "Accuracy")[0].startswith(f"{100 * study.accuracy(1, 0):.1f} %")


def test_a_study_on_data_that_the_paper_never_used_says_so(tmp_path):
    study = Study(tmp_path, study="cvm_cric").write()
    assert "The paper prints no result for these data." in text_of(write(study))


def test_a_study_beside_another_shows_the_numbers_of_that_one(tmp_path):
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


def test_leak_premium_is_that_of_the_units_of_both_protocols(small):
    from workflow_scripts.contracts.run_tables import UNITS, classes_of, probabilities

    def accuracy(protocol, seed):
        units = UNITS.read(small.study.folder / "runs" / protocol / "cvm" / f"fold0-seed{seed}" / "units.csv")
        units = units[units["subset"] == "test"]
        best = probabilities(units).argmax(axis=1)
        return sum(classes_of(units)[k] == label for k, label in zip(best, units["label"], strict=True)) / len(units)

    difference = sum(accuracy("published", seed) - accuracy("grouped", seed) for seed in (0, 1)) / 2
    page = small.page[small.page.index('id="premium"') :]
    assert cells(page, "cvm")[0].startswith(f"{100 * difference:+.1f}".replace("-", "−"))
    assert read_json(small.study.folder / "metrics.json")["leak_premium"]["grouped"]["cvm"]["value"] == pytest.approx(
        difference
    )


def test_a_run_that_learned_elsewhere_has_no_premium(small, tmp_path):
    study = Study(tmp_path).write()
    spec = {"kind": "external", "study": "elsewhere", "of": "cvm", "protocol": "grouped", "classes": {}}
    study.settings["runs"]["soft_vote"] = {"spec": spec}
    for path in study.folder.glob("runs/*/soft_vote/*/record.json"):
        write_json(path, {**read_json(path), "seen_in_training": {}})
    page = write(study)
    shown = page[page.index('id="premium"') : page.index('class="disclaimer"')]
    assert "<code>cvm</code>" in shown and "<code>soft_vote</code>" not in shown
    before = read_json(small.study.folder / "metrics.json")["leak_premium"]["grouped"]
    assert "soft_vote" in before
    assert read_json(study.folder / "metrics.json")["leak_premium"]["grouped"].keys() == before.keys() - {"soft_vote"}


def test_no_premium_is_claimed_without_a_protocol_free_of_leaks(tmp_path):
    study = Study(tmp_path, protocols={"published": BY_SAMPLE}, folds={"published": 1}).write()
    assert "No protocol of this study is free of leaks" in text_of(write(study))


def without_groups(study, **dataset):
    """The study as it is where no image's group is known; `dataset` changes its record."""
    for path in [study.folder / "dataset" / "record.json", *study.folder.glob("splits/*.json")]:
        more = dataset if path.parent.name == "dataset" else {}
        vouch(path, groups_known=False, **more)
    return study


def test_nothing_is_called_free_of_leaks_where_groups_are_unknown(tmp_path):
    own = without_groups(Study(tmp_path / "own", paper="").write())
    html = write(own, None)
    page = text_of(html)
    assert "grouped split leaks: none found" in page and "published split leaks kept" in page
    assert cells(html[html.index('id="leaks-head"') :], "grouped")[0] == "none found"
    assert "never seen before" not in page and "draw whole groups and are not" not in page
    assert "the leaks that were found; patients may repeat on both sides" in page
    paper = without_groups(Study(tmp_path / "paper").write())
    paper.judge()
    page += text_of(write(paper)) + (paper.folder / "verdict.csv").read_text()
    page += (paper.folder / "model_card.md").read_text()
    assert "Obtained without known leaks" in page
    said = re.findall(r".{30}(?:no leaks|without leaks|free of leaks).{10}", page, re.IGNORECASE)
    assert not said


def test_the_report_says_what_was_passed_over_and_what_the_audit_does_not_see(tmp_path):
    study = without_groups(
        Study(tmp_path, paper="").write(),
        passed_over={".heic": 2, ".txt": 3},
        links_not_followed=1,
        groups_alike=[["<b>1", "<b>1.0"]],
        equal_pairs={"near_equal": 0, "flipped": 1, "turned": 0},
        settings={"ingest": {"near_equal": 0.1}},
    )
    page = text_of(write(study, None))
    assert "5 files passed over, neither a sample nor refused, by ending: .heic 2 (images of formats" in page
    assert "; .txt 3." in page and "5 files passed over; 1 pair of equal or near-equal pictures" in page
    assert "1 link to folders not followed" in page
    assert "1 group with nearly equal names count as different: <b>1 , <b>1.0" in page
    assert page.count("mirrored and quarter-turned pictures; not parts of a picture (crops)") >= 2


@pytest.mark.parametrize(
    ("near_equal", "kinds", "said"),
    [
        (0, ("near_equal", "flipped"), "equal files and equal pixels; not near-equal, mirrored or turned pictures"),
        (0.1, ("near_equal",), "equal and near-equal pictures; not mirrored or turned ones"),
    ],
)
def test_what_was_not_looked_for_follows_from_the_settings_and_the_record(tmp_path, near_equal, kinds, said):
    settings = {"ingest": {"near_equal": near_equal}}
    study = without_groups(Study(tmp_path, paper="").write(), settings=settings, equal_pairs=dict.fromkeys(kinds, 0))
    assert f"Looked for were {said}" in text_of(write(study, None))


def test_comparisons_show_the_pooled_rows_only(small):
    page = small.page[small.page.index('id="comparisons"') : small.page.index('id="figures"')]
    assert page.count('<th scope="row"><code>soft_vote</code>') == 2
    assert cells(page, "soft_vote") == ["+1.2 −2.0 to +4.0", "3", "2", "0.04", "0.12"]


def test_costs_are_summed_over_trainings(small):
    page = small.page[small.page.index('id="costs"') :]
    assert cells(page, "cvm")[:3] == ["published", "2", "2 min 02 s"]
    assert cells(page, "soft_vote")[1:4] == ["2", "–", "–"]


def test_what_a_study_cost_is_summed_by_step_and_energy_is_said_only_where_every_job_counted_it(small, tmp_path):
    table = small.page[small.page.index('id="costs"') :]
    assert cells(table, "training")[:2] == ["4", f"{4 * 61 / 3600:.3g}"]
    assert cells(table, "together")[0] == "12" and cells(table, "together")[-1] == "the machine cannot tell"
    assert "this machine cannot tell" in text_of(table)
    study = Study(tmp_path).write()
    for path in study.folder.rglob("ledger.json"):
        ledger = read_json(path)
        counted = {"processor_joules": 3.6e6, "gpu_seconds": 1800.0, "device_joules": 3.6e6}
        for entry in (ledger, ledger.get("train", {})):
            entry |= counted
        write_json(path, ledger)
    write(study)
    table = (page := write(study))[page.index('id="costs"') :]
    assert cells(table, "training")[3] == "2" and cells(table, "training")[-1] == "8"
    assert cells(table, "together")[-1] == "24" and "cannot tell" not in text_of(table)
    ledger = read_json(path)
    del ledger["device_joules"]
    write_json(path, ledger)
    table = (page := write(study))[page.index('id="costs"') :]
    assert cells(table, "together")[-1] == "the machine cannot tell"


def test_a_reference_that_the_settings_name_is_shown_first_where_no_claim_decides(tmp_path):
    study = Study(tmp_path, runs=("deit", "resnet18"), paper="", evaluate={**EVALUATE, "reference": "resnet18"}).write()
    page = write(study, paper=None)
    assert page.index('<tr class="main"><th scope="row"><code>resnet18</code>') < page.index("<code>deit</code><small")


def test_the_papers_tables_stand_beside_what_was_obtained_and_empty_cells_stay_empty(small):
    part = small.page[small.page.index('<section aria-labelledby="paper">') :].partition("</section>")[0]
    assert "Not made from these results" in part and "needs the run cvm-fourfold" in part
    assert "91.72 (rank 1)" in part and "published: " in part and "rank 1" in part
    assert not re.search(r"\bnan\b", part)


def test_delongs_test_is_shown_for_two_classes_and_says_what_it_assumes(small, tmp_path):
    page = small.page[small.page.index("DeLong") :]
    assert cells(page, "cvm − soft_vote") == ["0", "0", "0.900 − 0.813", "+0.087", "0.040", "2.19", "0.029", "0.057"]
    assert "takes samples as independent, also those of one group" in text_of(page)
    assert "DeLong" not in write(Study(tmp_path, classes=("a", "b", "c")).write())


def test_subgroups_are_shown_and_an_absent_column_is_named(small, tmp_path):
    assert 'id="subgroups"' not in small.page
    study = Study(tmp_path, evaluate={**EVALUATE, "subgroups": ["source", "hpv"]}).write()
    path = study.folder / "evaluation" / "published" / "cvm" / "metrics.csv"
    table = METRICS.read(path)
    head = ("published", "cvm", "all", "all", "test", "subgroup", "source=sipakmed")
    rows = [(*head, "accuracy", 0.625, 0.5, 0.75, 16), (*head, "sensitivity", 0.5, np.nan, np.nan, 8)]
    METRICS.write(path, pd.concat([table, pd.DataFrame(rows, columns=table.columns)]))
    page = write(study)
    page = page[page.index('id="subgroups"') :]
    assert cells(page, "source: sipakmed") == ["published", "62.5 % 50.0 to 75.0", "16", "50.0 %", "8", "–", "–"]
    assert "No column hpv in manifest.csv" in text_of(page)
    assert "Sensitivity and specificity are of b" in text_of(page)


def test_where_nothing_clusters_no_premium_is_shown_and_the_page_says_why(tmp_path):
    study = Study(tmp_path)
    study.nothing_clusters = True
    page = text_of(write(study.write()))
    assert "the same split, so the leak premium cannot be measured on these images" in page
    assert read_json(study.folder / "metrics.json")["leak_premium"] == {}
    assert "published − grouped" not in page and "leaks kept" not in page


def test_ground_truth_of_synthetic_data_is_compared_with_what_was_recovered_and_only_there(small, tmp_path):
    assert "share of the true pairs that were found" in text_of(small.page)
    shown = cells(small.page, "Grad-CAM: share of the maps that lies on the true region")
    assert shown == ["cvm cnn, published", "0.612", "0.250", "0.260", "6"]
    real = Study(tmp_path, source="real").write()
    assert not (real.folder / "truth.csv").exists()
    assert "Ground truth" not in write(real)


def test_a_split_by_group_without_groups_is_called_duplicate_free_and_one_with_them_is_not(small, tmp_path):
    assert "Hold-out 60 : 20 : 20, groups kept together." in text_of(small.page)
    study = Study(tmp_path).write()
    path = study.folder / "splits" / "grouped.json"
    write_record(path, {**read_json(path), "groups_known": False})
    page = text_of(write(study))
    assert "duplicate free: not every group is known, so patients may repeat" in page
    assert "groups kept together" not in page
