"""A report says which leaks there are, what they are worth and what was not looked for."""

import re

import pytest
from handmade import Study, with_external_test
from pages import BY_SAMPLE, cells, text_of, without_groups, write

from workflow_scripts.contracts.record import write_record
from workflow_scripts.runtime.files import read_json


def test_leaks_of_each_protocol_are_counted(small):
    page = small.page[small.page.index("leaks-head") :]
    published = cells(page, "published<small")
    assert published == ["7 same group 1 equal pixels", "75 % 3 of 4"]
    assert cells(page, "grouped<small") == ["none", "0 % 0 of 4"]


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
    study = with_external_test(Study(tmp_path).write(), "soft_vote")
    page = write(study)
    shown = page[page.index('id="premium"') : page.index('class="disclaimer"')]
    assert "<code>cvm</code>" in shown and "<code>soft_vote</code>" not in shown
    before = read_json(small.study.folder / "metrics.json")["leak_premium"]["grouped"]
    assert "soft_vote" in before
    assert read_json(study.folder / "metrics.json")["leak_premium"]["grouped"].keys() == before.keys() - {"soft_vote"}


def test_no_premium_is_claimed_without_a_protocol_free_of_leaks(tmp_path):
    study = Study(tmp_path, protocols={"published": BY_SAMPLE}, folds={"published": 1}).write()
    assert "No protocol of this study is free of leaks" in text_of(write(study))


def test_nothing_is_called_free_of_leaks_where_groups_are_unknown(tmp_path):
    own = without_groups(Study(tmp_path / "own", paper="").write())
    html = write(own, None)
    page = text_of(html)
    assert "grouped leaks: none found" in page and "published leaks kept" in page
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


def test_where_nothing_clusters_no_premium_is_shown_and_the_page_says_why(tmp_path):
    study = Study(tmp_path)
    study.nothing_clusters = True
    page = text_of(write(study.write()))
    assert "the same split, so the leak premium cannot be measured on these data" in page
    assert read_json(study.folder / "metrics.json")["leak_premium"] == {}
    assert "published − grouped" not in page and "leaks kept" not in page


def test_a_split_by_group_without_groups_is_called_duplicate_free_and_one_with_them_is_not(small, tmp_path):
    assert "Hold-out 60 : 20 : 20, groups kept together." in text_of(small.page)
    study = Study(tmp_path).write()
    path = study.folder / "splits" / "grouped.json"
    write_record(path, {**read_json(path), "groups_known": False})
    page = text_of(write(study))
    assert "duplicate free: not every group is known, so patients may repeat" in page
    assert "groups kept together" not in page
