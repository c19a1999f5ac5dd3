"""What looks odd and has an innocent reading is no finding."""

import pytest

from workflow_scripts.claims.checks import check_all
from workflow_scripts.claims.issues import issues
from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF, NOTE
from workflow_scripts.contracts.claims import Cell, Claim, Layer, PaperSetting, PaperStudy, Published, Statement

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
    assert of(outcomes, CONTRADICTION) == set()
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
    parts, shares = {"train": 787, "test": 213}, {"train": 81, "test": 19}
    outcomes = check_all(paper(split(parts, shares)))
    assert of(outcomes, CONTRADICTION) == set() and len(of(outcomes, FITS_ONLY_IF)) == 4
    readings = {o.reading for o in outcomes if o.outcome == FITS_ONLY_IF}
    assert readings == {"patients or slides were divided, not the samples that are counted"}
    assert len(of(check_all(paper(split(parts, shares, STATED))), CONTRADICTION)) == 4


@pytest.mark.parametrize(
    ("parts", "shares", "outcome"),
    [
        ({"train": 216, "validation": 24, "test": 60}, {"train": 70, "validation": 10, "test": 20}, FITS_ONLY_IF),
        ({"train": 731, "test": 269}, {"train": 75, "test": 25}, FITS_ONLY_IF),
        ({"train": 721, "test": 279}, {"train": 75, "test": 25}, CONTRADICTION),
        ({"train": 640, "test": 360}, {"train": 70, "test": 30}, CONTRADICTION),
        ({"train": 787, "test": 213}, {"train": 81, "test": 19}, CONTRADICTION),
    ],
)
def test_shares_told_in_round_numbers_may_be_rounded_to_them(parts, shares, outcome):
    found = [o for o in check_all(paper(split(parts, shares, STATED))) if o.claim == "share.train"]
    assert {o.outcome for o in found} == {outcome}
    assert all(("of percent, to which this one is rounded" in o.reading) == (outcome == FITS_ONLY_IF) for o in found)


def test_a_total_whose_parts_are_their_shares_cut_off_is_no_finding():
    outcomes = check_all(paper(split({"train": 5750, "test": 2464}, {"train": 70, "test": 30}, STATED)[1:]
                               + [count(8215, "all")]))  # fmt: skip
    assert of(outcomes, CONTRADICTION) == set() and len(of(outcomes, FITS_ONLY_IF)) == 3
    # Two fewer are more than cutting off leaves over.
    outcomes = check_all(paper(split({"train": 5749, "test": 2464}, {"train": 70, "test": 30}, STATED)[1:]
                               + [count(8215, "all")]))  # fmt: skip
    assert len(of(outcomes, CONTRADICTION)) == 3


def twice(metric, first, second, sizes=(), **about):
    """The same metric in two places, of which neither names a class."""
    counts = [count(size, "test", name) for name, size in zip("AB", sizes, strict=False)]
    places = (("T1", first), ("T2", second))
    return counts + [
        Claim(place, place, "s", metric, value, "percent", 1, subset="test", run="r", **about)
        for place, value in places
    ]


def test_a_metric_without_class_or_average_may_be_another_one_in_another_place():
    def outcomes(*args, **about):
        return {o.outcome for o in check_all(paper(twice(*args, **about))) if o.check == "printed twice"}

    # 58 of 60 and 60 of 60 right: 96.7 and 100 by class, 98.3 as their mean.
    assert outcomes("sensitivity", 96.7, 98.3) == {FITS_ONLY_IF}
    assert outcomes("sensitivity", 96.7, 98.3, (60, 60)) == {FITS_ONLY_IF}
    assert outcomes("precision", 96.8, 97.8, (60, 60)) == {CONTRADICTION}
    assert outcomes("macro_f1", 79.1, 81.4) == {FITS_ONLY_IF}
    assert outcomes("macro_f1", 79.1, 81.4, stated={"average": "Macro averages are given."}) == {CONTRADICTION}
    assert outcomes("sensitivity", 96.7, 98.3, class_name="A") == {CONTRADICTION}
    assert outcomes("accuracy", 96.7, 98.3) == {CONTRADICTION}


def test_a_number_may_be_cut_off_in_one_place_and_rounded_twice_in_another():
    def outcomes(first, second):
        claims = [
            Claim("a", "§1", "s", "accuracy", first, "percent", 1, subset="test", run="r"),
            Claim("b", "§2", "s", "accuracy", second, "fraction", 2, subset="test", run="r"),
        ]
        return {o.outcome for o in check_all(paper(claims)) if o.check == "printed twice"}

    assert outcomes(94.6, 0.95) == {CONSISTENT}
    assert outcomes(94.4, 0.95) == {FITS_ONLY_IF}
    assert outcomes(94.3, 0.95) == {CONTRADICTION}


