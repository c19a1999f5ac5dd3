"""Each check finds what it is for: an invented paper without a mistake, and the same with one number altered."""

import pytest

from workflow_scripts.claims.checks import check_all
from workflow_scripts.claims.digits import with_known_digits
from workflow_scripts.claims.outcome import CONTRADICTION, FITS_ONLY_IF, NOTE
from workflow_scripts.contracts.published_yaml import read_published

# 150 samples, 90 + 60, divided 60:20:20. Test: 18 and 12; the network gets 16 and 11 right, its rivals 15 and 9, 13 and
# 10, 12 and 8.
CAREFUL = """
paper: careful
citation: Nobody.
studies: {s: {title: S}}
settings:
  - {id: epochs, place: §1, value: 50, setting: runs.net.train.epochs}
  - {id: optimizer, place: §1, value: adam, setting: runs.net.train.optimizer}
  - {id: optimizer_again, place: §2, value: adam, setting: runs.net.train.optimizer}
tables:
  table1:
    place: Table 1
    study: s
    metric: samples
    unit: count
    columns:
      train: {printed: Train, subset: train}
      validation: {printed: Validation, subset: validation}
      test: {printed: Test, subset: test}
      all: {printed: All, subset: all}
    rows:
      a: {printed: A, class: A, values: [54, 18, 18, 90]}
      b: {printed: B, class: B, values: [36, 12, 12, 60]}
      sum: {printed: Sum, values: [90, 30, 30, 150]}
  table2:
    place: Table 2
    study: s
    subset: test
    unit: percent
    decimals: 1
    stated: {one_training: One training., average: Means over classes.}
    columns:
      accuracy: {printed: Acc, metric: accuracy}
      precision: {printed: P, metric: macro_precision}
      sensitivity: {printed: R, metric: macro_sensitivity}
      f1: {printed: F1, metric: macro_f1}
    rows:
      net: {printed: Net, run: net, values: [90.0, 89.4, 90.3, 89.7]}
      rival: {printed: Rival, run: rival, values: [80.0, 79.2, 79.2, 79.2]}
      third: {printed: Third, run: third, values: [76.7, 76.7, 77.8, 76.4]}
      last: {printed: Last, run: last, values: [66.7, 66.1, 66.7, 66.1]}
  table3:
    place: Table 3
    study: s
    subset: test
    run: net
    metric: confusions
    unit: count
    columns: {a: {printed: A, predicted: A}, b: {printed: B, predicted: B}}
    rows:
      a: {printed: A, class: A, values: [16, 2]}
      b: {printed: B, class: B, values: [1, 11]}
  table4:
    place: Table 4
    study: s
    subset: validation
    run: net
    unit: percent
    stated: {one_training: One training.}
    columns:
      p: {printed: P, metric: precision, class: A, decimals: 1}
      r: {printed: R, metric: sensitivity, class: A, decimals: 1}
      f: {printed: F1, metric: f1, class: A, decimals: 1}
    rows: {net: {printed: Net, values: [94.1, 88.9, 91.4]}}
claims:
  - {id: abstract, place: Abstract, study: s, subset: test, run: net, metric: accuracy, unit: percent, value: 90}
  - {id: margin, place: §3, study: s, subset: test, run: net, metric: accuracy, unit: percentage_points, value: 10,
     relation: about, against: {run: rival}}
  - {id: best, place: §3, study: s, subset: test, run: net, metric: macro_f1, unit: percent, value: 89.7, decimals: 1,
     relation: highest, among: [rival, third]}
  - {id: told, place: "§3, Fig. 2", study: s, subset: test, run: rival, metric: confusions, class: A, predicted: B,
     value: 3, unit: count}
  - {id: share.train, place: §1, study: s, subset: train, metric: share, value: 60, unit: percent,
     stated: {split_unit: Samples were divided.}}
  - {id: share.test, place: §1, study: s, subset: test, metric: share, value: 20, unit: percent,
     stated: {split_unit: Samples were divided.}}
  - {id: classes, place: §1, study: s, metric: classes, value: 2, unit: count}
  - {id: patients, place: §1, study: s, subset: all, metric: patients, value: 100, unit: count}
  - {id: ratio, place: §1, study: s, metric: class_ratio, class: A, against: {class: B}, value: 1.5, unit: fraction,
     decimals: 1}
  - {id: copies, place: §1, study: s, run: net, subset: train, metric: copies, value: 4, unit: count}
  - {id: copied, place: §1, study: s, run: net, subset: train, metric: samples, value: 360, unit: count}
  - {id: copied.validation, place: §1, study: s, run: net, subset: validation, metric: samples, value: 30, unit: count}
  - {id: copied.test, place: §1, study: s, run: net, subset: test, metric: samples, value: 30, unit: count}
  - {id: time, place: §4, study: s, run: net, metric: training_time, value: 100, unit: minutes}
  - {id: epoch, place: §4, study: s, run: net, metric: epoch_time, value: 120, unit: seconds}
  - {id: test.time, place: §4, study: s, run: net, subset: test, metric: test_time, value: 3.0, unit: seconds,
     decimals: 1}
  - {id: sample.time, place: §4, study: s, run: net, metric: time_per_sample, value: 0.1, unit: seconds, decimals: 1}
  - {id: size, place: §4, study: s, run: net, metric: parameter_size, value: 80, unit: MB}
  - {id: bits, place: §4, study: s, run: net, metric: bits, value: 32, unit: count}
  - {id: small.size, place: §4, study: s, run: small, metric: parameter_size, value: 20, unit: MB}
  - {id: small.bits, place: §4, study: s, run: small, metric: bits, value: 8, unit: count}
  - {id: end.net, place: Fig. 1, study: s, run: net, subset: train, metric: last_epoch_accuracy, value: 97.0,
     unit: percent, decimals: 1}
  - {id: end.rival, place: Fig. 1, study: s, run: rival, subset: train, metric: last_epoch_accuracy, value: 80.0,
     unit: percent, decimals: 1}
  - {id: end.third, place: Fig. 1, study: s, run: third, subset: train, metric: last_epoch_accuracy, value: 76.7,
     unit: percent, decimals: 1}
statements:
  - {id: better, place: §5, study: s, subset: test, run: net, words: beats the rival, relation: higher,
     metric: accuracy, against: {run: [rival]}}
  - {id: second, place: §5, study: s, subset: test, run: rival, words: second best, relation: second,
     metric: accuracy, against: {run: [net, third]}}
  - {id: worst, place: §5, study: s, subset: test, run: third, words: is worst, relation: lower,
     metric: accuracy, against: {run: [net, rival]}}
layers:
  net:
    place: Table 5
    study: s
    network: VGG-4
    rows: [[Conv, 8 x 8 x 4], [Pool, 4 x 4 x 4], [Conv, 4 x 4 x 8], [FC, 128]]
public:
  - {id: a, place: "Others 2020", study: s, class: A, subset: all, metric: samples, value: 95, unit: count}
"""
WORST = "words: is worst, relation: lower,\n     metric: accuracy, against: {run: "


