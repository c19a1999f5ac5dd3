"""An archive as a whole: pages over its studies and its description made again; and what nothing is compared with."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from workflow_scripts.archiving.comparing import Outcome, compare_files
from workflow_scripts.archiving.contents import METADATA, PAPERS, settings_name
from workflow_scripts.archiving.crate import Member, day_of, describe
from workflow_scripts.archiving.pages import OVER_ALL, page_faults, write_pages
from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.step_settings.index_settings import StudyTitle
from workflow_scripts.runtime.entry import log
from workflow_scripts.runtime.files import digest_file, read_json, write_json, write_text

_RUN = re.compile(r"(/runs)/[^/]+/[^/]+/[^/]+/")
# Of a study's figures, what follows from no table.
_FIGURES = re.compile(r"^([^/]+)/.+\.(png|svg|pdf)$")


def verify_pages(archived: Path, work: Path) -> Iterator[Outcome]:
    """Compare index, printed numbers and the archive's description with what they should be; look at all pages.

    `archived`: the unpacked archive; `work`: folder with the studies' tables that were made again.
    """
    try:
        yield from _made_again(archived, work)
    except Exception as error:
        # Whatever code meets in files from elsewhere, they are to blame; the log has the place.
        log.error("traceback", exc_info=True)
        words = f"cannot be made again ({type(error).__name__}: {error})".replace(f"{work}/", "")
        yield Outcome(METADATA, False, words.replace(f"{archived}/", ""))
    pages = {name: _text(archived / name) for name in _names(archived) if name.endswith(".html")}
    for name, fault in page_faults(pages, _names(archived)).items():
        yield Outcome(name, False, fault)


def _made_again(archived: Path, work: Path) -> Iterator[Outcome]:
    about = {
        path.parent.name: parse(StudyTitle, read_json(path)["report"], further=True)
        for path in sorted(archived.glob(settings_name("*")))
    }
    papers = [path.parent for path in sorted((archived / PAPERS).glob("*/published.yaml"))]
    for study in about:
        # The page is only linked to; where a study's tables could not be made, that was said.
        write_text(work / study / "report.html", "")
    write_pages(work, work, about, papers)
    for name in OVER_ALL:
        yield compare_files(name, archived / name, work / name)
    members = [
        Member(name, (archived / name).stat().st_size, digest_file(archived / name))
        for name in _names(archived)
        if name != METADATA
    ]
    titles = {study: named.title or study for study, named in about.items()}
    write_json(work / METADATA, describe(titles, day_of(read_json(archived / METADATA)), members))
    yield compare_files(METADATA, archived / METADATA, work / METADATA)


def given(archived: Path, outcomes: list[Outcome], papers: Path) -> list[str]:
    """Files of an archive that were not made again, sorted, in words; of runs and figures together, with their number.

    `papers`: folder of this project's papers, whose printed numbers the archive's should be.
    """
    computed = {outcome.name for outcome in outcomes if outcome.computed}
    not_made = [name for name in _names(archived) if name not in computed]
    names = Counter(_FIGURES.sub(r"\1/…/*.\2", _RUN.sub(r"\1/…/", name)) for name in not_made)
    lines = []
    for name, count in sorted(names.items()):
        line = f"{name} ({count} files)" if "…" in name else name
        own = papers / name.removeprefix(PAPERS)
        if name.startswith(PAPERS) and not (own.is_file() and own.read_bytes() == (archived / name).read_bytes()):
            line += ", another than this version of the project has"
        lines.append(line)
    return lines


def _names(archived: Path) -> list[str]:
    return sorted(path.relative_to(archived).as_posix() for path in archived.rglob("*") if path.is_file())


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
