"""The tables of a report hold the numbers that were evaluated, each in its row."""

import re

import numpy as np
import pandas as pd
import pytest
from handmade import EVALUATE, Study
from pages import BY_SAMPLE, PAPER, cells, text_of, write

from workflow_scripts.contracts.comparison_table import COMPARISON, DELONG, DELONGS, MCNEMAR
from workflow_scripts.contracts.ground_truth_table import TRUTH
from workflow_scripts.contracts.published_yaml import read_published
from workflow_scripts.contracts.record import write_record
from workflow_scripts.contracts.run_tables import METRICS
from workflow_scripts.contracts.verdict_table import VERDICT
from workflow_scripts.runtime.files import read_json, write_json

ELEVEN = [f"Class {number}" for number in range(11)]


def test_headline_numbers_are_those_of_the_papers_and_of_the_verdict(small):
    line = VERDICT.read(small.study.folder / "verdict.csv").set_index("claim").loc["fig5.test.accuracy"]
    row = cells(small.page, "Accuracy of cvm on test<small")
    assert row[0] == "91.72 %"
    for shown, name in ((row[1], "obtained"), (row[2], "leak_free")):
        low, high = (line[f"{'' if name == 'obtained' else 'leak_free_'}{end}"] for end in ("low", "high"))
        assert shown == f"{100 * line[name]:.1f} % {100 * low:.1f} to {100 * high:.1f}"


def test_table_of_runs_shows_each_run_with_its_own_numbers(small):
    page = small.page[small.page.index('id="runs-published"') :]
    row = cells(page, "soft_vote")
    value = small.study.accuracy(1, 1)
    assert f"{100 * value:.1f} % {100 * (value - 0.04):.1f} to {100 * (value + 0.03):.1f}" in row
    assert "; n = 4; 2 seeds." in text_of(page[: page.index("</caption>")])
    assert "91.72 %" in cells(page, "cvm")


def test_runs_that_judge_different_numbers_of_samples_have_a_column_for_them(tmp_path):
    study = Study(tmp_path).write()
    path = study.folder / "evaluation" / "published" / "soft_vote" / "metrics.csv"
    METRICS.write(path, METRICS.read(path).assign(n=3))
    study.vouch("published")
    page = write(study)
    page = page[page.index('id="runs-published"') :]
    assert cells(page, "cvm")[-1] == "4" and cells(page, "soft_vote")[-1] == "3"
    assert "n =" not in text_of(page[: page.index("</caption>")])


def test_refused_files_and_pictures_under_two_labels_are_shown(small):
    assert cells(small.page, "cut off") == ["1", "broken.bmp"]
    assert cells(small.page, "equal pixels") == ["1", "1"]


def test_classes_that_fall_short_of_the_wanted_number_say_what_became_of_it(tmp_path):
    classes = ("LSIL", "HSIL", "NILM")
    study = Study(tmp_path, classes=classes).write()
    path = study.folder / "dataset" / "record.json"
    wanted = {
        "LSIL": {"wanted": 806, "listed": 11, "copies": 0},
        "HSIL": {"wanted": 12, "listed": 7, "copies": 5},
        "NILM": {"wanted": 10, "listed": 15, "copies": 0},
    }
    write_json(path, {**read_json(path), "wanted": wanted})
    page = write(study)
    page = page[page.index("Fewer samples than wanted") : page.index("Pictures that occur")]
    assert cells(page, "LSIL") == ["806", "11", "0", "10"]
    assert cells(page, "HSIL") == ["12", "7", "5", "10"]
    assert "NILM" not in page


def test_settings_that_differ_from_the_paper_are_marked(small):
    assert cells(small.page, "epochs")[:2] == ["100 epochs §4.2 and §4.5", "3 differs"]
    assert cells(small.page, "batch size")[1] == "16"
    assert cells(small.page, "weight decay")[0] == "not stated"
    assert cells(small.page, "cnn<")[1] == "legacy_xception"
    assert cells(small.page, "transformer changes")[1] == "depth 3 differs"
    assert cells(small.page, "cnn first weights") == ["not stated", "none"]
    assert cells(small.page, "schedule")[1] == "constant"
    # No line of the paper's is about it: every paper is asked.
    assert cells(small.page, "numerical precision") == ["not stated", "float32"]


