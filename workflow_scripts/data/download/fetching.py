"""One file over HTTP: continued where it broke off, checked, and there whole or not at all."""

import hashlib
import http.client
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from workflow_scripts.data.download.space import no_space_is_a_line, room_for
from workflow_scripts.runtime.entry import log
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import read_json, write_json
from workflow_scripts.runtime.locks import lock

AGENT = "cervix-reproducibility (research; Python urllib)"
BLOCK = 1 << 20
# Answers that another attempt may change.
PASSING = (408, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Patience:
    """How long to wait for a server: `timeout` seconds of silence; `tries` attempts in a row that bring nothing.

    Between attempts it waits `pause` seconds, twice as long each time.
    """

    timeout: float = 60.0
    tries: int = 5
    pause: float = 2.0


PATIENT = Patience()


@dataclass(frozen=True)
class Expected:
    """What the publisher states of a file: `size` in bytes, `sha256`, `md5`; None where it states nothing."""

    size: int | None = None
    sha256: str | None = None
    md5: str | None = None


class _BrokenOffError(Exception):
    """An attempt ended early; the next may continue."""


def fetch(url: str, target: Path, expected: Expected, patience: Patience = PATIENT) -> str:
    """Fetch `url` to `target` and return its sha256; what a broken attempt left in `<target>.part` is continued.

    Continues only a file that the server proves unchanged (ETag or Last-Modified); otherwise it begins again. Raises
    UserError when the server refuses or stays away, when the disk is full, when another process fetches the same file,
    and when size or digest are not those expected; in the last case nothing is left behind.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise UserError(f"{url} is no http or https address")
    part = target.with_name(f"{target.name}.part")
    with lock(target.with_name(f"{target.name}.lock"), str(target)):
        log.info("fetching %s", url)
        _persist(url, part, expected, patience)
        sha256 = check(part, expected, url)
        part.replace(target)
        _facts(part).unlink(missing_ok=True)
    return sha256


def _persist(url: str, part: Path, expected: Expected, patience: Patience) -> None:
    """Attempts until `part` is whole, or until too many in a row brought nothing: UserError."""
    idle = 0
    while True:
        before = _length(part)
        try:
            with no_space_is_a_line(part.parent):
                _attempt(url, part, expected, patience)
            return
        except _BrokenOffError as error:
            idle = 1 if _length(part) > before else idle + 1
            if idle >= patience.tries:
                raise UserError(
                    f"{url} could not be fetched: {error}; {idle} attempts in a row brought nothing. When the network "
                    "or the server is back, `make prepare` (with your CONFIG) goes on from what is there"
                ) from None
            log.info("%s: %s; trying again", url, error)
            time.sleep(patience.pause * 2 ** (idle - 1))


def check(path: Path, expected: Expected, url: str) -> str:
    """The sha256 of a fetched file; where it is not what was expected the file is removed, with a UserError."""
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    with open(path, "rb") as handle:
        while block := handle.read(BLOCK):
            sha256.update(block)
            md5.update(block)
    digest = sha256.hexdigest()
    observed = {"size": path.stat().st_size, "sha256": digest, "md5": md5.hexdigest()}
    for key, value in observed.items():
        wanted = getattr(expected, key)
        if wanted is not None and wanted != value:
            path.unlink()
            _facts(path).unlink(missing_ok=True)
            raise UserError(
                f"{url}: {key} is {value}, {wanted} according to its publisher; the file was removed. `make "
                "prepare` (with your CONFIG) fetches it again; if it stays so, it has been changed at its address"
            )
    return digest


def fetch_json(url: str, patience: Patience = PATIENT, largest: int = 10_000_000) -> Any:
    """A JSON answer of at most `largest` bytes; UserError as `fetch`, and when it is no JSON."""
    for attempt in range(1, patience.tries + 1):
        try:
            with _open(Request(url, headers={"User-Agent": AGENT}), patience) as answer:
                return json.loads(_reading(answer, lambda answer: answer.read(largest)))
        except _BrokenOffError as error:
            if attempt == patience.tries:
                raise UserError(f"{url} could not be asked: {error}; later, `make prepare` asks again") from None
            time.sleep(patience.pause * 2 ** (attempt - 1))
        except HTTPError as error:
            raise UserError(f"{url}: the server answers {error.code} {error.reason}") from None
        except ValueError:
            raise UserError(f"{url} did not answer in JSON; the service may have changed") from None
    raise ValueError(f"{patience} allows no try")


def _attempt(url: str, part: Path, expected: Expected, patience: Patience) -> None:
    """One request; returns when `part` is whole, raises _BrokenOffError when it is not yet."""
    headers = {"User-Agent": AGENT, "Accept-Encoding": "identity"}
    there, facts = _length(part), _known(part, url)
    if there and facts.get("validator"):
        headers |= {"Range": f"bytes={there}-", "If-Range": facts["validator"]}
    try:
        answer = _open(Request(url, headers=headers), patience)
    except HTTPError as error:
        if error.code != 416:
            raise UserError(f"{url}: the server answers {error.code} {error.reason}; see the data set's page") from None
        if there == facts.get("total"):
            return  # it was whole when the process ended
        part.unlink()
        raise _BrokenOffError("the server has another file than before") from None
    with answer:
        start = there if answer.status == 206 else 0
        if start and not _continues(answer, start, facts):
            part.unlink()
            raise _BrokenOffError("the server went on with another file or at another place")
        length = answer.headers.get("Content-Length")
        total = start + int(length) if length and length.isdigit() else None
        if total is not None and expected.size is not None and total != expected.size:
            raise UserError(f"{url}: size is {total} bytes, {expected.size} according to its publisher; see its page")
        if not start:
            part.unlink(missing_ok=True)  # before the note below, which is not about these bytes
            write_json(_facts(part), {"url": url, "validator": _validator(answer), "total": total})
        room_for((total or expected.size or 0) - start, part.parent)
        _receive(answer, part, start, total)
    if total is not None and _length(part) < total:
        raise _BrokenOffError(f"the connection ended after {_length(part)} of {total} bytes")


def _receive(answer: http.client.HTTPResponse, part: Path, start: int, total: int | None) -> None:
    """Append the answer to the first `start` bytes of `part`, with a bar on a terminal."""
    from tqdm import tqdm

    bar = tqdm(total=total, initial=start, unit="B", unit_scale=True, desc=part.stem, disable=None, leave=False)
    with open(part, "r+b" if start else "wb") as handle, bar:
        handle.seek(start)
        while block := _reading(answer, lambda answer: answer.read1(BLOCK)):
            handle.write(block)
            bar.update(len(block))
        handle.truncate()
        handle.flush()
        os.fsync(handle.fileno())


def _open(request: Request, patience: Patience) -> http.client.HTTPResponse:
    try:
        return urlopen(request, timeout=patience.timeout)
    except HTTPError as error:
        if error.code in PASSING:
            raise _BrokenOffError(f"the server answers {error.code} {error.reason}") from None
        raise
    except (OSError, http.client.HTTPException) as error:
        raise _BrokenOffError(_said(error)) from None


def _reading(answer: http.client.HTTPResponse, read: Callable[[http.client.HTTPResponse], bytes]) -> bytes:
    """Read from an answer; what goes wrong on the line is _BrokenOffError, and told from trouble with the disk."""
    try:
        return read(answer)
    except (OSError, http.client.HTTPException) as error:
        raise _BrokenOffError(_said(error)) from None


def _said(error: Exception) -> str:
    return str(getattr(error, "reason", "") or error) or type(error).__name__


def _validator(answer: http.client.HTTPResponse) -> str | None:
    """What proves later that the file is the same; a weak ETag does not."""
    etag = answer.headers.get("ETag", "")
    return etag if etag.startswith('"') else answer.headers.get("Last-Modified")


def _continues(answer: http.client.HTTPResponse, start: int, facts: dict[str, Any]) -> bool:
    """Whether a partial answer begins at `start` of the file that was noted: some servers pass over If-Range."""
    span = answer.headers.get("Content-Range", "").removeprefix("bytes ")
    same = _validator(answer) in (None, facts["validator"]) and span.rpartition("/")[2] in ("*", str(facts["total"]))
    return same and span.partition("-")[0] == str(start)


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _facts(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _known(part: Path, url: str) -> dict[str, Any]:
    """What an earlier attempt noted of the same address."""
    facts = read_json(_facts(part)) if _facts(part).exists() else {}
    return facts if facts.get("url") == url else {}
