"""Numbers from a real confusion matrix are never called inconsistent, however they were rounded or cut off."""

from decimal import ROUND_HALF_UP

import numpy as np
import pytest
from invented import paper, random_matrix, random_paper

from workflow_scripts.claims.checks import check_all
from workflow_scripts.claims.outcome import CONSISTENT, INCONSISTENT

SEED = 20240613


def wrongly_accused(first: int, last: int) -> list[str]:
    found = []
    for number in range(first, last):
        made = random_paper(np.random.default_rng([SEED, number]))
        found += [f"{number}: {o.claim} {o.check} {o.why}" for o in check_all(made) if o.outcome == INCONSISTENT]
    return found


def test_nothing_of_a_real_matrix_is_called_inconsistent():
    assert wrongly_accused(0, 400) == []


@pytest.mark.slow
def test_nothing_of_ten_thousand_real_matrices_is_called_inconsistent():
    assert wrongly_accused(0, 10_000) == []


def test_every_number_of_a_whole_matrix_of_two_classes_comes_to_a_verdict():
    matrix = random_matrix(np.random.default_rng(1), classes=2)
    outcomes = check_all(paper(matrix, "percent", 2, ROUND_HALF_UP))
    assert {outcome.outcome for outcome in outcomes} == {CONSISTENT}
    assert {outcome.check for outcome in outcomes} >= {"granularity", "2x2 tables", "F1 from precision and sensitivity"}


def test_equal_papers_give_equal_outcomes():
    rng = np.random.default_rng(2)
    made = random_paper(rng)
    assert check_all(made) == check_all(made)
