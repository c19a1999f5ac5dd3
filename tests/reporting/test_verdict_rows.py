"""verdict.csv: every printed number has a verdict, and none that it must not have."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from judging import Real, claims, printing, rows, stating

from workflow_scripts.contracts.claims import Claim
from workflow_scripts.contracts.published_yaml import read_published
from workflow_scripts.contracts.record import write_record
from workflow_scripts.contracts.run_tables import ALL
from workflow_scripts.contracts.verdict_table import (
    CANNOT_TELL,
    FAILS,
    HIGHER,
    HOLDS,
    LOWER,
    NOT_CHECKED,
    NOT_COMPARABLE,
    NOT_RUN,
    REPRODUCED,
    VERDICT,
    VERDICTS,
)
from workflow_scripts.evaluation.uncertainty import FEWEST_TRAININGS, trainings_of
from workflow_scripts.reporting.judging.judged_together import judged_together
from workflow_scripts.reporting.judging.orders import few_seeds
from workflow_scripts.reporting.judging.reproduced_estimates import answer
from workflow_scripts.reporting.judging.verdict_rows import judged_elsewhere
from workflow_scripts.reporting.reproduced import obtained
from workflow_scripts.steps import verdict

EXPECTED = {
    "accuracy": CANNOT_TELL,  # 400 samples are too few for two points at 90 %
    "optimistic": LOWER,
    "modest": HIGHER,
    "lead": CANNOT_TELL,
    "best": HOLDS,
    "worst": FAILS,
    "absent": NOT_RUN,
    "other_n": NOT_COMPARABLE,
    "confused": CANNOT_TELL,
    "samples": HOLDS,
    "samples.a": LOWER,
    "samples.sipakmed": LOWER,
    "samples.cric": NOT_RUN,
    "ratio": HOLDS,
    "time": NOT_COMPARABLE,
    "models": NOT_CHECKED,
    "unnamed": NOT_CHECKED,
    "vague": NOT_COMPARABLE,
    "vaguely": NOT_COMPARABLE,
    "beats": HOLDS,
    "alike": CANNOT_TELL,
    "net.01": NOT_CHECKED,
}


@pytest.mark.parametrize(("claim", "word"), EXPECTED.items())
def test_each_kind_of_claim_gets_its_verdict(real_rows, claim, word):
    assert real_rows[claim].verdict == word, real_rows[claim].why
    assert real_rows[claim].why.endswith(".")


def test_the_table_has_every_claim_and_no_empty_cell(real_study, tmp_path):
    out = tmp_path / "verdict.csv"
    folders = {"study_folder": real_study.folder, "paper": real_study.paper, "out": out}
    verdict.main(SimpleNamespace(settings=real_study.without_subject, code="", **folders))
    table = VERDICT.as_text(out)
    assert set(table["claim"]) == claims(real_study) and not (table == "").to_numpy().any()
    assert set(table["verdict"]) <= set(VERDICTS)
    numbers = pd.read_csv(out).set_index("claim")
    assert numbers.loc["accuracy", "obtained"] == pytest.approx(0.9) and numbers.loc["accuracy", "n"] == 400
    assert numbers.loc["accuracy", "low"] < 0.9 < numbers.loc["accuracy", "high"]
    ends = numbers.loc["accuracy", ["difference_low", "difference_high"]]
    assert ends.iloc[0] < numbers.loc["accuracy", "low"] - 0.9 < numbers.loc["accuracy", "high"] - 0.9 < ends.iloc[1]
    line = numbers.loc["optimistic"]
    assert line["margin"] == 0.02 and line["p"] <= line["p_adjusted"] < 0.05 and line["alone"] == "lower"
    assert (line[["own_sampling", "paper_sampling"]] > 0).all()
    assert numbers["obtained"].dtype == "float64" and pd.isna(numbers.loc["absent", "obtained"])
    assert VERDICT.read(out).set_index("claim").loc["accuracy", "leak_free"] == pytest.approx(0.9)


def test_what_is_missing_or_unknown_is_named(real_rows):
    assert real_rows["absent"].why == "Missing: the run vgg16."
    assert "400 test samples instead of 500" in real_rows["other_n"].why
    assert "paper's own samples can never tell: it would take 27 times as many" in real_rows["lead"].why
    assert "differ here" in real_rows["best"].why and "80 % power" in real_rows["best"].why
    assert "by accuracy" in real_rows["beats"].why


def test_what_was_read_into_the_paper_is_named_and_both_numbers_are_shown(real_rows):
    assert real_rows["vague"].why == "Left open by the paper: Of which mean it is is not said."
    assert real_rows["vague"].obtained.value == pytest.approx(0.9, abs=0.01) and real_rows["vague"].published == "50 %"
    assert real_rows["vaguely"].why == "Left open by the paper: By what is not said."


def test_the_papers_own_chance_is_in_the_verdict_on_every_number(real_rows):
    numbers = {"accuracy", "optimistic", "modest", "lead", "confused"}
    assert {name for name, row in real_rows.items() if "the paper's own chance included" in row.why} == numbers
    parts = real_rows["optimistic"].evidence.difference
    # 97 % of 400; the handmade trainings err on as many samples each.
    assert parts.paper.sampling == pytest.approx((0.97 * 0.03 / 400) ** 0.5, rel=0.2) and parts.paper.training == 0
    assert parts.interval()[1] > parts.obtained.interval()[1] - 0.97


def test_words_against_the_paper_are_adjusted_for_all_its_numbers(real_rows):
    judged = [row for row in real_rows.values() if row.p_value is not None]
    assert {row.entry.id for row in judged if row.p_adjusted is not None} == {"optimistic", "modest", "worst"}
    assert all(row.p_adjusted >= row.p_value for row in judged if row.p_adjusted is not None)
    row = real_rows["optimistic"]
    assert judged_together([row], 0)[0].verdict == LOWER
    chance = judged_together([replace(row, p_value=0.01)], 19)[0]
    assert (chance.alone, chance.verdict) == (LOWER, CANNOT_TELL) and chance.p_adjusted == pytest.approx(0.2)
    assert chance.why.startswith("For itself it would be called lower; where 20 numbers are judged that may be chance.")
    assert judged_together([replace(row, p_value=0.01)], 4)[0].verdict == LOWER


def test_numbers_of_the_papers_other_studies_count_among_those_that_are_judged(real_study):
    published = read_published(real_study.paper / "published.yaml")
    # All but counts, times, what no result answers and what is assumed.
    assert judged_elsewhere(published, "a_part") == 11 and judged_elsewhere(published, "cvm_cervix") == 0


FIXED = "stated: {fixed_test_set: The test images are those of the public split.}"


def test_the_mean_of_several_trainings_makes_the_paper_more_certain(tmp_path, real_rows):
    one, five = real_rows, rows(stating(Real(tmp_path).write(), optimistic="trainings: 5", modest=FIXED))
    errors = [row["optimistic"].evidence.difference.paper.sampling for row in (one, five)]
    assert errors[1] < 0.8 * errors[0]
    # The split here is not the public one: other images are judged.
    assert five["modest"].evidence.difference == one["modest"].evidence.difference


def test_on_a_fixed_public_test_set_the_choice_of_images_cancels(tmp_path):
    rules = {"public": {"kind": "file", "path": "split.csv", "by": "sample", "folds": 1, "role": "as_published"}}
    study = Real(tmp_path, protocols=rules, folds={"public": 1}).write()
    stated = rows(stating(study, accuracy=FIXED))
    same, drawn = stated["accuracy"], stated["modest"]
    assert same.evidence.difference.paper.same_images and not drawn.evidence.difference.paper.same_images
    # Every training of the handmade runs errs on as many samples.
    assert same.verdict == REPRODUCED and "The very same test images are judged" in same.why


def test_confusions_are_counted_and_compared_as_shares_of_the_class(real_rows):
    row = real_rows["confused"]
    assert row.obtained.value == pytest.approx(20) and row.obtained.n == 200
    assert "margin ±4.0" in row.why  # two points of 200


def test_one_training_seed_cannot_tell_and_says_so(tmp_path):
    one = rows(Real(tmp_path, seeds=[0]).write())
    assert {one[name].verdict for name in ("accuracy", "optimistic", "best", "beats")} == {CANNOT_TELL}
    assert all(
        "1 training seed: how far trainings differ is unknown, at least 2 more" in one[name].why
        for name in ("accuracy", "optimistic", "best")
    )
    assert one["samples"].verdict == HOLDS


def test_two_seeds_are_in_the_interval_and_the_sentence_does_not_leave_them_out(tmp_path):
    why = rows(Real(tmp_path, seeds=[0, 1]).write())["accuracy"].why
    assert why.endswith("2 training seeds: how far trainings differ is unknown, at least 1 more seed is needed.")


@pytest.mark.parametrize(("folds", "more"), [(1, "2 more seeds are"), (2, "1 more seed is"), (10, "1 more seed is")])
def test_of_several_folds_two_seeds_tell_how_trainings_differ(folds, more):
    assert few_seeds(1, folds).endswith(f"at least {more} needed.")
    points = np.random.default_rng(0).normal(0.9, 0.01, (folds, 1 + int(more[0])))
    assert trainings_of(points) >= FEWEST_TRAININGS > trainings_of(points[:, :-1])


def test_what_a_training_took_is_no_matter_of_chance(real_study, real_rows):
    path = next(iter((real_study.folder / "runs" / "published" / "cvm").iterdir())) / "ledger.json"
    kept = path.read_text()
    write_record(path, {**json.loads(kept), "wall_seconds": 99.0})
    try:
        assert rows(real_study)["optimistic"] == real_rows["optimistic"]
    finally:
        path.write_text(kept)


def test_too_few_patients_cannot_tell_and_it_is_said(tmp_path):
    class FewPatients(Real):
        """Eight patients, however many pictures."""

        def manifest(self):
            manifest = super().manifest()
            return manifest.assign(group=[f"patient {number % 8}" for number in range(len(manifest))])

    few = rows(FewPatients(tmp_path).write())
    assert {few[name].verdict for name in ("optimistic", "modest", "worst", "beats")} == {CANNOT_TELL}
    assert all("at least 10 groups are needed" in few[name].why for name in ("optimistic", "worst"))


COURSE = """\
  - {id: gained, place: p. 2, study: cvm_cervix, run: cvm, subset: train, metric: last_epoch_accuracy, value: 3,
     unit: percentage_points, against: {run: weak}}
