"""The report's section on what numbers vary with and what answers are worth."""

from handmade import Study
from pages import cells, text_of, write

from workflow_scripts.contracts.statistics_table import EFFECTIVE, STATISTICS


def part_of(page: str) -> str:
    return page[page.index('id="statistics"') :].partition("</section>")[0]


def test_what_the_headline_varies_with_and_the_answers_of_the_main_run_are_shown(small):
    part = part_of(small.page)
    assert cells(part, "soft_vote") == ["2.1", "1.1", "–", "40", "31.4", "2.52"]
    label = small.study.classes[-1]
    row = cells(part[part.index("Answers of") :], label)
    assert row[0].startswith("81.3 %") and row[3].startswith("0.735") and row[5] == "0.234 / 0.211"
    assert "fewer than about ten" not in text_of(part) and "one training seed" not in text_of(part)


def test_few_groups_and_a_single_seed_are_said(tmp_path):
    study = Study(tmp_path, seeds=[0]).write()
    for path in study.folder.glob("evaluation/*/*/statistics.csv"):
        table = STATISTICS.read(path)
        table.loc[table["measure"] == EFFECTIVE, "value"] = 6.0
        STATISTICS.write(path, table)
    for protocol in study.settings["protocols"]:
        study.vouch(protocol)
    text = text_of(part_of(write(study)))
    assert "fewer than about ten effective groups" in text and "one training seed" in text