@pytest.mark.parametrize(("count", "classes"), [(1, ("a", "b")), (23, tuple(ELEVEN))])
def test_one_and_many_runs_two_and_eleven_classes(tmp_path, count, classes):
    claims = read_published(PAPER / "published.yaml").claims
    runs = [claim.run for claim in claims if claim.id.startswith("table3") and claim.metric == "accuracy"]
    one = {"protocols": {"published": BY_SAMPLE}, "folds": {"published": 1}, "seeds": [0]}
    study = Study(tmp_path, runs=runs[-count:], classes=classes, **one).write()
    page = write(study)
    table = page[page.index('id="runs-published"') : page.index('id="comparisons"')]
    assert table.count('<th scope="row">') == count
    assert all(f"<code>{run}</code>" in table for run in runs[-count:])
    assert cells(page[page.index('id="splits"') :], "Total") == [str(part * len(classes)) for part in (6, 2, 2)]
    # Every rival has p 0.04 by itself; Holm's correction for 22 of them makes it 0.88.
    table3 = text_of(page[page.index("<h3>Table 3</h3>") :].partition("</table>")[0])
    assert table3.count(", p 0.88") == (22 if count == 23 else 0)
    assert ("corrected for 22 comparisons of this table" in table3) == (count == 23)


def test_comparisons_show_the_pooled_rows_only(small):
    page = small.page[small.page.index('id="comparisons"') : small.page.index('id="figures"')]
    assert page.count('<th scope="row"><code>soft_vote</code>') == 2
    assert cells(page, "soft_vote") == ["+1.2 −2.0 to +4.0", "3", "2", "0.04", "0.12"]


def test_costs_are_summed_over_trainings(small):
    page = small.page[small.page.index('id="costs"') :]
    assert cells(page, "cvm")[:3] == ["published", "2", "2 min 02 s"]
    assert cells(page, "soft_vote")[1:4] == ["2", "–", "–"]


def test_what_a_study_cost_is_summed_by_step_and_energy_is_said_only_where_every_job_counted_it(small, tmp_path):
    table = small.page[small.page.index('id="costs"') :]
    assert cells(table, "training")[:2] == ["4", "4 min 04 s"]
    assert cells(table, "together")[0] == "12" and cells(table, "together")[-1] == "the machine cannot tell"
    assert "this machine cannot tell" in text_of(table)
    study = Study(tmp_path).write()
    for path in study.folder.rglob("ledger.json"):
        ledger = read_json(path)
        counted = {"processor_joules": 3.6e6, "gpu_seconds": 1800.0, "device_joules": 3.6e6}
        for entry in (ledger, ledger.get("train", {})):
            entry |= counted
        write_json(path, ledger)
    write(study)
    table = (page := write(study))[page.index('id="costs"') :]
    assert cells(table, "training")[3] == "2 h 00 min" and cells(table, "training")[-1] == "8 kWh"
    assert cells(table, "together")[-1] == "24 kWh" and "cannot tell" not in text_of(table)
    ledger = read_json(path)
    del ledger["device_joules"]
    write_json(path, ledger)
    table = (page := write(study))[page.index('id="costs"') :]
    assert cells(table, "together")[-1] == "the machine cannot tell"


def test_a_reference_that_the_settings_name_is_marked_where_no_claim_decides(tmp_path):
    study = Study(tmp_path, runs=("deit", "resnet18"), paper="", evaluate={**EVALUATE, "reference": "resnet18"}).write()
    page = write(study, paper=None)
    assert '<tr class="main"><th scope="row"><code>resnet18</code>' in page[page.index('id="runs"') :]


def test_the_papers_tables_are_compared_with_what_was_obtained_and_empty_cells_stay_empty(small):
    part = small.page[small.page.index('<section aria-labelledby="paper">') :].partition("</section>")[0]
    assert "Not made from these results" in part and "needs the run cvm-fourfold" in part
    assert "91.72 (rank 1)" in part and "published: " in part and "rank 1" in part
    assert not re.search(r"\bnan\b", part)


def test_areas_are_compared_for_two_classes_and_it_is_said_how(small, tmp_path):
    page = small.page[small.page.index("AUC of every pair") :]
    assert cells(page, "cvm − soft_vote") == ["0", "0", "0.900 − 0.813", "+0.087", "0.040", "2.19", "0.029", "0.057"]
    assert "those of sums over groups" in text_of(page)
    study = Study(tmp_path / "two").write()
    for path in study.folder.glob("evaluation/*/delong.csv"):
        DELONG.write(path, DELONG.read(path).assign(test=DELONGS))
    for protocol in study.settings["protocols"]:
        study.vouch(protocol)
    assert "The test takes samples as independent" in text_of(write(study))
    assert "AUC of every pair" not in write(Study(tmp_path / "three", classes=("a", "b", "c")).write())


