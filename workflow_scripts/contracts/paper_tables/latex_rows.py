"""Rows of a table in LaTeX as rows between bars."""

import re
from collections.abc import Sequence

_ARGUMENT = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
_OPTION = r"(?:\s*[\[(][^\])]*[\])])?"
_BEGIN = re.compile(
    rf"\\begin\{{(?:tabular[xy*]?|longtable|array|tabu|tblr)\}}{_OPTION}(?:\{{\s*\\?[\d.]*\w+\}}(?=\{{))?(?:{_ARGUMENT})?"
)
_END = re.compile(r"\\end\{(?:tabular[xy*]?|longtable|array|tabu|tblr)\}.*")
_RULES = re.compile(
    r"\\(?:hline|toprule|midrule|bottomrule|centering|small|footnotesize|scriptsize|maketitle|noalign|endhead|endfoot|"
    rf"endfirsthead|endlastfoot|addlinespace{_OPTION}|(?:cline|cmidrule|rowcolor|label|vspace|arrayrulecolor){_OPTION}"
    rf"{_ARGUMENT})(?![a-z])"
)
# Lines around a table that only typeset it.
_AROUND = re.compile(
    rf"(?:[}}\s]|{_RULES.pattern})*"
    r"(?:\\(?:begin|end)\{[^}]*\}.*|\\(?:resizebox|scalebox|adjustbox|setlength|renewcommand|tabcolsep)[^|&]*)?"
)
_TOKEN = re.compile(r"(?P<end>(?:\\\\\*?|\\tabularnewline\b)(?:\s*\[[^\]]*\])?)|\\.|(?P<brace>[{}])")
_ROWS = re.compile(rf"\\multirow{_OPTION}{_ARGUMENT}{_OPTION}{_ARGUMENT}\{{((?:[^{{}}]|{_ARGUMENT})*)\}}")
_COLUMNS = re.compile(rf"\\multicolumn\{{(\d+)\}}{_ARGUMENT}\{{((?:[^{{}}]|{_ARGUMENT})*)\}}")
_CAPTION = re.compile(r"\s*\\caption(?:\[[^\]]*\])?\{(.*)\}\s*")
# Commands whose argument is no part of what is printed in the cell, or a mark of a footnote.
_APART = re.compile(
    r"\\(?:cite[a-z]*|ref|label|footnote(?:mark|text)?|tablefootnote|tnote|textsuperscript|cellcolor|textcolor|color|"
    rf"rowcolor|phantom|hspace|vspace){_OPTION}(?:{_ARGUMENT})?"
)
_RAISED = re.compile(r"\^\s*(?:\{\s*(?:\\?[a-z]+|[*†‡§,]+|\d)\s*\}|\\?[a-z]+|[*†‡§\d])")
_MARKUP = re.compile(
    r"\\(?:text(?:bf|it|rm|sf|tt|sc)?|emph|underline|uline|math(?:bf|rm|it)|boldsymbol|bm|bf(?:series)?|it|num|SI|qty|"
    r"makecell|shortstack|thead|quad|dagger|ddagger|ast|uparrow|downarrow)\b\s*|\\[()!,;: ]|\\\\|\$|[{}]|\\(?=[%&#_])|~"
)
_DASH = re.compile(r"-{2,3}")
_SIGNS = {r"\pm": "±", r"\kappa": "κ", r"\percent": "%", r"\textpm": "±", r"\cdot": "·", r"\beta": "β", r"\Delta": "Δ"}


def without_latex(lines: Sequence[str]) -> list[tuple[int, str]]:
    """Lines with their numbers, from 1, those of LaTeX as Markdown has them: cells between bars, a caption as a note.

    A row of a table may run over several lines, and the last one lacks its end. Any other line stays as it stands.
    """
    taken: list[tuple[int, str]] = []
    inside, row, first = False, _OpenRow(), 0
    for number, line in enumerate(lines, 1):
        begin = _BEGIN.search(line)
        if not inside and not begin:
            taken.append((number, _outside(line)))
            continue
        inside = True
        text = line[begin.end() :] if begin else line
        end = _END.search(text)
        text = _RULES.sub(" ", re.sub(r"(?<!\\)%.*$", "", text[: end.start()] if end else text))
        first = first if row.begun else number
        rows = row.ended_by(text)
        if end:
            rows, row, inside = [*rows, row.text], _OpenRow(), False
        taken += [(first, _cells(whole)) for whole in rows if whole.strip()] or [(number, "")]
    if row.begun:
        taken.append((first, row.text.strip()))
    return taken


class _OpenRow:
    """A row whose end has not come, of the lines so far. An end in braces, as of `makecell`, is none.

    Each line is gone through once: a table without a row end must not take minutes.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._depth = 0

    @property
    def begun(self) -> bool:
        return bool(self._parts)

    @property
    def text(self) -> str:
        return " ".join(self._parts)

    def ended_by(self, text: str) -> list[str]:
        """The rows that end in the next text; what follows the last of them is the row now."""
        rows, start = [], 0
        for token in _TOKEN.finditer(text):
            if token["brace"]:
                self._depth = max(0, self._depth + (1 if token["brace"] == "{" else -1))
            elif token["end"] and self._depth == 0:
                rows.append(" ".join([*self._parts, text[start : token.start()]]))
                self._parts, start = [], token.end()
        if text[start:].strip():
            self._parts.append(text[start:])
        return rows


def _outside(line: str) -> str:
    """A line outside `tabular`; a row of one may be pasted alone."""
    if "\\" not in line:
        return line
    bare = _RULES.sub(" ", line)
    if caption := _CAPTION.fullmatch(bare):
        return f"note: {_plain(caption[1])}"
    open_row = _OpenRow()
    rows = open_row.ended_by(re.sub(r"(?<!\\)%.*$", "", bare))
    if len(rows) == 1 and re.search(r"(?<!\\)&", rows[0]) and not open_row.begun:
        return _cells(rows[0])
    return "" if _AROUND.fullmatch(line) else line


def _cells(row: str) -> str:
    """A row with bars between its cells."""
    row = _COLUMNS.sub(lambda match: match[2] + " &" * (int(match[1]) - 1), _ROWS.sub(r"\1", row))
    cells = [_plain(cell).replace("|", "/") for cell in re.split(r"(?<!\\)&", row)]
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """A text without the commands of its typesetting."""
    for command, sign in _SIGNS.items():
        text = text.replace(command, sign)
    text = _RAISED.sub("", _APART.sub("", _DASH.sub("–", text)))
    return " ".join(_MARKUP.sub(" ", text).split()).replace(" %", "%")
