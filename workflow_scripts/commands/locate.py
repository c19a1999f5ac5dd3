"""Tell which file a pseudonym means.

In: a folder of raw files, the key that ingest had, and names as manifest.csv and quarantine.csv have them in their
column path. Out: a line for each, the name and the file below the folder; exit status 1 where one is no file's name.
What this prints may tell who a patient is: it is for whoever has the key, and no log holds it.
"""

import argparse
from pathlib import Path

from workflow_scripts.data.dicom.pseudonyms import KEY_FILE, PUBLIC, read_key
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.errors import UserError


def arguments() -> argparse.ArgumentParser:
    """Command line of the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", metavar="NAME", help="F and twelve digits")
    parser.add_argument("--source", type=Path, required=True, metavar="FOLDER", help="the raw files")
    parser.add_argument("--key", type=Path, default=KEY_FILE, metavar="FILE", help=f"default: {KEY_FILE}")
    parser.add_argument("--synthetic", action="store_true", help="the files are synthetic: no key is needed")
    parser.set_defaults(log=None)
    return parser


def main(args: argparse.Namespace) -> None:
    """Print the file of each name; UserError where there is none."""
    from workflow_scripts.data.reading import paths_of_names

    if not args.source.is_dir():
        raise UserError(f"--source {args.source}: is no folder; name the folder of raw files")
    paths = paths_of_names(args.source, PUBLIC if args.synthetic else read_key(args.key))
    unknown = [name for name in args.names if name not in paths]
    for name in args.names:
        if name in paths:
            print(f"{name}\t{args.source / paths[name]}")
    if unknown:
        raise UserError(
            f"{unknown[0]} and {len(unknown) - 1} more are no files of {args.source} by this key; is it the key that "
            "ingest had, and the same folder?"
        )


if __name__ == "__main__":
    entry.run(main, arguments().parse_args())
