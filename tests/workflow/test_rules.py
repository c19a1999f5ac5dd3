"""Rules and jobs as Snakemake itself knows them, those made in loops too: what each has, and what reaches a shell."""

import json
import os
import re
import shlex
import string
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workflow.conftest import ROOT, SHIPPED, copy_of_the_project
from workflow_scripts.kinds.kind import RULES, TRAIN
from workflow_scripts.settings.plan.step_table import MAKE_RUN, STEPS
from workflow_scripts.settings.snakemake_internals import OLDEST

# What a folder of a user's may be called, and what a shell would do with it.
HOSTILE = "my cló $(touch PWNED);touch PWNED; & 'a \"b `touch PWNED` \\ #ü *"
# Refused in the path of a file that is an input of a rule.
BRACES = "{x} <y>"
# The settings refuse other signs in the name of a results folder.
RESULTS = "my cló (ü), a=b + c@d ~"
# Stand-ins that write down their arguments.
STAND_INS = (
    'set -euo pipefail; note() { printf \'%s\\0\' "$@"; }; exec() { "$@"; }; '
    'python() { note "$@"; }; torchrun() { note "$@"; }\n'
)
WORD = re.compile(r"-m|--|--[a-z-]+|workflow_scripts(\.[a-z_]+)+|\d+|auto|cpu|\.work")
# Directives that Snakemake 9.0 had; those that came later, with their version.
EARLY = {"benchmark", "conda", "configfile", "default_target", "include", "input", "localrule", "log", "message"}
EARLY |= {"name", "onerror", "output", "params", "report", "resources", "rule", "shell", "threads"}
LATE = {"pathvars": (9, 12)}
# The first version that has what settings/snakemake_internals.py takes: 9.16.0 does not have it, 9.16.3 has.
ATTRIBUTES = tuple(map(int, OLDEST.split(".")))
# Parameters whose text is made of several words, quoted by settings/plan/commands.py.
READY = {
    "start",
    "step",
    "options",
    "sources",
    "source_runs",
    "weights",
    "own",
    "paper",
    "papers",
    "folders",
    "masks",
    "linked",
    "expert",
}


def ask(folder: Path, configfile: Path, *arguments: str) -> dict:
    """Rules and jobs of a dry run in `folder`, see asked.py."""
    target = folder / "asked.json"
    command = [sys.executable, str(ROOT / "tests" / "workflow" / "asked.py"), str(target), *arguments]
    command += ["--cores", "2", "--configfile", str(configfile)]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "PYTHONPATH": str(folder)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(target.read_text())


def write_sources(base: Path) -> None:
    """Files that the settings name, all called HOSTILE; none is read for a plan."""
    for adapter in ("sipakmed", "cric"):
        (base / f"raw {HOSTILE} {BRACES}" / adapter).mkdir(parents=True)
        (base / f"raw {HOSTILE} {BRACES}" / adapter / "a.bmp").touch()
    for name in ("scans", "visits"):
        folder = base / f"{name} {HOSTILE}"
        folder.mkdir()
        for table in ("slides.csv", "visits.csv"):
            (folder / table).touch()
    for name in ("start", "own"):
        (base / f"{name} {HOSTILE}").write_text("id,fold,subset\n")


def hostile_settings(base: Path) -> dict:
    """Studies that need every rule between them."""
    return {
        "results": f"{base}/{RESULTS}",
        "studies": {
            **{name: {"enabled": False} for name in SHIPPED if name != "cvm_cervix"},
            "cvm_cervix": {
                "source": f"{base}/raw {HOSTILE} {BRACES}",
                "protocols": {"own": {"kind": "file", "path": f"{base}/own {HOSTILE}"}},
                "embeddings": {"last": {"model": "test_resnet", "weights": f"{base}/start {HOSTILE}"}},
                "runs": {
                    "xception": {"weights": f"{base}/start {HOSTILE}"},
                    "spread": {"kind": "network", "model": "test_resnet", "train": {"processes": 2}},
                    "stored": {"kind": "baseline", "features": ["stored"], "embedding": "last"},
                    "pooled": {"kind": "attention", "embedding": "last"},
                },
            },
            "made": {
                "extends": "cvm_cervix",
                "adapters": ["sipakmed"],
                "source": "synthetic",
                "trainings_per_job": 2,
                "seeds": [0, 1],
                "preprocess": {"mask": "grey"},
                "runs": {"spread": None, "xception": {"train": {"mask": False}}},
            },
            "elsewhere": {"extends": "cvm_cervix", "runs": {"cvm@cvm_cervix": external("cvm_cervix")}},
            "tiles": {
                "adapters": ["slides"],
                "source": "synthetic",
                "paper": "histology_vgg",
                "ingest": {"slides": "slides.csv"},
                "protocols": {"published": {"kind": "holdout", "by": "sample"}},
                "runs": {"tiny": {"kind": "network", "model": "test_resnet"}},
            },
            "scans": {
                "adapters": ["slides"],
                "source": f"{base}/scans {HOSTILE}",
                "ingest": {"slides": "slides.csv"},
                "embeddings": {"last": {"model": "test_resnet"}},
                "protocols": {"grouped": {"kind": "holdout"}},
                "runs": {"stored": {"kind": "baseline", "features": ["stored"], "embedding": "last"}},
            },
            "visits": visits(f"{base}/visits {HOSTILE}", f"{base}/labels {HOSTILE}"),
        },
    }


