"""Numbers from a real confusion matrix are never called a contradiction, however they were made and written."""

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from honest import MISSTATED, PIPELINES, STATED, matrix, mean_of_five, printed, rounded_once
from invented import paper, random_matrix, random_paper

from workflow_scripts.claims.checks import check_all
from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION

SEED = 20240613


def wrongly_accused(first: int, last: int) -> list[str]:
    found = []
    for number in range(first, last):
        made = random_paper(np.random.default_rng([SEED, number]))
        found += [f"{number}: {o.claim} {o.check} {o.why}" for o in check_all(made) if o.outcome == CONTRADICTION]
    return found


def test_nothing_of_a_real_matrix_is_called_a_contradiction():
    assert wrongly_accused(0, 200) == []


@pytest.mark.slow
def test_nothing_of_ten_thousand_real_matrices_is_called_a_contradiction():
    assert wrongly_accused(0, 10_000) == []


def test_every_number_of_a_whole_matrix_of_two_classes_comes_to_a_verdict():
    matrix = random_matrix(np.random.default_rng(1), classes=2)
    outcomes = check_all(paper(matrix, "percent", 2, ROUND_HALF_UP))
    assert {outcome.outcome for outcome in outcomes} == {CONSISTENT}
    assert {outcome.check for outcome in outcomes} >= {"granularity", "2x2 tables", "F1 from precision and sensitivity"}


def accused(pipeline, classes: int, papers: int, stated: dict[str, str]) -> list[str]:
    """What is called a contradiction in honest papers of one pipeline, a line for each paper with anything."""
    found = []
    for number in range(papers):
        rng = np.random.default_rng([SEED, classes, number])
        counts = matrix(rng, classes)
        outcomes = check_all(printed(counts, pipeline(rng, counts), stated))
        wrong = [f"{o.claim} {o.check}: {o.why}" for o in outcomes if o.outcome == CONTRADICTION]
        found += [f"{number}: {'; '.join(wrong)}"] if wrong else []
    return found


@pytest.mark.parametrize("classes", [2, 5, 11])
@pytest.mark.parametrize("pipeline", PIPELINES, ids=lambda pipeline: pipeline.__name__)
def test_no_usual_way_of_making_a_papers_numbers_is_called_a_contradiction(pipeline, classes):
    assert accused(pipeline, classes, 5, {}) == []
    if pipeline.__name__ not in MISSTATED:
        assert accused(pipeline, classes, 5, STATED) == []


@pytest.mark.slow
@pytest.mark.parametrize("pipeline", PIPELINES, ids=lambda pipeline: pipeline.__name__)
def test_no_usual_way_is_called_a_contradiction_in_many_papers(pipeline):
    for classes in (2, 3, 5, 11):
        assert accused(pipeline, classes, 60, {}) == []
        if pipeline.__name__ not in MISSTATED:
            assert accused(pipeline, classes, 60, STATED) == []


def test_a_mean_of_trainings_that_is_printed_as_one_training_is_called_a_contradiction():
    assert len(accused(mean_of_five, 2, 12, STATED)) >= 6


def test_an_altered_digit_of_a_paper_that_says_all_is_called_a_contradiction():
    found = 0
    for number in range(30):
        rng = np.random.default_rng([SEED, number])
        counts = matrix(rng, 2)
        numbers = rounded_once(rng, counts)
        name = str(rng.choice(list(numbers)))
        # A first digit that is off by one to three: five to thirty points.
        numbers[name] = abs(numbers[name] - Decimal(int(rng.integers(1, 4))) / 10)
        found += any(o.outcome == CONTRADICTION for o in check_all(printed(counts, numbers, STATED)))
    assert found >= 27


def test_the_order_in_which_a_paper_prints_its_numbers_changes_no_outcome():
    for number in range(20):
        rng = np.random.default_rng([SEED, number])
        made = random_paper(rng)
        turned = replace(made, claims=made.claims[::-1])
        first, second = (sorted((o.claim, o.check, o.outcome) for o in check_all(one)) for one in (made, turned))
        assert first == second