def test_an_accuracy_may_be_the_mean_over_batches_of_the_stated_size():
    def outcome(value, settings=()):
        claims = accuracies((value,), 129)
        (found,) = [o for o in check_all(paper(claims, settings=settings)) if o.claim == "a0"]
        return found

    sixteen = (PaperSetting("b", "§3", 16, setting="train.batch_size"),)
    # 120 of 128 right, and the one of the last batch: (8 · 0.9375 + 1) / 9.
    assert outcome(94.44).outcome == CONTRADICTION
    found = outcome(94.44, sixteen)
    assert found.outcome == FITS_ONLY_IF and "batches of 16, of which the last has 1" in found.reading
    assert outcome(94.50, sixteen).outcome == CONTRADICTION


def test_numbers_that_fit_in_averages_of_their_own_of_rounded_class_values_fit_only_so():
    # 60 of 60 and 58 of 60 right: the precision of A is 96.8 %, the mean of 1.00 and .97 is 98.5 % → 99 %.
    values = {"precision": (96.8, 1), "sensitivity": (99, 0)}
    claims = [count(60, "test", "A"), count(60, "test", "B")] + [
        Claim(m, "T1", "s", m, v, "percent", d, subset="test", run="r", cell=Cell("T1", "", m), stated=STATED)
        for m, (v, d) in values.items()
    ]
    found = [o for o in check_all(paper(claims)) if o.check == "2x2 tables"]
    assert {o.outcome for o in found} == {FITS_ONLY_IF} and all("60 of 60 A and 58 of 60 B" in o.why for o in found)
    assert all(o.reading.startswith("each number is an average of its own, some of class values") for o in found)


def from_share(accuracy, share=20, stated=STATED):
    part = Claim("share", "T", "s", "share", share, "percent", subset="test", stated=stated)
    number = Claim("a", "T1", "s", "accuracy", accuracy, "percent", 1, subset="test", run="r", stated=STATED)
    return check_all(paper([count(649, "all"), part, number]))


def test_n_that_follows_from_a_share_may_be_any_that_rounds_to_it():
    (found,) = [o for o in from_share(94.4) if o.claim == "a"]
    assert found.outcome == FITS_ONLY_IF and found.reading.startswith("there are 127 samples")
    assert found.reading.endswith("120 of 127, cut off") and "follows from a stated share" in found.innocent
    # Of no n from 127 to 136.
    assert of(from_share(99.9), CONTRADICTION) == {"a"}
    assert of(from_share(99.9, stated={}), FITS_ONLY_IF) == {"a"}


def test_a_share_that_is_rounded_is_no_mistake():
    claims = split({"train": 667, "test": 333}, {"train": 67, "test": 33}, STATED)
    assert of(check_all(paper(claims)), CONTRADICTION) == set()


def test_accuracy_of_several_classes_may_be_a_mean_over_them():
    classes = [count(40, "test", name) for name in "ABC"]
    # 17 errors of 120: 1 − 2 · 17 / (3 · 120) = 90.56 %, which is no share of 120.
    claims = [
        *classes,
        Claim("a", "T1", "s", "accuracy", 90.56, "percent", 2, subset="test", run="r", stated=STATED, n=120),
    ]
    (found,) = [o for o in check_all(paper(claims)) if o.claim == "a"]
    assert found.outcome == FITS_ONLY_IF and "(TP + TN) / n over the 3 classes" in found.reading
    two = [o for o in check_all(paper([*classes[:2], *claims[3:]])) if o.claim == "a"]
    assert {o.outcome for o in two} == {CONTRADICTION}


@pytest.mark.parametrize(("said", "outcome"), [(3, CONSISTENT), (7, CONSISTENT), (15, CONTRADICTION)])
def test_a_difference_in_percent_may_be_relative(said, outcome):
    values = {"new": 43, "old": 40}
    claims = [
        Claim(f"a.{run}", "T1", "s", "accuracy", value, "percent", 1, subset="test", run=run)
        for run, value in values.items()
    ]
    told = Claim(
        *("d", "§", "s", "accuracy", said, "percentage_points"), run="new", subset="test", relation="about",
        against={"run": "old"},
    )  # fmt: skip
    (found,) = [o for o in check_all(paper([*claims, told])) if o.claim == "d"]
    assert found.outcome == outcome


@pytest.mark.parametrize(
    ("network", "outcome"), [("", FITS_ONLY_IF), ("ResNet-18", FITS_ONLY_IF), ("VGG16", CONTRADICTION)]
)
def test_strides_are_free_in_networks_other_than_a_vgg(network, outcome):
    sizes = ((56, 56, 64), (28, 28, 128))
    layers = tuple(Layer(f"t.{i}", f"row {i}", "s", "Conv", size, network) for i, size in enumerate(sizes))
    (found,) = [o for o in check_all(paper(layers=layers)) if o.claim == "t.1"]
    assert found.outcome == outcome


