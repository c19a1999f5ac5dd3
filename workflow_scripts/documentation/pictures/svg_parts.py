"""Parts of a drawing as SVG text, readable on light and on dark pages: a card of its own, and colours for either."""

from collections.abc import Iterable
from html import escape

# Colours of Okabe and Ito, which colour-blind people tell apart.
BLUE, ORANGE, GREEN, RED = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
_STYLE = """
text { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", "Liberation Sans", sans-serif; fill: #1b1f24; }
.soft { fill: #57606a; }
.card { fill: #ffffff; stroke: #d0d7de; }
.ground { fill: #ffffff; }
.line { stroke: #1b1f24; }
.faint { stroke: #8c959f; }
.band { fill: #dbe9f4; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .soft { fill: #a8b1bb; }
  .card { fill: #161b22; stroke: #3d444d; }
  .ground { fill: #161b22; }
  .line { stroke: #e6edf3; }
  .faint { stroke: #8b949e; }
  .band { fill: #1f3a52; }
}
"""


def words(
    x: float, y: float, text: str, size: int = 20, anchor: str = "middle", kind: str = "", bold: bool = False
) -> str:
    """A line of text; `kind`: soft or empty."""
    weight = ' font-weight="600"' if bold else ""
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}"{weight}{named}>{escape(text)}</text>'


def track(path: str, colour: str, width: float = 9) -> str:
    """A line along a path, in a colour that both grounds bear."""
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width:g}" stroke-linecap="round"/>'


def circle(
    x: float, y: float, radius: float, fill: str = "", stroke: str = "", width: float = 0, kind: str = ""
) -> str:
    """A circle; without a fill that of the ground."""
    named = f' class="{kind}"' if kind else ""
    filled = f' fill="{fill}"' if fill else ""
    edge = f' stroke="{stroke}" stroke-width="{width:g}"' if stroke else ""
    return f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}"{filled}{edge}{named}/>'


def drawing(width: int, height: int, title: str, meaning: str, parts: Iterable[str]) -> str:
    """The whole picture; title and meaning are what a screen reader says."""
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-labelledby="title meaning">\n<title id="title">{escape(title)}</title>\n'
        f'<desc id="meaning">{escape(meaning)}</desc>\n<style>{_STYLE}</style>\n'
        f'<rect class="card" x="1" y="1" width="{width - 2}" height="{height - 2}" rx="14"/>\n{body}\n</svg>\n'
    )
