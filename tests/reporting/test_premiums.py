"""The leak premium between protocols that aggregate in different ways: both are judged as the published one is."""

from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest
from handmade import Study

from tests.vouched import vouch
from workflow_scripts.contracts.aggregation import EACH_SAMPLE, Aggregation
from workflow_scripts.contracts.run_finish import Combined, write_tables
from workflow_scripts.contracts.run_tables import PREDICTIONS, UNITS, class_columns, probabilities, units_of
from workflow_scripts.evaluation.voting import vote
from workflow_scripts.reporting.premiums import judged_words, premiums
from workflow_scripts.reporting.results_reading import read_results
from workflow_scripts.reporting.run_order import rule_words
from workflow_scripts.runtime.errors import UserError

RULE = {"kind": "holdout", "fractions": [0.6, 0.2, 0.2]}
RUNS = ("cvm", "xception", "soft_vote")


class Slices(Study):
    """Units of two slices. Under each protocol runs are judged as its rule says; a vote is held among units."""

    def __init__(self, folder, published: str, grouped: str) -> None:
        rules = {
            "grouped": {**RULE, "by": "group", "aggregate": grouped},
            "published": {**RULE, "by": "sample", "aggregate": published},
        }
        super().__init__(folder, runs=RUNS, protocols=rules, paper="")

    def judge(self) -> None:
        """No verdict: nothing reads the files before a test has changed them."""

    def manifest(self) -> pd.DataFrame:
        manifest = super().manifest()
        return manifest.assign(unit=manifest["group"])

    def _run(self, protocol: str, run: str, accuracy: float) -> None:
        super()._run(protocol, run, accuracy)
        columns, aggregate = class_columns(self.classes), self.settings["protocols"][protocol]["aggregate"]
        for seed in self.settings["seeds"]:
            folder = self.folder / "runs" / protocol / run / f"fold0-seed{seed}"
            if run == "soft_vote":
                members = {name: UNITS.read(folder.parents[1] / name / folder.name / "units.csv") for name in RUNS[:2]}
                write_tables(folder, Combined(vote(members, "soft")[0]).output(), EACH_SAMPLE)
            else:
                samples = UNITS.read(folder / "units.csv")
                PREDICTIONS.write(folder / "predictions.csv", samples.drop(columns="n_samples"))
                UNITS.write(folder / "units.csv", units_of(samples, columns, Aggregation(aggregate), "here"))
            vouch(folder / "record.json", "units.csv", "predictions.csv")

    def accuracy_of(self, protocol: str, runs: tuple[str, ...], by_unit: bool) -> float:
        """Mean over seeds of the accuracy of one run's predictions, or of the mean of several, on the test subset."""
        found = []
        for seed in self.settings["seeds"]:
            folders = [self.folder / "runs" / protocol / run / f"fold0-seed{seed}" for run in runs]
            tables = [PREDICTIONS.read(folder / "predictions.csv").query("subset == 'test'") for folder in folders]
            p = pd.DataFrame(np.mean([probabilities(table) for table in tables], axis=0))
            labels = tables[0]["label"].reset_index(drop=True)
            if by_unit:
                units = tables[0]["unit"].to_numpy()
                p, labels = p.groupby(units).mean(), labels.groupby(units).first()
            found.append((np.array(self.classes)[p.to_numpy().argmax(axis=1)] == labels.to_numpy()).mean())
        return float(np.mean(found))


@pytest.mark.parametrize(("published", "grouped"), [("none", "mean"), ("mean", "none"), ("mean", "mean")])
def test_both_sides_are_judged_as_the_published_protocol_judges(tmp_path, published, grouped):
    study = Slices(tmp_path, published, grouped).write()
    results = read_results(study.folder, study.received, study.paper)
    found = premiums(results)["grouped"]
    assert found.keys() == set(RUNS)
    by_unit = published == "mean"
    for run, members in (("cvm", ("cvm",)), ("soft_vote", ("cvm", "xception"))):
        ends = [study.accuracy_of(protocol, members, by_unit) for protocol in ("published", "grouped")]
        assert found[run].value == pytest.approx(ends[0] - ends[1])
    said = {"none": "each sample for itself", "mean": "the mean of a unit's samples"}[published]
    assert (f"judged as published judges, {said}" in judged_words(results)) == (published != grouped)
    judges = [name for name, protocol in results.protocols.items() if "is judged" in rule_words(protocol)]
    assert judges == [name for name, how in (("grouped", grouped), ("published", published)) if how == "mean"]


def test_the_two_ways_of_judging_differ_on_these_units(tmp_path):
    """Else the test above could not fail."""
    study = Slices(tmp_path, "none", "mean").write()
    values = [study.accuracy_of("grouped", ("cvm",), by_unit) for by_unit in (False, True)]
    assert values[0] != values[1]


@pytest.mark.parametrize(("published", "read"), [("none", True), ("mean", False)])
def test_predictions_must_be_what_their_record_says_where_a_premium_is_made_of_them(tmp_path, published, read):
    study = Slices(tmp_path, published, "mean").write()
    path = study.folder / "runs" / "grouped" / "cvm" / "fold0-seed0" / "predictions.csv"
    path.write_text(path.read_text() + "\n")
    with pytest.raises(UserError, match=r"predictions.csv has changed") if read else nullcontext():
        read_results(study.folder, study.received, study.paper)
