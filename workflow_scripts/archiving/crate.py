"""ro-crate-metadata.json: what an archive holds, as RO-Crate 1.1 (https://w3id.org/ro/crate/1.1).

Written here and not by the package rocrate, which reads it: the description is one flat list of files, so that calling
a package would be as long as this module, and one more to keep at its version.
"""

import mimetypes
from dataclasses import dataclass
from typing import Any

from workflow_scripts.archiving.contents import METADATA, settings_name
from workflow_scripts.archiving.entry_names import member_fault
from workflow_scripts.runtime.errors import UserError

CONTEXT = ["https://w3id.org/ro/crate/1.1/context", {"sha256": "https://schema.org/sha256"}]
SPECIFICATION = "https://w3id.org/ro/crate/1.1"
LICENCE = (
    "Images are not included, but for those that figures show. Data sets, papers and published weights keep the "
    "licences of their owners."
)
WORKFLOW = "#workflow"
# What a file of that name is, in words.
MEANINGS = {
    "manifest.csv": "samples with label, group and checksum",
    "quarantine.csv": "files that were refused, and why",
    "equal_pairs.csv": "images that occur twice",
    "predictions.csv": "probabilities of every sample of the validation and the test subset",
    "units.csv": "probabilities of everything that is judged",
    "history.csv": "training, epoch by epoch",
    "metrics.csv": "metrics with 95 % intervals",
    "statistics.csv": "calibration, predictive values, decisions and variance components",
    "metrics.json": "metrics with 95 % intervals",
    "comparison.csv": "runs compared on the same units",
    "label_efficiency.csv": "how far runs that ask for labels come with how many",
    "copies_of_training.csv": "samples that a network of another study has learned from, or copies of them",
    "rounds.csv": "what a run came to after each round of labels",
    "queries.csv": "whose labels a run asked for",
    "delong.csv": "areas under the ROC curve compared",
    "record.json": "provenance: settings, digest of the code, checksums of inputs, versions",
    "ledger.json": "what the job cost",
    "train.json": "what the training cost",
    "costs.csv": "what each run is, how large, and what it cost",
    "truth.csv": "ground truth of synthetic data, and what was recovered",
    "report.html": "the report",
    "index.html": "the studies at a glance",
    "runs.csv": "every run of every study in one table",
    "runs.html": "the same for a paper",
    "runs.md": "the same for a paper",
    "runs.tex": "the same for a paper",
    "verdict.csv": "what was obtained for every number that the paper prints",
    "model_card.md": "the main run's network: use, data, performance, limits",
    "consistency.csv": "the papers' printed numbers held against each other",
    "consistency.html": "the papers' printed numbers held against each other",
    "settings.json": "settings with which the tables were made",
    "published.yaml": "numbers that the paper prints",
    "notes.md": "what the paper leaves open, and what was chosen",
    "requirements.lock": "versions of all packages",
}


@dataclass(frozen=True)
class Member:
    """A file of an archive: its name in it, its size in bytes and the hexadecimal sha256 of its bytes."""

    name: str
    size: int
    sha256: str


def describe(studies: dict[str, str], date: str, members: list[Member]) -> dict[str, Any]:
    """The crate's description. `studies`: name → title; `date`: ISO 8601, the day of archiving."""
    listed = ", ".join(studies)
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"Results of {listed}",
        "description": f"Splits, predictions, metrics, reports and their provenance of: {listed}.",
        "datePublished": date,
        "license": LICENCE,
        "hasPart": [{"@id": member.name} for member in members],
        "mentions": [{"@id": f"#{study}"} for study in studies],
    }
    workflow = {"@id": WORKFLOW, "@type": "SoftwareApplication", "name": "cervix-reproducibility"}
    about = {"@id": METADATA, "@type": "CreativeWork", "conformsTo": {"@id": SPECIFICATION}, "about": {"@id": "./"}}
    actions = [_action(study, title, members) for study, title in studies.items()]
    return {"@context": CONTEXT, "@graph": [about, root, workflow, *actions, *(_file(member) for member in members)]}


def _action(study: str, title: str, members: list[Member]) -> dict[str, Any]:
    """How a study's tables came about: the settings went in, the tables and the report came out."""
    names = [member.name for member in members if member.name.startswith(f"{study}/")]
    return {
        "@id": f"#{study}",
        "@type": "CreateAction",
        "name": title,
        "instrument": {"@id": WORKFLOW},
        "object": [{"@id": settings_name(study)}],
        "result": [{"@id": name} for name in names if name != settings_name(study)],
    }


def _file(member: Member) -> dict[str, Any]:
    base = member.name.rpartition("/")[2]
    entity = {
        "@id": member.name,
        "@type": "File",
        "name": base,
        "encodingFormat": _format(base),
        "contentSize": str(member.size),
        "sha256": member.sha256,
    }
    return {**entity, "description": MEANINGS[base]} if base in MEANINGS else entity


def _format(name: str) -> str:
    own = {".safetensors": "application/octet-stream", ".yaml": "application/yaml", ".md": "text/markdown"}
    own |= {".lock": "text/plain", ".csv": "text/csv", ".json": "application/json", ".html": "text/html"}
    suffix = f".{name.rpartition('.')[2]}"
    return own.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def members_of(description: dict[str, Any]) -> list[Member]:
    """The files that a crate's description lists; UserError when it is none that this workflow wrote."""
    try:
        files = [entity for entity in description["@graph"] if entity["@type"] == "File"]
        members = [Member(entity["@id"], int(entity["contentSize"]), entity["sha256"]) for entity in files]
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{METADATA} does not describe an archive of this workflow ({error!r})") from None
    if not all(isinstance(member.name, str) and isinstance(member.sha256, str) for member in members):
        raise UserError(f"{METADATA} does not describe an archive of this workflow (names and digests are texts)")
    if fault := member_fault(member.name for member in members):
        raise UserError(f"{METADATA} does not describe an archive of this workflow ({fault})")
    return members


def day_of(description: dict[str, Any]) -> str:
    """The day of archiving, as a crate's description says it; "" where it says none."""
    roots = [entity for entity in description["@graph"] if entity.get("@id") == "./"]
    return str(roots[0].get("datePublished", "")) if roots else ""
