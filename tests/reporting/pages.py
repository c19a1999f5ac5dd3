"""A report as its tests see it: written by the step, read as words and cells."""

import html as html_module
import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

from handmade import Study

from tests.vouched import revouch, vouch
from workflow_scripts.reporting.pages.page import SCRIPT
from workflow_scripts.steps import report

PAPER = Path(report.__file__).parents[1] / "studies" / "cvm_cervix"


def write(study: Study, paper: Path | None = PAPER) -> str:
    """Run the step on a handmade study, as its files are; returns the page."""
    revouch(study.folder)
    out = study.folder / "report.html"
    folders = {"study_folder": study.folder, "paper": paper, "out": out}
    report.main(SimpleNamespace(settings=study.settings, code="", **folders))
    return out.read_text(encoding="utf-8")


def without_script(page: str) -> str:
    """A page without the script that every page has; any other stays, for a test to see."""
    return page.replace(f"<script>\n{SCRIPT}</script>", "")


def text_of(page: str) -> str:
    """The words of a page, spaces normalised."""
    body = re.sub(r"<style>.*?</style>", "", without_script(page), flags=re.DOTALL)
    return " ".join(html_module.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def cells(page: str, row: str) -> list[str]:
    """Texts of the cells of the first table row whose head contains `row`."""
    for line in re.findall(r"<tr.*?</tr>", page, flags=re.DOTALL):
        head = re.search(r"<th scope=\"row\">(.*?)</th>", line, flags=re.DOTALL)
        if head and row in head.group(1):
            return [text_of(cell) for cell in re.findall(r"<td.*?</td>", line, flags=re.DOTALL)]
    raise AssertionError(f"no row {row}")


def verdicts(page: str) -> str:
    """The verdict's part of a page."""
    return page[page.index('id="verdict"') : page.index('<div class="first">')]


_COSTS = re.compile(r"<!-- costs: .*?<!-- end of costs -->", re.DOTALL)


def without_costs(html: str) -> str:
    """A report without its cost section: equal bytes for equal results, whatever machine was how fast."""
    return _COSTS.sub("", html)


class Tags(HTMLParser):
    """Collects every tag with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


BY_SAMPLE = {"kind": "holdout", "fractions": [0.6, 0.2, 0.2], "by": "sample"}


def without_groups(study, **dataset):
    """The study as it is where no image's group is known; `dataset` changes its record."""
    for path in [study.folder / "dataset" / "record.json", *study.folder.glob("splits/*.json")]:
        more = dataset if path.parent.name == "dataset" else {}
        vouch(path, groups_known=False, **more)
    return study
