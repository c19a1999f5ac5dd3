"""Votes: their arithmetic, their ties, their refusals, and the files of the step."""

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fabricated import Study
from fabricated import probabilities as probabilities_of

from workflow_scripts.contracts.run_tables import PREDICTIONS, UNITS, probabilities
from workflow_scripts.evaluation.bootstrap import auc, once, replicates
from workflow_scripts.evaluation.metrics import point
from workflow_scripts.evaluation.tied_votes import ranking_scores
from workflow_scripts.evaluation.voting import combine, vote
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.steps import make_run


def table(*rows: tuple[str, str, list[float]]) -> pd.DataFrame:
    """Rows of (subset, label, probabilities of a, b, c)."""
    frame = pd.DataFrame({"id": [f"s{n}" for n in range(len(rows))], "group": "", "fold": 0})
    frame["unit"], frame["subset"], frame["label"] = frame["id"], [row[0] for row in rows], [row[1] for row in rows]
    frame[["p_a", "p_b", "p_c"]] = np.array([row[2] for row in rows], dtype=float)
    return frame.assign(n_samples=3)


ONE = table(("validation", "a", [0.6, 0.3, 0.1]), ("test", "b", [0.5, 0.4, 0.1]))
TWO = table(("validation", "a", [0.2, 0.7, 0.1]), ("test", "b", [0.1, 0.8, 0.1]))
THREE = table(("validation", "a", [0.9, 0.0, 0.1]), ("test", "b", [0.4, 0.35, 0.25]))


def test_soft_is_the_mean():
    voted, weights = vote({"x": ONE, "y": TWO}, "soft")
    assert probabilities(voted) == pytest.approx(np.array([[0.4, 0.5, 0.1], [0.3, 0.6, 0.1]]))
    assert weights == {"x": 0.5, "y": 0.5} and voted["n_samples"].tolist() == [3, 3]


def test_weighted_takes_the_weights_that_are_given():
    voted, weights = vote({"x": ONE, "y": TWO}, "weighted", [3, 1])
    assert weights == {"x": 0.75, "y": 0.25} and voted["p_a"].iloc[1] == pytest.approx(0.4)


def test_weighted_takes_the_accuracy_on_validation_never_on_test():
    # ONE is right on validation and wrong on test, TWO the other way round.
    assert vote({"x": ONE, "y": TWO}, "weighted")[1] == {"x": 1.0, "y": 0.0}
    changed = ONE.assign(label=["a", "c"])
    assert vote({"x": changed, "y": TWO.assign(label=["a", "c"])}, "weighted")[1] == {"x": 1.0, "y": 0.0}


def test_hard_is_the_share_of_the_votes():
    voted, _ = vote({"x": ONE, "y": TWO, "z": THREE}, "hard")
    assert probabilities(voted) == pytest.approx(np.array([[2, 1, 0], [2, 1, 0]]) / 3)


@pytest.mark.parametrize(("classes", "members"), [(2, 3), (2, 4), (5, 3), (11, 3), (3, 5)])
def test_units_with_equally_many_votes_are_level_whoever_had_to_break_a_tie(classes, members):
    rng = np.random.default_rng(0)
    for _ in range(20):
        labels = rng.integers(0, classes, 100)
        stack = np.stack([probabilities_of(rng, labels, classes, 1.5) for _ in range(members)])
        voted = combine(stack, "hard", np.ones(members) / members)
        written = np.array([[float(f"{x:.9g}") for x in row] for row in voted])
        votes = (stack.argmax(axis=2)[..., None] == np.arange(classes)).mean(axis=0)
        expected = auc(labels, votes, once(100))[0]
        assert replicates(labels, written, once(100), 10).per_class["auc"][0] == pytest.approx(expected, nan_ok=True)
        assert point(labels, written, 10).per_class["auc"] == pytest.approx(expected, nan_ok=True)
        assert (written.argmax(axis=1) == voted.argmax(axis=1)).all()


def test_no_other_run_is_taken_for_a_vote():
    p = np.array([[1 - 1e-6, 1e-6], [1 - 4e-7, 4e-7], [0.0, 1.0]])  # a network that is quite sure
    assert ranking_scores(p) is p
    rng = np.random.default_rng(1)
    table = probabilities_of(rng, rng.integers(0, 3, 50), 3, 1.0)
    assert ranking_scores(table) is table


