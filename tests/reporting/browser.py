"""What a browser makes of a page: how wide it is, and what axe finds of barriers in it."""

import json
import re
import subprocess
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path

# Runs when the page stands; closed parts are opened, so that they are looked at too.
_DRIVER = """
document.querySelectorAll("details").forEach((part) => { part.open = true; });
const wide = document.documentElement.scrollWidth;
const write = (barriers) => parent.document.body.append(
  Object.assign(document.createElement("pre"), { id: "seen", textContent: JSON.stringify({ wide, barriers }) }));
if (typeof axe === "undefined") write([]);
else axe.run(document, { resultTypes: ["violations"] }).then((found) => write(found.violations.map(
  ({ id, impact, nodes }) => ({ rule: id, impact, places: nodes.map((node) => node.target.join(" ")).slice(0, 5) }))));
"""


@dataclass(frozen=True)
class Seen:
    """wide: pixels that the page needs in width; barriers: what axe finds: rule, impact and places."""

    wide: int
    barriers: list[dict]

    @property
    def serious(self) -> list[dict]:
        return [barrier for barrier in self.barriers if barrier["impact"] in ("serious", "critical")]


def seen(chromium: Path, page: Path, folder: Path, width: int, axe: Path | None = None, dark: bool = False) -> Seen:
    """A page as a browser of that width shows it; axe: file of axe-core, None: its width alone is asked for.

    folder: where a copy of the page and the browser's profile may lie.
    """
    script = axe.read_text(encoding="utf-8") if axe else ""
    shown_page = f"{page.read_text(encoding='utf-8')}<script>{script}</script><script>{_DRIVER}</script>"
    # A window has a least width, a frame has none.
    frame = f'<!DOCTYPE html><body><iframe width="{width}" height="900" srcdoc="{escape(shown_page)}"></iframe></body>'
    copy = folder / page.name
    copy.write_text(f'<meta charset="utf-8">{frame}', encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1600,1000"]
    flags += [f"--user-data-dir={folder / 'profile'}", f"--blink-settings=preferredColorScheme={0 if dark else 1}"]
    # Time of the page's own: as much as its scripts take.
    command = [str(chromium), *flags, "--virtual-time-budget=60000", "--dump-dom", copy.as_uri()]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600).stdout
    return Seen(**json.loads(unescape(re.search(r'<pre id="seen">(.*?)</pre>', shown, re.DOTALL)[1])))
