"""Folders of raw files: which there are, what lies in them."""

import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from workflow_scripts.contracts.errors import UserError
from workflow_scripts.data.images import SUFFIXES


def parse_sources(given: list[str]) -> dict[str, Path]:
    """Adapter → folder from ADAPTER=FOLDER texts, in their order; UserError when a folder is missing or empty."""
    folders = {}
    for text in given:
        adapter, equals, name = text.partition("=")
        if not equals or not adapter or not name:
            raise UserError(f"--source {text}: write ADAPTER=FOLDER")
        folder = Path(name)
        if not folder.is_dir():
            raise UserError(f"source of {adapter}: {folder} is no folder; put its files there or set another `source`")
        if next(os.scandir(folder), None) is None:
            raise UserError(f"source of {adapter}: {folder} is empty; put its files there or set another `source`")
        folders[adapter] = folder
    return folders


def image_files(folder: Path) -> Iterator[str]:
    """Paths of the image files below a folder, relative to it, with forward slashes, in a fixed order.

    By their extension, in any case. Hidden files and folders are passed over. Links are followed, but for a link to a
    folder that it lies in.
    """
    yield from _walk(folder, "", (os.path.realpath(folder),))


def _walk(folder: Path, prefix: str, above: tuple[str, ...]) -> Iterator[str]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            real = os.path.realpath(entry.path)
            if real not in above:
                yield from _walk(Path(entry.path), f"{prefix}{entry.name}/", (*above, real))
        elif Path(entry.name).suffix.lower() in SUFFIXES:
            yield prefix + entry.name


def normal(text: str) -> str:
    """A name as users compare it: composed characters, whatever the file system made of them."""
    return unicodedata.normalize("NFC", text)


def without_extension(path: str) -> str:
    """A relative path without the extension of its last part."""
    return Path(path).with_suffix("").as_posix()


def printable(path: str) -> str:
    """The path with bytes that are no UTF-8 replaced, so that a table can hold it."""
    return path.encode("utf-8", "replace").decode("utf-8")
