"""Check that every file of all results is what its record says.

In: the folder of results, and nothing else: neither settings nor Snakemake are asked. Done: every file of every study
is read and compared with the record that vouches for it, and every record with the files it was made from. Out: a line
for each file that changed, is missing, is older than what it was made from, or is vouched for by no record, with what
to do; exit status 1 when there is any.
"""

import argparse
from pathlib import Path

from workflow_scripts.runtime import entry
from workflow_scripts.runtime.errors import UserError

SETTINGS = ("config.yaml", "config.local.yaml")


def arguments() -> argparse.ArgumentParser:
    """Command line of the check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, help="folder of all results (default: as the settings say)")
    parser.add_argument("--configfile", type=Path, help="settings applied to config.yaml, as for Snakemake")
    parser.add_argument("--log", type=Path, default=Path("logs/check.log"), help="log file, with tracebacks")
    return parser


def main(args: argparse.Namespace) -> None:
    """Check all studies; UserError when a file is not as recorded, or where there are no results."""
    from workflow_scripts.contracts.verified import differences

    results = args.results or results_of([*SETTINGS, *([args.configfile] if args.configfile else [])])
    studies = sorted(record.parent.parent for record in results.glob("*/dataset/record.json"))
    studies = sorted({*studies, *(path.parent for path in results.glob("*/runs"))})
    if not studies:
        raise UserError(f"{results} holds no study; name the folder of results: --results FOLDER")
    wrong = 0
    for study in studies:
        for difference in differences(study):
            print(difference, flush=True)
            wrong += 1
    if wrong:
        raise UserError(f"{results}: {wrong} files are not as recorded, see above")
    entry.log.info("%s: every file of %s is what its record says", results, ", ".join(path.name for path in studies))


def results_of(files: list[str | Path]) -> Path:
    """The folder of results that the last of these settings files names."""
    import yaml

    results = "results"
    for file in files:
        try:
            content = yaml.safe_load(Path(file).read_text(encoding="utf-8")) or {}
        except FileNotFoundError:
            if file in SETTINGS:
                continue
            raise UserError(f"--configfile: {file} is missing") from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise UserError(f"{file} is not valid YAML ({' '.join(str(error).split())})") from None
        results = content.get("results", results) if isinstance(content, dict) else results
    return Path(str(results)).expanduser()


if __name__ == "__main__":
    entry.run(main, arguments().parse_args())
