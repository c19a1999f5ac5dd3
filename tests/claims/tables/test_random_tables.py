"""Tables of random headings and cells: what is pasted is read or refused, and checked without a crash."""

import random

import pytest

from workflow_scripts.claims.tables.checked_paper import check_tables, summary
from workflow_scripts.contracts.paper_tables.metric_spellings import METRIC_NAMES
from workflow_scripts.contracts.paper_tables.plain_tables import plain_tables_of
from workflow_scripts.runtime.errors import UserError

HEADINGS = (*METRIC_NAMES, "macro F1", "Sens.", "PPV", "support", "Total", "Mean", "x", "Sensitivity/Specificity")
ROWS = ("a", "b", "Mean", "Total", "macro avg", "accuracy", "Difference", "p value", "SD", "Normal", "CIN1", "TP", "TN")
ABOVE = (
    *("data: own, 130 images", "n: 130", "positives: 52", "classes: normal 78, mild 20, severe 32", "average: macro"),
    *("average: two classes", "average: per class", "one training", "mean of 5 folds", "median of 5 folds", "95 % CI"),
    *("same samples: table", "confusion matrix: rows are truth", "Table 2. Title"),
)


def a_cell(rng: random.Random) -> str:
    share, count, whole = rng.random(), rng.randrange(90), rng.randrange(90)
    numbers = (f"{share:.2f}", f"{100 * share:.1f}", "100", "0", "1.0", "1", f"{-share:.2f}", f"{300 * share:.1f}")
    number = rng.choice(numbers)
    further = (f"{number}%", f"{number} ± 0.03", f"{number} (0.81-0.{whole})", f"{number} [{count}, {whole}]")
    counted = (f"{count}/{whole}", f"{number}% ({count}/{whole})", f"{count} ({number})", str(4 * count))
    return rng.choice((number,) * 5 + further + counted + ("–", "n/a", "", "∞", "inf", "nan", "1e-5", "<0.001", "0.9*"))


def a_table(seed: int) -> str:
    rng = random.Random(seed)
    separator = rng.choice(("\t", "  ", ",", "|", " & "))
    lines = [["model", *rng.choices(HEADINGS, k=rng.randint(1, 7))]]
    for _ in range(rng.randint(1, 7)):
        lines.append([rng.choice(ROWS), *(a_cell(rng) for _ in lines[0][1:])])
    above = rng.sample(ABOVE, rng.randint(0, 4))
    return "\n".join([*above, "", "Table 1. Made", *(separator.join(cells) for cells in lines)])


@pytest.mark.parametrize("first", range(0, 1000, 100))
def test_what_is_pasted_is_checked_or_refused_and_never_a_crash(first):
    checked = 0
    for seed in range(first, first + 100):
        try:
            paper = plain_tables_of(a_table(seed), "made", "made")
        except UserError as refusal:
            assert "\n" not in str(refusal).strip() or "line" in str(refusal)
            continue
        assert summary(check_tables(paper)).outcome
        checked += 1
    assert checked > 50
