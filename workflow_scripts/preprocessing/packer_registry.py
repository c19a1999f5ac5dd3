"""Names of modalities → how their samples are packed, as text: to name a packer imports none. Imports no NumPy."""

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from workflow_scripts.contracts.step_settings.preprocess_settings import OWN_BLOCKS, Packing
from workflow_scripts.runtime.errors import UserError

if TYPE_CHECKING:
    from workflow_scripts.preprocessing.packer import Packer


@dataclass(frozen=True)
class PackedModality:
    """packer: "module:class"; array: what a row becomes, see contracts.arrays; keys: of `preprocess`, that it takes.

    shown, result: what a picture of a sample shows before and after it is packed, for captions. of_slides: samples are
    parts of slides, of which examples holds a picture each.
    """

    packer: str
    array: Literal["pixels", "features", "sequence"]
    keys: frozenset[str]
    shown: str
    result: str
    of_slides: bool = False

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
}


def packed_modality(modality: str) -> PackedModality:
    """How samples of a modality are packed; UserError where nothing packs them."""
    if modality not in PACKED:
        raise UserError(f"nothing packs samples of the modality {modality}; there are {', '.join(PACKED)}")
    return PACKED[modality]


def load(modality: str, packing: Packing) -> "Packer":
    """The packer of a modality with a study's settings; UserError where there is none, or they are of another one."""
    packed = packed_modality(modality)
    for name in OWN_BLOCKS:
        given, wanted = getattr(packing, name) is not None, name in packed.own_blocks
        if given != wanted:
            raise UserError(
                f"preprocess.{name} {'is not given' if wanted else 'is given'}, and samples are of the modality "
                f"{modality}, which takes {', '.join(sorted(packed.keys))}"
            )
    module, _, name = packed.packer.partition(":")
    packer: Packer = getattr(importlib.import_module(module), name).of(packing)
    return packer