"""
ORDERS = """\
  - {id: converged, place: p. 3, study: cvm_cervix, run: cvm, subset: validation, metric: last_epoch_accuracy,
     relation: higher, words: converges higher, against: {run: [weak]}}
  - {id: smaller, place: p. 3, study: cvm_cervix, run: cvm, metric: parameter_size, relation: lower, words: smaller,
     against: {run: [weak]}}
"""


def test_a_difference_between_epochs_is_not_held_against_the_accuracy_of_one(real_study):
    gained = rows(printing(real_study, COURSE))["gained"]
    assert gained.verdict == NOT_CHECKED and gained.obtained.value is None and gained.p_value is None


def test_an_image_that_ten_folds_train_on_is_one_image():
    split = {str(fold): {"train": {"a": 45, "b": 45}, "test": {"a": 5, "b": 5}} for fold in range(10)}
    jobs = [(fold, seed) for fold in range(10) for seed in range(3)]
    run = SimpleNamespace(jobs=jobs, histories=[pd.DataFrame({"train_accuracy": [0.5, 0.8]})] * len(jobs))
    protocol = SimpleNamespace(runs={"cvm": run}, record=SimpleNamespace(counts=split))
    results = SimpleNamespace(settings=SimpleNamespace(study="cvm_cervix"), manifest=range(100))
    where = {"metric": "last_epoch_accuracy", "run": "cvm", "subset": "train"}
    course = Claim("last", "p. 2", "cvm_cervix", value=80.0, unit="percent", **where)
    reached = answer(results, protocol, None, course)
    assert reached.value.n == 100 and reached.uncertain.sampling == pytest.approx(0.04, abs=0.001)


def test_why_an_order_of_numbers_that_are_not_of_predictions_is_not_judged_is_true(real_study):
    judged = rows(printing(real_study, "", ORDERS))
    for order in ("converged", "smaller"):
        assert judged[order].verdict == NOT_CHECKED and judged[order].obtained.value is not None
        assert "were predicted" not in judged[order].why


PARTS = """\
  - {id: part, place: p. 2, study: cvm_cervix, run: cvm, subset: test, source: cric, metric: accuracy, value: 70,
     unit: percent}
  - {id: apart, place: p. 2, study: cvm_cervix, run: cvm, subset: test, source: sipakmed, metric: accuracy, value: 7,
     unit: percentage_points, against: {source: cric}}
  - {id: whole, place: p. 2, study: cvm_cervix, run: cvm, subset: test, source: sipakmed, metric: accuracy, value: 70,
     unit: percent}
