"""What every entry point shares: arguments, log, one line for a user's mistake.

A rule calls `python -m workflow_scripts.<step> --settings JSON --code DIGEST --log FILE …`. Settings arrive resolved
and validated; a step parses them into its block (contracts.step_settings, kinds.step_settings).
"""

import argparse
import errno
import itertools
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NoReturn, TextIO

# One job beside another must not spin on the cores while it waits: five times the throughput, the same bytes.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

from workflow_scripts.runtime.addresses import without_secrets
from workflow_scripts.runtime.errors import OutOfTimeError, UserError
from workflow_scripts.runtime.locks import lock
from workflow_scripts.runtime.processes import stoppable
from workflow_scripts.runtime.run_address import FoldSeed

log = logging.getLogger("workflow_scripts")
# What a message of a job asks of the console that it shares with others.
PROGRESS, ALWAYS = "progress", "always"
# Of a job's progress, the console of the workflow shows a line every so often.
PROGRESS_SECONDS = 10.0
# When this process began, on the clock of time.monotonic(), but for the start of Python.
STARTED = time.monotonic()


class StepParser(argparse.ArgumentParser):
    """Says what it refuses in the job's log as well, where the end of a failed workflow looks for it."""

    def error(self, message: str) -> NoReturn:
        """Exit with status 2, after the usage and one line."""
        step = Path(sys.argv[0]).stem
        line = f"error: {step}: {message}; `python -m workflow_scripts.{step} --help` says what it takes"
        start = sys.argv.index("--log") + 1 if "--log" in sys.argv else len(sys.argv)
        for name in itertools.takewhile(lambda word: not word.startswith("--"), sys.argv[start:]):
            if Path(name).parent.is_dir():
                with open(name, "a", encoding="utf-8") as file:
                    file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} ERROR {line}\n")
        super().error(message)


def parser(description: str) -> argparse.ArgumentParser:
    """Argument parser with what every step takes: --settings, --code, --log."""
    step_parser = StepParser(
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        conflict_handler="resolve",  # a step may take several logs
    )
    step_parser.add_argument(
        "--settings", required=True, type=json.loads, help="resolved settings of this step, as JSON"
    )
    step_parser.add_argument("--code", default="", help="digest of the step's code, kept in the record")
    step_parser.add_argument("--log", type=Path, help="log file; tracebacks go there only")
    return step_parser


def fold_parser(description: str, *folders: str, device: bool = True, masks: bool = True) -> argparse.ArgumentParser:
    """Parser of a step that works on one fold: --dataset, --arrays, --split, further `folders`, --device, --masks."""
    step_parser = parser(description)
    for name in ("--dataset", "--arrays", "--split", *folders):
        step_parser.add_argument(name, type=Path, required=True)
    if device:
        step_parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    if masks:
        step_parser.add_argument(
            "--masks", type=Path, metavar="FILE", help="masks of the pixels, where the network has them"
        )
    return step_parser


def job_folder(text: str) -> Path:
    """For arguments that name the folder of a fold and seed; any other name is refused."""
    try:
        FoldSeed.parse(Path(text).name)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return Path(text)


def job_settings(settings: dict[str, Any], folder: Path) -> dict[str, Any]:
    """A run's settings with fold and seed of such a folder."""
    address = FoldSeed.parse(folder.name)
    return {**settings, "fold": address.fold, "seed": address.seed}


class _Shown(logging.Formatter):
    """Lines without passwords: messages and tracebacks pass on what libraries and servers say."""

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


class _Console(logging.StreamHandler[TextIO]):
    """The console of a step, which several may share.

    Of a job of the workflow, which has a log of its own, it shows warnings, errors, what is marked by
    `extra={"console": ALWAYS}`, and of what is marked PROGRESS a line every PROGRESS_SECONDS, with the words of the job
    before it. Of a step that somebody calls it shows everything.
    """

    def __init__(self) -> None:
        super().__init__(sys.stderr)
        self.job = ""
        self.last_progress = float("-inf")
        self.setFormatter(_Shown("%(message)s"))

    def filter(self, record: logging.LogRecord) -> bool:
        """No tracebacks; of a job, what is worth a line beside those of others."""
        if record.exc_info:
            return False
        shown = getattr(record, "console", None)
        if not self.job or record.levelno >= logging.WARNING or shown == ALWAYS:
            return True
        if shown != PROGRESS or time.monotonic() - self.last_progress < PROGRESS_SECONDS:
            return False
        self.last_progress = time.monotonic()
        return True

    def format(self, record: logging.LogRecord) -> str:
        """The line; whose it is, is said of progress."""
        line = super().format(record)
        return f"{self.job} | {line}" if self.job and hasattr(record, "console") else line


