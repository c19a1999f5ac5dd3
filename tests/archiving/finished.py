"""A small study that has gone all the way, to be archived; and archives in which something was changed."""

import json
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import pandas as pd

from tests.reporting.handmade import EVALUATE, Study
from tests.vouched import vouch
from workflow_scripts.archiving.building import Archived, Options, write_archive
from workflow_scripts.commands import verify
from workflow_scripts.contracts.aggregation import EACH_SAMPLE
from workflow_scripts.contracts.blocks import parse, plain
from workflow_scripts.contracts.dataset import EQUAL_PAIRS
from workflow_scripts.contracts.record import write_record
from workflow_scripts.contracts.run_finish import write_tables
from workflow_scripts.contracts.run_tables import PREDICTIONS, UNITS
from workflow_scripts.contracts.step_settings.split_settings import rule_of
from workflow_scripts.kinds.kind import RunKind
from workflow_scripts.kinds.step_settings.archived_settings import ArchivedSettings
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import canonical_json, read_json
from workflow_scripts.steps import evaluate, report, split

ROOT = Path(__file__).resolve().parents[2]
PAPER = ROOT / "workflow_scripts" / "studies" / "cvm_cervix"
PAPERS = sorted(path.parent for path in PAPER.parent.glob("*/published.yaml"))
RUN = "cvm_cervix/runs/published/cvm/fold0-seed1"
METADATA = "ro-crate-metadata.json"
MEASURED = {**EVALUATE, "bootstrap": 100, "risk": {"positive": "b", "sensitivity": 0.8}}
WORDS = ("same ", "ALTERED ", "DIFFERENT ", "given ", "sha256 ")


class Leaking(Study):
    """Under `published` two cells of a class have changed places, so that two fields are on both sides."""

    def subsets(self, protocol: str) -> pd.Series:
        subsets = super().subsets(protocol)
        if protocol == "published":
            subsets[1], subsets[9] = subsets[9], subsets[1]
        return subsets

    def split(self, protocol: str) -> None:
        """Leaks and record of a protocol, as the step writes them."""
        dataset, splits = self.folder / "dataset", self.folder / "splits"
        file = (splits / f"{protocol}.csv").rename(splits.parent / f"{protocol}.csv")
        rule = plain(rule_of(self.received.protocols[protocol]))
        settings = {"study": "cvm_cervix", "seed": 0, "protocol": protocol, "rule": rule, "units_judged": False}
        split.main(SimpleNamespace(settings=settings, code="c0de", dataset=dataset, out=splits, split_file=file))
        file.unlink()


class Finished:
    """A small study, split, evaluated and reported for good, with weights and pictures lying about."""

    def __init__(self, folder: Path) -> None:
        self.results = folder / "results"
        rules = {
            name: {"kind": "file", "path": f"{name}.csv", "by": by, "folds": 1}
            for name, by in (("grouped", "group"), ("published", "sample"))
        }
        runs = ("legacy_xception", "cvm", "soft_vote")  # not in the order of their names
        study = Leaking(self.results, runs=runs, evaluate=MEASURED, protocols=rules)
        study.settings = json.loads(canonical_json(study.settings))  # as a step receives them
        study.write()
        pairs = study.folder / "dataset" / "equal_pairs.csv"
        pair = ("a/0_0", "a/1_0", "equal_pixels", 0.0, "a", "a")
        EQUAL_PAIRS.write(pairs, pd.DataFrame([pair], columns=list(EQUAL_PAIRS.columns)))
        vouch(pairs.with_name("record.json"), pairs.name)
        evaluated = {}
        for protocol in study.settings["protocols"]:
            study.split(protocol)
            spec = study.settings["runs"]["soft_vote"]["spec"]
            for folder in study.folder.glob(f"runs/{protocol}/soft_vote/*"):
                members = {name: UNITS.read(folder.parents[1] / name / folder.name / "units.csv") for name in runs[:2]}
                combined = parse(RunKind, spec).combine({name: members[name] for name in spec["members"]})
                write_tables(folder, combined.output(), EACH_SAMPLE)
            for path in study.folder.glob(f"runs/{protocol}/*/*/units.csv"):
                PREDICTIONS.write(path.with_name("predictions.csv"), UNITS.read(path).drop(columns="n_samples"))
                (path.parent / "weights.safetensors").write_bytes(b"\2\0\0\0\0\0\0\0{}weights")
                ledger = path.with_name("ledger.json")
                write_record(ledger, {**read_json(ledger), "host": "somebodys-machine"})
                vouch(path.with_name("record.json"), "predictions.csv", "units.csv")
                vouch(path.with_name("train.json"), "weights.safetensors")
            evaluated[protocol] = stated = {
                **{key: study.settings[key] for key in ("study", "seed", "seeds")},
                **{"protocol": protocol, "reported": "test", "folds": 1, "runs": list(runs)},
                **{"trained": list(runs[:2]), "expects": {run: {} for run in runs}},
                "evaluate": study.measures,
            }
            folders = {"dataset": study.folder / "dataset", "runs": study.folder / "runs" / protocol}
            with patch.object(evaluate, "write_figures"):
                out = study.folder / "evaluation" / protocol
                evaluate.main(SimpleNamespace(settings=stated, code="", out=out, **folders))
        self.settings = parse(ArchivedSettings, {"evaluate": evaluated, "report": study.settings})
        study.judge()
        out = study.folder / "report.html"
        folders = {"study_folder": study.folder, "paper": PAPER, "out": out}
        report.main(SimpleNamespace(settings=study.settings, code="", **folders))

    def archive(self, target: Path, weights: bool = False) -> Path:
        study = Archived("cvm_cervix", "A small study", self.settings, PAPER)
        write_archive(target, self.results, [study], PAPERS, ROOT / "requirements.lock", Options(weights))
        return target


def changed(archive: Path, target: Path, *changes: tuple[str, Callable], sealed: bool = True) -> Path:
    """A copy of the archive in which some files have other bytes, or none (None: left out).

    `sealed`: sizes and checksums in its description were made to fit, as somebody would who means harm.
    """
    with zipfile.ZipFile(archive) as source:
        contents = {name: source.read(name) for name in source.namelist()}
    for name, change in changes:
        content = change(contents.pop(name, b""))
        if content is not None:
            contents[name] = content
    if sealed:
        description = json.loads(contents[METADATA])
        listed = {entity["@id"]: entity for entity in description["@graph"] if entity["@type"] == "File"}
        for name, entity in listed.items():
            content = contents.get(name, b"")
            entity.update(contentSize=str(len(content)), sha256=sha256(content).hexdigest())
        contents[METADATA] = (json.dumps(description, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for name, content in contents.items():
            copy.writestr(name, content)
    return target


def verified(archive: Path, capsys) -> tuple[list[str], str]:
    """What `verify` prints of files and tables that are not as they should be, and its error ("" if all is well)."""
    capsys.readouterr()
    try:
        verify.main(SimpleNamespace(archive=archive))
        last = ""
    except UserError as error:
        last = str(error)
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith(WORDS) for line in lines)
    assert "/tmp" not in "".join(lines) and "\n" not in last
    return [line for line in lines if line.startswith(("ALTERED", "DIFFERENT"))], last


def replaced(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        assert content.count(old) >= 1
        return content.replace(old, new, 1)

    return change


def edited(change: Callable[[dict], None]) -> Callable[[bytes], bytes]:
    """A JSON file in which `change` made something else."""

    def edit(content: bytes) -> bytes:
        value = json.loads(content)
        change(value)
        return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()

    return edit
