"""The verdict: one rule, and how often it is wrong where the truth is known."""

import math
from dataclasses import replace

import numpy as np
import pytest
from fabricated import units
from scipy.stats import binom
from simulated import CLASSES, World, accuracy

from workflow_scripts.contracts.verdict_table import CANNOT_TELL, HIGHER, HOLDS, LOWER, REPRODUCED
from workflow_scripts.evaluation.bootstrap import once, replicates_of
from workflow_scripts.evaluation.detectable import detectable_paired, detectable_unpaired
from workflow_scripts.evaluation.equivalence import Difference, Printed, decide, decide_counted, needed, verdict
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.metric_tables import arrays
from workflow_scripts.evaluation.multiplicity import adjusted
from workflow_scripts.evaluation.paper_chance import PaperChance, PaperSample, paper_chance, share_error
from workflow_scripts.evaluation.quantities import Measured, discordant
from workflow_scripts.evaluation.uncertainty import Uncertain
from workflow_scripts.reporting.judging.orders import power_words

NINETY = Printed(0.8995, 0.9005)
CHANCE = PaperChance(0.004, 0.006)


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (-0.010, 0.010, REPRODUCED),
        (-0.02, 0.02, REPRODUCED),
        (-0.0201, 0.02, CANNOT_TELL),
        (-0.02, 0.0201, CANNOT_TELL),
        (0.001, 0.015, REPRODUCED),  # excludes zero, but lies within the margin
        (0.001, 0.025, HIGHER),
        (0.0, 0.025, CANNOT_TELL),  # touches zero
        (0.050, 0.060, HIGHER),
        (-0.025, -0.001, LOWER),
        (-0.4, -0.3, LOWER),
        (-0.05, 0.05, CANNOT_TELL),
        (math.nan, math.nan, CANNOT_TELL),
    ],
)
def test_the_interval_decides(low, high, word):
    assert decide(low, high, 0.02) == word


def test_a_count_is_what_it_is():
    assert decide_counted(Printed(687, 687), 687) == HOLDS
    assert decide_counted(Printed(687, 687), 161) == LOWER and decide_counted(Printed(0.65, 0.75), 0.76) == HIGHER


def got(value, sampling=0.004, training=0.003, groups=200, trainings=5):
    return Uncertain(value, sampling, training, groups, trainings)


def against_ninety(value, paper=CHANCE, **parts):
    return Difference(got(value, **parts), NINETY, paper)


def test_two_seeds_or_nine_groups_cannot_tell_however_far_off():
    unknown = PaperChance(0.004, None), PaperChance(None, 0.006)
    assert verdict(against_ninety(0.5, trainings=3), 0.02) == LOWER
    assert verdict(against_ninety(0.5, trainings=2), 0.02) == CANNOT_TELL
    assert verdict(against_ninety(0.5, groups=10), 0.02) == LOWER
    assert verdict(against_ninety(0.5, groups=9), 0.02) == CANNOT_TELL
    same = PaperChance(0.0, 0.006, same_images=True)  # what their choice does cancels, however few the groups
    assert verdict(against_ninety(0.5, same, groups=2), 0.02) == LOWER
    assert verdict(against_ninety(0.5, unknown[0], training=None, trainings=1), 0.02) == CANNOT_TELL
    assert verdict(against_ninety(0.5, unknown[1], sampling=None, groups=1), 0.02) == CANNOT_TELL


def test_few_seeds_make_the_interval_wider_than_many_of_the_same_spread():
    few, many = got(0.9, 0.0001, 0.01, trainings=2).interval(), got(0.9, 0.0001, 0.01, trainings=500).interval()
    assert few[1] - few[0] == pytest.approx(2 * 12.706 * 0.01, rel=0.01)  # t with one degree of freedom
    assert many[1] - many[0] == pytest.approx(2 * 1.965 * 0.01, rel=0.01)


