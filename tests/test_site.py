"""The documentation as a site: complete, without dead links, and nothing of it is fetched."""

import re
from pathlib import Path

import pytest

from workflow_scripts.commands.build_site import ROOT, build
from workflow_scripts.documentation.staged_site import navigation, stage, with_links_of_the_site
from workflow_scripts.runtime.errors import UserError

# What a browser fetches by itself: scripts, styles, pictures, fonts.
FETCHED = re.compile(
    r"""(?:<(?:script|img|source|iframe)[^>]*\ssrc=|<link[^>]*\shref=|url\(|@import )["']?(https?:)?//"""
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site of this working copy."""
    folder = tmp_path_factory.mktemp("site")
    assert build(ROOT, folder) == 0
    return folder


@pytest.fixture
def small(tmp_path):
    """A working copy of one page beside those of the top folder."""
    for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"):
        (tmp_path / name).write_text(f"# {name}\n", encoding="utf-8")
    (tmp_path / "docs" / "site").mkdir(parents=True)
    pages = ["page.md", "contributing.md", "security.md", "changelog.md"]
    (tmp_path / "docs" / "site" / "navigation.yaml").write_text(f"All: [{', '.join(pages)}]\n", encoding="utf-8")
    (tmp_path / "docs" / "page.md").write_text("# A page\n", encoding="utf-8")
    return tmp_path


def test_every_page_is_there_and_has_its_way_back(site):
    pages = [page for section in navigation(ROOT).values() for page in section]
    assert len(pages) > 20
    for page in pages:
        html = (site / page).with_suffix(".html").read_text(encoding="utf-8")
        assert re.search(r'href="(\.\./)*index\.html"', html)


def test_nothing_is_fetched_from_a_network(site):
    texts = [path for path in site.rglob("*") if path.suffix in (".html", ".css", ".js", ".svg")]
    assert len(texts) > 30
    assert [str(path) for path in texts if FETCHED.search(path.read_text(encoding="utf-8"))] == []


def test_the_search_knows_the_words_of_every_page_without_a_server(site):
    html = (site / "search.html").read_text(encoding="utf-8")
    assert '<script src="searchindex.js"' in html
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    assert "premium" in index and '"explanation/verdicts"' in index


@pytest.mark.parametrize("link", ["gone.md", "page.md#gone", "../gone.yaml"])
def test_a_dead_link_ends_the_building(small, link, capfd):
    (small / "docs" / "page.md").write_text(f"# A page\n\n[words]({link})\n", encoding="utf-8")
    try:
        status = build(small, small / "site")
    except UserError as error:
        assert "docs/page.md" in str(error) and "gone" in str(error)
    else:
        assert status and "gone" in capfd.readouterr().err


def test_a_link_out_of_the_folder_leads_to_a_copy_of_the_file(small):
    (small / "rules").mkdir()
    (small / "rules" / "a.yaml").write_text("a: 1\n", encoding="utf-8")
    text = "# A page\n\n[rule](../rules/a.yaml), [first](../README.md)\n\n```text\n[code](../README.md)\n```\n"
    (small / "docs" / "page.md").write_text(text, encoding="utf-8")
    (small / "rules" / "b.md").write_text("# Notes\n\n[page](../docs/page.md)\n", encoding="utf-8")
    (small / "CONTRIBUTING.md").write_text("# Contribute\n\n[notes](rules/b.md)\n", encoding="utf-8")
    stage(small, small / "staged")
    assert build(small, small / "site") == 0 and (small / "site" / "repository" / "rules" / "b.html").is_file()
    assert (small / "staged" / "repository" / "rules" / "a.yaml").read_text(encoding="utf-8") == "a: 1\n"
    staged = (small / "staged" / "page.md").read_text(encoding="utf-8")
    assert "[rule](repository/rules/a.yaml), [first](index.md)" in staged and "[code](../README.md)" in staged


def test_links_of_the_readme_lose_the_folder_of_the_pages():
    text = "[a](docs/how-to/b.md#c), [d](CHANGELOG.md), [e](https://f.org/docs/g.md)"
    expected = "[a](how-to/b.md#c), [d](changelog.md), [e](https://f.org/docs/g.md)"
    assert with_links_of_the_site(text, "README.md") == expected


def test_a_page_that_the_navigation_forgets_or_repeats_ends_it(small):
    (Path(small) / "docs" / "other.md").write_text("# Another\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"not there: other\.md"):
        navigation(small)
