"""What a person reads while a workflow runs."""

import io
import logging
from dataclasses import dataclass, field

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_cervix import LogHandler
from workflow_scripts.console import handler as module
from workflow_scripts.console.changed_settings import short_reason
from workflow_scripts.runtime.files import canonical_json


@dataclass
class Output:
    """What a command line says of the output."""

    dryrun: bool = False
    stdout: bool = False
    show_failed_logs: bool = False
    quiet: set = field(default_factory=set)


class Console:
    """A console with a clock that a test sets."""

    def __init__(self, monkeypatch, **output):
        self.now = 0.0
        monkeypatch.setattr(module.time, "monotonic", lambda: self.now)
        self.handler = LogHandler(Output(**output), None)
        self.handler.stream = io.StringIO()

    def tell(self, event=None, level=logging.INFO, message="", **values):
        record = logging.LogRecord("snakemake", level, "", 0, message, (), None)
        record.__dict__.update(values, event=event)
        self.handler.emit(record)

    def plan(self, total):
        self.tell(LogEvent.RUN_INFO, stats={"train": total, "total": total}, message="Job stats: a table")

    def begin(self, number, words, reason="Missing output files: a", output=()):
        about = {"rule_msg": words, "rule_name": "train", "reason": reason, "output": list(output)}
        self.tell(LogEvent.JOB_INFO, jobid=number, **about)

    def end(self, number, done, total):
        self.tell(LogEvent.JOB_FINISHED, job_id=number)
        self.tell(LogEvent.PROGRESS, done=done, total=total)

    @property
    def lines(self):
        return self.handler.stream.getvalue().splitlines()


@pytest.fixture
def console(monkeypatch):
    shown = Console(monkeypatch)
    shown.plan(10)
    return shown


def test_a_job_is_one_line_with_how_many_are_done_and_the_time_left(console):
    console.begin(1, "cells: train cvm (published, fold 0, seed 0)")
    console.now = 30
    console.end(1, 1, 10)
    assert console.lines[1:] == ["[ 1/10, about 4 min left] cells: train cvm (published, fold 0, seed 0), 30 s"]


def test_jobs_that_end_together_share_a_line_and_none_is_lost(console):
    for number in range(1, 10):
        console.begin(number, f"job {number}")
        console.now += 1
        console.end(number, number, 10)
    console.begin(10, "the last")
    console.end(10, 10, 10)
    lines = console.lines[1:]
    assert lines[0].endswith("job 1, 1 s") and lines[-1].startswith("[10/10] the last")
    further = sum(int(line.split("(and ")[1].split()[0]) for line in lines if "(and " in line)
    assert len(lines) < 5 and len(lines) + further == 10


def test_a_page_that_is_ready_is_named_at_once(console):
    console.begin(1, "a job")
    console.end(1, 1, 10)
    console.begin(2, "write the report", output=["results/cells/report.html"])
    console.end(2, 2, 10)
    console.begin(3, "write the index", output=["results/index.html"])
    console.end(3, 3, 10)
    assert console.lines[-4:] == [
        "[ 2/10] write the report",
        "first page is ready: results/cells/report.html",
        "[ 3/10] write the index",
        "a page is ready: results/index.html",
    ]


def test_a_changed_setting_is_told_once_as_what_changed(console):
    reason = (
        "Params have changed since last execution: Union of exclusive params before and now across all output: "
        """before: 'cvm {"train":{"epochs":8,"rate":0.1}}' now: 'cvm {"train":{"epochs":9,"rate":0.1}}' """
    )
    console.begin(1, "train cvm", reason)
    console.begin(2, "train deit", reason)
    assert console.lines[1:] == ["again: train cvm (changed: train.epochs: 8 → 9)"]


def test_changed_code_is_told_as_that_and_not_as_another_call():
    def reason(*changes):
        before, now = (",".join(texts) for texts in zip(*changes, strict=True))
        return f"Params have changed since last execution: Union of … output: before: {before} now: {now} "

    code, size, call = (f"'{'0a' * 32}'", f"'{'0b' * 32}'"), ("""'{"size":8}'""", """'{"size":9}'"""), ("'-x'", "'-y'")
    assert short_reason(reason(code)) == "its code changed"
    assert short_reason(reason(code, size)) == "changed: size: 8 → 9; its code changed"
    assert short_reason(reason(call)) == "changed: how it is called"


@pytest.mark.parametrize("name", ["Größe", "it's", 'the "b"', 'it\'s "b"', "a\\b", "two\nlines", "{a}"])
def test_a_changed_setting_is_told_whatever_signs_stand_in_the_others(name):
    before, now = (repr(canonical_json({"labels": {name: "x"}, "size": size})) for size in (8, 9))
    reason = f"Params have changed since last execution: Union of … output: before: 'z',{before} now: 'y',{now} "
    assert short_reason(reason) == "changed: size: 8 → 9"


def test_what_failed_comes_last_after_all_that_is_said_behind_it(console):
    console.begin(1, "cells: read the raw files")
    console.tell(LogEvent.JOB_ERROR, logging.ERROR, "Error in rule ingest", jobid=1, log=["logs/cells/ingest.log"])
    console.tell(level=logging.ERROR, message="RuleException:\nCalledProcessError in file data.smk, line 49:\nCommand")
    console.handler.say_last("logs/cells/ingest.log: error: the folder x is empty")
    console.tell(message="Complete log(s): .snakemake/log/x.log")
    console.tell(LogEvent.ERROR, logging.ERROR, "WorkflowError:\nAt least one job did not complete successfully.")
    console.tell(level=logging.WARNING, message="the disk is nearly full")
    console.handler.close()
    assert console.lines[1:] == [
        "failed: cells: read the raw files; its log: logs/cells/ingest.log",
        "the disk is nearly full",
        "logs/cells/ingest.log: error: the folder x is empty",
    ]


def test_a_dry_run_lists_its_jobs_and_the_table_of_rules(monkeypatch):
    console = Console(monkeypatch, dryrun=True)
    console.plan(1)
    console.begin(1, "cells: train cvm", "Forced execution", ["weights", "history"])
    console.tell(LogEvent.SHELLCMD, message="", cmd="python -m train")
    assert console.lines == [
        "Job stats: a table",
        "cells: train cvm (asked for)",
        "    weights and 1 more",
        "python -m train",
    ]


def test_no_line_is_lost_that_is_not_known_to_be_noise(console):
    console.tell(message="Nothing to be done (all requested files are present and up to date).")
    console.tell(message="Select jobs to execute...")
    console.tell(level=logging.ERROR, message="Missing input files for rule ingest")
    assert console.lines[1:] == [
        "Nothing to be done (all requested files are present and up to date).",
        "Missing input files for rule ingest",
    ]
