"""A report of a network that learned elsewhere says which pictures it had seen, and its accuracy without them."""

import pandas as pd
from handmade import Study, with_external_test
from pages import cells, text_of, write
from test_report_copies import SEARCH

from workflow_scripts.contracts.run_tables import METRICS
from workflow_scripts.contracts.splits import LEAK_PROOF
from workflow_scripts.contracts.training_copies_table import NO_TRAINING_COPY, TRAINING_COPIES, TRAINING_COPY

RUN = "soft_vote"


def copies(study: Study) -> pd.DataFrame:
    ids = study.manifest()["id"].tolist()
    rows = [
        (ids[0], ids[0], "test", "a", "there/1", "a", "equal_bytes", "", None, None),
        (ids[1], ids[1], "test", "b", "there/2", "a", "turned", "turned 45° clockwise", 0.97, 1e-6),
        (ids[2], ids[2], "validation", "a", "there/3", "a", "cropped", "a part", 0.9, 0.2),
    ]
    return pd.DataFrame(rows, columns=[*TRAINING_COPIES.columns, *LEAK_PROOF])


def with_parts(study: Study) -> Study:
    """What evaluation says of test samples that were learned from, and of the others."""
    for path in study.folder.glob(f"evaluation/*/{RUN}/metrics.csv"):
        table = METRICS.read(path)
        head = (table["protocol"].iloc[0], RUN, "all", "all", "test", "subgroup")
        parts = [(TRAINING_COPY, 0.99, 2), (NO_TRAINING_COPY, 0.625, 7)]
        rows = [(*head, part, "accuracy", value, value - 0.1, value + 0.01, n) for part, value, n in parts]
        METRICS.write(path, pd.concat([table, pd.DataFrame(rows, columns=list(METRICS.columns))]))
    return study


def test_accuracy_without_the_copies_stands_beside_and_two_labels_come_first(tmp_path):
    study = Study(tmp_path).write()
    html = write(with_parts(with_external_test(study, RUN, copies(study), SEARCH)))
    section = html[html.index('id="training-copies"') : html.index('id="comparisons"')]
    row = cells(section, f"<code>{RUN}</code>")
    assert row[1:4] == ["elsewhere", "2", "0.03"]
    assert row[5].startswith("62.5") and row[6].startswith("99.0")
    listed = section[section.index("<details") :]
    assert listed.startswith("<details open>") and listed.index("turned 45°") < listed.index("equal bytes")
    assert "a part" not in listed
    assert "Where more than 0.5 pairs between both studies" in text_of(section)


def test_where_no_copy_was_found_the_accuracy_is_the_same(tmp_path):
    html = write(with_external_test(Study(tmp_path).write(), RUN, search=SEARCH | {"unread": 7}))
    section = html[html.index('id="training-copies"') : html.index('id="comparisons"')]
    assert cells(section, RUN)[2] == "0" and cells(section, RUN)[5] == "the same"
    assert "<details" not in section and "left out were 7 pictures when the time was over" in text_of(section)


def test_samples_that_are_no_pictures_are_said_to_be_compared_by_their_bytes(tmp_path):
    html = write(with_external_test(Study(tmp_path).write(), RUN))
    assert "compared by their bytes alone" in text_of(html)


def test_without_a_network_of_another_study_there_is_no_such_section(small):
    assert 'id="training-copies"' not in small.page
