"""Units that weigh something of their own: patients some of whom are lost, in every number of an evaluation."""

import numpy as np
import pandas as pd
import pytest
from fabricated import Study, units

from workflow_scripts.contracts.comparison_table import COMPARISON, DELONG, SIGN_FLIPS
from workflow_scripts.contracts.run_tables import ALL, METRICS, UNITS
from workflow_scripts.evaluation import chart_rows, plots
from workflow_scripts.evaluation.agreement import agreement
from workflow_scripts.evaluation.bootstrap import Resampler, replicates, taken_once
from workflow_scripts.evaluation.by_source import by_source
from workflow_scripts.evaluation.estimates import Measuring, estimate
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.metric_registry import load
from workflow_scripts.evaluation.metric_tables import Dataset, arrays, same_units
from workflow_scripts.evaluation.metrics import OVERALL, PER_CLASS, point
from workflow_scripts.evaluation.paired import compare
from workflow_scripts.evaluation.premium import leak_premium
from workflow_scripts.evaluation.quantities import CONFUSIONS, Measured, discordant
from workflow_scripts.evaluation.selected_run import validation_log_loss
from workflow_scripts.evaluation.subgroups import by_subgroup
from workflow_scripts.evaluation.voting import validation_accuracy, vote
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.splitting.censoring import followed, weights_of_fold

CLASSES = ["no_event", "event"]
SIZE = 90
WHOLE = np.random.default_rng(7).integers(0, 4, SIZE).astype(float)
WHOLE[2::3] = 2  # no group is lost as a whole


def cohort(skill: float = 1.0, seed: int = 0, subset: str = "test") -> pd.DataFrame:
    """A units table, three units to a group."""
    labels = (np.arange(SIZE) % 3 == 0).astype(int)
    return units(np.random.default_rng(seed), labels, skill, CLASSES, subset=subset, per_group=3)


def weighted(table: pd.DataFrame, weights: np.ndarray = WHOLE) -> pd.DataFrame:
    return table.assign(weight=weights)


def as_often(table: pd.DataFrame, weights: np.ndarray = WHOLE) -> pd.DataFrame:
    """The table with every unit as often as it weighs: what a weight must be worth."""
    rows = np.repeat(np.arange(len(table)), weights.astype(int))
    copies = np.concatenate([np.arange(int(weight)) for weight in weights])
    repeated = table.iloc[rows].reset_index(drop=True)
    return repeated.assign(id=[f"{name}-{copy}" for name, copy in zip(repeated["id"], copies, strict=True)])


def grids(skill: float = 1.0, seed: int = 0) -> tuple[Grid, Grid]:
    """One run as weighted units and as repeated ones."""
    table = cohort(skill, seed)
    return Grid({(0, 0): weighted(table)}), Grid({(0, 0): as_often(table)})


def resampler(grid: Grid) -> Resampler:
    return Resampler(grid.values(), 200, np.random.default_rng(0))


def by_groups(once: Grid, often: Grid) -> tuple[Resampler, Resampler]:
    """Equal draws of equal groups: where a group has no unit left, the draws would be others."""
    assert set(once[0, 0]["group"]) == set(often[0, 0]["group"])
    return resampler(once), resampler(often)


def test_a_weight_is_worth_as_many_units_in_every_metric_and_interval():
    once, often = grids()
    measuring = Measuring(CLASSES, 10, (load("average_precision"), load("calibration_slope")))
    results = [
        estimate(grid, drawn, measuring)[ALL] for grid, drawn in zip(grids(), by_groups(once, often), strict=True)
    ]
    assert {*OVERALL, "calibration_slope"} <= set(results[0].overall)
    for name, value in results[0].overall.items():
        wanted = results[1].overall[name]
        assert (value.value, value.low, value.high) == pytest.approx((wanted.value, wanted.low, wanted.high)), name
        assert value.n == SIZE
    for label in CLASSES:
        for name, value in results[0].per_class[label].items():
            wanted = results[1].per_class[label][name]
            assert (value.value, value.low, value.high) == pytest.approx((wanted.value, wanted.low, wanted.high)), name
            known = (once[0, 0]["label"] == label) & (once[0, 0]["weight"] > 0)
            assert value.n == known.sum()


def test_draws_and_points_are_one_definition_with_weights_of_any_size():
    table = weighted(cohort(), np.random.default_rng(1).exponential(size=SIZE) * (WHOLE > 0))
    labels, p = arrays(table)
    values = point(labels, p, 10, table["weight"].to_numpy())
    drawn = replicates(labels, p, taken_once(table), 10)
    for name in OVERALL:
        assert drawn.overall[name][0] == pytest.approx(values.overall[name], abs=1e-12), name
    for name in PER_CLASS:
        assert drawn.per_class[name][0] == pytest.approx(values.per_class[name], abs=1e-12), name


