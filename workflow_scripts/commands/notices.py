"""Write the licences of all installed packages into one file, for an image or a folder that is passed on.

In: the metadata of the packages of this Python. Out: a text file with name, version, licence and the text of every
licence file that a package brings.
"""

import argparse
from importlib import metadata
from pathlib import Path

LICENCE_FILES = ("licen", "copying", "notice", "authors")


def licence_of(package: metadata.Distribution) -> str:
    """Licence of a package by its own word, "unknown" where it says nothing."""
    about = package.metadata
    named = [line.rpartition("::")[2].strip() for line in about.get_all("Classifier") or [] if "License ::" in line]
    named = [name for name in named if name != "OSI Approved"]
    # Some packages put the whole text into the second field.
    expression, licence = ((about.get_all(key) or [""])[0] for key in ("License-Expression", "License"))
    return expression or "; ".join(named) or licence.strip().partition("\n")[0] or "unknown"


def texts_of(package: metadata.Distribution) -> list[str]:
    """Texts of the licence files that a package brings, each once."""
    files = [file for file in package.files or [] if file.name.lower().startswith(LICENCE_FILES)]
    paths = [
        Path(str(package.locate_file(file))) for file in files if ".dist-info" in str(file) or "/" not in str(file)
    ]
    return list(dict.fromkeys(path.read_text(encoding="utf-8", errors="replace") for path in paths if path.is_file()))


def notices() -> str:
    """All packages by name: a line each, then their texts."""
    packages = {package.metadata["Name"].lower(): package for package in metadata.distributions()}
    ordered = [packages[name] for name in sorted(packages)]
    lines = [f"{package.metadata['Name']} {package.version}: {licence_of(package)}" for package in ordered]
    parts = [
        f"{'=' * 100}\n{package.metadata['Name']} {package.version}\n{'=' * 100}\n{text.strip()}"
        for package in ordered
        for text in texts_of(package)
    ]
    return "\n\n".join(["\n".join(lines), *parts]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="the text file")
    parser.parse_args().out.write_text(notices(), encoding="utf-8")


if __name__ == "__main__":
    main()
