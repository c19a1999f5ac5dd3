"""The page on verdicts: what it says of margins and of columns is what the code does."""

import re
from pathlib import Path

from workflow_scripts.contracts.metric_names import CLASS_METRICS, POOLED_METRICS, SUBSET_METRICS
from workflow_scripts.contracts.step_settings.margins import Margins
from workflow_scripts.contracts.verdict_table import COLUMNS, VERDICTS

PAGE = (Path(__file__).parents[2] / "docs" / "explanation" / "verdicts.md").read_text(encoding="utf-8")


def rows(name: str) -> list[list[str]]:
    """Cells of the rows of a table between two marks."""
    part = PAGE.split(f"<!-- {name} -->")[1].split(f"<!-- /{name} -->")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in part.strip().splitlines()[2:]]


def test_the_page_has_every_margin_with_its_default_and_a_reason():
    table = {cells[0].strip("`"): (float(cells[1]), cells[3]) for cells in rows("margins")}
    assert {name: default for name, (default, _) in table.items()} == Margins().by_metric
    assert all(len(reason) > 20 for _, reason in table.values())


def test_every_metric_that_is_judged_has_a_margin():
    margins = Margins(kappa=0.07, auc=0.03)
    judged = (*SUBSET_METRICS, *CLASS_METRICS, *POOLED_METRICS, "confusions", "last_epoch_accuracy")
    assert all(margins.of(metric) > 0 for metric in judged)
    assert (margins.of("kappa"), margins.of("pooled_macro_auc"), margins.of("sensitivity")) == (0.07, 0.03, 0.05)


def test_the_page_says_of_every_column_what_the_table_says():
    assert {cells[0].strip("`"): cells[1] for cells in rows("columns")} == {
        name: meaning for name, (_, meaning) in COLUMNS.items()
    }


def test_the_page_explains_every_verdict():
    words = PAGE[PAGE.index("## The words") : PAGE.index("## The rule")]
    explained = [word for cells in re.findall(r"^\| ([a-z ,]+) \|", words, re.MULTILINE) for word in cells.split(", ")]
    assert set(VERDICTS) == set(explained) - {"verdict"}