def test_a_tied_hard_vote_goes_to_the_larger_mean_probability():
    voted, _ = vote({"x": ONE, "y": TWO}, "hard")
    # row 0: a against b, means 0.4 and 0.5; row 1: a against b, means 0.3 and 0.6
    assert probabilities(voted).argmax(axis=1).tolist() == [1, 1]
    assert probabilities(voted) == pytest.approx(np.array([[0.5, 0.5, 0]] * 2), abs=1e-5)
    assert probabilities(voted).sum(axis=1) == pytest.approx(1)


def test_a_class_without_a_vote_never_wins_a_tie():
    one, two = table(("test", "a", [0.5, 0.0, 0.5 - 1e-9])), table(("test", "a", [0.0, 0.5, 0.5 - 1e-9]))
    assert probabilities(vote({"x": one, "y": two}, "hard")[0]).argmax() in (0, 1)


def test_equal_members_are_their_own_vote():
    for how in ("soft", "weighted"):
        voted, _ = vote({"x": ONE, "y": ONE}, how)
        assert probabilities(voted) == pytest.approx(probabilities(ONE))


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (TWO.rename(columns={"p_c": "p_d"}), "member y has the classes a, b, d, member x a, b, c"),
        (TWO.assign(label=["a", "c"]), "member y .*unit 's1' has label 'c', but 'b'"),
        (TWO.assign(subset=["test", "test"]), "unit 's0' has subset 'test', but 'validation'"),
        (TWO.assign(group=["p", ""]), "unit 's0' has group 'p'"),
        (TWO[:1], "other units .*1 differ, first 's1'"),
        (TWO[::-1], "rows are in another order"),
    ],
)
def test_members_that_disagree_are_refused(other, says):
    with pytest.raises(UserError, match=says):
        vote({"x": ONE, "y": other}, "soft")


def test_weights_are_refused_where_nothing_reads_them_or_they_are_useless():
    with pytest.raises(UserError, match="hard vote"):
        vote({"x": ONE, "y": TWO}, "hard", [1, 2])
    with pytest.raises(UserError, match="do not sum above zero"):
        vote({"x": ONE, "y": TWO}, "weighted", [0, 0])
    with pytest.raises(UserError, match="member x has no validation units"):
        vote({"x": ONE[1:], "y": TWO[1:]}, "weighted")


@pytest.fixture
def study(tmp_path):
    made = Study(tmp_path / "results", ["a", "b", "c"])
    made.add("cnn", 2.0)
    made.add("vit", 1.0)
    return made


def run(study, members=("cnn", "vit"), how="soft", folders=None, seed=0):
    runs = study.root / "runs" / "grouped"
    spec = {"kind": "vote", "members": list(members), "how": how, "weights": None}
    settings = {"study": "made", "protocol": "grouped", "run": "vote", "fold": 0, "seed": seed, "spec": spec}
    given = [(name, runs / name / "fold0-seed0") for name in (folders or members)]
    out = runs / "vote" / f"fold0-seed{seed}"
    args = argparse.Namespace(settings=settings, code="c0de", source_run=given, out=out)
    make_run.main(args)
    return args.out


def test_the_step_leaves_the_files_of_every_run(study):
    out = run(study)
    voted = UNITS.read(out / "units.csv")
    mean = (probabilities(study.read("cnn")) + probabilities(study.read("vit"))) / 2
    assert probabilities(voted) == pytest.approx(mean, abs=1e-8)
    assert PREDICTIONS.read(out / "predictions.csv").equals(voted.drop(columns="n_samples"))
    record = json.loads((out / "record.json").read_text())
    assert record["settings"]["run"] == "vote" and record["weights"] == {"cnn": 0.5, "vit": 0.5}
    assert set(record["inputs"]) == {f"runs/grouped/{name}/fold0-seed0/units.csv" for name in ("cnn", "vit")}
    assert set(record["outputs"]) == {"units.csv", "predictions.csv"} and (out / "ledger.json").exists()


def test_members_of_another_fold_seed_or_name_are_refused(study):
    with pytest.raises(UserError, match="seed 0, the run vote wants 1"):
        run(study, seed=1)
    with pytest.raises(UserError, match="the runs vit, cnn are given, the settings name cnn, vit"):
        run(study, folders=("vit", "cnn"))


def test_the_step_reads_its_command_line():
    assert make_run.source_run("cnn=a/b=c") == ("cnn", Path("a/b=c"))
    with pytest.raises(argparse.ArgumentTypeError, match="NAME=FOLDER"):
        make_run.source_run("cnn")
