"""Pages of an archive: those over all of its studies, and whether every link of a page leads to a file of it."""

import posixpath
import re
from collections.abc import Collection
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

from workflow_scripts.contracts.step_settings.index_settings import StudyTitle
from workflow_scripts.reporting.pages.documentation import DOCUMENTATION
from workflow_scripts.reporting.pages.page import SCRIPT
from workflow_scripts.runtime.results_layout import RUNS_FILES, vouched_file

# What no page of this workflow has: it would run, load or send something. The one script that pages have is known.
ACTIVE = ("applet", "base", "embed", "form", "frame", "iframe", "link", "object", "script")
_LOADS = re.compile(r"@import|url\(\s*['\"]?(?!data:image/(?:png|webp)|#)|expression\(", re.IGNORECASE)
_PICTURE = re.compile(r"(data:image/(?:png|webp);base64,)[A-Za-z0-9+/=]+")
_TAG = re.compile(r"<([a-zA-Z][^\s/<>]*)([^<>]*)")
# Begins only after a sign that ends another, and takes nothing back: no text makes it slow.
_ATTRIBUTE = re.compile(r"""(?<![^\s"'/])([^\s"'<>/=]++)\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s"'<>]++)""")
LONGEST_TAG = 20_000
LINKS = ("href", "src", "srcset", "data", "xlink:href", "action", "formaction", "poster", "background")
OVER_ALL = ("consistency.csv", "consistency.html", "index.html", *RUNS_FILES)


def write_pages(target: Path, results: Path, studies: dict[str, StudyTitle], papers: list[Path]) -> None:
    """Write OVER_ALL to `target`: printed numbers held against each other, and the index over `studies`.

    `results`: folder that holds the studies; `papers`: folders with a published.yaml.
    The same bytes for the same results. Raises UserError for a study without its summary.
    """
    from workflow_scripts.claims.checks import check_all
    from workflow_scripts.contracts.published_yaml import read_published
    from workflow_scripts.reporting.pages.consistency_page import consistency_page, write_table
    from workflow_scripts.reporting.pages.overview import index_page
    from workflow_scripts.reporting.pages.scoreboard import paper_scores
    from workflow_scripts.reporting.pages.study_row import study_row
    from workflow_scripts.reporting.runs_for_paper import write_runs_for_paper
    from workflow_scripts.reporting.runs_table import runs_table, write_runs_csv
    from workflow_scripts.runtime.files import write_text

    papers = sorted(papers, key=lambda folder: folder.name)
    read = [read_published(folder / "published.yaml") for folder in papers]
    checked = [(paper, check_all(paper)) for paper in read]
    table = target / "consistency.csv"
    write_table(table, checked)
    write_text(target / "consistency.html", consistency_page(checked))
    studies = dict(sorted(studies.items()))
    runs = runs_table(results, studies)
    write_runs_csv(target / "runs.csv", runs)
    write_runs_for_paper(target, runs, studies)
    rows = [study_row(results / name, name, about, results) for name, about in studies.items()]
    write_text(target / "index.html", index_page(rows, paper_scores(papers, table, rows, target)))


class _Page:
    """What a page links to, its anchors, and what in it is active.

    Read by tags that end before the next one begins, as this workflow writes them: in time that grows with the length
    of the page only, whatever it holds.
    """

    def __init__(self, html: str) -> None:
        html = _PICTURE.sub(r"\1", html).replace(f"<script>\n{SCRIPT}</script>", "")
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.active: list[str] = ["style"] if _LOADS.search(html) else []
        for tag, attributes in _TAG.findall(html):
            if len(attributes) > LONGEST_TAG:
                self.active.append(f"a tag of {len(attributes)} signs")
                continue
            values = {name.lower(): unescape(value.strip("\"'")) for name, value in _ATTRIBUTE.findall(attributes)}
            self._note(tag.lower(), values)

    def _note(self, tag: str, values: dict[str, str]) -> None:
        if tag in ACTIVE or (tag == "meta" and "http-equiv" in values):
            self.active.append(tag)
        for name, value in values.items():
            if name.startswith("on"):
                self.active.append(name)
            elif name in LINKS:
                self.links.append(value)
            elif name in ("id", "name"):
                self.anchors.add(value)


def page_faults(pages: dict[str, str], names: Collection[str]) -> dict[str, str]:
    """Page → what is wrong with it: something active, an address that is not in the archive, a link to nothing.

    `pages`: name in the archive → HTML; `names`: all files of the archive. Links between pages include their anchors.
    A link may lead to a file that stays behind, such as a figure, whose record is in the archive.
    """
    parsed = {name: _Page(html) for name, html in pages.items()}
    faults = {}
    for name, page in parsed.items():
        dead = [link for link in page.links if not _leads(name, link, parsed, names)]
        if page.active:
            faults[name] = f"has {page.active[0]!r}, which no page of this workflow has"
        elif dead:
            faults[name] = f"links to {dead[0]!r}, which is not in the archive ({len(dead)} such links)"
    return faults


def _leads(page: str, link: str, parsed: dict[str, _Page], names: Collection[str]) -> bool:
    """Whether a link of a page ends at a file of the archive, and at an anchor of it if it names one; or at a file
    that stays behind."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    if parts.scheme == "data":
        return link.startswith(("data:image/png;base64,", "data:image/webp;base64,"))
    if parts.scheme or parts.netloc or parts.path.startswith("/"):
        return False
    target = (
        page if not parts.path else posixpath.normpath(f"{posixpath.dirname(page)}/{unquote(parts.path)}".lstrip("/"))
    )
    if target not in names:
        return not parts.fragment and _stays_behind(target, names)
    return not parts.fragment or target not in parsed or unquote(parts.fragment) in parsed[target].anchors


def _stays_behind(target: str, names: Collection[str]) -> bool:
    """Whether a file that is not in the archive is one that a record in it vouches for, or a page of docs/."""
    if target.startswith("../"):
        return target.lstrip("./") in DOCUMENTATION.values()
    vouched = vouched_file(Path(target))
    return vouched is not None and vouched.record.as_posix() in names
