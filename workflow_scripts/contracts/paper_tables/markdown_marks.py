"""Lines of Markdown without what only typesets them: links, bold and italic text, code."""

import re

# Brackets behind brackets may be an interval, `[0.81](0.74-0.88)`: a link goes to an address or a file.
_LINK = re.compile(
    r"!?\[([^\[\]]*)\]\((?:(?:https?:|\.{0,2}/|#)[^()\s]*|[\w./-]+\.(?:md|html?|png|jpe?g|svg|ipynb|pdf|py)\b[^()\s]*)"
    r"(?: \"[^\"]*\")?\)"
)
# A single asterisk may be the mark of a footnote; a pair around words is none.
_BOLD = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_CODE = re.compile(r"`([^`]+)`")


def without_marks(line: str) -> str:
    """A line as it is read: `[ViT](https://…)`, `**0.91**` and `` `0.91` `` without their marks.

    An open or lone mark stays: it may be that of a footnote.
    """
    if not any(mark in line for mark in ("](", "**", "__", "`")):
        return line
    line = _LINK.sub(lambda link: link[1], line)
    # `**normal** | **0.9**` holds two pairs, `0.9** | 0.8**` none.
    cells = line.split("|")
    return "|".join(_CODE.sub(r"\1", _BOLD.sub(r"\2", cell)) for cell in cells)