def test_where_all_others_are_lost_there_is_no_specificity():
    rng, labels = np.random.default_rng(0), np.zeros(30, int)
    for _ in range(50):
        weights, p = rng.uniform(0.5, 3, 30), rng.dirichlet(np.ones(2), 30)
        for scores in (point(labels, p, 10, weights), replicates(labels, p, weights[:, None], 10)):
            specificity = np.ravel(scores.per_class["specificity"])
            assert np.isnan(specificity[0]) and 0 <= specificity[1] <= 1


def test_weights_of_one_change_no_number():
    plain, table = Grid({(0, 0): cohort()}), Grid({(0, 0): weighted(cohort(), np.ones(SIZE))})
    measuring = Measuring(CLASSES, 10)
    first, second = (estimate(grid, resampler(grid), measuring)[ALL].as_json() for grid in (plain, table))
    for name in OVERALL:
        assert first[name] == pytest.approx(second[name], rel=1e-6), name


def test_who_is_lost_is_as_if_not_there_but_counted_in_n():
    table = weighted(cohort(), np.where(np.arange(SIZE) % 5, 1.5, 0.0))
    turned = table.copy()
    lost = table["weight"] == 0
    turned.loc[lost, ["p_no_event", "p_event"]] = turned.loc[lost, ["p_event", "p_no_event"]].to_numpy()
    turned.loc[lost, "label"] = "event"
    measuring = Measuring(CLASSES, 10)
    results = [
        estimate(Grid({(0, 0): frame}), resampler(Grid({(0, 0): frame})), measuring) for frame in (table, turned)
    ]
    assert results[0][ALL].as_json() == results[1][ALL].as_json()
    assert results[0][ALL].overall["accuracy"].n == SIZE


