"""Sizes of public data sets, with their sources: a hint on what a paper's numbers can rest on (public_sets.yaml)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from workflow_scripts.contracts.paper_tables.result_tables import PaperTables

FILE = Path(__file__).with_suffix(".yaml")
# Files with names of a set by which it is recognised.
RECOGNISED = 10


@dataclass(frozen=True)
class PublicSet:
    """A public data set: what papers call it, its size in `items`, by class and by part where known, and the source.

    files: a pattern that the paths of its files match, empty where names tell nothing; repeats: what of it shows the
    same, in words.
    """

    names: tuple[str, ...]
    items: str
    size: int
    source: str
    classes: Mapping[str, int] = field(default_factory=dict)
    parts: Mapping[str, int] = field(default_factory=dict)
    files: str = ""
    repeats: str = ""


@dataclass(frozen=True)
class SizeHint:
    """What a public set's size says of a paper: a sentence; whether the paper's numbers exceed it or differ from it."""

    words: str
    exceeds: bool = False


@cache
def public_sets() -> tuple[PublicSet, ...]:
    """All known sets."""
    import yaml

    entries = yaml.load(FILE.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return tuple(PublicSet(**{**entry, "names": tuple(entry["names"])}) for entry in entries)


def _words(name: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", name.lower()))


def sets_named(name: str) -> list[PublicSet]:
    """The public sets that a data set's name mentions; of two such as `Messidor` and `Messidor-2` the longer name."""
    text = f" {_words(name)} "
    mentioned: dict[str, PublicSet] = {}
    for public in public_sets():
        for alias in public.names:
            if f" {_words(alias)} " in text:
                mentioned[_words(alias)] = public
    longest = [alias for alias in mentioned if not any(alias != longer and alias in longer for longer in mentioned)]
    return list({id(mentioned[alias]): mentioned[alias] for alias in longest}.values())


def sets_of_files(paths: Sequence[str]) -> list[PublicSet]:
    """The public sets whose names a tenth of the paths bear, and RECOGNISED at least."""
    with_files = [public for public in public_sets() if public.files]
    counts = [sum(bool(re.search(public.files, path)) for path in paths) for public in with_files]
    least = max(RECOGNISED, len(paths) / 10)
    return [public for public, count in zip(with_files, counts, strict=True) if count >= least]


def size_hints(paper: PaperTables) -> list[SizeHint]:
    """What the sizes of the public sets that a paper names say of its numbers."""
    sets = sets_named(paper.data_name)
    hints = [SizeHint(f"The public set {public.names[0]} has {public.size:,} {public.items} ({public.source}).")
             for public in sets]  # fmt: skip
    total = sum(public.size for public in sets)
    if sets and isinstance(paper.test_n, int) and paper.test_n > total:
        hints.append(
            SizeHint(
                f"{paper.test_n:,} test samples are more than the {total:,} of "
                f"{' and '.join(public.names[0] for public in sets)}: copies (augmentation), parts counted singly "
                "(patches, lesions), several runs counted together, or another version of the set would explain it; "
                "the paper should say which.",
                exceeds=True,
            )
        )
    return [*hints, *_class_hints(paper, sets), *_stated_hints(paper, sets)]


def _class_hints(paper: PaperTables, sets: list[PublicSet]) -> list[SizeHint]:
    """Classes of which the paper tests more than a public set has."""
    if len(sets) != 1:
        return []
    public = {_words(name): size for name, size in sets[0].classes.items()}
    return [
        SizeHint(
            f"{size:,} test samples of {name} are more than the {public[_words(name)]:,} of {sets[0].names[0]}.", True
        )
        for sizes in paper.test_n_by_class
        for name, size in zip(sizes.names, sizes.sizes, strict=False)
        if size > public.get(_words(name), size)
    ]


def _stated_hints(paper: PaperTables, sets: list[PublicSet]) -> list[SizeHint]:
    """A size of the public set that the paper prints and that is another than the one known here."""
    if len(sets) != 1 or not isinstance(paper.public_size, int) or paper.public_size == sets[0].size:
        return []
    words = f"The paper gives {paper.public_size:,} for the size of {sets[0].names[0]}, which has {sets[0].size:,} "
    why = "a later version, a selection or another unit (patients, patches) would explain it."
    return [SizeHint(f"{words}as published; {why}", exceeds=True)]