def test_the_interval_of_the_difference_covers_both_sides_and_rounding():
    difference = against_ninety(0.92, groups=10**6, trainings=10**6)
    half = 1.96 * math.sqrt(0.004**2 + 0.003**2 + 0.004**2 + 0.006**2) + 0.0005
    assert difference.interval() == pytest.approx((0.02 - half, 0.02 + half), abs=1e-5)
    same = replace(difference, paper=PaperChance(0.0, 0.006, same_images=True))
    half = 1.96 * math.sqrt(0.003**2 + 0.006**2) + 0.0005
    assert same.interval() == pytest.approx((0.02 - half, 0.02 + half), abs=1e-5)


def test_the_p_value_is_where_the_interval_touches_zero():
    difference = against_ninety(0.93, groups=50, trainings=4)
    assert difference.p_value < 0.05 and difference.interval()[0] > 0
    error, degrees = difference.uncertain.error, difference.uncertain.degrees_of_freedom
    from scipy.stats import t

    edge = 0.9005 + float(t.ppf(0.975, degrees)) * error
    assert against_ninety(edge, groups=50, trainings=4).p_value == pytest.approx(0.05)
    assert against_ninety(0.9004).p_value == 1 and against_ninety(0.5, trainings=2).p_value == 1


@pytest.mark.parametrize("value", [0.9, 0.912, 0.97])
def test_the_units_that_are_needed_would_tell_and_a_little_fewer_would_not(value):
    n, seeds, paper = 400, 5, PaperChance(0.001, 0.001)
    unsure = against_ninety(value, paper, sampling=0.04, training=0.0005)
    assert verdict(unsure, 0.02) == CANNOT_TELL
    units_needed = needed(unsure, 0.02, n, seeds).units

    def with_units(count):
        parts = {"sampling": 0.04 * math.sqrt(n / count), "training": 0.0005, "groups": 10**6, "trainings": 10**6}
        return verdict(against_ninety(value, paper, **parts), 0.02)

    assert with_units(units_needed * 1.01) != CANNOT_TELL and with_units(units_needed * 0.97) == CANNOT_TELL


def test_seeds_are_asked_for_first_and_both_where_neither_would_do():
    paper = PaperChance(0.001, 0.002)
    wanted = needed(against_ninety(0.9, paper, sampling=0.002, training=0.02), 0.02, 400, 5)
    assert wanted.units is None and wanted.seeds > 5
    wanted = needed(against_ninety(0.9, paper, sampling=0.02, training=0.02), 0.02, 400, 5)
    assert wanted.both[0] > 400 and wanted.both[1] > 5


def test_what_the_papers_own_samples_or_training_can_never_tell_is_said():
    few = needed(against_ninety(0.9, PaperChance(0.02, 0.0)), 0.02, 400, 5)
    assert few.paper_units == pytest.approx((0.02 * 1.96 / 0.0195) ** 2, rel=0.01)
    assert (few.units, few.seeds, few.both) == (None, None, None)
    assert needed(against_ninety(0.9, PaperChance(0.002, 0.02)), 0.02, 400, 5).paper_trainings
    # A number that lies far off is told even so.
    assert verdict(against_ninety(0.7, PaperChance(0.02, 0.02)), 0.02) == LOWER


def test_a_number_printed_too_coarsely_is_beyond_help():
    coarse = replace(against_ninety(0.9), printed=Printed(0.85, 0.95))
    wanted = needed(coarse, 0.02, 400, 5)
    assert (wanted.units, wanted.seeds, wanted.both, wanted.paper_units) == (None, None, None, None)


def tables(runs: int, folds: int = 1, seeds: int = 2, n: int = 90) -> dict:
    """Runs that judge the same units, fold by fold."""
    rng, labels = np.random.default_rng(3), np.arange(n) % 3
    return {
        str(run): Grid(
            {
                (fold, seed): units(rng, labels, 1.0 + run, ["a", "b", "c"], fold, first=fold * n)
                for fold in range(folds)
                for seed in range(seeds)
            }
        )
        for run in range(runs)
    }


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1", "macro_auc", "macro_specificity"])
def test_quantities_are_the_metrics_of_every_fold_and_seed(metric):
    runs = tables(1, folds=2)
    quantity = Measured(runs, ["a", "b", "c"], 100, 10, np.random.default_rng(0)).quantity("0", metric, "test")
    for (fold, seed), frame in runs["0"].items():
        labels, p = arrays(frame)
        assert quantity.points[fold, seed] == pytest.approx(replicates_of(metric, labels, p, once(len(labels)))[0])
    assert quantity.n == 180 and quantity.draws.shape == (2, 2, 100)
    assert quantity.uncertain.value == pytest.approx(quantity.points.mean())


