"""What is taken from Snakemake's inside is there, in the version that was read; test_guard.py: what it records."""

import errno
import logging
import os
import re
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import pytest
from snakemake.exceptions import MissingRuleException, ProtectedOutputException, format_exception_to_string
from snakemake.settings.types import ConfigSettings, ResourceSettings

from workflow_scripts.settings import snakemake_internals as internals

ROOT = Path(__file__).resolve().parents[2]


class Workflow:
    """The parts of a workflow that are asked for, made by Snakemake's own classes."""

    def __init__(self):
        self.resource_settings = ResourceSettings(
            overwrite_threads={"train": "3"}, overwrite_resources={"train": {"mem_mb": 5}}
        )
        self.config_settings = ConfigSettings(config={"seed": 3})
        self.rules = [SimpleNamespace(name=name) for name in ("ingest", "cvm_cervix", "cvm_cervix_data")]


def test_the_version_that_was_read_is_the_pinned_one():
    pinned = re.search(r"^snakemake==(.*)$", (ROOT / "requirements.lock").read_text(), re.M)[1]
    assert internals.READ_IN == pinned == version("snakemake")
    for name in ("Snakefile", "prepare.smk"):
        assert f'min_version("{internals.OLDEST}")' in (ROOT / name).read_text()


def test_a_rule_gets_what_the_command_line_gives_to_another_and_keeps_what_it_has():
    workflow = Workflow()
    settings = workflow.resource_settings
    internals.give_resources_of(workflow, "train", "train_batch_a_b_0")
    internals.give_resources_of(workflow, "explain", "other")
    for given in (settings._parsed_overwrite_threads, settings._parsed_overwrite_resources):
        assert given["train_batch_a_b_0"] == given["train"] and "other" not in given
    settings._parsed_overwrite_threads["mine"] = 7
    internals.give_resources_of(workflow, "train", "mine")
    assert settings._parsed_overwrite_threads["mine"] == 7


def test_the_settings_of_the_command_line_come_without_those_of_the_snakefile():
    assert internals.given_settings(Workflow()) == ({"seed": 3}, [])


@pytest.fixture()
def explained():
    """What Snakemake's logger makes of an error, once errors are explained."""
    logger = logging.getLogger("snakemake.logging")
    before = list(logger.filters)
    internals.explain_errors(Workflow())

    def message(exception: str, *error: str) -> str:
        record = logging.LogRecord("snakemake.logging", logging.ERROR, "", 0, *error, None)
        record.exception = exception
        assert logger.filter(record)
        return record.getMessage()

    yield message
    logger.filters[:] = before


def test_a_locked_folder_is_named_with_the_command_that_unlocks_it(explained):
    assert "`make resume` (with its CONFIG and TARGET)" in explained("LockException", "%s is broken", ("x",))
    assert explained("OtherException", "%s is broken", ("x",)) == "x is broken"


@pytest.mark.parametrize(
    ("target", "begins"),
    [
        ("cvm_cervx_data", "error: nothing makes cvm_cervx_data; did you mean cvm_cervix_data? `snakemake --list`"),
        (
            "my_cells",
            "error: nothing makes my_cells; `snakemake --list` names what can be made; of a study of your own",
        ),
    ],
)
def test_a_target_that_there_is_none_of_is_one_line_with_what_may_be_meant(explained, target, begins):
    said = explained("MissingRuleException", f"MissingRuleException:\n{MissingRuleException(target)}", ())
    assert said.startswith(begins) and said.endswith(": --configfile FILE") and "\n" not in said


def test_results_that_cannot_be_written_are_one_line_with_the_first_file(explained):
    job = SimpleNamespace(
        output=["r/a.json"], wildcards={}, rule=SimpleNamespace(name="train", lineno=1, snakefile="x")
    )
    error = ProtectedOutputException(job, ["r/a.json", "r/b.json"])
    said = explained("ProtectedOutputException", f"ProtectedOutputException in rule train:\n{error}", ())
    assert said.startswith("error: r/a.json is to be made again and cannot be written; ") and "\n" not in said


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC, errno.EACCES])
def test_a_file_system_that_takes_nothing_more_is_one_line(explained, number):
    try:
        raise OSError(number, os.strerror(number), "results/mine/truth.csv")
    except OSError as error:
        said = explained(type(error).__name__, format_exception_to_string(error), ())
    assert said.startswith(f"error: results/mine/truth.csv cannot be written ({os.strerror(number)}); make room")
    assert "\n" not in said