def test_a_comparison_says_how_its_p_was_found(small, tmp_path):
    part = small.page[small.page.index('id="comparisons"') : small.page.index('id="figures"')]
    assert "between groups and between trainings" in text_of(part) and "McNemar" not in part
    study = Study(tmp_path, seeds=[0]).write()
    for path in study.folder.glob("evaluation/*/comparison.csv"):
        COMPARISON.write(path, COMPARISON.read(path).assign(test=MCNEMAR))
    for protocol in study.settings["protocols"]:
        study.vouch(protocol)
    assert "McNemar's exact test" in text_of(write(study)) and "p does not know" in text_of(write(study))


def test_where_patients_are_lost_the_comparison_says_how_many_and_which_tests_are_left_out(tmp_path):
    study = Study(tmp_path).write()
    censoring = {"patients": 1200, "lost": 250, "horizon": 5.0, "followed_to_horizon": {"0": 0.5}}
    for path in (study.folder / "splits").glob("*.json"):
        write_record(path, {**read_json(path), "censoring": {**censoring, "largest_weight": 2.345}})
    for path in study.folder.glob("evaluation/*/comparison.csv"):
        table = COMPARISON.read(path).assign(p=np.nan, p_holm=np.nan)
        COMPARISON.write(path, table)
        DELONG.write(path.with_name("delong.csv"), DELONG.read(path.with_name("delong.csv"))[:0])
    for protocol in study.settings["protocols"]:
        study.vouch(protocol)
    page = write(study)
    part = page[page.index('id="comparisons"') : page.index('id="figures"')]
    assert cells(part, "soft_vote") == ["+1.2 −2.0 to +4.0", "3", "2", "–", "–"]
    assert "1 200 are lost, the largest weight is 2.35" in text_of(part).replace("\u202f", " ").replace("\xa0", " ")
    assert "left out" in text_of(part) and "AUC of every pair of runs" not in part
    assert not re.search(r"\bnan\b", text_of(page))


def test_subgroups_are_shown_and_an_absent_column_is_named(small, tmp_path):
    assert 'id="subgroups"' not in small.page
    study = Study(tmp_path, evaluate={**EVALUATE, "subgroups": ["source", "hpv"]}).write()
    path = study.folder / "evaluation" / "published" / "cvm" / "metrics.csv"
    table = METRICS.read(path)
    head = ("published", "cvm", "all", "all", "test", "subgroup", "source=sipakmed")
    rows = [(*head, "accuracy", 0.625, 0.5, 0.75, 16), (*head, "sensitivity", 0.5, np.nan, np.nan, 8)]
    METRICS.write(path, pd.concat([table, pd.DataFrame(rows, columns=table.columns)]))
    page = write(study)
    page = page[page.index('id="subgroups"') :]
    assert cells(page, "source: sipakmed") == ["published", "62.5 % 50.0 to 75.0", "16", "50.0 %", "8", "–", "–"]
    assert "No column hpv in manifest.csv" in text_of(page)
    assert "Sensitivity and specificity are of b" in text_of(page)


def test_of_the_tissue_of_many_slides_the_mean_and_the_worst_are_shown(tmp_path):
    study = Study(tmp_path).write()
    values = {"mean": 0.93, "W1": 0.97, "W2": 0.86, "W3": 0.96}
    lines = [("tissue", "", "", part, "dice", value, None, None, 1) for part, value in values.items()]
    TRUTH.write(study.folder / "truth.csv", pd.DataFrame(lines, columns=list(TRUTH.columns)))
    page = write(study)
    assert cells(page, "Tissue of slides: Dice coefficient with the true tissue")[:2] == ["mean", "0.930"]
    assert "W2" in page and "0.860" in page and "W1" not in page and "W3" not in page
    assert "even over the image" not in page and "Random weights" not in page, "there is no map"


def test_ground_truth_of_synthetic_data_is_compared_with_what_was_recovered_and_only_there(small, tmp_path):
    assert "fraction of the true pairs that were found" in text_of(small.page)
    shown = cells(small.page, "Grad-CAM: fraction of the maps that lies on the true region")
    assert shown == ["cvm cnn, published", "0.612", "0.250", "0.260", "6"]
    assert "even over the image" in text_of(small.page)
    assert "Tissue of slides" not in small.page
    real = Study(tmp_path, source="real").write()
    assert not (real.folder / "truth.csv").exists()
    assert "Ground truth" not in write(real)
