"""Folders of raw files: which there are, what lies in them, and what of that is passed over."""

import argparse
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from workflow_scripts.data.images import SUFFIXES
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.walking import Item, walk

# Endings of pictures that the decoder does not take, because their pixels are not plain 8-bit colours or need more than
# Pillow: said by name, so that nobody misses them among text files.
_OTHER_IMAGES = re.compile(
    r"\.(apng|arw|avif|cr2|cr3|czi|dcm|dib|dicom|dng|emf|eps|exr|fits|hdr|heic|heif|hif|ima|img|j2c|j2k|jls|jng|jp2|jpf"
    r"|jpx|jxl|jxr|lif|lsm|mha|mhd|mnc|mrxs|nd2|ndpi|nef|nhdr|nii|nii\.gz|npy|npz|nrrd|oif|orf|pbm|pcx|pdf|pgm|pnm|ppm"
    r"|psd|qoi|raf|raw|rw2|scn|svg|svs|svslide|tga|vms|vmu|vsi|wmf|xcf)"
)
# Files that systems put into every folder.
_SYSTEM_FILES = frozenset(("thumbs.db", "desktop.ini", "icon\r"))
NO_ENDING, ODD_ENDING = "(no ending)", "(another ending)"
# Of files that often lie beside images.
_PLAIN_ENDINGS = frozenset(
    (NO_ENDING, ".csv", ".gz", ".htm", ".html", ".json", ".log", ".md", ".txt", ".xlsx", ".xml", ".zip")
)
# Files that lie in one folder in no results but this project's.
_RESULTS = (
    {"manifest.csv", "record.json"},
    {"quarantine.csv", "equal_pairs.csv"},
    {"data.npy", "index.csv"},
    {"montage.png", "originals.npz"},
    {"ledger.json", "record.json"},
    {".leaks.csv"},
)


def add_source_arguments(parser: argparse.ArgumentParser, how: str) -> None:
    """The arguments of every step that opens raw files; `how` says what the folders are."""
    parser.add_argument("--source", action="append", required=True, metavar="ADAPTER=FOLDER", help=how)
    parser.add_argument("--key", type=Path, metavar="FILE", help="key of pseudonyms, where files bear names of people")


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

    By their extension, in any case. What stands in a file's place (a pipe, a link to nothing) is among them: whoever
    reads it gets a refusal. See contracts.walking for links and hidden files.
    """
    return (item.path for item in walk(folder) if is_image(item))


def is_image(item: Item) -> bool:
    """Whether an adapter is given the file, by its ending."""
    return item.kind != "folder_link" and ending(item.path) in SUFFIXES


def ending(path: str) -> str:
    """The ending of a file's name in small letters, with its dot; NO_ENDING where there is none."""
    name = path.rpartition("/")[2].lower()
    return ".nii.gz" if name.endswith(".nii.gz") else Path(name).suffix or NO_ENDING


def check_no_results(items: list[Item], where: str) -> None:
    """Raise UserError when a folder among those below `where` holds results of this project, by its files."""
    folders: dict[str, set[str]] = {}
    for item in items:
        folder, _, name = item.path.rpartition("/")
        folders.setdefault(folder, set()).add(".leaks.csv" if name.endswith(".leaks.csv") else name)
    for folder in sorted(folders):
        if any(names <= folders[folder] for names in _RESULTS):
            raise UserError(
                f"{where}: {folder or 'it'} holds results of this project, whose figures would be read as images; move "
                "them out of it, or set `results` to a folder elsewhere"
            )


def count_endings(paths: list[str]) -> dict[str, int]:
    """Ending → number of those files, in the order of the endings; files of the system do not count."""
    return dict(sorted(Counter(ending(path) for path in paths if not is_systems_own(path)).items()))


def without_odd_endings(counts: Mapping[str, int]) -> dict[str, int]:
    """The same counts with one name for all endings that are none of a usual format: they may be parts of names."""
    usual = {name for name in counts if name in _PLAIN_ENDINGS or name in SUFFIXES or _OTHER_IMAGES.fullmatch(name)}
    odd = sum(number for name, number in counts.items() if name not in usual)
    return {name: counts[name] for name in counts if name in usual} | ({ODD_ENDING: odd} if odd else {})


def is_systems_own(path: str) -> bool:
    """Whether a system put the file there, and no user."""
    return path.rpartition("/")[2].lower() in _SYSTEM_FILES


def ending_words(counts: Mapping[str, int]) -> str:
    """Numbers of files by ending, formats of images that are not read first: for a line of the log or the report."""
    images = {name: number for name, number in counts.items() if _OTHER_IMAGES.fullmatch(name)}
    not_images = {name: number for name, number in counts.items() if name not in images}
    first = [_listed(images) + " (images of formats that are not read: save them as PNG or TIFF)"] if images else []
    return "; ".join([*first, *([_listed(not_images)] if not_images else [])])


def other_images(paths: list[str]) -> list[str]:
    """Those of the files that are images in formats that are not read."""
    return [path for path in paths if _OTHER_IMAGES.fullmatch(ending(path))]


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(
        f"{name} {number}" for name, number in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    )


def normal(text: str) -> str:
    """A name as users compare it: composed characters, whatever the file system made of them."""
    return unicodedata.normalize("NFC", text)


def without_extension(path: str) -> str:
    """A relative path without the extension of its last part."""
    return Path(path).with_suffix("").as_posix()


def printable(path: str) -> str:
    """The path with bytes that are no UTF-8 replaced, so that a table can hold it."""
    return path.encode("utf-8", "replace").decode("utf-8")
