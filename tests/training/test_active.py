"""Runs that ask for labels in rounds: whom they ask for, what they never see, and the same bytes after a stop."""

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from tests.made_visits import CLASSES, Visits, made_visits
from tests.vouched import vouch
from workflow_scripts.contracts.blocks import parse, plain
from workflow_scripts.contracts.expert_answers import answers_digest, read_answers
from workflow_scripts.contracts.rounds import QUERIES, ROUNDS, read_rounds
from workflow_scripts.contracts.run_tables import PREDICTIONS
from workflow_scripts.contracts.splits import SPLIT
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.steps import make_run, train
from workflow_scripts.training.active.learner import Learner

PATIENTS = 150
TABLES = ("rounds.csv", "queries.csv", "predictions.csv", "units.csv")
STRATEGIES = ("random", "uncertainty", "bald", "diverse")


def settings(strategy="uncertainty", seed=0, dropout=0.3, **changes):
    how = plain(parse(Train, {"epochs": 3, "batch_size": 16, "learning_rate": 0.01, "optimizer": "adam"}))
    learner = {"kind": "recurrent", "hidden": 8, "dropout": dropout}
    job = {"study": "made", "protocol": "grouped", "fold": 0, "seed": seed}
    spec = {"kind": "active_learning", "learner": "lstm", "strategy": strategy, "start": 10, "batch": 10, "rounds": 4}
    spec |= {"passes": 5, **changes}
    member = {**job, "run": "lstm", "spec": learner, "train": how, "resample": "none"}
    return {**job, "run": f"active_{strategy}", "spec": spec, "aggregate": "none", "member": member}


def run(visits, out, expert=None, **changes):
    folders = {"dataset": visits.dataset, "arrays": visits.arrays, "split": visits.split, "masks": None}
    more = {
        "code": "code",
        "log": None,
        "device": "cpu",
        "work": visits.root / ".work",
        "source_run": [],
        "linked": None,
    }
    make_run.main(SimpleNamespace(settings=settings(**changes), **folders, **more, out=out, expert=expert))
    return out


@pytest.fixture(scope="module")
def visits(tmp_path_factory) -> Visits:
    made = made_visits(tmp_path_factory.mktemp("visits"), PATIENTS)
    made.preprocess()
    return made


