"""Pages in an archive end at what is in it, or at what a record in it vouches for, and nothing in them is active."""

import re
import time
import zipfile
from urllib.parse import unquote

import pytest

from workflow_scripts.archiving.pages import page_faults
from workflow_scripts.reporting.pages.page import SCRIPT
from workflow_scripts.runtime.results_layout import vouched_file

# Endings of figures.


def test_every_link_of_every_page_ends_inside_or_at_what_a_record_inside_vouches_for(archive, tmp_path):
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path)
    pages = sorted(tmp_path.rglob("*.html"))
    assert [str(page.relative_to(tmp_path)) for page in pages] == [
        "consistency.html",
        "cvm_cervix/report.html",
        "index.html",
        "runs.html",
    ]
    followed = 0
    for page in pages:
        for link in re.findall(r"""(?:href|src)=["']([^"']*)["']""", page.read_text(encoding="utf-8")):
            path, _, anchor = link.partition("#")
            if not link.startswith("data:image/"):
                target = (page.parent / unquote(path)).resolve() if path else page
                if not target.is_file():
                    assert not anchor and vouched_file(target).record.is_file(), link
                    continue
                assert not anchor or f'id="{anchor}"' in target.read_text("utf-8"), link
                followed += 1
    assert followed > 20


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ('<a href="gone.html">x</a>', "links to 'gone.html', which is not in the archive"),
        ('<a href="other.html#gone">x</a>', "links to 'other.html#gone'"),
        ('<a href="https://elsewhere/">x</a>', "links to 'https://elsewhere/'"),
        ('<img src="//elsewhere/x.png">', "links to '//elsewhere/x.png'"),
        ('<a href="/etc/passwd">x</a>', "links to '/etc/passwd'"),
        ('<a href="../../x">x</a>', "links to '../../x'"),
        ('<a href="javascript:x()">x</a>', "links to 'javascript:x()'"),
        ('<a href="http://[">x</a>', "links to"),
        ('<a href="java&#115;cript:x()">x</a>', "links to 'javascript:x()'"),
        ("<A HREF='gone.html'>x</A>", "links to 'gone.html'"),
        ("<SCRIPT src=x>", "has 'script'"),
        ("<svg/onload=x()>", "has 'onload'"),
        (f'<a href="{"x" * 30_000}">', "has 'a tag of 30008 signs'"),
        ("<script>x()</script>", "has 'script'"),
        ('<p onclick="x()">x</p>', "has 'onclick'"),
        ('<meta http-equiv="refresh" content="0">', "has 'meta'"),
        ("<style>@import 'x'</style>", "has 'style'"),
        ('<p style="background: url(//elsewhere)">x</p>', "has 'style'"),
    ],
)
def test_a_page_with_a_dead_link_or_something_active_is_named(html, fault):
    pages = {"a/page.html": html, "a/other.html": '<b id="there">x</b>'}
    assert page_faults(pages, pages)["a/page.html"].startswith(fault)
    fine = '<a href="other.html#there">x</a> <a href="#me" id="me">y</a> <img src="data:image/png;base64,AA==">'
    assert page_faults({**pages, "a/page.html": fine}, pages) == {}


def test_the_one_script_of_the_pages_is_known_by_every_letter():
    fine = f"<p>x</p><script>\n{SCRIPT}</script>"
    assert page_faults({"a.html": fine}, ["a.html"]) == {}
    for other in (
        fine.replace("Filter", "Filtre"),
        f"{fine}<script>x()</script>",
        fine.replace("<script>", "<script async>"),
    ):
        assert "has 'script'" in page_faults({"a.html": other}, ["a.html"])["a.html"]


def test_a_link_to_what_stays_behind_is_none_to_nothing():
    page = '<a href="evaluation/grouped/cvm/roc.png">x</a> <a href="../../docs/explanation/verdicts.md">y</a>'
    names = ["cvm/report.html", "cvm/evaluation/grouped/record.json"]
    assert page_faults({"cvm/report.html": page}, names) == {}
    assert "roc.png" in page_faults({"cvm/report.html": page}, names[:1])["cvm/report.html"]
    for other in ('<a href="evaluation/grouped/cvm/roc.png#x">x</a>', '<a href="../../docs/other.md">y</a>'):
        assert "which is not in the archive" in page_faults({"cvm/report.html": other}, names)["cvm/report.html"]


@pytest.mark.parametrize(
    "part", ["<a", "<!--", '<a href="', "<a b=' ", "&#", "</", f"<a {'x' * 9000}", f"<a x{' ' * 9000}"]
)
def test_a_page_without_end_is_read_in_time(part):
    started = time.process_time()
    page_faults({"a.html": part * (2_000_000 // len(part))}, ["a.html"])
    assert time.process_time() - started < 20