"""


def test_a_number_of_one_data_set_is_not_held_against_all_of_them_together(real_study):
    judged = rows(printing(real_study, PARTS))
    for claim in ("part", "apart"):
        assert judged[claim].verdict == NOT_RUN and "of cric alone" in judged[claim].why.lower()
        assert judged[claim].obtained.value is None and judged[claim].leak_free.value is None
    assert judged["whole"].verdict == HIGHER  # the study has no other


def test_the_accuracy_of_one_data_set_is_the_one_that_was_measured_on_it():
    head = {"fold": ALL, "seed": ALL, "subset": "test", "metric": "accuracy", "low": 0.5, "high": 0.9, "n": 40}
    measured = pd.DataFrame([{**head, "class": "", "value": 0.8}, {**head, "class": "cric", "value": 0.7}])
    run = SimpleNamespace(metrics=measured, reported="test")
    protocol = SimpleNamespace(runs={"cvm": run}, reported="test")
    manifest = pd.DataFrame({"source": ["cric", "sipakmed"]})
    results = SimpleNamespace(settings=SimpleNamespace(study="cvm_cervix"), manifest=manifest)
    where = {"value": 70, "unit": "percent", "subset": "test", "run": "cvm"}
    for source, metric, value in (("cric", "accuracy", 0.7), (None, "accuracy", 0.8), ("cric", "macro_f1", None)):
        claim = Claim("part", "p. 2", "cvm_cervix", metric=metric, source=source, **where)
        assert obtained(results, protocol, claim).value == value


VAGUE = """\
  - {id: misses, place: p. 2, study: cvm_cervix, run: cvm, subset: test, metric: confusions, class: A, value: 40,
     unit: count}
  - {id: of_a_class, place: p. 2, study: cvm_cervix, run: cvm, subset: test, metric: accuracy, class: A, value: 70,
     unit: percent}
  - {id: of_no_run, place: p. 2, study: cvm_cervix, subset: test, metric: accuracy, value: 70, unit: percent}
