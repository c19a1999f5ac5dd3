"""Fetch a published data set: its addresses come in, the folder of raw files and a record beside it go out.

A download that was broken off is continued. What is there already is not fetched again and never written over.
"""

import argparse
from pathlib import Path

from workflow_scripts.contracts import entry
from workflow_scripts.contracts.files import write_json
from workflow_scripts.data.download.dataset import download
from workflow_scripts.data.download.sources import source_from


def arguments() -> argparse.Namespace:
    """Command line of this step."""
    parser = entry.parser(__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="folder that receives the raw files")
    parser.add_argument("--record", type=Path, required=True, help="record of what was fetched")
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    """Bring the files and write the record."""
    record = download(source_from(args.settings), args.folder)
    write_json(args.record, {**record, "code": args.code})
    entry.log.info("%s: %d files", args.folder, record["number_of_files"])


if __name__ == "__main__":
    entry.run(main, arguments())
