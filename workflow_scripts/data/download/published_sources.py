"""published_sources.yaml as typed entries: which files a data set is published in, and where they belong.

Standard library and PyYAML only, because the Snakefile reads it.
"""

from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from workflow_scripts.runtime.errors import UserError

SOURCES = Path(__file__).with_name("published_sources.yaml")
FORMATS = ("zip", "tar", "7z", "plain")


@dataclass(frozen=True)
class PublishedFile:
    """One file to fetch.

    `size` in bytes, `sha256` and `md5` as the publisher states them, None where it does not. `format`: zip and tar are
    unpacked, plain files stay as they are, 7z is left to the user. `root` is the folder inside the archive that is
    wanted (what lies beside it is left out; empty: all), `into` the folder below the raw files that receives it.
    """

    url: str
    name: str
    format: str
    size: int | None = None
    sha256: str | None = None
    md5: str | None = None
    root: str = ""
    into: str = ""


@dataclass(frozen=True)
class Figshare:
    """Further files, one a figshare article.

    `index` is a plain file of the same source: a JSON list whose entries hold a file name under the key `name` and the
    article's DOI under `doi`. The files go into the folder `into`. `service` is the address of figshare's interface.
    """

    index: str
    name: str
    doi: str
    into: str
    service: str


@dataclass(frozen=True)
class Limits:
    """What an archive may unpack to: bytes, files, and bytes per packed byte."""

    bytes: int = 50_000_000_000
    members: int = 500_000
    ratio: int = 100


@dataclass(frozen=True)
class PublishedSource:
    """Where a data set is published. `registration` says what to do where files are given to registered users only."""

    adapter: str
    title: str
    page: str
    citation: str
    licence: str
    files: tuple[PublishedFile, ...] = ()
    figshare: Figshare | None = None
    registration: str = ""
    limits: Limits = Limits()


@cache
def published_sources(path: Path = SOURCES) -> dict[str, PublishedSource]:
    """Adapter → where its data set is published; UserError naming file and entry for a mistake."""
    import yaml

    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise UserError(f"{path} is not valid YAML ({' '.join(str(error).split())})") from None
    if not isinstance(raw, dict):
        raise UserError(f"{path}: adapters with their sources are wanted, {raw!r} was found")
    return {
        adapter: source_from({"adapter": adapter, **_mapping(entry, path, adapter)}) for adapter, entry in raw.items()
    }


def source_from(entry: dict[str, Any]) -> PublishedSource:
    """A source from plain values, of the file or of a step's settings; UserError for a wrong, lacking or unfit key."""
    where = f"{SOURCES.name}, {entry['adapter']}"
    values = dict(entry)
    values["files"] = tuple(_file(item, f"{where}.files") for item in entry.get("files") or ())
    values["figshare"] = _parsed(Figshare, entry["figshare"], f"{where}.figshare") if entry.get("figshare") else None
    values["limits"] = _parsed(Limits, entry.get("limits") or {}, f"{where}.limits")
    source = _parsed(PublishedSource, values, where)
    if not source.files and not source.registration:
        raise UserError(f"{where}: lacks files; where they cannot be fetched, `registration` says what to do")
    if source.figshare and source.figshare.index not in [file.name for file in source.files if file.format == "plain"]:
        raise UserError(f"{where}.figshare: index {source.figshare.index!r} is none of its plain files")
    if len({file.name for file in source.files}) < len(source.files):
        raise UserError(f"{where}.files: a name occurs twice")
    return source


def _file(item: Any, where: str) -> PublishedFile:
    file = _parsed(PublishedFile, item, where)
    if file.format not in FORMATS:
        raise UserError(f"{where}: format {file.format!r} is unknown; use one of {', '.join(FORMATS)}")
    if urlsplit(file.url).scheme not in ("http", "https"):
        raise UserError(f"{where}: {file.url} is no http or https address")
    for key in ("name", "root", "into"):
        value = getattr(file, key)
        if value.startswith("/") or ".." in value.split("/") or (key == "name" and ("/" in value or not value)):
            raise UserError(f"{where}: {key} {value!r} must stay inside its folder")
    for key, digits in (("sha256", 64), ("md5", 32)):
        value = getattr(file, key)
        if value is not None and (len(value) != digits or set(value) - set("0123456789abcdef")):
            raise UserError(f"{where}: {key} {value!r} is not {digits} lower-case hexadecimal digits")
    return file


def _parsed(kind: type, values: Any, where: str) -> Any:
    """An instance of a data class from a mapping; UserError for unknown and lacking keys."""
    values = _mapping(values, SOURCES, where)
    try:
        return kind(**values)
    except TypeError:
        taken = [field.name for field in fields(kind)]
        unknown = sorted(set(values) - set(taken))
        what = f"unknown key {unknown[0]}" if unknown else "lacks a key"
        raise UserError(f"{where}: {what}; it takes {', '.join(taken)}") from None


def _mapping(value: Any, path: Path, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UserError(f"{path.name}, {where}: keys and values are wanted, {value!r} was found")
    return value