def found_in(tmp_path, text, kind=CONTRADICTION):
    """(Claim, check) → what is of that kind in the paper."""
    path = tmp_path / "published.yaml"
    path.write_text(text, encoding="utf-8")
    return {(o.claim, o.check): o for o in check_all(read_published(path)) if o.outcome == kind}


def contradictions(tmp_path, old="", new=""):
    """(Claim, check) of what is a contradiction when `old` is printed as `new`."""
    return found_in(tmp_path, altered(old, new))


def altered(old="", new=""):
    """The careful paper with `new` instead of `old`."""
    assert CAREFUL.count(old) == 1 or not old, old
    return CAREFUL.replace(old, new, 1) if old else CAREFUL


def test_a_paper_without_a_mistake_has_none(tmp_path):
    assert contradictions(tmp_path) == {} and found_in(tmp_path, CAREFUL, FITS_ONLY_IF) == {}
    # Of 30 images 27, 24, 23 and 20 are right.
    assert {check for _, check in found_in(tmp_path, CAREFUL, NOTE)} == {"leads and chance"}


@pytest.mark.parametrize(
    ("old", "new", "claim", "check", "reading"),
    [
        ("value: 95, unit", "value: 89, unit", "table1.a.all", "public set", "several crops or copies"),
        ("network: VGG-4", "network: ResNet", "net.02", "layer sizes", "a stride of 2"),
    ],
)
def test_what_fits_under_a_reading_alone_names_it(tmp_path, old, new, claim, check, reading):
    text = altered(old, new).replace(
        "[Pool, 4 x 4 x 4]", "[Pool, 8 x 8 x 4]" if check == "layer sizes" else "[Pool, 4 x 4 x 4]"
    )
    found = found_in(tmp_path, text, FITS_ONLY_IF)[claim, check]
    assert reading in found.reading and found.innocent.endswith(".") and found.tried
    assert found_in(tmp_path, text) == {}


