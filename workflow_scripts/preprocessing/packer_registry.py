"""Names of modalities → how their samples are packed, as text: to name a packer imports none. Imports no NumPy."""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from workflow_scripts.contracts.step_settings.preprocess_settings import OWN_BLOCKS, Packing
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.study_paths import COLUMNS_FILE, VISITS_FILE

if TYPE_CHECKING:
    from workflow_scripts.preprocessing.packer import Packer, PicturePacker


@dataclass(frozen=True)
class PackedModality:
    """packer: "module:class"; array: what a row becomes, see contracts.arrays; keys: of `preprocess`, that it takes.

    shown, result: what a picture of a sample shows before and after it is packed, for captions; empty where samples are
    no pictures. of_slides: samples are parts of slides, of which examples holds a picture each. in_dataset: files of
    the dataset that samples are packed from instead of raw files; the first holds them.
    """

    packer: str
    array: Literal["pixels", "features", "sequence"]
    keys: frozenset[str]
    shown: str = ""
    result: str = ""
    of_slides: bool = False
    in_dataset: tuple[str, ...] = ()

    @property
    def of_pictures(self) -> bool:
        """Whether samples are pictures."""
        return self.array == "pixels"

    @property
    def module(self) -> str:
        """The module of the packer."""
        return self.packer.partition(":")[0]

    @property
    def own_blocks(self) -> list[str]:
        """Those of its keys that are blocks of this modality."""
        return sorted(self.keys & OWN_BLOCKS.keys())


PACKED: dict[str, PackedModality] = {
    "image": PackedModality(
        "workflow_scripts.preprocessing.packing:ImagePacker",
        "pixels",
        frozenset({"size", "fit", "interpolation", "draft", "mask", "pixel_size"}),
        "as in the file",
        "resized",
    ),
    "dicom": PackedModality(
        "workflow_scripts.preprocessing.slice_packing:SlicePacker",
        "pixels",
        frozenset({"size", "slices"}),
        "whole slice, windowed, with a frame around what is packed",
        "cropped and resized",
    ),
    "slide": PackedModality(
        "workflow_scripts.preprocessing.tile_packing:TilePacker",
        "pixels",
        frozenset({"size", "tiles"}),
        "tile at the slide's full resolution",
        "tile as packed",
        of_slides=True,
    ),
    "table": PackedModality(
        "workflow_scripts.preprocessing.visit_packing:VisitPacker",
        "sequence",
        frozenset({"visits"}),
        in_dataset=(VISITS_FILE, COLUMNS_FILE),
    ),
}


def packed_modality(modality: str) -> PackedModality:
    """How samples of a modality are packed; UserError where nothing packs them."""
    if modality not in PACKED:
        raise UserError(f"nothing packs samples of the modality {modality}; there are {', '.join(PACKED)}")
    return PACKED[modality]


def load(modality: str, packing: Packing) -> "PicturePacker":
    """The packer of a modality of pictures with a study's settings.

    UserError where there is none, they are of another modality, or samples are no pictures.
    """
    packed = packed_modality(modality)
    _require_own_blocks(modality, packing)
    if not packed.of_pictures:
        raise UserError(f"samples of the modality {modality} are no pictures; there is nothing to show of them")
    packer: PicturePacker = _class_of(packed).of(packing)
    return packer


def load_packer(modality: str, packing: Packing, dataset: Path) -> "Packer":
    """The packer of any modality; `dataset`: the folder that ingest wrote. UserError as load."""
    packed = packed_modality(modality)
    if not packed.in_dataset:
        return load(modality, packing)
    _require_own_blocks(modality, packing)
    packer: Packer = _class_of(packed).of(packing, dataset)
    return packer


def _class_of(packed: PackedModality) -> Any:
    module, _, name = packed.packer.partition(":")
    return getattr(importlib.import_module(module), name)


def _require_own_blocks(modality: str, packing: Packing) -> None:
    """Raise UserError unless the blocks that are given are those of the modality."""
    packed = packed_modality(modality)
    for name in OWN_BLOCKS:
        given, wanted = getattr(packing, name) is not None, name in packed.own_blocks
        if given != wanted:
            raise UserError(
                f"preprocess.{name} {'is not given' if wanted else 'is given'}, and samples are of the modality "
                f"{modality}, which takes {', '.join(sorted(packed.keys))}"
            )