def test_another_release_of_a_public_set_is_a_reading():
    known = (Claim("p", "Others", "s", "cells", 11534, "count"),)
    own = Claim("own", "§1", "s", "cells", 11530, "count")
    (found,) = [o for o in check_all(paper([own], public=known)) if o.check == "public set"]
    assert found.outcome == FITS_ONLY_IF and "another release" in found.reading


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
    assert of(outcomes, CONTRADICTION) == {"train§1", "train§2"} and of(outcomes, CONSISTENT) == set()


def test_a_metric_of_a_class_that_is_not_named_may_be_the_mean_of_both():
    cell = Cell("T1", "", "r")
    claims = [count(60, "test", "A"), count(60, "test", "B")]
    claims.append(Claim("r", "T1", "s", "sensitivity", 99, "percent", subset="test", run="r", cell=cell, stated=STATED))
    (found,) = [o for o in check_all(paper(claims)) if o.claim == "r"]
    assert found.outcome == CONSISTENT and "60 of 60 A and 59 of 60 B, as the mean over the classes" in found.why


@pytest.mark.parametrize(
    ("stated", "class_name", "outcome"),
    [({}, None, FITS_ONLY_IF), ({"average": "Of class A."}, None, CONTRADICTION), ({}, "A", CONTRADICTION)],
)
def test_metrics_of_no_named_class_may_each_be_of_another_one(stated, class_name, outcome):
    values, all_stated = {"precision": 90.0, "sensitivity": 90.0, "f1": 60.0}, {**STATED, **stated}
    claims = [
        Claim(m, "T1", "s", m, v, "percent", 1, subset="test", run="r", class_name=class_name, stated=all_stated)
        for m, v in values.items()
    ]
    found = [o for o in check_all(paper(claims)) if o.check == "F1 from precision and sensitivity"]
    assert {o.outcome for o in found} == {outcome}
    assert all("not averaged alike" in o.reading for o in found if outcome == FITS_ONLY_IF)


def said(name, relation, subject, *others):
    return Statement(name, "§", "s", name, relation, "class_name", others, "sensitivity", "test", subject, "net")


def test_only_the_sentence_whose_omission_mends_all_is_named():
    sentences = (
        said("fails", "lower", "C", "A", "B"),
        said("good", "higher", "C", "B"),
        said("poor", "lower", "B", "A", "C"),
    )
    assert of(check_all(paper(statements=sentences)), CONTRADICTION) == {"fails"}


def test_a_sentence_that_the_printed_numbers_bear_out_is_not_named():
    def worst(run, *others):
        return Statement(f"worst.{run}", "§", "s", "worst", "lower", "run", others, "accuracy", "test", None, run)

    claims = [
        Claim(f"a.{run}", "T1", "s", "accuracy", value, "percent", subset="test", run=run)
        for run, value in (("one", 92), ("other", 94))
    ]
    both = (worst("one", "other"), worst("other", "one"))
    assert of(check_all(paper(claims, statements=both)), CONTRADICTION) == {"worst.other"}
    assert of(check_all(paper(statements=both)), CONTRADICTION) == {"worst.one", "worst.other"}


def test_cross_entropy_of_two_classes_has_two_names():
    def outcomes(classes):
        named = (("one", "cross_entropy"), ("other", "binary_cross_entropy"))
        settings = tuple(PaperSetting(name, "§", loss, setting="train.loss") for name, loss in named)
        return check_all(paper([Claim("k", "§", "s", "classes", classes, "count")], settings=settings))

    assert of(outcomes(2), CONTRADICTION) == set() and of(outcomes(3), CONTRADICTION) == {"one", "other"}


def test_more_samples_than_the_public_set_fit_only_if_there_are_copies():
    known = (Claim("p", "Others", "s", "samples", 161, "count", subset="all", class_name="A"),)
    (found,) = [o for o in check_all(paper([count(687, "all", "A")], public=known)) if o.outcome == FITS_ONLY_IF]
    assert "crops or copies" in found.reading and found.size == "526 more"


def test_what_stands_in_several_places_or_is_found_by_several_checks_is_one_issue():
    claims = accuracies((98.26,), 120)
    again = Claim(
        "again", "Abstract", "s", "accuracy", 98.26, "percent", 2, subset="test", run="r0", n=120, stated=STATED
    )
    made = paper([*claims, again])
    assert [set(issue.claims) for issue in issues(made, check_all(made))] == [{"a0", "again"}]
    apart = paper(accuracies((98.26, 97.26), 120))
    assert [set(issue.claims) for issue in issues(apart, check_all(apart))] == [{"a0"}, {"a1"}]
