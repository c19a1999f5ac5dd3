"""Build the documentation as a site that works offline, opened as a file: site/index.html.

In: docs/, README.md and its neighbours. Out: a folder of pages with a search, without anything that is fetched. A dead
link, a heading that is not there, or a page that the navigation does not name ends it with status 1.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from workflow_scripts.documentation.staged_site import stage
from workflow_scripts.runtime.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = ROOT / "docs" / "site"
STAGED = Path(".work") / "site"


def build(root: Path, out: Path) -> int:
    """Build the site of the working copy `root` in the folder `out`; the exit status of Sphinx."""
    staged = root / STAGED
    stage(root, staged)
    options = ["--builder", "html", "--fail-on-warning", "--keep-going", "--quiet", "--fresh-env"]
    folders = [
        "--conf-dir",
        str(CONFIGURATION),
        "--doctree-dir",
        str(root / ".work" / "doctrees"),
        str(staged),
        str(out),
    ]
    # Sphinx is asked as a program: it is no part of what users install.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    return subprocess.run([sys.executable, "-m", "sphinx", *options, *folders], env=environment, check=False).returncode


def main() -> None:
    """Build the site; exit 1 where a link is dead."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "site", help="folder of the site (site)")
    args = parser.parse_args()
    try:
        status = build(ROOT, args.out)
    except UserError as error:
        sys.exit(f"error: {error}")
    if status:
        sys.exit(1)
    print(f"Open {args.out / 'index.html'} in a browser.")


if __name__ == "__main__":
    main()