def test_the_parts_of_a_study_are_weighted():
    once, often = grids()
    draws = by_groups(once, often)
    groups = {"half=first": once[0, 0]["id"][: SIZE // 2]}
    values = [
        by_subgroup(grid, drawn, {name: table_ids(grid, ids) for name, ids in groups.items()}, CLASSES)["half=first"]
        for grid, drawn in zip((once, often), draws, strict=True)
    ]
    assert set(values[0]) == set(values[1]) != set()
    for name, estimated in values[0].items():
        assert estimated.value == pytest.approx(values[1][name].value), name
    sources = []
    for grid, drawn in zip((once, often), draws, strict=True):
        manifest = grid[0, 0][["id", "label", "group"]].assign(source=np.where(grid[0, 0]["id"] < "s00050", "x", "y"))
        sources.append(by_source(grid, drawn, Dataset(manifest, CLASSES, True), "none"))
    for name, estimated in sources[0]["x"].items():
        assert (estimated.value, estimated.low) == pytest.approx(
            (sources[1]["x"][name].value, sources[1]["x"][name].low)
        )


def table_ids(grid: Grid, ids: pd.Series) -> pd.Index:
    """Those of a grid's ids that begin as one of `ids` does."""
    own = grid[0, 0]["id"]
    return pd.Index(own[own.str.partition("-")[0].isin(set(ids))])


def test_what_a_verdict_stands_on_is_weighted():
    once, often = grids()
    values = []
    for grid in (once, often):
        measured = Measured({"run": grid}, CLASSES, 100, 10, np.random.default_rng(0))
        by_groups(once, often)
        values.append([measured.quantity("run", metric, "test") for metric in ("accuracy", "macro_auc", "ece")])
        values[-1].append(measured.quantity("run", CONFUSIONS, "test", "event", "no_event"))
    for own, wanted in zip(*values, strict=True):
        np.testing.assert_allclose(own.points, wanted.points)
        np.testing.assert_allclose(own.draws, wanted.draws, atol=1e-6)
    rival = [Grid({(0, 0): change(cohort(0.2, 5))}) for change in (weighted, as_often)]
    assert discordant(once, rival[0], "test") == pytest.approx(discordant(often, rival[1], "test"))


def test_comparisons_are_weighted_and_so_is_their_test():
    first, second = grids(2.0, 1), grids(0.5, 2)
    rows = []
    for own, rival, drawn in zip(first, second, by_groups(*first), strict=True):
        rows.append(compare({"a": own, "b": rival}, "a", "macro_auc", "grouped", drawn).set_index("seed").loc[ALL])
    for name in ("value", "reference_value", "difference", "low", "high"):
        assert rows[0][name] == pytest.approx(rows[1][name]), name
    right = [(grid[0, 0]["p_event"] > 0.5) == (grid[0, 0]["label"] == "event") for grid in (second[0], first[0])]
    known = first[0][0, 0]["weight"] > 0
    assert rows[0]["only_run"] == (known & right[0] & ~right[1]).sum() and rows[0]["n"] == SIZE
    assert rows[0]["p"] == pytest.approx(rows[1]["p"]) and rows[0]["p"] < 1 and rows[0]["test"] == SIGN_FLIPS
    changed = first[0].map(lambda table: table.assign(weight=table["weight"] + 1))
    with pytest.raises(UserError, match="has weight"):
        same_units(first[0][0, 0], changed[0, 0], "run b")


def test_a_leak_premium_is_weighted():
    values = [
        leak_premium(published, leak_free, "accuracy", 100, np.random.default_rng(0))
        for published, leak_free in zip(grids(2.0, 1), grids(0.5, 2), strict=True)
    ]
    assert (values[0].difference, values[0].low) == pytest.approx((values[1].difference, values[1].low))


def test_what_is_chosen_on_validation_units_is_chosen_by_their_weights():
    table = cohort(0.8, subset="validation")
    for measure in (validation_accuracy, validation_log_loss):
        assert measure(weighted(table), "run") == pytest.approx(measure(as_often(table), "run"))
        with pytest.raises(UserError, match="no validation units"):
            measure(weighted(table, np.zeros(SIZE)), "run")
    voted, _ = vote({"a": weighted(table), "b": weighted(cohort(2.0, 3, "validation"))}, "weighted")
    np.testing.assert_array_equal(voted["weight"], WHOLE)


def test_two_raters_agree_about_those_who_were_lost_too():
    first, second = (Grid({(0, 0): cohort(2.0, seed)}) for seed in (1, 2))
    drawn = [np.random.default_rng(0) for _ in range(2)]
    lost = np.arange(SIZE) % 2 * 2.0
    values = (
        agreement(first, second, 50, drawn[0]),
        agreement(
            first.map(lambda table: weighted(table, lost)), second.map(lambda t: weighted(t, lost)), 50, drawn[1]
        ),
    )
    assert values[0] == values[1]


def test_figures_show_weighted_units():
    once, often = grids()
    np.testing.assert_allclose(chart_rows.confusion(once, CLASSES), chart_rows.confusion(often, CLASSES))
    np.testing.assert_allclose(chart_rows.mean_curve(once, 1), chart_rows.mean_curve(often, 1))
    ece = estimate(once, resampler(once), Measuring(CLASSES, 10))[ALL].overall["ece"]
    lines = []
    for grid, drawn in zip((once, often), by_groups(once, often), strict=True):
        figure = plots.reliability_figure(chart_rows.reliability_rows(grid, drawn, 10), ece, "title")
        shown = figure.axes[0].get_lines()[1].get_xydata()
        lines.append((shown, [bar.get_height() for bar in figure.axes[1].patches]))
    np.testing.assert_allclose(lines[0][0], lines[1][0])
    np.testing.assert_allclose(lines[0][1], lines[1][1])


def test_the_step_evaluates_weighted_units_and_leaves_out_the_test_that_knows_no_weights(tmp_path):
    study = Study(tmp_path / "results", CLASSES, folds=2)
    for name, skill in (("a", 2.0), ("b", 0.5)):
        for path in study.add(name, skill).glob("*/units.csv"):
            table = UNITS.read(path)
            # In one fold nobody is lost: its tables have no weights.
            if path.parent.name.startswith("fold0"):
                table["weight"] = np.where(np.arange(len(table)) % 4, 4 / 3, 0.0)
            UNITS.write(path, table)
    study.evaluate("a", "b")
    out = tmp_path / "results" / "evaluation" / "grouped"
    assert (
        DELONG.read(out / "delong.csv").empty and (COMPARISON.read(out / "comparison.csv")["test"] == SIGN_FLIPS).all()
    )
    metrics = METRICS.read(out / "metrics.csv").query("subset == 'test' and metric == 'accuracy' and run == 'a'")
    table = study.read("a", 0).query("subset == 'test'")
    right = (table["p_event"] > 0.5) == (table["label"] == "event")
    wanted = np.average(right, weights=table["weight"])
    assert metrics.set_index("fold")["value"]["0"] == pytest.approx(wanted) != right.mean()


def censored(count: int, seed: int, step: float | None) -> pd.DataFrame:
    """Patients with a marker, the time of their event or loss (rounded up to `step`, so that they tie), and which."""
    generator = np.random.default_rng(seed)
    marker = generator.normal(size=count)
    event, loss = generator.exponential(np.exp(-marker)), generator.exponential(1.5, count)
    if step:
        event, loss, marker = np.ceil(event / step) * step, np.ceil(loss / step) * step, marker.round(1)
    return pd.DataFrame({"marker": marker, "time": np.minimum(event, loss), "event": event <= loss})


def slow_auc(train: pd.DataFrame, test: pd.DataFrame, horizon: float, before: bool) -> float:
    """Uno's cumulative/dynamic AUC at a horizon as scikit-survival publishes it, pair by pair.

    Cases have the event up to the horizon, controls are followed beyond it; a case weighs 1/G of the training patients
    at its time: the chance to be followed beyond it, as scikit-survival has it, or, with `before`, up to it.
    """

    def chance(time: float) -> float:
        value = 1.0
        for loss in sorted(set(train.loc[~train["event"], "time"])):
            if loss < time or (loss == time and not before):
                lost = (~train["event"] & (train["time"] == loss)).sum()
                # As survfit of R and scikit-survival: events at the time of a loss have left the patients at risk.
                value *= 1 - lost / ((train["time"] >= loss).sum() - (train["event"] & (train["time"] == loss)).sum())
        return value

    above = below = 0.0
    for case in test[test["event"] & (test["time"] <= horizon)].itertuples():
        weight = 1 / chance(case.time)
        for control in test[test["time"] > horizon].itertuples():
            above += weight * ((case.marker > control.marker) + 0.5 * (case.marker == control.marker))
            below += weight
    return above / below


def weighted_auc(train: pd.DataFrame, test: pd.DataFrame, horizon: float) -> float:
    """The same by the weights of a split and the metric of an evaluation."""
    table = pd.concat([train, test], ignore_index=True)
    over, event = table["time"] > horizon, table["event"] & (table["time"] <= horizon)
    table["outcome"] = np.select([event, over], ["event", "event_free"], "lost")
    table["followup"] = np.minimum(table["time"], horizon)
    table["unit"] = table.index.astype(str)
    weights, _ = weights_of_fold(table, np.arange(len(table)) < len(train), "here")
    risk = 1 / (1 + np.exp(-table["marker"].to_numpy()))
    tested = slice(len(train), None)
    labels = event.to_numpy()[tested].astype(int)
    scores = point(labels, np.stack([1 - risk, risk], axis=1)[tested], 10, weights[tested])
    return float(scores.overall["macro_auc"])


@pytest.mark.parametrize("seed", range(3))
def test_the_area_is_scikit_survivals_where_no_loss_ties_with_an_event(seed):
    train, test = censored(100, seed, None), censored(50, seed + 10, None)
    wanted = slow_auc(train, test, 1.0, before=False)
    assert weighted_auc(train, test, 1.0) == pytest.approx(wanted, abs=1e-12)
    assert wanted == pytest.approx(slow_auc(train, test, 1.0, before=True), abs=1e-12)


@pytest.mark.parametrize("step", [0.1, 0.5])
def test_of_ties_an_event_counts_by_the_chance_to_be_followed_up_to_it(step):
    train, test = censored(100, 1, step), censored(50, 11, step)
    own = weighted_auc(train, test, 1.0)
    assert own == pytest.approx(slow_auc(train, test, 1.0, before=True), abs=1e-12)
    assert abs(own - slow_auc(train, test, 1.0, before=False)) > 1e-4


def test_of_ties_the_chance_to_be_followed_is_that_of_scikit_survival_and_survauc():
    # Uno's C up to 299 of the patients of scikit-survival's issue 428, by 1/G(t) squared; the two programs differ in
    # whether who is lost at the time of an event outlives it, and give 0.37426900584795325 and 0.4129032.
    time = np.array([11.0, 11.0, 26.0, 89.0, 128.0, 299.0, 300.0])
    event = np.array([1, 0, 0, 1, 0, 1, 0], dtype=bool)
    risk = np.array([-0.02, 1.20, -0.56, -1.33, -0.81, 1.02, -1.29])
    chance = followed(np.where(event, "event", "lost"), time).beyond(time)
    areas = []
    for outlives in (True, False):
        later = (time > time[:, None]) | (outlives & (time == time[:, None]) & ~event)
        weight = np.where(event & (time < 299), np.maximum(chance, 0.1) ** -2, 0.0)
        pairs = later * weight[:, None]
        areas.append((pairs * (risk[:, None] > risk)).sum() / pairs.sum())
    assert areas == pytest.approx([0.37426900584795325, 0.4129032], abs=1e-7)
