"""Turning what a page shows into one HTML file: templates, axes of strips, notes from Markdown."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workflow_scripts.reporting import formatting

if TYPE_CHECKING:
    from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"
# What every page ends with: it sorts and filters tables. All that a page says is there without it.
SCRIPT = (TEMPLATES / "page.js").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Axis:
    """A horizontal axis of a strip: values from `low` to `high` on positions from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float
    percent: bool

    def at(self, value: float) -> float:
        """Position of a value, kept inside the axis, with one digit."""
        part = (value - self.low) / (self.high - self.low)
        return round(self.start + min(max(part, 0.0), 1.0) * (self.end - self.start), 1)

    @property
    def ticks(self) -> list[float]:
        """Round values from low to high, at most six steps."""
        step = next(step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0) if (self.high - self.low) / step <= 6.001)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [round(count * step, 4) for count in range(first, last + 1)]

    def text(self, value: float) -> str:
        """A tick's label."""
        return f"{100 * value:.0f} %" if self.percent else f"{value:.2f}"


def axis_for(metric: str, values: list[float | None], start: float, end: float) -> Axis:
    """Axis from a round number below the smallest value up to 1, for a metric in [0, 1]."""
    defined = [value for value in values if value is not None and not formatting.missing(value)]
    low = math.floor(10 * min([*defined, 0.9]) + 1e-9) / 10
    high = max(1.0, math.ceil(10 * max([*defined, 0.0]) - 1e-9) / 10)
    return Axis(low, high, start, end, formatting.in_percent(metric))


def markdown(text: str) -> "Markup":
    """Markdown (CommonMark and tables) as safe HTML below a second-level heading; links and raw HTML stay text."""
    from markdown_it import MarkdownIt
    from markupsafe import Markup

    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["link", "image", "autolink"])
    # A table scrolls for itself where a screen is narrower.
    parser.add_render_rule(
        "table_open", lambda *_: '<div class="scroll" tabindex="0" role="region" aria-label="Table"><table>\n'
    )
    parser.add_render_rule("table_close", lambda *_: "</table></div>\n")
    tokens = parser.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
    return Markup(parser.renderer.render(_without_title(tokens), parser.options, {}))


def _without_title(tokens: list[Any]) -> list[Any]:
    """The tokens after a first heading: the page has a heading of its own."""
    return tokens[3:] if tokens and tokens[0].type == "heading_open" and tokens[0].tag == "h2" else tokens


def render(template: str, context: dict[str, Any]) -> str:
    """Fill a template of this package; a name that the context lacks raises (jinja2.UndefinedError)."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        script=Markup(SCRIPT),
        number=formatting.number,
        interval=formatting.interval,
        difference=formatting.points,
        printed_number=formatting.printed_number,
        metric_name=formatting.metric_name,
        chance_words=formatting.chance_words,
        leak_name=lambda why: formatting.LEAK_NAMES.get(why, why),
        share=formatting.share,
        duration=formatting.duration,
        energy=formatting.energy,
        plural=formatting.plural,
        grouped=formatting.grouped,
        in_sentence=formatting.in_sentence,
        at_start=formatting.at_start,
    )
    return environment.get_template(template).render(context)
