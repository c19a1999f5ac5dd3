"""What Snakemake says on the console: a line a job with how many are done and the time left; what failed comes last.

The interface is Snakemake's for logger plugins (snakemake_logger_plugin_cervix at the top of the project). What is
left out here is in Snakemake's own log, .snakemake/log, and in the logs of the jobs.
"""

import sys
import time
from dataclasses import dataclass
from logging import WARNING, LogRecord
from typing import TextIO

from snakemake.logging import DefaultFormatter
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from workflow_scripts.console.changed_settings import short_reason
from workflow_scripts.console.time_left import TimeLeft, minutes

# Seconds between two lines of jobs that end one after the other; those in between are counted.
PAUSE = 4.0
# Jobs that take longer than this have a line of their own however fast lines follow each other.
LONG = 20.0
# What a page's file is called.
PAGES = (".html",)
# Said by Snakemake of every run, and of no help: each is in its log.
_NOISE = (
    "Using workflow specific profile",
    "Assuming unrestricted shared filesystem",
    "host:",
    "Building DAG of jobs",
    "Using shell:",
    "Provided cores:",
    "Provided resources:",
    "Provided remote nodes:",
    "Rules claiming more threads",
    "Conda environments: ignored",
    "Singularity containers: ignored",
    "Select jobs to execute",
    "Execute ",
)
# Said of a run that failed, also as errors: one line a job that failed says more.
_SAID_BETTER = (
    "Complete log",
    "Shutting down, this might take some time",
    "Exiting because a job execution failed",
    "At least one job did not complete successfully",
    "WorkflowError:\nAt least one job did not complete",
    "RuleException:\nCalledProcessError",
    "Workflow finished with",
    "Removing output files of failed job",
    "Reasons:",
)
_SILENT_EVENTS = (LogEvent.RESOURCES_INFO, LogEvent.WORKFLOW_STARTED, LogEvent.RULEGRAPH)


@dataclass(frozen=True)
class _Job:
    words: str
    outputs: tuple[str, ...]
    began: float