def test_folds_pooled_are_scored_as_one_table():
    runs = tables(1, folds=2, seeds=1)
    measures = Measured(runs, ["a", "b", "c"], 100, 10, np.random.default_rng(0))
    both = [arrays(frame) for frame in runs["0"].values()]
    labels, p = np.concatenate([both[0][0], both[1][0]]), np.concatenate([both[0][1], both[1][1]])
    value = replicates_of("macro_auc", labels, p, once(180))[0]
    assert measures.quantity("0", "pooled_macro_auc", "test").points.tolist() == [[pytest.approx(value)]]


def test_confusions_are_shares_of_their_class():
    runs = tables(1, seeds=1)
    labels, p = arrays(runs["0"][0, 0])
    taken = ((labels == 0) & (p.argmax(axis=1) == 2)).sum() / 30
    measures = Measured(runs, ["a", "b", "c"], 100, 10, np.random.default_rng(0))
    confusions = measures.quantity("0", "confusions", "test", "a", "c")
    assert confusions.points[0, 0] == pytest.approx(taken) and confusions.n == 30


def test_what_two_runs_share_cancels_in_their_difference():
    runs = tables(1)
    runs["1"] = runs["0"]
    measures = Measured(runs, ["a", "b", "c"], 100, 10, np.random.default_rng(0))
    lead = accuracy(measures) - accuracy(measures, "1")
    assert (lead.draws == 0).all()
    # That both were never apart on 23 groups does not prove that they never are.
    assert (
        lead.uncertain.sampling == pytest.approx(math.sqrt(2) / (90**2 / (22 * 4**2 + 2**2) + 4))
        and lead.uncertain.training == 0
    )
    assert discordant(runs["0"], runs["1"], "test") == 0


def test_a_perfect_run_on_few_groups_is_not_taken_for_perfect():
    base = units(np.random.default_rng(0), np.arange(40) % 2, 60.0, CLASSES)
    right = Grid({(0, seed): base for seed in range(3)})
    perfect = accuracy(Measured({"0": right}, CLASSES, 100, 10, np.random.default_rng(0)))
    assert perfect.uncertain.value == 1 and perfect.uncertain.interval()[0] < 0.9
    assert paper_chance(perfect, "accuracy", PaperSample(1.0)).sampling > 0.03


