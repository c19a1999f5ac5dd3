"""Write the page into which `dvc plots` puts its plots, with the scripts in it that draw them.

DVC's own page loads Vega from the internet and is blank without it. Snakemake brings the same libraries for its own
report. Done by whatever installs the project or makes results; .dvc/config names the page.
"""

from importlib.metadata import distribution
from pathlib import Path

from workflow_scripts.runtime.files import write_text

ROOT = Path(__file__).resolve().parents[2]
# In the folder that DVC's own .gitignore names.
PAGE = Path(".dvc/tmp/plots_page.html")
SCRIPTS = ("vega/vega.js", "vega-lite/vega-lite.js", "vega-embed/vega-embed.js")
# DVC fills in what stands in braces.
_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Training curves</title>
{refresh_tag}
<style>body { font: 1rem/1.4 system-ui, sans-serif; margin: 1rem; } body > div { display: inline-block; }</style>
"""
_BODY = """</head>
<body>
<h1>Training curves</h1>
{plot_divs}
</body>
</html>
"""


def write_plots_page(root: Path) -> Path:
    """Write PAGE below the project's folder; returns its path."""
    installed = distribution("snakemake")
    paths = [Path(str(installed.locate_file(f"snakemake/assets/data/{name}"))) for name in SCRIPTS]
    scripts = [path.read_text(encoding="utf-8").replace("</script", r"<\/script") for path in paths]
    libraries = "".join(f"<script>{script}</script>\n" for script in scripts)
    write_text(root / PAGE, _HEAD + libraries + _BODY)
    return root / PAGE


if __name__ == "__main__":
    write_plots_page(ROOT)
