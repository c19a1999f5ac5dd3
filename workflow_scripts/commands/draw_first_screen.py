"""Draw the first screen of a report with numbers on what a reader looks at first, for README and tutorial.

    python -m workflow_scripts.commands.draw_first_screen results/STUDY/report.html docs/images/report.png

In: a report, and Chromium, which opens it without a screen. Out: a PNG file.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from workflow_scripts.runtime.errors import UserError

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
WIDTH, HEIGHT = 1240, 830
# What is looked at, in this order: text of the page by which it is known to be there, and how a browser finds it.
PARTS = (
    ('class="banner"', ".banner"),
    ('class="key"', "p.key"),
    ('data-name="Published"', 'td[data-name="Published"]'),
    ('data-name="Obtained"', 'td[data-name="Obtained"]'),
    ('data-name="Without', 'td[data-name^="Without"]'),
    ('class="why"', "td.why b"),
)
# The contents beside the text would take the room; a number stands at the upper left corner of its part.
_STYLE = """
nav, .back { display: none !important; }
body { max-width: 70rem !important; margin: 0 auto !important; padding: 0.5rem 2.5rem !important; display: block; }
.drawn { outline: 2.5px solid #d55e00; outline-offset: 4px; border-radius: 4px; }
td.drawn { outline-offset: -3px; }
.number { position: absolute; width: 1.7rem; height: 1.7rem; border-radius: 50%; background: #d55e00; color: #fff;
  font: 700 1.05rem/1.7rem system-ui, sans-serif; text-align: center; z-index: 9; }
"""
_SCRIPT = """
PARTS.forEach((selector, index) => {
  const part = document.querySelector(selector);
  part.classList.add("drawn");
  const box = part.getBoundingClientRect();
  const cell = part.tagName === "TD", word = part.tagName === "B";
  const badge = document.createElement("div");
  badge.className = "number";
  badge.textContent = index + 1;
  badge.style.left = (word ? box.right + 10 : cell ? box.left - 10 : box.left - 30) + "px";
  badge.style.top = (word ? box.top - 4 : cell ? box.top + 1 : box.top - 22) + "px";
  document.body.append(badge);
});
"""


def with_numbers(page: str) -> str:
    """The page with a number on every part; UserError where it lacks one."""
    for mark, selector in PARTS:
        if mark not in page:
            raise UserError(f"the report has no {selector}; it is of no paper, or of another version")
    script = _SCRIPT.replace("PARTS", json.dumps([selector for _, selector in PARTS]))
    return page.replace("</body>", f"<style>{_STYLE}</style><script>{script}</script></body>")


def draw(report: Path, out: Path) -> None:
    """Write the picture; UserError where there is no report or no browser."""
    from PIL import Image

    if not report.is_file():
        raise UserError(f"{report} is missing; `make demo` makes it")
    program = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    if program is None:
        raise UserError(f"none of {', '.join(PROGRAMS)} is installed")
    with tempfile.TemporaryDirectory() as folder:
        page, picture = Path(folder) / "report.html", Path(folder) / "report.png"
        page.write_text(with_numbers(report.read_text(encoding="utf-8")), encoding="utf-8")
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder}/user"]
        command = [program, *options, f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={picture}", page.as_uri()]
        subprocess.run(command, check=True, capture_output=True)
        with Image.open(picture) as image:
            # Few colours: text on plain grounds.
            image.convert("RGB").quantize(128, dither=Image.Dither.NONE).save(out, optimize=True)


def main() -> None:
    """Draw; exit 1 where that cannot be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=Path, help="report.html of a study with a paper")
    parser.add_argument("out", type=Path, help="PNG file")
    args = parser.parse_args()
    try:
        draw(args.report, args.out)
    except UserError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
