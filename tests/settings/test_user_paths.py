"""The results folder and the user's own files are named in one way, and what is none is refused."""

import pytest

from tests.settings.malformed import MINE, ROOT, refusals
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.settings.known_names import results_folder
from workflow_scripts.settings.load import settings
from workflow_scripts.settings.plan.workflow_plan import Plan, logs_folder


def test_a_source_in_nobodys_home_is_asked_for_in_full(tmp_path):
    (line,) = refusals(MINE.replace("source: images", "source: ~nobody_at_all/x"), tmp_path)
    assert line.startswith("my.yaml, line 6: studies.mine.source: '~nobody_at_all/x': no home folder is known for ~no")


@pytest.mark.parametrize(
    ("given", "folder"),
    [
        ("results", "results"),
        ("results/", "results"),
        ("./results//a/", "results/a"),
        ("../beside", "../beside"),
        ("/disk/my results (2)", "/disk/my results (2)"),
        ("Ergebnisse_ü", "Ergebnisse_ü"),
        ("data/results", "data/results"),
        ("a~b", "a~b"),
    ],
)
def test_a_results_folder_is_named_in_one_way(given, folder):
    assert results_folder(given) == folder == settings(ROOT, {"results": given}).results


def test_no_two_results_folders_share_their_logs():
    folders = ("results", "results-mine", "a/results", "b/results", "../results", "/disk/results", "a/results-mine")
    logs = [logs_folder(folder) for folder in folders]
    assert logs[:2] == ["logs", "logs/results-mine"] and len(set(logs)) == len(folders)
    assert all(log.startswith("logs/results") and log.count("/") == 1 for log in logs[2:])
    plan = Plan(ROOT, {"results": "a/results"}, ROOT)
    assert plan.logs == logs[2]


def test_the_home_folder_is_written_out(monkeypatch):
    monkeypatch.setenv("HOME", "/home/anna")
    network = {"kind": "network", "model": "resnet18", "weights": "~/w"}
    mine = {"source": "~/x", "ingest": {"groups": "~/g.csv"}, "adapters": ["folder"], "study_only_runs": {"x": network}}
    own = {"kind": "file", "path": "~/s.csv"}
    study = settings(ROOT, {"studies": {"mine": {"extends": "cvm_cervix", "protocols": {"own": own}} | mine}}).studies[
        "mine"
    ]
    assert (study.source, study.ingest.groups) == ("/home/anna/x", "/home/anna/g.csv")
    assert (study.protocols["own"].path, study.runs["x"].weights) == ("/home/anna/s.csv", "/home/anna/w")
    assert results_folder("~/x/") == "/home/anna/x"
    with pytest.raises(ValueError, match="no folder of its own"):
        results_folder("~")


@pytest.mark.parametrize(
    "given",
    [
        "",
        " ",
        " results",
        "results\n",
        "a\nb",
        "a\tb",
        "r{x}",
        "r<x>",
        "r$x",
        "r;x",
        "r|x",
        "r&x",
        "r'x",
        'r"x',
        "r`x`",
        "r*",
        "r?",
        "r#x",
        "r%x",
        "r\\x",
        "r!x",
        "r[x]",
        "-r",
        "--config",
        ".",
        "..",
        "a/..",
        "/",
        "/..",
        "workflow_scripts/x",
        ".git/x",
        ".snakemake",
        "logs",
        "data",
        "rules",
        "~nobody_of_that_name/x",
        "a" * 300,
        "r\x00x",
    ],
)
def test_what_is_no_results_folder_is_refused_in_one_line(given):
    with pytest.raises(UserError) as caught:
        settings(ROOT, {"results": given})
    text = str(caught.value)
    assert len(text.splitlines()) == 1 and text.startswith("config (--config): results: "), text