@pytest.fixture(scope="module")
def runs(visits, tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    return {strategy: run(visits, root / strategy, strategy=strategy) for strategy in STRATEGIES}


def same(first, second):
    for name in TABLES:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def subset_ids(visits, name):
    split = SPLIT.read(visits.split)
    return set(split.loc[split["subset"] == name, "id"])


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_each_round_asks_for_a_batch_of_training_patients_none_of_them_twice(visits, runs, strategy):
    rounds, queries = ROUNDS.read(runs[strategy] / "rounds.csv"), QUERIES.read(runs[strategy] / "queries.csv")
    assert rounds.loc[rounds["subset"] == "test", "labels"].tolist() == [10, 20, 30, 40, 50]
    assert queries.groupby("round").size().tolist() == [10] * 5
    assert queries["id"].is_unique and set(queries["id"]) <= subset_ids(visits, "train")
    drawn = queries["score"].isna()
    assert drawn.all() if strategy == "random" else (drawn == (queries["round"] == 0)).all()


def test_all_strategies_start_from_the_same_labels_and_the_same_network(runs):
    queries = [QUERIES.read(out / "queries.csv").query("round == 0")["id"].tolist() for out in runs.values()]
    rounds = [ROUNDS.read(out / "rounds.csv").query("round == 0") for out in runs.values()]
    assert all(ids == queries[0] for ids in queries) and all(rows.equals(rounds[0]) for rows in rounds)
    last = [tuple(sorted(QUERIES.read(out / "queries.csv")["id"])) for out in runs.values()]
    assert len(set(last)) == len(STRATEGIES)


def test_its_record_vouches_for_rounds_and_queries(runs, tmp_path):
    out = runs["uncertainty"]
    record = json.loads((out / "record.json").read_text())
    assert set(record["outputs"]) == set(TABLES)
    assert record["rounds"] == {"rounds": 5, "labels": 50}
    assert len(read_rounds(out)) == 10
    copied = shutil.copytree(out, tmp_path / "copy")
    (copied / "rounds.csv").write_text((copied / "rounds.csv").read_text().replace("test", "validation", 1))
    with pytest.raises(UserError, match=r"rounds.csv has changed"):
        read_rounds(copied)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_test_patients_change_neither_queries_nor_validation(visits, runs, tmp_path, strategy):
    poisoned = Visits(shutil.copytree(visits.root, tmp_path / "made"))
    split, path = SPLIT.read(poisoned.split), poisoned.dataset / "manifest.csv"
    test = set(split.loc[split["subset"] == "test", "id"])
    index = pd.read_csv(poisoned.arrays / "index.csv")
    rows = np.load(poisoned.arrays / "data.npy")
    for first, count in index.loc[index["id"].isin(test), ["first", "count"]].to_numpy():
        rows[first : first + count, 1:] = 1 - rows[first : first + count, 1:]
    np.save(poisoned.arrays / "data.npy", rows)
    manifest = pd.read_csv(path, dtype=str, keep_default_na=False)
    turned = manifest["label"].map({CLASSES[0]: CLASSES[1], CLASSES[1]: CLASSES[0]})
    manifest.assign(label=manifest["label"].mask(manifest["id"].isin(test), turned)).to_csv(path, index=False)
    vouch(poisoned.dataset / "record.json", "manifest.csv")
    vouch(poisoned.arrays / "record.json", "data.npy")
    out = run(poisoned, tmp_path / "run", strategy=strategy)
    assert (out / "queries.csv").read_bytes() == (runs[strategy] / "queries.csv").read_bytes()
    before, after = (ROUNDS.read(folder / "rounds.csv").set_index("subset") for folder in (runs[strategy], out))
    assert after.loc["validation"].equals(before.loc["validation"])
    assert not after.loc["test"].equals(before.loc["test"])


def test_validation_patients_are_never_asked_for_though_a_strategy_would_want_them(visits, runs):
    asked = set().union(*(QUERIES.read(out / "queries.csv")["id"] for out in runs.values()))
    assert not asked & (subset_ids(visits, "validation") | subset_ids(visits, "test"))


class StopError(Exception):
    """Stands for a kill between two moments."""


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("stopped", [1, 3, 5])
def test_a_run_that_was_stopped_goes_on_at_its_round_and_ends_in_the_same_bytes(
    visits, runs, tmp_path, monkeypatch, strategy, stopped
):
    fits = []
    fit = Learner.fit

    def counted(learner, labelled):
        fits.append(len(labelled))
        if len(fits) == stopped:
            raise StopError
        return fit(learner, labelled)

    monkeypatch.setattr(Learner, "fit", counted)
    with pytest.raises(StopError):
        run(visits, tmp_path / "run", strategy=strategy)
    again = fits.copy()
    run(visits, tmp_path / "run", strategy=strategy)
    assert fits[len(again) :] == [10 * number for number in range(stopped, 6)]
    same(tmp_path / "run", runs[strategy])
    assert not list((visits.root / ".work" / "checkpoints").glob("*/*"))


def test_with_all_labels_it_is_what_its_learner_is(visits, tmp_path):
    learner = tmp_path / "fold0-seed0"
    more = {"code": "code", "log": None, "device": "cpu", "weights": [], "work": visits.root / ".work", "masks": None}
    more |= {"origin": None, "jobs_per_gpu": 1, "save_within": 180.0, "save_at_end": None, "time_limit": None}
    folders = {"dataset": visits.dataset, "arrays": visits.arrays, "split": visits.split, "out": learner}
    train.main(SimpleNamespace(settings=settings()["member"], **more, **folders))
    out = run(visits, tmp_path / "run", batch=80, rounds=1)
    assert (out / "predictions.csv").read_bytes() == (learner / "predictions.csv").read_bytes()
    assert ROUNDS.read(out / "rounds.csv")["labels"].max() == len(subset_ids(visits, "train"))


def test_another_seed_starts_from_other_labels(visits, runs, tmp_path):
    other = QUERIES.read(run(visits, tmp_path / "run", strategy="random", seed=1) / "queries.csv")
    assert other["id"].tolist() != QUERIES.read(runs["random"] / "queries.csv")["id"].tolist()


def test_rounds_begin_once_each_class_is_among_the_labels(visits, runs, tmp_path):
    rare = Visits(shutil.copytree(visits.root, tmp_path / "made"))
    path = rare.dataset / "manifest.csv"
    manifest = pd.read_csv(path, dtype=str, keep_default_na=False)
    drawn = QUERIES.read(runs["random"] / "queries.csv")
    kept = set(drawn.loc[drawn["round"] == 2, "id"]) | subset_ids(visits, "validation") | subset_ids(visits, "test")
    label = manifest["label"].where(manifest["id"].isin(kept), CLASSES[0])
    label = label.mask(manifest["id"] == drawn.loc[drawn["round"] == 2, "id"].iloc[0], CLASSES[1])
    manifest.assign(label=label).to_csv(path, index=False)
    vouch(rare.dataset / "record.json", "manifest.csv")
    rounds = ROUNDS.read(run(rare, tmp_path / "run") / "rounds.csv")
    assert rounds.loc[rounds["subset"] == "test", "labels"].tolist() == [30, 40, 50]
    with pytest.raises(UserError, match="no sample of class 'high_risk' is among the 20 labels"):
        run(rare, tmp_path / "few", rounds=1)


def test_patients_without_weight_are_never_asked_for_and_the_others_are_weighted(visits, runs, tmp_path):
    weighted = Visits(shutil.copytree(visits.root, tmp_path / "made"))
    split, lost = SPLIT.read(weighted.split), sorted(subset_ids(visits, "train"))[::3]
    SPLIT.write(
        weighted.split, split.assign(weight=np.where(split["id"].isin(lost), 0.0, 1 + np.arange(len(split)) % 2))
    )
    vouch(weighted.split.with_suffix(".json"), weighted.split.name)
    out = run(weighted, tmp_path / "run", batch=60, rounds=2)
    assert set(QUERIES.read(out / "queries.csv")["id"]) == subset_ids(visits, "train") - set(lost)
    assert set(ROUNDS.read(out / "rounds.csv")["pool"]) == {len(subset_ids(visits, "train")) - len(lost)}
    # Equal labels, other weights: another network, and another AUC.
    SPLIT.write(weighted.split, split.assign(weight=1 + np.arange(len(split)) % 2.0))
    vouch(weighted.split.with_suffix(".json"), weighted.split.name)
    counted = ROUNDS.read(run(weighted, tmp_path / "counted", strategy="random") / "rounds.csv")
    before = ROUNDS.read(runs["random"] / "rounds.csv")
    assert (counted["auc"] != before["auc"]).any() and (counted["log_loss"] != before["log_loss"]).all()


def test_a_learner_without_dropout_cannot_be_asked_what_dropout_changes(visits, tmp_path):
    with pytest.raises(UserError, match="strategy bald asks by what dropout changes"):
        run(visits, tmp_path / "run", strategy="bald", dropout=0.0)


def test_an_expert_is_told_whom_to_label_and_where_and_the_run_goes_on_when_it_is_done(visits, runs, tmp_path):
    path, out, manifest = (
        tmp_path / "hers" / "labels.csv",
        tmp_path / "run",
        pd.read_csv(visits.dataset / "manifest.csv"),
    )
    truth = dict(zip(manifest["id"], manifest["label"], strict=True))
    wanted = QUERIES.read(runs["uncertainty"] / "queries.csv")
    for number in range(5):
        ids = wanted.loc[wanted["round"] == number, "id"].tolist()
        with pytest.raises(UserError) as error:
            run(visits, out, path)
        assert str(path) in str(error.value) and all(sample in str(error.value) for sample in ids)
        answers = read_answers(path)
        assert [sample for sample, label in answers.items() if not label] == ids
        path.write_text("id,label\n" + "".join(f"{sample},{truth[sample]}\n" for sample in answers))
    same(run(visits, out, path), runs["uncertainty"])


def test_an_expert_whose_answers_change_is_learned_from_anew(visits, runs, tmp_path):
    manifest = pd.read_csv(visits.dataset / "manifest.csv")
    path, first = tmp_path / "labels.csv", QUERIES.read(runs["uncertainty"] / "queries.csv")["id"].iloc[0]
    turned = manifest.assign(label=manifest["label"].where(manifest["id"] != first, CLASSES[0]))
    other = turned.assign(label=turned["label"].where(turned["id"] != first, CLASSES[1]))
    known = set(QUERIES.read(runs["uncertainty"] / "queries.csv").query("round < 2")["id"])
    turned[turned["id"].isin(known)][["id", "label"]].to_csv(path, index=False)
    with pytest.raises(UserError, match="needs the labels of"):
        run(visits, tmp_path / "run", path)
    other[["id", "label"]].to_csv(path, index=False)
    run(visits, tmp_path / "run", path)
    same(run(visits, tmp_path / "fresh", path), tmp_path / "run")


def test_what_is_wrong_in_an_experts_file_is_named(visits, tmp_path):
    path = tmp_path / "labels.csv"
    for text, words in {
        "patient,label\np1,x\n": "lacks the column id",
        "id,label\np0001,high_risks\n": "'p0001' has the label 'high_risks', no class of the study",
        "id,label\np0001,low_risk\np0001,high_risk\n": "row 3: 'p0001' is high_risk here and low_risk above",
        "id,label\np0001\n": "row 2: it has not as many cells",
    }.items():
        path.write_text(text)
        with pytest.raises(UserError, match=words):
            run(visits, tmp_path / "run", path)


def test_rows_that_wait_for_an_answer_change_no_digest_and_further_columns_stay(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("id,name,label\na,Ann,low_risk\n")
    before = answers_digest(path)
    from workflow_scripts.contracts.expert_answers import ask

    ask(path, ["a", "b"])
    assert path.read_text() == "id,name,label\na,Ann,low_risk\nb,,\n" and answers_digest(path) == before
    path.write_text(path.read_text().replace("b,,", "b,,low_risk"))
    assert answers_digest(path) != before


def test_predictions_are_those_of_the_last_round(runs):
    predictions = PREDICTIONS.read(runs["bald"] / "predictions.csv")
    last = ROUNDS.read(runs["bald"] / "rounds.csv").drop_duplicates("subset", keep="last").set_index("subset")["auc"]
    for subset, rows in predictions.groupby("subset"):
        p = rows[[f"p_{name}" for name in CLASSES]].to_numpy()
        area = roc_auc_score(rows["label"] == CLASSES[1], p[:, 1])
        assert area == pytest.approx(last[subset], abs=1e-6)
