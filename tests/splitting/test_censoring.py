"""Weights of patients: who is lost weighs nothing, and those who are known stand for them."""

import numpy as np
import pandas as pd
import pytest

from tests.baselines.test_visit_baseline import run as run_baseline
from tests.made_visits import CLASSES, made_visits
from tests.splitting.test_split import BY_GROUP, run
from tests.vouched import vouch
from workflow_scripts.archiving.auditing import audit_splits
from workflow_scripts.contracts.aggregation import Aggregation
from workflow_scripts.contracts.dataset import Modality
from workflow_scripts.contracts.run_tables import PREDICTIONS, UNITS, units_of
from workflow_scripts.contracts.step_settings.split_settings import Holdout
from workflow_scripts.data.fold_samples import read_fold
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.splitting.censoring import followed, weighted, weights_of_fold

HORIZON = 5.0
FOLLOWED = Modality("table", {"visits": "int"}, {"outcome": "str", "followup": "float"})


def patients(count: int, seed: int = 0, step: float | None = 0.5) -> pd.DataFrame:
    """Patients with what became of them within HORIZON; `step`: times are rounded to it, so that they tie."""
    generator = np.random.default_rng(seed)
    drawn = generator.exponential([8, 10, 25], (count, 3))
    if step:
        drawn = np.ceil(drawn / step) * step
    first, names = drawn.min(axis=1), np.array(["event", "lost", "competing"])
    # Of an event and a loss at one time the event is first.
    outcome = names[np.where(drawn[:, 0] == first, 0, np.where(drawn[:, 2] == first, 2, 1))]
    over = first > HORIZON
    table = pd.DataFrame({"id": [f"p{number:04d}" for number in range(count)]})
    table["outcome"] = np.where(over, "event_free", outcome)
    return table.assign(unit=table["id"], followup=np.where(over, HORIZON, first))


def slow_chance(table: pd.DataFrame, time: float, beyond: bool) -> float:
    """G(time), or G(time-): patient by patient, for each time of a loss the share of those at risk that are not lost.

    An event at the time of a loss is over before it.
    """
    chance = 1.0
    for loss in sorted({row.followup for row in table.itertuples() if row.outcome == "lost"}):
        if loss > time or (loss == time and not beyond):
            continue
        at_risk = lost = 0
        for row in table.itertuples():
            if row.outcome == "event_free" or row.followup > loss:
                at_risk += 1
            elif row.followup == loss and row.outcome == "lost":
                at_risk, lost = at_risk + 1, lost + 1
        chance *= 1 - lost / at_risk
    return chance


@pytest.mark.parametrize("step", [None, 0.5, 2.5])
def test_the_weights_are_those_of_a_slow_kaplan_meier_estimate_and_sum_to_the_patients(step):
    table = patients(120, step=step)
    weights, followed_to_horizon = weights_of_fold(table, np.ones(120, dtype=bool), "here")
    wanted = [
        0.0 if row.outcome == "lost" else 1 / slow_chance(table, row.followup, beyond=row.outcome == "event_free")
        for row in table.itertuples()
    ]
    np.testing.assert_allclose(weights, wanted, rtol=1e-12)
    assert weights.sum() == pytest.approx(120, abs=1e-9)
    assert followed_to_horizon == pytest.approx(slow_chance(table, HORIZON, beyond=True))


def test_of_an_event_and_a_loss_at_one_time_the_event_comes_first():
    outcome = np.array(["lost", "event", "event", "event_free"])
    chance = followed(outcome, np.array([1.0, 1.0, 2.0, 3.0]))
    # Of the two that are at risk once the event is over, one is lost; before the loss nobody was.
    np.testing.assert_allclose(chance.until(np.array([1.0, 2.0])), [1, 2 / 3])
    np.testing.assert_allclose(chance.beyond(np.array([0.5, 1.0, 3.0])), [1, 2 / 3, 2 / 3])


def test_who_is_lost_at_the_horizon_itself_is_stood_for():
    table = patients(60)
    table.loc[table.index[table["outcome"] == "event_free"][:5], "outcome"] = "lost"
    weights, _ = weights_of_fold(table, np.ones(60, dtype=bool), "here")
    assert weights.sum() == pytest.approx(60) and (weights[table["outcome"] == "lost"] == 0).all()


