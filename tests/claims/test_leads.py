"""An order is told to be within chance only where no pairing of the answers could show more."""

import pytest
from scipy.stats import binomtest

from workflow_scripts.claims.checks import check_all
from workflow_scripts.claims.leads import NAME, mcnemar
from workflow_scripts.claims.outcome import CONSISTENT, NOT_CHECKABLE, NOTE
from workflow_scripts.contracts.claims import Claim, PaperStudy, Published, Statement


def told(first, second, n, decimals=2, **more):
    about = {"unit": "percent", "decimals": decimals, "subset": "test", "n": n}
    claims = (
        Claim("best", "§1", "s", "accuracy", first, run="a", relation="highest", among=("b",), **about),
        Claim("a", "T1", "s", "accuracy", first, run="a", **about),
        Claim("b", "T1", "s", "accuracy", second, run="b", **about),
    )
    return check_all(Published("p", "x", {"s": PaperStudy("S")}, (), claims, **more))


def lead(outcomes, claim="best"):
    return [outcome for outcome in outcomes if (outcome.claim, outcome.check) == (claim, NAME)]


@pytest.mark.parametrize(("more", "fewer"), [(3, 0), (0, 0), (7, 2), (40, 41), (600, 520)])
def test_p_of_mcnemar_is_that_of_the_exact_binomial_test(more, fewer):
    exact = binomtest(more, more + fewer).pvalue if more + fewer else 1.0
    assert mcnemar(more, fewer) == pytest.approx(exact, abs=2e-4)


def test_three_images_of_130_are_within_chance_and_the_note_counts_them():
    # 126 and 123 right.
    (note,) = lead(told(96.92, 94.62, 130))
    assert note.outcome == NOTE and "3 samples of 130, p at least 0.25" in note.why
    assert note.size == "3 samples of 130" and note.innocent


def test_digits_that_leave_the_counts_open_give_the_fewest_and_the_most():
    (note,) = lead(told(97, 95, 130, decimals=0))
    assert note.outcome == NOTE and "2 to 4 samples" in note.size


def test_a_lead_that_no_pairing_makes_chance_is_borne_out():
    (one,) = lead(told(91.72, 80.00, 1800))
    assert one.outcome == CONSISTENT and "however the answers are paired" in one.why


def test_a_lead_between_the_bounds_is_not_decided():
    undecided = [o for o in told(91.00, 90.00, 1000) if o.claim == "best" and o.check == NAME]
    # Another check speaks of the claim, so that nothing is missing.
    assert undecided == []
    sentence = Statement("s1", "§2", "s", "a beats b", "higher", "run", ("b",), None, "test", None, "a")
    outcomes = told(91.00, 90.00, 1000, statements=(sentence,))
    assert NOT_CHECKABLE not in {o.outcome for o in outcomes if o.claim == "s1"}


def test_all_orders_of_the_same_samples_within_chance_are_one_note():
    sentence = Statement("s1", "§2", "s", "a beats b", "higher", "run", ("b",), "accuracy", "test", None, "a")
    outcomes = told(96.92, 94.62, 130, statements=(sentence,))
    assert {o.why for o in (*lead(outcomes), *lead(outcomes, "s1"))} == {lead(outcomes)[0].why}
    assert "s1" in lead(outcomes)[0].compared_ids


def test_what_is_read_into_the_paper_is_not_judged_by_chance():
    sentence = Statement(
        *("s1", "§2", "s", "a beats b", "higher", "run", ("b",), "accuracy", "test", None, "a"),
        assumed={"metric": "By what is not said."},
    )
    assert lead(told(96.92, 94.62, 130, statements=(sentence,)), "s1") == []