class LogHandler(LogHandlerBase):
    """Writes to the console what a person wants to know while a workflow runs."""

    def __post_init__(self) -> None:
        self.stream: TextIO = sys.stdout if self.common_settings.stdout else sys.stderr
        self.default = DefaultFormatter(self.common_settings.quiet, self.common_settings.show_failed_logs)
        self.began = time.monotonic()
        self.time_left = TimeLeft(self.began)
        self.jobs: dict[int, _Job] = {}
        self.ended: list[_Job] = []
        self.done = self.total = 0
        self.last_line = float("-inf")
        self.has_page = False
        self.reasons: set[str] = set()
        self.last_words: list[str] = []

    @property
    def writes_to_stream(self) -> bool:
        """It is the console."""
        return True

    @property
    def writes_to_file(self) -> bool:
        """Snakemake keeps its own log."""
        return False

    @property
    def has_filter(self) -> bool:
        """Snakemake's own filter knows --quiet."""
        return False

    @property
    def has_formatter(self) -> bool:
        """It says most in words of its own."""
        return True

    @property
    def needs_rulegraph(self) -> bool:
        """Nothing is drawn."""
        return False

    def emit(self, record: LogRecord) -> None:
        """Say what is worth a line."""
        try:
            self._emit(record)
        except BrokenPipeError:
            raise
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        """Say what was kept for the end: what failed comes last."""
        self._say_ended()
        for text in self.last_words:
            self._write(text)
        self.last_words = []
        super().close()

    def say_last(self, text: str) -> None:
        """Keep a text for the end of all."""
        self.last_words.append(text)

    def _emit(self, record: LogRecord) -> None:
        event = getattr(record, "event", None)
        if self.common_settings.dryrun:
            self._plan(record, event)
        elif event == LogEvent.RUN_INFO:
            jobs_by_rule = dict(getattr(record, "stats", {}))
            self.total = int(jobs_by_rule.pop("total", 0))
            self.time_left.plan(jobs_by_rule)
            self._write(f"{self.total} {'job' if self.total == 1 else 'jobs'}; what each says is in logs/")
        elif event == LogEvent.JOB_INFO:
            self._begin(record)
        elif event == LogEvent.JOB_FINISHED:
            self._end(record)
        elif event == LogEvent.PROGRESS:
            self.done, self.total = record.__dict__["done"], record.__dict__["total"]
            self._say_ended(pause=PAUSE)
        elif event in (LogEvent.JOB_ERROR, LogEvent.GROUP_ERROR):
            self._failed(record)
        elif event not in _SILENT_EVENTS:
            self._pass_on(record)

    def _plan(self, record: LogRecord, event: LogEvent | None) -> None:
        """Of a dry run: what would run, and which setting changed; the table of rules as Snakemake has it."""
        if event == LogEvent.JOB_INFO:
            reason = short_reason(record.__dict__["reason"])
            self._write(_words(record) + (f" ({reason})" if reason else ""))
            first, *further = [str(name) for name in record.__dict__["output"]] or [""]
            if first:
                self._write(f"    {first}" + (f" and {len(further)} more" if further else ""))
        elif event == LogEvent.RUN_INFO:
            self._write(record.getMessage())
        elif event not in _SILENT_EVENTS:
            self._pass_on(record)

    def _begin(self, record: LogRecord) -> None:
        values = record.__dict__
        outputs = tuple(str(name) for name in values["output"])
        now = time.monotonic()
        self.jobs[values["jobid"]] = _Job(_words(record), outputs, now)
        self.time_left.begin(values["jobid"], str(values["rule_name"]), now)
        reason = short_reason(values["reason"])
        if reason and reason not in self.reasons:
            self.reasons.add(reason)
            self._write(f"again: {_words(record)} ({reason})")

    def _end(self, record: LogRecord) -> None:
        job = self.jobs.pop(record.__dict__["job_id"], None)
        if job is not None:
            self.ended.append(job)
            self.time_left.end(record.__dict__["job_id"], time.monotonic())

    def _say_ended(self, pause: float = 0.0) -> None:
        """One line of the jobs that ended since the last one; a page that is ready and a long job are not kept back."""
        if not self.ended:
            return
        now, job = time.monotonic(), self.ended[-1]
        pages = [name for ended in self.ended for name in ended.outputs if name.endswith(PAGES)]
        if now - self.last_line < pause and now - job.began < LONG and not pages and self.done < self.total:
            return
        left = ""
        if 0 < self.done < self.total and now - self.began > 2 * PAUSE:
            words = self.time_left.words(now)
            left = f", {words} left" if words else ""
        further = f" (and {len(self.ended) - 1} more)" if len(self.ended) > 1 else ""
        took = f", {minutes(now - job.began)}" if now - job.began >= 1 else ""
        self._write(f"[{self.done:>{len(str(self.total))}}/{self.total}{left}] {job.words}{took}{further}")
        for page in pages:
            self._write(f"{'a page is ready' if self.has_page else 'first page is ready'}: {page}")
            self.has_page = True
        self.last_line, self.ended = now, []

    def _failed(self, record: LogRecord) -> None:
        job = self.jobs.pop(record.__dict__.get("jobid", -1), None)
        self.time_left.fail(record.__dict__.get("jobid", -1))
        logs = ", ".join(map(str, record.__dict__.get("log") or ()))
        words = job.words if job else record.getMessage()
        self._write(f"failed: {words}" + (f"; its log: {logs}" if logs else ""))

    def _pass_on(self, record: LogRecord) -> None:
        text = self.default.format(record).strip()
        if not text or text.startswith(_SAID_BETTER) or (record.levelno < WARNING and text.startswith(_NOISE)):
            return
        self._write(text)

    def _write(self, text: str) -> None:
        self.stream.write(f"{text}\n")
        self.stream.flush()


def _words(record: LogRecord) -> str:
    return str(record.__dict__["rule_msg"] or record.__dict__["rule_name"])