def judged_alone(n: int, size: int, seeds: int = 3, truth: float = 0.85):
    """The accuracy of one run on n samples in groups of `size`."""
    world = World(truth, n // size, size, seeds, 0.01, alike=0.6 if size > 1 else 0.15)
    return accuracy(world.measured(np.random.default_rng(4), (truth,), 400))


def test_the_papers_sampling_error_is_that_of_its_share_and_its_samples():
    quantity = judged_alone(500, 1)
    chance = paper_chance(quantity, "accuracy", PaperSample(0.9, relative_size=2.0))
    assert chance.sampling == pytest.approx(math.sqrt(0.9 * 0.1 / 1000), rel=0.05)
    assert chance.training == pytest.approx(quantity.uncertain.training * math.sqrt(3))
    # Near 1 it does not vanish.
    assert paper_chance(quantity, "accuracy", PaperSample(1.0)).sampling == pytest.approx(
        share_error(1.0, 500), rel=0.05
    )
    assert share_error(1.0, 500) > 0.0025


def test_groups_that_resemble_each_other_are_worth_less_there_as_here():
    alone, grouped = judged_alone(600, 1), judged_alone(600, 6)
    errors = [paper_chance(quantity, "accuracy", PaperSample(0.85)).sampling for quantity in (alone, grouped)]
    assert errors[1] > 1.3 * errors[0]


def test_the_mean_of_several_trainings_is_more_certain_but_not_of_its_samples():
    quantity = judged_alone(500, 1, seeds=5)
    one, five = (paper_chance(quantity, "accuracy", PaperSample(0.85, trainings=count)) for count in (1, 5))
    assert five.training == pytest.approx(one.training / math.sqrt(5))
    assert 0.5 * one.sampling < five.sampling < 0.95 * one.sampling
    same = paper_chance(quantity, "accuracy", PaperSample(0.85, same_images=True))
    assert same == PaperChance(0.0, one.training, same_images=True, is_share=True)


def test_other_metrics_scale_the_spread_of_the_draws():
    world = World(0.85, 500, 1, 3, 0.01)
    quantity = world.measured(np.random.default_rng(4), (0.85,), 400).quantity("0", "kappa", "test")
    here, double = (paper_chance(quantity, "kappa", PaperSample(0.7, relative_size=size)) for size in (1.0, 2.0))
    assert double.sampling == pytest.approx(here.sampling / math.sqrt(2))
    # Kappa of two balanced classes is twice the accuracy minus one.
    assert here.sampling == pytest.approx(2 * math.sqrt(0.85 * 0.15 / 500), rel=0.1)


def test_one_training_leaves_the_papers_training_unknown():
    chance = paper_chance(judged_alone(500, 1, seeds=1), "accuracy", PaperSample(0.85))
    assert chance.training is None and chance.sampling > 0.01


def test_p_values_are_adjusted_for_all_that_is_judged():
    # Benjamini & Hochberg (1995), section 3.2: of fifteen, 0.0095 is kept and 0.0201 is not.
    printed = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344]
    assert [p <= 0.05 for p in adjusted(printed, 15)] == [True] * 4 + [False] * 4
    assert adjusted([0.01], 5) == [pytest.approx(0.05)] and adjusted([], 7) == []
    assert adjusted([0.04, 0.001], 2) == [pytest.approx(0.04), pytest.approx(0.002)]


def test_detectable_differences_agree_with_printed_sample_sizes():
    # Connor, Biometrics 43:207 (1987): n = (z√ψ + z'√(ψ−δ²))²/δ² of ψ = 0.25, δ = 0.1 gives 194 pairs.
    assert detectable_paired(0.25, 194) == pytest.approx(0.1, abs=0.0005)
    # Fleiss (1981), without continuity correction: 0.90 against 0.80 at 5 % and 80 % needs 199 each.
    assert detectable_unpaired(0.90, 199) == pytest.approx(0.1, abs=0.0005)
    assert detectable_paired(0.25, 20_000) < detectable_paired(0.25, 200)


def test_a_difference_that_no_run_can_have_is_not_said_to_be_found():
    # Two of a hundred units are discordant: McNemar's test finds nothing below six that all speak for one run.
    assert binom.sf(5, 100, 0.02) < 0.02
    assert detectable_paired(0.02, 100) == detectable_paired(0.0, 100) == math.inf
    assert detectable_paired(0.02, 500) <= 0.02
    words = power_words(100, None, 0.02)
    assert words.startswith("The paper's 100 samples are too few to show any difference in accuracy (80 % power")


def test_within_a_point_of_an_end_three_trainings_speak_for_a_paper_but_not_against_it():
    share = PaperChance(0.002, 0.002, is_share=True)
    near = Difference(Uncertain(0.995, 0.002, 0.002, 500, 3), Printed(0.9495, 0.9505), share)
    assert near.is_at_the_edge and verdict(near, 0.02) == CANNOT_TELL and near.p_value == 1
    more = replace(near, obtained=replace(near.obtained, trainings=5))
    assert verdict(more, 0.02) == HIGHER and more.p_value < 0.05
    # A loss may lie anywhere, and so may a difference.
    assert verdict(replace(near, paper=replace(share, is_share=False)), 0.02) == HIGHER
    exact = replace(
        near, obtained=replace(near.obtained, sampling=0.001, training=0.0005), printed=Printed(0.9945, 0.9955)
    )
    assert verdict(replace(exact, paper=replace(share, sampling=0.001, training=0.0005)), 0.02) == REPRODUCED
