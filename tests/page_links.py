"""Where the links of pages lead: to a file beside them, and to an anchor in it where they name one."""

from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class _Links(HTMLParser):
    """Collects addresses and anchors of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.anchors: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("href", "src"):
                self.addresses.append(value)
            elif name == "id":
                self.anchors.append(value)


@cache
def _read(path: Path) -> _Links:
    return _Links(path.read_text(encoding="utf-8"))


def links(page: Path) -> list[str]:
    """The addresses that a page leads to, without pictures that it holds itself."""
    return [address for address in _read(page).addresses if not address.startswith("data:")]


def dead_links(page: Path) -> list[str]:
    """Those of a page's links that lead to no file or folder, or to an anchor that is not in it."""
    return [address for address in links(page) if not _leads(page, address)]


def doubled_anchors(page: Path) -> set[str]:
    """Ids that a page has more than once."""
    anchors = _read(page).anchors
    return {anchor for anchor in anchors if anchors.count(anchor) > 1}


def _leads(page: Path, address: str) -> bool:
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return False
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not target.exists():
        return False
    return not parts.fragment or unquote(parts.fragment) in _read(target).anchors