def test_only_the_training_patients_of_a_fold_decide_and_each_counts_once():
    table = patients(120)
    training = np.arange(120) < 80
    weights, _ = weights_of_fold(table, training, "here")
    changed = table.copy()
    changed.loc[~training, "outcome"] = "event"
    np.testing.assert_array_equal(weights_of_fold(changed, training, "here")[0][training], weights[training])
    # Five samples of one patient weigh what one did, and nobody else weighs another.
    repeated = pd.concat([table, table.iloc[[0] * 4]], ignore_index=True)
    again, _ = weights_of_fold(repeated, np.append(training, [True] * 4), "here")
    np.testing.assert_allclose(again[:120], weights)
    np.testing.assert_allclose(again[120:], weights[0])


def test_a_horizon_that_nobody_reaches_is_refused():
    table = patients(80)
    training = (table["outcome"] == "lost").to_numpy()
    with pytest.raises(UserError, match=r"here: no training patient is followed for .* years, .*shorten the horizon"):
        weights_of_fold(table, training, "here")


@pytest.fixture
def followed_up(dataset):
    """The dataset of the step's tests, its samples patients of whom some are lost."""
    manifest = pd.read_csv(dataset / "manifest.csv", keep_default_na=False)
    manifest[["outcome", "followup"]] = patients(120)[["outcome", "followup"]]
    manifest.assign(visits=1).to_csv(dataset / "manifest.csv", index=False)
    vouch(dataset / "record.json", modality=FOLLOWED.as_record())
    return dataset


@pytest.mark.parametrize("rule", [BY_GROUP, {"kind": "kfold", "folds": 3, "validation": 0.2, "by": "group"}])
def test_the_split_says_what_each_patient_weighs_and_its_record_how_many_are_lost(followed_up, rule):
    table, _, record = run(followed_up, rule)
    manifest = pd.read_csv(followed_up / "manifest.csv").set_index("id")
    lost = manifest["outcome"] == "lost"
    for fold, rows in table.groupby("fold"):
        rows = rows.set_index("id")
        training = rows.index[rows["subset"] == "train"]
        assert rows["weight"].loc[training].sum() == pytest.approx(len(training), abs=1e-6)
        assert ((rows["weight"] == 0) == lost[rows.index]).all()
        chance = record["censoring"]["followed_to_horizon"][str(fold)]
        free = rows.index[manifest.loc[rows.index, "outcome"] == "event_free"]
        np.testing.assert_allclose(rows["weight"].loc[free], 1 / chance, rtol=1e-7)
    facts = record["censoring"]
    assert (facts["patients"], facts["lost"], facts["horizon"]) == (120, lost.sum(), HORIZON)
    assert facts["largest_weight"] == pytest.approx(table["weight"].max())
    assert f"{lost.sum()} of 120 patients are lost before the horizon of 5 years" in record["note"]
    assert "shorten the horizon" not in record["note"]


def test_a_split_of_patients_who_are_all_known_is_the_split_without_follow_up(followed_up):
    manifest = pd.read_csv(followed_up / "manifest.csv", keep_default_na=False)
    path = followed_up.parent / "splits" / "p.csv"
    run(followed_up, BY_GROUP)
    weighted_split = pd.read_csv(path)
    manifest.assign(outcome=manifest["outcome"].replace("lost", "competing")).to_csv(
        followed_up / "manifest.csv", index=False
    )
    vouch(followed_up / "record.json")
    _, _, record = run(followed_up, BY_GROUP)
    assert "censoring" not in record and list(pd.read_csv(path)) == ["id", "fold", "subset"]
    pd.testing.assert_frame_equal(pd.read_csv(path), weighted_split.drop(columns="weight"))


def test_few_that_are_followed_to_the_horizon_are_warned_of(followed_up):
    manifest = pd.read_csv(followed_up / "manifest.csv", keep_default_na=False)
    free = manifest.index[manifest["outcome"] == "event_free"]
    manifest.loc[free[:-3], "outcome"] = "lost"
    manifest.to_csv(followed_up / "manifest.csv", index=False)
    vouch(followed_up / "record.json")
    everyone = pd.DataFrame({"id": manifest["id"], "fold": 0, "subset": "train"})
    everyone.to_csv(followed_up.parent / "mine.csv", index=False)
    split, censoring = weighted(everyone, manifest.astype({"followup": float}), "here")
    assert censoring.followed_to_horizon["0"] < 0.1 < 10 < split["weight"].max()
    _, _, record = run(followed_up, {**BY_GROUP, "fractions": [0.9, 0.0, 0.1]})
    assert "% of the training patients of a fold would be followed to the horizon" in record["note"]


