"""What looks odd and has an innocent reading is no finding."""

import pytest

from workflow_scripts.claims.checks import check_all
from workflow_scripts.claims.issues import issues
from workflow_scripts.claims.outcome import CONSISTENT, INCONSISTENT, NOTE
from workflow_scripts.contracts.claims import Cell, Claim, PaperSetting, PaperStudy, Published, Statement

STATED = {"one_training": "One training.", "split_unit": "Images were divided."}


def paper(claims=(), **more):
    return Published("p", "x", {"s": PaperStudy("S", (), {})}, more.pop("settings", ()), tuple(claims), **more)


def count(number, subset, class_name=None):
    return Claim(f"n.{subset}.{class_name}", "T", "s", "samples", number, "count", subset=subset, class_name=class_name)


def accuracies(values, n):
    return [count(n, "test")] + [
        Claim(f"a{i}", "T1", "s", "accuracy", value, "percent", 2, subset="test", run=f"r{i}", n=n, stated=STATED)
        for i, value in enumerate(values)
    ]


def of(outcomes, kind):
    return {outcome.claim for outcome in outcomes if outcome.outcome == kind}


# Of 1763: 91.72 and 93.48 only rounded, 88.25 only cut off, 84.06 both.
@pytest.mark.parametrize("values", [(91.72, 88.25, 84.06), (91.72, 93.48, 88.25), (88.25, 91.72, 87.57, 86.38)])
def test_numbers_that_are_rounded_beside_numbers_that_are_cut_off_accuse_neither(values):
    made = paper(accuracies(values, 1763))
    outcomes = check_all(made)
    assert of(outcomes, INCONSISTENT) == set()
    (note,) = issues(made, outcomes)
    assert note.outcome == NOTE and "Two programs or two people" in note.outcomes[0].innocent
    odd = {f"a{i}" for i, value in enumerate(values) if value != 84.06}
    assert set(note.claims) == odd


def split(parts, shares, stated=None):
    counts = [count(sum(parts.values()), "all"), *(count(n, name) for name, n in parts.items())]
    return counts + [
        Claim(f"share.{name}", "T", "s", "share", value, "percent", subset=name, stated=stated or {})
        for name, value in shares.items()
    ]


def test_a_split_by_patient_is_not_held_to_shares_of_images():
    claims = split({"train": 787, "test": 213}, {"train": 80, "test": 20})
    outcomes = check_all(paper(claims))
    assert of(outcomes, INCONSISTENT) == set() and len(of(outcomes, NOTE)) == 4
    assert (
        len(of(check_all(paper(split({"train": 787, "test": 213}, {"train": 80, "test": 20}, STATED))), INCONSISTENT))
        == 4
    )


def test_n_that_follows_from_a_share_is_known_only_where_images_were_divided():
    def outcomes(stated):
        share = Claim("share", "T", "s", "share", 20, "percent", subset="test", stated=stated)
        accuracy = Claim("a", "T1", "s", "accuracy", 94.4, "percent", 1, subset="test", run="r", stated=STATED)
        return check_all(paper([count(649, "all"), share, accuracy]))

    assert of(outcomes({}), INCONSISTENT) == set() and of(outcomes({}), NOTE) == {"a"}
    assert of(outcomes(STATED), INCONSISTENT) == {"a"}


def test_a_share_may_be_of_what_is_left_after_the_test_subset():
    claims = split({"train": 216, "validation": 24, "test": 60}, {"validation": 10, "test": 20}, STATED)
    found = {o.claim: o for o in check_all(paper(claims)) if o.check == "stated shares"}
    assert {o.outcome for o in found.values()} == {CONSISTENT}
    assert "240 that are left after the test" in found["share.validation"].why


def test_equal_parts_of_two_different_splits_are_not_called_alike():
    shares = [("train", 60, "§1"), ("validation", 20, "§1"), ("train", 80, "§2"), ("validation", 20, "§2")]
    claims = [
        Claim(f"{subset}{place}", place, "s", "share", value, "percent", subset=subset)
        for subset, value, place in shares
    ]
    outcomes = check_all(paper(claims))
    assert of(outcomes, INCONSISTENT) == {"train§1", "train§2"} and of(outcomes, CONSISTENT) == set()


def test_a_metric_of_a_class_that_is_not_named_may_be_the_mean_of_both():
    cell = Cell("T1", "", "r")
    claims = [count(60, "test", "A"), count(60, "test", "B")]
    claims.append(Claim("r", "T1", "s", "sensitivity", 99, "percent", subset="test", run="r", cell=cell, stated=STATED))
    (found,) = [o for o in check_all(paper(claims)) if o.claim == "r"]
    assert found.outcome == CONSISTENT and "60 of 60 A and 59 of 60 B, as the mean over the classes" in found.why


def said(name, relation, subject, *others):
    return Statement(name, "§", "s", name, relation, "class_name", others, "sensitivity", "test", subject, "net")


def test_only_the_sentence_whose_omission_mends_all_is_named():
    sentences = (
        said("fails", "lower", "C", "A", "B"),
        said("good", "higher", "C", "B"),
        said("poor", "lower", "B", "A", "C"),
    )
    assert of(check_all(paper(statements=sentences)), INCONSISTENT) == {"fails"}


def test_a_sentence_that_the_printed_numbers_bear_out_is_not_named():
    def worst(run, *others):
        return Statement(f"worst.{run}", "§", "s", "worst", "lower", "run", others, "accuracy", "test", None, run)

    claims = [
        Claim(f"a.{run}", "T1", "s", "accuracy", value, "percent", subset="test", run=run)
        for run, value in (("one", 92), ("other", 94))
    ]
    both = (worst("one", "other"), worst("other", "one"))
    assert of(check_all(paper(claims, statements=both)), INCONSISTENT) == {"worst.other"}
    assert of(check_all(paper(statements=both)), INCONSISTENT) == {"worst.one", "worst.other"}


def test_cross_entropy_of_two_classes_has_two_names():
    def outcomes(classes):
        named = (("one", "cross_entropy"), ("other", "binary_cross_entropy"))
        settings = tuple(PaperSetting(name, "§", loss, setting="train.loss") for name, loss in named)
        return check_all(paper([Claim("k", "§", "s", "classes", classes, "count")], settings=settings))

    assert of(outcomes(2), INCONSISTENT) == set() and of(outcomes(3), INCONSISTENT) == {"one", "other"}


def test_more_samples_than_the_public_set_are_a_note_with_copies_as_the_reading():
    known = (Claim("p", "Others", "s", "samples", 161, "count", subset="all", class_name="A"),)
    (found,) = [o for o in check_all(paper([count(687, "all", "A")], public=known)) if o.outcome == NOTE]
    assert "crops or copies" in found.innocent and found.size == "526 more"


def test_what_stands_in_several_places_or_is_found_by_several_checks_is_one_issue():
    claims = accuracies((98.26,), 120)
    again = Claim(
        "again", "Abstract", "s", "accuracy", 98.26, "percent", 2, subset="test", run="r0", n=120, stated=STATED
    )
    made = paper([*claims, again])
    assert [set(issue.claims) for issue in issues(made, check_all(made))] == [{"a0", "again"}]
    apart = paper(accuracies((98.26, 97.26), 120))
    assert [set(issue.claims) for issue in issues(apart, check_all(apart))] == [{"a0"}, {"a1"}]