def given_paths(base: Path, root: Path, studies: dict, planned: dict) -> list[str]:
    """What commands may name beside inputs and outputs of their jobs."""
    given = [f"{base}/raw {HOSTILE} {BRACES}/{name}" for name in ("sipakmed", "cric")]
    given += [f"{base}/{name} {HOSTILE}" for name in ("start", "own", "labels")]
    # Of every training there is one command, which names folders that are no input.
    given += [f"{base}/{RESULTS}/{name}/{part}" for name in studies for part in ("dataset", "arrays")]
    given.append(f"{base}/{RESULTS}/made/masks/masks.npy")
    given += [*(f"{base}/{name} {HOSTILE}" for name in ("scans", "visits")), "private/pseudonyms.key"]
    made = [job["output"][0] for job in planned["jobs"] if job["rule"] == "synthesise"]
    # A run names the folders of those that it is made of, for which the file stands that finished them.
    trained = [job for job in planned["jobs"] if job["rule"].startswith("train")]
    given += [str(Path(path).parent) for job in trained for path in job["output"]]
    given += ["data/blood", *(str(Path(path).parent) for path in made)]
    given += [str(path) for path in (root / "workflow_scripts" / "studies").iterdir()]
    return given


@pytest.fixture(scope="module")
def asked(tmp_path_factory) -> dict:
    """A plan with every rule, in a checkout, with results, sources, weights and a split that are called HOSTILE."""
    base = tmp_path_factory.mktemp("base")
    root = copy_of_the_project(base / HOSTILE)
    write_sources(base)
    settings = hostile_settings(base)
    configfile = base / "settings.yaml"
    configfile.write_text(json.dumps(settings))
    planned = ask(root, configfile, "--resources", "gpu=2")
    settings["studies"]["downloaded"] = {"extends": "cvm_blood", "source": "data/blood"}
    settings["studies"]["made"]["runs"]["xception"]["weights"] = "published"
    configfile.write_text(json.dumps(settings))
    prepared = ask(root, configfile, "-s", "prepare.smk")
    rules = {rule["name"]: rule for rule in (*planned["rules"], *prepared["rules"])}
    return {
        "directives": planned["directives"],
        "given": given_paths(base, root, settings["studies"], planned),
        "rules": rules,
        "jobs": [*planned["jobs"], *prepared["jobs"]],
        "targets": set(planned["targets"]),
    }


def visits(source: str, expert: str) -> dict:
    """A study of the patients that `scans` has, with a run that asks an expert for labels."""
    return {
        "adapters": ["visits"],
        "source": source,
        "ingest": {
            "visits": {
                "file": "visits.csv",
                "columns": {"age": {"kind": "number"}},
                "outcome": {"event": "ill", "values": ["yes"]},
                "landmark": {"kind": "last_visit"},
                "linked": "scans",
            }
        },
        "protocols": {"grouped": {"kind": "holdout"}},
        "runs": {
            "joined": {"kind": "hybrid", "images": {"study": "scans", "embedding": "last"}},
            "lstm": {"kind": "recurrent"},
            "asking": {"kind": "active_learning", "learner": "lstm", "strategy": "random", "expert": expert},
        },
    }


def external(study: str) -> dict:
    return {"kind": "external", "study": study, "of": "cvm", "protocol": "published"}


def arguments_of(job: dict, folder: Path) -> list[str]:
    """What the program of a job's command is given by a shell."""
    done = subprocess.run(["bash", "-c", STAND_INS + job["shell"]], cwd=folder, capture_output=True, check=True)
    return done.stdout.decode().split("\0")[:-1]


def test_the_plan_holds_a_job_of_every_rule(asked):
    shells = {name for name, rule in asked["rules"].items() if rule["shell"]}
    # Shipped ones, of which rules are made and no job.
    studies = ("cvm_", "zeb2_", "colposcopy_", "mri_", "histology_", "clinical_", "hybrid_", "vgg_")
    missing = shells - {job["rule"] for job in asked["jobs"]}
    assert not {name for name in missing if not any(study in name for study in studies)}, missing


