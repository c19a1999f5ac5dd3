"""Check a study on synthetic data against their ground truth.

In: the synthetic folders (truth.csv and the masks in .truth), the dataset with the overviews of its slides, the masks
of the packed pixels and the Grad-CAM maps of each protocol. Out: truth.csv of the study: how well masks recover the
true nuclei and the tissue of slides, which copies were found, and how much of each network's Grad-CAM lies on the true
region, compared with chance and with the same network with random weights; of visits, which faults were refused.
"""

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.record import make_record, read_record, write_record
from workflow_scripts.contracts.step_settings.ground_truth_settings import GroundTruthSettings
from workflow_scripts.contracts.verified import require, require_all
from workflow_scripts.data.adapters.adapter_registry import TABLE
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.digests import input_digests
from workflow_scripts.runtime.files import digest_file
from workflow_scripts.runtime.study_paths import OVERVIEWS_FILE

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from workflow_scripts.contracts.arrays import Arrays
    from workflow_scripts.synthetic.recovery import Recovered


def arguments() -> argparse.Namespace:
    """Command line of the step."""
    parser = entry.parser(__doc__)
    parser.add_argument("--source", action="append", required=True, metavar="ADAPTER=FOLDER", help="as for ingest")
    parser.add_argument("--study-folder", type=Path, required=True, help="results folder of the study")
    parser.add_argument("--out", type=Path, required=True, help="the table")
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    """Run the step; see the module's docstring."""
    import pandas as pd

    from workflow_scripts.contracts.ground_truth_table import TRUTH

    settings = parse(GroundTruthSettings, args.settings)
    lines = [
        {"what": what, "protocol": protocol, "run": run, **asdict(measure)}
        for what, protocol, run, measure in _measured(args, settings)
    ]
    TRUTH.write(args.out, pd.DataFrame(lines, columns=list(TRUTH.columns)))
    folder = args.study_folder
    read = [folder / "dataset" / "record.json", folder / "arrays" / "record.json", folder / "masks" / "record.json"]
    read += [folder / "explanation" / name / "record.json" for name in settings.protocols]
    inputs = input_digests(folder, [path for path in read if path.exists()])
    outputs = {args.out.name: digest_file(args.out)}
    write_record(args.out.with_suffix(".json"), make_record(args.settings, args.code, inputs, outputs=outputs))
    for line in lines:
        entry.log.info("%(what)s %(protocol)s %(run)s %(part)s: %(measure)s %(value).3f", line)


def _measured(args: argparse.Namespace, settings: GroundTruthSettings) -> "Iterator[tuple[str, str, str, Recovered]]":
    """(what, protocol, run, Recovered) of everything that can be checked."""
    from workflow_scripts.contracts.arrays import MASKS, open_arrays
    from workflow_scripts.contracts.dataset import EQUAL_PAIRS, read_manifest
    from workflow_scripts.contracts.explanation import read_maps
    from workflow_scripts.data.raw_folders import parse_sources
    from workflow_scripts.data.reading import RawFiles
    from workflow_scripts.preprocessing.packer_registry import load
    from workflow_scripts.synthetic import recovery

    folder, sources = args.study_folder, parse_sources(args.source)
    require_all_of(folder, settings, sources)
    manifest = read_manifest(folder / "dataset")
    dataset = read_record(folder / "dataset" / "record.json")
    if dataset["modality"]["name"] == TABLE:
        yield from (("refused", "", "", measure) for measure in _refused(sources, folder / "dataset"))
        # No patient is drawn as another's copy: those who are alike are so by chance.
        return
    yield from (
        ("duplicates", "", "", measure)
        for measure in recovery.duplicates(
            _sample_truth(sources, manifest), EQUAL_PAIRS.read(folder / "dataset" / "equal_pairs.csv")
        )
    )
    if dataset["modality"]["name"] == "slide":
        yield from (("tissue", "", "", measure) for measure in _tissue(sources, folder / "dataset"))
    if settings.mask == "none" and not settings.explain:
        return
    packer = load(dataset["modality"]["name"], settings.preprocess)
    regions = recovery.regions(manifest, RawFiles.of(dataset, sources), packer)
    if settings.mask != "none":
        arrays = open_arrays(folder / "arrays", folder / "masks" / MASKS)
        masks = {name: _mask(arrays, name) for name in arrays.index["id"]}
        yield "masks", "", "", recovery.masks(regions, masks, settings.mask)
    for protocol in settings.protocols:
        for run in settings.explain:
            ids, maps, random = read_maps(folder / "explanation" / protocol / run / "gradcam.npz")
            for branch, values in maps.items():
                yield "gradcam", protocol, run, recovery.energy(regions, ids, values, random[branch], branch)


