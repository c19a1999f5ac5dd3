"""Files that appear whole or not at all, and the digests that identify them."""

import errno
import hashlib
import json
import os
import re
import shlex
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Any

from workflow_scripts.runtime.errors import NoFileError, UserError
from workflow_scripts.runtime.locks import exclusive
from workflow_scripts.runtime.results_layout import remedy

# In the names of files that are not yet whole, which begin with a dot; .gitignore and .dvcignore name it too.
UNFINISHED = ".unfinished"
# In a sealed file: sha256 of all else that it holds.
SEAL = "record_sha256"


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the folder of `path`; rename it onto `path` when the block ends without an error.

    One name for each `path`, so that what a killed process has left is written over. While another process writes to
    it, this one waits. The suffix is kept, because libraries choose a format by it. Missing parent folders are made.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}{UNFINISHED}{path.suffix}")
    with exclusive(temporary):
        _sweep(path)
        try:
            with named_when_full(path):
                yield temporary
            temporary.replace(path)
        except IsADirectoryError:
            temporary.unlink(missing_ok=True)
            raise _no_file(path) from None
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def _sweep(path: Path) -> None:
    """Remove what killed processes left beside `path` when each took a name of its own."""
    left = re.compile(rf"\.{re.escape(path.stem)}-[a-z0-9_]{{8}}{re.escape(path.suffix)}")
    for entry in os.scandir(path.parent):
        if left.fullmatch(entry.name):
            Path(entry).unlink(missing_ok=True)


@contextmanager
def named_when_full(path: Path) -> Iterator[None]:
    """Let the error of a full disk name the file that was being written: libraries write to an open handle.

    NumPy says of it only how much was asked for and written, without the system's number.
    """
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        unsaid = error.errno is None and "written" in str(error)
        if not full and not unsaid:
            raise
        number = error.errno or errno.ENOSPC
        raise OSError(number, os.strerror(number), str(path)) from error


@contextmanager
def open_file(path: Path) -> Iterator[BufferedReader]:
    """Open a regular file for reading; links to one are followed.

    Raises NoFileError for what else may lie there: to read a pipe never ends, nor do some devices. OSError as `open`.
    """
    try:
        # Without waiting for who writes into a pipe; of a regular file it changes nothing.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.ENXIO):
            raise
        raise _no_file(path) from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise _no_file(path)
    with open(handle, "rb") as opened:
        yield opened


def _no_file(path: Path) -> NoFileError:
    name = shlex.quote(str(path))
    return NoFileError(
        f"{path} is no file, but a folder, a pipe or a device; `rm -r {name}`, then {remedy(Path(path))}"
    )


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` atomically, as UTF-8 with the line ends it has."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def write_bytes(path: Path, *parts: bytes | memoryview) -> None:
    """Write a file of these parts, one after the other, atomically."""
    with atomic_path(path) as temporary, open(temporary, "wb") as handle:
        for part in parts:
            handle.write(part)


def canonical_json(value: Any) -> str:
    """One string per value: keys sorted, no spaces, non-ASCII kept; NaN is refused (ValueError)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON with sorted keys, so that equal values are equal bytes."""
    write_text(path, json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file; a missing or broken one raises UserError that names it."""
    try:
        with open_file(path) as handle:
            return json.loads(handle.read().decode("utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path} is missing; {remedy(Path(path))}") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is not valid JSON ({error}); delete it, {remedy(Path(path))}") from None


def sealed(content: dict[str, Any]) -> dict[str, Any]:
    """The content with a digest of itself, under SEAL; one that it has is replaced."""
    rest = {key: value for key, value in content.items() if key != SEAL}
    return {**rest, SEAL: digest_text(canonical_json(json.loads(json.dumps(rest))))}


def write_sealed(path: Path, content: dict[str, Any]) -> None:
    """Write the content with a digest of itself, atomically."""
    write_json(path, sealed(content))


def read_sealed(path: Path) -> dict[str, Any]:
    """Read a file that write_sealed wrote; UserError if it is missing, broken, or not as it was written."""
    try:
        content = read_json(path)
    except NoFileError:
        raise
    except UserError:
        state = "is not valid JSON any more" if path.exists() else "is missing"
        raise UserError(f"{path} {state}; {remedy(path)}") from None
    if not isinstance(content, dict) or content.get(SEAL) != sealed(content)[SEAL]:
        raise UserError(f"{path} has changed since it was written: it does not fit its own {SEAL}; {remedy(path)}")
    return content


def digest_text(text: str) -> str:
    """Hexadecimal sha256 of a text."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def digest_file(path: Path) -> str:
    """Hexadecimal sha256 of a file's bytes, read in blocks; NoFileError as open_file."""
    with open_file(path) as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def whole(path: Path, *names: str) -> dict[str, Any] | None:
    """What the sealed file `path` holds, once each of `names` beside it is what its `outputs` say; None otherwise."""
    try:
        content = read_sealed(path)
        outputs = content.get("outputs", {})
        return content if all(outputs.get(name) == digest_file(path.with_name(name)) for name in names) else None
    except (UserError, FileNotFoundError):
        return None