def test_masks_are_read_by_the_jobs_alone_whose_network_sees_them(asked):
    seen = {
        (job["rule"], study, job["wildcards"].get("run"))
        for job in asked["jobs"]
        for study in ("made", "cvm_cervix")
        if any(f"/{study}/masks/" in path for path in job["input"])
    }
    assert {study for _, study, _ in seen} == {"made"}
    by_rule = {rule: {run for name, _, run in seen if name == rule} for rule, _, _ in seen}
    trained = next(runs for rule, runs in by_rule.items() if rule.startswith("train"))
    assert "cvm" in trained and "xception" not in trained
    assert {"ground_truth", "paper_figures", "explain"} <= set(by_rule)
    assert not {"make_run", "combine_runs", "evaluate", "split", "examples", "report_study"} & set(by_rule)
    for job in asked["jobs"]:
        if job["rule"] in by_rule and "masks" in job["params"]:
            assert ("--masks" in job["shell"]) == any("/masks/" in path for path in job["input"])


def test_every_rule_has_log_benchmark_message_and_environment(asked):
    for name, rule in asked["rules"].items():
        if rule["shell"]:
            for part in ("log", "benchmark", "message", "conda"):
                assert rule[part], f"rule {name} has no {part}"


def test_every_step_of_the_table_has_its_rule_and_every_rule_its_step(asked):
    called = {
        name: re.search(r"workflow_scripts\.steps\.([a-z_]+)", rule["shell"])[1]
        for name, rule in asked["rules"].items()
        if rule["shell"]
    }
    stated = {step.rule_name: step.name for step in STEPS.values()}
    # Of slides there is a picture each besides.
    stated["examples_of_slides"] = "examples"
    # One step makes every run that no training makes; its rules differ in what they need.
    stated |= {rule: MAKE_RUN.name for rule in RULES if rule != TRAIN}
    assert {name: step for name, step in called.items() if not name.startswith("train_batch_")} == stated
    assert {step for name, step in called.items() if name.startswith("train_batch_")} == {"train"}


def test_every_job_runs_again_when_its_settings_or_its_code_change(asked, tmp_path):
    for job in asked["jobs"]:
        given = arguments_of(job, tmp_path)
        compared = [word for value in job["triggers"] for word in (value, *shlex.split(value))]
        for option in ("--settings", "--code"):
            assert given[given.index(option) + 1] in compared, f"{job['rule']}: {option}"


def test_where_files_lie_is_no_reason_to_run_a_job_again(asked):
    for job in asked["jobs"]:
        assert not [value for value in job["triggers"] if HOSTILE in value], job["rule"]


def test_the_oldest_snakemake_that_is_let_in_has_all_that_the_rules_use(asked):
    files = [ROOT / "Snakefile", ROOT / "prepare.smk", *(ROOT / "rules").glob("*.smk")]
    stated = {line for path in files[:2] for line in re.findall(r'^min_version\("(.*)"\)', path.read_text(), re.M)}
    assert len(stated) == 1
    locked = re.search(r"^snakemake==(.*)$", (ROOT / "requirements.lock").read_text(), re.M)[1]
    least, most = (tuple(map(int, version.split("."))) for version in (*stated, locked))
    written = {word for path in files for word in re.findall(r"^ *([a-z_]+):", path.read_text(), re.M)}
    used = written & set(asked["directives"])
    assert used - set(LATE) <= EARLY, "a directive that is new here: say since which version Snakemake has it"
    assert max(ATTRIBUTES, *(LATE[word] for word in used & set(LATE))) <= least <= most


def test_the_targets_ask_for_a_file_of_every_folder_that_a_job_of_a_study_leaves(asked):
    """Otherwise nothing makes again what was deleted."""
    named = asked["targets"] | {str(Path(path).parent) for path in asked["targets"]}
    unasked = {
        job["rule"]
        for job in asked["jobs"]
        if not all({path, str(Path(path).parent)} & named for path in job["output"])
    }
    assert unasked == {"synthesise", "download", "fetch_weights"}


def test_every_argument_arrives_whole_and_nothing_else_is_executed(asked, tmp_path):
    for job in asked["jobs"]:
        given = arguments_of(job, tmp_path)
        paths = {*job["input"], *job["output"], *job["log"]}
        folders = {str(parent) for path in paths for parent in Path(path).parents}
        by_hand = {f"{folder}/by_hand" for folder in folders}
        known = paths | folders | by_hand | {*asked["given"], job["params"].get("settings"), job["params"].get("code")}
        for word in given:
            if not WORD.fullmatch(word) and word not in known and re.sub(r"^[a-z0-9_]+=", "", word) not in known:
                assert job["rule"].startswith("train"), f"{job['rule']}: {word!r}"
                assert (word.startswith("{") and json.loads(word)) or re.fullmatch("[0-9a-f]{64}", word), (
                    f"{job['rule']}: {word!r}"
                )
        assert set(job["log"]) <= set(given), job["rule"]
        for path in job["output"]:
            assert {path, *map(str, Path(path).parents)} & set(given), f"{job['rule']}: {path}"
    assert not list(tmp_path.iterdir())


def test_every_field_of_a_command_is_quoted_or_made_of_quoted_words(asked):
    for name, rule in asked["rules"].items():
        for _, field, spec, _ in string.Formatter().parse(rule["shell"] or ""):
            if field and field != "threads" and field.removeprefix("params.") not in READY:
                assert spec == "q", f"{name}: {field} is not quoted"