# Fits the 54 samples that the class has in all, and not those that the number is said to rest on.
OWN_N = (
    "claims:\n  - {id: own, place: §9, study: s, subset: train, run: net, metric: sensitivity, class: A, "
    "unit: percent, value: 96.3, decimals: 1, n: 500, stated: {one_training: One training.}}\n"
)


@pytest.mark.parametrize(
    ("old", "new", "claim", "check"),
    [
        ("claims:\n", OWN_N, "own", "granularity"),
        ("[90.0, 89.4", "[91.0, 89.4", "table2.net.accuracy", "granularity"),
        ("[94.1, 88.9", "[94.1, 89.8", "table4.net.r", "granularity"),
        ("values: [94.1,", "values: [99.1,", "table4.net.p", "granularity"),
        ("88.9, 91.4]", "88.9, 92.4]", "table4.net.f", "F1 from precision and sensitivity"),
        ("90.3, 89.7]", "90.3, 92.7]", "table2.net.f1", "F1 from precision and sensitivity"),
        ("79.2, 79.2, 79.2]", "79.2, 89.2, 79.2]", "table2.rival.sensitivity", "2x2 tables"),
        ("79.2, 79.2, 79.2]", "79.2, 79.2, 79.3]", "table2.rival.f1", "2x2 tables"),
        ("[90.0, 89.4", "[90.0, 89.6", "table2.net.precision", "metrics from the confusion matrix"),
        ("values: [16, 2]", "values: [15, 2]", "table3.a.a", "sums of the confusion matrix"),
        ("value: 3, unit: count", "value: 9, unit: count", "told", "confusions against errors"),
        ("values: [54, 18", "values: [55, 18", "table1.a.train", "totals and parts"),
        ("30, 30, 150]", "30, 30, 160]", "table1.sum.all", "totals and parts"),
        ("value: 360", "value: 364", "copied", "counts with copies"),
        ("metric: classes, value: 2", "metric: classes, value: 3", "classes", "number of classes"),
        ("patients, value: 100", "patients, value: 151", "patients", "patients and images"),
        ("value: 1.5", "value: 1.6", "ratio", "ratio of counts"),
        ("share, value: 60", "share, value: 63", "share.train", "stated shares"),
        ("percent, value: 90}", "percent, value: 92}", "abstract", "printed twice"),
        ("percentage_points, value: 10,", "percentage_points, value: 17,", "margin", "differences"),
        ("value: 89.7, decimals: 1,\n     relation", "value: 79.0, decimals: 1,\n     relation", "best", "rankings"),
        ("beats the rival, relation: higher", "below the rival, relation: lower", "better", "claims in words"),
        ("second best, relation: second", "worst, relation: lower", "second", "claims in words"),
        (f"third, {WORST}[net, rival]", f"net, {WORST}[rival, third]", "worst", "claims in words, each other"),
        ("[Pool, 4 x 4 x 4]", "[Pool, 8 x 8 x 4]", "net.02", "layer sizes"),
        ("§2, value: adam", "§2, value: sgd", "optimizer_again", "stated twice"),
    ],
)
def test_an_altered_number_is_found_by_the_check_for_it(tmp_path, old, new, claim, check):
    found = contradictions(tmp_path, old, new)
    assert (claim, check) in found, sorted(found)


