"""Figures of what is judged at two levels: their values are those of the tables, both protocols judged alike."""

import pytest
from test_premiums import RUNS, Slices

from workflow_scripts.contracts.aggregation import EACH_SAMPLE, Aggregation
from workflow_scripts.reporting.paper_figures.paper_figure import NotDrawnError
from workflow_scripts.reporting.paper_figures.unit_scores import premiums_of_levels, ways_to_judge
from workflow_scripts.reporting.results_reading import read_results

LEVELS = {"slices": EACH_SAMPLE, "patients": Aggregation("mean")}
NAMES = {run: run.upper() for run in RUNS[:2]}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return Slices(tmp_path_factory.mktemp("levels"), published="none", grouped="mean").write()


def values(axis) -> dict[str, list[float]]:
    """Series → values, in the order of the runs."""
    return {line.get_label(): list(line.get_xdata()) for line in axis.lines if line.get_marker() == "o"}


def test_a_premium_compares_what_is_judged_in_the_same_way(study):
    results = read_results(study.folder, study.received, study.paper)
    (axis,) = premiums_of_levels(results, NAMES, LEVELS, "grouped").figure.axes
    for level, by_unit in (("slices", False), ("patients", True)):
        expected = [
            study.accuracy_of("published", (run,), by_unit) - study.accuracy_of("grouped", (run,), by_unit)
            for run in NAMES
        ]
        assert values(axis)[level] == pytest.approx(expected)
    assert [label.get_text() for label in axis.get_yticklabels()] == list(NAMES.values())
    ends = [x for lines in axis.collections for segment in lines.get_segments() for x, _ in segment]
    # Of so few units the draws alone would end beyond what a difference of shares can be.
    assert min(ends) == -1 and max(ends) == 1


def test_each_way_to_judge_is_measured_on_the_same_predictions(study):
    results = read_results(study.folder, study.received, study.paper)
    ways = {"mean": Aggregation("mean"), "each": EACH_SAMPLE}
    _, accuracy = ways_to_judge(results, NAMES, ways, "grouped").figure.axes
    for way, by_unit in (("mean", True), ("each", False)):
        expected = [study.accuracy_of("grouped", (run,), by_unit) for run in NAMES]
        assert values(accuracy)[way] == pytest.approx(expected)


def test_a_missing_run_or_protocol_is_said(study):
    results = read_results(study.folder, study.received, study.paper)
    with pytest.raises(NotDrawnError, match="needs the run resnet"):
        premiums_of_levels(results, {"resnet": "ResNet"}, LEVELS, "grouped")
    with pytest.raises(NotDrawnError, match="needs the protocol slides"):
        ways_to_judge(results, NAMES, LEVELS, "slides")
