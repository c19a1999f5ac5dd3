"""Rows of tables in HTML as rows between bars."""

import re
from collections.abc import Sequence
from html.parser import HTMLParser

from workflow_scripts.contracts.paper_tables.plain_context import PLACE

_TABLE = re.compile(r"<table\b", re.IGNORECASE)
_PAGE = re.compile(r"<(?:html|body|head|!doctype)\b", re.IGNORECASE)
# What is no part of a number: marks of footnotes, and what a browser does not show.
_UNSEEN = ("sup", "script", "style", "noscript", "template")
# A span beyond this many columns or rows is a mistake of the page.
_MOST = 200


def holds_html(text: str) -> bool:
    """Whether a text has a table of HTML."""
    return bool(_TABLE.search(text))


def without_html(lines: Sequence[str]) -> tuple[list[tuple[int, str]], list[str]]:
    """Lines with their numbers, from 1, tables of HTML as Markdown has them; and remarks on what was left out.

    A merged cell stands in the first of its columns and in each of its rows; a caption says where the table stands,
    `Table 2. Results`, or is a note. Of a whole page all but its tables is left out, of a pasted table nothing.
    """
    text = "\n".join(lines)
    page = _Page()
    page.feed(text)
    page.close()
    if not _PAGE.search(text):
        return sorted([*page.rows, *page.outside], key=lambda line: line[0]), page.remarks
    if page.outside:
        page.remarks.append(f"line {page.outside[0][0]}: the text outside the tables of the page was not read")
    return page.rows, page.remarks


class _Page(HTMLParser):
    """A text in HTML: rows of its tables, lines outside them, and remarks, each with its line."""

    def __init__(self) -> None:
        super().__init__()
        self.rows, self.outside, self.remarks = list[tuple[int, str]](), list[tuple[int, str]](), list[str]()
        self._depth, self._unseen = 0, 0
        # Text of the open cell or caption; None between cells.
        self._text: list[str] | None = None
        self._row: list[str] | None = None
        self._spans = (1, 1)
        # Column → text and rows that a merged cell still fills.
        self._merged: dict[int, tuple[str, int]] = {}
        self._line = 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a table, row, cell or caption; a cell or row that was not closed ends."""
        if tag == "table":
            self._depth += 1
            if self._depth > 1:
                self.remarks.append(f"line {self.getpos()[0]}: a table inside a table was read as part of its cell")
            else:
                self._merged = {}
                self.rows.append((self.getpos()[0], ""))
        self._unseen += tag in _UNSEEN
        if self._depth != 1:
            return
        if tag == "tr":
            self._end_row()
            self._row, self._line = [], self.getpos()[0]
        elif tag in ("td", "th"):
            self._end_cell()
            self._row = [] if self._row is None else self._row
            given = dict(attrs)
            self._text, self._spans = [], (_span(given.get("colspan")), _span(given.get("rowspan")))
        elif tag == "caption":
            self._text = []
        elif tag == "br" and self._text is not None:
            self._text.append(" ")

    def handle_endtag(self, tag: str) -> None:
        """End what began with the tag."""
        self._unseen = max(0, self._unseen - (tag in _UNSEEN))
        if self._depth == 1 and tag in ("td", "th"):
            self._end_cell()
        elif self._depth == 1 and tag == "caption" and self._text is not None:
            caption = _plain(self._text)
            self.rows.append((self.getpos()[0], caption if PLACE.match(caption) else f"note: {caption}"))
            self._text = None
        elif self._depth == 1 and tag in ("tr", "table"):
            self._end_row()
        if tag == "table":
            self._depth = max(0, self._depth - 1)
            self.rows.append((self.getpos()[0], ""))

    def handle_data(self, data: str) -> None:
        """Take the text of a cell, or the lines outside a table."""
        if self._unseen:
            return
        if self._text is not None:
            self._text.append(data)
        elif not self._depth:
            first = self.getpos()[0]
            self.outside += [(first + n, line) for n, line in enumerate(data.split("\n")) if line.strip()]

    def _fill(self, row: list[str]) -> None:
        """Add the merged cells of rows above that stand next."""
        while len(row) in self._merged:
            text, rows = self._merged.pop(len(row))
            if rows > 1:
                self._merged[len(row)] = (text, rows - 1)
            row.append(text)

    def _end_cell(self) -> None:
        if self._text is None or self._row is None:
            return
        self._fill(self._row)
        columns, rows = self._spans
        for text in (_plain(self._text), *[""] * (columns - 1)):
            if rows > 1:
                self._merged[len(self._row)] = (text, rows - 1)
            self._row.append(text)
        self._text = None

    def _end_row(self) -> None:
        self._end_cell()
        if self._row:
            self._fill(self._row)
            self.rows.append((self._line, f"| {' | '.join(self._row)} |"))
        self._row = None


def _span(text: str | None) -> int:
    """How many columns or rows a cell takes, 1 where that is not said or is no number."""
    return min(_MOST, max(1, int(text))) if text and text.strip().isdecimal() else 1


def _plain(parts: Sequence[str]) -> str:
    return " ".join("".join(parts).replace("|", "/").split())