@pytest.mark.parametrize(
    ("old", "new", "claim", "check"),
    [
        ("[76.7, 76.7", "[76.6, 76.7", "table2.third.accuracy", "one way of writing"),
        ("value: 97.0", "value: 90.0", "end.net", "repeated sequence"),
        ("value: 120, unit: seconds", "value: 130, unit: seconds", "epoch", "times and sizes"),
        ("value: 0.1, unit: seconds", "value: 0.2, unit: seconds", "sample.time", "times and sizes"),
        ("value: 20, unit: MB", "value: 40, unit: MB", "small.size", "times and sizes"),
    ],
)
def test_what_has_an_innocent_reading_by_its_nature_is_a_note(tmp_path, old, new, claim, check):
    found = found_in(tmp_path, altered(old, new), NOTE)
    assert found[claim, check].innocent.endswith(".") and contradictions(tmp_path, old, new) == {}


# What the paper says → a number that contradicts it, by which check, and the reading that is left without it.
SAID = {
    "one_training: One training., ": (
        *("[90.0, 89.4", "[91.0, 89.4", "table2.net.accuracy", "granularity"),
        "it is a mean of seven or more trainings, or over folds",
    ),
    ", average: Means over classes.": (
        *("90.3, 89.7]", "90.3, 92.7]", "table2.net.f1"),
        *("F1 from precision and sensitivity", "another may fit"),
    ),
    ",\n     stated: {split_unit: Samples were divided.}": (
        *("share, value: 60", "share, value: 63", "share.train", "stated shares", "shares of patients or slides"),
    ),
}


@pytest.mark.parametrize("said", SAID)
def test_what_rests_on_a_premise_that_the_paper_does_not_state_is_a_note(tmp_path, said):
    old, new, claim, check, reading = SAID[said]
    silent = altered(old, new).replace(said, "", 1)
    assert (claim, check) in contradictions(tmp_path, old, new)
    assert (claim, check) not in found_in(tmp_path, silent)
    kind = NOTE if "average" in said else FITS_ONLY_IF
    outcome = found_in(tmp_path, silent, kind)[claim, check]
    assert reading in (outcome.innocent, outcome.reading) or reading in outcome.innocent


@pytest.mark.parametrize(
    ("old", "new", "entry", "assumed", "check"),
    [
        ("metric: accuracy}", "metric: accuracy, ASSUMED}", "table2.net.accuracy", "subset", "granularity"),
        ("sgd", "sgd, ASSUMED", "optimizer_again", "setting", "stated twice"),
        ("relation: lower, ASSUMED", "relation: lower, ASSUMED", "better", "metric", "claims in words"),
    ],
)
def test_what_is_read_into_a_paper_accuses_nobody(tmp_path, old, new, entry, assumed, check):
    text = {
        "granularity": CAREFUL.replace("[90.0, 89.4", "[91.0, 89.4", 1),
        "stated twice": CAREFUL.replace("§2, value: adam", "§2, value: sgd", 1),
        "claims in words": CAREFUL.replace(
            "beats the rival, relation: higher", "below it, relation: lower, ASSUMED", 1
        ),
    }[check]
    assert text.count(old) >= 1
    marked = text.replace(old, new, 1).replace("ASSUMED", f'assumed: {{{assumed}: "It may be otherwise."}}')
    assert found_in(tmp_path, marked, NOTE)[entry, check].innocent.startswith("It may be otherwise.")
    assert (entry, check) not in found_in(tmp_path, marked)
    # One reading alone fits, so that it is compared with results; a contradiction does not rest on it either.
    inferred = text.replace(old, new, 1).replace("ASSUMED", f'inferred: {{{assumed}: "It may be otherwise."}}')
    assert (entry, check) in found_in(tmp_path, inferred, NOTE)
    # Another reading is known that makes all well.
    known = marked.replace('otherwise."}', f'otherwise."}}, fits_if: {{{assumed}: it is otherwise}}')
    outcome = found_in(tmp_path, known, FITS_ONLY_IF)[entry, check]
    assert outcome.reading == "it is otherwise" and outcome.innocent.startswith("It may be otherwise.")
    plain = text.replace(", ASSUMED", "")
    assert (entry, check) in found_in(tmp_path, plain)