"""
VAGUELY = """\
  - {id: of_no_class, place: p. 3, study: cvm_cervix, run: cvm, subset: test, metric: sensitivity, relation: higher,
     words: more sensitive, against: {run: [weak]}}
"""


def test_what_names_no_number_of_a_run_gets_no_word_and_the_reason_is_true(real_study):
    judged = rows(printing(real_study, VAGUE, VAGUELY))
    why = {
        "misses": "It does not say for which class they were taken.",
        "of_a_class": "Accuracy of one class is not measured.",
        "of_no_run": "It does not say of which run.",
        "of_no_class": "It does not say of which class.",
    }
    assert {claim: judged[claim].why for claim in why} == why
    assert {judged[claim].verdict for claim in why} == {NOT_RUN}


FEWER = """\
  - {id: fewer, place: p. 2, study: cvm_cervix, subset: test, metric: samples, value: -800, unit: count,
     against: {subset: train}}
"""


def test_a_difference_of_two_numbers_of_samples_rests_on_no_negative_number(real_study):
    fewer = rows(printing(real_study, FEWER))["fewer"]
    assert (fewer.obtained.value, fewer.obtained.n, fewer.verdict) == (-800, 2000, HOLDS)


MORE_CONFUSED = """\
  - {id: more_confused, place: p. 2, study: cvm_cervix, run: cvm, subset: test, metric: confusions, class: A,
     predicted: B, value: 10, unit: count, against: {class: B, predicted: A}}
"""


def test_counts_of_confusions_of_two_classes_are_not_subtracted_as_shares(real_study):
    # 20 of 200 minus 10 of 50 are 10 confusions more, and 10 points less as shares.
    assert rows(printing(real_study, MORE_CONFUSED))["more_confused"].verdict == NOT_CHECKED
