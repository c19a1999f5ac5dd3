"""Records for files that tests write by hand: what is there is what they say."""

import os
from pathlib import Path

from workflow_scripts.contracts.record import write_record
from workflow_scripts.data.readers.image_reader import ImageReader
from workflow_scripts.data.readers.reader_interface import modality_of
from workflow_scripts.runtime.files import digest_file, read_json
from workflow_scripts.runtime.results_layout import vouched_file

# What the record of a dataset of images says of its manifest.
IMAGES = modality_of(ImageReader()).as_record()


def vouch(record: Path, *names: str, **content: object) -> Path:
    """Write or renew a record: what it held, `content`, and the digests of `names` relative to its folder.

    Without names: of the other files of its folder, but for records; of a split's record: of its tables.
    """
    held = read_json(record) if record.exists() else {}
    if not names:
        pattern = f"{record.stem}*.csv" if record.parent.name == "splits" else "*"
        names = [path.name for path in record.parent.glob(pattern) if path.is_file() and path.suffix != ".json"]
    outputs = held.get("outputs", {}) | _digests(record.parent, names)
    write_record(record, {**held, **content, "outputs": outputs})
    return record


def revouch(study: Path) -> None:
    """Let every record below a study's results say what its files are now, after a test edited some of them."""
    for record in study.rglob("*.json"):
        about = vouched_file(record)
        if about and about.record == record:
            held = read_json(record)
            names = [name for name in held.get("outputs", {}) if (record.parent / name).exists()]
            write_record(record, {**held, "outputs": held.get("outputs", {}) | _digests(record.parent, names)})
    for record in study.glob("evaluation/*/record.json"):
        held = read_json(record)
        names = [name for name in held.get("inputs", {}) if (study / name).exists()]
        write_record(record, {**held, "inputs": held.get("inputs", {}) | _digests(study, names)})


def _digests(folder: Path, names: list[str]) -> dict[str, str]:
    return {name: digest_file(Path(os.path.normpath(folder / name))) for name in sorted(names)}