def _refused(sources: dict[str, Path], dataset: Path) -> "list[Recovered]":
    """How many of the patients with a planted fault were refused for it."""
    from workflow_scripts.contracts.dataset import QUARANTINE
    from workflow_scripts.synthetic import recovery

    defects = _truth_tables(sources).set_index("id")["defect"]
    refused = QUARANTINE.read(dataset / "quarantine.csv").set_index("path")["reason"]
    return recovery.faults(defects[defects != ""].to_dict(), refused.to_dict())


def _tissue(sources: dict[str, Path], dataset: Path) -> "list[Recovered]":
    """How well the tissue of each slide was found. UserError where the overviews are not what their record says."""
    from workflow_scripts.contracts.ground_truth_table import SAMPLE_TRUTH
    from workflow_scripts.contracts.slide_overviews import TISSUE, read_overviews
    from workflow_scripts.synthetic import recovery

    require(dataset / "record.json", OVERVIEWS_FILE)
    detected = {slide: overview.mask == TISSUE for slide, overview in read_overviews(dataset / OVERVIEWS_FILE)}
    true_masks: dict[str, np.ndarray] = {}
    for folder in sources.values():
        truth = SAMPLE_TRUTH.as_text(folder / "truth.csv")
        true_masks |= {
            name: recovery.true_mask(folder, path)
            for name, path in zip(truth["id"], truth["path"], strict=True)
            if name in detected
        }
    return recovery.tissue(true_masks, detected)


def _mask(arrays: "Arrays", sample: str) -> "np.ndarray":
    """Where a sample's mask keeps the picture."""
    mask = arrays.mask(sample)
    assert mask is not None  # the arrays were opened with their masks
    return mask > 0


def require_all_of(folder: Path, settings: GroundTruthSettings, sources: dict[str, Path]) -> None:
    """Raise UserError unless all that is read is what its records say: synthetic data, dataset, masks, maps."""
    for source in sources.values():
        require_all(source / "synthetic.json")
    require(folder / "dataset" / "record.json", "manifest.csv", "equal_pairs.csv", "quarantine.csv")
    if settings.mask != "none":
        require(folder / "masks" / "record.json", "masks.npy")
    for protocol in settings.protocols if settings.explain else ():
        record = folder / "explanation" / protocol / "record.json"
        require(record, *(f"{run}/gradcam.npz" for run in settings.explain))


def _sample_truth(sources: dict[str, Path], manifest: "pd.DataFrame") -> "pd.DataFrame":
    """The same of the samples that are there."""
    truth = _truth_tables(sources)
    return truth[truth["id"].isin(manifest["id"])]


def _truth_tables(sources: dict[str, Path]) -> "pd.DataFrame":
    """truth.csv of all sources, ids as in the manifest."""
    import pandas as pd

    from workflow_scripts.contracts.ground_truth_table import SAMPLE_TRUTH

    tables = []
    for adapter, folder in sources.items():
        table = SAMPLE_TRUTH.as_text(folder / "truth.csv")
        prefix = f"{adapter}/" if len(sources) > 1 else ""
        for column in ("id", "copy_of"):
            table[column] = (prefix + table[column]).where(table[column] != "", "")
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


if __name__ == "__main__":
    entry.run(main, arguments())