@pytest.mark.parametrize(
    ("outcome", "change", "words"),
    [
        ("event_free", {"followup": 4.0}, "are followed for 4 to 5 years; the horizon is one"),
        ("event", {"followup": np.nan}, "has no followup of"),
    ],
)
def test_a_follow_up_that_cannot_be_is_refused(outcome, change, words):
    table = patients(60)
    table.loc[table.index[table["outcome"] == outcome][0], list(change)] = list(change.values())
    split = pd.DataFrame({"id": table["id"], "fold": 0, "subset": "train"})
    with pytest.raises(UserError, match=f"here: .*{words}"):
        weighted(split, table, "here")


def test_a_users_split_brings_no_weights(followed_up, tmp_path):
    table, _, _ = run(followed_up, BY_GROUP)
    rule = {"kind": "file", "path": "mine.csv", "by": "group", "folds": 1}
    table.to_csv(tmp_path / "mine.csv", index=False)
    with pytest.raises(UserError, match=r"unknown column\(s\) weight"):
        run(followed_up, rule, tmp_path / "mine.csv")
    table.drop(columns="weight").to_csv(tmp_path / "mine.csv", index=False)
    again, _, _ = run(followed_up, rule, tmp_path / "mine.csv")
    pd.testing.assert_frame_equal(again, table)


def samples(weights: list[float]) -> pd.DataFrame:
    table = pd.DataFrame({"id": ["s0", "s1", "s2"], "unit": ["u", "u", "v"], "group": "", "fold": 0, "subset": "test"})
    return table.assign(label="a", p_a=[0.2, 0.4, 1.0], p_b=[0.8, 0.6, 0.0], weight=weights)


def test_a_unit_weighs_what_its_samples_do():
    units = units_of(samples([1.5, 1.5, 0.0]), ["p_a", "p_b"], Aggregation("mean"), "here")
    assert units["weight"].tolist() == [1.5, 0.0] and units["n_samples"].tolist() == [2, 1]
    assert "weight" not in units_of(samples([1.0, 1.0, 1.0]), ["p_a", "p_b"], Aggregation("mean"), "here")
    with pytest.raises(UserError, match="here: unit 'u' has samples of several weights"):
        units_of(samples([1.5, 1.0, 0.0]), ["p_a", "p_b"], Aggregation("mean"), "here")


def test_every_table_of_a_run_says_what_its_patients_weigh(tmp_path):
    made = made_visits(tmp_path)
    made.preprocess()
    split = pd.read_csv(made.split)
    split["weight"] = np.where(np.arange(len(split)) % 4, 1.25, 0.0)
    split.to_csv(made.split, index=False)
    vouch(made.split.with_suffix(".json"))
    _, samples_of_fold = read_fold(made.dataset, made.arrays, made.split, 0)
    np.testing.assert_array_equal(samples_of_fold.set_index("id")["weight"][split["id"]], split["weight"])
    run_baseline(made, "out", model="logistic", features="last_visit")
    wanted = split[split["subset"] != "train"].set_index("id")["weight"]
    for table in (PREDICTIONS.read(tmp_path / "out" / "predictions.csv"), UNITS.read(tmp_path / "out" / "units.csv")):
        assert set(table["label"]) == set(CLASSES)
        pd.testing.assert_series_equal(table.set_index("id")["weight"], wanted, check_names=False)


def test_an_archive_is_asked_whether_its_weights_are_those_of_its_patients(followed_up, tmp_path):
    run(followed_up, BY_GROUP)
    protocols = {"p": Holdout("holdout", tuple(BY_GROUP["fractions"]), "group")}
    path = tmp_path / "results" / "splits" / "p.csv"

    def wrong() -> set[str]:
        work = tmp_path / f"work{len(list(tmp_path.iterdir()))}"
        return {outcome.name for outcome in audit_splits(tmp_path, work, "results", protocols) if not outcome.same}

    assert not wrong()
    table = pd.read_csv(path)
    table.loc[table["weight"] > 0, "weight"] += 0.5
    table.to_csv(path, index=False)
    assert "results/splits/p.csv" in wrong()
