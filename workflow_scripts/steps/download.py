"""Fetch a published data set: its addresses come in, the folder of raw files and a record next to it go out.

A download that was broken off is continued. What is there already is not fetched again and never written over.
"""

import argparse
from pathlib import Path

from workflow_scripts.data.download.dataset_download import download
from workflow_scripts.data.download.published_sources import source_from
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.files import write_json


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
