"""The first screen of a report without a paper: every sentence from the tables of the study."""

import shutil
from types import SimpleNamespace

import pytest
from handmade import EVALUATE, Study
from pages import cells, text_of, without_groups, write

from tests.vouched import vouch
from workflow_scripts.contracts.comparison_table import COMPARISON
from workflow_scripts.contracts.run_tables import METRICS
from workflow_scripts.runtime.files import read_json

RUNS = ("network", "features", "control_colour")


def own_study(folder, accuracies, compared, nothing_clusters=False) -> Study:
    """A study without a paper; run → accuracy, and → difference from the reference with its adjusted p."""
    evaluate = {**EVALUATE, "reference": "network"}
    study = Study(folder, runs=RUNS, paper="", evaluate=evaluate, source="real")
    study.nothing_clusters = nothing_clusters
    control = {"kind": "baseline", "features": ["colour"], "C": 1.0}
    study.settings["runs"]["control_colour"] = {"spec": control}
    study.write()
    study.settings["scale"] = None
    for protocol in study.settings["protocols"]:
        evaluation = study.folder / "evaluation" / protocol
        table = COMPARISON.read(evaluation / "comparison.csv")
        for run, (difference, p) in compared.items():
            rows = (table["run"] == run) & (table["seed"] == "all")
            table.loc[rows, ["difference", "low", "high", "p_holm"]] = (
                difference,
                difference - 0.01,
                difference + 0.01,
                p,
            )
        COMPARISON.write(evaluation / "comparison.csv", table)
        for run, accuracy in accuracies.items():
            metrics = METRICS.read(evaluation / run / "metrics.csv")
            METRICS.write(evaluation / run / "metrics.csv", metrics.assign(value=accuracy))
        study.vouch(protocol)
    return study


def first_screen(page: str) -> str:
    return page[page.index("<dl") : page.index('class="disclaimer"')]


BEST = {"network": 0.93, "features": 0.92, "control_colour": 0.61}
LOWER = {"features": (-0.01, 0.6), "control_colour": (-0.32, 0.0001)}


@pytest.fixture(scope="module")
def best(tmp_path_factory):
    """A study whose reference is best, and the first screen of its report."""
    study = own_study(tmp_path_factory.mktemp("best"), BEST, LOWER)
    return SimpleNamespace(study=study, screen=first_screen(write(study, None)))


def test_the_best_run_comes_first_with_what_cannot_be_told_from_it_and_what_can(best):
    screen, text = best.screen, text_of(best.screen)
    assert "Best without leaks, under grouped: network, accuracy 93.0 %" in text
    assert "These samples chose it among 3 runs, so on new ones it may come out lower." in text
    assert "Not to be told from it: features (−1.0 points, −2.0 to 0.0, adjusted p 0.6)." in text
    assert "Lower than it: control_colour (−32.0 points, −33.0 to −31.0, adjusted p < 0.001)." in text
    heads = [screen.index(f'<th scope="row"><code>{run}</code>') for run in RUNS]
    assert heads == sorted(heads) and cells(screen, "network")[2:] == ["reference"]
    for word in ("verdict", "paper", "published number", "Demo scale"):
        assert word not in text.replace("published leaks kept", "")


def test_where_another_run_is_best_it_is_first_held_against_the_reference(tmp_path):
    values = {"network": 0.90, "features": 0.93, "control_colour": 0.61}
    told = {"features": (0.03, 0.01), "control_colour": (-0.29, 0.0001)}
    text = text_of(first_screen(write(own_study(tmp_path / "told", values, told), None)))
    assert "under grouped: features, accuracy 93.0 %" in text
    assert "It is told from network, with which all runs are compared: features (+3.0 points" in text
    assert "Lower than network: control_colour" in text
    alike = {**told, "features": (0.03, 0.2)}
    text = text_of(first_screen(write(own_study(tmp_path / "alike", values, alike), None)))
    assert "It cannot be told from network, with which all runs are compared: features (+3.0 points" in text


def test_what_colours_alone_reach_is_said_beside_the_most_frequent_class(best):
    text = text_of(best.screen)
    assert "Without any shape: the colours of each picture alone 61.0 %" in text
    assert "The most frequent class for every sample would be right in 50.0 %." in text
    assert "Nothing here shows" not in text


@pytest.mark.parametrize("lead", [(-0.02, 0.4), (0.02, 0.01)])
def test_a_network_that_does_no_better_than_colours_is_said_to_show_nothing_more(tmp_path, lead):
    values = {"network": 0.63, "features": 0.62, "control_colour": 0.63 + lead[0]}
    study = own_study(tmp_path, values, {"features": (-0.01, 0.6), "control_colour": lead})
    assert "Nothing here shows that network sees more than that." in text_of(first_screen(write(study, None)))


def test_what_leaks_are_worth_is_said_of_the_best_run(best):
    text = text_of(best.screen)
    premium = read_json(best.study.folder / "metrics.json")["leak_premium"]["grouped"]["network"]["value"]
    assert f"network comes out {100 * abs(premium):.1f} points {'higher' if premium > 0 else 'lower'} (" in text
    assert "Under published, which tears apart what belongs together" in text


def test_two_protocols_of_one_split_are_one_result_on_the_page_and_in_the_numbers(tmp_path):
    study = own_study(tmp_path, BEST, LOWER, nothing_clusters=True)
    for path in (study.folder / "splits").glob("published*"):
        shutil.copy(path, path.with_name(path.name.replace("published", "grouped")))
    for path in (study.folder / "runs" / "published").rglob("units.csv"):
        shutil.copy(path, study.folder / "runs" / "grouped" / path.relative_to(study.folder / "runs" / "published"))
    outputs = read_json(study.folder / "splits" / "published.json")["outputs"]
    renamed = {name.replace("published", "grouped"): digest for name, digest in outputs.items()}
    vouch(study.folder / "splits" / "grouped.json", outputs=renamed)
    page = write(without_groups(study), None)
    text = text_of(page)
    assert "under 1 protocol (published)" in text
    assert "grouped turned out to be the same split as published: both are one result, shown once as published." in text
    assert page.count('id="runs-published"') == 1 and 'id="runs-grouped"' not in page
    assert list(read_json(study.folder / "metrics.json")["runs"]) == ["published"]