def start_log() -> None:
    """Send messages to the console."""
    log.setLevel(logging.INFO)
    log.propagate = False
    log.addHandler(_Console())


def job_words(path: Path | None) -> str:
    """Whose log it is, in few words: `logs/S/runs/P/R/fold0-seed0/train.log` is `S: R (P, fold0-seed0)`."""
    if path is None:
        return ""
    study, *within = path.parts[1:-1] or ("",)
    if within[:1] == ["runs"] and len(within) >= 3:
        _, protocol, *run = within
        return f"{study}: {run[0]} ({', '.join([protocol, *run[1:]])})"
    return " ".join([study, *within, path.stem]).strip()


@contextmanager
def alone(path: Path | None) -> Iterator[None]:
    """Send messages to the log file `path` as well, with time, once no other process does this very job.

    A job outlives a Snakemake that was killed: its successor waits, so that neither's files end up among the other's.
    """
    if path is None:
        yield
        return
    with lock(path.with_suffix(".lock"), f"the job of {path}", wait=True):
        file = logging.FileHandler(path, mode="w", encoding="utf-8")
        file.setFormatter(_Shown("%(asctime)s %(levelname)s %(message)s"))
        log.addHandler(file)
        try:
            yield
        finally:
            log.removeHandler(file)
            file.close()


def run(main: Callable[[argparse.Namespace], None], arguments: argparse.Namespace) -> None:
    """Run a step: exit 1 with one line for what a user can mend, with the log's name for a bug."""
    run_each(main, [arguments])


def run_each(main: Callable[[argparse.Namespace], None], jobs: Iterable[argparse.Namespace]) -> None:
    """Run a step for one job after the other, each with its own log; exit as `run` when any of them fails.

    One that fails lets the others run; one that is interrupted or runs out of time ends them all.
    """
    start_log()
    failed = 0
    try:
        with stoppable():
            for job in jobs:
                # What is said of an error goes to the job's log as well.
                with ExitStack() as held:
                    code, last = _run(main, job, held)
                failed = code or failed
                if last:
                    break
    except KeyboardInterrupt:  # between two jobs
        failed = _interrupted()
    if failed:
        sys.exit(failed)


def _interrupted() -> int:
    log.error("error: interrupted; the next run continues")
    return 130


def os_error_words(error: OSError) -> str:
    """What the system refused, on which file, and of a full disk what to do."""
    where = f": {error.filename}" if error.filename else ""
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return f"{error.strerror or error}{where}"
    return f"{error.strerror}{where}; make room there and run the same command again, what is finished stays"


def out_of_memory(error: Exception) -> bool:
    """Whether memory was too little; torch says so in words."""
    words = str(error).lower() if isinstance(error, RuntimeError) else ""
    return isinstance(error, MemoryError) or "out of memory" in words or "allocate memory" in words


def memory_words(error: Exception) -> str:
    """That there was too little memory, how much was asked for where that is known, and what to do."""
    step = Path(sys.argv[0]).stem
    asked = f" ({str(error).splitlines()[0]})" if str(error) else ""
    return (
        f"too little memory for the step {step}{asked}; run fewer jobs side by side (--cores 1), on a cluster give its "
        "rule more memory, or set a smaller preprocess.size"
    )


def _run(
    main: Callable[[argparse.Namespace], None], arguments: argparse.Namespace, held: ExitStack
) -> tuple[int, bool]:
    """Exit status, and whether nothing else may begin."""
    try:
        held.enter_context(alone(arguments.log))
        for console in log.handlers:
            if isinstance(console, _Console):
                # Only a rule gives the digest of a step's code.
                console.job = job_words(arguments.log) if getattr(arguments, "code", "") else ""
        main(arguments)
        return 0, False
    except UserError as error:
        log.error("error: %s", error)
        return 1, isinstance(error, OutOfTimeError)
    except KeyboardInterrupt:
        return _interrupted(), True
    except OSError as error:
        log.error("traceback", exc_info=True)
        log.error("error: %s", os_error_words(error))
        return 1, False
    except Exception as error:
        log.error("traceback", exc_info=True)
        if out_of_memory(error):
            log.error("error: %s", memory_words(error))
            return 1, False
        log.error("error: %s: %s; this is a bug, the traceback is in %s", type(error).__name__, error, arguments.log)
        return 1, False
