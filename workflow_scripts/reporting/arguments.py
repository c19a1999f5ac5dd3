"""The command line of the steps that read all of a study's results."""

import argparse
from pathlib import Path

from workflow_scripts.runtime import entry


def study_arguments(description: str, out: str, paper: bool = False) -> argparse.Namespace:
    """Parsed --study-folder, --paper (required if `paper`) and --out, `out` being its help."""
    parser = entry.parser(description)
    parser.add_argument("--study-folder", type=Path, required=True, help="results folder of the study")
    parser.add_argument("--paper", type=Path, required=paper, help="folder with published.yaml and notes.md")
    parser.add_argument("--out", type=Path, required=True, help=out)
    return parser.parse_args()