def test_of_a_table_of_counts_only_the_cell_where_row_and_column_fail_is_named(tmp_path):
    found = contradictions(tmp_path, "values: [36, 12, 12", "values: [36, 13, 12")
    assert {claim for claim, check in found if check == "totals and parts"} == {"table1.b.validation"}
    assert found["table1.b.validation", "totals and parts"].nearest == "12"


def test_a_number_that_stands_in_four_places_is_one_quantity_and_keeps_its_last_zero(tmp_path):
    def accuracies(*runs):
        return "".join(
            f"  - {{id: a{i}, place: p{i}, study: s, run: {run}, subset: test, metric: accuracy, value: 98.50, "
            "unit: percent, decimals: 2}\n"
            for i, run in enumerate(runs)
        )

    path, head = tmp_path / "p.yaml", "paper: p\ncitation: N.\nstudies: {s: {title: S}}\nsettings: []\nclaims:\n"
    for runs, decimals in (("net", "net", "net", "net"), 2), (("a", "b", "c", "d"), 1):
        path.write_text(head + accuracies(*runs), encoding="utf-8")
        known = with_known_digits(read_published(path)).claims
        assert {claim.known_decimals for claim in known} == {decimals}


def test_zeros_of_a_number_that_is_printed_shorter_elsewhere_say_nothing(tmp_path):
    text = CAREFUL.replace("[90.0, 89.4", "[90.00, 89.4").replace(
        "metric: accuracy}", "metric: accuracy, decimals: 2}", 1
    )
    path = tmp_path / "published.yaml"
    path.write_text(text, encoding="utf-8")
    assert with_known_digits(read_published(path)).claim("table2.net.accuracy").known_decimals == 0


def test_where_no_table_fits_the_suspect_and_its_nearest_value_are_named(tmp_path):
    found = contradictions(tmp_path, "90.3, 89.7]", "90.3, 89.0]")
    assert found["table2.net.f1", "2x2 tables"].nearest.startswith("89.71 %")
    assert ("table2.net.precision", "2x2 tables") not in found


@pytest.mark.parametrize(
    ("altered", "claim", "nearest"),
    [("[394.1, 88.9", "table4.net.p", "1/1 = 100.00 %"), ("[94.1, 388.9", "table4.net.r", "18/18")],
)
def test_a_value_of_a_class_above_the_possible_maximum_is_a_contradiction(tmp_path, altered, claim, nearest):
    found = contradictions(tmp_path, "[94.1, 88.9", altered)
    assert nearest in found[claim, "granularity"].nearest


def test_what_names_no_metric_and_holds_by_some_only_is_not_decided(tmp_path):
    path = tmp_path / "published.yaml"
    text = CAREFUL.replace("metric: accuracy, against: {run: [net, rival]}", "against: {run: [net, rival]}")
    path.write_text(text.replace("[76.7, 76.7, 77.8", "[76.7, 80.3, 77.8"), encoding="utf-8")
    (one,) = [o for o in check_all(read_published(path)) if o.claim == "worst" and o.check == "claims in words"]
    assert one.outcome == "not checkable" and "not by macro precision" in one.why
