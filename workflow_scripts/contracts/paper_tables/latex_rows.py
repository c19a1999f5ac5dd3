"""Rows of a table in LaTeX as rows between bars."""

import re

_RULE = re.compile(
    r"\s*\\(?:hline|toprule|midrule|bottomrule|centering|small|footnotesize|begin\{[^}]*\}.*|end\{[^}]*\}|"
    r"(?:cline|cmidrule)(?:\([^)]*\))?\{[^}]*\}|label\{[^}]*\}|maketitle)\s*"
)
_ROWS = re.compile(r"\\multirow\{[^}]*\}\{[^}]*\}\{((?:[^{}]|\{[^{}]*\})*)\}")
_COLUMNS = re.compile(r"\\multicolumn\{(\d+)\}\{[^}]*\}\{((?:[^{}]|\{[^{}]*\})*)\}")
_CAPTION = re.compile(r"\s*\\caption\{(.*)\}\s*")
_MARKUP = re.compile(r"\\(?:textbf|textit|emph|underline|mathbf|text|textrm|bf|it)\b\s*|\$|[{}]|\\(?=%)|~")
_DASH = re.compile(r"-{2,3}")


def without_latex(line: str) -> str:
    """A line of LaTeX as Markdown has it: cells between bars, a caption as a note, nothing of a rule.

    Any other line as it stands.
    """
    if _RULE.fullmatch(line):
        return ""
    if caption := _CAPTION.fullmatch(line):
        return f"note: {_plain(caption[1])}"
    if not re.search(r"(?<!\\)&", line) or not re.search(r"\\\\\s*(?:\[[^\]]*\])?\s*(?:\\hline)?\s*(?:%.*)?$", line):
        return line
    row = re.sub(r"\\\\\s*(?:\[[^\]]*\])?\s*(?:\\hline)?\s*(?:%.*)?$", "", line)
    row = _COLUMNS.sub(lambda match: match[2] + " &" * (int(match[1]) - 1), _ROWS.sub(r"\1", row))
    cells = [_plain(cell).replace("|", "/") for cell in re.split(r"(?<!\\)&", row)]
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """A text without the commands of its typesetting."""
    return " ".join(
        _MARKUP.sub(" ", _DASH.sub("–", text.replace(r"\pm", "±").replace(r"\kappa", "κ"))).split()
    ).replace(" %", "%")
