"""What the trainings of a bundle read at home, and what of it travels as original files or as packed pixels."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from workflow_scripts.contracts.arrays import DATA, INDEX
from workflow_scripts.contracts.dataset import read_manifest
from workflow_scripts.contracts.record import read_record
from workflow_scripts.contracts.verified import require
from workflow_scripts.data.adapters.adapter_registry import is_private
from workflow_scripts.data.readers.image_reader import ImageReader
from workflow_scripts.elsewhere.asked_runs import AskedRun
from workflow_scripts.elsewhere.bundle_description import ORIGINALS, BundledOriginals, StepCall, Travel
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import open_file
from workflow_scripts.runtime.run_address import RECORD_FILE
from workflow_scripts.settings.plan.rule_params import RuleParams
from workflow_scripts.settings.plan.step_names import StepNames
from workflow_scripts.settings.plan.step_table import PREPROCESS
from workflow_scripts.settings.plan.workflow_plan import Plan

BLOCK = 1 << 20


@dataclass(frozen=True)
class Travelling:
    """The samples of a study: path in the bundle → file at home, and what is packed there, None: nothing."""

    files: dict[str, Path]
    originals: BundledOriginals | None = None


def made_for(plan: Plan, run: AskedRun) -> list[str]:
    """The results that a run's trainings read at home, and the records of published weights, as the rules name them."""
    paths, arrays = plan.paths(run.study), plan.data.arrays(run.study, run.run)
    masks = [Path(record) for record in plan.data.mask_records(run.study, run.run)]
    files = [
        *(paths.dataset_record, paths.manifest, paths.split(run.protocol), paths.split_record(run.protocol)),
        *(arrays / name for name in (RECORD_FILE, INDEX, DATA)),
        *(path for record in masks for path in (record, record.with_name(paths.masks.name))),
    ]
    return [*map(str, files), *plan.weights.records(run.study, run.run)]


def read_of(plan: Plan, run: AskedRun) -> list[str]:
    """All files that a run's trainings read: those, and the weights that they start from."""
    weights = plan.weights.files(run.study, run.run).values()
    return list(dict.fromkeys([*made_for(plan, run), *weights]))


def travelling(plan: Plan, study: str, travel: Travel, array: str) -> Travelling:
    """How the samples of a study travel; `array`: where the bundle holds them, if packed.

    Original files are those of the manifest. They can travel where they are pictures that bear no names of people:
    other readers need libraries that few machines have. UserError where `originals` are asked for and cannot travel.
    """
    packed = Travelling({array: plan.paths(study).array})
    record = read_record(plan.paths(study).dataset_record)
    sources = plan.data.sources(study)
    can_travel = record["modality"]["name"] == ImageReader.modality and not any(map(is_private, sources))
    if travel == "originals" and not can_travel:
        raise UserError(f"{study}: its original files cannot be read elsewhere; make the bundle with --data packed")
    if travel == "packed" or not can_travel:
        return packed
    originals = _originals(plan, study, sources)
    if travel == "originals" or _deflated(originals.files.values()) < _deflated(packed.files.values()):
        return originals
    return packed


def _originals(plan: Plan, study: str, sources: dict[str, str]) -> Travelling:
    paths, names = plan.paths(study), StepNames(study=study)
    manifest = read_manifest(paths.dataset)
    pairs = manifest[["source", "path"]].drop_duplicates().itertuples(index=False)
    files = {f"{ORIGINALS}/{study}/{adapter}/{path}": Path(sources[adapter], path) for adapter, path in pairs}
    outputs = require(paths.arrays_record, DATA, INDEX)["outputs"]
    return Travelling(
        files,
        BundledOriginals(
            study,
            StepCall(PREPROCESS.settings(plan, names), RuleParams(plan).digest(PREPROCESS, names)),
            {adapter: f"{ORIGINALS}/{study}/{adapter}" for adapter in sources},
            {name: outputs[name] for name in (DATA, INDEX)},
        ),
    )


def _deflated(paths: Iterable[Path]) -> int:
    """Bytes that files take in a zip file, near enough to compare."""
    total = 0
    for path in paths:
        packing = zlib.compressobj(1)
        with open_file(path) as handle:
            while block := handle.read(BLOCK):
                total += len(packing.compress(block))
        total += len(packing.flush())
    return total
